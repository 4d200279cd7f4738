import Runs
import Storage

/// Grids of runs that are given beforehand: the folders of `sweep` and `testbed`.
///
/// They keep nothing but their journal, as each run's key says what it was made with. A grid may be asked for
/// again with other points at any time: what is there already is not run again.
package enum RunGrid {
  /// As claims have it.
  package static let sweep = "sweep"
  package static let testbed = "testbed"

  /// Makes the folder or goes on with what it holds: runs all that is missing. Blocks the calling thread.
  ///
  /// - Parameters:
  ///   - conditions: of a size's runs as the evaluator makes them by default, for journals that do not say.
  ///   - isCancelled: asked a few times a second; once true, the runs under way save themselves and stop.
  /// - Throws: `CancellationError` where it was cancelled before its end, `RunError`, `StorageError`, or what
  ///   the evaluator threw. The folder stays valid: a later call goes on from there.
  package static func run(
    _ plan: ListPlan, in folder: String, on evaluator: any Evaluator,
    conditions: @escaping OldJournals.Conditions,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping RunObserver = { _, _ in }
  ) throws -> RunLedger {
    let (lock, book) = try open(folder, conditions: conditions)
    defer { withExtendedLifetime(lock) {} }
    try Driver(
      plan: plan, book: book, evaluator: evaluator, folder: folder, isCancelled: isCancelled,
      observer: observer
    ).run()
    return book.ledger
  }

  /// Makes the folder or goes on with what it holds, for whoever drives its runs.
  ///
  /// - Returns: the lock, to be held while runs are driven, and the journal.
  package static func open(
    _ folder: String, conditions: OldJournals.Conditions?
  ) throws -> (lock: FolderLock, book: RunBook) {
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    return (
      lock,
      try RunBook(
        folder: folder, earlier: { try OldJournals.events(in: folder, conditions: conditions) })
    )
  }

  /// What a folder's journal tells; a command at work is read as far as it has come.
  package static func ledger(of folder: String) throws -> RunLedger {
    try RunBook.ledger(folder: folder, earlier: { try OldJournals.events(in: folder) })
  }
}
