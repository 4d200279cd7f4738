import Foundation
import Mixtures
import Storage
import Synchronization

/// Runs the tasks of a plan on several threads and writes down each event before it counts.
///
/// Shared state is guarded by `condition`. The plan belongs to whichever worker has set `isPlanning`, for
/// as long as it is set, so that a method may think without holding up the others.
final class FidelityScheduler: @unchecked Sendable {
  private let journal: LineJournal
  private let files: StudyFolder
  private let configuration: FidelityStudyConfiguration
  private let evaluator: any FidelityEvaluator
  private let isCancelled: @Sendable () -> Bool
  private let observer: FidelityObserver

  private let condition = NSCondition()
  private var plan: FidelityPlan
  private var isPlanning = false
  private var hasPlanEnded = false
  /// Whether the next step waits for a task to end.
  private var awaitsOutcome = false
  private var ledger: FidelityLedger
  /// Ids of tasks that wait for a worker, in order.
  private var waiting: [Int]
  private var running: [FidelityProgress.Running] = []
  private var workers = 1
  private var failure: (any Error)?
  /// Whether tasks under way are to save themselves and stop. Read by them at every step, and so not
  /// under the lock, which is held while the journal syncs.
  private let stops = Atomic(false)

  // What the plan said last; the plan itself may be in use.
  private var phase = FidelityTask.Purpose.search
  private var incumbent: FidelityIncumbent?
  private var rest: Double
  private var ended = (all: 0, resumed: 0, diverged: 0)
  /// Of the tasks that have ended: what they took, and what they cost. A prediction counts as one.
  private var spent = (seconds: 0.0, cost: 0.0)
  private let prior: (seconds: Double, cost: Double)

  /// Opens the journal, or begins it. The folder must be locked.
  init(
    plan: FidelityPlan, configuration: FidelityStudyConfiguration, files: StudyFolder,
    evaluator: any FidelityEvaluator, secondsPerRun: Double?,
    isCancelled: @escaping @Sendable () -> Bool, observer: @escaping FidelityObserver
  ) throws {
    self.plan = plan
    self.configuration = configuration
    self.files = files
    self.evaluator = evaluator
    self.isCancelled = isCancelled
    self.observer = observer
    prior = secondsPerRun.map { ($0, 1) } ?? (0, 0)
    rest = plan.rest
    let path = files.trials(of: FidelityStudyConfiguration.self)
    // Read before it is opened for writing: a damaged journal stays as it is.
    ledger = try FidelityLedger(readingJournalAt: path)
    journal = try LineJournal(at: path)
    if try readFile(at: path).isEmpty { try journal.append(TrialJournalHeader()) }
    waiting = ledger.tasks.filter { $0.rungs == nil }.map(\.task.id)
    for record in ledger.tasks where record.rungs != nil { count(record) }
  }

  /// Runs until the plan has ended, a task fails or the study is cancelled.
  func run(workers count: Int) throws -> FidelityLedger {
    condition.withLock {
      workers = min(count, configuration.lag)
      notify()
    }
    var noThread: StudyError?
    work(on: workers, noThread: &noThread)
    if let error = failure ?? noThread { throw error }
    guard hasPlanEnded, waiting.isEmpty else { throw CancellationError() }
    // What is paused now is never gone on with.
    files.removeRunCheckpoints(upTo: ledger.tasks.count)
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
      stops.store(true, ordering: .releasing)
      condition.withLock { condition.broadcast() }
    }
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
        measure(ledger.tasks[id].task)
      } else if hasPlanEnded {
        return
      } else if isPlanning || awaitsOutcome {
        precondition(isPlanning || !running.isEmpty, "the plan waits for a task that nobody runs")
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
    incumbent = plan.incumbent
    rest = plan.rest
    attempt {
      switch try step.get() {
      case .task(let task):
        try record(.proposed(task, at: now()))
        waiting.append(task.id)
      case .incumbent(let found): try record(.incumbent(found))
      // Outcomes that arrived meanwhile are not in the copy that the plan looked at.
      case .waits: awaitsOutcome = self.ledger.endedCount == ledger.endedCount
      case .end: hasPlanEnded = true
      }
    }
    notify()
    condition.broadcast()
  }

  /// Runs one task. Under the lock, except while the evaluator works.
  private func measure(_ task: FidelityTask) {
    running.append(
      .init(
        task: task.id, size: configuration.grid.levels[task.level][task.goal].scale.size,
        fraction: 0))
    running.sort { $0.task < $1.task }
    notify()
    condition.unlock()
    let outcome = Result {
      let throttle = Throttle()
      return try evaluator.measure(
        task,
        control: TrialControl(
          progress: { [self] in if throttle.passes() { report($0, of: task.id) } },
          isCancelled: { [self] in isStopping },
          checkpointFolder: files.checkpoints(ofRun: task.run)))
    }
    condition.lock()
    running.removeAll { $0.task == task.id }
    attempt {
      do {
        let rungs = try checked(outcome.get(), of: task)
        try record(.ended(task: task.id, rungs, at: now()))
        awaitsOutcome = false
        count(ledger.tasks[task.id])
        notify()
      } catch is CancellationError {
        guard isStopping else { throw StudyError.abandoned(trial: task.id) }
        waiting.append(task.id)
      }
    }
    condition.broadcast()
  }

  /// A loss that is no number is a divergence, and ends what is known of the run.
  private func checked(
    _ rungs: [RungOutcome], of task: FidelityTask
  ) throws(StudyError) -> [RungOutcome] {
    var result: [RungOutcome] = []
    for found in rungs {
      let outcome = found.outcome.checked
      guard outcome.isFinite else { throw .notFinite(trial: task.id) }
      result.append(RungOutcome(rung: found.rung, outcome: outcome))
      if outcome.result == nil { break }
    }
    return result
  }

  private func report(_ fraction: Double, of id: Int) {
    condition.withLock {
      guard let place = running.firstIndex(where: { $0.task == id }) else { return }
      running[place].fraction = min(max(fraction, 0), 1)
      notify()
    }
  }

  // MARK: - Under the lock

  /// Writes an event to the disk, and only then believes it.
  private func record(_ event: FidelityEvent) throws {
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

  private func count(_ record: FidelityTaskRecord) {
    ended.all += 1
    if record.task.from != nil { ended.resumed += 1 }
    if record.rungs?.contains(where: { $0.outcome.result == nil }) == true { ended.diverged += 1 }
    spent.cost += record.task.cost
    spent.seconds += record.seconds
    if record.task.level == configuration.grid.target.level, record.task.purpose == .confirmation {
      files.removeCheckpoints(ofRun: record.task.run)
    }
  }

  private func notify() {
    let underWay = running.reduce(0) { $0 + ledger.tasks[$1.task].task.cost * (1 - $1.fraction) }
    let left = rest + underWay + waiting.reduce(0) { $0 + ledger.tasks[$1].task.cost }
    let cost = spent.cost + prior.cost
    observer(
      FidelityProgress(
        phase: phase, ended: ended.all, resumed: ended.resumed, diverged: ended.diverged,
        spent: spent.cost, budget: configuration.budget, running: running, incumbent: incumbent,
        secondsLeft: cost > 0
          ? (spent.seconds + prior.seconds) / cost * left / Double(workers) : nil))
  }
}

private func now() -> Double { Date().timeIntervalSince1970 }

extension FidelityTaskRecord {
  /// What it took, by the clock on the wall.
  package var seconds: Double {
    (rungs ?? []).reduce(0) { $0 + ($1.outcome.result?.seconds ?? 0) }
  }
}
