import MixtureMethods
import Mixtures

extension TableReport {
  /// One page of HTML, its charts inline. Apart from the first line it is XML.
  package var html: String {
    let shown = shown
    var main = Markup(
      "main", [:],
      [
        pageHeader(
          kicker: "Runs of a table · \(objective.words)", verdict: verdict, price: price,
          missing: Self.open),
        recommendationSection(pick, isConfirmed: true, figures: figures),
      ])
    for section in [
      domainSection, alternatives.map(alternativeSection), modelSection(shown), tableSection,
      predictionSection, tradeOffSection(shown), runSection(shown), footer,
    ] {
      if let section { main.append(section) }
    }
    return page(
      title: "\(name) – mixpipe", main, before: [MixtureStrip.patterns],
      data: modelData(alternatives, command: nil),
      scripts: [.surrogate, .panel, .ternary, .pareto])
  }

  private var figures: [(label: String, value: String, note: String)] {
    var figures: [(label: String, value: String, note: String)] = []
    guard let insight else { return figures }
    figures.append(
      (
        "Predicted", Alternatives.plusMinus(prediction(insight), Format.loss),
        "nats per token, 95\u{202F}% interval"
      ))
    if let comparison = insight.comparison {
      figures.append(
        (
          "Against \(Self.referenceWords(comparison.reference))",
          Format.difference(comparison.objective.mean),
          Format.interval(comparison.objective.interval(among: comparisons)) + ", "
            + intervalWords(of: comparisons)
        ))
    }
    if let first = insight.candidates.first {
      figures.append(
        (
          "Probability of being the best", Format.share(first.probabilityOfBest),
          "of the candidates below; expected regret \(Format.loss(first.expectedRegret)) against the best of all "
            + "mixtures"
        ))
    }
    return figures
  }

  private var domainSection: Markup? {
    guard let insight else { return nil }
    var section = heading(
      "Gain and price on each domain",
      "Predicted for the recommended mixture, in nats per token; ± is half of a 95\u{202F}% interval. Differences, "
        + "above zero where the domain pays, are of \(intervalWords(of: comparisons)).")
    section.append(scrolling(domainTable(insight)))
    return section
  }

  private func modelSection(_ shown: [(place: Int, run: Run)]) -> Markup? {
    guard let insight else { return nil }
    var section = heading(
      "What the model has learned",
      "By a Gaussian process for each held-out domain. These are the model’s beliefs; only runs are measurements."
    )
    if let alternatives {
      for part in sliceParts(
        insight.slices, optimum: insight.optimum.mixture, alternatives.region.ranges)
      { section.append(part) }
      if let ternary = ternaryFigure(alternatives, marks: marks(shown)) { section.append(ternary) }
    }
    section.append(Markup("h3", text: "A little more of each domain"))
    section.append(
      Markup(
        "p", ["class": "lead"],
        text:
          "At the mixture that the model holds best, at the others’ expense. Solid and blue where the "
          + "interval leaves out zero (\(intervalWords(of: insight.objectiveEffects.count)))."))
    if let chart = effectChart(insight) { section.append(figure(chart, key: [])) }
    section.append(details("On each held-out domain", [scrolling(effectTable(insight))]))
    section.append(Markup("h3", text: "How sure the choice is"))
    section.append(scrolling(candidateTable(insight)))
    section.append(
      Markup(
        "p", ["class": "caption"],
        text:
          "The probability of being the best of this list, and by how much each is expected to fall short of the best "
          + "of all mixtures."))
    return section
  }

  /// At most 200 runs, those of the lowest objectives.
  private func marks(_ shown: [(place: Int, run: Run)]) -> [TernaryMark] {
    shown.filter { $0.run.objective != nil }
      .sorted { ($0.run.objective!, $0.place) < ($1.run.objective!, $1.place) }.prefix(200)
      .map {
        TernaryMark(
          mixture: $0.run.mixture, words: "\($0.run.name): \(Format.loss($0.run.objective!))",
          trial: $0.place)
      }
  }

  /// What the terminal says, where the model’s numbers are in the table's own units.
  private var tableSection: Markup? {
    guard insight == nil, !tables.isEmpty else { return nil }
    var section = heading("What is predicted", nil)
    for (title, table) in tables {
      section.append(Markup("h3", text: title))
      section.append(scrolling(table))
    }
    return section
  }

  private var predictionSection: Markup? {
    guard let insight, let chart = predictionChart(insight) else { return nil }
    var section = heading("How well it predicts", predictionWords(insight))
    let points = insight.leaveOneOut
    let near = min(points.count * 3 / 4 + 1, points.count)
    section.append(
      figure(
        chart, key: [],
        caption: "Each run predicted from all others"
          + (near < points.count ? " (the best \(near) of \(points.count))" : "")))
    return section
  }

  private func tradeOffSection(_ shown: [(place: Int, run: Run)]) -> Markup? {
    let uncounted = heldOut.firstIndex { !objective.targets.contains($0) }
    guard insight != nil, let column = uncounted ?? heldOut.indices.last, heldOut.count > 1,
      let chart = tradeOffChart(
        shown.compactMap { place, run in
          run.objective.flatMap { x in run.losses[column].map { (x, $0, place) } }
        }, domain: heldOut[column])
    else { return nil }
    return tradeOffSection(chart, columns: (0, column + 1), of: "run")
  }

  private func runSection(_ shown: [(place: Int, run: Run)]) -> Markup? {
    var section = heading(
      "Runs",
      shown.count < runs.count
        ? "The \(shown.count) of the lowest objectives of \(runs.count); more would make the page slow."
        : nil)
    section.append(
      details(
        "Every run", [scrolling(runTable(shown))], isOpen: shown.count < 13, rows: shown.count))
    return section
  }

  private var footer: Markup? {
    var section = heading("How it was made", nil)
    section.append(definitionList(facts.map { ($0.name, $0.value) }))
    section.append(code([command], label: "To reproduce it"))
    return section
  }

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks = ["# \(plain(name))", plain(verdict)]
    if let price { blocks.append(plain(price)) }
    blocks.append("**Still open.** " + plain(Self.open))
    func add(_ title: String, _ table: TextTable) {
      blocks.append("## \(title)")
      blocks.append(String(table.markdown.dropLast()))
    }
    if let insight {
      add("Gain and price on each domain", domainTable(insight))
      if let alternatives {
        add("What would also do", alternatives.rangeTable)
        blocks.append(String(alternatives.choiceTable.markdown.dropLast()))
      }
      add("A little more of each domain", effectTable(insight))
      add("How sure the choice is", candidateTable(insight))
      blocks.append("## How well it predicts\n\n" + plain(predictionWords(insight)))
    } else {
      for (title, table) in tables { add(title, table) }
    }
    blocks.append("## How it was made")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    blocks.append("```sh\n\(command.replacing("```", with: "'''"))\n```")
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
