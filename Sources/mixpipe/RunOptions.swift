import ArgumentParsing
import Foundation
import Numerics
import Runs
import Studies
import TableSearches

/// How work is run and shown: what `study`, `compare`, `transfer` and `replay` share.
struct RunOptions: ArgumentGroup {
  @Option(
    "How many to run at once, a thread each; as many as cores where not given.", value: "count")
  var workers: Int?
  @Flag("Print the result as JSON.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws { try check(["workers": workers], atLeast: 1) }

  var threads: Int { workers ?? ProcessInfo.processInfo.activeProcessorCount }
  /// Whether nobody is to be told how far the work has come.
  var isSilent: Bool { json || quiet }

  /// Results in their order, whoever computed them.
  func gather<Result: Sendable>(
    _ count: Int, _ what: String, _ line: ProgressLine,
    _ body: @escaping @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let results = Gathered<Result>(count: count)
    try forEachOnThreads(count: count, workers: threads) { index in
      let done = results.set(index, try body(index))
      line.update("\(done)/\(count) \(what)")
    }
    return results.values
  }
}

extension StoredConfiguration {
  /// Runs all that is missing of it in a folder, or one pass of it.
  ///
  /// - Parameters:
  ///   - command: what to type to go on where it is interrupted.
  ///   - display: shows each event on its line; the folder's page shows them too.
  func run(
    _ plan: any Plan, in folder: String, by trainer: TrainerChoice, _ session: EngineSession,
    _ execution: RunOptions, command: String, line: ProgressLine, display: @escaping RunObserver
  ) throws -> RunLedger {
    try session.drive(
      plan, on: trainer, execution: execution, command: command, line: line,
      open: {
        let (lock, book) = try open(folder, conditions: trainer.conditionsByName)
        return OpenBook(lock: lock, book: book)
      }, ledger: { try Self.ledger(of: folder) }, display: display)
  }
}

/// Counts that were given, by the names of their options, against a least and what memory and arithmetic
/// bear of each.
///
/// - Throws: `ValidationError` for the first that is too small or too large.
func check(_ counts: KeyValuePairs<String, Int?>, atLeast least: Int) throws {
  for (name, count) in counts {
    guard let count else { continue }
    guard count >= least else {
      throw ValidationError(
        "Found '--\(name) \(count)', expected "
          + (least == 0 ? "no negative number" : "at least \(least)"))
    }
    let most = largestCounts[name] ?? 10_000
    guard count <= most else {
      throw ValidationError("Found '--\(name) \(count)', expected at most \(most)")
    }
  }
}

/// Where a count may be larger than most, or must be smaller.
private let largestCounts = [
  "tokens": TrainingOptions.mostTokens,
  "jobs": 100_000, "at-once": 100_000, "workers": 1024, "cores": 1024, "parallel": 1024,
  "optimizer-seeds": 1000,
  "trials": 100_000, "initial": 100_000, "initial-trials": 100_000, "lag": 100_000,
  "predict": 100_000, "mixtures": 100_000, "candidates": 100_000,
  "batch": 1 << 20, "held-out-tokens": 1 << 32,
]
