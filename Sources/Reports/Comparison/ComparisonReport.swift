import Mixtures
import Numerics
import Runs
import Studies

/// A comparison of methods for people to read: a page of HTML that needs nothing beside it, and the same
/// as Markdown. All of it is computed from the journals each time.
package struct ComparisonReport: Sendable, Report {
  package let record: ComparisonRecord
  package let analysis: ComparisonAnalysis
  /// What to type to reproduce the comparison, a command a line.
  package let commands: [String]
  /// Best first; those without fresh runs last.
  let methods: [ComparisonAnalysis.Method]
  package var live: LiveStatus?

  package init(_ record: ComparisonRecord, commands: [String] = []) {
    self.record = record
    self.commands = commands
    analysis = record.analysis
    methods = analysis.ranked
  }

  package var name: String { Self.name(ofFolder: record.folder) }

  /// How many methods are compared with the best.
  var comparisons: Int { confirmed.count { $0.difference != nil } }

  /// What the best method's picks gain and cost on each held-out domain against equal weights; nil where
  /// either has not been confirmed.
  var price: String? {
    guard let best = confirmed.first, best.name != "uniform",
      analysis["uniform"]?.loss != nil
    else { return nil }
    let domains = analysis.heldOutDomains
    let differences = domains.map {
      analysis.difference(of: best.name, and: "uniform", domain: $0)
    }
    let chances = MultipleComparisons.holm(differences.map { $0?.pValue ?? 1 })
    let certain = domains.indices.filter { chances[$0] < 0.05 }
      .sorted { differences[$0]!.mean > differences[$1]!.mean }
    let rest = domains.count - certain.count
    let correction =
      domains.count > 1 ? " (p < 0.05, corrected for \(domains.count) comparisons)" : ""
    guard !certain.isEmpty else {
      return "On no held-out domain can it be told apart from equal weights\(correction)."
    }
    return "Gain and price of \(best.name) against equal weights, by held-out domain\(correction): "
      + certain.map { "\(domains[$0]) \(Format.difference(differences[$0]!.mean))" }
      .joined(separator: ", ") + "."
      + (rest > 0 ? " \(Format.plural(rest, "domain")) cannot be told apart." : "")
  }

  var confirmed: [ComparisonAnalysis.Method] { methods.filter { $0.loss != nil } }

  /// What came of it, in a sentence or two that say no more than the intervals do.
  package var verdict: String {
    guard let best = confirmed.first else {
      return "No method’s pick has been trained with fresh seeds yet."
    }
    let others = confirmed.dropFirst()
    guard !others.isEmpty else { return "\(best.name) is the only method confirmed so far." }
    let ties = others.filter { !($0.difference?.isSignificant ?? false) }.map(\.name)
    let beaten = others.filter { $0.difference?.isSignificant ?? false }.map(\.name)
    // Searches that are still to be confirmed may change it.
    var sentences = [
      "\(isOpen ? "So far " : "")\(best.name) has the lowest mean loss, "
        + "\(Format.plusMinus(best.loss)) nats per token."
    ]
    if !beaten.isEmpty {
      sentences.append("It is better than \(Format.list(beaten)), corrected for all comparisons.")
    }
    if !ties.isEmpty {
      sentences.append("It cannot be told apart from \(Format.list(ties)).")
    }
    return sentences.joined(separator: " ")
  }

  /// Methods of which not every search has been trained with fresh seeds.
  private var unconfirmed: [String] {
    record.configuration.methods.filter { name in
      (analysis[name]?.searches.count { $0.confirmed != nil } ?? 0)
        < record.configuration.replicates
    }
  }

  private var isOpen: Bool { !unconfirmed.isEmpty }

  /// What is not there yet; nil where all is.
  var missing: String? {
    var sentences: [String] = []
    let running = record.trials.count { $0.outcome == nil }
    let open = unconfirmed
    if !open.isEmpty {
      sentences.append(
        "Not every search of \(Format.list(open)) is confirmed yet; "
          + "\(analysis.runCount) runs have ended.")
    }
    if running > 0 {
      sentences.append("\(Format.plural(running, "run")) had not ended when this was written.")
    }
    for method in methods where method.diverged > 0 {
      sentences.append(
        "\(Format.plural(method.diverged, "fresh run")) of \(method.name)’s picks diverged.")
    }
    return sentences.isEmpty ? nil : sentences.joined(separator: " ")
  }

  // MARK: - Tables

  package var methodTable: TextTable {
    var table = TextTable([
      .init("Method", .left), .init("Runs"), .init("Own loss"),
      .init("Fresh seeds"), .init("Standard error"),
      .init("Above the best, \(intervalWords(of: comparisons))"), .init("p, Holm’s correction"),
      .init("Fresh seeds minus own loss"),
    ])
    for (place, method) in methods.enumerated() {
      let runs = method.searches.map { $0.spent.last ?? 0 }
      let own = Estimate(of: method.searches.compactMap(\.ownLoss))
      let broken = record.configuration.infeasibility(of: method.searches.map { $0.pick?.mixture })
      table.append([
        method.name + broken,
        "\(method.searches.count) × "
          + (runs.max().map { most in
            most == runs.min()
              ? Format.number(most, 1)
              : "\(Format.number(runs.min()!, 1))–\(Format.number(most, 1))"
          } ?? "–"),
        own.map { Format.loss($0.mean) } ?? "–", Format.plusMinus(method.loss),
        method.loss?.standardError.map(Format.loss) ?? "–",
        place == 0 && method.loss != nil
          ? "best" : Format.difference(method.difference?.estimate.among(comparisons)),
        method.difference.map { Self.pValue($0.pValue) } ?? "–",
        method.winnersCurse.map { Format.difference($0.mean) } ?? "–",
      ])
    }
    return table
  }

  static func pValue(_ value: Double) -> String {
    value < 0.0001 ? "< 0.0001" : Format.fixed(value, 4)
  }

  /// What was handed over after so many trials, on fresh seeds.
  var checkpointTable: TextTable? {
    let checkpoints = record.configuration.checkpoints
    let rows = methods.filter { !$0.checkpoints.isEmpty }
    guard !checkpoints.isEmpty, !rows.isEmpty else { return nil }
    var table = TextTable(
      [.init("Method", .left)] + checkpoints.map { .init("After \($0)") } + [.init("In the end")])
    for method in rows {
      table.append(
        [method.name]
          + checkpoints.map { count in
            Format.plusMinus(method.checkpoints.first { $0.trials == count }?.loss)
          } + [Format.plusMinus(method.loss)])
    }
    return table
  }

  var domainTable: TextTable? {
    let methods = confirmed
    guard !methods.isEmpty else { return nil }
    var table = TextTable([.init("Domain", .left)] + methods.map { .init($0.name) })
    for domain in analysis.heldOutDomains {
      let isTrained = record.configuration.domains.contains(domain)
      table.append(
        [domain + (isTrained ? "" : " (held out)")]
          + methods.map { method in
            method.domains.first { $0.domain == domain }.map { Format.loss($0.loss.mean) } ?? "–"
          })
    }
    return table
  }

  var weightTable: TextTable {
    var table = TextTable(
      [
        .init("Method", .left), .init("Search"),
      ] + record.configuration.domains.map { .init($0) } + [.init("Fresh seeds")])
    for method in methods {
      for search in method.searches {
        guard let mixture = search.pick?.mixture else { continue }
        table.append(
          [method.name, String(search.replicate + 1)] + mixture.weights.map { Format.fixed($0, 3) }
            + [Format.plusMinus(search.confirmed)])
      }
    }
    return table
  }

  /// Laws and regressions: how they fit, what they predicted of their optimum, and what it was.
  var lawTable: TextTable? {
    var table = TextTable([
      .init("Method", .left), .init("Search"), .init("R²"), .init("Residual"), .init("Predicted"),
      .init("Found"), .init("Found minus predicted"),
    ])
    for method in methods {
      for search in method.searches {
        guard let pick = search.pick, let fit = pick.fit, let predicted = pick.predicted else {
          continue
        }
        table.append([
          method.name, String(search.replicate + 1),
          fit.objective.rSquared.map { Format.fixed($0, 3) } ?? "–",
          Format.loss(fit.objective.error), Format.loss(predicted),
          Format.plusMinus(search.confirmed),
          search.confirmed.map { Format.difference($0.mean - predicted) } ?? "–",
        ])
      }
    }
    return table.rows.isEmpty ? nil : table
  }

  var facts: [(name: String, value: String)] {
    let configuration = record.configuration
    let seconds = record.trials.reduce(0.0) { $0 + $1.seconds }
    let claimed = record.trials.reduce(0) { $0 + ($1.outcome == nil ? 0 : $1.claims.count) }
    var facts: [(name: String, value: String)] = [
      ("Model", configuration.scale.words), ("Objective", configuration.objective.words),
    ]
    facts += configuration.constraintFacts
    facts += [
      (
        "Budget",
        "\(Format.plural(configuration.trials, "run")) a search, "
          + "\(Format.plural(configuration.replicates, "search", plural: "searches")) a method; "
          + "fixed mixtures take one"
      ),
      (
        "Fresh seeds",
        "\(configuration.confirmationSeeds) for every pick, the same for all"
          + (configuration.checkpoints.isEmpty || configuration.checkpointSeeds == 0
            ? ""
            : "; \(configuration.checkpointSeeds) for what was handed over after "
              + configuration.checkpoints.map(String.init).joined(separator: ", ") + " trials")
      ),
      (
        "Trained",
        "\(Format.plural(analysis.runCount, "run")), which served \(claimed) times; "
          + "\(Format.duration(seconds)) of training"
      ),
      (
        "Corpus",
        "\(configuration.corpus), \(Format.plural(configuration.domains.count, "training domain")), "
          + "digest \(configuration.corpusDigest.prefix(12))"
      ), ("Seed", "\(configuration.seed)"),
    ]
    return facts
  }

  var notes: [(term: String, text: String)] {
    [
      (
        "Equal compute",
        "Every method may spend the same number of training runs on a search, whatever they are: "
          + "trials, reference models, experts or probes. Where two methods ask for the same mixture "
          + "with the same seed it is trained once, and counts for both."
      ),
      (
        "Searches and seeds",
        "Each search has its own seed, for its proposals and for the training of its runs. What it "
          + "hands over is trained again with fresh seeds, the same for all methods and searches; only "
          + "those runs are compared. Runs are searches times runs of each. Own loss is that of the pick’s run in its search, where it had one; "
          + "the fresh seeds’ mean minus the own loss is the winner’s curse."
      ),
      (
        "Intervals",
        "95\u{202F}%. A mean over searches and fresh seeds owes its error to both; they are taken for "
          + "two crossed random effects, with Satterthwaite’s degrees of freedom. With one search the "
          + "intervals speak of its pick only, not of the method."
      ),
      (
        "Differences",
        "Paired by search and fresh seed. Intervals of differences are widened until all comparisons with "
          + "the best hold together with 95\u{202F}% (Bonferroni’s correction); p values are corrected by "
          + "Holm’s method, which finds a little more. That the best was chosen by the same runs is not "
          + "corrected for."
      ),
    ]
  }
}

extension Format {
  static func plural(_ count: Int, _ noun: String, plural: String) -> String {
    "\(count) \(count == 1 ? noun : plural)"
  }
}

extension String {
  var capitalizedAtStart: String { prefix(1).uppercased() + dropFirst() }
}
