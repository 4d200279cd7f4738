import MixtureMethods
import Mixtures
import Runs

/// A part of one run: from where it is paused, or its beginning, to a rung.
package struct ClockTask: Sendable, Hashable {
  /// Counts up from 0 in the order in which parts begin.
  package var id: Int
  package var purpose: RunClaim.Purpose
  /// Counts up from 0 in the order in which runs begin.
  package var run: Int
  package var mixture: Mixture
  /// The size, of the grid's levels.
  package var level: Int
  package var seed: UInt64
  /// The rung at which the run is paused; nil for a new one.
  package var from: Int?
  /// The rung that it goes to.
  package var goal: Int
  /// Whether every rung on the way is measured, or the last alone.
  package var measuresOnTheWay: Bool
  /// In runs of the target.
  package var cost: Double
  /// When it begins, on a clock on which a part takes as long as it costs.
  package var begins: Double
  /// How many parts had ended on that clock when it was proposed.
  package var known: Int

  /// On the same clock.
  package var ends: Double { begins + cost }

  /// The rungs at which it is measured.
  var measured: ClosedRange<Int> { measuresOnTheWay ? ((from ?? -1) + 1)...goal : goal...goal }
}

/// Runs of several sizes on a clock on which each part takes as long as it costs, whatever it takes in truth.
///
/// What ends first on the clock is known first. So a search does not depend on timing, and one on a table
/// is the same as one that trains.
package struct CostClock: Sendable {
  package let context: FidelityContext
  /// Of the search, as they are known on the clock.
  package private(set) var runs: [FidelityRun] = []
  /// In the order in which they began.
  package private(set) var underWay: [ClockTask] = []
  package private(set) var time = 0.0
  /// Parts that have begun, and those that have ended.
  package private(set) var taskCount = 0
  package private(set) var known = 0
  private var runCount = 0

  package init(_ context: FidelityContext) { self.context = context }

  /// What a step of a search comes to if it begins now.
  ///
  /// - Parameter seed: of a new run, by how many there are of the same mixture and size.
  package func task(
    for step: FidelityStep, measuringOnTheWay: Bool, seed: (_ earlier: Int) -> UInt64
  ) -> ClockTask {
    var task = ClockTask(
      id: taskCount, purpose: .search, run: runCount, mixture: .uniform(over: context.domains),
      level: 0, seed: 0, goal: 0, measuresOnTheWay: measuringOnTheWay,
      cost: context.cost(of: step, runs: runs, measuringOnTheWay: measuringOnTheWay),
      begins: time, known: known)
    switch step {
    case .start(let mixture, let point):
      task.mixture = mixture
      task.level = point.level
      task.goal = point.rung
      task.seed = seed(runs.count { $0.mixture == mixture && $0.level == point.level })
    case .resume(let id, let rung):
      task.run = id
      task.mixture = runs[id].mixture
      task.level = runs[id].level
      task.seed = runs[id].seed
      task.from = runs[id].reached
      task.goal = rung
    }
    return task
  }

  /// A mixture at the target with a fresh seed.
  package func confirmation(of mixture: Mixture, seed: UInt64) -> ClockTask {
    let target = context.grid.target
    return ClockTask(
      id: taskCount, purpose: .confirmation, run: runCount, mixture: mixture,
      level: target.level, seed: seed, goal: target.rung, measuresOnTheWay: false,
      cost: context.grid.extraCost(
        level: target.level, from: nil, to: target.rung, measuringOnTheWay: false),
      begins: time, known: known)
  }

  package mutating func begin(_ task: ClockTask) {
    taskCount += 1
    underWay.append(task)
    if task.run == runCount { runCount += 1 }
    guard task.purpose == .search else { return }
    if task.run == runs.count {
      runs.append(
        FidelityRun(
          id: task.run, mixture: task.mixture, level: task.level, seed: task.seed,
          goal: task.goal))
    } else {
      runs[task.run].goal = task.goal
    }
  }

  /// The part that ends first, of several the one that began first.
  package var next: ClockTask? {
    underWay.indices.min { (underWay[$0].ends, $0) < (underWay[$1].ends, $1) }
      .map { underWay[$0] }
  }

  /// Takes in what the part that ends first gave.
  package mutating func end(_ task: ClockTask, _ outcomes: [RungOutcome]) {
    underWay.removeAll { $0.id == task.id }
    time = task.ends
    known += 1
    guard task.purpose == .search else { return }
    let rungs = context.grid.levels[task.level]
    for found in outcomes {
      if found.outcome.hasDiverged {
        runs[task.run].hasDiverged = true
        break
      }
      // A table may lack a rung on the way.
      guard let losses = found.outcome.losses(of: context.outputs),
        let rung = rungs.firstIndex(where: { $0.scale.tokens == found.tokens })
      else { continue }
      runs[task.run].measurements.append(.init(rung: rung, losses: losses))
    }
    runs[task.run].reached = task.goal
    runs[task.run].goal = nil
  }

  // MARK: - Requests

  /// - Parameter conditions: of each level.
  package func request(for task: ClockTask, under conditions: [RunConditions]) -> RunRequest {
    let tokens = context.grid.levels[task.level].map(\.scale.tokens)
    if context.matchesEpochs {
      // A longer run is another run of the same seed.
      let length = tokens[task.goal]
      return RunRequest(
        key: RunKey(
          conditions: conditions[task.level], mixture: task.mixture, seed: task.seed,
          length: length), to: length)
    }
    return RunRequest(
      key: RunKey(
        conditions: conditions[task.level], mixture: task.mixture, seed: task.seed),
      from: task.from.map { tokens[$0] }, to: tokens[task.goal],
      measures: task.measured.map { tokens[$0] }, ladder: tokens)
  }

  package func claim(on task: ClockTask, plan: String, name: String) -> RunClaim {
    RunClaim(
      plan: plan, purpose: task.purpose, name: name, ordinal: task.id, known: task.known)
  }

  /// The part that a claim was made for, if it begins now; nil where it is not its turn, or not of this
  /// grid.
  package func task(of request: RunRequest, _ claim: RunClaim) -> ClockTask? {
    let levels = context.grid.levels
    guard claim.ordinal == taskCount, claim.known == known,
      let level = levels.firstIndex(where: { $0[0].scale.size == request.scale.size }),
      let goal = levels[level].firstIndex(where: { $0.scale.tokens == request.to })
    else { return nil }
    if claim.purpose == .confirmation {
      return confirmation(of: request.mixture, seed: request.seed)
    }
    var step = FidelityStep.start(request.mixture, at: FidelityPoint(level: level, rung: goal))
    var from: Int?
    if context.matchesEpochs {
      let run = runs.firstIndex {
        $0.mixture == request.mixture && $0.level == level && $0.seed == request.seed
      }
      if let run { step = .resume(run: run, rung: goal) }
    } else if let tokens = request.from {
      from = levels[level].firstIndex { $0.scale.tokens == tokens }
      // Runs of one mixture and size differ in their seeds.
      guard from != nil,
        let run = runs.firstIndex(where: {
          $0.mixture == request.mixture && $0.level == level && $0.seed == request.seed
        })
      else { return nil }
      step = .resume(run: run, rung: goal)
    }
    return task(
      for: step,
      measuringOnTheWay: !context.matchesEpochs
        && request.measures.count == goal - (from ?? -1)
    ) { _ in request.seed }
  }
}
