import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// What two losses at the target can be had together, by a model: the mixtures of which none is expected to be better in
/// both, and how sure that is.
package struct ParetoFront: Sendable {
  package struct Member: Sendable {
    package var mixture: Mixture
    /// Of both, 95 %.
    package var losses: [ScaleForecast.Range]
    /// That no other mixture considered is better in both.
    package var probability: Double
    /// Whether it was run, at any size.
    package var isRun: Bool
  }

  /// The two held-out domains.
  package var domains: [String]
  /// From the lowest of the first loss to the lowest of the second.
  package var members: [Member]
  /// The area, in nats² per token², that the front dominates below the reference point. What all mixtures share at the
  /// target, which is the least known and moves none of them against another, is taken as expected.
  package var hypervolume: ScaleForecast.Range
  /// A tenth of the front's width beyond its ends (Ishibuchi et al., How to Specify a Reference Point in Hypervolume
  /// Calculation, Evolutionary Computation 26, 2018).
  package var reference: [Double]
  /// How many mixtures were considered.
  package var considered: Int

  private static let draws = 1000
  /// The most that are told of.
  private static let shown = 12

  /// - Parameters:
  ///   - candidates: different mixtures, and whether each was run.
  ///   - outputs: places of the two domains among the surrogate's outputs.
  /// - Returns: nil where nothing can be drawn.
  init?(
    domains: [String], outputs: [Int], candidates: [(mixture: Mixture, isRun: Bool)],
    surrogate: ScaleSurrogate, seed: UInt64
  ) {
    guard !candidates.isEmpty,
      let draws = surrogate.samples(
        Self.draws, at: surrogate.targetQueries(candidates.map(\.mixture.weights)),
        factors: surrogate.fit.factors, seed: seed)
    else { return nil }
    let losses = draws.map { draw in draw.map { all in outputs.map { all[$0] } } }
    let means = candidates.indices.map { place in
      outputs.indices.map { i in Statistics.mean(losses.map { $0[place][i] }) }
    }
    let chances = Pareto.chances(losses)
    let front = Pareto.front(of: means).sorted {
      (means[$0][0], means[$0][1]) < (means[$1][0], means[$1][1])
    }
    let (low, high) = (means[front[0]], means[front[front.count - 1]])
    let widths = [high[0] - low[0], low[1] - high[1]]
    let reference = [high[0], low[1]].enumerated().map { i, end in
      end + 0.1 * max(widths[i], 1e-3)
    }
    self.domains = domains
    self.reference = reference
    considered = candidates.count
    let levels = Self.level(means)
    hypervolume = ScaleForecast.Range(
      losses.map { draw in
        let own = Self.level(draw)
        return Pareto.hypervolume(
          draw.map { point in point.indices.map { point[$0] - own[$0] + levels[$0] } },
          below: reference)
      })
    members = Self.thinned(front, means).map { place in
      Member(
        mixture: candidates[place].mixture,
        losses: outputs.indices.map { i in ScaleForecast.Range(losses.map { $0[place][i] }) },
        probability: chances[place], isRun: candidates[place].isRun)
    }
  }

  /// The mean of each loss.
  private static func level(_ points: [[Double]]) -> [Double] {
    (0..<2).map { i in Statistics.mean(points.map { $0[i] }) }
  }

  /// Of a longer front both ends and points that lie evenly between them.
  private static func thinned(_ front: [Int], _ means: [[Double]]) -> [Int] {
    guard front.count > shown else { return front }
    // Along the front, each loss in shares of its range.
    let spans = (0..<2).map { i in
      max(abs(means[front[front.count - 1]][i] - means[front[0]][i]), 1e-12)
    }
    var along = [0.0]
    for (a, b) in zip(front, front.dropFirst()) {
      let step = (0..<2).map { abs(means[b][$0] - means[a][$0]) / spans[$0] }
      along.append(along[along.count - 1] + step[0] + step[1])
    }
    var kept: [Int] = []
    for mark in 0..<shown {
      let goal = along[along.count - 1] * Double(mark) / Double(shown - 1)
      let nearest = along.indices.min { abs(along[$0] - goal) < abs(along[$1] - goal) }!
      if !kept.contains(front[nearest]) { kept.append(front[nearest]) }
    }
    return kept
  }
}

/// A method whose model tells the Pareto front of the two losses that its context names.
package protocol PredictsFront: FidelityMethod {
  /// - Returns: nil before there is a model, and without two losses.
  mutating func front(runs: [FidelityRun]) -> ParetoFront?
}
