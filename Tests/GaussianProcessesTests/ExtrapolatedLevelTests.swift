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

  /// Runs of two sizes, and of the target where asked for; mixtures move the second output by a twentieth of the first.
  private func surrogate(outputs: Int, withTarget: Bool = false) throws -> ScaleSurrogate {
    var generator = SeededGenerator(seed: 4, stream: "shares of a loss")
    func losses(_ w: [Double], _ parameters: Double) -> [Double] {
      (0..<outputs).map { d in
        Law.chinchilla.loss(parameters) * (1 + 0.2 * Double(d % 2))
          - (d == 1 ? 0.006 : 0.12) * log(0.02 + w[d])
      }
    }
    let sizes = [(20e6, 16), (60e6, 10)] + (withTarget ? [(1e9, 8)] : [])
    let runs = sizes.flatMap { parameters, count in
      (0..<count).map { _ in
        let w = Simplex.dirichlet(parts: outputs, concentration: 1, using: &generator)
        return ScaleData.Run(
          weights: w, parameters: parameters, tokens: [20 * parameters],
          losses: [losses(w, parameters).map { $0 + 0.0005 * generator.normal() }])
      }
    }
    let data = ScaleData(
      runs: runs, target: .init(parameters: 1e9, tokens: 2e10), ownDomains: Array(0..<outputs))
    let fit = try #require(ScaleFit.selected(for: data))
    return try #require(ScaleSurrogate(data: data, fit: fit))
  }

  @Test("are as uncertain as a share of each loss, however little mixtures move it")
  func areAsUncertainAsAShareOfEachLoss() throws {
    let surrogate = try surrogate(outputs: 4)
    let even = [Double](repeating: 0.25, count: 4)
    let shares = surrogate.targetLosses(at: [even])[0].map { $0.deviation / $0.mean }
    for share in shares { #expect(abs(share / shares[0] - 1) < 0.25) }
    // Draws as well.
    let queries = surrogate.targetQueries([even, [0.4, 0.2, 0.2, 0.2]])
    let samples = try #require(surrogate.samples(2000, at: queries, seed: 1))
    for (d, share) in shares.enumerated() {
      let logs = samples.map { log($0[0][d]) }
      let deviation = try #require(Statistics.variance(logs)).squareRoot()
      #expect(abs(deviation / share - 1) < 0.25)
    }
  }

  @Test("go together over outputs, so that a mean of many is not much surer than one")
  func goTogetherOverOutputs() throws {
    let surrogate = try surrogate(outputs: 8)
    let even = [Double](repeating: 0.125, count: 8)
    let each = surrogate.targetLosses(at: [even])[0].map { $0.deviation / $0.mean }
    let mean = surrogate.targetValues(of: LossFunction(coefficients: even), at: [even])[0]
    let ratio = mean.deviation / mean.mean / Statistics.mean(each)
    // √(.6 + .4 / 8) of what they would be if all erred alike; .35 if each erred by itself.
    #expect(abs(ratio - 0.806) < 0.06)
  }

  @Test("are known as well as its runs, once the target has been run")
  func areKnownOnceTheTargetHasBeenRun() throws {
    let before = try surrogate(outputs: 4)
    let after = try surrogate(outputs: 4, withTarget: true)
    let even = [Double](repeating: 0.25, count: 4)
    let function = LossFunction(coefficients: even)
    let wide = before.targetValues(of: function, at: [even])[0].deviation
    let narrow = after.targetValues(of: function, at: [even])[0]
    #expect(narrow.deviation < 0.1 * wide)
    #expect(!before.levelShares.isEmpty && !after.levelShares.isEmpty)
    for share in before.levelShares { #expect(share > 0.9) }
    for share in after.levelShares { #expect(share < 0.5) }
  }

  @Test("are surer in a search, which ties them, and differences as sure")
  func areSurerInASearchAndDifferencesAsSure() throws {
    let data = try surrogate(outputs: 4).data
    let even = [Double](repeating: 0.25, count: 4)
    func deviations(_ level: LevelPrior) throws -> (level: Double, difference: Double) {
      let fit = try #require(ScaleFit.selected(for: data, level: level))
      let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
      let function = LossFunction(coefficients: even)
      let queries = surrogate.targetQueries([even, [0.4, 0.2, 0.2, 0.2]])
      let field = surrogate.field(function, at: queries) { _ in 0 }
      return (field.values[0].deviation, field.differences[1].deviation)
    }
    let (free, near) = (try deviations(.free), try deviations(.near))
    #expect(near.level < 0.9 * free.level)
    #expect(relativeDifference(near.difference, free.difference) < 0.1)
  }
}
