import MixtureMethods
import Mixtures
import Runs

/// A part of a run as the journal tells it.
package struct FidelityTaskRecord: Sendable, Hashable {
  package var task: ClockTask
  /// Nil while it is pending.
  package var outcomes: [RungOutcome]?
  /// What would have been handed over once it had ended on the clock of costs; nil before that, and where
  /// there was nothing.
  package var incumbent: FidelityIncumbent?

  /// What it took, by the clock on the wall.
  package var seconds: Double {
    (outcomes ?? []).reduce(0) { $0 + ($1.outcome.result?.seconds ?? 0) }
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
    let configuration = try FidelityStudyConfiguration.read(folder: folder)
    return try FidelityStudyRecord(
      folder: folder, configuration: configuration,
      FidelityStudyConfiguration.ledger(of: folder))
  }

  /// - Throws: ``StudyError`` where the journal's parts of runs cannot have been asked for in their order.
  package init(
    folder: String, configuration: FidelityStudyConfiguration, _ ledger: RunLedger
  ) throws {
    let plan = FidelityStudyConfiguration.plan
    var clock = CostClock(try configuration.methodContext())
    var asked: [(claim: RunClaim, record: RunRecord)] = []
    for record in ledger.records(of: plan) {
      for claim in record.claims where claim.plan == plan { asked.append((claim, record)) }
    }
    asked.sort { $0.claim.ordinal < $1.claim.ordinal }
    var tasks: [FidelityTaskRecord] = []
    for (claim, record) in asked {
      while clock.known < claim.known ?? 0, let first = clock.next {
        clock.end(first, tasks[first.id].outcomes ?? [])
      }
      guard let task = clock.task(of: record.request, claim) else {
        throw StudyError.invalid(
          field: "run \(record.request.id)", found: "one that was not its turn",
          expected: "what the search before it leads to; move the journal away")
      }
      clock.begin(task)
      let note = ledger.note(plan: plan, topic: FidelityIncumbent.topic, about: "\(task.id)")
      tasks.append(
        FidelityTaskRecord(
          task: task, outcomes: record.outcomes,
          incumbent: try note?.decoded(as: FidelityIncumbent.self)))
    }
    self.init(folder: folder, configuration: configuration, tasks: tasks)
  }

  /// The search's runs as a method would know them now, those under way without what they are under way to.
  package var runs: [FidelityRun] {
    (try? configuration.methodContext()).map { runs(in: $0) } ?? []
  }

  private func runs(in context: FidelityContext) -> [FidelityRun] {
    var clock = CostClock(context)
    for record in tasks where record.task.purpose == .search { clock.begin(record.task) }
    for record in tasks where record.task.purpose == .search {
      if let outcomes = record.outcomes { clock.end(record.task, outcomes) }
    }
    return clock.runs.map { run in
      var run = run
      run.goal = nil
      return run
    }
  }

  /// Held-out domains that every run that has ended was measured on.
  package var measuredDomains: [String] {
    let results = tasks.flatMap { $0.outcomes ?? [] }.compactMap(\.outcome.result)
    return (results.first?.losses ?? []).map(\.domain).filter { domain in
      results.allSatisfy { $0.losses.contains { $0.domain == domain } }
    }
  }

  /// What the search's runs say of every held-out domain at the target; nil before there is a model.
  package func targetModel() -> TargetModel? {
    guard var context = try? configuration.methodContext() else { return nil }
    context.objective = configuration.objective.measuring(measuredDomains)
    return TargetModel(context, runs: runs(in: context))
  }

  /// The Pareto front that it seeks, as its method sees it now; nil where it seeks none and before there is a model.
  package func front() -> ParetoFront? {
    guard configuration.front != nil, let context = try? configuration.methodContext(),
      let method = try? makeFidelityMethod(named: configuration.method, context: context),
      var model = method as? any PredictsFront
    else { return nil }
    return model.front(runs: runs)
  }
}
