import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Testing

/// Journals that the program wrote before its commands shared one engine.
private let recordings =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"
/// Gives what a journal says of a run.
private struct Recording: RunMeasurer {
  struct Missing: Error {}

  let records: [RunRecord]

  func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
    let same = records.first {
      $0.request.key == request.key && $0.request.from == request.from
        && $0.request.measures == request.measures
    }
    guard let outcomes = same?.outcomes else { throw Missing() }
    return outcomes
  }
}

@Suite("What the older program asked for is asked for again, in the same order")
struct RecordedProposalTests {
  /// The claims in their order, each with its run.
  private func sequence(_ records: [RunRecord], _ plan: String) -> [String] {
    records.flatMap { record in
      record.claims.filter { $0.plan == plan }.map { claim in
        let request = record.request
        return "\(claim) \(request.mixture.weights) \(request.seed) \(request.from ?? 0) "
          + "\(request.measures)"
      }
    }
  }

  private func check<C: StoredConfiguration>(
    _ folder: String, _ type: C.Type, workers: Int,
    _ plan: (C, RunLedger) throws -> any Plan
  ) throws -> (recorded: RunLedger, found: RunLedger) {
    let configuration = try C.read(folder: folder)
    let recorded = try RunLedger(OldJournals.events(in: folder))
    let new = TemporaryFolder()
    let found = try configuration.run(
      plan(configuration, recorded), in: new.path,
      on: LocalEvaluator(Recording(records: recorded.records), workers: workers))
    let expected = sequence(recorded.records(of: C.plan), C.plan)
    let again = sequence(found.records(of: C.plan), C.plan)
    #expect(again.count == expected.count)
    for (found, recorded) in zip(again, expected) { try #require(found == recorded) }
    return (recorded, found)
  }

  /// A method's trials in one search.
  private func trials(
    of name: String, _ replicate: Int?, in records: [RunRecord]
  ) -> [RunRecord] {
    records.flatMap { record in
      record.claims.filter {
        $0.purpose == .search && $0.name == name && $0.replicate == replicate
      }.map { ($0.ordinal, record) }
    }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  @Test("by a study with bo, sobol and uniform", arguments: [1, 2, 5])
  func study(workers: Int) throws {
    let (recorded, found) = try check(
      recordings + "/study", StudyConfiguration.self, workers: workers
    ) { configuration, recorded in
      let records = recorded.trials(of: StudyConfiguration.plan)
      return try configuration.searchPlan { name, _ in
        let trials = trials(of: name, nil, in: records)
        var finalists: [Int: Mixture] = [:]
        for record in records {
          for claim in record.claims where claim.purpose == .confirmation && claim.name == name {
            finalists[claim.rank!] = record.request.mixture
          }
        }
        return RecordedMethod(
          trials: trials, lag: configuration.lag,
          handedOver: [trials.count: finalists.sorted { $0.key < $1.key }.map(\.value)])
      }
    }
    #expect(
      found.trials(of: "study").map(\.timeless) == recorded.trials(of: "study").map(\.timeless))
  }

  @Test("by a comparison of all methods", arguments: [1, 3])
  func comparison(workers: Int) throws {
    let folder = recordings + "/compare"
    let (recorded, found) = try check(
      folder, ComparisonConfiguration.self, workers: workers
    ) { configuration, recorded in
      let record = try ComparisonRecord(folder: folder, configuration: configuration, recorded)
      return try configuration.searchPlan { name, context in
        let replicate = configuration.seeds.searches.firstIndex(of: context.seed)!
        var handedOver: [Int: [Mixture]] = [:]
        for pick in record.picks where pick.method == name && pick.replicate == replicate {
          handedOver[pick.trials] = pick.mixture.map { [$0] } ?? []
        }
        // Those that need every outcome before they go on say so.
        let real = try makeMethod(named: name, context: context)
        return RecordedMethod(
          trials: trials(of: name, replicate, in: record.trials),
          lag: real.waitsForOutcomes ? 1 : configuration.lag, handedOver: handedOver)
      }
    }
    let configuration = try ComparisonConfiguration.read(folder: folder)
    let (old, new) = try (
      ComparisonRecord(folder: folder, configuration: configuration, recorded),
      ComparisonRecord(folder: folder, configuration: configuration, found)
    )
    func words(_ picks: [ComparisonPick]) -> Set<String> {
      Set(
        picks.map {
          "\($0.method) \($0.replicate) \($0.trials) \($0.isFinal) \($0.mixture?.weights ?? [])"
        })
    }
    #expect(words(old.picks) == words(new.picks))
  }

  @Test("by a study of several sizes", arguments: ["sizes", "bohb"], [1, 3])
  func sizes(name: String, workers: Int) throws {
    let folder = recordings + "/" + name
    let (recorded, found) = try check(
      folder, FidelityStudyConfiguration.self, workers: workers
    ) { configuration, recorded in
      let record = try FidelityStudyRecord(
        folder: folder, configuration: configuration, recorded)
      return try configuration.clockPlan { _, _ in RecordedFidelityMethod(record) }
    }
    let configuration = try FidelityStudyConfiguration.read(folder: folder)
    let (old, new) = try (
      FidelityStudyRecord(folder: folder, configuration: configuration, recorded),
      FidelityStudyRecord(folder: folder, configuration: configuration, found)
    )
    #expect(old.tasks == new.tasks)
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

  @Test("of several sizes goes on from every line of its journal to the same runs")
  func everyLineOfSizes() throws {
    let source = recordings + "/bohb"
    let whole = try FidelityStudyRecord.read(folder: source)
    let recorded = try RunLedger(OldJournals.events(in: source)).records
    let journal = try lines(of: source + "/fidelity.jsonl")
    for count in 1...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: source + "/fidelity.json", toPath: folder / "fidelity.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "fidelity.jsonl"))
      let ledger = try whole.configuration.run(
        whole.configuration.clockPlan { _, _ in RecordedFidelityMethod(whole) }, in: folder.path,
        on: LocalEvaluator(Recording(records: recorded), workers: 2))
      let found = try FidelityStudyRecord(
        folder: folder.path, configuration: whole.configuration, ledger)
      #expect(found.tasks == whole.tasks, "line \(count)")
    }
  }

  @Test("with a transfer check goes on from every line of its journal to the same runs")
  func everyLineOfTransfer() throws {
    let source = recordings + "/study"
    let whole = try TransferRecord.read(folder: source)
    let recorded = try RunLedger(OldJournals.events(in: source)).records
    let journal = try lines(of: source + "/transfer.jsonl")
    // What the older program did not write down of the larger size; there it is the study's.
    var configuration = whole.configuration
    let study = try StudyConfiguration.read(folder: source)
    configuration.trainers = configuration.scales.map { _ in study.trainer }
    for count in 1...journal.count {
      let folder = TemporaryFolder()
      for name in ["study.json", "trials.jsonl", "transfer.json"] {
        try FileManager.default.copyItem(atPath: source + "/" + name, toPath: folder / name)
      }
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "transfer.jsonl"))
      let ledger = try configuration.run(
        configuration.plan(), in: folder.path,
        on: LocalEvaluator(Recording(records: recorded), workers: 2))
      #expect(
        ledger.trials(of: "transfer").map(\.timeless) == whole.trials.map(\.timeless),
        "line \(count)")
    }
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
