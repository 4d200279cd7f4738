import Foundation
import Mixtures
import Storage

/// Runs a transfer check in a folder, from its beginning or from wherever it was interrupted.
///
/// A check that has ended goes on when it is asked for with more candidates, scales or seeds.
package struct TransferRunner: Sendable {
  package let folder: String
  package let configuration: TransferConfiguration
  private let evaluator: any Evaluator
  private let workers: Int
  private let study: StudyRecord?

  /// - Parameters:
  ///   - folder: A study's or one of the check's own; made if there is none.
  ///   - workers: How many trials run at once, each on a thread of its own.
  ///   - study: Its trials serve again where corpus, trainer, mixture, scale and seed are the same.
  package init(
    folder: String, configuration: TransferConfiguration, evaluator: any Evaluator, workers: Int,
    reusing study: StudyRecord? = nil
  ) {
    precondition(workers > 0, "expected a worker at least, found \(workers)")
    self.folder = folder
    self.configuration = configuration
    self.evaluator = evaluator
    self.workers = workers
    self.study = study
  }

  /// Runs all trials that are missing. Blocks the calling thread.
  ///
  /// - Parameter isCancelled: Asked a few times a second; once true, the running trials save
  ///   themselves and stop.
  /// - Returns: the whole check.
  /// - Throws: `CancellationError` where it was cancelled before its end; ``StudyError``,
  ///   `StorageError`, or what the evaluator threw. The folder stays valid: a later run goes on
  ///   from there.
  package func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping StudyObserver = { _, _ in }
  ) throws -> TransferRecord {
    try configuration.validate()
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let files = StudyFolder(path: folder)
    if fileExists(files.transferConfiguration) {
      let found = try TransferConfiguration.read(folder: folder)
      if let difference = found.firstDifference(from: configuration) {
        throw StudyError.differs(
          path: files.transferConfiguration, field: difference.field, found: difference.found,
          expected: difference.expected)
      }
      if found != configuration { try write(to: files) }
    } else {
      guard !fileExists(files.transferTrials) else {
        throw StudyError.notAStudy(
          folder: folder, file: "transfer.json beside its transfer.jsonl")
      }
      try write(to: files)
    }
    let plan = TransferPlan(configuration, known: reusableTrials)
    let scheduler = try TrialScheduler(
      plan: plan, journal: files.transferTrials, files: files,
      objective: configuration.objective, evaluator: evaluator, isCancelled: isCancelled,
      observer: observer)
    return TransferRecord(
      folder: folder, configuration: configuration,
      trials: try scheduler.run(workers: workers).trials)
  }

  private func write(to files: StudyFolder) throws {
    try replaceFile(at: files.transferConfiguration, with: encodeDocument(configuration))
  }

  private var reusableTrials: [TrialRecord] {
    guard let study, study.configuration.corpusDigest == configuration.corpusDigest,
      study.configuration.trainer == configuration.trainer
    else { return [] }
    return study.trials
  }
}
