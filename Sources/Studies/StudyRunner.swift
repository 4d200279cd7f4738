import MixtureMethods

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
    let trials = try configuration.whileOpen(in: folder) { files in
      try TrialScheduler(
        plan: plan, journal: files.trials(of: StudyConfiguration.self), files: files,
        objective: configuration.objective, evaluator: evaluator, isCancelled: isCancelled,
        observer: observer
      ).run(workers: workers).trials
    }
    return StudyRecord(folder: folder, configuration: configuration, trials: trials)
  }
}
