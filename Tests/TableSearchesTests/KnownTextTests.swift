import Foundation
import MixtureMethods
import Mixtures
import RunTables
import Testing

@testable import TableSearches

private let domains = ["stack", "wiki", "news"]

/// 20 tokens a parameter: a run of the target, 1B, has 20B.
private let target = (parameters: 1e9, tokens: 2e10)

/// Text of which tokens that are read again count less, by equation 5 of Muennighoff et al. (arXiv 2305.16264).
private struct Scarcity {
  /// Tokens, k.
  var text: [Double]
  var decay: Double

  /// - Parameter isMatched: whether the run repeats text as often as one of the target.
  func losses(
    _ w: [Double], _ parameters: Double, _ tokens: Double, isMatched: Bool = false
  ) -> [Double] {
    let run = isMatched ? target.tokens : tokens
    let level = 1.7 + 4.6 * pow(parameters / 1e6, -0.28)
    return w.indices.map { j in
      let epochs = w[j] * run / text[j]
      let counted =
        epochs > 1 ? text[j] / run * (1 + decay * (1 - exp(-(epochs - 1) / decay))) : w[j]
      return level * (1 + 0.12 * exp(-7 * counted))
    }
  }

  func value(_ w: [Double]) -> Double {
    losses(w, target.parameters, target.tokens).reduce(0, +) / Double(w.count)
  }

  /// Of the first domain 200M tokens, and no end of the others.
  static func of(_ place: Int, decay: Double) -> Scarcity {
    Scarcity(text: (0..<3).map { $0 == place ? 2e8 : 1e13 }, decay: decay)
  }
}

private let lattice: [[Double]] = (0..<15).map { i in
  let a = Double(i % 5) / 5 + 0.05
  let b = (1 - a) * (Double(i / 5) + 0.5) / 3
  return [a, b, 1 - a - b]
}

/// Fifteen mixtures at 20M and 60M.
private func table(
  _ scarcity: Scarcity, isMatched: Bool = false, length: String = "tokens",
  names: [String] = domains
) throws -> RunTable {
  let heading =
    ["run", "size", length] + names.map { "weight_" + $0 } + names.map { "loss_" + $0 }
  var lines = [heading.joined(separator: ",")]
  for size in [2e7, 6e7] {
    for w in lattice {
      let losses = scarcity.losses(w, size, 20 * size, isMatched: isMatched)
      let cells = ["\(lines.count)", "\(Int(size))", "\(Int(20 * size))"]
      lines.append((cells + (w + losses).map { "\($0)" }).joined(separator: ","))
    }
  }
  return try RunTable(Array(lines.joined(separator: "\n").utf8), path: "runs.csv")
}

private func settings(_ available: [String]? = nil, isMatched: Bool? = nil) -> SizesSettings {
  var settings = SizesSettings(targetSize: "1B")
  settings.targetTokens = "20B"
  settings.available = available
  settings.matchesEpochs = isMatched
  return settings
}

private func question(
  _ table: RunTable, _ settings: SizesSettings, given: [[Double]] = [],
  constraints: [String] = [], natural: [Double]? = nil
) throws -> ForecastQuestion {
  var terms = ForecastQuestion.Terms(objective: .mean(of: table.domains))
  terms.given = given.map { Mixture(domains: table.domains, proportionalTo: $0) }
  terms.constraints = try constraints.map(MixtureConstraint.init(parsing:))
  terms.natural = natural
  return try ForecastQuestion.asked(of: table, terms, settings: settings).question
}

private func advice(
  _ table: RunTable, _ settings: SizesSettings, constraints: [String] = [],
  natural: [Double]? = nil
) throws -> SizesAdvice {
  try SizesAdvice(
    table: table, objective: .mean(of: table.domains),
    constraints: constraints.map(MixtureConstraint.init(parsing:)), natural: natural,
    settings: settings)
}

private func empty() -> RunTable {
  RunTable(
    domains: domains, heldOut: domains, targets: domains, rows: [],
    layout: TableLayout(domains: domains, heldOut: domains))
}

@Suite("Text that a table's target repeats") struct TextThatTheTargetRepeats {
  /// By how much what is told of how far much scarce text is above little misses the truth.
  private func miss(
    _ scarcity: Scarcity, _ place: Int, _ table: RunTable, _ settings: SizesSettings
  ) throws -> Double {
    let shares = [0.6, 0.05].map { share in
      (0..<3).map { $0 == place ? share : (1 - share) / 2 }
    }
    let forecast = try #require(ScaleForecast(try question(table, settings, given: shares)))
    let told = shares.map { weights in
      forecast.items.first { item in
        zip(item.mixture.weights, weights).allSatisfy { abs($0 - $1) < 1e-9 }
      }!.objective.mean
    }
    return abs(told[0] - told[1] - (scarcity.value(shares[0]) - scarcity.value(shares[1])))
  }

  @Test(
    "is told from small runs the better where it is known how much there is",
    arguments: [(0, 2.0), (0, 5), (1, 2), (1, 5), (2, 2), (2, 5)])
  func isToldTheBetter(place: Int, decay: Double) throws {
    let scarcity = Scarcity.of(place, decay: decay)
    let runs = try table(scarcity)
    let known = try miss(scarcity, place, runs, settings(["\(domains[place])=200M"]))
    let unknown = try miss(scarcity, place, runs, settings())
    #expect(known < 0.5 * unknown, "\(known) \(unknown)")
  }

  @Test(
    "is not counted a second time where the table's runs repeat it as often",
    arguments: [(0, 5.0), (1, 2), (1, 5), (2, 2), (2, 5)])
  func isNotCountedASecondTime(place: Int, decay: Double) throws {
    let scarcity = Scarcity.of(place, decay: decay)
    let runs = try table(scarcity, isMatched: true)
    let available = ["\(domains[place])=200M"]
    let matched = try miss(scarcity, place, runs, settings(available, isMatched: true))
    #expect(try miss(scarcity, place, runs, settings(available)) > 2 * matched)
    #expect(try miss(scarcity, place, runs, settings()) == matched)
    #expect(
      try question(runs, settings(available, isMatched: true)).data.availableTokens == nil)
  }

  @Test("changes nothing where there is more than the target reads")
  func changesNothingWhereThereIsMore() throws {
    let runs = try table(.of(0, decay: 5))
    func means(_ question: ForecastQuestion) -> [Double]? {
      ScaleForecast(question)?.items.map(\.objective.mean)
    }
    let plain = try #require(means(try question(runs, settings())))
    for text in [["wiki=20B"], ["stack=1e15", "news=30B"]] {
      let asked = try question(runs, settings(text))
      #expect(asked.data.availableTokens?.allSatisfy { $0 >= 2e10 } == true)
      #expect(means(asked) == plain, "\(text)")
    }
    #expect(means(try question(runs, settings(["wiki=1B"]))) != plain)
  }

  @Test("leads suggestions away from it") func leadsSuggestionsAwayFromIt() throws {
    let runs = try table(.of(0, decay: 2))
    func share(_ settings: SizesSettings) throws -> Double {
      let found = try advice(runs, settings).proposals(6)
      return found.reduce(0) { $0 + $1.mixture.weights[0] } / Double(found.count)
    }
    let plain = try share(settings())
    #expect(try share(settings(["stack=200M"])) < 0.8 * plain)
    #expect(try share(settings(["stack=200M"], isMatched: true)) == plain)
  }

  @Test("is the natural mixture where all of it is known, and not where some is")
  func isTheNaturalMixtureWhereAllIsKnown() throws {
    func second(_ available: [String]?, natural: [Double]? = nil) throws -> [Double] {
      var settings = settings(available)
      settings.sizes = ["20M", "60M"]
      return try advice(empty(), settings, natural: natural).proposals(2)[1].mixture.weights
    }
    #expect(try second(["wiki=5B", "stack=2B", "news=1B"]) == [0.25, 0.625, 0.125])
    let plain = try second(nil)
    #expect(try second(["wiki=5B", "stack=2B"]) == plain)
    #expect(plain != [0.25, 0.625, 0.125])
    // What was said of it goes first.
    let said = [0.125, 0.125, 0.75]
    #expect(try second(["wiki=5B", "stack=2B", "news=1B"], natural: said) == said)
    #expect(try second(nil, natural: said) == said)
    #expect(throws: FidelityMethodError.needsText(name: "natural")) {
      try SizesAdvice(
        table: try table(.of(0, decay: 5)), objective: .mean(of: domains),
        settings: settings(["wiki=5B", "stack=2B"]), method: "natural")
    }
  }

  @Test(
    "bounds mixtures by epochs of the target",
    arguments: [
      (["epochs<=4"], ["stack=200M"], [0.04, 1, 1]),
      (["epochs(news)<=2"], ["stack=200M", "news=1B"], [1, 1, 0.1]),
      (["epochs<=4", "stack<=0.01"], ["stack=200M", "wiki=2B"], [0.01, 0.4, 1]),
      (["epochs<=4", "near(natural)=0.01"], ["stack=200M"], [0.04, 1, 1]),
    ])
  func boundsMixturesByEpochs(
    constraints: [String], available: [String], caps: [Double]
  ) throws {
    let runs = try table(.of(0, decay: 15))
    // Shares of text that have nothing to do with how much of it there is.
    let natural = [0.5, 0.25, 0.25]
    func within(_ weights: [Double]) -> Bool {
      zip(weights, caps).allSatisfy { $0 <= $1 + 1e-4 }
    }
    for isMatched in [nil, true] {
      let settings = settings(available, isMatched: isMatched)
      let advice = try advice(runs, settings, constraints: constraints, natural: natural)
      #expect(advice.proposals(5).allSatisfy { within($0.mixture.weights) })
      for (place, cap) in caps.enumerated() where cap < 1 {
        let others = (0..<3).map { $0 == place ? cap : (1 - cap) / 2 }
        var more = others
        more[place] += 0.01
        more[(place + 1) % 3] -= 0.01
        #expect(!advice.feasible.contains(more))
      }
      let forecast = try #require(
        ScaleForecast(try question(runs, settings, constraints: constraints, natural: natural)))
      #expect(forecast.items.allSatisfy { within($0.mixture.weights) })
    }
    #expect(
      !(try advice(runs, settings(available)).proposals(5)).allSatisfy {
        within($0.mixture.weights)
      })
  }

  @Test("is counted of a source as a whole") func isCountedOfASource() throws {
    let names = ["web/health", "web/news", "code"]
    let runs = try table(.of(0, decay: 5), names: names)
    let known = settings(["web/health=200M", "web/news=300M"])
    let feasible = try advice(runs, known, constraints: ["epochs(web)<=4"]).feasible
    #expect(feasible.contains([0.09, 0.01, 0.9]) && !feasible.contains([0.09, 0.02, 0.89]))
    let error = #expect(throws: SizesError.self) {
      try advice(runs, settings(["web/news=300M"]), constraints: ["epochs(web)<=4"])
    }
    #expect(error == .unknownText(condition: "epochs(web)<=4", domain: "web/health"))
  }

  @Test(
    "is refused where it cannot be what was meant",
    arguments: [
      (["stack"], "expected a domain and from 1 to 1e15 tokens"), (["stack="], "--available"),
      (["=2B"], "--available"), (["stack=none"], "--available"), (["stack=0"], "--available"),
      (["stack=0.3"], "--available"), (["stack=2e15"], "--available"),
      (["stack=inf"], "--available"), (["stack=-2B"], "--available"),
      (
        ["stack=2B", "wiki=1B", "\"stack\"=3B"], "'--available \"stack\"=3B', expected the text of"
      ),
    ])
  func isRefused(available: [String], named: String) throws {
    let error = #expect(throws: SizesError.self) { try settings(available).validate() }
    #expect(error?.description.contains(named) == true, "\(error?.description ?? "")")
  }

  @Test("is refused where it cannot be counted or is not there") func isRefusedElsewhere() throws {
    let scarcity = Scarcity.of(0, decay: 5)
    let steps = try table(scarcity, length: "step")
    var asked = settings(["stack=2B"])
    asked.targetTokens = nil
    #expect(throws: SizesError.textInSteps) { try advice(steps, asked) }
    #expect(throws: SizesError.textInSteps) { try question(steps, asked) }
    let runs = try table(scarcity)
    let unknown = MixtureError.unknown(domain: "stak", known: domains)
    #expect(throws: unknown) { try advice(runs, settings(["stak=2B"])) }
    #expect(throws: unknown) { try question(runs, settings(["stak=2B"])) }
    #expect(throws: SizesError.unknownText(condition: "epochs<=4", domain: nil)) {
      try advice(runs, settings(), constraints: ["epochs<=4"])
    }
    #expect(throws: SizesError.unknownText(condition: "epochs(wiki)<=4", domain: "wiki")) {
      try question(runs, settings(["stack=2B"]), constraints: ["epochs(wiki)<=4"])
    }
    #expect(throws: SizesError.matchedWithoutText) { try settings(isMatched: true).validate() }
    var goesOn = settings(["stack=2B"], isMatched: true)
    try goesOn.validate()
    goesOn.continues = true
    #expect(throws: SizesError.matchedAndContinued) { try goesOn.validate() }
  }

  @Test("is nothing in settings of before") func isNothingInSettingsOfBefore() throws {
    let text = #"{"continues": false, "costs": [], "targetSize": "1B", "targetTokens": "20B"}"#
    let found = try JSONDecoder().decode(SizesSettings.self, from: Data(text.utf8))
    #expect(found == settings())
    #expect(found.words == "--target-size 1B --target-tokens 20B")
    let asked = settings(["stack=2B", "news=1e9"], isMatched: true)
    #expect(asked.words.hasSuffix("20B --available stack=2B --available news=1e9 --match-epochs"))
    #expect(
      try JSONDecoder().decode(SizesSettings.self, from: JSONEncoder().encode(asked)) == asked)
  }
}
