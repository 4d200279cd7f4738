/// What happens while runs are driven.
package enum RunNews: Sendable {
  /// The journal is open; so many runs of the plan were interrupted and are begun again.
  case began(RunLedger, resumed: Int)
  /// An attempt begins.
  case started(RunRecord)
  case progressed(run: Int, fraction: Double)
  case ended(RunRecord)
  /// A run that is there was asked for once more: it is not run again.
  case shared(RunRecord, RunClaim)
  /// An attempt came to nothing.
  case lost(RunRecord, reason: String)
  /// An attempt was cut short by no fault of its own.
  case interrupted(RunRecord, reason: String)
  case noted(RunNote)
}

/// How far a plan has come.
package struct RunProgress: Sendable {
  package struct Running: Sendable, Hashable {
    package var run: Int
    /// The model's size.
    package var size: String
    package var fraction: Double
  }

  package var phase: RunClaim.Purpose
  /// Runs of the plan that have ended, the diverged ones among them.
  package var ended: Int
  package var diverged: Int
  /// How many runs there will be, at most: those that several ask for count once as soon as that is known.
  package var total: Int
  /// By id.
  package var running: [Running]
  /// From the times of the runs that have ended; nil where nobody knows.
  package var secondsLeft: Double?
}

/// Hears of each event as it happens, with the state after it. Called one at a time, from any thread; it
/// must return soon, and not wait for the driver.
package typealias RunObserver = @Sendable (RunNews, RunProgress) -> Void
