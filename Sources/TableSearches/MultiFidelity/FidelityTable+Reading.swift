import MixtureMethods
import Mixtures
import RunTables

extension FidelityTable {
  /// Which of a table's runs are meant, and what they cost.
  package struct Selection: Sendable, Hashable {
    /// The size that a mixture is judged at.
    package var target: String
    /// The step of the target; nil for the last that most of its runs have.
    package var step: Double?
    /// The sizes besides; nil for all below the target's.
    package var sizes: [String]?
    /// Rungs of a size, at most: even in the logarithm of the steps, the first and the last among them.
    package var rungs: Int
    /// The share of a run that is its decay: it branches off, and is paid anew at each rung. Nil for what
    /// the table's column of operations implies, and no decay where there is none.
    package var decay: Double?
    /// Whether mixtures that were not measured at the target can be run where they were.
    package var admitsCheapMixtures: Bool

    package init(
      target: String, step: Double? = nil, sizes: [String]? = nil, rungs: Int = 8,
      decay: Double? = nil, admitsCheapMixtures: Bool = false
    ) {
      self.target = target
      self.step = step
      self.sizes = sizes
      self.rungs = rungs
      self.decay = decay
      self.admitsCheapMixtures = admitsCheapMixtures
    }
  }

  /// - Throws: ``RunTableError`` for a size or step that is not there; ``ReplayError`` where nothing is
  ///   cheaper than the target, or fewer than eight mixtures were run there.
  package init(
    _ table: RunTable, objective: Objective, selection: Selection
  ) throws {
    var ladder = try FidelityLadder(table, selection)
    try ladder.chooseRungs(table, objective: objective, selection)
    let columns = objective.domains.map { table.heldOut.firstIndex(of: $0)! }
    // Looked up only: the order of a dictionary is never seen.
    var places: [[Double]: Int] = [:]
    var mixtures: [Mixture] = []
    var collected: [[[Int: Run]]] = []
    var order: [[[Int]]] = []
    for row in table.rows where row.status != .pending {
      guard let level = ladder.levels.firstIndex(where: { $0.parameters == row.parameters })
      else { continue }
      let rung = ladder.levels[level].places.firstIndex(of: FidelityLadder.place(row))
      let losses = columns.compactMap { row.losses[$0] }
      let isMeasured = row.status == .finished && losses.count == columns.count
      guard row.status == .diverged || (isMeasured && rung != nil) else { continue }
      let key = row.mixture.weights.map { ($0 * 1e9).rounded() }
      let mixture = places[key] ?? mixtures.count
      if mixture == mixtures.count {
        places[key] = mixture
        mixtures.append(row.mixture)
        collected.append(ladder.levels.map { _ in [:] })
        order.append(ladder.levels.map { _ in [] })
      }
      var run =
        collected[mixture][level][row.run]
        ?? Run(losses: ladder.levels[level].places.map { _ in nil }, seed: row.seed)
      if isMeasured, let rung { run.losses[rung] = losses } else { run.hasDiverged = true }
      if collected[mixture][level].updateValue(run, forKey: row.run) == nil {
        order[mixture][level].append(row.run)
      }
    }
    let costs = RungCosts(table, ladder, decay: selection.decay)
    let grid = try ladder.grid(costs)
    let target = grid.target
    let isJudged = mixtures.indices.map { mixture in
      collected[mixture][target.level].values.contains { $0.losses[target.rung] != nil }
    }
    let judged = mixtures.indices.filter { isJudged[$0] }
    let others = mixtures.indices.filter { !isJudged[$0] }
    guard judged.count >= 8 else { throw ReplayError.tooFewRuns(found: judged.count) }
    guard grid.levels.count > 1 || grid.levels[0].count > 1 else {
      throw ReplayError.noCheaperRuns(target: ladder.levels[target.level].size)
    }
    var notes: [String] = []
    if !others.isEmpty {
      notes.append(
        "\(others.count) mixtures that were not measured at the target "
          + (selection.admitsCheapMixtures
            ? "can be run at other sizes and lengths only" : "left out"))
    }
    let kept = judged + (selection.admitsCheapMixtures ? others : [])
    notes.append(costs.note)
    self.init(
      domains: table.domains, objective: objective, grid: grid,
      mixtures: kept.map { mixtures[$0] },
      runs: kept.map { mixture in
        order[mixture].enumerated().map { level, runs in
          runs.map { collected[mixture][level][$0]! }
        }
      }, notes: notes)
  }
}
