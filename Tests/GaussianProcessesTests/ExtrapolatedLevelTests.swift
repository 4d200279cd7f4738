import Foundation
import Mixtures
import Numerics
import Testing

@testable import GaussianProcesses

@Suite("Levels of a size that was never run") struct ExtrapolatedLevelTests {
  enum Law: String, CaseIterable {
    /// Hoffmann et al., arXiv 2203.15556, equation 10, at 20 tokens a parameter.
    case chinchilla
    /// Of a high floor, and nothing to gain from length.
    case flat

    func loss(_ parameters: Double) -> Double {
      switch self {
      case .chinchilla:
        1.69 + 406.4 / pow(parameters, 0.34) + 410.7 / pow(20 * parameters, 0.28)
      case .flat: 1.95 + 400 / pow(parameters, 0.34)
      }
    }
  }

  /// However little mixtures matter: half of the cases have a tenth of the contrasts.
  @Test("are not tied to the law that is expected", arguments: Law.allCases, [0.12, 0.012])
  func areNotTiedToTheLawThatIsExpected(law: Law, slope: Double) throws {
    func losses(_ w: [Double], _ parameters: Double) -> [Double] {
      w.enumerated().map { law.loss(parameters) + 0.1 * Double($0) - slope * log(0.02 + $1) }
    }
    var (held, worst) = (0, 0.0)
    let even = [Double](repeating: 1 / 6.0, count: 6)
    let function = LossFunction(coefficients: even)
    let truth = Statistics.mean(losses(even, 1e9))
    for seed in UInt64(1)...5 {
      var generator = SeededGenerator(seed: seed, stream: "levels")
      let runs = [(20e6, 20), (60e6, 10)].flatMap { parameters, count in
        (0..<count).map { _ in
          let w = Simplex.dirichlet(parts: 6, concentration: 1, using: &generator)
          return ScaleData.Run(
            weights: w, parameters: parameters, tokens: [20 * parameters],
            losses: [losses(w, parameters).map { $0 + 0.004 * generator.normal() }])
        }
      }
      let data = ScaleData(
        runs: runs, target: .init(parameters: 1e9, tokens: 2e10), ownDomains: Array(0..<6))
      let fit = try #require(ScaleFit.selected(for: data))
      let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
      let told = surrogate.targetValues(of: function, at: [even])[0]
      worst = max(worst, abs(told.mean / truth - 1))
      if abs(told.mean - truth) < Normal.half95 * told.deviation { held += 1 }
    }
    #expect(held >= 4)
    #expect(worst < 0.1)
  }
}
