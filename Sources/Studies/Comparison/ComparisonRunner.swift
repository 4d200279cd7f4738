import MixtureMethods

/// Runs a comparison of methods in a folder, from its beginning or from wherever it was interrupted.
///
/// As with a study, proposals and outcomes depend on the configuration and the evaluator only. A
/// comparison that has ended goes on when it is asked for with more methods, searches or seeds.
package struct ComparisonRunner: Sendable {
  package let folder: String
  package let configuration: ComparisonConfiguration
  private let evaluator: any Evaluator
  private let workers: Int
  private let makeMethod: StudyRunner.MethodMaker

  /// - Parameters:
  ///   - folder: Made if there is none.
  ///   - workers: How many trials run at once, each on a thread of its own.
  package init(
    folder: String, configuration: ComparisonConfiguration, evaluator: any Evaluator, workers: Int,
    makeMethod: @escaping StudyRunner.MethodMaker = {
      try MixtureMethods.makeMethod(named: $0, context: $1)
    }
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
  /// - Throws: as `StudyRunner.run`; the folder stays valid.
  package func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping StudyObserver = { _, _ in }
  ) throws -> ComparisonRecord {
    try configuration.validate()
    // A method that does not fit the domains is told before anything is written.
    for name in configuration.methods {
      _ = try makeMethod(name, configuration.context(replicate: 0))
    }
    return try configuration.whileOpen(in: folder) { files in
      let picks = try PickJournal(at: files.picks)
      let trials = try TrialScheduler(
        plan: try ComparisonPlan(configuration, picks: picks, makeMethod: makeMethod),
        journal: files.trials(of: ComparisonConfiguration.self), files: files,
        objective: configuration.objective, evaluator: evaluator, isCancelled: isCancelled,
        observer: observer
      ).run(workers: workers).trials
      return ComparisonRecord(
        folder: folder, configuration: configuration, trials: trials, picks: picks.picks)
    }
  }
}
