/// What can go wrong between plans, evaluators and their journal, besides the disk.
package enum RunError: Error, Equatable, CustomStringConvertible {
  /// An attempt gave up a run that nobody had asked it to give up.
  case abandoned(run: Int)
  /// A result has an infinite or undefined number besides the losses.
  case notFinite(run: Int)
  /// An evaluator measured something else than it was asked to.
  case incomplete(run: Int, found: [Int], expected: [Int])
  case lost(run: Int, attempts: Int, reason: String)
  /// The plan waits for a run that was cancelled.
  case stuck
  case noThread(code: Int32)

  package var description: String {
    switch self {
    case .abandoned(let run):
      "run \(run): the evaluator stopped without being asked to; run the same command again"
    case .notFinite(let run):
      "run \(run): found a result that is not finite, expected numbers; "
        + "please report this as a fault of mixpipe"
    case .incomplete(let run, let found, let expected):
      "run \(run): found measurements at \(found) tokens, expected them at \(expected); "
        + "please report this as a fault of the evaluator"
    case .lost(let run, let attempts, let reason):
      "run \(run) was lost \(attempts) times, the last time because \(reason); "
        + "run the same command again to try it anew"
    case .stuck:
      "what comes next depends on a run that was cancelled; use another folder"
    case .noThread(let code):
      "cannot start a thread (error \(code)); use fewer workers or raise the limit on processes"
    }
  }
}
