import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import RunTables

/// Ask and tell over sizes: which mixture to run next, how large and how long, from a table of runs alone. The same
/// rows, settings and seed give the same advice.
package struct SizesAdvice: Sendable {
  /// A run to be made.
  package struct Proposal: Sendable {
    package var name: String
    /// Rounded as its row is written.
    package var mixture: Mixture
    package var size: String
    package var parameters: Double
    /// Tokens, or steps where the table counts these.
    package var length: Double
    /// What the table calls the run that it goes on with; nil for one that begins anew.
    package var continues: String?
    /// In runs of the target.
    package var cost: Double
  }

  package let sizes: SizesTable
  package let settings: SizesSettings
  package let objective: Objective
  package let feasible: FeasibleMixtures
  /// Names of runs that others have.
  package var takenNames: [String] = []
  private let method: any FidelityMethod
  private let context: FidelityContext
  private let levels: [SizesGrid.Level]
  private let runs: [FidelityRun]
  /// What the table's runs have cost, in runs of the target.
  package let spent: Double

  /// In runs of the target where nobody says.
  private static let usualBudget = 12.0

  /// - Parameters:
  ///   - natural: each domain's share of all text; nil where nobody said.
  ///   - front: two of the table's held-out domains whose Pareto front is sought.
  ///   - method: a name that `makeFidelityMethod` knows.
  /// - Throws: ``SizesError``, `RunTableError`, `MixtureError`, `ConstraintError`, `FidelityMethodError`.
  package init(
    table: RunTable, objective: Objective, constraints: [MixtureConstraint] = [],
    natural: [Double]? = nil, front: [String]? = nil, settings: SizesSettings,
    method: String = "scale-bo", seed: UInt64 = 1
  ) throws {
    try settings.validate()
    let sought = objective.measuring(front ?? [])
    let columns = sought.domains.map { table.heldOut.firstIndex(of: $0)! }
    let sizes = try SizesTable(
      table, needed: columns, settings: settings, conditions: constraints)
    let grid = try SizesGrid(sizes, settings)
    feasible = try Self.feasible(constraints, sizes, natural)
    self.sizes = sizes
    self.settings = settings
    self.objective = objective
    levels = grid.levels
    var runs: [FidelityRun] = []
    for run in sizes.runs {
      let level = grid.levels.firstIndex { $0.parameters == run.parameters }!
      runs.append(
        Self.run(run, id: runs.count, level: level, grid.levels[level], columns, table.domains))
    }
    self.runs = runs
    let points = grid.grid
    spent = runs.reduce(0) { sum, run in
      guard let rung = run.goal ?? run.reached else { return sum }
      return sum + points.levels[run.level][rung].trunkCost
    }
    // Who does not say how much there is, has a little more than what was paid.
    let budget = settings.budget ?? max(Self.usualBudget, 1.25 * spent + 1)
    var context = FidelityContext(
      domains: table.domains, objective: sought, grid: points, feasible: feasible, seed: seed,
      budget: budget, replicates: true, payOnlyExtraSteps: settings.continues,
      wholeCurves: settings.continues)
    context.front = front
    context.text = sizes.text
    context.natural = natural
    context.matchesEpochs = sizes.matchesEpochs
    context.closed = Set(grid.levels.indices.filter { !grid.levels[$0].isOpen })
    self.context = context
    self.method = try makeFidelityMethod(named: method, context: context)
  }

  private static func run(
    _ run: SizedRun, id: Int, level: Int, _ known: SizesGrid.Level, _ columns: [Int],
    _ domains: [String]
  ) -> FidelityRun {
    func rung(_ length: Double) -> Int {
      known.lengths.indices.min {
        (abs(log(known.lengths[$0] / length)), $0) < (abs(log(known.lengths[$1] / length)), $1)
      }!
    }
    var measurements: [FidelityRun.Measurement] = []
    for point in run.points {
      let place = rung(point.length)
      let found = FidelityRun.Measurement(
        rung: place, losses: columns.map { point.losses[$0]! })
      // Of lengths that are nearly the same the longest counts.
      if measurements.last?.rung == place { measurements.removeLast() }
      measurements.append(found)
    }
    // What a run that diverged took was paid for.
    let reached = [measurements.last?.rung, run.divergedAt.map(rung)].compactMap { $0 }.max()
    var goal = run.goal.map { $0.isFinite ? rung($0) : known.lengths.count - 1 }
    if let end = goal, let reached, end <= reached { goal = nil }
    return FidelityRun(
      id: id, mixture: Mixture(domains: domains, proportionalTo: run.weights), level: level,
      seed: run.seed ?? UInt64(id + 1), measurements: measurements, reached: reached,
      goal: run.hasDiverged ? nil : goal, hasDiverged: run.hasDiverged)
  }

  /// Epochs are counted in a run of the target.
  ///
  /// - Parameter natural: each domain's share of all text; nil where nobody said.
  static func feasible(
    _ constraints: [MixtureConstraint], _ sizes: SizesTable, _ natural: [Double]?
  ) throws(ConstraintError) -> FeasibleMixtures {
    let domains = sizes.table.domains
    let even = domains.map { _ in 1 }
    return try FeasibleMixtures(
      constraints, domains: domains, availableTokens: sizes.text?.limits ?? even,
      trainingTokens: max(Int(clamping: sizes.target.length.rounded()), 1),
      naturalTokens: natural.map { $0.map { Int(($0 * 1e12).rounded()) } } ?? even)
  }

  package var finished: Int {
    runs.count { $0.reached != nil && !$0.hasDiverged && $0.goal == nil }
  }
  package var diverged: Int { runs.count(where: \.hasDiverged) }
  package var pending: Int { runs.count(where: \.isUnderWay) }
  package var budget: Double { context.budget }

  /// The next runs, each as if those before it were under way.
  ///
  /// - Returns: fewer than `count` where the budget is spent.
  package func proposals(_ count: Int) -> [Proposal] {
    var method = method
    var runs = runs
    var names = RunNames(sizes.table, others: takenNames)
    var left = context.budget - spent
    var found: [Proposal] = []
    while found.count < count {
      guard let step = method.next(runs: runs, budgetLeft: left) ?? spread(runs, left) else {
        break
      }
      let cost = context.cost(of: step, runs: runs, measuringOnTheWay: false)
      guard cost <= left + 1e-9 else { break }
      left -= cost
      let name = names.next()
      switch step {
      case .start(let mixture, let point):
        let kept = kept(mixture)
        found.append(proposal(name, kept, point, continues: nil, cost))
        runs.append(
          FidelityRun(
            id: runs.count, mixture: kept, level: point.level, seed: UInt64(runs.count + 1),
            goal: point.rung))
      case .resume(let id, let rung):
        let point = FidelityPoint(level: runs[id].level, rung: rung)
        let earlier = sizes.runs.indices.contains(id) ? sizes.runs[id].name : nil
        found.append(
          proposal(
            name, runs[id].mixture, point, continues: settings.continues ? earlier : nil, cost))
        runs[id].goal = rung
      }
    }
    return found
  }

  /// Where the method waits for what is under way, the even spread goes on.
  private func spread(_ runs: [FidelityRun], _ left: Double) -> FidelityStep? {
    guard runs.contains(where: \.isUnderWay) else { return nil }
    let point = FidelityPoint(level: context.cheapest, rung: 0)
    let mixture = Mixture(
      domains: context.domains,
      proportionalTo: FeasibleSpread(feasible).point(runs.count, seed: context.seed))
    return .start(mixture, at: point)
  }

  private func proposal(
    _ name: String, _ mixture: Mixture, _ point: FidelityPoint, continues: String?, _ cost: Double
  ) -> Proposal {
    let level = levels[point.level]
    return Proposal(
      name: name, mixture: mixture, size: level.size, parameters: level.parameters,
      length: level.lengths[point.rung], continues: continues, cost: cost)
  }

  /// As its row is written, and within the conditions whatever the method proposed.
  private func kept(_ mixture: Mixture) -> Mixture {
    // What was run is written as it was.
    if runs.contains(where: { $0.mixture == mixture }) { return mixture }
    let inside =
      feasible.contains(mixture.weights)
      ? mixture
      : Mixture(domains: mixture.domains, proportionalTo: feasible.nearest(to: mixture.weights))
    return TableLayout.rounded(inside)
  }

  /// What new rows say of their size and length, and how.
  package func request(_ proposal: Proposal) -> TableLayout.Request {
    var request = TableLayout.Request(size: proposal.size)
    switch sizes.unit {
    case .tokens: request.tokens = proposal.length
    case .steps: request.step = proposal.length
    case .assumed: break
    }
    return request
  }
}
