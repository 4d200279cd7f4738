import Mixtures

/// What can happen to runs: a line of a journal.
package enum RunEvent: Sendable, Hashable {
  /// A run was asked for; it begins once this line is on disk.
  case asked(RunRequest, RunClaim, at: Double)
  /// A run that was asked for before was asked for again.
  case claimed(run: Int, RunClaim)
  /// An attempt at a run is about to begin, the first with number 1.
  case attempted(run: Int, attempt: Int, at: Double)
  /// An attempt came to nothing. That is no result: the run is tried again, unless it is given up.
  case lost(run: Int, attempt: Int, reason: String, isGivenUp: Bool, at: Double)
  /// An attempt was cut short by no fault of its own. It is no loss: the run goes on.
  case interrupted(run: Int, attempt: Int, reason: String, at: Double)
  /// What was measured, from short to long; after a divergence nothing more.
  case ended(run: Int, [RungOutcome], at: Double)
  /// The run is not wanted any more.
  case cancelled(run: Int, at: Double)
  /// Something that a plan wants to know again: a pick, an incumbent.
  case noted(RunNote)
}
