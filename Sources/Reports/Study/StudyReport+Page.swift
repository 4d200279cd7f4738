import Mixtures
import Studies

extension StudyReport {
  /// The report as one page of HTML, its charts inline. Apart from the first line it is XML.
  package var html: String {
    var main = Markup("main", [:], [header])
    main.append(headline)
    for section in [
      domainSection, methodSection, alternatives.map(alternativeSection), modelSection,
      predictionSection,
      trialSection,
      tradeOffSection, weightSection, transferSection, runSection, noteSection,
    ] {
      if let section { main.append(section) }
    }
    return page(
      title: "\(name) – mixpipe", main, before: [MixtureStrip.patterns],
      data: modelData(alternatives, folder: record.folder),
      scripts: [.surrogate, .panel, .ternary, .pareto])
  }

  // MARK: Sections

  private var header: Markup {
    let missing = findings.missing(transfer: transfer)
    return pageHeader(
      kicker: "Data-mixture study · \(record.configuration.objective.words)",
      verdict: findings.verdict, price: findings.priceWords(record.configuration.objective),
      missing: missing.isEmpty ? nil : missing.joined(separator: " "))
  }

  private var headline: Markup {
    guard let recommendation = findings.recommendation, let pick = recommendation.pick else {
      var section = recommendationSection(nil, isConfirmed: false, figures: [])
      section.append(definitionList(facts.map { ($0.name, $0.value) }))
      return section
    }
    return recommendationSection(pick, isConfirmed: findings.best != nil, figures: headlineFigures)
  }

  private var methodSection: Markup? {
    guard !findings.rankedMethods.isEmpty else { return nil }
    var section = heading(
      "Methods compared",
      findings.confirmedCount > 0
        ? "What each method would hand over, trained again with fresh seeds. A ring is the loss that "
          + "the same mixture had in the search; the way from ring to dot is what luck and the change "
          + "of seed had contributed."
        : "No pick has been trained again with fresh seeds yet"
          + (methodChart == nil ? "." : ", so the rings are single runs of the search."))
    if let chart = methodChart {
      let key: [(Plot.Shape, String, String)] = [
        (.circle, "solid other", "mean over fresh seeds, 95\u{202F}% interval"),
        (.circle, "hollow other", "loss in the search"),
      ]
      section.append(figure(chart, key: findings.confirmedCount > 0 ? key : [key[1]]))
    }
    if let chart = differenceChart {
      section.append(
        Markup(
          "p", ["class": "lead"],
          text: "The intervals above hold noise that all methods share. Taken seed by seed against "
            + "the best, it cancels (\(intervalWords(of: findings.methodComparisons))):"))
      section.append(figure(chart, key: []))
    }
    section.append(scrolling(methodTable))
    if findings.rankedMethods.contains(where: { !$0.finalists.isEmpty }) {
      section.append(details("Every finalist", [scrolling(finalistTable)]))
    }
    return section
  }

  private var trialSection: Markup? {
    guard let chart = trialChart else { return nil }
    var section = heading(
      "Trials over time",
      "Each mark is a training run of the search, its shape and colour the method; lines are the lowest "
        + "loss so far, dotted ones the level of mixtures that need no search. A mark leads to its row in "
        + "the table of trials.")
    var key = record.configuration.methods.filter { $0.trials > 1 }.map {
      method -> (Plot.Shape, String, String) in
      let place = findings.rankedMethods.firstIndex { $0.method == method.name } ?? 0
      return (
        Plot.Shape.series[place % Plot.Shape.series.count], "solid \(colour(method.name))",
        method.name
      )
    }
    if findings.divergedTrials > 0 { key.append((.cross, "diverged", "diverged, no loss")) }
    if let top = findings.searchTrials.compactMap(\.loss).max(),
      findings.searchTrials.count <= Self.mostMarks,
      chart.markup.text.contains("above the chart")
    {
      key.append((.arrow, "solid other", "above the chart, up to \(Format.loss(top))"))
    }
    section.append(figure(chart, key: key))
    section.append(Markup("h3", text: "Groups of similar mixtures"))
    section.append(MixtureStrip.legend(record.configuration.domains))
    section.append(
      Markup(
        "div", ["class": "strips"],
        findings.clusters.enumerated().map { index, cluster in
          let label = Self.clusterName(index)
          return Markup(
            "div", ["class": "strip-row"],
            [
              Markup(
                "span", ["class": "strip-name"],
                text: label),
              MixtureStrip.markup(
                cluster.mean, id: "group-\(label)", name: "group \(label), mean", height: 18),
              Markup(
                "span", ["class": "strip-note"],
                text: "\(Format.plural(cluster.members.count, "trial")), "
                  + (findings.clusterBests[index].map { "lowest \(Format.loss($0))" }
                    ?? "all diverged")),
            ])
        }))
    section.append(details("Groups in numbers", [scrolling(clusterTable)]))
    section.append(
      details("Every trial", [scrolling(trialTable)], rows: findings.searchTrials.count))
    return section
  }

  private var weightSection: Markup? {
    guard !picks.isEmpty else { return nil }
    var section = heading(
      "Weights of the best mixtures", "The mixture that each method hands over, best first.")
    section.append(MixtureStrip.legend(record.configuration.domains))
    section.append(
      Markup(
        "div", ["class": "strips"],
        picks.enumerated().map { index, pick in
          Markup(
            "div", ["class": "strip-row two"],
            [
              Markup("span", ["class": "strip-name"], text: pick.method),
              MixtureStrip.markup(
                pick.mixture, id: "pick-\(index)", name: "\(pick.method)’s pick", height: 22),
            ])
        }))
    section.append(scrolling(weightTable))
    return section
  }

  private var transferSection: Markup? {
    guard let transfer else {
      return heading(
        "Transfer across sizes",
        "No check at other model sizes has been run: whether the order of these mixtures holds beyond "
          + "\(record.configuration.scale.size) parameters is open.")
    }
    var section = heading("Transfer across sizes", nil)
    section.append(Markup("p", ["class": "finding"], text: transfer.verdict))
    if let chart = transferChart(transfer) {
      section.append(
        Markup(
          "p", ["class": "lead"],
          text: "Where each mixture stands among the others at each size, seed by seed, with "
            + "95\u{202F}% intervals, cut where they reach beyond the chart; lower is better."))
      section.append(figure(chart, key: []))
    }
    section.append(scrolling(transferTable(transfer)))
    if !transfer.correlations.isEmpty {
      section.append(Markup("h3", text: "Rank correlations"))
      section.append(scrolling(correlationTable(transfer)))
    }
    section.append(Markup("h3", text: "Pairs that change places"))
    section.append(
      transfer.swaps.isEmpty
        ? Markup("p", text: "None: every pair keeps its order.") : scrolling(swapTable(transfer)))
    return section
  }

  private var runSection: Markup? {
    guard findings.recommendation != nil else { return nil }
    var section = heading("What was run", nil)
    section.append(definitionList(facts.map { ($0.name, $0.value) }))
    if !commands.isEmpty { section.append(code(commands, label: "To reproduce it")) }
    return section
  }

  private var noteSection: Markup? {
    var section = Markup(
      "section", ["class": "notes"], [Markup("h2", text: "How the numbers are made")])
    section.append(definitionList(notes.map { ($0.term, $0.text) }))
    return section
  }
}
