import MixtureMethods

/// Runs a study of several sizes in a folder, from its beginning or from wherever it was interrupted.
///
/// What is proposed and what comes of it depends on the configuration and the evaluator only: not on the
/// number of workers, on how long runs take, or on interruptions.
package struct FidelityStudyRunner: Sendable {
  package typealias MethodMaker =
    @Sendable (_ name: String, _ context: FidelityContext) throws -> any FidelityMethod

  package let folder: String
  package let configuration: FidelityStudyConfiguration
  private let evaluator: any FidelityEvaluator
  private let workers: Int
  private let secondsPerRun: Double?
  private let makeMethod: MethodMaker

  /// - Parameters:
  ///   - folder: Made if there is none; a study there must have the same configuration.
  ///   - workers: How many tasks run at once, each on a thread of its own; more than the configuration's lag
  ///     are of no use.
  ///   - secondsPerRun: What a run of the target is expected to take, for the time left; nil if unknown.
  package init(
    folder: String, configuration: FidelityStudyConfiguration, evaluator: any FidelityEvaluator,
    workers: Int, secondsPerRun: Double? = nil,
    makeMethod: @escaping MethodMaker = { try makeFidelityMethod(named: $0, context: $1) }
  ) {
    precondition(workers > 0, "expected a worker at least, found \(workers)")
    self.folder = folder
    self.configuration = configuration
    self.evaluator = evaluator
    self.workers = workers
    self.secondsPerRun = secondsPerRun
    self.makeMethod = makeMethod
  }

  /// Runs all that is missing. Blocks the calling thread.
  ///
  /// - Parameter isCancelled: Asked a few times a second; once true, the runs under way save themselves and
  ///   stop.
  /// - Throws: `CancellationError` where it was cancelled before its end; ``StudyError``, `StorageError`, or
  ///   what the evaluator or the method threw. The folder stays valid: a later run goes on from there.
  package func run(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping FidelityObserver = { _ in }
  ) throws -> FidelityStudyRecord {
    try configuration.validate()
    let plan = try FidelityPlan(configuration, makeMethod: makeMethod)
    let tasks = try configuration.whileOpen(in: folder) { files in
      try FidelityScheduler(
        plan: plan, configuration: configuration, files: files, evaluator: evaluator,
        secondsPerRun: secondsPerRun, isCancelled: isCancelled, observer: observer
      ).run(workers: workers).tasks
    }
    return FidelityStudyRecord(folder: folder, configuration: configuration, tasks: tasks)
  }
}

/// A study of several sizes as its journal tells it. Never stored; always read.
package struct FidelityStudyRecord: Sendable {
  package var folder: String
  package var configuration: FidelityStudyConfiguration
  /// In the order of their ids.
  package var tasks: [FidelityTaskRecord]

  package init(
    folder: String, configuration: FidelityStudyConfiguration, tasks: [FidelityTaskRecord]
  ) {
    self.folder = folder
    self.configuration = configuration
    self.tasks = tasks
  }

  /// Reads a study's configuration and journal; one at work is read as far as it has come.
  ///
  /// - Throws: ``StudyError`` or `StorageError`: no such folder, not such a study, another version, or a
  ///   damaged line.
  package static func read(folder: String) throws -> FidelityStudyRecord {
    FidelityStudyRecord(
      folder: folder, configuration: try FidelityStudyConfiguration.read(folder: folder),
      tasks: try FidelityLedger(
        readingJournalAt: StudyFolder(path: folder).trials(of: FidelityStudyConfiguration.self)
      ).tasks)
  }

  /// The search's runs as a method would be told of them now, those under way without what they are under
  /// way to.
  package var runs: [FidelityRun] {
    let outputs = configuration.objective.domains
    var runs: [FidelityRun] = []
    for record in tasks where record.task.purpose == .search {
      let task = record.task
      if task.run == runs.count {
        runs.append(
          FidelityRun(id: task.run, mixture: task.mixture, level: task.level, seed: task.seed))
      }
      guard let rungs = record.rungs, runs.indices.contains(task.run) else { continue }
      runs[task.run].reached = task.goal
      for found in rungs {
        guard let losses = found.outcome.losses(of: outputs) else {
          runs[task.run].hasDiverged = true
          break
        }
        runs[task.run].measurements.append(.init(rung: found.rung, losses: losses))
      }
    }
    return runs
  }
}
