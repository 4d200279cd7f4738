import Foundation
import Testing

/// Losses of a trainer by formula.
private func losses(_ mixture: [String: Double]) -> String {
  mixture.keys.sorted().map { "\($0)=\(2.5 + exp(-4 * mixture[$0]!))" }.joined(separator: ",")
}

private func object(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

private func ask(_ folder: TemporaryFolder, _ more: [String] = []) throws -> (
  run: Int, mixture: [String: Double]
) {
  let result = try Program.run(["ask", "s", "--json"] + more, in: folder.path)
  try #require(result.code == 0, "\(result.errors)")
  let runs = try #require(try object(result.output)["runs"] as? [[String: Any]])
  return (Int(runs[0]["run"] as! String)!, runs[0]["mixture"] as! [String: Double])
}

private let begin = ["--domains", "books,web,code", "--initial", "4"]

@Suite("A session") struct ASession {
  @Test("gives what a table of the same runs gives") func givesWhatATableOfTheSameRunsGives() throws
  {
    let folder = try TemporaryFolder()
    for index in 0..<7 {
      let (run, mixture) = try ask(folder, index == 0 ? begin : [])
      #expect(run == index + 1)
      if index == 5 {
        #expect(try Program.run(["tell", "s", "6", "--state", "lost"], in: folder.path).code == 0)
        continue
      }
      let told = try Program.run(
        ["tell", "s", "\(run)", "--losses", losses(mixture)], in: folder.path)
      try #require(told.code == 0, "\(told.errors)")
    }
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.hasPrefix("run,state,weight_books,weight_web,weight_code,loss_books,"))
    try list.write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let own = try object(
      Program.run(["ask", "s", "--recommend", "--json"], in: folder.path).output)
    for table in ["runs.csv", "s"] {
      let result = try Program.run(
        ["suggest", "--observations", table, "--recommend", "--json", "--initial", "4"],
        in: folder.path)
      let other = try object(result.output)
      #expect(other["weights"] as? [Double] == own["weights"] as? [Double])
      #expect((other["predicted"] as? NSDictionary) == (own["predicted"] as? NSDictionary))
      #expect(other["finished"] as? Int == 6 && other["lost"] as? Int == 1)
    }
    let next = try Program.run(
      ["suggest", "--observations", "runs.csv", "--initial", "4", "--count", "1", "--json"],
      in: folder.path)
    let suggested = try #require(try object(next.output)["runs"] as? [[String: Any]])
    #expect(try ask(folder).mixture == suggested[0]["mixture"] as? [String: Double])
  }

  @Test("keeps what it is about, and takes the same again")
  func keepsWhatItIsAboutAndTakesTheSameAgain() throws {
    let folder = try TemporaryFolder()
    _ = try ask(
      folder, begin + ["--constrain", "code<=0.2", "--tokens", "1000000", "--size", "1M"])
    let (_, mixture) = try ask(folder, begin)
    #expect(mixture["code"]! <= 0.2)
    let other = try Program.run(["ask", "s", "--domains", "books,web"], in: folder.path)
    #expect(other.code == 1)
    #expect(
      other.errors.contains("a session whose domains is 'books,web,code', asked for 'books,web'"))
    let none = try Program.run(["ask", "nowhere"], in: folder.path)
    #expect(none.code == 1 && none.errors.contains("found no session"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/nowhere"))
  }

  @Test("takes in the runs of a table once") func takesInTheRunsOfATableOnce() throws {
    let folder = try TemporaryFolder()
    let rows = (1...6).map { "\($0),0.\($0),0.\(9 - $0),0.1,3.\($0),3.2,3.1\n" }.joined()
    try ("run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code\n" + rows).write(
      toFile: folder.path + "/old.csv", atomically: true, encoding: .utf8)
    #expect(try ask(folder, begin + ["--observations", "old.csv"]).run == 7)
    #expect(try ask(folder, begin + ["--observations", "old.csv"]).run == 8)
  }

  @Test(
    "refuses in one line",
    arguments: [
      (
        ["tell", "s", "1", "--losses", "books=3"], 1,
        "found no loss of web, code, which the objective needs"
      ),
      (["tell", "s", "1", "--losses", "boks=3"], 1, "found a loss of 'boks'"),
      (["tell", "s", "9", "--state", "lost"], 1, "found no run 9, expected one of the 1"),
      (["tell", "s", "1"], 64, "Found neither '--losses' nor '--state'"),
      (["tell", "s"], 64, "Found no run"),
      (["tell", "s", "1", "--losses", "books=x"], 64, "expected names and numbers"),
      (["tell", "nowhere", "1", "--state", "lost"], 1, "found no session"),
      (["ask", "s", "--method", "odm"], 64, "expected a method that proposes mixtures"),
      (["ask", "s", "--method", "sobol"], 1, "a session whose method is 'bo', asked for 'sobol'"),
      (["ask", "s", "--constrain", "epochs<=2"], 64, "nothing says how much text there is"),
    ])
  func refusesInOneLine(words: [String], code: Int32, message: String) throws {
    let folder = try TemporaryFolder()
    _ = try ask(folder, begin)
    let result = try Program.run(words, in: folder.path)
    #expect(result.code == code && result.errors.contains(message), "\(result.errors)")
  }

  @Test("may be told the same twice, and nothing else") func mayBeToldTheSameTwiceAndNothingElse()
    throws
  {
    let folder = try TemporaryFolder()
    let (_, mixture) = try ask(folder, begin)
    let words = ["tell", "s", "1", "--losses", losses(mixture)]
    #expect(try Program.run(words, in: folder.path).code == 0)
    let again = try Program.run(words, in: folder.path)
    #expect(again.code == 0 && again.errors.contains("told before, and the same"))
    let other = try Program.run(["tell", "s", "1", "--state", "lost"], in: folder.path)
    #expect(other.code == 1 && other.errors.contains("what was told stays"))
    // What was given up may come in late.
    _ = try ask(folder)
    #expect(
      try Program.run(["ask", "s", "--list", "--expire", "0"], in: folder.path).output.contains(
        "2,lost"))
    #expect(
      try Program.run(["tell", "s", "2", "--losses", "books=3,web=3,code=3"], in: folder.path).code
        == 0)
    // nan is a divergence.
    _ = try ask(folder)
    #expect(
      try Program.run(["tell", "s", "3", "--losses", "books=nan"], in: folder.path).code == 0)
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("2,finished") && list.contains("3,diverged"))
  }

  /// 20 clients, 200 runs, one client in five killed while it asks or tells.
  @Test("serves twenty clients at once though some are killed", .timeLimit(.minutes(10)))
  func servesTwentyClientsAtOnceThoughSomeAreKilled() throws {
    let folder = try TemporaryFolder()
    _ = try Program.run(
      ["ask", "s", "--domains", "books,web,code", "--method", "sobol", "--list"], in: folder.path)
    let group = DispatchGroup()
    let gate = NSLock()
    nonisolated(unsafe) var handed: [Int] = []
    nonisolated(unsafe) var told: [Int] = []
    for client in 0..<20 {
      DispatchQueue.global().async(group: group) {
        for turn in 0..<10 {
          let isKilled = client % 5 == 0 && turn % 3 == 1
          guard
            let asked = try? Program.run(
              ["ask", "s", "--json"], in: folder.path,
              killedAfter: isKilled ? 0.004 * Double(client + turn) : nil),
            asked.code == 0, let found = try? object(asked.output),
            let runs = found["runs"] as? [[String: Any]], let run = Int(runs[0]["run"] as! String)
          else { continue }
          gate.withLock { handed.append(run) }
          let mixture = runs[0]["mixture"] as! [String: Double]
          let words =
            (client + turn) % 7 == 0
            ? ["--state", "lost"] : ["--losses", losses(mixture)]
          let result = try? Program.run(
            ["tell", "s", "\(run)"] + words, in: folder.path,
            killedAfter: isKilled ? 0.003 * Double(client + turn) : nil)
          if result?.code == 0 { gate.withLock { told.append(run) } }
        }
      }
    }
    group.wait()
    #expect(Set(handed).count == handed.count, "handed out twice")
    #expect(handed.count >= 180)
    let result = try Program.run(["ask", "s", "--list", "--json"], in: folder.path)
    let list = try #require(try object(result.output)["runs"] as? [[String: Any]])
    let ended = Set(list.filter { $0["state"] as! String != "pending" }.map { $0["run"] as! Int })
    #expect(Set(told).isSubset(of: ended), "told and lost")
    #expect(Set(list.map { $0["run"] as! Int }).isSuperset(of: handed))
    #expect(Set(list.map { $0["weights"] as! [Double] }).count == list.count)
  }
}

@Suite("The client for Python") struct TheClientForPython {
  private static let resources =
    Program.root + "/Sources/mixpipe/Documentation.docc/Resources"

  private func python(_ words: [String], in folder: String) throws -> Program.Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3"] + words
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment.merging([
      "MIXPIPE": Program.path, "PYTHONPATH": Self.resources, "PYTHONDONTWRITEBYTECODE": "1",
    ]) { $1 }
    let (output, errors) = (Pipe(), folder + "/errors.txt")
    _ = FileManager.default.createFile(atPath: errors, contents: nil)
    process.standardOutput = output
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Program.Result(
      code: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
      errors: try String(contentsOfFile: errors, encoding: .utf8))
  }

  @Test("is one file of under two hundred lines") func isOneFileOfUnderTwoHundredLines() throws {
    let text = try String(contentsOfFile: Self.resources + "/mixpipe.py", encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count < 200)
  }

  @Test("has examples that run", arguments: ["plain_loop", "slurm_array", "objective_function"])
  func hasExamplesThatRun(example: String) throws {
    let folder = try TemporaryFolder()
    let result = try python([Self.resources + "/\(example).py", "s"], in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains(example == "slurm_array" ? "Run(1, " : "train on {'books': 0."))
  }

  @Test("says in one line what went wrong, and quotes any name")
  func saysInOneLineWhatWentWrongAndQuotesAnyName() throws {
    let folder = try TemporaryFolder()
    let script = """
      import mixpipe
      names = ["c++", "web (2021)", "naïve"]
      session = mixpipe.Session("s", domains=names, constrain=["c++<=0.2", "web (2021)<=0.5"], initial=3)
      run = session.ask()
      assert list(run.mixture) == names and run.mixture["c++"] <= 0.2, run
      assert session.tell(run, {name: 3.0 for name in names}) is True
      assert session.tell(run, {name: 3.0 for name in names}) is False
      assert session.tell(session.ask(), {name: float("nan") for name in names})
      assert [each["state"] for each in session.runs()] == ["finished", "diverged"]
      try:
          session.tell(9, state=mixpipe.LOST)
      except mixpipe.Error as problem:
          print(problem)
      """
    let result = try python(["-c", script], in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    #expect(result.output.contains("found no run 9, expected one of the 2 that were handed out"))
  }
}
