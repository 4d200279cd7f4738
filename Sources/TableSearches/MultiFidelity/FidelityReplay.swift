import MixtureMethods
import Mixtures
import Numerics

/// Searches that decide mixture, size and length, on runs that exist already.
///
/// A run takes as long as it costs, on a clock that nobody waits for; some run at once. What is paid is what
/// training would have cost: of a resumed run only the steps that it lacked, unless that is switched off.
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
  /// - Throws: ``FidelityMethodError``, ``ReplayError/inadmissible(method:step:)``, `CancellationError`.
  package func trace(
    of variant: FidelityVariant, seed: UInt64, isCancelled: () -> Bool = { false }
  ) throws -> FidelityTrace {
    let context = FidelityContext(
      domains: table.domains, objective: table.objective, grid: table.grid, pool: table.pool,
      seed: seed, budget: configuration.budget,
      judgesRuns: configuration.noise == 0 && !table.hasReplicates,
      payOnlyExtraSteps: !variant.ablations.contains(.noResumeCredit),
      wholeCurves: !variant.ablations.contains(.lastPoints),
      composite: !variant.ablations.contains(.objectiveOnly))
    var search = FidelitySimulation(
      table: table, context: context, noise: configuration.noise,
      method: try makeFidelityMethod(named: variant.method, context: context))
    while true {
      if isCancelled() { throw CancellationError() }
      while search.underWay.count < configuration.workers, let step = search.next() {
        guard context.admits(step, runs: search.runs) else {
          throw ReplayError.inadmissible(method: "\(variant)", step: "\(step)")
        }
        guard search.begin(step) else { break }
      }
      guard search.finishFirst() else { break }
    }
    return FidelityTrace(
      method: "\(variant)", seed: seed, points: search.points,
      compute: configuration.budget - search.left, spend: search.spend, runs: search.runs.count,
      resumed: search.resumed, duration: search.clock,
      beliefs: search.beliefs.isEmpty ? nil : search.beliefs)
  }
}

/// One search under way.
private struct FidelitySimulation {
  let table: FidelityTable
  let context: FidelityContext
  let noise: Double
  var method: any FidelityMethod
  private(set) var runs: [FidelityRun] = []
  private(set) var underWay: [(run: Int, end: Double)] = []
  /// Of the budget.
  private(set) var left: Double
  private(set) var clock = 0.0
  private(set) var points: [FidelityTrace.Point] = []
  private(set) var beliefs: [FidelityTrace.Belief] = []
  private(set) var spend: [Double]
  private(set) var resumed = 0
  /// The lowest of those run at the target.
  private var ran: Double?
  private var isOver = false

  init(
    table: FidelityTable, context: FidelityContext, noise: Double, method: any FidelityMethod
  ) {
    self.table = table
    self.context = context
    self.noise = noise
    self.method = method
    left = context.budget
    spend = context.grid.levels.map { _ in 0 }
  }

  mutating func next() -> FidelityStep? {
    isOver ? nil : method.next(runs: runs, budgetLeft: left)
  }

  /// - Returns: false where the step costs more than is left, which ends the search.
  mutating func begin(_ step: FidelityStep) -> Bool {
    let cost = context.cost(of: step, runs: runs, measuringOnTheWay: method.measuresOnTheWay)
    guard cost <= left + 1e-9 else {
      isOver = true
      return false
    }
    left -= cost
    let run: Int
    switch step {
    case .start(let mixture, let point):
      run = runs.count
      runs.append(
        FidelityRun(id: run, mixture: mixture, level: point.level, seed: 0, goal: point.rung))
    case .resume(let paused, let rung):
      run = paused
      runs[run].goal = rung
      resumed += 1
    }
    spend[runs[run].level] += cost
    underWay.append((run, clock + cost))
    return true
  }

  /// Takes in the run that ends first, of several the one that began first.
  ///
  /// - Returns: false where none is under way.
  mutating func finishFirst() -> Bool {
    guard
      let place = underWay.indices.min(by: {
        (underWay[$0].end, $0) < (underWay[$1].end, $1)
      })
    else { return false }
    let (id, end) = underWay.remove(at: place)
    clock = end
    measure(id)
    let recommendation = method.recommendation(runs: runs)
    let handedOver = recommendation.flatMap { table.pool.index(of: $0.mixture) }
      .map { table.values[$0] }
    if let recommendation, let predicted = recommendation.predicted, let handedOver,
      context.budget - left >= 2.0.squareRoot() * (beliefs.last?.compute ?? 0)
    {
      beliefs.append(
        .init(
          compute: context.budget - left, mean: predicted.mean, deviation: predicted.deviation,
          probabilityOfBest: recommendation.probabilityOfBest, value: handedOver))
    }
    let point = FidelityTrace.Point(
      compute: context.budget - left, handedOver: handedOver, ran: ran)
    if points.last?.handedOver != handedOver || points.last?.ran != ran { points.append(point) }
    return true
  }

  private mutating func measure(_ id: Int) {
    var run = runs[id]
    guard let goal = run.goal, let mixture = table.pool.index(of: run.mixture) else { return }
    let found = table.run(of: mixture, level: run.level, seed: context.seed)
    let shift = shift(mixture: mixture, level: run.level)
    let first = method.measuresOnTheWay ? (run.reached ?? -1) + 1 : goal
    for rung in first...goal {
      guard let losses = found.losses[rung] else { continue }
      run.measurements.append(.init(rung: rung, losses: zip(losses, shift).map { $0 + $1 }))
    }
    run.reached = goal
    run.goal = nil
    let last = found.losses.lastIndex { $0 != nil } ?? -1
    run.hasDiverged = found.hasDiverged && goal > last
    runs[id] = run
    let target = context.grid.target
    if run.level == target.level, run.losses(at: target.rung) != nil {
      ran = min(ran ?? .infinity, table.values[mixture])
    }
  }

  /// A run's own luck, the same at every rung: independent in each output, so that the weighted mean of all
  /// is off by the noise asked for.
  private func shift(mixture: Int, level: Int) -> [Double] {
    let outputs = context.outputs.count
    guard noise > 0 else { return [Double](repeating: 0, count: outputs) }
    let weights = context.objective.weights
    let deviation = noise / dot(weights, weights).squareRoot()
    var generator = SeededGenerator(
      seed: context.seed, stream: "noise of \(mixture) at \(level)")
    return (0..<outputs).map { _ in deviation * generator.normal() }
  }
}
