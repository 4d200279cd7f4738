import ArgumentParsing
import Foundation
import Runs
import Studies

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
}

extension StoredConfiguration {
  /// Runs all that is missing of it in a folder, with the proxy trainer.
  ///
  /// - Parameters:
  ///   - command: what to type to go on where it is interrupted.
  ///   - display: shows each event on its line.
  func run(
    _ plan: any Plan, in folder: String, on evaluator: ProxyEvaluator, _ execution: RunOptions,
    command: String, line: ProgressLine, display: @escaping RunObserver
  ) throws -> RunLedger {
    try line.untilDone(ifInterrupted: "Interrupted; '\(command)' goes on from here.") {
      let isCancelled: @Sendable () -> Bool = { Interruption.isRequested }
      return try run(
        plan, in: folder,
        on: LocalEvaluator(evaluator, workers: execution.threads, isCancelled: isCancelled),
        conditions: evaluator.conditionsByName, isCancelled: isCancelled, observer: display)
    }
  }
}

/// Counts that were given, by the names of their options.
///
/// - Throws: `ValidationError` for the first that is too small.
func check(_ counts: KeyValuePairs<String, Int?>, atLeast least: Int) throws {
  for (name, count) in counts {
    guard let count, count < least else { continue }
    throw ValidationError(
      "Found '--\(name) \(count)', expected "
        + (least == 0 ? "no negative number" : "at least \(least)"))
  }
}
