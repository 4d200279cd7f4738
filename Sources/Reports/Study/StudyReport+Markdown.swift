import Mixtures
import Processes
import Studies

extension StudyReport {
  /// The report as Markdown: the same findings and tables, without the charts.
  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks: [String] = ["# \(plain(name))", plain(findings.verdict)]
    if let price = findings.priceWords(record.configuration.objective) {
      blocks.append(plain(price))
    }
    func table(_ table: TextTable) { blocks.append(String(table.markdown.dropLast())) }

    let missing = findings.missing(transfer: transfer)
    if !missing.isEmpty { blocks.append("> " + plain(missing.joined(separator: " "))) }
    if let recommendation = findings.recommendation, let pick = recommendation.pick {
      blocks.append("## Recommended mixture")
      blocks.append(
        headlineFigures.map { "- \(plain($0.label)): **\(plain($0.value))** \(plain($0.note))" }
          .joined(separator: "\n"))
      var weights = TextTable([.init("Domain", .left), .init("Weight")])
      for (domain, weight) in zip(pick.domains, pick.weights) {
        weights.append([domain, Format.share(weight)])
      }
      table(weights)
      if let sources = Format.sources(of: pick) { blocks.append(plain(sources)) }
      blocks.append(
        "```\n\(shellQuoted(Format.specification(pick)).replacing("`", with: "'"))\n```")
    }
    if !findings.domains.isEmpty {
      blocks.append("## Gain and price on each domain")
      if findings.reference != nil {
        blocks.append(
          "Differences from \(findings.referenceWords): "
            + "\(intervalWords(of: findings.domainComparisons)).")
      }
      table(domainTable("Nats per token", \.loss, \.difference))
      if findings.hasBitsPerByte {
        table(domainTable("Bits per byte", \.bitsPerByte, \.bitsPerByteDifference))
      }
    }
    blocks.append("## What was run")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    if !commands.isEmpty {
      blocks.append("```sh\n\(commands.joined(separator: "\n").replacing("```", with: "'''"))\n```")
    }
    blocks.append("## Methods compared")
    table(methodTable)
    if findings.rankedMethods.contains(where: { !$0.finalists.isEmpty }) {
      blocks.append("### Finalists")
      table(finalistTable)
    }
    if !findings.searchTrials.isEmpty {
      blocks.append("## Trials over time")
      table(bestSoFarTable)
      blocks.append("### Groups of similar mixtures")
      table(clusterTable)
    }
    if !picks.isEmpty {
      blocks.append("## Weights of the best mixtures")
      table(weightTable)
    }
    if let alternatives {
      blocks.append("## What would also do")
      blocks.append(plain(alternatives.words))
      table(alternatives.rangeTable)
      table(alternatives.choiceTable)
    }
    if let model {
      blocks.append("## What the model has learned")
      blocks.append(
        plain(
          "By \(model.method)’s model of all its trials: the change, in nats per token, as a domain’s "
            + "weight rises at the mixture that the model holds best. Beliefs, not measurements."))
      table(effectTable(model.insight))
      table(lossTable(model.insight))
      table(candidateTable(model))
      blocks.append(plain(predictionWords(model.insight)))
    }
    blocks.append("## Transfer across sizes")
    if let transfer {
      blocks.append(plain(transfer.verdict))
      table(transferTable(transfer))
      if !transfer.correlations.isEmpty { table(correlationTable(transfer)) }
      if !transfer.swaps.isEmpty { table(swapTable(transfer)) }
    } else {
      blocks.append("No check at other model sizes has been run.")
    }
    blocks.append("## How the numbers are made")
    blocks.append(notes.map { "- **\($0.term).** \(plain($0.text))" }.joined(separator: "\n"))
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// The best loss of each method after a quarter, half, three quarters and all of its trials.
  var bestSoFarTable: TextTable {
    var table = TextTable([
      .init("Method", .left), .init("Ended"), .init("Best after a quarter"), .init("Half"),
      .init("Three quarters"), .init("All"),
    ])
    for method in record.configuration.methods {
      let trials = findings.searchTrials.filter { $0.method == method.name }
      func best(_ share: Double) -> String {
        let limit = Int((Double(method.trials) * share).rounded(.up))
        guard trials.count >= limit else { return "–" }
        return trials.filter { $0.number <= limit }.compactMap(\.loss).min().map(Format.loss) ?? "–"
      }
      table.append(
        [method.name, "\(trials.count) of \(method.trials)"] + [0.25, 0.5, 0.75, 1].map(best))
    }
    return table
  }

  /// The figures of the headline.
  var headlineFigures: [(label: String, value: String, note: String)] {
    guard let best = findings.best, let confirmed = best.confirmed else {
      guard let loss = findings.recommendation?.searchLoss else { return [] }
      return [("Loss in the search", Format.loss(loss), "nats per token, one run, not confirmed")]
    }
    var figures = [
      (
        "Confirmed loss", Format.plusMinus(confirmed),
        "nats per token, "
          + (confirmed.interval == nil
            ? "one seed, so no interval"
            : "95\u{202F}% interval, \(Format.plural(confirmed.count, "fresh seed"))")
      )
    ]
    /// Seen from the best: below zero is better.
    func compare(_ label: String, _ other: MethodResult?) {
      guard let difference = other?.differenceFromBest, other?.method != best.method else { return }
      let note =
        difference.interval.map {
          Format.interval(-$0.upperBound...(-$0.lowerBound)) + ", "
            + intervalWords(of: findings.methodComparisons)
        } ?? "one seed, so no interval"
      figures.append((label, Format.difference(-difference.mean), note))
    }
    compare(
      "Against the runner-up" + (findings.runnerUp.map { ", \($0.method)" } ?? ""),
      findings.runnerUp)
    if findings.runnerUp?.method != findings.referenceName {
      compare("Against \(findings.referenceWords)", findings.reference)
    }
    let others = findings.prices.filter { $0.row.objectiveWeight == nil }
    if let worst = others.max(by: { $0.difference.mean < $1.difference.mean }),
      worst.difference.mean > 0
    {
      figures.append(
        (
          "Highest price, \(worst.row.domain)", Format.difference(worst.difference.mean),
          "nats per token against \(findings.referenceWords)"
            + (worst.difference.interval.map {
              ", \(Format.interval($0)), \(intervalWords(of: findings.domainComparisons))"
            } ?? "")
        ))
    }
    return figures
  }
}
