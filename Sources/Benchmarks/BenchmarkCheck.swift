import Foundation
import MixtureMethods
import Mixtures
import Numerics

/// Whether a problem is worth searching on: what equal shares, natural proportions and enumeration reach. A problem
/// that one of them solves, to a tenth of the gap between the best mixture and a random one, shows nothing.
package struct BenchmarkCheck: Sendable, Codable {
  /// What counts as solved, in gaps.
  package static let limit = 0.1

  package struct Row: Sendable, Codable {
    package var name: String
    /// Of the search, in runs of the target.
    package var compute: Double
    /// The median over seeds.
    package var regret: Double
    package var solves: Bool
  }

  package var problem: String
  package var version: Int
  package var domains: Int
  package var origin: String
  package var scale: BenchmarkScale
  package var rows: [Row]

  package var isPassed: Bool { !rows.contains(where: \.solves) }

  /// Mixtures that enumeration tries at most, and how many of them it tries at the target.
  private static let enumerated = 256
  private static let finalists = 4

  package init(_ problem: BenchmarkProblem, seeds: Int = 10) {
    let scale = BenchmarkScale(problem)
    self.scale = scale
    self.problem = problem.name
    version = problem.version
    domains = problem.domains.count
    origin = problem.origin
    func row(_ name: String, _ compute: Double, _ regrets: [Double]) -> Row {
      let median = Statistics.quantile(ofSorted: regrets.sorted(), 0.5)
      return Row(name: name, compute: compute, regret: median, solves: median <= Self.limit)
    }
    let count = problem.domains.count
    let total = Double(problem.availableTokens.reduce(0, +))
    func fixed(_ weights: [Double]) -> [Double] { [scale.regret(problem.value(at: weights))] }
    rows = [
      row("uniform", 0, fixed([Double](repeating: 1 / Double(count), count: count))),
      row("natural", 0, fixed(problem.availableTokens.map { Double($0) / total })),
    ]
    for (name, point) in [
      ("enumeration, shortest runs", FidelityPoint(level: 0, rung: 0)),
      (
        "enumeration, smallest size",
        FidelityPoint(level: 0, rung: problem.sizes[0].tokens.count - 1)
      ),
      ("enumeration, target", problem.target),
    ] {
      var compute = 0.0
      let regrets = (1...max(seeds, 1)).map { seed -> Double in
        let (regret, paid) = Self.enumeration(problem, scale, point, seed: UInt64(seed))
        compute = paid
        return regret
      }
      rows.append(row(name, compute, regrets))
    }
  }

  /// As many mixtures at a point as the budget of a search pays for, then the best few at the target; the best of
  /// these. At the target, as many as a search of one size has runs.
  private static func enumeration(
    _ problem: BenchmarkProblem, _ scale: BenchmarkScale, _ point: FidelityPoint, seed: UInt64
  ) -> (regret: Double, compute: Double) {
    let isAtTarget = point == problem.target
    let cost = problem.grid[point].trunkCost
    let count =
      isAtTarget
      ? problem.trials : min(enumerated, Int((problem.budget - Double(finalists)) / cost))
    let mixtures: [[Double]]
    if let pool = problem.mixtures {
      var order = pool.indices.filter {
        !isAtTarget || problem.reach(of: $0)[problem.target.level] != nil
      }
      var generator = SeededGenerator(seed: seed, stream: "benchmark enumeration")
      generator.shuffle(&order)
      // In the pool's order, in which those that can be run at the target come first.
      mixtures = order.prefix(count).sorted().map { pool[$0].weights }
    } else {
      mixtures = SobolSequence.simplexPoints(
        parts: problem.domains.count, count: count, seed: seed)
    }
    func values(_ chosen: [[Double]], _ point: FidelityPoint) -> [Double] {
      chosen.map {
        problem.objective.value(of: problem.measured(at: $0, point, run: 0, seed: seed))
      }
    }
    let first = values(mixtures, point)
    let order = first.indices.sorted { (first[$0], $0) < (first[$1], $1) }
    if isAtTarget {
      return (scale.regret(problem.value(at: mixtures[order[0]])), Double(mixtures.count))
    }
    let best = order.map { mixtures[$0] }.filter { problem.canBeRunAtTarget($0) }.prefix(finalists)
    let last = values(Array(best), problem.target)
    guard let winner = last.indices.min(by: { last[$0] < last[$1] }) else {
      return (1, Double(mixtures.count) * cost)
    }
    return (
      scale.regret(problem.value(at: best[winner])),
      Double(mixtures.count) * cost + Double(best.count)
    )
  }
}

extension BenchmarkProblem {
  fileprivate func canBeRunAtTarget(_ weights: [Double]) -> Bool {
    guard let mixtures else { return true }
    return mixtures.firstIndex { $0.weights == weights }.map {
      reach(of: $0)[target.level] != nil
    } ?? false
  }
}
