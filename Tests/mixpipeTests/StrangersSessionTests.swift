import Foundation
import Testing

/// Sessions that begin with somebody's table, and what their programs tell.
@Suite("A stranger's session") struct StrangersSession {
  private static let weights = [
    [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.34, 0.33, 0.33], [0.25, 0.25, 0.5],
  ]

  private func write(_ measure: (String) -> String, in folder: TemporaryFolder) throws {
    let names = ["books", "web", "code"]
    let head = names.map { "weight_\($0)" } + names.map(measure)
    let lines = Self.weights.enumerated().map { index, w in
      (w + [0.31, 0.42, 0.53].map { $0 + 0.01 * Double(index) }).map { "\($0)" }.joined(
        separator: ",")
    }
    try ([head.joined(separator: ",")] + lines).joined(separator: "\n")
      .write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
  }

  @Test("has the domains of the table that it begins with") func beginsWithATable() throws {
    let folder = try TemporaryFolder()
    try write({ "loss_\($0)" }, in: folder)
    let asked = try Program.run(["ask", "s", "--observations", "runs.csv"], in: folder.path)
    #expect(asked.code == 0 && asked.output.hasPrefix("6 books="), "\(asked.errors)")
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("\n1,finished,0.2,0.3,0.5,0.31,"))
  }

  @Test("has the direction of the table that it begins with", arguments: [true, false])
  func directions(isNamed: Bool) throws {
    let folder = try TemporaryFolder()
    try write({ "acc_\($0)" }, in: folder)
    let named = [
      "--domains", "books,web,code", "--held-out", "acc_books,acc_web,acc_code", "--maximize",
      "acc_books,acc_web,acc_code",
    ]
    let asked = try Program.run(
      ["ask", "s", "--observations", "runs.csv"] + (isNamed ? named : ["--maximize", "acc_*"]),
      in: folder.path)
    #expect(asked.code == 0, "\(asked.errors)")
    let told = try Program.run(["ask", "s", "--recommend"], in: folder.path)
    #expect(told.output.contains("(score)"), "\(told.output)")
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("\n1,finished,0.2,0.3,0.5,0.31"))
  }

  @Test(
    "does not begin with a table of something else",
    arguments: [
      (
        ["--domains", "books,papers"],
        "found the domains books, web, code, expected those of --domains"
      ),
      (["--held-out", "reviews"], "found losses of books, web, code, expected some of reviews"),
      (["--held-out", "books,web", "--maximize", "nope"], "nope"),
    ])
  func otherTables(words: [String], message: String) throws {
    let folder = try TemporaryFolder()
    try write({ "loss_\($0)" }, in: folder)
    let result = try Program.run(
      ["ask", "s", "--observations", "runs.csv"] + words, in: folder.path)
    #expect([1, 64].contains(result.code) && result.errors.contains(message), "\(result.errors)")
  }

  @Test("has names with commas, quotes and signs alone") func names() throws {
    let folder = try TemporaryFolder()
    let asked = try Program.run(
      ["ask", "s", "--domains", "c++, \"web, old\" ,c#", "--held-out", "c++,😀"], in: folder.path)
    #expect(asked.code == 0 && asked.output.contains("\"web, old\"="), "\(asked.errors)")
    let told = try Program.run(["tell", "s", "1", "--losses", "c++=3,😀=3.1"], in: folder.path)
    #expect(told.code == 0, "\(told.errors)")
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("\"weight_web, old\",weight_c#,loss_c++,loss_😀"))
  }

  @Test(
    "is told as Python, shells and JSON lines tell",
    arguments: [
      (#"{"run": 1, "losses": {"a": NaN, "b": 3.1}}"#, "diverged"),
      (#"{"run": 1, "losses": {"a": null, "b": 3.1}}"#, "diverged"),
      (#"{"run": "1", "losses": {"a": "3.5", "b": 3.1}}"#, "finished"),
      ("{\"run\": 1, \"state\": \"lost\"}\n{\"run\": 2, \"state\": \"cancelled\"}\n", "lost"),
      (#"[{"run": 1, "losses": {"a": 3, "b": Infinity}}]"#, "diverged"),
    ])
  func news(text: String, state: String) throws {
    let folder = try TemporaryFolder()
    _ = try Program.run(["ask", "s", "--domains", "a,b", "-n", "2"], in: folder.path)
    try text.write(toFile: folder.path + "/told.json", atomically: true, encoding: .utf8)
    let told = try Program.run(["tell", "s", "--from", "told.json"], in: folder.path)
    #expect(told.code == 0, "\(told.errors)")
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("\n1,\(state),"), "\(list)")
  }

  @Test(
    "is told nothing by what is wrong",
    arguments: [
      ("", "found the end"), ("{}", "found no 'run'"), (#"{"run": 1.5}"#, "found no 'run'"),
      (#"{"run": 1, "losses": [3, 3]}"#, "found 'losses' that are no names with numbers"),
      (#"{"run": 1, "losses": {"a": true, "b": 3}}"#, "found a loss of 'a' that is no number"),
      (#"{"run": 1, "state": "done"}"#, "found the state 'done'"),
      (
        #"[{"run": 1, "losses": {"a": 3, "b": 3}}, {"run": 9, "state": "lost"}]"#, "found no run 9"
      ),
      (#"{"run": -9223372036854775808, "state": "lost"}"#, "found no run -9223372036854775808"),
      (#"{"run": 0, "losses": {"a": 3, "b": 3}}"#, "found no run 0"),
      (#"{"run": 9223372036854775807, "state": "lost"}"#, "found no 'run'"),
    ])
  func wrongNews(text: String, message: String) throws {
    let folder = try TemporaryFolder()
    _ = try Program.run(["ask", "s", "--domains", "a,b", "-n", "2"], in: folder.path)
    try text.write(toFile: folder.path + "/told.json", atomically: true, encoding: .utf8)
    let told = try Program.run(["tell", "s", "--from", "told.json"], in: folder.path)
    #expect(told.code == 1 && told.errors.contains(message), "\(told.errors)")
    #expect(!told.errors.contains("restore it from a copy"))
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.contains("\n1,pending,") && list.contains("\n2,pending,"))
  }

  @Test("takes losses below zero for what they are where somebody names them") func belowZero()
    throws
  {
    let folder = try TemporaryFolder()
    var lines = ["run,weight_a,weight_b,gain"]
    for index in 0..<17 {
      let a = 0.05 + 0.05 * Double(index)
      // Only the last is below zero: what was fitted to the first has no logarithm of it.
      lines.append("\(index),\(a),\(1 - a),\(index == 16 ? -0.1 : 1 - a)")
    }
    try lines.joined(separator: "\n").write(
      toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let result = try Program.run(
      ["suggest", "--observations", "runs.csv", "--losses", "gain", "--recommend", "--json"],
      in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let weights = try #require(found["weights"] as? [Double])
    #expect(weights[0] > 0.8)
  }
}
