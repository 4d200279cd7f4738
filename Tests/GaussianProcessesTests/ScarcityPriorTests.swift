import Foundation
import Numerics
import Testing

@testable import GaussianProcesses

@Suite("What scarce text is expected to cost") struct ScarcityPriorTests {
  private static let cells = [ScaleCell.target, ScaleCell(size: 2, length: 0)]

  /// What is expected of outputs with these own domains after runs of as many mixtures, by turns at two fidelities.
  ///
  /// - Parameter loss: of an output, from what mixtures' variables are.
  private func expectations(
    of mixtures: [[Double]], own: [Int?], scales: [Double],
    loss: (_ output: Int, [Double]) -> Double
  ) -> (prior: ScarcityPrior, scales: [Double], contrasts: [[Double]], variables: [[Double]]) {
    let variables = mixtures.map { ScarcityPrior.variables($0) }
    let cells = mixtures.indices.map { Self.cells[$0 % 2] }
    let contrasts = own.indices.map { output in
      ScaleData.centered(variables.map { loss(output, $0) }, cells)
    }
    var scales = scales
    let prior = ScarcityPrior(
      own: own, mixtures: mixtures, variables: variables, cells: cells, contrasts: contrasts,
      scales: &scales)
    return (prior, scales, contrasts, variables)
  }

  @Test("explains most of a loss that its own domain explains", arguments: [3, 5, 12])
  func explainsMostOfALossThatItsOwnDomainExplains(parts: Int) {
    var generator = SeededGenerator(seed: 4, stream: "scarce")
    let mixtures = SobolSequence.simplexPoints(parts: parts, count: 60, seed: 2)
    let own: [Int?] = Array(0..<parts)
    // Three quarters of a domain's loss is its own text's, as on public tables.
    let spread = ScaleData.centered(
      mixtures.map { ScarcityPrior.variables($0)[0] }, mixtures.map { _ in .target })
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
        (0..<parts).allSatisfy {
          $0 == output || abs(slopes[$0] / slopes[output] - 0.025) < 1e-12
        })
      #expect(slopes[parts] == 0)
      // The rest is the noise, and the unit of what is left.
      #expect(abs(found.scales[output] / noise - 1) < 0.4)
    }
  }

  @Test("is of own domains alone")
  func isOfOwnDomainsAlone() {
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: 20, seed: 2)
    let found = expectations(of: mixtures, own: [2, nil], scales: [1, 0.3]) { -0.1 * $1[$0] }
    #expect(found.scales[1] == 0.3)
    let even = [Double](repeating: 1.25 / 4, count: 4) + [-0.1]
    #expect(found.prior.slopes(of: 1, parts: 4) == even)
    let slopes = found.prior.slopes(of: 0, parts: 4)
    #expect(slopes[2] > 30 * slopes[0] && slopes[0] == slopes[3])
    // Nothing where no output has one.
    let none = expectations(of: mixtures, own: [nil, nil], scales: [1, 1]) { -0.1 * $1[$0] }
    #expect(none.prior.slopes.isEmpty && none.scales == [1, 1])
    #expect(none.prior.slopes(of: 1, parts: 4) == even)
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
      prior.expected(0, ScarcityPrior.variables(weights))
    }
    #expect(abs(expected([0.25, 0.25, 0.25, 0.25])) < 1e-12)
    let others = [0.5, 0.25, 0.1, 0.02, 0].map { expected([1 - $0, $0, 0, 0]) }
    #expect(zip(others, others.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("counts what one domain crowds out", arguments: [3, 5, 24])
  func countsWhatOneDomainCrowdsOut(parts: Int) {
    let k = Double(parts)
    func crowding(_ weights: [Double]) -> Double { ScarcityPrior.variables(weights)[parts] }
    let even = [Double](repeating: 1 / k, count: parts)
    let alone = (0..<parts).map { $0 == 1 ? 1.0 : 0 }
    #expect(abs(crowding(even)) < 1e-12)
    #expect(abs(crowding(alone) - (k + 1) * (k + 2) / 6 * (1 - 1 / (k * k))) < 1e-9)
    // Over an even draw Σ w³ is 6 / ((k + 1) (k + 2)) on average.
    var generator = SeededGenerator(seed: 3, stream: "crowding")
    let drawn = (0..<4000).map { _ in
      crowding(Simplex.dirichlet(parts: parts, concentration: 1, using: &generator))
    }
    let expected = 1 - (k + 1) * (k + 2) / (6 * k * k)
    #expect(abs(Statistics.mean(drawn) - expected) < 0.06)
    // What is read again counts less as text, and crowds out as much.
    let counted = ScarcityPrior.variables(alone, counted: alone.map { 0.3 * $0 })
    #expect(counted.last == ScarcityPrior.variables(alone).last)
    #expect(counted[1] < ScarcityPrior.variables(alone)[1])
  }

  @Test("leaves what one domain crowds out to runs that are of few domains themselves")
  func leavesCrowdingToRunsThatAreOfFewDomains() {
    func slope(_ mixtures: [[Double]]) -> Double {
      let found = expectations(of: mixtures, own: [nil, 3], scales: [1, 1]) { -0.1 * $1[$0] }
      #expect(found.prior.slopes(of: 1, parts: 12)[12] == 0)
      return -found.prior.slopes(of: 0, parts: 12)[12]
    }
    let even = SobolSequence.simplexPoints(parts: 12, count: 24, seed: 2)
    #expect(slope(even) == 0.1)
    // Nine tenths of one domain each: c is about 22, and all of it .1 of it again.
    let uneven = (0..<24).map { i in
      (0..<12).map { $0 == i % 12 ? 0.9 : 0.1 / 11 }
    }
    let c = ScarcityPrior.variables(uneven[0])[12]
    #expect(c > 20 && abs(slope(uneven) - 0.1 / c) < 1e-12)
    // However many of them a search adds to an even start, it stays.
    #expect(slope(Array(even.prefix(6)) + uneven) == 0.1)
    // Nor do they count by how often they were run.
    let often = (0..<20).flatMap { _ in uneven }
    #expect(slope(Array(even.prefix(6)) + often) == 0.1)
    #expect(slope(often.reversed() + even.prefix(6)) == 0.1)
  }

  /// Losses that need some of each of six kinds of text, of which domains have more or less; no output is a domain's own.
  /// With the logarithms alone one of the domains is told to be best in two and four of eight.
  @Test("holds no domain alone for a bargain", arguments: [12, 20])
  func holdsNoDomainAloneForABargain(parts: Int) throws {
    let alone = (0..<parts).map { j in (0..<parts).map { $0 == j ? 1.0 : 0 } }
    for seed in UInt64(1)...8 {
      var generator = SeededGenerator(seed: seed, stream: "bargain")
      let contents = (0..<parts).map { _ in
        Simplex.dirichlet(parts: 6, concentration: 0.4, using: &generator)
      }
      func loss(_ weights: [Double]) -> Double {
        2
          + (0..<6).reduce(0) { sum, kind in
            let text = (0..<parts).reduce(0) { $0 + weights[$1] * contents[$1][kind] }
            return sum + 0.1 * pow(text + 0.05, -0.3)
          }
      }
      let runs = (0..<30).map { _ in
        let weights = Simplex.dirichlet(parts: parts, concentration: 1, using: &generator)
        return ScaleData.Run(
          weights: weights, parameters: 1e6, tokens: [1e7],
          losses: [[loss(weights) + 0.002 * generator.normal()]])
      }
      let data = ScaleData(
        runs: runs, target: .init(parameters: 4e6, tokens: 4e7), ownDomains: [nil])
      let surrogate = try #require(
        ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
      let told = surrogate.targetMeans(
        of: LossFunction(coefficients: [1]), at: alone + runs.map(\.weights))
      let best = try #require(told.indices.min { told[$0] < told[$1] })
      #expect(best >= parts, "seed \(seed): domain \(best) alone")
    }
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
