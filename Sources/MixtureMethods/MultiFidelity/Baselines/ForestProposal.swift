import Foundation
import Mixtures
import Numerics

/// What SMAC proposes: the largest expected improvement by a forest over what the best known configuration is held
/// to be worth (Lindauer et al., *SMAC3*, JMLR 23, 2022).
struct ForestProposal {
  /// Configurations before the model is asked, and how often it is not asked after (`RandomInitialDesign` of ten as
  /// MFMS's authors set it; `ProbabilityRandomDesign` of .2).
  static let first = 10
  static let randomShare = 0.2

  private static let draws = 1000
  private static let neighbours = 10
  private static let centers = 10
  private static let step = 0.2

  private let forest: RegressionForest
  private let known: [(weights: [Double], value: Double)]

  /// - Returns: nil for fewer than two configurations.
  init?(_ known: [(weights: [Double], value: Double)], seed: UInt64) {
    guard known.count >= 2 else { return nil }
    self.known = known
    forest = RegressionForest(known.map(\.weights), targets: known.map(\.value), seed: seed)
  }

  /// - Parameter pool: what there is to choose from; nil for any feasible mixture.
  /// - Returns: nil where the pool is empty.
  func best(
    of pool: [Mixture]?, context: FidelityContext, using generator: inout SeededGenerator
  ) -> Mixture? {
    let candidates = pool ?? drawn(context, using: &generator)
    let lowest = known.map { forest($0.weights).mean }.min()!
    let scores = candidates.map { candidate -> Double in
      let (mean, variance) = forest(candidate.weights)
      let deviation = variance.squareRoot()
      guard deviation > 1e-12 else { return max(lowest - mean, 0) }
      let u = (lowest - mean) / deviation
      return deviation * (u * Normal.cumulative(u) + Normal.density(u))
    }
    // Ties, of which piecewise constant models have many, go by lot.
    let lots = candidates.map { _ in generator.uniform() }
    return scores.indices.max { (scores[$0], lots[$0]) < (scores[$1], lots[$1]) }
      .map { candidates[$0] }
  }

  private func drawn(
    _ context: FidelityContext, using generator: inout SeededGenerator
  ) -> [Mixture] {
    var found = (0..<Self.draws).map { _ in context.uniformMixture(using: &generator) }
    let order = known.indices.sorted { (known[$0].value, $0) < (known[$1].value, $1) }
    for center in order.prefix(Self.centers) {
      for _ in 0..<Self.neighbours {
        let moved = known[center].weights.map { max($0 + Self.step * generator.normal(), 0) }
        let sum = moved.reduce(0, +)
        guard sum > 0 else { continue }
        found.append(
          Mixture(
            domains: context.domains,
            proportionalTo: context.feasible.nearest(to: moved.map { $0 / sum })))
      }
    }
    return found
  }
}
