import MixtureMethods
import Mixtures

/// What runs that somebody made elsewhere say to train on: the page of a table of runs, and the same as Markdown.
package struct TableReport: Sendable, Report {
  /// A run that the table holds.
  package struct Run: Sendable {
    package var name: String
    package var mixture: Mixture
    /// Nil where it has none, such as for a run that diverged.
    package var objective: Double?
    /// In the order of ``TableReport/heldOut``.
    package var losses: [Double?]
    /// What became of it where it has no objective, e.g. `diverged`.
    package var state: String

    package init(
      name: String, mixture: Mixture, objective: Double?, losses: [Double?], state: String
    ) {
      self.name = name
      self.mixture = mixture
      self.objective = objective
      self.losses = losses
      self.state = state
    }
  }

  package let name: String
  let pick: Mixture
  let objective: Objective
  let heldOut: [String]
  let runs: [Run]
  /// What the model has learned, all of it in nats per token; nil without a model, and for tables of other units,
  /// whose numbers are in ``tables`` alone.
  let insight: Insight?
  let alternatives: Alternatives?
  /// What else is to be said at the top: prices in the table's own units, guards.
  let remarks: [String]
  /// What is predicted of each held-out domain, what more of each domain does, the candidates: as the terminal has them.
  let tables: [(title: String, table: TextTable)]
  let facts: [(name: String, value: String)]
  /// What to type to reproduce it.
  let command: String

  /// - Parameter insight: in nats per token.
  package init(
    name: String, pick: Mixture, objective: Objective, heldOut: [String], runs: [Run],
    insight: Insight?, remarks: [String], tables: [(title: String, table: TextTable)],
    facts: [(name: String, value: String)], command: String, seed: UInt64
  ) {
    self.name = name
    self.pick = pick
    self.objective = objective
    self.heldOut = heldOut
    self.runs = runs
    self.insight = insight
    self.remarks = remarks
    self.tables = tables
    self.facts = facts
    self.command = command
    alternatives = insight.flatMap { insight in
      insight.model.flatMap {
        Alternatives(
          by: $0, optimum: insight.optimum.mixture, pick: pick, noise: insight.noise,
          reference: insight.comparison.map { (Self.referenceWords($0.reference), $0.reference) },
          seed: seed)
      }
    }
  }

  // MARK: Words

  /// Equal weights, or the nearest to them that the conditions allow.
  static func referenceWords(_ reference: Mixture) -> String {
    let isEven = (reference.weights.max() ?? 0) - (reference.weights.min() ?? 0) < 1e-9
    return isEven ? "equal weights" : "the allowed mixture nearest to equal weights"
  }

  private var known: Int { runs.count { $0.objective != nil } }

  var verdict: String {
    let train = "Train on \(Format.weights(pick))."
    guard let insight else {
      return train + " It rests on \(Format.plural(known, "finished run"))."
    }
    let own = prediction(insight)
    return train
      + " \(Format.plural(known, "run")) speak for it: its \(objective.targets.count > 3 ? "objective" : objective.words) is predicted to be "
      + "\(Format.loss(own.mean)) (\(Format.loss(own.interval.lowerBound)) to "
      + "\(Format.loss(own.interval.upperBound)), 95\u{202F}% interval)."
  }

  func prediction(_ insight: Insight) -> Prediction {
    insight.candidates.first?.objective ?? insight.optimum.predicted
      ?? Prediction(mean: .nan, deviation: .nan)
  }

  /// How many differences stand beside each other: the objective's and each held-out domain's.
  var comparisons: Int { (insight?.comparison?.losses.count ?? 0) + 1 }

  /// The gain on the objective, and what others pay for it.
  var price: String? {
    guard let comparison = insight?.comparison else {
      return remarks.isEmpty ? nil : remarks.joined(separator: " ")
    }
    let against = Self.referenceWords(comparison.reference)
    let interval = comparison.objective.interval(among: comparisons)
    let certainty =
      interval.contains(0) ? ", so that it cannot be told apart from it by prediction alone" : ""
    var sentences = [
      "Against \(against) the model predicts a gain of \(Format.loss(-comparison.objective.mean)) "
        + "(\(Format.loss(-interval.upperBound)) to \(Format.loss(-interval.lowerBound)), "
        + "\(intervalWords(of: comparisons)))\(certainty)."
    ]
    let found = PriceSentences(
      // Those that the objective counts as well, where it counts several: what it gains, some of them may pay.
      comparison.losses.filter {
        objective.targets.count > 1 || !objective.targets.contains($0.heldOut)
      }.map {
        ($0.heldOut, $0.change.mean, !$0.change.interval(among: comparisons).contains(0))
      }, against: "\(against), predicted", comparisons: comparisons)
    sentences += found.sentences
    if objective.limits.isEmpty, found.hasPrice { sentences.append("Nothing was guarded.") }
    return (sentences + remarks).joined(separator: " ")
  }

  static let open =
    "These are predictions from runs that were not chosen to confirm it: train the mixture and its nearest rivals "
    + "with fresh seeds before you rely on it."

  // MARK: Tables

  /// What each held-out domain gains or pays.
  func domainTable(_ insight: Insight) -> TextTable {
    let isCompared = insight.comparison != nil
    var table = TextTable(
      [.init("Held-out domain", .left), .init("Predicted")]
        + (isCompared
          ? [.init("Minus \(Self.referenceWords(insight.comparison!.reference))")] : []))
    for (heldOut, loss) in insight.losses {
      var row = [heldOut, Alternatives.plusMinus(loss, Format.loss)]
      if let comparison = insight.comparison {
        let change = comparison.losses.first { $0.heldOut == heldOut }?.change
        row.append(
          change.map { change in
            let interval = change.interval(among: comparisons)
            return "\(Format.difference(change.mean)) (\(Format.interval(interval)))"
          } ?? "–")
      }
      table.append(row)
    }
    return table
  }

  func candidateTable(_ insight: Insight) -> TextTable {
    var table = TextTable(
      [
        .init("Mixture", .left), .init("Predicted objective"), .init("Probability of being best"),
        .init("Expected regret"),
      ] + pick.domains.enumerated().map { .init("\($1), %", weightPlace: $0) })
    for (place, candidate) in insight.candidates.enumerated() {
      table.append(
        [
          place == 0 ? "recommended" : "\(place + 1)",
          Alternatives.plusMinus(candidate.objective, Format.loss),
          Format.share(candidate.probabilityOfBest), Format.loss(candidate.expectedRegret),
        ] + candidate.mixture.weights.map { Format.fixed($0 * 100, 1) })
    }
    return table
  }

  /// A page of more cells than this would be slow to open.
  private static let mostCells = 150_000

  /// The runs that the page lists, in the table's order: all, or those of the lowest objectives.
  var shown: [(place: Int, run: Run)] {
    let all = runs.enumerated().map { (place: $0.offset, run: $0.element) }
    let most = max(Self.mostCells / (2 + pick.domains.count + heldOut.count), 1)
    guard all.count > most else { return all }
    let order = all.sorted {
      ($0.run.objective ?? .infinity, $0.place) < ($1.run.objective ?? .infinity, $1.place)
    }
    return order.prefix(most).sorted { $0.place < $1.place }
  }

  func runTable(_ shown: [(place: Int, run: Run)]) -> TextTable {
    var table = TextTable(
      [.init("Run", .left), .init("Objective", isLoss: true)]
        + pick.domains.enumerated().map { .init("\($1), %", weightPlace: $0) }
        + heldOut.map { .init("loss of \($0)", isLoss: true) })
    for (place, run) in shown {
      table.append(
        [run.name, run.objective.map(Format.loss) ?? run.state]
          + run.mixture.weights.map { Format.fixed($0 * 100, 1) }
          + run.losses.map { $0.map(Format.loss) ?? "–" }, identifier: "trial-\(place)")
    }
    return table
  }
}
