import Foundation
import Synchronization

/// Threads that share out tasks and take turns at planning what comes next.
///
/// `condition` guards the crew's state and that of whoever uses it. The plan belongs to the thread that is
/// ``planning(_:)``, so that a method may think without holding up the others.
final class WorkCrew: @unchecked Sendable {
  let condition = NSCondition()
  /// Ids of tasks that wait for a worker, in order.
  var waiting: [Int]
  var hasPlanEnded = false
  /// Whether the next step waits for a task to end.
  var awaitsOutcome = false
  private var isPlanning = false
  private var busy = 0
  private var failure: (any Error)?
  private let isCancelled: @Sendable () -> Bool
  /// Whether tasks under way are to save themselves and stop. Read by them at every step, and so not under
  /// the lock, which is held while a journal syncs.
  private let stops = Atomic(false)

  init(waiting: [Int], isCancelled: @escaping @Sendable () -> Bool) {
    self.waiting = waiting
    self.isCancelled = isCancelled
  }

  var isStopping: Bool {
    if stops.load(ordering: .acquiring) { return true }
    guard isCancelled() else { return false }
    stops.store(true, ordering: .releasing)
    return true
  }

  /// Works until the plan has ended and no task is left.
  ///
  /// - Parameters:
  ///   - perform: runs a task. Called under the lock.
  ///   - takeStep: asks the plan for its next step. Called under the lock, never twice at once.
  /// - Throws: the first error of a task or a step, ``StudyError/noThread(code:)``, or `CancellationError`.
  func run(
    workers: Int, perform: @escaping @Sendable (_ id: Int) -> Void,
    takeStep: @escaping @Sendable () -> Void
  ) throws {
    var noThread: StudyError?
    start(workers, &noThread) { self.work(perform, takeStep) }
    if let error = failure ?? noThread { throw error }
    guard hasPlanEnded, waiting.isEmpty else { throw CancellationError() }
  }

  /// Starts a thread, which starts the next one's, and returns when all have ended: noncopyable
  /// threads have no array.
  private func start(
    _ count: Int, _ noThread: inout StudyError?, _ body: @escaping @Sendable () -> Void
  ) {
    guard count > 0 else { return }
    do throws(StudyError) {
      let thread = try WorkerThread(body)
      start(count - 1, &noThread, body)
      thread.join()
    } catch {
      noThread = error
      stops.store(true, ordering: .releasing)
      condition.withLock { condition.broadcast() }
    }
  }

  private func work(_ perform: (Int) -> Void, _ takeStep: () -> Void) {
    condition.lock()
    defer { condition.unlock() }
    while !isStopping {
      if !waiting.isEmpty {
        let id = waiting.removeFirst()
        busy += 1
        perform(id)
        busy -= 1
      } else if hasPlanEnded {
        return
      } else if isPlanning || awaitsOutcome {
        precondition(isPlanning || busy > 0, "the plan waits for a task that nobody runs")
        // Not for ever: a cancellation signals nobody.
        _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
      } else {
        takeStep()
      }
    }
  }

  // MARK: - Under the lock

  /// Lets go of the lock while `think` asks the plan.
  func planning<Step>(_ think: () throws -> Step) -> Result<Step, any Error> {
    isPlanning = true
    defer { isPlanning = false }
    return unlocked(think)
  }

  /// Lets go of the lock while `body` works.
  func unlocked<Value>(_ body: () throws -> Value) -> Result<Value, any Error> {
    condition.unlock()
    defer { condition.lock() }
    return Result { try body() }
  }

  /// The first error stops the others; they save themselves.
  func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if failure == nil { failure = error }
      stops.store(true, ordering: .releasing)
    }
    condition.broadcast()
  }

  /// Takes in what a task has come to. One that was stopped waits again.
  func conclude(_ id: Int, _ body: () throws -> Void) {
    attempt {
      do {
        try body()
      } catch is CancellationError {
        guard isStopping else { throw StudyError.abandoned(trial: id) }
        waiting.append(id)
      }
    }
  }
}

/// Lets one call through every tenth of a second: tasks report each of their steps.
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
