import Foundation
import Testing

/// Studies whose trainer is a program of the user's: a stand-in in Python, of losses by a law.
@Suite("A trainer of one's own, from the command line") struct OwnTrainerTests {
  private static let standin = Program.root + "/Tests/Engines/standin.py"
  private static let data = [
    "--domains", "books,web,code", "--held-out", "books,web,code,reviews", "--target", "reviews",
  ]
  private static let size = [
    "--size", "1.4B", "--tokens", "1000000", "--methods", "bo,uniform", "--trials", "6",
    "--initial-trials", "3", "--confirmation-seeds", "2", "--workers", "3",
  ]

  private func trainer(_ behaviour: String = "", seconds: Double = 0) -> [String] {
    [
      "--trainer",
      "python3 '\(Self.standin)' {folder} --seconds \(seconds) --behaviour '\(behaviour)'",
      "--trainer-name", "stand-in", "--retry-pause", "1s", "--grace", "2s",
    ]
  }

  private func study(
    _ folder: TemporaryFolder, _ name: String, _ behaviour: String = "", seconds: Double = 0,
    _ options: [String] = []
  ) throws -> Program.Result {
    try Program.run(
      ["study", name] + trainer(behaviour, seconds: seconds) + Self.data + Self.size + options
        + ["--quiet"], in: folder.path)
  }

  private func events(_ folder: TemporaryFolder, _ name: String) throws -> [[String: Any]] {
    try String(contentsOfFile: "\(folder.path)/\(name)/runs.jsonl", encoding: .utf8)
      .split(separator: "\n").map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
  }

  /// What was asked for, in order, with its losses. Each run ended once.
  private func essence(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    var runs: [String] = []
    var ended: [Int: String] = [:]
    for event in try events(folder, name) {
      let run = event["run"] as? Int ?? -1
      switch event["event"] as? String {
      case "asked":
        runs.append("\(event["weights"] ?? "") \(event["seed"] ?? "") \(event["to"] ?? "")")
      case "ended":
        #expect(ended[run] == nil, "run \(run) ended twice")
        let outcomes = try #require(event["outcomes"] as? [[String: Any]])
        ended[run] = outcomes.map { outcome in
          let finished = (outcome["outcome"] as? [String: Any])?["finished"] as? [String: Any]
          let losses = finished?["losses"] as? [[String: Any]] ?? []
          return losses.map { "\($0["domain"] ?? "")=\($0["loss"] ?? "")" }.joined(separator: ",")
        }.joined(separator: ";")
      default: break
      }
    }
    return runs.enumerated().map { "\($1) \(ended[$0] ?? "lost")" }
  }

  private func reasons(_ folder: TemporaryFolder, _ name: String) throws -> [String] {
    try events(folder, name).compactMap { $0["reason"] as? String }
  }

  @Test(
    "asks for the same whether it crashes, saves itself, is killed, or is taken on pass by pass")
  func sameTrials() throws {
    let folder = try TemporaryFolder()
    let plain = try study(folder, "plain")
    try #require(plain.code == 0, "\(plain.errors)")
    let expected = try essence(folder, "plain")
    #expect(expected.count > 10 && !expected.contains { $0.hasSuffix("lost") })

    let broken = try study(folder, "broken", "crash,save,kill,,full")
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(try essence(folder, "broken") == expected)
    let reasons = try reasons(folder, "broken")
    for words in ["exit code 1 on", "told to crash", "saved itself", "signal 9", "No space left"] {
      #expect(reasons.contains { $0.contains(words) }, "\(words)")
    }

    var passes = 0
    while true {
      let step = try study(folder, "steps", seconds: 0.1, ["--step"])
      passes += 1
      if step.code == 0 { break }
      try #require(step.code == 75 && passes < 500, "\(step.errors)")
      usleep(50_000)
    }
    #expect(passes > 3)
    #expect(try essence(folder, "steps") == expected)
  }

  @Test("goes on while its driver is killed again and again, and is not begun twice")
  func killedDriver() throws {
    let folder = try TemporaryFolder()
    let plain = try study(folder, "plain")
    try #require(plain.code == 0, "\(plain.errors)")
    for seconds in [0.2, 0.5, 0.35, 0.8, 0.6] {
      _ = try Program.run(
        ["study", "killed"] + trainer(seconds: 0.3) + Self.data + Self.size + ["--quiet"],
        in: folder.path, killedAfter: seconds)
    }
    let last = try study(folder, "killed")
    try #require(last.code == 0, "\(last.errors)")
    #expect(try essence(folder, "killed") == essence(folder, "plain"))
    let remarks = try events(folder, "killed").compactMap {
      (($0["note"] as? [String: Any])?["body"] as? [String: Any])?["what"] as? String
    }
    #expect(remarks.contains("driver killed"))
  }

  @Test("that takes too long is asked to stop, and ended where it does not")
  func timeLimit() throws {
    let folder = try TemporaryFolder()
    let result = try study(folder, "late", "hang,slow,", ["--time", "2s", "--methods", "uniform"])
    try #require(result.code == 0, "\(result.errors)")
    let reasons = try reasons(folder, "late")
    #expect(
      reasons.contains { $0.hasPrefix("it hit its time limit of 2 s on") && !$0.contains("saved") })
    #expect(reasons.contains { $0.contains("saved itself") })
    #expect(try !essence(folder, "late").contains { $0.hasSuffix("lost") })
  }

  @Test("is stopped by an interruption, saves itself, and goes on with the next command")
  func interrupted() throws {
    let folder = try TemporaryFolder()
    let plain = try study(folder, "plain")
    try #require(plain.code == 0, "\(plain.errors)")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments =
      ["study", "stopped"] + trainer(seconds: 20) + Self.data + Self.size + ["--quiet"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // Until a run has said how far it is.
    let attempts = folder.path + "/stopped/attempts"
    func isUnderWay() -> Bool {
      FileManager.default.fileExists(atPath: attempts + "/0-1/progress")
    }
    for _ in 0..<600 where !isUnderWay() { usleep(50_000) }
    process.terminate()
    process.waitUntilExit()
    #expect(process.terminationStatus == 143)
    let reasons = try reasons(folder, "stopped")
    #expect(!reasons.isEmpty && reasons.allSatisfy { $0.contains("stopped with its driver") })
    let next = try study(folder, "stopped")
    try #require(next.code == 0, "\(next.errors)")
    #expect(try essence(folder, "stopped") == essence(folder, "plain"))
    let request = try String(contentsOfFile: attempts + "/0-2/request.json", encoding: .utf8)
    #expect(request.contains("\"continues\""))
  }

  @Test(
    "that does not keep to the contract ends the command in a line, and is heard again once it does",
    arguments: [
      ("wrong", "expected a number"), ("missing", "there is no result.json"),
      ("unknown", "found 'bokos'"), ("usage", "exit code 64 (usage: standin.py FOLDER)"),
    ])
  func contract(behaviour: String, words: String) throws {
    let folder = try TemporaryFolder()
    let bad = try study(folder, "s", behaviour)
    #expect(bad.code == 1 && bad.errors.contains(words), "\(bad.errors)")
    #expect(bad.errors.split(separator: "\n").count == 1)
    let good = try study(folder, "s")
    #expect(good.code == 0, "\(good.errors)")
    #expect(try !essence(folder, "s").contains { $0.hasSuffix("lost") })
  }

  @Test("needs no flags once its folder knows it, and is told from others by its name")
  func remembered() throws {
    let folder = try TemporaryFolder()
    let first = try study(folder, "s", "", ["--step"])
    #expect(first.code == 75, "\(first.errors)")
    let next = try Program.run(["study", "s", "--json"], in: folder.path)
    #expect(next.code == 0, "\(next.errors)")
    let other = try Program.run(["study", "s", "--trainer-name", "another"], in: folder.path)
    #expect(other.code == 1 && other.errors.contains("found trainer stand-in"), "\(other.errors)")
    let status = try Program.run(["status", "s"], in: folder.path)
    #expect(status.code == 0 && status.output.contains("0 are under way"), "\(status.errors)")
  }

  @Test("serves the other verbs: several sizes, a comparison, a transfer check, a testbed")
  func otherVerbs() throws {
    let folder = try TemporaryFolder()
    let own = trainer() + Self.data.dropLast(2) + ["--workers", "3"]
    let sizes = try Program.run(
      ["study", "sizes"] + own + [
        "--target", "reviews", "--sizes", "10M,40M", "--budget", "4", "--tokens", "1000000",
        "--methods", "asha-sizes", "--confirmation-seeds", "1", "--json",
      ], in: folder.path)
    #expect(sizes.code == 0 && sizes.output.contains("\"40M\""), "\(sizes.errors)")
    let compare = try Program.run(
      ["compare", "c"] + own + [
        "--target", "reviews", "--size", "10M", "--tokens", "1000000", "--methods",
        "sobol,uniform", "--trials", "3", "--optimizer-seeds", "1", "--confirmation-seeds", "2",
        "--quiet",
      ], in: folder.path)
    #expect(compare.code == 0, "\(compare.errors)")
    let study = try study(folder, "s")
    try #require(study.code == 0, "\(study.errors)")
    let transfer = try Program.run(
      ["transfer", "s", "--sizes", "2.8B", "--seeds", "2", "--json"], in: folder.path)
    #expect(transfer.code == 0 && transfer.output.contains("\"2.8B\""), "\(transfer.errors)")
    let testbed = try Program.run(
      ["testbed", "t"] + own + [
        "--sizes", "10M,20M", "--mixtures", "4,2", "--replicated", "1", "--tokens", "1000000",
        "--rungs", "0.5,1", "--csv", "--quiet",
      ], in: folder.path)
    #expect(testbed.code == 0, "\(testbed.errors)")
    // (4 + 1) and (2 + 1) runs of two rungs, and the heading.
    #expect(testbed.output.split(separator: "\n").count == 17, "\(testbed.output)")
  }

  @Test(
    "says what is wrong with what it is asked",
    arguments: [
      (["--trainer", "true {folder}"], "expected '--domains books,web,…'"),
      (["--trainer", "true", "--domains", "a,a"], "'a' twice"),
      (["--trainer", "true", "--domains", "a,b", "--size", "big"], "--size"),
      (
        ["--trainer", "true", "--domains", "a,b", "--methods", "doremi"],
        "only the built-in trainer"
      ),
      (
        ["--trainer", "true", "--domains", "a,b", "--methods", "natural"],
        "without the domains' tokens"
      ),
      (
        ["--trainer", "true", "--domains", "a,b", "--constrain", "epochs<=4"],
        "without the domains' tokens"
      ),
      (["--trainer", "true", "--domains", "a,b", "--blend", "hf-datasets"], "document"),
      (["--submit", "qsub {script}"], "without '--engine command'"),
      (["--engine", "command"], "expected all three"),
      (["--engine", "command", "--submit", "qsub"], "without {script}"),
      (["--trainer", "true", "--domains", "a,b", "--block", "2"], "--block"),
      (["--time", "soon"], "90s, 45m, 2h"),
      (["--held-out", "a"], "without '--domains'"),
    ])
  func mistakes(options: [String], words: String) throws {
    let folder = try TemporaryFolder()
    let result = try Program.run(["study", "s"] + options, in: folder.path)
    #expect(result.code == 64 && result.errors.contains(words), "\(result.code): \(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/s"))
  }
}
