import Foundation
import MixtureMethods
import Mixtures
import Storage

/// Runs a study in a folder, from its beginning or from wherever it was interrupted.
///
/// The proposals, their ids and their outcomes depend on the configuration and the evaluator only:
/// not on the number of workers, on how long trials take, or on interruptions.
package struct StudyRunner: Sendable {
  package typealias MethodMaker =
    @Sendable (_ name: String, _ context: MethodContext) throws -> any MixtureMethod

  package let folder: String
  package let configuration: StudyConfiguration
  private let evaluator: any Evaluator
  private let workers: Int
  private let makeMethod: MethodMaker

  /// - Parameters:
  ///   - folder: Made if there is none; a study there must have the same configuration.
  ///   - workers: How many trials run at once, each on a thread of its own.
  package init(
    folder: String, configuration: StudyConfiguration, evaluator: any Evaluator, workers: Int,
    makeMethod: @escaping MethodMaker = { try MixtureMethods.makeMethod(named: $0, context: $1) }
  ) {
    precondition(workers > 0, "expected a worker at least, found \(workers)")
    self.folder = folder
    self.configuration = configuration
    self.evaluator = evaluator
    self.workers = workers
    self.makeMethod = makeMethod
  }

  /// Runs all trials that are missing. Blocks the calling thread.
  ///
  /// - Parameter isCancelled: Asked a few times a second; once true, the running trials save
  ///   themselves and stop.
  /// - Returns: the whole study.
  /// - Throws: `CancellationError` where it was cancelled before its end; ``StudyError``,
  ///   `StorageError`, or what the evaluator or a method threw. The folder stays valid: a later run
  ///   goes on from there.
  package func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping StudyObserver = { _, _ in }
  ) throws -> StudyRecord {
    try configuration.validate()
    let plan = try StudyPlan(configuration, makeMethod: makeMethod)
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let files = StudyFolder(path: folder)
    if fileExists(files.configuration) {
      let found = try StudyConfiguration.read(folder: folder)
      if let difference = found.firstDifference(from: configuration) {
        throw StudyError.differs(
          path: files.configuration, field: difference.field, found: difference.found,
          expected: difference.expected)
      }
    } else {
      // A journal without its configuration: whose trials these are can no longer be told.
      guard !fileExists(files.trials) else {
        throw StudyError.notAStudy(folder: folder, file: "study.json beside its trials.jsonl")
      }
      try replaceFile(at: files.configuration, with: encodeDocument(configuration))
    }
    let scheduler = try TrialScheduler(
      plan: plan, journal: files.trials, files: files, objective: configuration.objective,
      evaluator: evaluator, isCancelled: isCancelled, observer: observer)
    return StudyRecord(
      folder: folder, configuration: configuration,
      trials: try scheduler.run(workers: workers).trials)
  }
}
