/// Runs the tasks of a plan on several threads and writes down each event before it counts.
///
/// Shared state is guarded by the crew's lock; the plan belongs to whoever is planning.
final class FidelityScheduler: @unchecked Sendable {
  private let files: StudyFolder
  private let configuration: FidelityStudyConfiguration
  private let evaluator: any FidelityEvaluator
  private let observer: FidelityObserver

  private let crew: WorkCrew
  private var plan: FidelityPlan
  private var book: LedgerBook<FidelityLedger>
  private var running: [FidelityProgress.Running] = []
  private var workers = 1

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
    self.observer = observer
    prior = secondsPerRun.map { ($0, 1) } ?? (0, 0)
    rest = plan.rest
    book = try LedgerBook(at: files.trials(of: FidelityStudyConfiguration.self))
    crew = WorkCrew(
      waiting: book.ledger.tasks.filter { $0.rungs == nil }.map(\.task.id),
      isCancelled: isCancelled)
    for record in ledger.tasks where record.rungs != nil { count(record) }
  }

  /// Runs until the plan has ended, a task fails or the study is cancelled.
  func run(workers count: Int) throws -> FidelityLedger {
    crew.condition.withLock {
      workers = min(count, configuration.lag)
      notify()
    }
    try crew.run(
      workers: workers, perform: { self.measure(self.ledger.tasks[$0].task) },
      takeStep: { self.takeStep() })
    // What is paused now is never gone on with.
    files.removeRunCheckpoints(upTo: ledger.tasks.count)
    return ledger
  }

  private var ledger: FidelityLedger { book.ledger }

  // MARK: - Under the lock

  /// Asks the plan for its next step and writes it down.
  private func takeStep() {
    let ledger = self.ledger
    let step = crew.planning { try plan.next(after: ledger) }
    phase = plan.phase
    incumbent = plan.incumbent
    rest = plan.rest
    crew.attempt {
      switch try step.get() {
      case .task(let task):
        try book.record(.proposed(task, at: now()))
        crew.waiting.append(task.id)
      case .incumbent(let found): try book.record(.incumbent(found))
      // Outcomes that arrived meanwhile are not in the copy that the plan looked at.
      case .waits: crew.awaitsOutcome = self.ledger.endedCount == ledger.endedCount
      case .end: crew.hasPlanEnded = true
      }
    }
    notify()
  }

  /// Runs one task; lets go of the lock while the evaluator works.
  private func measure(_ task: FidelityTask) {
    running.append(
      .init(
        task: task.id, size: configuration.grid.levels[task.level][task.goal].scale.size,
        fraction: 0))
    running.sort { $0.task < $1.task }
    notify()
    let outcome = crew.unlocked {
      let throttle = Throttle()
      return try evaluator.measure(
        task,
        control: TrialControl(
          progress: { [self] in if throttle.passes() { report($0, of: task.id) } },
          isCancelled: { [self] in crew.isStopping },
          checkpointFolder: files.checkpoints(ofRun: task.run)))
    }
    running.removeAll { $0.task == task.id }
    crew.conclude(task.id) {
      let rungs = try checked(outcome.get(), of: task)
      try book.record(.ended(task: task.id, rungs, at: now()))
      crew.awaitsOutcome = false
      count(ledger.tasks[task.id])
      notify()
    }
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
    crew.condition.withLock {
      guard let place = running.firstIndex(where: { $0.task == id }) else { return }
      running[place].fraction = min(max(fraction, 0), 1)
      notify()
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
    let left = rest + underWay + crew.waiting.reduce(0) { $0 + ledger.tasks[$1].task.cost }
    let cost = spent.cost + prior.cost
    observer(
      FidelityProgress(
        phase: phase, ended: ended.all, resumed: ended.resumed, diverged: ended.diverged,
        spent: spent.cost, budget: configuration.budget, running: running, incumbent: incumbent,
        secondsLeft: cost > 0
          ? (spent.seconds + prior.seconds) / cost * left / Double(workers) : nil))
  }
}

extension FidelityTaskRecord {
  /// What it took, by the clock on the wall.
  package var seconds: Double {
    (rungs ?? []).reduce(0) { $0 + ($1.outcome.result?.seconds ?? 0) }
  }
}
