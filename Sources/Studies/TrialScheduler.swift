import Foundation
import Mixtures
import Storage

/// Runs the trials of a plan on several threads and writes down each event before it counts.
///
/// Shared state is guarded by the crew's lock; the plan belongs to whoever is planning.
final class TrialScheduler: @unchecked Sendable {
  private let files: StudyFolder
  private let objective: Objective
  private let evaluator: any Evaluator
  private let observer: StudyObserver

  private let crew: WorkCrew
  private var plan: any TrialPlan
  private var book: LedgerBook<TrialLedger>
  /// By id.
  private var running: [StudyProgress.Running] = []
  private var workers = 1

  // What the plan said last; the plan itself may be in use.
  private var phase: TrialRequest.Purpose
  private var rest: [Scale: Int]
  private var restToRun: [Scale: Int]
  private var best: StudyProgress.Best?
  private var ended = (all: 0, diverged: 0)
  /// Of the trials that finished: what they took, and what they were expected to.
  private var spent = (seconds: 0.0, cost: 0.0)

  /// Opens the journal, or begins it. The folder must be locked.
  init(
    plan: any TrialPlan, journal path: String, files: StudyFolder, objective: Objective,
    evaluator: any Evaluator, isCancelled: @escaping @Sendable () -> Bool,
    observer: @escaping StudyObserver
  ) throws {
    self.plan = plan
    self.files = files
    self.objective = objective
    self.evaluator = evaluator
    self.observer = observer
    book = try LedgerBook(at: path)
    crew = WorkCrew(
      waiting: book.ledger.trials.filter { $0.outcome == nil }.map(\.request.id),
      isCancelled: isCancelled)
    phase = plan.phase
    rest = plan.rest
    restToRun = plan.restToRun
    for trial in ledger.trials where trial.outcome != nil {
      count(trial)
      files.removeCheckpoints(of: trial.request)
    }
  }

  /// Runs until the plan has ended, a trial fails or the study is cancelled.
  func run(workers count: Int) throws -> TrialLedger {
    crew.condition.withLock {
      workers = count
      notify(.began(finished: ended.all, resumed: crew.waiting.count))
    }
    defer { files.removeCheckpointsFolder() }
    try crew.run(
      workers: count, perform: { self.evaluate(self.ledger.trials[$0]) },
      takeStep: { self.takeStep() })
    return ledger
  }

  private var ledger: TrialLedger { book.ledger }

  // MARK: - Under the lock

  /// Asks the plan for its next step and writes it down.
  private func takeStep() {
    let ledger = self.ledger
    let step = crew.planning { try plan.next(after: ledger) }
    phase = plan.phase
    rest = plan.rest
    restToRun = plan.restToRun
    crew.attempt {
      switch try step.get() {
      case .trial(let demand): try ask(for: demand)
      // Outcomes that arrived meanwhile are not in the copy that the plan looked at.
      case .outcomes: crew.awaitsOutcome = self.ledger.endedCount == ledger.endedCount
      case .end: crew.hasPlanEnded = true
      }
    }
  }

  private func ask(for demand: TrialDemand) throws {
    if let trial = ledger[demand.work] {
      try book.record(.claimed(trial: trial.request.id, demand.claim))
      notify(.shared(ledger.trials[trial.request.id], claim: demand.claim))
      return
    }
    let request = TrialRequest(
      id: ledger.trials.count, purpose: demand.purpose, mixture: demand.mixture,
      scale: demand.scale, seed: demand.seed, procedure: demand.procedure)
    try book.record(.proposed(request, demand.claim, at: now()))
    if let known = demand.known {
      try end(request.id, known.outcome, reusedFrom: known.id)
    } else {
      crew.waiting.append(request.id)
    }
  }

  /// Runs one trial; lets go of the lock while the evaluator works.
  private func evaluate(_ trial: TrialRecord) {
    let request = trial.request
    running.append(StudyProgress.Running(trial: request.id, fraction: 0))
    running.sort { $0.trial < $1.trial }
    notify(.started(request, claims: trial.claims))
    let outcome = crew.unlocked {
      let checkpoints = files.checkpoints(of: request)
      try makeFolder(at: checkpoints)
      let throttle = Throttle()
      return try evaluator.evaluate(
        request,
        control: TrialControl(
          progress: { [self] in if throttle.passes() { report($0, of: request.id) } },
          isCancelled: { [self] in crew.isStopping }, checkpointFolder: checkpoints))
    }
    running.removeAll { $0.trial == request.id }
    crew.conclude(request.id) {
      let outcome = try outcome.get().checked
      guard outcome.isFinite else { throw StudyError.notFinite(trial: request.id) }
      try end(request.id, outcome, reusedFrom: nil)
      files.removeCheckpoints(of: request)
    }
  }

  private func report(_ fraction: Double, of id: Int) {
    crew.condition.withLock {
      guard let place = running.firstIndex(where: { $0.trial == id }) else { return }
      running[place].fraction = min(max(fraction, 0), 1)
      notify(.progressed(trial: id, fraction: running[place].fraction))
    }
  }

  private func end(_ id: Int, _ outcome: TrialOutcome, reusedFrom: Int?) throws {
    try book.record(.ended(trial: id, outcome, at: now(), reusedFrom: reusedFrom))
    crew.awaitsOutcome = false
    let trial = ledger.trials[id]
    notify(.finished(trial, loss: count(trial)))
  }

  @discardableResult
  private func count(_ trial: TrialRecord) -> Double? {
    ended.all += 1
    guard let result = trial.outcome?.result else {
      ended.diverged += 1
      return nil
    }
    if trial.reusedFrom == nil {
      spent.seconds += result.seconds
      spent.cost += cost(of: trial.request.scale)
    }
    guard let loss = trial.observation.flatMap(objective.value(of:)) else { return nil }
    if trial.request.purpose == .search, loss < best?.loss ?? .infinity {
      best = StudyProgress.Best(trial: trial.request.id, names: [], loss: loss)
    }
    return loss
  }

  private func notify(_ event: StudyEvent) {
    // Others may have asked for it since.
    if let trial = best?.trial { best?.names = ledger.trials[trial].claims.map(\.name) }
    observer(
      event,
      StudyProgress(
        phase: phase, finished: ended.all, diverged: ended.diverged,
        total: ledger.trials.count + rest.values.reduce(0, +), running: running, best: best,
        secondsLeft: secondsLeft))
  }

  /// Expected seconds of a trial, or something in proportion to them.
  private func cost(of scale: Scale) -> Double { evaluator.cost(of: scale)?.seconds ?? scale.cost }

  /// What the trials to come are expected to take, corrected by what the others took.
  private var secondsLeft: Double? {
    var left = 0.0
    var trials = crew.waiting.count + running.count
    // A prediction counts as much as one trial that ended.
    var prior = 0.0
    for (scale, count) in restToRun {
      left += cost(of: scale) * Double(count)
      trials += count
      if evaluator.cost(of: scale) != nil { prior = max(prior, cost(of: scale)) }
    }
    for id in crew.waiting { left += cost(of: ledger.trials[id].request.scale) }
    for run in running {
      left += cost(of: ledger.trials[run.trial].request.scale) * (1 - run.fraction)
    }
    guard spent.cost + prior > 0 else { return nil }
    let correction = (spent.seconds + prior) / (spent.cost + prior)
    return correction * left / Double(max(min(workers, trials), 1))
  }
}
