import MixtureMethods
import Mixtures
import Runs
import Storage

/// Journals from before a folder had one for all commands, as the events that it would have held.
package enum OldJournals {
  /// What runs of a size have in common as the evaluator makes them now; nil for a size that it does not
  /// know.
  package typealias Conditions = @Sendable (_ size: String) -> RunConditions?

  private static let files: [(plan: String, configuration: String, journal: String)] = [
    (StudyConfiguration.plan, StudyConfiguration.file, "trials.jsonl"),
    (TransferConfiguration.plan, TransferConfiguration.file, "transfer.jsonl"),
    (ComparisonConfiguration.plan, ComparisonConfiguration.file, "comparison.jsonl"),
    (FidelityStudyConfiguration.plan, FidelityStudyConfiguration.file, "fidelity.jsonl"),
  ]

  /// - Throws: ``StudyError/notAStudy(folder:file:)`` where a plan's old journal lies there without its
  ///   configuration: whose runs these are is no longer known.
  static func requireNone(of plan: String, in folder: String) throws {
    for (name, configuration, journal) in files
    where name == plan && fileExists(folder + "/" + journal) {
      throw StudyError.notAStudy(folder: folder, file: "\(configuration) beside its \(journal)")
    }
  }

  /// - Parameter conditions: stands in where an older program did not write down what runs of a size had in
  ///   common: at the further sizes of a transfer check.
  /// - Throws: `StorageError` for a damaged line, ``StudyError`` for another version.
  package static func events(
    in folder: String, conditions: Conditions? = nil
  ) throws -> [RunEvent] {
    var found = EarlierRuns()
    func path(_ file: String) -> String { folder + "/" + file }
    let study = try StudyConfiguration.stored(in: folder)
    if let study, fileExists(path("trials.jsonl")) {
      try found.addTrials(at: path("trials.jsonl"), plan: StudyConfiguration.plan) { _ in
        study.conditions
      }
    }
    if let transfer = try TransferConfiguration.stored(in: folder),
      fileExists(path("transfer.jsonl"))
    {
      let trainer =
        try study?.trainer
        ?? decodeDocument(OldTrainer.self, at: path(TransferConfiguration.file)).trainer
      try found.addTrials(at: path("transfer.jsonl"), plan: TransferConfiguration.plan) { scale in
        if let study, scale.size == study.scale.size { return study.conditions }
        if let now = conditions?(scale.size), let trainer,
          study.map({ conditions?($0.scale.size) == $0.conditions }) ?? true
            || now.evaluator == trainer
        {
          return now
        }
        return RunConditions(
          corpus: transfer.corpusDigest, domains: transfer.candidates[0].mixture.domains,
          size: scale.size, parameters: scale.parameters,
          evaluator: trainer ?? .other(kind: "unknown", settings: [:]))
      }
    }
    if let comparison = try ComparisonConfiguration.stored(in: folder),
      fileExists(path("comparison.jsonl"))
    {
      try found.addTrials(at: path("comparison.jsonl"), plan: ComparisonConfiguration.plan) { _ in
        comparison.conditions
      }
      try found.addPicks(at: path("picks.jsonl"), checkpoints: comparison.checkpoints)
    }
    if let sizes = try FidelityStudyConfiguration.stored(in: folder),
      fileExists(path("fidelity.jsonl"))
    {
      try found.addTasks(at: path("fidelity.jsonl"), of: sizes)
    }
    if fileExists(path("sweep.jsonl")) {
      try found.add(
        OldSweepRun.read(at: path("sweep.jsonl"), conditions: conditions).map {
          ($0.request, $0.claim, [RungOutcome(tokens: $0.request.to, outcome: $0.outcome)])
        })
    }
    // A testbed's had the name that the journal of all has now.
    if let testbed = [RunBook.file, RunBook.olderFile].first(where: { fileExists(path($0)) }) {
      try found.add(OldTestbedRun.read(at: path(testbed)))
    }
    return found.events
  }
}

/// What a transfer check's file once said of its trainer: a copy of the study's.
private struct OldTrainer: Decodable {
  var trainer: EvaluatorIdentity?
}

/// Events put together from several journals.
private struct EarlierRuns {
  private(set) var events: [RunEvent] = []
  /// What they come to, to see what is there already.
  private let ledger = RunLedger()

  private mutating func add(_ event: RunEvent) throws(RunContradiction) {
    try ledger.add(event)
    events.append(event)
  }

  /// Asks for a run, or for what is there once more.
  ///
  /// - Returns: its id among all events.
  private mutating func ask(
    _ request: RunRequest, _ claim: RunClaim, at time: Double
  ) throws(RunContradiction) -> Int {
    if let record = ledger.record(serving: request) {
      try add(.claimed(run: record.request.id, claim))
      return record.request.id
    }
    var request = request
    request.id = ledger.count
    try add(.asked(request, claim, at: time))
    return request.id
  }

  private mutating func end(
    _ id: Int, _ outcomes: [RungOutcome], at time: Double
  ) throws(RunContradiction) {
    if ledger[id].outcomes == nil { try add(.ended(run: id, outcomes, at: time)) }
  }

  /// Runs that have ended, each asked for by one claim.
  mutating func add(
    _ runs: [(request: RunRequest, claim: RunClaim, outcomes: [RungOutcome])]
  ) throws(RunContradiction) {
    for (request, claim, outcomes) in runs {
      try end(try ask(request, claim, at: 0), outcomes, at: 0)
    }
  }

  // MARK: - Trials

  mutating func addTrials(
    at path: String, plan: String, conditions: (Scale) -> RunConditions
  ) throws {
    /// By the journal's own ids.
    var ids: [Int] = []
    var hasEnded: Set<Int> = []
    try read(path, "trials") { (line) throws(RunContradiction) in
      switch line.event {
      case "proposed":
        let (asked, claim) = (try need(line.request, "request"), try need(line.claim, "claim"))
        guard let id = asked.id, id == ids.count, let scale = asked.scale,
          let purpose = asked.purpose
        else {
          throw RunContradiction(
            reason: "trial \(asked.id ?? -1) where \(ids.count) comes next")
        }
        ids.append(
          try ask(
            RunRequest(
              conditions: conditions(scale), mixture: asked.mixture, tokens: scale.tokens,
              seed: asked.seed, procedure: asked.procedure),
            claim.claim(plan, purpose), at: try need(line.at, "at")))
      case "claimed":
        let id = try need(line.trial, "trial")
        guard ids.indices.contains(id) else {
          throw RunContradiction(reason: "a claim on trial \(id), which is not there")
        }
        // For what a trial was asked for is told by its first claim.
        let purpose = ledger[ids[id]].claims.first { $0.plan == plan }!.purpose
        try add(.claimed(run: ids[id], try need(line.claim, "claim").claim(plan, purpose)))
      case "ended":
        let id = try need(line.trial, "trial")
        guard ids.indices.contains(id) else {
          throw RunContradiction(reason: "an end of trial \(id), which is not there")
        }
        guard hasEnded.insert(id).inserted else {
          throw RunContradiction(reason: "trial \(id) ends twice")
        }
        let outcome = try need(line.outcome, "outcome")
        try end(
          ids[id], [RungOutcome(tokens: ledger[ids[id]].request.to, outcome: outcome)],
          at: try need(line.at, "at"))
      default: throw RunContradiction(reason: "unknown event '\(line.event)'")
      }
    }
  }

  mutating func addPicks(at path: String, checkpoints: [Int]) throws {
    for pick in try LineJournal.read(ComparisonPick.self, at: path) {
      let rank = checkpoints.firstIndex(of: pick.trials).map { "\($0 + 1)" } ?? "0"
      let about = "\(pick.method) \(pick.replicate) \(pick.isFinal ? "final" : rank)"
      let (plan, topic) = (ComparisonConfiguration.plan, ComparisonPick.topic)
      if ledger.note(plan: plan, topic: topic, about: about) == nil {
        try add(.noted(try RunNote(plan: plan, topic: topic, about: about, pick)))
      }
    }
  }

  // MARK: - Parts of runs of several sizes

  mutating func addTasks(at path: String, of study: FidelityStudyConfiguration) throws {
    let plan = FidelityStudyConfiguration.plan
    var tasks: [(id: Int, tokens: [Int])] = []
    try read(path, "runs") { (line) throws(RunContradiction) in
      switch line.event {
      case "proposed":
        let asked = try need(line.request, "request")
        guard let id = asked.id, id == tasks.count, let level = asked.level,
          study.grid.levels.indices.contains(level), let goal = asked.goal,
          let purpose = asked.purpose
        else {
          throw RunContradiction(
            reason: "task \(asked.id ?? -1) where \(tasks.count) comes next")
        }
        let rungs = study.grid.levels[level]
        let tokens = rungs.map(\.scale.tokens)
        guard tokens.indices.contains(goal), asked.from ?? -1 < goal else {
          throw RunContradiction(reason: "a rung that the study does not have")
        }
        let first = asked.measuresOnTheWay == true ? (asked.from ?? -1) + 1 : goal
        let conditions: RunConditions
        do throws(StudyError) {
          conditions = try study.conditions(of: rungs[0].scale)
        } catch {
          throw RunContradiction(reason: error.description)
        }
        let request = RunRequest(
          key: RunKey(conditions: conditions, mixture: asked.mixture, seed: asked.seed),
          from: asked.from.map { tokens[$0] }, to: tokens[goal],
          measures: Array(tokens[first...goal]), ladder: tokens)
        let claim = RunClaim(
          plan: plan, purpose: purpose, name: study.method, ordinal: id, known: asked.known)
        tasks.append((try ask(request, claim, at: try need(line.at, "at")), tokens))
      case "ended":
        let id = try need(line.task, "task")
        guard tasks.indices.contains(id) else {
          throw RunContradiction(reason: "an end of task \(id), which is not there")
        }
        let outcomes = try need(line.rungs, "rungs").map { rung in
          RungOutcome(tokens: tasks[id].tokens[rung.rung], outcome: rung.outcome)
        }
        try end(tasks[id].id, outcomes, at: try need(line.at, "at"))
      case "incumbent":
        let incumbent = try need(line.incumbent, "incumbent")
        guard tasks.indices.contains(incumbent.after) else {
          throw RunContradiction(
            reason: "an incumbent after task \(incumbent.after), which is not there")
        }
        guard
          let note = try? RunNote(
            plan: plan, topic: FidelityIncumbent.topic, about: "\(incumbent.after)", incumbent)
        else { throw RunContradiction(reason: "an incumbent that is no JSON") }
        try add(.noted(note))
      default: throw RunContradiction(reason: "unknown event '\(line.event)'")
      }
    }
  }

  // MARK: - Lines

  /// Gives each line after the header to `body`.
  private func read(
    _ path: String, _ contents: String,
    _ body: (OldLine) throws(RunContradiction) -> Void
  ) throws {
    let lines = try LineJournal.lines(at: path)
    guard let first = lines.first else { return }
    _ = try JournalHeader.check(first, contents: contents, versions: 1...1, path: path)
    for (index, data) in lines.enumerated().dropFirst() {
      let line = try LineJournal.decode(OldLine.self, from: data, number: index + 1, path: path)
      do throws(RunContradiction) {
        try body(line)
      } catch {
        throw StorageError.corruptLine(path: path, line: index + 1, reason: error.reason)
      }
    }
  }
}

private func need<Value>(
  _ value: Value?, _ name: String
) throws(RunContradiction) -> Value {
  guard let value else { throw RunContradiction(reason: "no '\(name)'") }
  return value
}

/// A line of a journal of trials, or of one of parts of runs.
private struct OldLine: Decodable {
  struct Request: Decodable {
    var id: Int?
    var purpose: RunClaim.Purpose?
    var mixture: Mixture
    var scale: Scale?
    var seed: UInt64
    var procedure: TrainingProcedure?
    // Of a part of a run.
    var level: Int?
    var from: Int?
    var goal: Int?
    var measuresOnTheWay: Bool?
    var known: Int?
  }

  struct Claim: Decodable {
    var name: String
    var ordinal: Int
    var rank: Int?
    var replicate: Int?

    func claim(_ plan: String, _ purpose: RunClaim.Purpose) -> RunClaim {
      RunClaim(
        plan: plan, purpose: purpose, name: name, ordinal: ordinal, rank: rank,
        replicate: replicate)
    }
  }

  struct Rung: Decodable {
    var rung: Int
    var outcome: RunOutcome
  }

  var event: String
  var at: Double?
  var trial: Int?
  var request: Request?
  var claim: Claim?
  var outcome: RunOutcome?
  var task: Int?
  var rungs: [Rung]?
  var incumbent: FidelityIncumbent?
}
