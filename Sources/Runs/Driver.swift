import Foundation

/// Brings a plan's runs to an evaluator and what comes of them to the journal, each event written before it
/// counts.
///
/// ``pass()`` is all there is to it: hear what has happened, ask the plan, begin what is wanted. ``run()``
/// makes pass after pass until the plan has ended; a program that is started anew every few minutes makes
/// one each time.
///
/// Attempts report from any thread, and what they measured is on disk before their report returns, even
/// while the plan thinks.
package final class Driver: @unchecked Sendable {
  // Guards all below but the plan, which belongs to whoever makes a pass.
  private let condition = NSCondition()
  private var plan: any Plan
  private var book: RunBook
  private let evaluator: any Evaluator
  private let retries: RetryPolicy
  private let checkpoints: RunCheckpoints
  private let now: @Sendable () -> Double
  private let isCancelled: @Sendable () -> Bool
  private let observer: RunObserver

  /// Ids of runs that wait for an attempt, in order.
  private var waiting: [Int] = []
  private var underWay: [Int: RunAttempt] = [:]
  private var givenUp: [Int] = []
  private var hasPlanEnded = false
  /// How many runs were settled when the plan last said that it waits.
  private var waitsSince: Int?
  private var isPlanning = false
  private var failure: (any Error)?
  private var isStopping = false
  private var tally: RunTally

  /// - Parameters:
  ///   - book: of a folder that is locked.
  ///   - folder: keeps checkpoints; nil to keep none.
  ///   - now: seconds since 1970, for what is journaled and for when lost runs are tried again.
  ///   - isCancelled: asked a few times a second; once true, attempts under way save themselves and stop.
  package init(
    plan: any Plan, book: RunBook, evaluator: any Evaluator, folder: String? = nil,
    retries: RetryPolicy = RetryPolicy(), now: @escaping @Sendable () -> Double = wallClock,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping RunObserver = { _, _ in }
  ) {
    self.plan = plan
    self.book = book
    ledger = book.ledger
    self.evaluator = evaluator
    checkpoints = RunCheckpoints(folder: folder, ledger: book.ledger)
    self.retries = retries
    self.now = now
    self.isCancelled = isCancelled
    self.observer = observer
    tally = RunTally(plan)
  }

  /// The book's, which has a lock of its own: a plan reads it while others write in the book.
  package let ledger: RunLedger

  /// Works until the plan has ended and no run is left. Blocks the calling thread.
  ///
  /// - Throws: `CancellationError` where it was cancelled before; the first error of the plan, an attempt or
  ///   the disk; ``RunError/lost(run:attempts:reason:)`` once all else is done. The journal stays valid: a
  ///   later driver goes on from there.
  package func run() throws {
    do {
      try begin()
      while !isCancelled(), condition.withLock({ failure == nil }) {
        if try pass() { return finish() }
        condition.withLock {
          // Not for ever: a cancellation signals nobody.
          if !canGoOn { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
        }
      }
    } catch {
      condition.withLock { fail(error) }
    }
    stop()
    throw condition.withLock { failure } ?? CancellationError()
  }

  /// One pass, for a program that is started anew every few minutes: takes up what is there, hears of what has
  /// happened, begins what is wanted, and leaves the rest to the next.
  ///
  /// - Returns: whether the plan has ended and no run is left.
  /// - Throws: as ``run()``.
  package func step() throws -> Bool {
    try begin()
    guard try pass() else { return false }
    finish()
    return true
  }

  /// Takes up what an earlier driver left; to be called once, before the first pass.
  package func begin() throws {
    let open = condition.withLock {
      for record in ledger.records(of: plan.name) {
        switch record.state {
        case .pending, .lost:
          let id = record.request.id
          if record.attempts > record.lastConcluded {
            underWay[id] = attempt(at: record, record.attempts)
            tally.start(record)
          } else {
            waiting.append(id)
          }
        case .ended:
          tally.add(record)
          checkpoints.remove(of: record)
        case .cancelled: break
        }
      }
      return underWay.values.sorted { $0.run < $1.run }
    }
    let alive = open.isEmpty ? [] : Set(try evaluator.recover(open, reporting: report))
    condition.withLock {
      for attempt in open where !alive.contains(attempt) && underWay[attempt.run] == attempt {
        conclude(attempt)
        waiting.append(attempt.run)
      }
      waiting.sort()
    }
    condition.withLock { notify(.began(ledger, resumed: waiting.count)) }
  }

  /// Hears of what has happened, asks the plan for as much as the evaluator has room for, and begins it.
  ///
  /// - Returns: whether the plan has ended and no run is left.
  /// - Throws: as ``run()``.
  package func pass() throws -> Bool {
    try hearNews()
    for remark in evaluator.remarks() { try note(remark) }
    let hasEnded = try work()
    // What the plan asked for last is among it.
    if !isStopping { try evaluator.flush() }
    return hasEnded
  }

  private func hearNews() throws {
    try evaluator.poll()
    // News that could not be written down is to be heard again by the next driver.
    if condition.withLock({ failure == nil }) { evaluator.acknowledge() }
  }

  private func work() throws -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while true {
      beginWaiting()
      if let failure { throw failure }
      guard !isStopping, canPlan else { break }
      try planStep()
    }
    guard waiting.isEmpty, underWay.isEmpty else { return false }
    if hasPlanEnded || isStuck, let run = givenUp.first, let loss = ledger[run].lastLoss {
      throw RunError.lost(run: run, attempts: retries.limit, reason: loss.reason)
    }
    if isStuck { throw RunError.stuck }
    return hasPlanEnded
  }

  /// Withdraws a run that nobody wants any more.
  package func cancel(run: Int) throws {
    let attempt = try condition.withLock { () -> RunAttempt? in
      guard ledger[run].outcomes == nil else { return nil }
      try book.record(.cancelled(run: run, at: now()))
      waiting.removeAll { $0 == run }
      return underWay[run]
    }
    if let attempt { evaluator.cancel(attempt) }
  }

  private func note(_ remark: EvaluatorRemark) throws {
    try condition.withLock {
      let count = ledger.notes(plan: EvaluatorRemark.plan, topic: EvaluatorRemark.topic).count
      let note = try RunNote(
        plan: EvaluatorRemark.plan, topic: EvaluatorRemark.topic, about: "\(count)", remark)
      try book.record(.noted(note))
      notify(.noted(note))
    }
  }

  // MARK: - Under the lock

  private var eligible: Int? {
    let time = now()
    return waiting.firstIndex { id in
      let record = ledger[id]
      guard let loss = record.lastLoss, record.losses > 0 else { return true }
      return time >= loss.at + retries.pause(after: record.losses)
    }
  }

  private var canPlan: Bool {
    !hasPlanEnded && !isPlanning && waitsSince.map { ledger.settledCount > $0 } ?? true
      && underWay.count < evaluator.capacity && eligible == nil
  }

  private var canGoOn: Bool {
    failure != nil || canPlan || underWay.count < evaluator.capacity && eligible != nil
      || waiting.isEmpty && underWay.isEmpty
  }

  /// Whether nothing that is under way can let the plan go on.
  private var isStuck: Bool {
    !hasPlanEnded && waitsSince == ledger.settledCount && waiting.isEmpty && underWay.isEmpty
  }

  /// Asks the plan for its next step and writes it down; lets go of the lock while it thinks.
  private func planStep() throws {
    let settled = ledger.settledCount
    isPlanning = true
    let step = unlocked { try plan.next(after: ledger) }
    isPlanning = false
    tally.update(plan)
    waitsSince = nil
    switch try step.get() {
    case .run(let request, let claim): try ask(for: request, claim)
    case .note(let note):
      try book.record(.noted(note))
      notify(.noted(note))
    // Outcomes that arrived while it thought may not be known to it.
    case .waits: waitsSince = settled
    case .end: hasPlanEnded = true
    }
  }

  private func ask(for request: RunRequest, _ claim: RunClaim) throws {
    if let record = ledger.record(serving: request) {
      let id = record.request.id
      try book.record(.claimed(run: id, claim))
      // One that another command asked for becomes this one's too.
      if !record.claims.contains(where: { $0.plan == plan.name }) {
        if record.outcomes != nil { tally.add(record) } else { waiting.append(id) }
      }
      return notify(.shared(ledger[id], claim))
    }
    var request = request
    request.id = ledger.count
    try book.record(.asked(request, claim, at: now()))
    if let known = ledger.outcomes(serving: request) {
      // Measured already, in parts that others asked for.
      try end(request.id, known)
    } else {
      waiting.append(request.id)
    }
  }

  /// Begins what waits, as far as there is room; lets go of the lock while the evaluator begins.
  private func beginWaiting() {
    while failure == nil, !isStopping, !isCancelled(), underWay.count < evaluator.capacity,
      let place = eligible
    {
      let id = waiting.remove(at: place)
      let record = ledger[id]
      let attempt = attempt(at: record, record.attempts + 1)
      do {
        try book.record(.attempted(run: id, attempt: attempt.number, at: now()))
      } catch {
        return fail(error)
      }
      underWay[id] = attempt
      tally.start(record)
      notify(.started(ledger[id]))
      let begun = unlocked { try evaluator.begin(attempt, reporting: report) }
      if case .failure(let error) = begun {
        conclude(attempt)
        fail(error)
      }
    }
  }

  private func attempt(at record: RunRecord, _ number: Int) -> RunAttempt {
    RunAttempt(
      request: record.request, number: number, folder: checkpoints.path(of: record.request.key))
  }

  private func end(_ id: Int, _ outcomes: [RungOutcome]) throws {
    try book.record(.ended(run: id, outcomes, at: now()))
    let record = ledger[id]
    tally.add(record)
    checkpoints.remove(of: record)
    notify(.ended(record))
  }

  private func fail(_ error: any Error) {
    // An interruption is what follows from a failure, not its cause.
    if failure == nil { failure = error }
    condition.broadcast()
  }

  private func conclude(_ attempt: RunAttempt) {
    underWay[attempt.run] = nil
    tally.stop(attempt.run)
  }

  private func unlocked<Value>(_ body: () throws -> Value) -> Result<Value, any Error> {
    condition.unlock()
    defer { condition.lock() }
    return Result { try body() }
  }

  private func notify(_ news: RunNews) {
    observer(news, tally.progress(waiting: waiting.map { ledger[$0].request }, evaluator.capacity))
  }

  // MARK: - Reports

  private var report: AttemptReporter { { [self] in hear($0, $1) } }

  private func hear(_ attempt: RunAttempt, _ news: AttemptNews) {
    condition.lock()
    defer {
      condition.broadcast()
      condition.unlock()
    }
    // An attempt that was held for lost may end all the same: the first result counts.
    let isCurrent = underWay[attempt.run]?.number == attempt.number
    switch news {
    case .progressed(let fraction):
      guard isCurrent else { return }
      let fraction = tally.progress(of: attempt.run, fraction)
      return notify(.progressed(run: attempt.run, fraction: fraction))
    case .measured(let outcomes):
      if isCurrent { conclude(attempt) }
      waiting.removeAll { $0 == attempt.run }
      guard [.pending, .lost].contains(ledger[attempt.run].state) else { return }
      do {
        try end(attempt.run, checked(outcomes, of: attempt.request))
      } catch {
        fail(error)
      }
    case .lost(let reason):
      guard isCurrent else { return }
      conclude(attempt)
      lose(attempt, reason)
    case .interrupted(let reason):
      guard isCurrent else { return }
      conclude(attempt)
      interrupt(attempt, reason)
    case .stopped:
      guard isCurrent else { return }
      conclude(attempt)
      if ledger[attempt.run].state == .pending { waiting.insert(attempt.run, at: 0) }
    case .failed(let error):
      guard isCurrent else { return }
      conclude(attempt)
      fail(error)
    }
    // The plan may think for long; what waits need not.
    if isPlanning { beginWaiting() }
  }

  private func interrupt(_ attempt: RunAttempt, _ reason: String) {
    let record = ledger[attempt.run]
    guard record.state == .pending else { return }
    guard record.interruptions < retries.interruptions else { return lose(attempt, reason) }
    do {
      try book.record(
        .interrupted(run: attempt.run, attempt: attempt.number, reason: reason, at: now()))
    } catch {
      return fail(error)
    }
    waiting.append(attempt.run)
    notify(.interrupted(ledger[attempt.run], reason: reason))
  }

  private func lose(_ attempt: RunAttempt, _ reason: String) {
    let record = ledger[attempt.run]
    guard record.state == .pending else { return }
    let isGivenUp = retries.givesUp(after: record.losses)
    do {
      try book.record(
        .lost(
          run: attempt.run, attempt: attempt.number, reason: reason, isGivenUp: isGivenUp,
          at: now()))
    } catch {
      return fail(error)
    }
    if isGivenUp { givenUp.append(attempt.run) } else { waiting.append(attempt.run) }
    notify(.lost(ledger[attempt.run], reason: reason))
  }

  /// A loss that is no number is a divergence, and ends what is known of the run.
  private func checked(
    _ outcomes: [RungOutcome], of request: RunRequest
  ) throws(RunError) -> [RungOutcome] {
    var result: [RungOutcome] = []
    for found in outcomes {
      let outcome = found.outcome.checked
      guard outcome.result?.isFinite ?? true else { throw .notFinite(run: request.id) }
      result.append(RungOutcome(tokens: found.tokens, outcome: outcome))
      if outcome.hasDiverged { break }
    }
    let tokens = result.map(\.tokens)
    guard
      tokens == request.measures
        || result.last?.outcome.hasDiverged == true && request.measures.starts(with: tokens)
    else {
      throw .incomplete(run: request.id, found: tokens, expected: request.measures)
    }
    return result
  }

  // MARK: - Stopping

  /// Lets attempts save themselves and waits for them, but for those that go on without this process.
  private func stop() {
    let attempts = condition.withLock {
      isStopping = true
      return underWay.values.sorted { $0.run < $1.run }
    }
    if evaluator.outlivesDriver { return }
    for attempt in attempts { evaluator.cancel(attempt) }
    while condition.withLock({ !underWay.isEmpty }) {
      do {
        try hearNews()
      } catch {
        // What cannot be heard of any more is not waited for; the next command takes it up.
        return condition.withLock { fail(error) }
      }
      condition.withLock {
        if !underWay.isEmpty { _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1)) }
      }
    }
    checkpoints.removeFolder()
  }

  /// What is paused now is never resumed.
  private func finish() {
    condition.withLock {
      for record in ledger.records(of: plan.name) where record.outcomes != nil {
        checkpoints.remove(of: record, evenIfPaused: true)
      }
    }
    checkpoints.removeFolder()
  }
}
