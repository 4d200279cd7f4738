import Mixtures

/// What happens in a study while it runs.
package enum StudyEvent: Sendable {
  /// The journal is open; so many trials had ended in earlier runs, and so many are begun again.
  case began(finished: Int, resumed: Int)
  case started(TrialRequest, claims: [TrialClaim])
  /// The fraction of a trial's work that is done.
  case progressed(trial: Int, fraction: Double)
  /// - Parameter loss: The objective; nil where the trial diverged.
  case finished(TrialRecord, loss: Double?)
  /// A trial that exists was asked for once more: it is not run again.
  case shared(TrialRecord, claim: TrialClaim)
}

/// How far a study has come.
package struct StudyProgress: Sendable {
  package struct Running: Sendable, Hashable {
    package var trial: Int
    package var fraction: Double
  }

  package struct Best: Sendable, Hashable {
    package var trial: Int
    /// Who asked for it.
    package var names: [String]
    /// The objective with the search's seed, nats per token.
    package var loss: Double
  }

  package var phase: TrialRequest.Purpose
  /// Trials that have ended, the diverged ones among them.
  package var finished: Int
  package var diverged: Int
  /// How many trials there will be, at most: those that methods share count once as soon as that is
  /// known.
  package var total: Int
  /// By id.
  package var running: [Running]
  /// The lowest loss of the search; nil before its first, and in a transfer check.
  package var best: Best?
  /// From the times of the trials that have ended; nil before the first.
  package var secondsLeft: Double?
}

/// Hears of each event as it happens, with the study's state after it. Called one at a time, from
/// the threads of the workers; it must return soon, and not wait for the study.
package typealias StudyObserver = @Sendable (StudyEvent, StudyProgress) -> Void
