import Foundation
import Mixtures
import Storage
import Testing

@testable import Runs

@Suite("A journal of runs") struct JournalTests {
  @Test("keeps every kind of event, to the last bit of every number")
  func keepsEverything() throws {
    let folder = TemporaryFolder()
    var long = RunRequest(
      id: 1,
      key: RunKey(conditions: conditions, mixture: mixture([0.1, 0.2, 0.7]), seed: .max),
      to: 500, measures: [250, 500], ladder: [250, 500, 1000])
    let reweighed = RunRequest(
      id: 2,
      key: RunKey(
        conditions: conditions, mixture: mixture([1, 1, 1]), seed: 7, procedure: .doremi,
        length: 1000), to: 1000)
    var other = conditions
    other.evaluator = .other(kind: "table", settings: ["file": "runs.csv"])
    let tabled = RunRequest(
      id: 3, key: RunKey(conditions: other, mixture: mixture([1, 0, 0]), seed: 3), to: 10)
    let note = try RunNote(
      plan: "test", topic: "pick", about: "a 0", ["mean": 3.1, "deviation": 1e-17])
    let events: [RunEvent] = [
      .asked(request(id: 0), claim(0), at: 1.5), .asked(long, claim(1), at: 2),
      .asked(reweighed, claim(2), at: 2), .asked(tabled, claim(3), at: 2),
      .claimed(run: 0, claim(0, plan: "other")), .attempted(run: 0, attempt: 1, at: 3),
      .lost(run: 0, attempt: 1, reason: "its node failed", isGivenUp: false, at: 4),
      .attempted(run: 0, attempt: 2, at: 5),
      .ended(run: 0, [measurement(request(), at: 1000)], at: 6),
      .ended(
        run: 1,
        [
          measurement(long, at: 250),
          RungOutcome(tokens: 500, outcome: .diverged(step: 9, reason: "the loss is nan")),
        ], at: 7), .cancelled(run: 2, at: 8), .noted(note),
      .lost(run: 0, attempt: 1, reason: "late news", isGivenUp: false, at: 9),
    ]
    var book = try RunBook(folder: folder.path)
    for event in events { try book.record(event) }
    let read = try RunBook.ledger(folder: folder.path)
    #expect(read.records == book.ledger.records)
    #expect(read.records == (try RunLedger(events)).records)
    #expect(read.notes(plan: "test", topic: "pick") == [note])
    #expect(try note.decoded(as: [String: Double].self) == ["mean": 3.1, "deviation": 1e-17])
    // What runs share is written once.
    #expect(try folder.lines().count { $0.contains("\"corpus\"") } == 2)
    // The same events written at once, as those of an older program are.
    let imported = TemporaryFolder()
    _ = try RunBook(folder: imported.path, earlier: { events })
    #expect(try imported.lines() == folder.lines())
    long.to = 1000
    #expect(read[1].request != long)
  }

  @Test("is refused where a line does not follow from those before it, and stays as it is")
  func contradictions() throws {
    let asked = #"{"at":1,"claim":{"name":"a","ordinal":0,"plan":"test","purpose":"search"},"#
    for (lines, expected) in [
      (["not JSON"], "line 2 is damaged (not JSON)"),
      ([#"{"event":"dreamed"}"#], "line 2 is damaged"),
      ([#"{"event":"ended","run":900,"at":1,"outcomes":[]}"#], "an end of run 900, which is not"),
      ([#"{"event":"ended","run":0,"outcomes":[]}"#], "no 'at'"),
      ([#"{"event":"attempted","run":2,"attempt":1,"at":1}"#], "an attempt at run 2"),
      (
        [asked + #""conditions":0,"event":"asked","run":0,"seed":1,"to":1,"weights":[1]}"#],
        "conditions 0, which are not there"
      ),
    ] {
      let folder = TemporaryFolder()
      let text =
        ([#"{"contents":"runs","event":"began","version":1}"#] + lines).joined(separator: "\n")
        + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: folder.journal))
      for attempt in [
        { _ = try RunBook.ledger(folder: folder.path) },
        { _ = try RunBook(folder: folder.path) },
      ] {
        let words = message(of: attempt)
        #expect(words.contains(expected) && !words.contains("\n"), "\(words)")
      }
      #expect(try String(contentsOfFile: folder.journal, encoding: .utf8) == text)
    }
  }

  @Test("of another version or another kind is refused in one line")
  func otherVersions() throws {
    for (header, expected) in [
      (#"{"contents":"runs","event":"began","version":9}"#, "found version 9 of its layout"),
      (#"{"contents":"picks","event":"began","version":1}"#, "not a journal of runs"),
      ("{}", "line 1 is damaged"),
    ] {
      let folder = TemporaryFolder()
      try Data((header + "\n").utf8).write(to: URL(fileURLWithPath: folder.journal))
      let words = message(of: { try RunBook.ledger(folder: folder.path) })
      #expect(words.contains(expected) && !words.contains("\n"), "\(words)")
    }
  }

  @Test("of 10,000 runs is read in two seconds and less than 300 MB")
  func large() throws {
    let folder = TemporaryFolder()
    var events: [RunEvent] = []
    for id in 0..<10_000 {
      let request = request([Double(id + 1), 2, 3], id: id)
      events.append(.asked(request, claim(id), at: 1.7e9 + Double(id)))
      events.append(.attempted(run: id, attempt: 1, at: 1.7e9 + Double(id)))
      events.append(.ended(run: id, [measurement(request, at: 1000)], at: 1.7e9 + Double(id)))
    }
    _ = try RunBook(folder: folder.path, earlier: { events })
    events = []
    let memory = residentBytes()
    let start = processSeconds()
    let ledger = try RunBook.ledger(folder: folder.path)
    // Other tests run beside this one, on as many threads as there are cores.
    let limit = 2.0 * Double(ProcessInfo.processInfo.activeProcessorCount)
    #expect(processSeconds() - start < limit)
    #expect(residentBytes() - memory < 300 << 20)
    #expect(ledger.count == 10_000 && ledger.settledCount == 10_000)
  }
}

/// Processor time of this process.
func processSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// Memory that this process holds.
func residentBytes() -> Int {
  let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
    .split(separator: " ")
  return (fields.flatMap { Int($0[1]) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}
