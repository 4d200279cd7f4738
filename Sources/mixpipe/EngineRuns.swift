import ArgumentParsing
import Engines
import Foundation
import Runs
import Storage
import Studies

extension EngineSession {
  /// What a command that makes one pass ends with where there is more to come: EX_TEMPFAIL of sysexits.h.
  static let moreToCome: Int32 = 75

  /// Drives a plan's runs with this engine: to the end, or one pass.
  ///
  /// - Parameters:
  ///   - open: makes the folder and locks it, and opens its journal; with `isReadOnly` it only reads.
  ///   - command: what to type to go on where it is interrupted.
  /// - Throws: as the driver; `ExitCode` in place of a `CancellationError`, and after a pass that is not the last.
  func drive(
    _ plan: any Plan, on trainer: TrainerChoice, execution: RunOptions, command: String,
    line: ProgressLine, open: () throws -> OpenBook, ledger: () throws -> RunLedger,
    display: @escaping RunObserver
  ) throws -> RunLedger {
    if isDryRun { try showJobs(plan, ledger: ledger()) }
    let page = LivePage(folder: folder)
    var isComplete = false
    defer { page.finish(isComplete: isComplete) }
    let book = try open()
    defer { withExtendedLifetime(book) {} }
    try store()
    let (evaluator, close) = try evaluator(trainer)
    // A trainer on this machine is given its time to save itself.
    if isByJobs, !evaluator.outlivesDriver {
      Interruption.allow(seconds: Int(settings.grace ?? EngineSettings.defaultGrace) + 10)
    }
    let driver = Driver(
      plan: plan, book: book.book, evaluator: evaluator, folder: absolute(folder), retries: retries,
      isCancelled: { Interruption.isRequested },
      observer: { news, progress in
        display(news, progress)
        page.show(progress)
      })
    defer { close() }
    let words =
      evaluator.outlivesDriver
      ? "Interrupted; its jobs go on ('mixpipe status \(folder)', 'mixpipe cancel \(folder)'), and '\(command)' goes on from here."
      : "Interrupted; '\(command)' goes on from here."
    return try line.untilDone(ifInterrupted: words) {
      if isOneStep {
        isComplete = try driver.step()
        if !isComplete {
          line.finish()
          try reportStep(driver.ledger, plan: plan.name, execution)
          throw ArgumentParsing.ExitCode(Self.moreToCome)
        }
      } else {
        try driver.run()
        isComplete = true
      }
      return driver.ledger
    }
  }

  private struct StepSummary: Encodable {
    var folder: String
    var isComplete = false
    var ended: Int
    var underWay: Int
    var waiting: Int
  }

  private func reportStep(
    _ ledger: RunLedger, plan: String, _ execution: RunOptions
  ) throws {
    let records = ledger.records(of: plan)
    let open = records.filter { $0.state == .pending || $0.state == .lost }
    let underWay = open.count { $0.attempts > $0.lastConcluded }
    let summary = StepSummary(
      folder: folder, ended: records.count - open.count, underWay: underWay,
      waiting: open.count - underWay)
    if execution.json { return try emitDocument(summary, kind: "step") }
    if execution.quiet { return }
    try emit(
      "\(folder): \(summary.ended) runs have ended, \(underWay) are under way, \(summary.waiting) wait. "
        + "More is to come: give the same command again.")
  }

  /// One pass in memory alone, and what it would hand over.
  private func showJobs(_ plan: any Plan, ledger: RunLedger) throws -> Never {
    let look = DryEvaluator(capacity: capacity)
    let driver = Driver(
      plan: plan, book: RunBook(remembering: ledger), evaluator: look, folder: absolute(folder))
    _ = try driver.step()
    try emit(try DryScripts(session: self, attempts: look.begun).text, terminator: "")
    throw ArgumentParsing.ExitCode(0)
  }
}

/// A folder that this process has to itself, and its journal.
struct OpenBook {
  var lock: FolderLock
  var book: RunBook
}
