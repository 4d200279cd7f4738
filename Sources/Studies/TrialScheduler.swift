import Foundation
import Mixtures
import Storage
import Synchronization

/// Runs the trials of a plan on several threads and writes down each event before it counts.
///
/// Shared state is guarded by `condition`. The plan belongs to whichever worker has set
/// `isPlanning`, for as long as it is set, so that a method may think without holding up the others.
final class TrialScheduler: @unchecked Sendable {
  private let journal: LineJournal
  private let files: StudyFolder
  private let objective: Objective
  private let evaluator: any Evaluator
  private let isCancelled: @Sendable () -> Bool
  private let observer: StudyObserver

  private let condition = NSCondition()
  private var plan: any TrialPlan
  private var isPlanning = false
  private var hasPlanEnded = false
  /// Whether the next step waits for a trial to end.
  private var awaitsOutcome = false
  private var ledger: TrialLedger
  /// Ids of trials that wait for a worker, in order.
  private var waiting: [Int]
  /// By id.
  private var running: [StudyProgress.Running] = []
  private var workers = 1
  private var failure: (any Error)?
  /// Whether running trials are to save themselves and stop. Read by trials at every step, and so
  /// not under the lock, which is held while the journal syncs.
  private let stops = Atomic(false)

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
    self.isCancelled = isCancelled
    self.observer = observer
    // Read before it is opened for writing: a damaged journal stays as it is.
    ledger = try TrialLedger(readingJournalAt: path)
    journal = try LineJournal(at: path)
    if try readFile(at: path).isEmpty { try journal.append(TrialJournalHeader()) }
    phase = plan.phase
    rest = plan.rest
    restToRun = plan.restToRun
    waiting = ledger.trials.filter { $0.outcome == nil }.map(\.request.id)
    for trial in ledger.trials where trial.outcome != nil {
      count(trial)
      files.removeCheckpoints(of: trial.request)
    }
  }

  /// Runs until the plan has ended, a trial fails or the study is cancelled.
  func run(workers count: Int) throws -> TrialLedger {
    condition.withLock {
      workers = count
      notify(.began(finished: ended.all, resumed: waiting.count))
    }
    var noThread: StudyError?
    work(on: count, noThread: &noThread)
    files.removeCheckpointsFolder()
    if let error = failure ?? noThread { throw error }
    guard hasPlanEnded, waiting.isEmpty else { throw CancellationError() }
    return ledger
  }

  /// Starts a thread, which starts the next one's, and returns when all have ended: noncopyable
  /// threads have no array.
  private func work(on count: Int, noThread: inout StudyError?) {
    guard count > 0 else { return }
    do throws(StudyError) {
      let thread = try WorkerThread { self.work() }
      work(on: count - 1, noThread: &noThread)
      thread.join()
    } catch {
      noThread = error
      stop()
    }
  }

  private func stop() {
    stops.store(true, ordering: .releasing)
    condition.withLock { condition.broadcast() }
  }

  private var isStopping: Bool {
    if stops.load(ordering: .acquiring) { return true }
    guard isCancelled() else { return false }
    stops.store(true, ordering: .releasing)
    return true
  }

  // MARK: - A worker

  private func work() {
    condition.lock()
    defer { condition.unlock() }
    while !isStopping {
      if let id = waiting.first {
        waiting.removeFirst()
        evaluate(ledger.trials[id])
      } else if hasPlanEnded {
        return
      } else if isPlanning || awaitsOutcome {
        precondition(isPlanning || !running.isEmpty, "the plan waits for a trial that nobody runs")
        // Not for ever: a cancellation signals nobody.
        _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
      } else {
        takeStep()
      }
    }
  }

  /// Asks the plan for its next step and writes it down. Under the lock, except while the plan thinks.
  private func takeStep() {
    isPlanning = true
    let ledger = self.ledger
    condition.unlock()
    let step = Result { try plan.next(after: ledger) }
    condition.lock()
    isPlanning = false
    phase = plan.phase
    rest = plan.rest
    restToRun = plan.restToRun
    attempt {
      switch try step.get() {
      case .trial(let demand): try ask(for: demand)
      // Outcomes that arrived meanwhile are not in the copy that the plan looked at.
      case .outcomes: awaitsOutcome = self.ledger.endedCount == ledger.endedCount
      case .end: hasPlanEnded = true
      }
    }
    condition.broadcast()
  }

  private func ask(for demand: TrialDemand) throws {
    if let trial = ledger[demand.work] {
      try record(.claimed(trial: trial.request.id, demand.claim))
      notify(.shared(ledger.trials[trial.request.id], claim: demand.claim))
      return
    }
    let request = TrialRequest(
      id: ledger.trials.count, purpose: demand.purpose, mixture: demand.mixture,
      scale: demand.scale, seed: demand.seed, procedure: demand.procedure)
    try record(.proposed(request, demand.claim, at: now()))
    if let known = demand.known {
      try end(request.id, known.outcome, reusedFrom: known.id)
    } else {
      waiting.append(request.id)
    }
  }

  /// Runs one trial. Under the lock, except while the evaluator works.
  private func evaluate(_ trial: TrialRecord) {
    let request = trial.request
    running.append(StudyProgress.Running(trial: request.id, fraction: 0))
    running.sort { $0.trial < $1.trial }
    notify(.started(request, claims: trial.claims))
    condition.unlock()
    let outcome = Result {
      let checkpoints = files.checkpoints(of: request)
      try makeFolder(at: checkpoints)
      let throttle = Throttle()
      return try evaluator.evaluate(
        request,
        control: TrialControl(
          progress: { [self] in if throttle.passes() { report($0, of: request.id) } },
          isCancelled: { [self] in isStopping }, checkpointFolder: checkpoints))
    }
    condition.lock()
    running.removeAll { $0.trial == request.id }
    attempt {
      do {
        let outcome = try outcome.get().checked
        guard outcome.isFinite else { throw StudyError.notFinite(trial: request.id) }
        try end(request.id, outcome, reusedFrom: nil)
        files.removeCheckpoints(of: request)
      } catch is CancellationError {
        guard isStopping else { throw StudyError.abandoned(trial: request.id) }
        waiting.append(request.id)
      }
    }
    condition.broadcast()
  }

  private func report(_ fraction: Double, of id: Int) {
    condition.withLock {
      guard let place = running.firstIndex(where: { $0.trial == id }) else { return }
      running[place].fraction = min(max(fraction, 0), 1)
      notify(.progressed(trial: id, fraction: running[place].fraction))
    }
  }

  // MARK: - Under the lock

  private func end(_ id: Int, _ outcome: TrialOutcome, reusedFrom: Int?) throws {
    try record(.ended(trial: id, outcome, at: now(), reusedFrom: reusedFrom))
    awaitsOutcome = false
    let trial = ledger.trials[id]
    notify(.finished(trial, loss: count(trial)))
  }

  /// Writes an event to the disk, and only then believes it.
  private func record(_ event: TrialEvent) throws {
    try journal.append(event)
    let contradiction = ledger.apply(event)
    precondition(contradiction == nil, contradiction ?? "")
  }

  /// The first error stops the others; they save themselves.
  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if failure == nil { failure = error }
      stops.store(true, ordering: .releasing)
    }
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
    var trials = waiting.count + running.count
    // A prediction counts as much as one trial that ended.
    var prior = 0.0
    for (scale, count) in restToRun {
      left += cost(of: scale) * Double(count)
      trials += count
      if evaluator.cost(of: scale) != nil { prior = max(prior, cost(of: scale)) }
    }
    for id in waiting { left += cost(of: ledger.trials[id].request.scale) }
    for run in running {
      left += cost(of: ledger.trials[run.trial].request.scale) * (1 - run.fraction)
    }
    guard spent.cost + prior > 0 else { return nil }
    let correction = (spent.seconds + prior) / (spent.cost + prior)
    return correction * left / Double(max(min(workers, trials), 1))
  }
}

private func now() -> Double { Date().timeIntervalSince1970 }

/// Lets one call through every tenth of a second: trials report each of their steps.
final class Throttle: Sendable {
  private let last = Mutex<ContinuousClock.Instant?>(nil)

  func passes() -> Bool {
    let now = ContinuousClock.now
    return last.withLock { last in
      if let last, last.duration(to: now) < .milliseconds(100) { return false }
      last = now
      return true
    }
  }
}
