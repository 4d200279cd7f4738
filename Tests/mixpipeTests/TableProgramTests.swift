import Foundation
import Testing

/// Losses of a trainer that is not mixpipe's: a formula, best at a mixture inside the simplex.
private func losses(_ weights: [Double]) -> [Double] {
  weights.indices.map { i -> Double in
    let next = weights[(i + 1) % weights.count]
    return 3 + 0.5 * exp(-5 * weights[i]) + 0.1 * exp(-9 * next)
  }
}

/// Fills in the losses of every row that has none.
private func train(_ path: String) throws {
  let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
  let filled = lines.enumerated().map { index, line -> String in
    var cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard index > 0, cells[4].isEmpty else { return String(line) }
    let weights = cells[1..<4].map { Double($0)! }
    cells.replaceSubrange(4..<7, with: losses(weights).map { "\($0)" })
    return cells.joined(separator: ",")
  }
  try (filled.joined(separator: "\n") + "\n").write(
    toFile: path, atomically: true, encoding: .utf8)
}

@Suite struct RunsMadeElsewhereTests {
  @Test("are asked for told and asked for again") func areAskedForToldAndAskedForAgain() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/runs.csv"
    let start = try Program.run(
      ["suggest", "--domains", "books,web,code", "--count", "8", "--output", "runs.csv"],
      in: folder.path)
    try #require(start.code == 0, "\(start.errors)")
    #expect(start.output.isEmpty)
    let first = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(
      first[0] == "run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code")
    #expect(first.count == 9)
    #expect(first[8].hasPrefix("8,") && first[8].hasSuffix(",,,"))

    let waiting = try Program.run(
      ["suggest", "--observations", "runs.csv", "--recommend"], in: folder.path)
    #expect(waiting.code == 1)
    #expect(waiting.errors.contains("runs.csv: found no finished run"))

    for _ in 0..<3 {
      try train(path)
      let words = [
        "suggest", "--observations", "runs.csv", "--count", "3", "--initial", "8", "--no-header",
      ]
      let next = try Program.run(words, in: folder.path)
      try #require(next.code == 0, "\(next.errors)")
      #expect(try Program.run(words, in: folder.path).output == next.output)
      #expect(next.output.split(separator: "\n").count == 3)
      let file = try String(contentsOfFile: path, encoding: .utf8)
      try (file + next.output).write(toFile: path, atomically: true, encoding: .utf8)
    }

    // The page says what the terminal says, and how to have it again.
    let words = ["suggest", "--observations", "runs.csv", "--recommend", "--output", "page.html"]
    let paged = try Program.run(words, in: folder.path)
    try #require(paged.code == 0, "\(paged.errors)")
    #expect(paged.output.hasPrefix("Recommended: "))
    let page = try String(contentsOfFile: folder.path + "/page.html", encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains("id=\"mixture-panel\""))
    #expect(page.contains("mixpipe " + words.joined(separator: " ")))

    let last = try Program.run(
      ["suggest", "--observations", "runs.csv", "--recommend", "--json"], in: folder.path)
    try #require(last.code == 0, "\(last.errors)")
    #expect(last.errors.contains("14 finished, 3 pending"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(last.output.utf8)) as? [String: Any])
    let weights = try #require(object["weights"] as? [Double])
    // By symmetry the best is near equal shares.
    #expect(weights.allSatisfy { abs($0 - 1.0 / 3) < 0.06 }, "\(weights)")
    let regret = try #require(object["expectedRegret"] as? Double)
    #expect(regret >= 0 && regret < 0.01)
    #expect((object["losses"] as? [Any])?.count == 3)
    #expect((object["worth"] as? [Any])?.count == 3)

    let told = try Program.run(
      ["suggest", "--observations", "runs.csv", "--recommend"], in: folder.path)
    #expect(told.output.hasPrefix("Recommended: books=0."))
    #expect(told.output.contains("loss predicted, 95 %"))
  }

  @Test("are suggested in the columns of whatever table there is")
  func areSuggestedInTheColumnsOfWhateverTableThereIs() throws {
    let folder = try TemporaryFolder()
    try "mix,books,code,tokens,val_loss\na,20,80,2B,3.1\nb,70,30,2B,3.0\n".write(
      toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    try "books;code\n50;50\n".write(
      toFile: folder.path + "/p.csv", atomically: true, encoding: .utf8)
    let result = try Program.run(
      ["suggest", "--observations", "t.csv", "--pending", "p.csv", "--count", "2"],
      in: folder.path)
    try #require(result.code == 0, "\(result.errors)")
    let lines = result.output.split(separator: "\n")
    #expect(lines[0] == "mix,books,code,tokens,val_loss")
    #expect(lines.count == 3)
    for line in lines.dropFirst() {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      #expect(Double(cells[1])! + Double(cells[2])! == 100)
      #expect(cells[3] == "2B" && cells[4].isEmpty)
    }
    #expect(result.errors.contains("2 finished, 1 pending"))
    let json = try Program.run(
      ["suggest", "--observations", "t.csv", "--count", "2", "--format", "json"], in: folder.path)
    #expect(json.output.contains("\"reason\" : \"start\""))
  }

  @Test(
    "are refused in one line",
    arguments: [
      (["suggest"], 64, "Found neither '--observations' nor '--domains'"),
      (["suggest", "--domains", "books"], 64, "expected two different names or more"),
      (["suggest", "--domains", "a,b", "--count", "0"], 64, "expected at least 1"),
      (["suggest", "--domains", "a,b", "--method", "sobl"], 64, "did you mean 'sobol'?"),
      (["suggest", "--domains", "a,b", "--recommend"], 64, "without '--observations'"),
      (["suggest", "--domains", "a,b", "--constrain", "epochs<=4"], 64, "how much text there is"),
      (["suggest", "--domains", "a,b", "--constrain", "a<0.2;"], 64, "found the constraint"),
      (
        ["suggest", "--domains", "alpha,b", "--constrain", "alpa<=0.2"], 64, "did you mean 'alpha'?"
      ),
      (["suggest", "--domains", "a,b", "--objective", "wrst"], 64, "did you mean 'worst'?"),
      (["replay", "few.csv", "--objective", "worst:c"], 64, "unknown held-out domain 'c'"),
      (["suggest", "--observations", "nowhere.csv"], 1, "nowhere.csv: cannot read"),
      (["suggest", "--observations", "bad.csv"], 1, "bad.csv: line 3: the weights"),
      (["replay", "nowhere.csv"], 1, "nowhere.csv: cannot read"),
      (
        ["replay", "few.csv"], 1,
        "found 2 mixtures with all losses of the objective, expected eight"
      ),
      (["replay", "few.csv", "--methods", "bo,rndom"], 64, "unknown method 'rndom'"),
      (["replay", "few.csv", "--methods", "uniform"], 64, "'uniform' tries one mixture"),
      (["replay", "few.csv", "--methods", "bo,bo"], 64, "expected each method once"),
      (["replay", "few.csv", "--noise", "-1"], 64, "expected no negative number"),
      (["replay", "few.csv", "--size", "1B"], 1, "found no run of size 1B"),
      (["replay"], 64, "Missing expected argument '<tables>'"),
    ])
  func areRefusedInOneLine(words: [String], code: Int32, message: String) throws {
    let folder = try TemporaryFolder()
    try "weight_a,weight_b,loss_a\n0.5,0.5,3\n0.2,0.7,3\n".write(
      toFile: folder.path + "/bad.csv", atomically: true, encoding: .utf8)
    try "weight_a,weight_b,loss_a\n0.5,0.5,3\n0.2,0.8,3\n".write(
      toFile: folder.path + "/few.csv", atomically: true, encoding: .utf8)
    let result = try Program.run(words, in: folder.path)
    #expect(result.code == code)
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
    if code == 1 { #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)") }
  }

  @Test("are searched alike by any number of workers and after an interruption")
  func areSearchedAlikeByAnyNumberOfWorkersAndAfterAnInterruption() throws {
    let folder = try TemporaryFolder()
    var rows = ["run,weight_a,weight_b,weight_c,loss_a,loss_b,loss_c"]
    for i in 0..<5 {
      for j in 0..<5 - i {
        let w = [Double(i), Double(j), Double(4 - i - j)].map { $0 / 4 }
        rows.append(
          "\(rows.count),\(w[0]),\(w[1]),\(w[2]),"
            + losses(w).map { "\($0)" }.joined(separator: ","))
      }
    }
    try (rows.joined(separator: "\n") + "\n").write(
      toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    func replay(_ more: [String]) throws -> String {
      let result = try Program.run(
        ["replay", "t.csv", "--methods", "bo,random", "--initial", "4", "--budget", "9", "--json"]
          + more, in: folder.path)
      try #require(result.code == 0, "\(result.errors)")
      return result.output
    }
    let one = try replay(["--seeds", "3", "--workers", "1", "--predict", "8", "--splits", "2"])
    #expect(
      try replay(["--seeds", "3", "--workers", "2", "--predict", "8", "--splits", "2"]) == one)
    _ = try replay(["--seeds", "1", "--output", "r"])
    let kept = try replay(["--seeds", "3", "--workers", "2", "--output", "r"])
    #expect(try replay(["--seeds", "3"]) == kept)
    let journal = try String(contentsOfFile: folder.path + "/r/replay.jsonl", encoding: .utf8)
    #expect(journal.split(separator: "\n").count == 7)
    let page = try String(contentsOfFile: folder.path + "/r/report.html", encoding: .utf8)
    #expect(page.contains("<polygon") && page.contains("mixpipe replay t.csv"))
    let text = try String(contentsOfFile: folder.path + "/r/report.md", encoding: .utf8)
    #expect(text.contains("| bo "))
    let other = try Program.run(
      ["replay", "t.csv", "--budget", "10", "--initial", "4", "--output", "r"], in: folder.path)
    #expect(other.code == 1)
    #expect(other.errors.contains("budget is 9, expected 10"))
  }
}
