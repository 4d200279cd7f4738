import Foundation
import MixtureMethods
import Mixtures
import Numerics

/// A problem of the suite: domains, what is held out, sizes and lengths, and a landscape that tells what a run of
/// any mixture would give. Its data are fixed; a change of any is another version.
package struct BenchmarkProblem: Sendable, Codable {
  package struct Size: Sendable, Hashable, Codable {
    package var name: String
    package var parameters: Int
    /// The rungs, from short to long.
    package var tokens: [Int]
    /// Of a run to each rung, in runs of the target; nil for parameters times tokens.
    package var costs: [Double]?
  }

  /// The only mixtures that can be run, drawn evenly over the simplex.
  package struct Pool: Sendable, Hashable, Codable {
    package var count: Int
    package var seed: UInt64
    /// How many of them can be run at the target and at the size below it; the others at smaller sizes only.
    package var atTarget: Int
  }

  package var name: String
  package var version: Int
  package var summary: String
  /// `planted`, or what it was fitted to and how well it gives runs that it has not seen.
  package var origin: String
  package var domains: [String]
  /// Training tokens of each.
  package var availableTokens: [Int]
  /// The held-out domains.
  package var targets: [String]
  /// What each counts; one in sum.
  package var weights: [Double]
  package var aggregate: Objective.Aggregate
  package var sizes: [Size]
  package var target: FidelityPoint
  /// Of a search over sizes, in runs of the target.
  package var budget: Double
  /// Of a search at the target's size.
  package var trials: Int
  /// The standard deviation of the objective over runs of one mixture at the target, nats per token.
  package var noise: Double
  package var pool: Pool?
  package var landscape: BenchmarkLandscape
  /// The mixture of the lowest objective at the target that is known; nil for a pool, whose best is looked up.
  package var optimum: [Double]?

  package var objective: Objective {
    Objective(targets: targets, proportionalTo: weights, aggregate: aggregate)
  }

  package var grid: FidelityGrid {
    FidelityGrid(
      levels: sizes.map { size in
        size.tokens.indices.map { rung in
          FidelityGrid.Rung(
            scale: Scale(
              size: size.name, parameters: size.parameters, tokens: size.tokens[rung]),
            trunkCost: size.costs?[rung]
              ?? Double(size.parameters) * Double(size.tokens[rung]) / 1e12)
        }
      }, target: target)
  }

  /// The losses of the held-out domains of a run without noise, nats per token.
  package func losses(at weights: [Double], _ point: FidelityPoint) -> [Double] {
    let top = sizes[target.level]
    let size = sizes[point.level]
    return landscape.losses(
      at: weights, point: point,
      size: Double(size.parameters) / Double(top.parameters),
      length: Double(size.tokens[point.rung]) / Double(top.tokens[target.rung]))
  }

  /// The objective of a run without noise.
  package func value(at weights: [Double], _ point: FidelityPoint) -> Double {
    objective.value(of: losses(at: weights, point))
  }

  /// The true objective at the target.
  package func value(at weights: [Double]) -> Double { value(at: weights, target) }

  /// The mixtures that can be run, those that can be run at the target first; nil where all can.
  package var mixtures: [Mixture]? {
    pool.map { pool in
      var generator = SeededGenerator(seed: pool.seed, stream: "benchmark pool")
      return (0..<pool.count).map { _ in
        Mixture(
          domains: domains,
          proportionalTo: Simplex.dirichlet(
            parts: domains.count, concentration: 1, using: &generator))
      }
    }
  }

  /// How far each mixture of the pool can be run at each size, as `FidelityPool` has it.
  func reach(of index: Int) -> [Int?] {
    sizes.indices.map { level in
      let last = sizes[level].tokens.count - 1
      return index < pool?.atTarget ?? .max || level < target.level - 1 ? last : nil
    }
  }

  /// The losses of a run as it would be measured, luck and all. Most of a run's luck is the same at all its rungs, a
  /// part of it in all held-out domains.
  ///
  /// - Parameters:
  ///   - run: tells runs of the same mixture and size apart.
  ///   - seed: of the search.
  func measured(
    at weights: [Double], _ point: FidelityPoint, run: Int, seed: UInt64
  ) -> [Double] {
    let name = "noise of \(weights.map(\.bitPattern)) at \(point.level), run \(run)"
    var own = SeededGenerator(seed: seed, stream: name)
    var here = SeededGenerator(seed: seed, stream: name + ", rung \(point.rung)")
    let size = Double(sizes[point.level].parameters) / Double(sizes[target.level].parameters)
    // Smaller models scatter a little more (runs/seed-noise).
    let deviation = noise * pow(size, -0.1)
    let shared = own.normal()
    let spread = dot(self.weights, self.weights).squareRoot()
    return losses(at: weights, point).map { loss in
      let single = (0.8.squareRoot() * own.normal() + 0.2.squareRoot() * here.normal()) / spread
      return loss + deviation * (0.5.squareRoot() * shared + 0.5.squareRoot() * single)
    }
  }
}

/// What regrets are measured in.
package struct BenchmarkScale: Sendable, Hashable, Codable {
  /// The objective at the best mixture that can be handed over.
  package var best: Double
  /// How far a mixture drawn at random is from it: the median of two thousand, or of what a pool has
  /// at the target.
  package var gap: Double

  package init(_ problem: BenchmarkProblem) {
    let drawn: [[Double]]
    if let mixtures = problem.mixtures, let pool = problem.pool {
      drawn = mixtures.prefix(pool.atTarget).map(\.weights)
    } else {
      var generator = SeededGenerator(seed: 1, stream: "benchmark scale")
      drawn = (0..<2000).map { _ in
        Simplex.dirichlet(parts: problem.domains.count, concentration: 1, using: &generator)
      }
    }
    let values = drawn.map { problem.value(at: $0) }.sorted()
    best = problem.optimum.map { problem.value(at: $0) } ?? values[0]
    gap = Statistics.quantile(ofSorted: values, 0.5) - best
  }

  /// Above the best, in gaps: 0 at the best, 1 as a mixture drawn at random.
  package func regret(_ value: Double) -> Double { (value - best) / gap }
}
