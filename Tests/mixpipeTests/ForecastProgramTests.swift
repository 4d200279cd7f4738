import Foundation
import Testing

/// Thirty runs at 20M and 60M.
private func table(sizes: [(String, Double)] = [("20M", 2e7), ("60M", 6e7)]) -> String {
  var lines = ["run,size,tokens,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code"]
  for (name, size) in sizes {
    for i in 0..<15 {
      // Rows of a lattice.
      let a = Double(i % 5) / 5 + 0.05
      let b = (1 - a) * (Double(i / 5) + 0.5) / 3
      let weights = [a, b, 1 - a - b]
      let level = 1.7 + 4.6 * pow(size / 1e6, -0.28)
      let losses = weights.map { level * (1 + 0.12 * exp(-7 * $0)) }
      lines.append(
        (["\(lines.count)", name, "\(Int(20 * size))"]
          + weights.map { String(format: "%.6f", $0) } + losses.map { String(format: "%.5f", $0) })
          .joined(separator: ","))
    }
  }
  return lines.joined(separator: "\n") + "\n"
}

@Suite struct ForecastCommandTests {
  @Test("tells the mixture for a larger size and how sure it is")
  func tellsTheMixtureForALargerSizeAndHowSureItIs() throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let words = ["forecast", "runs.csv", "--target-size", "1B", "--target-tokens", "20B"]
    let found = try Program.run(
      words + [
        "--mixture", "books=0.8,web=0.1,code=0.1", "--guard", "code<=9", "--front", "books,code",
        "--json", "--output", "page.html",
      ], in: folder.path)
    try #require(found.code == 0, "\(found.errors)")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
    let mixtures = try #require(document["mixtures"] as? [[String: Any]])
    let first = try #require(mixtures[0]["mixture"] as? [String: Double])
    // Near equal shares, by the formula.
    #expect(first.values.allSatisfy { $0 > 0.15 && $0 < 0.55 }, "\(first)")
    #expect(mixtures.contains { ($0["origin"] as? String) == "given" })
    #expect((mixtures[0]["guards"] as? [String: Double])?["code<=9"] ?? 0 > 0.9)
    let page = try String(contentsOfFile: folder.path + "/page.html", encoding: .utf8)
    for words in ["How sure it is", "expected regret", "1B at 20B tokens", "×17"] {
      #expect(page.contains(words), "\(words)")
    }
    let text = try Program.run(words, in: folder.path)
    #expect(text.code == 0 && text.output.contains("expected to lose"))
    #expect(try Program.run(words, in: folder.path).output == text.output)
  }

  @Test("takes weights written to three decimals for those of the run that they are")
  func takesWeightsWrittenToThreeDecimalsForThoseOfTheRunThatTheyAre() throws {
    let folder = try TemporaryFolder()
    // A name that must be quoted.
    let rows = table().replacingOccurrences(of: "weight_web", with: "\"weight_web, old\"")
      .replacingOccurrences(of: "loss_web", with: "\"loss_web, old\"")
    try rows.write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    func objective(_ books: Double, _ web: Double, _ code: Double) throws -> [String: Double] {
      let mixture = "books=\(books),\"web, old\"=\(web),code=\(code)"
      let found = try Program.run(
        ["forecast", "runs.csv", "--target-size", "1B", "--json", "--mixture", mixture],
        in: folder.path)
      try #require(found.code == 0, "\(found.errors)")
      let document = try #require(
        JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
      let mixtures = try #require(document["mixtures"] as? [[String: Any]])
      let given = try #require(mixtures.first { ($0["origin"] as? String) == "given" })
      return try #require(given["objective"] as? [String: Double])
    }
    let exact = try objective(0.45, 0.091667, 0.458333)
    #expect(try objective(0.45, 0.092, 0.458) == exact)
    #expect(try objective(0.45, 0.093, 0.457) != exact)
  }

  @Test("tells how often the target reads text that it was told of")
  func tellsHowOftenTheTargetReadsText() throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let words = [
      "forecast", "runs.csv", "--target-size", "1B", "--target-tokens", "20B", "--available",
      "books=200M", "--available", "code=90B",
    ]
    let bounded = words + ["--constrain", "epochs<=4", "--match-epochs"]
    let found = try Program.run(bounded + ["--json", "-o", "page.html"], in: folder.path)
    try #require(found.code == 0, "\(found.errors)")
    let document = try #require(
      JSONSerialization.jsonObject(with: Data(found.output.utf8)) as? [String: Any])
    for item in try #require(document["mixtures"] as? [[String: Any]]) {
      let mixture = try #require(item["mixture"] as? [String: Double])
      let epochs = try #require(item["epochs"] as? [String: Double])
      #expect(epochs.keys.sorted() == ["books", "code"] && epochs["books"]! <= 4 + 1e-6)
      for (name, tokens) in [("books", 2e8), ("code", 9e10)] {
        #expect(abs(epochs[name]! - mixture[name]! * 2e10 / tokens) < 1e-9)
      }
    }
    let page = try String(contentsOfFile: folder.path + "/page.html", encoding: .utf8)
    for part in [
      "books (200M tokens) 4.00 times. The table", "--available books=200M",
      "--available code=90B --match-epochs", "epochs<=4",
    ] {
      #expect(page.contains(part.replacing("<", with: "&lt;")), "\(part)")
    }
    let text = try Program.run(words, in: folder.path).output
    #expect(
      text.contains("With the first mixture the target reads its text of books (200M tokens)"))
    #expect(!text.contains("code (") && !text.contains("as often."))
    // Beyond four readings, and beyond what runs have shown.
    #expect(text.contains("No run of the table reads books more than 5.10 times: what"))
    let few = try Program.run(words + ["--constrain", "epochs<=4"], in: folder.path).output
    #expect(few.contains("4.00 times.") && !few.contains("No run of the table"))
    // Each text by itself: that runs read one often says nothing of another.
    let both = try Program.run(words + ["--available", "web=300M"], in: folder.path).output
    #expect(both.contains("reads books more than 5.10 times, or web more than"), "\(both)")
    // The natural mixture, where the text of all is known.
    let natural = try Program.run(
      words + ["--available", "web=9.8B", "--mixture", "natural", "--json"], in: folder.path)
    let told = try #require(
      JSONSerialization.jsonObject(with: Data(natural.output.utf8)) as? [String: Any],
      "\(natural.errors)")
    let items = try #require(told["mixtures"] as? [[String: Any]])
    let given = try #require(items.first { ($0["origin"] as? String) == "given" })
    let shares = try #require(given["mixture"] as? [String: Double])
    #expect(abs(shares["books"]! - 0.002) < 1e-6 && abs(shares["web"]! - 0.098) < 1e-6)
    let without = try Program.run(Array(words.prefix(6)) + ["--json"], in: folder.path)
    #expect(without.code == 0 && !without.output.contains("epochs"))
  }

  @Test("refuses a reach that nothing supports unless asked twice")
  func refusesAReachThatNothingSupportsUnlessAskedTwice() throws {
    let folder = try TemporaryFolder()
    try table(sizes: [("20M", 2e7)]).write(
      toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let words = ["forecast", "runs.csv", "--target-size", "1B"]
    let refused = try Program.run(words, in: folder.path)
    #expect(refused.code == 1)
    #expect(refused.errors.contains("--allow-reach"), "\(refused.errors)")
    let asked = try Program.run(words + ["--allow-reach"], in: folder.path)
    #expect(asked.code == 0 && asked.output.contains("No evidence supports it"))
  }

  @Test(
    "says in one line what is wrong",
    arguments: [
      (["--target-size", "big"], "--target-size big"),
      (["--target-size", "1B", "--target-tokens", "-3"], "--target-tokens"),
      (["--target-size", "1B", "--front", "books"], "--front"),
      (["--target-size", "1B", "--front", "books,poems"], "poems"),
      (["--target-size", "1B", "--mixture", "poems=1"], "--mixture"),
      (["--target-size", "1B", "--mixture", "natural"], "does not say how many tokens"),
      (["--target-size", "1B", "--size", "20M"], "--size"),
      (["--target-size", "1B", "--constrain", "epochs<=4"], "give it with '--target-size' and"),
      (
        ["--target-size", "1B", "--constrain", "epochs(web)<=4", "--available", "books=2B"],
        "how much text of web there is"
      ),
      (
        ["--target-size", "1B", "--constrain", "near(natural)=1", "--available", "books=2B"],
        "how much text there is of each domain; give that of all with '--available'"
      ),
      (["--target-size", "1B", "--available", "boks=2B"], "did you mean 'books'?"),
      (["--target-size", "1B", "--available", "books=much"], "--available books=much"),
      (["--target-size", "1B", "--match-epochs"], "without '--available', expected both"),
      (
        [
          "--target-size", "1B", "--available", "books=2", "--available", "code=1M", "--constrain",
          "epochs<=1", "--constrain", "web<=0.5",
        ], "no mixture satisfies"
      ),
    ])
  func saysInOneLineWhatIsWrong(words: [String], named: String) throws {
    let folder = try TemporaryFolder()
    try table().write(toFile: folder.path + "/runs.csv", atomically: true, encoding: .utf8)
    let found = try Program.run(["forecast", "runs.csv"] + words, in: folder.path)
    #expect(found.code == 64, "\(found.errors)")
    #expect(found.errors.contains(named), "\(found.errors)")
  }
}
