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

  /// Mixtures that enumeration tries where there is no pool, and how many of them it tries at the target.
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
    let grid = problem.grid
    let smallest = problem.sizes[0].tokens.count - 1
    for (name, rung) in [
      ("enumeration, shortest runs", 0), ("enumeration, smallest size", smallest),
    ] {
      let point = FidelityPoint(level: 0, rung: rung)
      var compute = 0.0
      let regrets = (1...max(seeds, 1)).map { seed -> Double in
        let (regret, paid) = Self.enumeration(problem, scale, point, grid, seed: UInt64(seed))
        compute = paid
        return regret
      }
      rows.append(row(name, compute, regrets))
    }
  }

  /// All mixtures at a point, then the best few at the target; the best of these.
  private static func enumeration(
    _ problem: BenchmarkProblem, _ scale: BenchmarkScale, _ point: FidelityPoint,
    _ grid: FidelityGrid, seed: UInt64
  ) -> (regret: Double, compute: Double) {
    let mixtures: [[Double]] =
      problem.mixtures?.map(\.weights)
      ?? SobolSequence.simplexPoints(parts: problem.domains.count, count: enumerated, seed: seed)
    func values(_ chosen: [[Double]], _ point: FidelityPoint) -> [Double] {
      chosen.map {
        problem.objective.value(of: problem.measured(at: $0, point, run: 0, seed: seed))
      }
    }
    let first = values(mixtures, point)
    let best = first.indices.filter {
      problem.reach(of: $0)[problem.target.level] != nil
    }.sorted { (first[$0], $0) < (first[$1], $1) }.prefix(finalists).map { mixtures[$0] }
    let last = values(best, problem.target)
    let winner = last.indices.min { (last[$0], $0) < (last[$1], $1) }!
    return (
      scale.regret(problem.value(at: best[winner])),
      Double(mixtures.count) * grid[point].trunkCost + Double(best.count)
    )
  }
}
