import MixtureMethods
import Mixtures
import Numerics
import Runs

/// The runs of a search over mixture, size and length, in an order that nothing but the configuration and the
/// outcomes decides.
///
/// Some parts of runs are under way at once on a clock of costs. Whenever one ends on that clock, the
/// method hears of it and says what comes next, knowing all that had ended by then and nothing else.
package struct ClockPlan: Plan {
  /// What a search over several sizes is made of.
  package struct Design: Sendable {
    /// As claims have it.
    package var plan: String
    package var method: String
    package var context: FidelityContext
    /// Of each level.
    package var conditions: [RunConditions]
    /// How many parts may be under way at once.
    package var lag: Int
    /// Of the n-th run of a mixture and size, from 0.
    package var seed: @Sendable (_ earlier: Int) -> UInt64
    /// How many runs of the target the recommended mixture gets at least, and their seeds, of which there
    /// are twice as many: what the search leaves goes to more of them.
    package var confirmation: (runs: Int, seeds: [UInt64])

    package init(
      plan: String, method: String, context: FidelityContext, conditions: [RunConditions],
      lag: Int, seed: @escaping @Sendable (_ earlier: Int) -> UInt64,
      confirmation: (runs: Int, seeds: [UInt64]) = (0, [])
    ) {
      self.plan = plan
      self.method = method
      self.context = context
      self.conditions = conditions
      self.lag = lag
      self.seed = seed
      self.confirmation = confirmation
    }
  }

  package let price: RunPrice
  package private(set) var phase = RunClaim.Purpose.search
  private let design: Design
  private var method: any FidelityMethod
  private var clock: CostClock
  /// Of the search's budget.
  private var left: Double
  /// The part that ended last, where what would be handed over after it has not been asked.
  private var unasked: Int?
  private var isSearchOver = false
  private var incumbent: FidelityIncumbent?
  /// Seeds of the confirmation that are still to be run.
  private var freshSeeds: [UInt64] = []

  /// - Parameter secondsPerRun: what a run of the target is expected to take; nil where nobody knows.
  package init(
    _ design: Design, method: any FidelityMethod, secondsPerRun: Double? = nil
  ) {
    self.design = design
    self.method = method
    clock = CostClock(design.context)
    left = design.context.budget
    let grid = design.context.grid
    price = RunPrice(prior: secondsPerRun.map { ($0, 1) }) { grid.cost(of: $0) }
  }

  package var name: String { design.plan }

  package mutating func next(after ledger: RunLedger) throws -> PlanStep {
    while true {
      if let task = unasked {
        unasked = nil
        if let note = ledger.note(
          plan: name, topic: FidelityIncumbent.topic, about: "\(task)")
        {
          incumbent = try note.decoded(as: FidelityIncumbent.self)
        } else if phase == .search, let found = incumbent(after: task) {
          incumbent = found
          return .note(
            try RunNote(
              plan: name, topic: FidelityIncumbent.topic, about: "\(task)", found))
        }
      }
      if clock.underWay.count < design.lag {
        if let task = journaled(in: ledger) {
          begin(task)
          continue
        }
        if let task = try propose() {
          let claim = clock.claim(on: task, plan: name, name: design.method)
          begin(task)
          return .run(clock.request(for: task, under: design.conditions), claim)
        }
      }
      guard let first = clock.next else {
        guard phase == .search else { return .end }
        beginConfirmation()
        continue
      }
      guard let outcomes = ledger[claim(first.purpose, first.id)]?.outcomes else { return .waits }
      clock.end(first, outcomes)
      if first.purpose == .search { unasked = first.id }
    }
  }

  /// The next part, where it was asked for in the very moment that the clock shows now.
  private func journaled(in ledger: RunLedger) -> ClockTask? {
    let place = claim(phase, clock.taskCount)
    guard let record = ledger[place],
      let own = record.claims.first(where: { $0.plan == name && $0.ordinal == place.ordinal })
    else { return nil }
    return clock.task(of: record.request, own)
  }

  private func claim(_ purpose: RunClaim.Purpose, _ ordinal: Int) -> RunClaim {
    RunClaim(plan: name, purpose: purpose, name: design.method, ordinal: ordinal)
  }

  // MARK: - Proposing

  private mutating func propose() throws -> ClockTask? {
    guard phase == .search else {
      guard let seed = freshSeeds.first, let incumbent else { return nil }
      return clock.confirmation(of: incumbent.mixture, seed: seed)
    }
    guard !isSearchOver, let step = method.next(runs: clock.runs, budgetLeft: left) else {
      return nil
    }
    guard design.context.admits(step, runs: clock.runs) else {
      throw StudyError.invalid(
        field: "step of '\(design.method)'", found: "\(step)",
        expected: "one that can be taken; please report this as a fault of mixpipe")
    }
    let task = clock.task(
      for: step,
      measuringOnTheWay: method.measuresOnTheWay && !design.context.matchesEpochs,
      seed: design.seed)
    guard task.cost <= left + 1e-9 else {
      isSearchOver = true
      return nil
    }
    return task
  }

  private mutating func begin(_ task: ClockTask) {
    clock.begin(task)
    switch task.purpose {
    case .search: left -= task.cost
    default: freshSeeds.removeAll { $0 == task.seed }
    }
  }

  // MARK: - Handing over

  private mutating func incumbent(after task: Int) -> FidelityIncumbent? {
    method.recommendation(runs: clock.runs).map { found in
      FidelityIncumbent(
        after: task, mixture: found.mixture,
        // JSON holds no infinity.
        predicted: found.predicted.flatMap {
          $0.mean.isFinite && $0.deviation.isFinite
            ? .init(mean: $0.mean, deviation: $0.deviation) : nil
        },
        probabilityOfBest: found.probabilityOfBest.flatMap { $0.isFinite ? $0 : nil },
        expectedRegret: found.expectedRegret.flatMap { $0.isFinite ? $0 : nil })
    }
  }

  /// What the search left goes to more seeds, up to twice as many.
  private mutating func beginConfirmation() {
    phase = .confirmation
    let (kept, seeds) = design.confirmation
    let count = kept + min(Int(clamping: max(left, 0) + 1e-9), kept)
    freshSeeds = incumbent == nil ? [] : Array(seeds.prefix(count))
  }

  // MARK: - What is left

  /// How many runs there will be is not known: the budget is what counts.
  package var rest: RestOfWork {
    switch phase {
    case .search:
      RestOfWork(runs: 0, cost: max(left, 0) + Double(design.confirmation.runs))
    default: RestOfWork(runs: freshSeeds.count, cost: Double(freshSeeds.count))
    }
  }
}

extension FidelityGrid {
  /// What a request costs, in runs of the target; zero for one that is not of this grid.
  package func cost(of request: RunRequest) -> Double {
    guard let level = levels.firstIndex(where: { $0[0].scale.size == request.scale.size }),
      let goal = levels[level].firstIndex(where: { $0.scale.tokens == request.to })
    else { return 0 }
    let from = request.from.flatMap { tokens in
      levels[level].firstIndex { $0.scale.tokens == tokens }
    }
    return extraCost(
      level: level, from: from, to: goal,
      measuringOnTheWay: request.measures.count == goal - (from ?? -1))
  }
}
