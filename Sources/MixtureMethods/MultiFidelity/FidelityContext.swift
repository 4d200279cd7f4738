import Mixtures

/// The only mixtures that can be tried, as in a replay of runs that exist, and how far the runs go.
package struct FidelityPool: Sendable, Hashable {
  /// All can be run at the target.
  package let mixtures: [Mixture]
  /// For each mixture and level the last rung that can be had; nil where the level has no run of it.
  package let reach: [[Int?]]
  private let places: [Mixture: Int]

  package init(mixtures: [Mixture], reach: [[Int?]]) {
    precondition(mixtures.count == reach.count && !mixtures.isEmpty)
    self.mixtures = mixtures
    self.reach = reach
    // Looked up only: the order of a dictionary is never seen.
    places = Dictionary(
      mixtures.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first }
    )
  }

  package func index(of mixture: Mixture) -> Int? { places[mixture] }
}

/// What every method that chooses size and length is made from.
package struct FidelityContext: Sendable, Hashable {
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  package var objective: Objective
  package var grid: FidelityGrid
  /// Nil where any feasible mixture can be run at every point of the grid.
  package var pool: FidelityPool?
  /// What may be tried and handed over.
  package var feasible: FeasibleMixtures
  package var seed: UInt64
  /// Of the whole search, in runs of the target.
  package var budget: Double
  /// Whether a mixture may be run again at a size where it has a run: only where that has noise of its own.
  package var replicates: Bool
  /// Whether a mixture is worth what its one run at the target gives, as in a table where each has one; if not,
  /// what its runs would give on average.
  package var judgesRuns: Bool
  /// Whether a paused run goes on at the price of the steps that it lacks; if not, it begins again.
  package var payOnlyExtraSteps: Bool
  /// Whether a run of another length reads other text, so that it repeats it as often: then every length is trained from
  /// the beginning and nothing is measured on the way, and all runs repeat text as the target does.
  package var matchesEpochs = false
  /// Whether a model learns from every rung of a run, or from the last alone.
  package var wholeCurves: Bool
  /// Whether a model has an output for each held-out domain, or the objective alone.
  package var composite: Bool
  /// Two of the outputs whose Pareto front at the target is sought, rather than the lowest objective alone; the method
  /// hands over the latter all the same. Nil without.
  package var front: [String]?
  /// Training tokens of each domain, as far as somebody knows; nil where nobody does, as in most tables of runs.
  package var text: KnownText?
  /// The same where all are known.
  package var availableTokens: [Int]? {
    get { text?.all }
    set { text = newValue.map { KnownText($0) } }
  }
  /// Each domain's share of all text as somebody gave it; nil where nobody did.
  package var natural: [Double]?
  /// What natural proportions are in proportion to: what was given, or the text where all is known.
  var naturalAmounts: [Double]? {
    let amounts = natural ?? availableTokens?.map(Double.init)
    return amounts.flatMap { $0.contains { $0 > 0 } ? $0 : nil }
  }
  /// Sizes of which there are runs or that are asked about, but at which none may be begun or gone on with.
  package var closed: Set<Int> = []

  /// - Parameter feasible: every mixture if nil.
  package init(
    domains: [String], objective: Objective, grid: FidelityGrid, pool: FidelityPool? = nil,
    feasible: FeasibleMixtures? = nil, seed: UInt64, budget: Double, replicates: Bool = false,
    judgesRuns: Bool = false, payOnlyExtraSteps: Bool = true, wholeCurves: Bool = true,
    composite: Bool = true, availableTokens: [Int]? = nil
  ) {
    precondition(
      feasible.map { $0.domains == domains } ?? true, "expected constraints on the same domains")
    self.domains = domains
    self.objective = objective
    self.grid = grid
    self.pool = pool
    self.feasible = feasible ?? .all(over: domains)
    self.seed = seed
    self.budget = budget
    self.replicates = replicates
    self.judgesRuns = judgesRuns
    self.payOnlyExtraSteps = payOnlyExtraSteps
    self.wholeCurves = wholeCurves
    self.composite = composite
    text = availableTokens.map { KnownText($0) }
  }

  /// The held-out domains that runs are measured on, in the order of their losses.
  package var outputs: [String] { objective.domains }

  /// The smallest size that can be run.
  package var cheapest: Int { grid.levels.indices.first { !closed.contains($0) } ?? 0 }

  /// The last rung of a size that a mixture can be run to; nil where it cannot be run at that size.
  package func reach(of mixture: Mixture, level: Int) -> Int? {
    guard let pool else { return grid.levels[level].count - 1 }
    return pool.index(of: mixture).flatMap { pool.reach[$0][level] }
  }

  /// Whether a mixture can be run as far as that.
  func reaches(_ point: FidelityPoint, with mixture: Mixture) -> Bool {
    (reach(of: mixture, level: point.level) ?? -1) >= point.rung
  }

  /// Whether a step can be taken: its mixture, its rung, and that it begins nothing that is there already.
  package func admits(_ step: FidelityStep, runs: [FidelityRun]) -> Bool {
    switch step {
    case .start(let mixture, let point):
      guard grid.levels.indices.contains(point.level), !closed.contains(point.level),
        mixture.domains == domains,
        let last = reach(of: mixture, level: point.level), (0...last).contains(point.rung)
      else { return false }
      return replicates
        || !runs.contains { $0.level == point.level && $0.mixture == mixture }
    case .resume(let run, let rung):
      guard runs.indices.contains(run), !runs[run].isUnderWay, !runs[run].hasDiverged,
        !closed.contains(runs[run].level),
        let last = reach(of: runs[run].mixture, level: runs[run].level)
      else { return false }
      return rung > runs[run].reached ?? -1 && rung <= last
    }
  }

  /// What a step costs, in runs of the target.
  package func cost(
    of step: FidelityStep, runs: [FidelityRun], measuringOnTheWay: Bool
  ) -> Double {
    switch step {
    case .start(_, let point):
      return grid.extraCost(
        level: point.level, from: nil, to: point.rung, measuringOnTheWay: measuringOnTheWay)
    case .resume(let run, let rung):
      let (level, reached) = (runs[run].level, runs[run].reached)
      if reached == nil || payOnlyExtraSteps && !matchesEpochs {
        return grid.extraCost(
          level: level, from: reached, to: rung, measuringOnTheWay: measuringOnTheWay)
      }
      // The way to where it was is trained again, but has been measured.
      let again = grid.levels[level][reached!].trunkCost
      return again
        + grid.extraCost(
          level: level, from: reached, to: rung, measuringOnTheWay: measuringOnTheWay)
    }
  }
}
