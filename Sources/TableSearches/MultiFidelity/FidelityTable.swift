import MixtureMethods
import Mixtures
import Numerics
import Storage

/// Runs of the same mixtures at several sizes, with their learning curves: what searches that choose size
/// and length too are replayed on.
package struct FidelityTable: Sendable {
  /// One run as it was measured.
  package struct Run: Sendable, Hashable {
    /// Of the objective's held-out domains, at each rung of the size; nil where it was not measured.
    package var losses: [[Double]?]
    /// Nothing beyond its last measurement can be had, as it was lost there.
    package var hasDiverged: Bool

    package init(losses: [[Double]?], hasDiverged: Bool = false) {
      self.losses = losses
      self.hasDiverged = hasDiverged
    }
  }

  package let domains: [String]
  package let objective: Objective
  package let grid: FidelityGrid
  package let pool: FidelityPool
  /// [mixture][level][replicate]; of a replicate a search sees one at a time.
  package let runs: [[[Run]]]
  /// The objective of each mixture at the target, the mean of its replicates.
  package let values: [Double]
  /// The standard deviation of one run's objective about its mixture's mean, from replicates at the target
  /// or else at the largest size that has some; nil without any.
  package let noise: Double?
  /// What was decided in making it that a reader may want to know, a line each.
  package var notes: [String]

  /// - Precondition: every mixture has a run that is measured at the target.
  package init(
    domains: [String], objective: Objective, grid: FidelityGrid, mixtures: [Mixture],
    runs: [[[Run]]], notes: [String] = []
  ) {
    precondition(mixtures.count == runs.count && runs.allSatisfy { $0.count == grid.levels.count })
    self.domains = domains
    self.objective = objective
    self.grid = grid
    self.runs = runs
    self.notes = notes
    pool = FidelityPool(
      mixtures: mixtures,
      reach: runs.map { levels in
        levels.map { replicates in
          replicates.compactMap { run in
            run.losses.indices.last { run.losses[$0] != nil || run.hasDiverged }
          }.max()
        }
      })
    /// The objective of all replicates of each mixture at a point.
    func replicates(_ point: FidelityPoint) -> [[Double]] {
      runs.map { levels in
        levels[point.level].compactMap { $0.losses[point.rung].map { objective.value(of: $0) } }
      }
    }
    values = replicates(grid.target).map { Statistics.mean($0) }
    noise =
      grid.levels.indices.reversed().lazy.compactMap { level -> Double? in
        let rung = level == grid.target.level ? grid.target.rung : grid.levels[level].count - 1
        return Statistics.pooledVariance(replicates(FidelityPoint(level: level, rung: rung)))?
          .variance.squareRoot()
      }.first
  }

  package var count: Int { values.count }
  /// The mixture of the lowest value: the earliest of several.
  package var best: Int { values.indices.min { (values[$0], $0) < (values[$1], $1) }! }

  /// Which of a mixture's replicates a search of this seed sees.
  func replicate(of mixture: Int, level: Int, seed: UInt64) -> Int {
    let count = runs[mixture][level].count
    guard count > 1 else { return 0 }
    var generator = SeededGenerator(seed: seed, stream: "replicate \(mixture) \(level)")
    return generator.integer(below: count)
  }

  /// Names what it holds, to the last bit.
  package var fingerprint: String {
    var text = domains.joined(separator: "\n") + "\n\n"
    text += objective.domains.joined(separator: "\n") + "\n\n"
    func add(_ numbers: [Double]) {
      for number in numbers { text += String(number.bitPattern, radix: 16) + " " }
      text += "\n"
    }
    for rung in grid.levels.joined() {
      text += "\(rung.scale.size) \(rung.scale.parameters) \(rung.scale.tokens) "
      add([rung.trunkCost, rung.branchCost])
    }
    text += "\(grid.target)\n"
    for (mixture, levels) in zip(pool.mixtures, runs) {
      add(mixture.weights)
      for run in levels.joined() {
        text += run.hasDiverged ? "diverged " : ""
        for losses in run.losses { add(losses ?? []) }
      }
      text += "\n"
    }
    return SHA256.hexadecimal(of: text.utf8)
  }
}
