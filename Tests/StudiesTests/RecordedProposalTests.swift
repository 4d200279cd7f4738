import Foundation
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Testing

/// Journals that the program wrote before its commands shared one engine.
private let recordings =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"
/// Gives what a journal says of a run. Another processor's BLAS may move the last bits of a proposal, so the
/// nearest mixture is meant.
private struct Recording: RunMeasurer {
  struct Missing: Error {}

  let records: [RunRecord]

  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
    let near = records.filter { record in
      record.request.seed == request.seed && record.request.from == request.from
        && record.request.measures == request.measures
        && record.request.procedure == request.procedure
        && record.request.scale == request.scale
    }.min { distance($0.request, request) < distance($1.request, request) }
    guard let near, distance(near.request, request) < 1e-6, let outcomes = near.outcomes else {
      throw Missing()
    }
    return outcomes
  }

  private func distance(_ a: RunRequest, _ b: RunRequest) -> Double {
    zip(a.mixture.weights, b.mixture.weights).reduce(0) { $0 + abs($1.0 - $1.1) }
  }
}

@Suite("What the older program proposed is proposed again, in the same order")
struct RecordedProposalTests {
  /// The claims in their order, each with its run.
  private func sequence(_ records: [RunRecord], _ plan: String) -> [(RunClaim, RunRequest)] {
    records.flatMap { record in
      record.claims.filter { $0.plan == plan }.map { ($0, record.request) }
    }
  }

  private func check<C: StoredConfiguration>(
    _ folder: String, _ type: C.Type, workers: Int, _ plan: (C) throws -> any Plan
  ) throws -> (recorded: RunLedger, found: RunLedger) {
    let configuration = try C.read(folder: folder)
    let recorded = try RunLedger(OldJournals.events(in: folder))
    let new = TemporaryFolder()
    let found = try configuration.run(
      plan(configuration), in: new.path,
      on: LocalEvaluator(Recording(records: recorded.records), workers: workers))
    let expected = sequence(recorded.records(of: C.plan), C.plan)
    let again = sequence(found.records(of: C.plan), C.plan)
    try #require(again.count == expected.count)
    for ((claim, request), (oldClaim, oldRequest)) in zip(again, expected) {
      #expect(claim == oldClaim)
      #expect(request.seed == oldRequest.seed && request.to == oldRequest.to)
      #expect(request.from == oldRequest.from && request.measures == oldRequest.measures)
      for (weight, old) in zip(request.mixture.weights, oldRequest.mixture.weights) {
        #expect(abs(weight - old) < 1e-6, "\(claim)")
      }
    }
    return (recorded, found)
  }

  @Test("by a study with bo, sobol and uniform", arguments: [1, 2, 5])
  func study(workers: Int) throws {
    let (recorded, found) = try check(
      recordings + "/study", StudyConfiguration.self, workers: workers
    ) { try $0.searchPlan() }
    #expect(found.trials(of: "study").count == recorded.trials(of: "study").count)
  }

  @Test("by a study of several sizes", arguments: ["sizes", "bohb"])
  func sizes(name: String) throws {
    let (recorded, found) = try check(
      recordings + "/" + name, FidelityStudyConfiguration.self, workers: 3
    ) { try $0.clockPlan() }
    let (old, new) = (
      recorded.notes(plan: "sizes", topic: "incumbent"),
      found.notes(plan: "sizes", topic: "incumbent")
    )
    #expect(old.map(\.about) == new.map(\.about))
  }

  @Test("by a comparison of all methods")
  func comparison() throws {
    let (recorded, found) = try check(
      recordings + "/compare", ComparisonConfiguration.self, workers: 2
    ) { try $0.searchPlan() }
    let (old, new) = try (
      ComparisonRecord(
        folder: "", configuration: .read(folder: recordings + "/compare"), recorded),
      ComparisonRecord(folder: "", configuration: .read(folder: recordings + "/compare"), found)
    )
    #expect(
      Set(old.picks.map { "\($0.method) \($0.replicate) \($0.trials) \($0.isFinal)" })
        == Set(new.picks.map { "\($0.method) \($0.replicate) \($0.trials) \($0.isFinal)" }))
    for pick in old.picks {
      let again = try #require(
        new.picks.first {
          $0.method == pick.method && $0.replicate == pick.replicate && $0.isFinal == pick.isFinal
            && $0.trials == pick.trials
        })
      for (weight, expected) in zip(again.mixture?.weights ?? [], pick.mixture?.weights ?? []) {
        #expect(abs(weight - expected) < 1e-6)
      }
    }
  }
}

@Suite("A folder of the older program") struct OldFolderTests {
  private func copy(_ source: String) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    for name in try FileManager.default.contentsOfDirectory(atPath: source)
    where name.hasSuffix("json") || name.hasSuffix("jsonl") {
      try FileManager.default.copyItem(atPath: source + "/" + name, toPath: folder / name)
    }
    return folder
  }

  @Test("is read without being changed, and taken over when its study goes on")
  func takenOver() throws {
    let folder = try copy(recordings + "/study")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let record = try StudyRecord.read(folder: folder.path)
    let transfer = try TransferRecord.read(folder: folder.path)
    #expect(record.trials.allSatisfy { $0.outcome != nil } && record.trials.count > 20)
    // The check's runs at the study's size are the study's own.
    let own = transfer.trials.filter { $0.request.scale == record.configuration.scale }
    #expect(own.allSatisfy { record.trials.map(\.request.id).contains($0.request.id) })
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == names)
    // Nothing is left to do.
    let ledger = try record.configuration.run(
      record.configuration.searchPlan(), in: folder.path,
      on: LocalEvaluator(Recording(records: []), workers: 1))
    #expect(ledger.trials(of: "study") == record.trials)
    #expect(try TransferRecord.read(folder: folder.path).trials == transfer.trials)
  }

  @Test("goes on from every line of its journal to the same runs")
  func everyLine() throws {
    let whole = try StudyRecord.read(folder: recordings + "/study")
    let journal = try lines(of: recordings + "/study/trials.jsonl")
    for count in 1...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: recordings + "/study/study.json", toPath: folder / "study.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "trials.jsonl"))
      // Fixed mixtures: what is cut off is the same for any method, and searches take time.
      let found = try whole.configuration.run(
        RecordedPlan(whole.trials), in: folder.path,
        on: LocalEvaluator(Recording(records: whole.trials), workers: 2))
      #expect(
        found.trials(of: "study").map { $0.timeless.outcomes } == whole.trials.map(\.outcomes),
        "line \(count)")
    }
  }

  @Test(
    "is refused in one line where its journal is damaged, and left alone",
    arguments: [
      ("not JSON", 2, "line 3 is damaged (not JSON)"),
      (
        #"{"event":"ended","trial":900,"at":1,"outcome":{"diverged":{"step":1,"reason":""}}}"#, 4,
        "an end of trial 900, which is not there"
      ),
      (
        #"{"event":"claimed","trial":900,"claim":{"name":"a","ordinal":1}}"#, 4,
        "a claim on trial 900"
      ), (#"{"event":"dreamed"}"#, 3, "line 4 is damaged"),
    ])
  func damaged(line: String, place: Int, expected: String) throws {
    let folder = try copy(recordings + "/study")
    var journal = try lines(of: folder / "trials.jsonl")
    journal.insert(line + "\n", at: place)
    let text = journal.joined()
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder / "trials.jsonl"))
    let configuration = try StudyConfiguration.read(folder: folder.path)
    for attempt in [
      { _ = try StudyRecord.read(folder: folder.path) },
      {
        _ = try configuration.run(
          configuration.searchPlan(), in: folder.path,
          on: LocalEvaluator(Recording(records: []), workers: 1))
      },
    ] {
      let words = message(of: attempt)
      #expect(words.contains(expected) && !words.contains("\n"), "\(words)")
    }
    #expect(try String(contentsOfFile: folder / "trials.jsonl", encoding: .utf8) == text)
    #expect(!FileManager.default.fileExists(atPath: folder / "runs.jsonl"))
  }
}

/// Asks for the runs of a record again, in their order.
private struct RecordedPlan: Plan {
  let name = StudyConfiguration.plan
  let phase = RunClaim.Purpose.search
  let price = RunPrice.bySize
  private var steps: [(RunRequest, RunClaim)]
  private var place = 0

  init(_ records: [RunRecord]) {
    steps = records.flatMap { record in record.claims.map { (record.request, $0) } }
  }

  var rest: RestOfWork { .none }

  mutating func next(after ledger: RunLedger) -> PlanStep {
    while place < steps.count {
      let (request, claim) = steps[place]
      place += 1
      if ledger[claim] == nil { return .run(request, claim) }
    }
    return .end
  }
}
