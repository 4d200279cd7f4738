import MixtureMethods
import Mixtures
import Numerics
import Runs
import Studies

/// Searches that decide mixture, size and length, on runs that exist already.
///
/// The same plan as a study of several sizes, with a table in place of the trainer: a run takes as long as it
/// costs, on a clock that nobody waits for; some run at once. What is paid is what training would have cost: of
/// a resumed run only the steps that it lacked, unless that is switched off.
package struct FidelityReplay: Sendable {
  package let table: FidelityTable
  package let configuration: FidelityReplayConfiguration

  package init(table: FidelityTable, configuration: FidelityReplayConfiguration) {
    precondition(configuration.budget > 0 && configuration.workers > 0)
    self.table = table
    self.configuration = configuration
  }

  /// Runs a method with a seed, which decides its own chance, the noise, and which of several replicates it sees.
  ///
  /// - Throws: ``FidelityMethodError``, `StudyError` for a method that asks for what cannot be had,
  ///   `CancellationError`.
  package func trace(
    of variant: FidelityVariant, seed: UInt64,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> FidelityTrace {
    let context = FidelityContext(
      domains: table.domains, objective: table.objective, grid: table.grid, pool: table.pool,
      seed: seed, budget: configuration.budget,
      judgesRuns: configuration.noise == 0 && !table.hasReplicates,
      payOnlyExtraSteps: !variant.ablations.contains(.noResumeCredit),
      wholeCurves: !variant.ablations.contains(.lastPoints),
      composite: !variant.ablations.contains(.objectiveOnly))
    let design = ClockPlan.Design(
      plan: "replay", method: variant.method, context: context,
      conditions: table.grid.levels.map { rungs in
        RunConditions(
          corpus: "table", domains: table.domains, size: rungs[0].scale.size,
          parameters: rungs[0].scale.parameters, evaluator: .other(kind: "table", settings: [:]))
      }, lag: configuration.workers, seed: { _ in 0 })
    let measurer = TableMeasurer(outputs: context.outputs) { [self] request in
      table.losses(for: request, context, noise: configuration.noise)
    }
    let book = RunBook()
    try Driver(
      plan: ClockPlan(
        design, method: try makeFidelityMethod(named: variant.method, context: context)),
      book: book, evaluator: DirectEvaluator(measurer), isCancelled: isCancelled
    ).run()
    var walk = TraceWalk(table: table, context: context, plan: design.plan, ledger: book.ledger)
    return try walk.trace(of: "\(variant)", seed: seed)
  }
}

extension FidelityTable {
  /// What a request gives at each of its rungs, up to a divergence; an empty row at a rung where the table has
  /// nothing.
  fileprivate func losses(
    for request: RunRequest, _ context: FidelityContext, noise: Double
  ) -> [[Double]] {
    guard let mixture = pool.index(of: request.mixture),
      let level = grid.levels.firstIndex(where: { $0[0].scale.size == request.scale.size })
    else { return [] }
    let found = run(of: mixture, level: level, seed: context.seed)
    let last = found.losses.lastIndex { $0 != nil } ?? -1
    let shift = shift(mixture: mixture, level: level, context, noise: noise)
    var result: [[Double]] = []
    for tokens in request.measures {
      let rung = grid.levels[level].firstIndex { $0.scale.tokens == tokens }!
      if found.hasDiverged, rung > last { break }
      result.append((found.losses[rung] ?? []).enumerated().map { $1 + shift[$0] })
    }
    return result
  }

  /// A run's own luck, the same at every rung: independent in each output, so that the weighted mean of all
  /// is off by the noise asked for.
  private func shift(
    mixture: Int, level: Int, _ context: FidelityContext, noise: Double
  ) -> [Double] {
    let outputs = context.outputs.count
    guard noise > 0 else { return [Double](repeating: 0, count: outputs) }
    let weights = context.objective.weights
    let deviation = noise / dot(weights, weights).squareRoot()
    var generator = SeededGenerator(
      seed: context.seed, stream: "noise of \(mixture) at \(level)")
    return (0..<outputs).map { _ in deviation * generator.normal() }
  }
}

/// A search that has ended, walked through once more on its clock to see what it had to show when.
private struct TraceWalk {
  private let table: FidelityTable
  private let plan: String
  private let ledger: RunLedger
  private let budget: Double
  private var clock: CostClock
  /// Of the budget.
  private var left: Double
  private var spend: [Double]
  private var resumed = 0
  private var points: [FidelityTrace.Point] = []
  private var beliefs: [FidelityTrace.Belief] = []
  /// The lowest of those run at the target.
  private var ran: Double?

  init(table: FidelityTable, context: FidelityContext, plan: String, ledger: RunLedger) {
    self.table = table
    self.plan = plan
    self.ledger = ledger
    budget = context.budget
    left = context.budget
    clock = CostClock(context)
    spend = context.grid.levels.map { _ in 0 }
  }

  mutating func trace(of method: String, seed: UInt64) throws -> FidelityTrace {
    var outcomes: [Int: [RungOutcome]] = [:]
    for record in ledger.records(of: plan) {
      let claim = record.claim(of: plan)!
      while clock.known < claim.known ?? 0 { try endFirst(outcomes) }
      guard let task = clock.task(of: record.request, claim) else {
        preconditionFailure("run \(record.request.id) was not its turn")
      }
      clock.begin(task)
      left -= task.cost
      spend[task.level] += task.cost
      if task.from != nil { resumed += 1 }
      outcomes[task.id] = record.outcomes
    }
    while clock.next != nil { try endFirst(outcomes) }
    return FidelityTrace(
      method: method, seed: seed, points: points, compute: budget - left, spend: spend,
      runs: clock.runs.count, resumed: resumed, duration: clock.time,
      beliefs: beliefs.isEmpty ? nil : beliefs)
  }

  private mutating func endFirst(_ outcomes: [Int: [RungOutcome]]) throws {
    guard let task = clock.next else { return }
    clock.end(task, outcomes[task.id] ?? [])
    let target = table.grid.target
    if task.level == target.level, clock.runs[task.run].losses(at: target.rung) != nil,
      let mixture = table.pool.index(of: task.mixture), let value = table.value(of: mixture)
    {
      ran = min(ran ?? .infinity, value)
    }
    let note = ledger.note(plan: plan, topic: FidelityIncumbent.topic, about: "\(task.id)")
    let incumbent = try note?.decoded(as: FidelityIncumbent.self)
    let judged = incumbent.flatMap { table.pool.index(of: $0.mixture) }
      .flatMap { table.value(of: $0) }
    // Nobody knows what a mixture is worth that was never measured at the target: it is taken for the best run
    // there, or before there is one for what was handed over until then.
    let handedOver = incumbent == nil ? nil : judged ?? ran ?? points.last?.handedOver
    let compute = budget - left
    if let incumbent, let predicted = incumbent.predicted, let judged,
      compute >= 2.0.squareRoot() * (beliefs.last?.compute ?? 0)
    {
      beliefs.append(
        .init(
          compute: compute, mean: predicted.mean, deviation: predicted.deviation,
          probabilityOfBest: incumbent.probabilityOfBest, value: judged))
    }
    if points.last?.handedOver != handedOver || points.last?.ran != ran {
      points.append(FidelityTrace.Point(compute: compute, handedOver: handedOver, ran: ran))
    }
  }
}
