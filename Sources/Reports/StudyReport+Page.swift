import Mixtures
import Numerics
import Studies

extension StudyReport {
  /// The report as one page of HTML, its charts inline. Apart from the first line it is XML.
  package var html: String {
    var main = Markup("main", [:], [header])
    main.append(headline)
    for section in [
      methodSection, trialSection, domainSection, weightSection, modelSection, transferSection,
      runSection,
      noteSection,
    ] {
      if let section { main.append(section) }
    }
    return page(title: "\(name) – mixpipe", [MixtureStrip.patterns, main])
  }

  // MARK: Sections

  private var header: Markup {
    let missing = findings.missing(transfer: transfer)
    return pageHeader(
      kicker: "Data-mixture study · \(record.configuration.objective.words)",
      verdict: findings.verdict, missing: missing.isEmpty ? nil : missing.joined(separator: " "))
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
            + "the best, it cancels:"))
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
      "Each mark is a training run of the search. Its colour is the group of similar mixtures that it "
        + "belongs to, its shape the method; lines are the lowest loss so far, dotted ones the level of "
        + "mixtures that need no search.")
    var key = record.configuration.methods.filter { $0.trials > 1 }.map {
      method -> (Plot.Shape, String, String) in
      let place = findings.rankedMethods.firstIndex { $0.method == method.name } ?? 0
      return (Plot.Shape.series[place % Plot.Shape.series.count], "solid other", method.name)
    }
    if findings.divergedTrials > 0 { key.append((.cross, "diverged", "diverged, no loss")) }
    if let top = findings.searchTrials.compactMap(\.loss).max(),
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
                [
                  Markup(
                    "svg", ["width": "12", "height": "12", "aria-hidden": "true"],
                    [
                      Markup(
                        "circle", ["class": "point c\(index)", "cx": "6", "cy": "6", "r": "5"])
                    ]),
                  Markup("span", text: label),
                ]),
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
    section.append(details("Every trial", [scrolling(trialTable)]))
    return section
  }

  private var domainSection: Markup? {
    guard !findings.domains.isEmpty else { return nil }
    let held = findings.domains.filter { !$0.isTrained }.map(\.domain)
    let uncounted = findings.domains.filter { $0.objectiveWeight == nil }.map(\.domain)
    var section = heading(
      "Loss of each domain",
      (findings.uniform == nil
        ? "Without a confirmed uniform mixture there is nothing common to take differences from, so "
          + "only the losses themselves are shown. "
        : "What each method’s pick gains or loses against equal weights, paired by seed. ")
        + (held.isEmpty
          ? "" : "No run trains on \(held.joined(separator: ", ")) (in italics). ")
        + (uncounted.isEmpty
          ? "" : "The objective does not count \(uncounted.joined(separator: ", "))."))
    let methods = findings.rankedMethods.prefix(findings.confirmedCount)
    if let chart = domainChart {
      section.append(
        figure(
          chart,
          key: methods.enumerated().filter { $0.element.method != "uniform" }.map { place, method in
            (
              Plot.Shape.series[place % 6], "solid \(place == 0 ? "best" : "other") m\(place % 6)",
              method.method + (place == domainChartFocus ? ", 95\u{202F}% interval" : "")
            )
          }))
      section.append(heatTable)
    }
    section.append(
      details(
        "Losses in nats per token and bits per byte",
        [
          scrolling(domainTable("Nats per token", \.loss, \.difference)),
          scrolling(domainTable("Bits per byte", \.bitsPerByte, \.bitsPerByteDifference)),
        ], isOpen: domainChart == nil))
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

  private var modelSection: Markup? {
    guard let model else { return nil }
    let insight = model.insight
    var section = heading(
      "What the model has learned",
      "By \(model.method)’s model of all its trials: what a little more of each domain, at the others’ "
        + "expense, would do at the mixture that the model holds best. Blue where the 95\u{202F}% interval "
        + "leaves out zero. These are the model’s beliefs; only confirmed runs are measurements.")
    if let chart = effectChart(insight) { section.append(figure(chart, key: [])) }
    section.append(details("On each held-out domain", [scrolling(effectTable(insight))]))
    if !insight.averageEffects.isEmpty {
      section.append(
        details(
          "On average over all mixtures, not at the optimum",
          [scrolling(averageEffectTable(insight))]))
    }
    section.append(
      details("Each held-out domain at the optimum", [scrolling(lossTable(insight))]))
    section.append(Markup("h3", text: "How sure the choice is"))
    section.append(scrolling(candidateTable(model)))
    section.append(
      Markup(
        "p", ["class": "caption"],
        text:
          "The probability of being the best of this list, and by how much each is expected to fall "
          + "short of the best of all mixtures."))
    if let chart = predictionChart(insight) {
      section.append(Markup("h3", text: "How well it predicts"))
      section.append(Markup("p", ["class": "lead"], text: predictionWords(insight)))
      section.append(figure(chart, key: []))
    }
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
            + "95\u{202F}% intervals; lower is better."))
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
    if !commands.isEmpty { section.append(code(commands, label: "To have it again")) }
    return section
  }

  private var noteSection: Markup? {
    var section = Markup(
      "section", ["class": "notes"], [Markup("h2", text: "How the numbers are made")])
    section.append(definitionList(notes.map { ($0.term, $0.text) }))
    return section
  }

  private var trialTable: TextTable {
    var table = TextTable([
      .init("Trial", .left), .init("Method", .left), .init("Number"), .init("Loss"),
      .init("Group", .left), .init("Weights", .left),
    ])
    for trial in findings.searchTrials {
      table.append([
        String(trial.id), trial.method, String(trial.number),
        trial.loss.map(Format.loss) ?? "diverged", Self.clusterName(trial.cluster),
        Self.weights(trial.mixture),
      ])
    }
    return table
  }

  /// Differences from equal weights, coloured by size: blue where lower, orange where higher.
  private var heatTable: Markup {
    let methods = findings.rankedMethods.prefix(findings.confirmedCount)
    let columns = methods.indices.filter { methods[$0].method != "uniform" }
    let uniform = methods.firstIndex { $0.method == "uniform" }
    let largest =
      findings.domains.flatMap(\.cells).compactMap { $0?.difference.map { abs($0.mean) } }.max()
      ?? 1
    func cell(_ cell: StudyFindings.DomainCell?) -> Markup {
      guard let difference = cell?.difference else { return Markup("td", text: "–") }
      // Five steps are as many as can be told apart.
      let strength = Int(clamping: (abs(difference.mean) / max(largest, 1e-12) * 5).rounded(.up))
      let isCertain = difference.interval.map { !$0.contains(0) } ?? false
      return Markup(
        "td",
        [
          "class": "number \(difference.mean < 0 ? "lower" : "higher")\(min(max(strength, 1), 5))"
            + (isCertain ? "" : " uncertain"),
          "title": difference.interval.map { "95 % interval \(Format.interval($0))" } ?? "one seed",
        ],
        [
          Markup("span", ["class": "nats"], text: Format.difference(difference.mean)),
          Markup(
            "span", ["class": "bits"],
            text: (cell?.bitsPerByteDifference).map { Format.difference($0.mean) } ?? ""),
        ])
    }
    return Markup(
      "div", [:],
      [
        Markup(
          "div", ["class": "scroll", "tabindex": "0"],
          [
            Markup(
              "table", ["class": "heat"],
              [
                Markup(
                  "thead", [:],
                  [
                    Markup(
                      "tr", [:],
                      [Markup("th", ["scope": "col", "class": "text"], text: "Domain")]
                        + (uniform == nil
                          ? []
                          : [
                            Markup(
                              "th", ["scope": "col", "class": "number"], text: "equal weights")
                          ])
                        + columns.map {
                          Markup(
                            "th", ["scope": "col", "class": "number"], text: methods[$0].method)
                        })
                  ]),
                Markup(
                  "tbody", [:],
                  findings.domains.map { row in
                    Markup(
                      "tr", [:],
                      [
                        Markup(
                          "th",
                          ["scope": "row", "class": row.isTrained ? "text" : "text held-out"],
                          text: row.domain)
                      ]
                        + (uniform.map { index in
                          [
                            Markup(
                              "td", ["class": "number"],
                              [
                                Markup(
                                  "span", ["class": "nats"],
                                  text: row.cells[index].map { Format.loss($0.loss.mean) } ?? "–"),
                                Markup(
                                  "span", ["class": "bits"],
                                  text: row.cells[index].map { Format.loss($0.bitsPerByte.mean) }
                                    ?? ""
                                ),
                              ])
                          ]
                        } ?? [])
                        + columns.map { cell(row.cells[$0]) })
                  }),
              ])
          ]),
        Markup(
          "p", ["class": "caption"],
          text:
            "Above, nats per token; below, bits per byte. The first column is the loss itself, the "
            + "others are differences from it: blue is lower, orange higher, pale grey numbers cannot "
            + "be told from zero (95\u{202F}%)."),
      ])
  }
}
