import Foundation
import Mixtures
import Numerics
import RunTables
import Testing

@Suite("What is written") struct WhatIsWritten {
  private static let words = [
    "high", "low", "medium", "time", "rank", "loss", "notes", "se", "sd", "en", "learning", "date",
    "cost",
    "weight", "weights", "mix", "train", "test", "val", "eval", "final", "mean", "total", "all",
    "step",
    "seed", "size", "run", "status", "model", "tokens", "acc", "score", "f1", "epoch", "number",
    "std",
    "stderr", "error", "ppl", "bpb", "nll", "perplexity", "cross_entropy", "decay", "params",
    "config",
    "metrics", "summary", "data", "domain", "c", "c++", "c#", "f#", ".net", "C", "objective-c",
    "web (2021)",
    "web (2022)", "Common Crawl", "dclm:science", "web_en", "web_fr", "the_pile_arxiv", "Pile-CC",
    "中文",
    "日本語", "Ελληνικά", "naïve", "emoji 🎉", "a/b", "a.b", "a;b", "a,b", "tab\there", "quo\"te",
    "it's",
    "50%", "1", "2021", "0.5", "nan", "null", "#tag", "=sum", "a=b", "a+b", "<x>", "_x", "x_", "-",
    "w0",
    "loss_a", "weight_b", "a_loss", "b_share", "books", "web", "code", "papers", "machine-learning",
    "nyt_time", "clinical_notes", "state", "failed", "value", "p", "w", "sep=;", "min", "max",
    "median",
  ]

  private static func name(_ generator: inout SeededGenerator) -> String {
    let word = words[generator.integer(below: words.count)]
    switch generator.integer(below: 5) {
    case 0: return word + "_" + words[generator.integer(below: words.count)]
    case 1: return word + " " + words[generator.integer(below: words.count)]
    default: return word
    }
  }

  @Test("is read back the same for a thousand tables with any names")
  func isReadBackTheSameForAThousandTablesWithAnyNames() throws {
    var generator = SeededGenerator(seed: 15, stream: "round trip")
    var refused = 0
    for round in 0..<1000 {
      var names: [String] = []
      let count = 2 + generator.integer(below: 6)
      while names.count < count {
        let name = Self.name(&generator)
        if !names.contains(name) { names.append(name) }
      }
      let domains = Array(names.prefix(2 + generator.integer(below: count - 1)))
      // Held-out domains are the training domains, others, or some of both.
      var heldOut = generator.integer(below: 3) == 0 ? Array(names.suffix(2)) : domains
      if generator.integer(below: 4) == 0 { heldOut = names }
      if TableLayout.unreadable(domains: domains, heldOut: heldOut) != nil {
        refused += 1
        continue
      }
      var layout = TableLayout(domains: domains, heldOut: heldOut)
      let dialects: [(Character, Character, String)] = [
        (",", ".", "\n"), (";", ",", "\r\n"), ("\t", ".", "\n"), ("\t", ",", "\n"),
        (";", ".", "\n"),
      ]
      let (separator, mark, end) = dialects[generator.integer(below: dialects.count)]
      layout.dialect.separator = separator
      layout.dialect.decimalMark = mark
      layout.dialect.lineEnd = end
      var text = layout.header
      var expected: [(Mixture, [Double?])] = []
      for row in 0..<(1 + generator.integer(below: 8)) {
        let weights = domains.map { _ in generator.exponential() }
        let mixture = TableLayout.rounded(Mixture(domains: domains, proportionalTo: weights))
        var cells = layout.cells(name: "\(row + 1)", mixture: mixture)
        var losses: [Double?] = []
        let isPending = row > 0 && generator.integer(below: 4) == 0
        for place in heldOut.indices {
          let loss = Double(20_000 + generator.integer(below: 20_000)) / 10_000
          losses.append(isPending ? nil : loss)
          if !isPending {
            cells[1 + domains.count + place] = layout.dialect.number("\(loss)")
          }
        }
        text += layout.line(cells)
        expected.append((mixture, losses))
      }
      let back: RunTable
      do {
        back = try RunTable(Array(text.utf8), path: "t.csv")
      } catch {
        Issue.record("\(round): \(error)\n\(text)")
        continue
      }
      #expect(back.domains == domains, "\(round): \(text)")
      #expect(back.heldOut == heldOut, "\(round): \(text)")
      #expect(Set(back.targets) == Set(heldOut), "\(round): \(text)")
      try #require(back.rows.count == expected.count, "\(round): \(text)")
      for (row, (mixture, losses)) in zip(back.rows, expected) {
        #expect(row.mixture == mixture && row.losses == losses, "\(round): \(text)")
      }
      // And rows for it are written as it is.
      #expect(back.layout.header == layout.header)
      #expect(
        back.layout.line(back.layout.cells(name: "x", mixture: expected[0].0))
          == layout.line(layout.cells(name: "x", mixture: expected[0].0)))
    }
    #expect(refused < 200, "\(refused) refused")
  }

  @Test("can be named in conditions whatever it is called")
  func canBeNamedInConditionsWhateverItIsCalled() throws {
    var generator = SeededGenerator(seed: 16, stream: "conditions")
    for _ in 0..<1000 {
      let names = (0..<3).map { "\($0)" + Self.name(&generator) } + [Self.name(&generator)]
      guard Set(names).count == names.count else { continue }
      for constraint in [
        MixtureConstraint.total(domains: [names[3]], lower: nil, upper: 0.25),
        .total(domains: [names[0], names[3]], lower: 0.1, upper: 0.5),
        .epochs(domain: names[3], limit: 2),
      ] {
        #expect(try MixtureConstraint(parsing: "\(constraint)") == constraint, "\(constraint)")
      }
      let objective = Objective(targets: [names[0], names[3]], proportionalTo: [1, 3])
      #expect(
        try ObjectiveSpecification(parsing: objective.specification).entries.map(\.domain)
          == [names[0], names[3]], "\(objective.specification)")
      let limit = Objective.Limit(domain: names[3], loss: 3.5)
      #expect(try Objective.Limit(parsing: "\(limit)") == limit, "\(limit)")
    }
  }

  @Test(
    "of a condition is found by its signs",
    arguments: [
      ("c++<=0.2", ["c++"]), ("c++ + python<=0.2", ["c++", "python"]),
      ("c+++python<=0.2", ["c++", "python"]),
      ("Common Crawl<=0.1", ["Common Crawl"]), ("web (2021)<=0.1", ["web (2021)"]),
      ("\"a+b\"<=0.1", ["a+b"]), ("'a=b' + c <= 0.1", ["a=b", "c"]),
      ("dclm:science≤0.1", ["dclm:science"]),
      ("\"domains\"<=0.5", ["domains"]), ("domains<=0.5", ["domains"]), ("it's<=0.1", ["it's"]),
      ("\"say \"\"hi\"\"\"<=0.1", ["say \"hi\""]),
    ])
  func ofAConditionIsFoundByItsSigns(text: String, names: [String]) throws {
    guard case .total(let found, let lower, let upper) = try MixtureConstraint(parsing: text) else {
      Issue.record("\(text)")
      return
    }
    #expect(found == names && lower == nil && upper != nil)
  }

  @Test("of a domain with a sign in it is found without quotes where only that can be meant")
  func ofADomainWithASignInItIsFoundWithoutQuotesWhereOnlyThatCanBeMeant()
    throws
  {
    let domains = ["a+b", "c", "a"]
    func feasible(_ text: String) throws -> FeasibleMixtures {
      try FeasibleMixtures(
        [MixtureConstraint(parsing: text)], domains: domains, availableTokens: [1, 1, 1],
        trainingTokens: 1)
    }
    #expect(try !feasible("a+b<=0.1").contains([0.2, 0.8, 0]))
    #expect(try !feasible("a+b+c<=0.5").contains([0.2, 0.4, 0.4]))
    #expect(try feasible("a+c<=0.5").contains([0.6, 0.2, 0.2]))
  }
}
