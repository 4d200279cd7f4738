import Mixtures
import Runs
import Studies

// The tables, once for the page and for Markdown.
extension StudyReport {
  var facts: [(name: String, value: String)] {
    let configuration = record.configuration
    let search = record.trials.filter { $0.purpose == .search }
    let confirmations = record.trials.filter {
      $0.purpose == .confirmation && $0.outcome != nil
    }
    let seeds = Set(confirmations.map(\.request.seed)).count
    var facts: [(name: String, value: String)] = [("Model", configuration.scale.words)]
    if case .other(_, let settings) = configuration.trainer, let trainer = settings["trainer"] {
      facts.append(("Trainer", trainer))
    }
    facts += [
      (
        "Search",
        "\(Format.plural(search.count { $0.outcome != nil }, "training run")) for "
          + Format.plural(findings.endedTrials, "trial")
          + (findings.divergedTrials > 0 ? ", \(findings.divergedTrials) diverged" : "")
          + ", seed \(configuration.seed)"
      ),
      (
        "Confirmation",
        confirmations.isEmpty
          ? "none yet"
          : "\(Format.plural(confirmations.count, "run")) with \(Format.plural(seeds, "fresh seed"))"
      ),
      ("Objective", configuration.objective.words),
    ]
    facts += configuration.constraintFacts
    facts += [
      (
        "Corpus",
        "\(configuration.corpus), \(Format.plural(configuration.domains.count, "training domain")), "
          + "digest \(configuration.corpusDigest.prefix(12))"
      )
    ]
    let starts = record.trials.map(\.askedAt).filter { $0 > 0 }
    let ends = record.trials.compactMap(\.endedAt)
    if let start = starts.min() {
      facts.append(("Begun", Format.date(start)))
      if let end = ends.max(), end > start {
        let compute = record.trials.reduce(0.0) { $0 + $1.seconds }
        facts.append(
          (
            "Wall time",
            "\(Format.duration(end - start)) from first proposal to last result"
              + (compute > 0 ? "; \(Format.duration(compute)) of training in all" : "")
          ))
      }
    }
    return facts
  }

  var methodTable: TextTable {
    var table = TextTable([
      .init("Method", .left), .init("Trials"), .init("Diverged"), .init("Search loss"),
      .init("Fresh seeds"), .init("Confirmed loss"), .init("Worse than the best by"),
    ])
    for (place, method) in findings.rankedMethods.enumerated() {
      table.append([
        method.method + record.configuration.infeasibility(of: [method.pick]),
        String(method.trialsFinished), String(method.trialsDiverged),
        method.searchLoss.map(Format.loss) ?? "–", method.confirmed.map { String($0.count) } ?? "–",
        Format.plusMinus(method.confirmed),
        place == 0 && method.confirmed != nil
          ? "best" : Format.difference(method.differenceFromBest),
      ])
    }
    return table
  }

  var finalistTable: TextTable {
    var table = TextTable([
      .init("Method", .left), .init("Finalist"), .init("Search loss"), .init("Confirmed loss"),
      .init("Moved by"), .init("Weights", .left),
    ])
    for method in findings.rankedMethods {
      for (place, finalist) in method.finalists.enumerated() {
        table.append([
          method.method, String(place + 1) + (finalist.mixture == method.pick ? " (pick)" : ""),
          finalist.searchLoss.map(Format.loss) ?? "–",
          Format.plusMinus(finalist.confirmed)
            + (finalist.diverged > 0 ? " (\(finalist.diverged) diverged)" : ""),
          Self.moved(finalist.searchLoss, finalist.confirmed),
          Format.weights(finalist.mixture),
        ])
      }
    }
    return table
  }

  private static func moved(_ search: Double?, _ confirmed: Estimate?) -> String {
    guard let search, let confirmed else { return "–" }
    return Format.difference(confirmed.mean - search)
  }

  /// Methods that have a mixture to show, best first.
  var picks: [(method: String, mixture: Mixture)] {
    findings.rankedMethods.compactMap { method in method.pick.map { (method.method, $0) } }
  }

  var weightTable: TextTable {
    var table = TextTable([.init("Domain", .left)] + picks.map { .init($0.method) })
    for (index, domain) in record.configuration.domains.enumerated() {
      table.append([domain] + picks.map { Format.share($0.mixture.weights[index]) })
    }
    return table
  }

  var clusterTable: TextTable {
    var table = TextTable([
      .init("Group", .left), .init("Trials"), .init("Lowest loss"), .init("Mean weights", .left),
    ])
    for (index, cluster) in findings.clusters.enumerated() {
      table.append([
        Self.clusterName(index), String(cluster.members.count),
        findings.clusterBests[index].map(Format.loss) ?? "diverged", Format.weights(cluster.mean),
      ])
    }
    return table
  }

  static func clusterName(_ index: Int) -> String {
    String(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))
  }

  static func domainName(_ row: StudyFindings.DomainRow) -> String {
    row.isTrained ? row.domain : "\(row.domain) (held out only)"
  }

  /// Losses in one unit: absolute, and minus the reference's where there is one.
  func domainTable(
    _ unit: String, _ value: (StudyFindings.DomainCell) -> Estimate?,
    _ difference: (StudyFindings.DomainCell) -> Estimate?
  ) -> TextTable {
    let confirmed = findings.rankedMethods.indices.prefix(findings.confirmedCount)
    var table = TextTable(
      [.init("\(unit)", .left)]
        + confirmed.flatMap { index -> [TextTable.Column] in
          let name = findings.rankedMethods[index].method
          return name == findings.referenceName || findings.reference == nil
            ? [.init(name)]
            : [.init(name), .init("minus \(findings.referenceName ?? "")’s")]
        })
    for row in findings.domains {
      table.append(
        [Self.domainName(row)]
          + confirmed.flatMap { index -> [String] in
            let cell = row.cells[index]
            let loss = Format.plusMinus(cell.flatMap(value))
            let name = findings.rankedMethods[index].method
            return name == findings.referenceName || findings.reference == nil
              ? [loss] : [loss, Format.difference(cell.flatMap(difference))]
          })
    }
    return table
  }

  func transferTable(_ transfer: TransferResult) -> TextTable {
    var table = TextTable(
      [.init("Mixture", .left)]
        + transfer.scales.flatMap {
          [.init("\($0.size), \(Format.count($0.tokens)) tokens"), .init("Rank")]
        })
    let ranks = transfer.scales.indices.map { scale -> [Int?] in
      let means = transfer.candidates.map { $0.losses[scale]?.mean }
      return means.map { mean in
        mean.map { mean in 1 + means.count { $0.map { $0 < mean } ?? false } }
      }
    }
    // By the rank at the largest size that each was run at.
    let order = transfer.candidates.indices.sorted { a, b in
      let pair = [a, b].map { index in ranks.lazy.reversed().compactMap { $0[index] }.first ?? .max
      }
      return (pair[0], a) < (pair[1], b)
    }
    for index in order {
      let candidate = transfer.candidates[index]
      let cells = transfer.scales.indices.flatMap { scale -> [String] in
        let diverged = candidate.diverged[scale]
        let words = diverged > 0 ? " (\(diverged) diverged)" : ""
        let rank = ranks[scale][index].map(String.init) ?? "–"
        return [Format.plusMinus(candidate.losses[scale]) + words, rank]
      }
      table.append([candidate.name] + cells)
    }
    return table
  }

  func correlationTable(_ transfer: TransferResult) -> TextTable {
    var table = TextTable([
      .init("Sizes", .left), .init("Spearman’s ρ"), .init("95\u{202F}% over seeds"),
      .init("Kendall’s τ"), .init("95\u{202F}% over seeds"),
    ])
    func range(_ interval: ClosedRange<Double>) -> String {
      "\(Format.fixed(interval.lowerBound, 2)) to \(Format.fixed(interval.upperBound, 2))"
    }
    for pair in transfer.correlations {
      table.append([
        "\(transfer.scales[pair.from].size) → \(transfer.scales[pair.to].size)",
        Format.fixed(pair.spearman, 2), range(pair.spearmanInterval),
        Format.fixed(pair.kendall, 2), range(pair.kendallInterval),
      ])
    }
    return table
  }

  func swapTable(_ transfer: TransferResult) -> TextTable {
    var table = TextTable([
      .init("Mixtures", .left), .init("At one size"), .init("At the other"),
      .init("Certain", .left),
    ])
    for swap in transfer.swaps {
      table.append([
        "\(swap.first) minus \(swap.second)",
        "\(transfer.scales[swap.from].size): \(Format.difference(swap.differences.0))",
        "\(transfer.scales[swap.to].size): \(Format.difference(swap.differences.1))",
        swap.isSignificant ? "yes" : "may be noise",
      ])
    }
    return table
  }

  /// How the numbers were made; the last section.
  var notes: [(term: String, text: String)] {
    let configuration = record.configuration
    return [
      (
        "Loss",
        "Log-perplexity on held-out text: the mean negative log-likelihood of a token in nats (natural "
          + "logarithm; perplexity is its exponential), over the same windows for every run. Bits per byte is the same divided by the bytes of text "
          + "and ln 2, which makes tokenizers comparable. Lower is better. The objective is the "
          + "\(record.configuration.objective.words)."
      ),
      (
        "Search and confirmation",
        "Every trial of the search trains with the same seed, \(configuration.seed), so that its "
          + "noise is common to all mixtures. The lowest loss among many is partly luck; so up to "
          + "\(Format.plural(configuration.finalists, "finalist")) of each method are trained again "
          + "with \(Format.plural(configuration.confirmationSeeds, "seed")) that no search has seen, "
          + "and only those runs decide. Confirmed losses of a method’s own pick still flatter it a "
          + "little where several finalists were compared by them."
      ),
      (
        "Intervals",
        "By Student’s t over the seeds; ± is half their width, and holds with 95\u{202F}% for the one mean "
          + "that it stands at. They speak of the noise of training, not of which text was held out: the "
          + "windows are the same for all."
      ),
      (
        "Several comparisons",
        "Where many differences are shown some would seem real by chance. The intervals of the "
          + "\(findings.methodComparisons) differences from the best method, and those of the "
          + "\(findings.domainComparisons) differences on held-out domains, are each widened until all of "
          + "a family together hold with 95\u{202F}% (Bonferroni’s correction). What they leave out zero "
          + "for is called certain. That the best method was chosen by the same runs is not corrected for."
      ),
      (
        "Paired",
        "Differences are taken seed by seed between runs that share initialization and the order of "
          + "each domain’s text, and then averaged; their interval is narrower than those of the two "
          + "means suggest. “Cannot be told apart” means that the interval holds zero."
      ),
      (
        "Beliefs and measurements",
        "What a model predicts says so, and is no measurement. Predictions are of the loss that runs of a "
          + "mixture have on average; a run’s own noise is part of them only where it is said."
      ),
      (
        "Lag",
        "A method’s proposal n knows the outcomes of its trials up to n − \(configuration.lag), "
          + "whatever finished sooner; the study comes out the same on any number of workers."
      ),
      (
        "Groups of mixtures",
        "Hellinger’s distance between the weights, joined by mean linkage until groups are more than "
          + "0.2 apart and at most six; for reading only, no method knows of them."
      ),
      (
        "Diverged",
        "A run whose loss stopped being finite or ran away. It has no loss, and is shown at the top "
          + "edge of the chart."
      ),
    ]
  }
}
