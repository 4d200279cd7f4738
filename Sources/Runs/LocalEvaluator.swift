import Foundation
import Storage
import Synchronization

/// Measures one run on the thread that asks for it.
package protocol RunMeasurer: Sendable {
  /// Takes a run on from where it is paused, or from its beginning. Many calls run at once, never two for
  /// the same run.
  ///
  /// - Returns: what was measured at each of the request's rungs, the same bits for the same request
  ///   however often it was stopped; after a divergence nothing more.
  /// - Throws: `CancellationError` when `control` asks to stop; what can be resumed is saved by then.
  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome]
}

/// How a run under way and whoever waits for it talk to each other.
package struct RunControl: Sendable {
  /// Reports the share of the run's work that is done, from 0 to 1.
  package let progress: @Sendable (Double) -> Void
  /// Whether the run should save itself and stop.
  package let isCancelled: @Sendable () -> Bool
  /// A folder of the run's own, for checkpoints; nil where nothing is kept.
  package let checkpointFolder: String?

  package init(
    progress: @escaping @Sendable (Double) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }, checkpointFolder: String? = nil
  ) {
    self.progress = progress
    self.isCancelled = isCancelled
    self.checkpointFolder = checkpointFolder
  }
}

/// Runs in this process, each on a thread of its own.
package final class LocalEvaluator: Evaluator {
  package let capacity: Int
  private let measurer: any RunMeasurer
  private let isCancelled: @Sendable () -> Bool
  private let stops = Locked<[Int: StopFlag]>([:])

  /// - Parameters:
  ///   - workers: how many runs go on at once.
  ///   - isCancelled: asked by every run at each of its steps.
  package init(
    _ measurer: any RunMeasurer, workers: Int,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    precondition(workers > 0, "expected a worker at least, found \(workers)")
    self.measurer = measurer
    capacity = workers
    self.isCancelled = isCancelled
  }

  package func begin(
    _ attempt: RunAttempt, reporting report: @escaping AttemptReporter
  ) throws {
    let flag = StopFlag()
    stops.withLock { $0[attempt.run] = flag }
    try startThread { [self] in
      let throttle = Throttle()
      let result = Result {
        if let folder = attempt.folder { try makeFolder(at: folder) }
        return try measurer.measure(
          attempt.request,
          control: RunControl(
            progress: { if throttle.passes() { report(attempt, .progressed($0)) } },
            isCancelled: { [self] in flag.isSet || isCancelled() },
            checkpointFolder: attempt.folder))
      }
      stops.withLock { $0[attempt.run] = nil }
      switch result {
      case .success(let outcomes): report(attempt, .measured(outcomes))
      case .failure(is CancellationError) where flag.isSet || isCancelled():
        report(attempt, .stopped)
      case .failure(is CancellationError):
        report(attempt, .failed(RunError.abandoned(run: attempt.run)))
      case .failure(let error): report(attempt, .failed(error))
      }
    }
  }

  package func cancel(_ attempt: RunAttempt) {
    stops.withLock { $0[attempt.run] }?.set()
  }
}

/// Measures each run before ``begin(_:reporting:)`` returns: for tables and formulas, which take no time.
package struct DirectEvaluator: Evaluator {
  package let capacity = 1
  private let measurer: any RunMeasurer

  package init(_ measurer: any RunMeasurer) { self.measurer = measurer }

  package func begin(
    _ attempt: RunAttempt, reporting report: @escaping AttemptReporter
  ) throws {
    report(attempt, .measured(try measurer.measure(attempt.request, control: RunControl())))
  }

  package func cancel(_ attempt: RunAttempt) {}
}

private final class StopFlag: Sendable {
  private let flag = Atomic(false)
  func set() { flag.store(true, ordering: .releasing) }
  var isSet: Bool { flag.load(ordering: .acquiring) }
}

/// Lets one call through every tenth of a second: runs report each of their steps.
private final class Throttle: Sendable {
  private let last = Locked<ContinuousClock.Instant?>(nil)

  func passes() -> Bool {
    let now = ContinuousClock.now
    return last.withLock { last in
      if let last, last.duration(to: now) < .milliseconds(100) { return false }
      last = now
      return true
    }
  }
}
