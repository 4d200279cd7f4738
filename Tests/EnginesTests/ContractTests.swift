import Foundation
import MixtureExports
import Mixtures
import Runs
import Storage
import Testing

@testable import Engines

private let domains = ["books", "code", "web"]
private let measures = (domains + ["arc"]).map {
  TrainingData.Measure(name: $0, isHigherBetter: $0 == "arc")
}

private func request(_ tokens: [Int] = [1000]) -> RunRequest {
  let conditions = RunConditions(
    corpus: "0123", domains: domains, size: "1B", parameters: 1_000_000_000,
    evaluator: .other(kind: "command", settings: ["trainer": "mine"]))
  return RunRequest(
    id: 7,
    key: RunKey(
      conditions: conditions, mixture: Mixture(domains: domains, proportionalTo: [1, 2, 5]),
      seed: 3), to: tokens.last!, measures: tokens, ladder: tokens)
}

private func read(_ text: String, _ tokens: [Int] = [1000]) throws -> [RungOutcome] {
  try ResultDocument.outcomes(
    Array(text.utf8), of: request(tokens), measures: measures, path: "result.json", elapsed: 2)
}

@Suite("A trainer's result") struct ResultTests {
  private let losses = #""losses": {"books": 3.5, "code": 2.25, "web": 3, "arc": 0.4}"#

  @Test("is read with all that it says")
  func whole() throws {
    let found = try read(
      """
      {"status": "finished", \(losses), "tokens": 1010, "seconds": 12.5, "operations": 6e12,
       "standardErrors": {"web": 0.01}, "tokensSeen": {"books": 125, "code": 250, "web": 625}, "extra": {"a": [1]}}
      """)
    let result = try #require(found[0].outcome.result)
    #expect(found.count == 1 && found[0].tokens == 1000)
    #expect(result.losses.map(\.loss) == [3.5, 2.25, 3, -0.4])
    #expect(result.losses[2].standardError == 0.01 && result.losses[0].standardError == nil)
    #expect(result.seconds == 12.5 && result.operations == 6e12)
    #expect(result.tokensSeen == [125, 250, 625])
  }

  @Test("may be of several rungs, and of a run that diverged between them")
  func rungs() throws {
    let two = #"{"tokens": 500, \#(losses)}, {"tokens": 1000, \#(losses), "seconds": 4}"#
    let both = try read(
      #"{"status": "finished", "measurements": [\#(two)]}"#, [500, 1000])
    #expect(both.map(\.tokens) == [500, 1000])
    // The attempt's own time counts where the trainer says nothing, and only once.
    #expect(both.map { $0.outcome.result?.seconds } == [nil, 4])
    let one = try read(
      #"{"status": "diverged", "step": 9, "reason": "inf", "measurements": [{\#(losses)}]}"#,
      [500, 1000])
    #expect(one.map(\.tokens) == [500, 1000])
    #expect(one[1].outcome == .diverged(step: 9, reason: "inf"))
  }

  @Test(
    "with a loss that is no number is one of a run that diverged",
    arguments: ["NaN", "Infinity", "-Infinity", "null"])
  func notANumber(word: String) throws {
    let found = try read(
      #"{"status": "finished", "losses": {"books": \#(word), "code": 2, "web": 3, "arc": 1}}"#)
    #expect(found.count == 1 && found[0].outcome.hasDiverged)
  }

  @Test(
    "that is not as asked for is refused by name",
    arguments: [
      ("", "expected a value"),
      ("[1]", "found a list, expected an object"),
      (#"{"status": "ok"}"#, #"found "status": "ok", expected finished or diverged"#),
      (#"{"losses": {}}"#, #"found no "status""#),
      (#"{"status": "finished"}"#, "found 0 measurements, expected 1 at [1000] tokens"),
      (
        #"{"status": "finished", "losses": {"books": 1, "code": 2, "arc": 1}}"#,
        "found no 'web' in \"losses\", expected books, code, web, arc"
      ),
      (
        #"{"status": "finished", "losses": {"boks": 1}}"#, "found 'boks' in \"losses\", expected"
      ),
      (#"{"status": "finished", "losses": {"boks": 1}}"#, "did you mean 'books'?"),
      (
        #"{"status": "finished", "losses": {"books": "1"}}"#,
        #"found "1" at 'books' in "losses", expected a number"#
      ),
      (#"{"status": "finished", "loss": 3}"#, #"the unknown field "loss""#),
      (#"{"status": "finished", "loss": 3}"#, #"did you mean "losses"?"#),
      (#"{"status": "finished", "losses": 3}"#, "found the number 3.0"),
      (
        #"{"status": "finished", "tokens": 500, "losses": {"books": 1, "code": 1, "web": 1, "arc": 1}}"#,
        "found a measurement at 500 tokens, expected it at 1000"
      ),
      (
        #"{"status": "finished", "seconds": -1, "losses": {"books": 1, "code": 1, "web": 1, "arc": 1}}"#,
        #"found "seconds": -1.0"#
      ),
      (#"{"status": "finished", "status": "finished"}"#, "twice"),
      (
        #"{"status": "diverged", "losses": {"books": 1, "code": 1, "web": 1, "arc": 1}}"#,
        "expected finished"
      ),
    ])
  func refused(text: String, words: String) {
    #expect {
      try read(text)
    } throws: { error in
      "\(error)".contains(words) && "\(error)".contains("result.json")
        && "\(error)".contains("run 7")
    }
  }
}

@Suite("Domains and measures of a trainer of one's own") struct TrainingDataTests {
  private func data(_ text: String) throws -> TrainingData {
    let path = NSTemporaryDirectory() + "mixpipe-data-\(UUID().uuidString).json"
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    return try TrainingData.read(at: path)
  }

  @Test("are read from a file, names alone or with what is known of them")
  func file() throws {
    let found = try data(
      """
      {"domains": ["books", {"name": "web", "tokens": 9e10, "path": "/d/web", "documentTokens": 800},
                   {"name": "code", "paths": ["/d/a", "/d/b"]}],
       "heldOut": ["web", {"name": "arc", "better": "higher"}]}
      """)
    #expect(found.domains.map(\.name) == ["books", "web", "code"])
    #expect(found.domains[1].tokens == 9e10 && found.domains[2].paths == ["/d/a", "/d/b"])
    #expect(found.measures.map(\.name) == ["web", "arc"] && found.measures[1].isHigherBetter)
    #expect(!found.knowsSizes && found.availableTokens[1] == 90_000_000_000)
  }

  @Test("compare by names, sizes and measures, and not by where the text lies")
  func digest() throws {
    func digest(_ text: String) throws -> String { try data(text).digest }
    let plain = try digest(#"{"domains": ["a", "b"]}"#)
    #expect(try digest(#"{"domains": [{"name": "a", "path": "/x"}, "b"]}"#) == plain)
    #expect(try digest(#"{"domains": ["a", "b"], "heldOut": ["a", "b"]}"#) == plain)
    #expect(try digest(#"{"domains": ["b", "a"]}"#) != plain)
    #expect(try digest(#"{"domains": ["a", {"name": "b", "tokens": 5}]}"#) != plain)
    #expect(try digest(#"{"domains": ["a", "b"], "heldOut": ["a"]}"#) != plain)
  }

  @Test(
    "that make no sense are refused",
    arguments: [
      (#"{"domains": []}"#, "no domain"), (#"{"domains": ["a", "a"]}"#, "'a' twice"),
      (#"{"domain": ["a"]}"#, "did you mean \"domains\"?"),
      (#"{"domains": [{"name": "a", "tokens": 0}]}"#, "expected a positive number"),
      (#"{"domains": ["a"], "heldOut": [{"name": "a", "better": "more"}]}"#, "lower or higher"),
      (#"{"domains": "a"}"#, "expected a list"),
    ])
  func refused(text: String, words: String) {
    #expect {
      try data(text)
    } throws: { "\($0)".contains(words) }
  }
}

@Suite("The request of a run") struct RequestTests {
  @Test(
    "tells which part of each text is read where epochs are matched, and nothing of it elsewhere")
  func limits() throws {
    let data = try TrainingData(
      name: "--domains",
      domains: [
        .init(name: "books", tokens: 4e6), .init(name: "code", tokens: 1e6),
        .init(name: "web", tokens: 9e9),
      ])
    let matching = EpochMatching(target: TargetRun(tokens: 8_000_000), seed: 6)
    func document(_ settings: [String: String]) throws -> [String: Any] {
      let conditions = RunConditions(
        corpus: "0123", domains: domains, size: "1B", parameters: 1_000_000_000,
        evaluator: .other(kind: "command", settings: settings))
      let document = RequestDocument(
        RunAttempt(
          request: RunRequest(
            conditions: conditions, mixture: .uniform(over: domains), tokens: 2_000_000, seed: 3),
          number: 1), data: data, blend: nil, checkpoint: nil, continues: nil, timeLimit: nil)
      let json = try JSONSerialization.jsonObject(with: encodeDocument(document))
      return try #require(json as? [String: Any])
    }
    let matched = try document(matching.settings)
    let limits = try #require(matched["textLimits"] as? [Any])
    #expect(limits.map { $0 as? Int } == [1_000_000, 250_000, nil])
    #expect(matched["subsampleSeed"] as? Int == 6)
    let plain = try document(["trainer": "mine"])
    #expect(plain["textLimits"] == nil && plain["subsampleSeed"] == nil)
  }

  @Test("says all that the run is, to the last bit")
  func roundTrip() throws {
    let folder = AttemptFolder(NSTemporaryDirectory() + "mixpipe-request-\(UUID().uuidString)/7-2")
    try makeFolder(at: folder.path)
    defer { try? FileManager.default.removeItem(atPath: parentFolder(of: folder.path)) }
    let data = try TrainingData(
      name: "x", domains: domains.map { .init(name: $0) }, measures: measures)
    var asked = request([250, 1000])
    asked.from = 100
    let document = RequestDocument(
      RunAttempt(request: asked, number: 2), data: data, blend: nil, checkpoint: "/c",
      continues: "/b", timeLimit: 60)
    try replaceFile(at: folder.request, with: encodeDocument(document))
    let found = try RequestDocument.read(in: folder)
    #expect(try found.request(in: folder) == asked)
    #expect(
      found.attempt == 2 && found.heldOut.map(\.better) == ["lower", "lower", "lower", "higher"])
  }

  @Test("tells the mixture in the trainer's own format", arguments: ExportFormat.allCases)
  func blend(format: ExportFormat) throws {
    let data = try TrainingData(
      name: "x",
      domains: domains.map {
        .init(name: $0, tokens: 1e9, documentTokens: 500, paths: ["/d/\($0)"])
      })
    let file = BlendFile(format: format, data: data)
    let text = try file.text(request().mixture, tokens: 1000)
    #expect(text.contains("0.625") && file.name.hasPrefix("blend."))
  }
}

@Suite("A progress file") struct ProgressTests {
  @Test(
    "says by its last line how far a run is",
    arguments: [
      ("0.25\n", 0.25), ("0.1 step 1\n0.5 step 5\n", 0.5), ("2\n", 1), ("-1\n", 0),
      ("1e-1\tof it", 0.1),
    ] as [(String, Double)])
  func share(text: String, expected: Double) throws {
    let folder = AttemptFolder(NSTemporaryDirectory() + "mixpipe-progress-\(UUID().uuidString)")
    try makeFolder(at: folder.path)
    defer { try? FileManager.default.removeItem(atPath: folder.path) }
    #expect(folder.lastProgress == nil)
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder.progress))
    #expect(folder.lastProgress?.share == expected)
  }
}
