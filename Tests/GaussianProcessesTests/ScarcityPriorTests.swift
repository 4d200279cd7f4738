import Foundation
import Numerics
import Testing

@testable import GaussianProcesses

@Suite("What scarce text is expected to cost") struct ScarcityPriorTests {
  private static let cells = [ScaleCell.target, ScaleCell(size: 2, length: 0)]

  /// What is expected of outputs with these own domains after runs of as many mixtures, by turns at two fidelities.
  ///
  /// - Parameter loss: of an output, from what mixtures' logarithms are.
  private func expectations(
    of mixtures: [[Double]], own: [Int?], scales: [Double],
    loss: (_ output: Int, [Double]) -> Double
  ) -> (prior: ScarcityPrior, scales: [Double], contrasts: [[Double]], logarithms: [[Double]]) {
    let logarithms = mixtures.map(ScarcityPrior.logarithms)
    let cells = mixtures.indices.map { Self.cells[$0 % 2] }
    let contrasts = own.indices.map { output in
      ScaleData.centered(logarithms.map { loss(output, $0) }, cells)
    }
    var scales = scales
    let prior = ScarcityPrior(
      own: own, logarithms: logarithms, cells: cells, contrasts: contrasts, scales: &scales)
    return (prior, scales, contrasts, logarithms)
  }

  @Test("explains most of a loss that its own domain explains", arguments: [3, 5, 12])
  func explainsMostOfALossThatItsOwnDomainExplains(parts: Int) {
    var generator = SeededGenerator(seed: 4, stream: "scarce")
    let mixtures = SobolSequence.simplexPoints(parts: parts, count: 60, seed: 2)
    let own: [Int?] = Array(0..<parts)
    // Three quarters of a domain's loss is its own text's, as on public tables.
    let spread = ScaleData.centered(
      mixtures.map { ScarcityPrior.logarithms($0)[0] }, mixtures.map { _ in .target })
    let deviation = (dot(spread, spread) / 59).squareRoot()
    let noise = 0.1 * deviation * (1 / 3.0).squareRoot()
    let scale = (pow(0.1 * deviation, 2) + noise * noise).squareRoot()
    let found = expectations(of: mixtures, own: own, scales: own.map { _ in scale }) {
      -0.1 * $1[$0] + noise * generator.normal()
    }
    for output in 0..<parts {
      let slopes = found.prior.slopes(of: output, parts: parts).map { $0 * found.scales[output] }
      #expect(abs(slopes[output] - 0.1) < 0.02)
      #expect(
        slopes.indices.allSatisfy {
          $0 == output || abs(slopes[$0] / slopes[output] - 0.025) < 1e-12
        })
      // The rest is the noise, and the unit of what is left.
      #expect(abs(found.scales[output] / noise - 1) < 0.4)
    }
  }

  @Test("is of own domains alone")
  func isOfOwnDomainsAlone() {
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: 20, seed: 2)
    let found = expectations(of: mixtures, own: [2, nil], scales: [1, 0.3]) { -0.1 * $1[$0] }
    #expect(found.scales[1] == 0.3)
    #expect(found.prior.slopes(of: 1, parts: 4).allSatisfy { $0 == 1.25 / 4 })
    let slopes = found.prior.slopes(of: 0, parts: 4)
    #expect(slopes[2] > 30 * slopes[0] && slopes[0] == slopes[3])
    // Nothing where no output has one.
    let none = expectations(of: mixtures, own: [nil, nil], scales: [1, 1]) { -0.1 * $1[$0] }
    #expect(none.prior.slopes.isEmpty && none.scales == [1, 1])
    #expect(none.prior.slopes(of: 1, parts: 4).allSatisfy { $0 == 1.25 / 4 })
  }

  @Test("is what was found elsewhere before any run differs")
  func isWhatWasFoundElsewhereBeforeAnyRunDiffers() {
    let found = expectations(of: [[0.2, 0.3, 0.5]], own: [2], scales: [0.03]) { _, _ in 2 }
    let own = found.prior.slopes(of: 0, parts: 3).map { $0 * found.scales[0] / 0.03 }
    #expect(abs(own[2] - 0.85 / 0.7) < 1e-9 && own[0] == own[1])
    #expect(found.scales[0] > 0.01 && found.scales[0] < 0.03)
  }

  @Test("expects nothing of equal shares, and more of a loss the less its domain has")
  func expectsNothingOfEqualShares() {
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: 20, seed: 2)
    let prior = expectations(of: mixtures, own: [1], scales: [0.1]) { -0.1 * $1[1] }.prior
    func expected(_ weights: [Double]) -> Double {
      prior.expected(0, ScarcityPrior.logarithms(weights))
    }
    #expect(abs(expected([0.25, 0.25, 0.25, 0.25])) < 1e-12)
    let others = [0.5, 0.25, 0.1, 0.02, 0].map { expected([1 - $0, $0, 0, 0]) }
    #expect(zip(others, others.dropFirst()).allSatisfy { $0 < $1 })
  }

  /// Every domain's loss falls with its own text; two count most.
  @Test("predicts mixtures that were not run from few that were")
  func predictsMixturesThatWereNotRunFromFewThatWere() throws {
    func losses(_ w: [Double]) -> [Double] {
      (0..<6).map { exp(1 - 0.1 * log(0.03 + w[$0]) - 0.01 * log(0.03 + w[($0 + 1) % 6])) }
    }
    let mixtures = SobolSequence.simplexPoints(parts: 6, count: 48, seed: 8)
    let function = LossFunction(coefficients: [1, 1, 0.2, 0.2, 0.2, 0.2])
    func error(_ own: [Int?]) throws -> Double {
      let data = ScaleData(
        runs: mixtures.prefix(8).map {
          .init(weights: $0, parameters: 1e6, tokens: [1e7], losses: [losses($0)])
        }, target: .init(parameters: 1e6, tokens: 1e7), ownDomains: own)
      let surrogate = try #require(
        ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
      let unseen = Array(mixtures.suffix(40))
      return zip(surrogate.targetValues(of: function, at: unseen), unseen).reduce(0) {
        $0 + pow($1.0.mean - function.value(of: losses($1.1)), 2)
      }
    }
    #expect(try error((0..<6).map { $0 }) < 0.2 * error((0..<6).map { _ in nil }))
  }
}
