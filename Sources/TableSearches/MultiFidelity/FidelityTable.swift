import Foundation
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
    /// What the run was begun with; nil where nobody says.
    package var seed: UInt64?

    package init(losses: [[Double]?], hasDiverged: Bool = false, seed: UInt64? = nil) {
      self.losses = losses
      self.hasDiverged = hasDiverged
      self.seed = seed
    }
  }

  package let domains: [String]
  package let objective: Objective
  package let grid: FidelityGrid
  /// Those measured at the target come first; the others can be run at smaller sizes only.
  package let pool: FidelityPool
  /// [mixture][level][replicate]; of these a search sees one.
  package let runs: [[[Run]]]
  /// The objective of each mixture that is measured at the target: the mean of its replicates, freed of what a seed
  /// does to all mixtures, as not all have every seed.
  package let values: [Double]
  /// The standard deviation of one run's objective about its mixture's mean, from replicates at the target
  /// or else at the largest size that has some; nil without any.
  package let noise: Double?
  /// At each level the seed that most mixtures have; nil where nobody says.
  private let mainSeeds: [UInt64?]
  /// What was decided in making it that a reader may want to know, a line each.
  package var notes: [String]

  /// - Precondition: the mixtures that have a run measured at the target come first, and there is one.
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
    let effects = SeedEffects(runs: runs, objective: objective)
    let replicates = effects.freed(at: grid.target).values
    let judged = replicates.prefix { !$0.isEmpty }
    precondition(!judged.isEmpty && replicates.dropFirst(judged.count).allSatisfy(\.isEmpty))
    values = judged.map { Statistics.mean($0) }
    noise =
      grid.levels.indices.reversed().lazy.compactMap { level -> Double? in
        let rung = level == grid.target.level ? grid.target.rung : grid.levels[level].count - 1
        return effects.noise(at: FidelityPoint(level: level, rung: rung))
      }.first
    mainSeeds = grid.levels.indices.map { effects.mainSeed(level: $0, rung: nil) }
  }

  /// Mixtures that are measured at the target.
  package var count: Int { values.count }
  /// The objective of a mixture of the pool at the target; nil where it is not measured there.
  func value(of mixture: Int) -> Double? { mixture < values.count ? values[mixture] : nil }
  /// Whether most mixtures have several runs at the target, whose mean they are judged by.
  package var hasReplicates: Bool {
    let target = grid.target
    return 2 * runs.count { $0[target.level].count { $0.losses[target.rung] != nil } > 1 } > count
  }
  /// The mixture of the lowest value: the earliest of several.
  package var best: Int { values.indices.min { (values[$0], $0) < (values[$1], $1) }! }

  /// The runs of a mixture that can be compared with those of others: of the seed that most have, where there
  /// is one, or else all.
  func comparableRuns(of mixture: Int, level: Int) -> [Run] {
    let all = runs[mixture][level]
    guard let seed = mainSeeds[level] else { return all }
    let same = all.filter { $0.seed == seed }
    return same.isEmpty ? all : same
  }

  /// The run of a mixture that a search of this seed sees. Its runs begin alike, as those of a study do.
  func run(of mixture: Int, level: Int, seed: UInt64) -> Run {
    let some = comparableRuns(of: mixture, level: level)
    guard some.count > 1 else { return some[0] }
    var generator = SeededGenerator(seed: seed, stream: "replicate \(mixture) \(level)")
    return some[generator.integer(below: some.count)]
  }

  /// Names what it holds, to the last bit; costs to six digits, as they may be fitted and the last bits of a fit
  /// are the processor's.
  package var fingerprint: String {
    var text = domains.joined(separator: "\n") + "\n\n"
    text += objective.domains.joined(separator: "\n") + "\n\n"
    func add(_ numbers: [Double]) {
      for number in numbers { text += String(number.bitPattern, radix: 16) + " " }
      text += "\n"
    }
    for rung in grid.levels.joined() {
      text += "\(rung.scale.size) \(rung.scale.parameters) \(rung.scale.tokens) "
      text +=
        [rung.trunkCost, rung.branchCost].map { String(format: "%.5e", $0) }
        .joined(separator: " ") + "\n"
    }
    text += "\(grid.target)\n"
    for (mixture, levels) in zip(pool.mixtures, runs) {
      add(mixture.weights)
      for run in levels.joined() {
        text += (run.hasDiverged ? "diverged " : "") + (run.seed.map { "\($0) " } ?? "")
        for losses in run.losses { add(losses ?? []) }
      }
      text += "\n"
    }
    return SHA256.hexadecimal(of: text.utf8)
  }
}
