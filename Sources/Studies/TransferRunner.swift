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
    let trials = try configuration.whileOpen(in: folder) { files in
      try TrialScheduler(
        plan: TransferPlan(configuration, known: reusableTrials),
        journal: files.trials(of: TransferConfiguration.self), files: files,
        objective: configuration.objective, evaluator: evaluator, isCancelled: isCancelled,
        observer: observer
      ).run(workers: workers).trials
    }
    return TransferRecord(folder: folder, configuration: configuration, trials: trials)
  }

  private var reusableTrials: [TrialRecord] {
    guard let study, study.configuration.corpusDigest == configuration.corpusDigest,
      study.configuration.trainer == configuration.trainer
    else { return [] }
    return study.trials
  }
}
