import Foundation
import Testing

private func losses(
  _ mixture: [String: Double], _ size: Double, _ tokens: Double
) -> [String: Double] {
  let level = 1.7 + 4.6 * pow(size / 1e6, -0.28) + 3.1 * pow(tokens / 1e8, -0.3)
  return mixture.mapValues { level * (1 + 0.12 * exp(-7 * $0)) }
}

private func object(_ text: String) throws -> [String: Any] {
  try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
}

/// Thirty runs at 20M and 60M.
private func table() -> String {
  let names = ["books", "web", "code"]
  var lines = ["run,params,tokens,w_books,w_web,w_code,loss_books,loss_web,loss_code"]
  for size in [2e7, 6e7] {
    for i in 0..<15 {
      let a = Double(i % 5) / 5 + 0.05
      let b = (1 - a) * (Double(i / 5) + 0.5) / 3
      let mixture = ["books": a, "web": b, "code": 1 - a - b]
      let told = losses(mixture, size, 20 * size)
      lines.append(
        (["\(lines.count)", "\(Int(size))", "\(Int(20 * size))"]
          + names.map { String(format: "%.6f", mixture[$0]!) }
          + names.map { String(format: "%.5f", told[$0]!) }).joined(separator: ","))
    }
  }
  return lines.joined(separator: "\n") + "\n"
}

private let target = ["--target-size", "1B", "--target-tokens", "20B"]

@Suite("Suggestions over sizes") struct SuggestionsOverSizes {
  @Test("go from an empty table to a recommendation") func goFromAnEmptyTableToARecommendation()
    throws
  {
    let folder = try TemporaryFolder()
    let begun = try Program.run(
      ["suggest", "--domains", "books,web,code", "--sizes", "20M,60M", "--count", "8"]
        + ["--output", "runs.csv"] + target, in: folder.path)
    try #require(begun.code == 0, "\(begun.errors)")
    let text = try String(contentsOfFile: folder.path + "/runs.csv", encoding: .utf8)
    #expect(text.hasPrefix("run,size,tokens,weight_books,weight_web,weight_code,loss_books,"))
    #expect(text.split(separator: "\n").count == 9)
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let more = try Program.run(
      ["suggest", "--observations", "runs.csv", "--append", "--count", "3"] + target,
      in: folder.path)
    try #require(more.code == 0, "\(more.errors)")
    let rows = try String(contentsOfFile: folder.path + "/runs.csv", encoding: .utf8)
      .split(separator: "\n").suffix(3)
    for row in rows {
      let cells = row.split(separator: ",", omittingEmptySubsequences: false)
      #expect(["20000000", "60000000"].contains(String(cells[1])))
      #expect(Double(cells[2]) ?? 0 > 1e8 && cells.suffix(3).allSatisfy(\.isEmpty))
    }
    let words = ["suggest", "--observations", "runs.csv", "--recommend"] + target
    let page = try Program.run(words + ["--output", "page.html"], in: folder.path)
    try #require(page.code == 0, "\(page.errors)")
    #expect(page.output.hasPrefix("Train on "))
    let html = try String(contentsOfFile: folder.path + "/page.html", encoding: .utf8)
    #expect(html.contains("How sure it is") && html.contains("1B at 20B tokens"))
    // The same as a forecast of the same runs.
    let own = try object(Program.run(words + ["--json"], in: folder.path).output)
    let other = try object(
      Program.run(["forecast", "runs.csv", "--json"] + target, in: folder.path).output)
    #expect((own["mixtures"] as? NSArray) == (other["mixtures"] as? NSArray))
  }

  @Test("stay near a mixture where that is asked for") func stayNearAMixture() throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    func recommended(_ more: [String]) throws -> (weights: [Double], objective: Double) {
      let found = try object(
        Program.run(
          ["suggest", "--observations", "runs.csv", "--recommend", "--json"] + target + more,
          in: folder.path
        ).output)
      let first = try #require((found["mixtures"] as? [[String: Any]])?.first)
      let objective = try #require(first["objective"] as? [String: Any])
      return (
        try #require(first["weights"] as? [Double]), try #require(objective["mean"] as? Double)
      )
    }
    let natural = ["--natural", "books=8,web=1,code=1", "--near", "natural=20"]
    let (near, free) = (try recommended(natural), try recommended([]))
    #expect(near.weights[0] > 0.7 && free.weights[0] < 0.6)
    // What is told is the loss alone, without what leaving the mixture costs.
    #expect(near.objective > free.objective && near.objective < free.objective + 0.5)
  }

  @Test("and a recommendation keep to epochs of the target") func keepToEpochs() throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let words =
      ["suggest", "--observations", "runs.csv", "--available", "books=200M"]
      + ["--constrain", "epochs(books)<=4", "--natural", "books=8,web=1,code=1"]
      + ["--near", "natural=0.01", "--json"] + target
    let runs = try #require(
      try object(Program.run(words, in: folder.path).output)["runs"] as? [[String: Any]])
    for run in runs {
      #expect(try #require(run["mixture"] as? [String: Double])["books"]! <= 0.04 + 1e-4)
    }
    let told = try object(Program.run(words + ["--recommend"], in: folder.path).output)
    let mixtures = try #require(told["mixtures"] as? [[String: Any]])
    #expect(mixtures.allSatisfy { ($0["epochs"] as! [String: Double])["books"]! < 4 + 1e-6 })
    let page = try Program.run(
      words.filter { $0 != "--json" } + ["--recommend", "--output", "page.md"], in: folder.path)
    try #require(page.code == 0, "\(page.errors)")
    let text = try String(contentsOfFile: folder.path + "/page.md", encoding: .utf8)
    #expect(text.contains("--target-tokens 20B --available books=200M"))
    #expect(text.contains("--near natural=0.01"))
  }

  @Test(
    "refuse in a line what does not go together",
    arguments: [
      (["--size", "20M"], "--size"), (["--tokens", "5"], "--tokens"),
      (["--method", "regmix"], "regmix"), (["--front", "books"], "two different"),
      (["--front", "books,boks"], "held-out domains"),
      (["--front", "books,web", "--method", "random"], "--method random"),
      (["--front", "books,web", "--near", "uniform=0.1"], "--near"),
      (["--costs", "20M"], "--costs"), (["--sizes", "3B"], "--sizes"),
      (["--budget", "0"], "--budget"), (["--available", "boks=2B"], "did you mean 'books'?"),
      (["--constrain", "epochs<=4"], "how much text there is"),
      (["--match-epochs"], "'--match-epochs' without '--available'"),
      (["--match-epochs", "--available", "books=2B", "--continue"], "with '--continue'"),
      (["--available", "books=2B", "--hold", "topics"], "of each domain; give it with --natural"),
    ])
  func refuseInALineWhatDoesNotGoTogether(words: [String], named: String) throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let found = try Program.run(
      ["suggest", "--observations", "runs.csv"] + target + words, in: folder.path)
    #expect(found.code == 64 && found.errors.contains(named), "\(found.code) \(found.errors)")
    let without = try Program.run(
      ["suggest", "--observations", "runs.csv", "--sizes", "20M"], in: folder.path)
    #expect(without.code == 64 && without.errors.contains("--target-size"))
    let text = try Program.run(
      ["suggest", "--observations", "runs.csv", "--available", "books=2B"], in: folder.path)
    #expect(text.code == 64 && text.errors.contains("'--available' without '--target-size'"))
    try table().replacing(",tokens,", with: ",step,").write(
      toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let steps = try Program.run(
      ["suggest", "--observations", "runs.csv", "--available", "books=2B"] + target,
      in: folder.path)
    #expect(steps.code == 64 && steps.errors.contains("counted in steps"), "\(steps.errors)")
  }
}

@Suite("A session over sizes") struct ASessionOverSizes {
  @Test("keeps the text that it was told of") func keepsTheText() throws {
    let folder = try TemporaryFolder()
    let begin = ["ask", "s", "--domains", "books,web,code", "--sizes", "20M,60M"] + target
    let epochs = ["--constrain", "epochs<=4"]
    // What cannot be begins none.
    for (words, named) in [
      (epochs, "how much text there is"), (["--available", "boks=200M"], "did you mean 'books'?"),
      (["--available", "web=2B", "--constrain", "epochs(books)<=4"], "text of books"),
    ] {
      let refused = try Program.run(begin + words, in: folder.path)
      #expect(refused.code == 64 && refused.errors.contains(named), "\(refused.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/s"))
    }
    let text = ["--available", "books=200M"] + epochs
    for words in [begin + text, ["ask", "s"] + epochs, ["ask", "s", "-n", "4"]] {
      let asked = try Program.run(words + ["--json"], in: folder.path)
      try #require(asked.code == 0, "\(asked.errors)")
      for run in try #require(object(asked.output)["runs"] as? [[String: Any]]) {
        #expect((run["mixture"] as! [String: Double])["books"]! <= 0.04 + 1e-4)
      }
    }
    let other = try Program.run(begin + ["--available", "books=300M"] + epochs, in: folder.path)
    #expect(other.code == 1 && other.errors.contains("--available books=200M"), "\(other.errors)")
  }

  @Test("of before opens as it was") func ofBeforeOpens() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/s", withIntermediateDirectories: true)
    let settings = #"""
      {"constraints": [], "domains": ["books", "web", "code"], "guards": [],
       "heldOut": ["books", "web", "code"], "initial": 12, "maximize": [], "method": "scale-bo",
       "seed": 1, "sizes": {"continues": false, "costs": [], "sizes": ["20M", "60M"],
       "targetSize": "1B", "targetTokens": "20B"}, "version": 1}
      """#
    try settings.write(
      toFile: folder.path + "/s/session.json", atomically: true, encoding: .utf8)
    let asked = try Program.run(["ask", "s", "--sizes", "20M,60M"] + target, in: folder.path)
    #expect(asked.code == 0 && asked.output.hasPrefix("1 books="), "\(asked.errors)")
    let more = try Program.run(["ask", "s", "--constrain", "epochs<=4"], in: folder.path)
    #expect(more.code == 64 && more.errors.contains("how much text there is"))
  }

  @Test("hands out sizes, lengths and runs to go on with") func handsOutSizesAndLengths() throws {
    let folder = try TemporaryFolder()
    let begin = ["--domains", "books,web,code", "--sizes", "20M,60M", "--continue"] + target
    var continued: [(run: Int, from: Int)] = []
    var told: [Int: (mixture: [String: Double], tokens: Double)] = [:]
    for index in 0..<24 {
      let asked = try Program.run(
        ["ask", "s", "--json"] + (index < 2 ? begin : []), in: folder.path)
      try #require(asked.code == 0, "\(asked.errors)")
      let run = try #require((try object(asked.output)["runs"] as? [[String: Any]])?.first)
      let number = Int(run["run"] as! String)!
      #expect(number == index + 1)
      let mixture = run["mixture"] as! [String: Double]
      let (size, tokens) = (run["parameters"] as! Double, run["tokens"] as! Double)
      #expect(size == 2e7 || size == 6e7)
      if let from = run["continues"] as? String {
        continued.append((number, Int(from)!))
        let earlier = try #require(told[Int(from)!])
        #expect(earlier.tokens < tokens)
        #expect(earlier.mixture.allSatisfy { abs(mixture[$0]! - $1) < 1e-9 })
      }
      told[number] = (mixture, tokens)
      let losses = losses(mixture, size, tokens).map { "\($0)=\($1)" }.sorted()
      let done = try Program.run(
        ["tell", "s", "\(number)", "--losses", losses.joined(separator: ",")], in: folder.path)
      try #require(done.code == 0, "\(done.errors)")
    }
    let list = try Program.run(["ask", "s", "--list"], in: folder.path).output
    #expect(list.hasPrefix("run,state,size,tokens,continues,weight_books,"))
    let first = try #require(continued.first)
    let line = try #require(list.split(separator: "\n").first { $0.hasPrefix("\(first.run),") })
    #expect(line.split(separator: ",", omittingEmptySubsequences: false)[4] == "\(first.from)")
    let best = try Program.run(
      ["ask", "s", "--recommend", "--allow-reach"], in: folder.path)
    #expect(best.code == 0 && best.output.hasPrefix("Train on "), "\(best.errors)")
    let other = try Program.run(["ask", "s", "--target-size", "2B"], in: folder.path)
    #expect(other.code != 0 && other.errors.contains("--target-size 1B"))
  }
}
