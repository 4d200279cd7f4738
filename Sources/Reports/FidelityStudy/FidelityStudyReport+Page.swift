import Mixtures
import Studies

extension FidelityStudyReport {
  /// One page of HTML, its charts inline. Apart from the first line it is XML.
  package var html: String {
    var main = Markup("main", [:], [header, headline])
    for section in [
      domainSection, alternatives.map(alternativeSection), modelSection, frontSection,
      progressSection, sizeSection, curveSection, spendSection, runSection,
    ] {
      if let section { main.append(section) }
    }
    main.append(footer)
    return page(
      title: "\(name) – mixpipe", main, before: [MixtureStrip.patterns],
      data: modelData(alternatives, folder: record.folder), scripts: [.target, .panel, .ternary])
  }

  private var header: Markup {
    pageHeader(
      kicker: "Study of several sizes · \(objectiveWords)", verdict: verdict, price: priceWords,
      missing: analysis.isComplete ? nil : "'mixpipe study \(record.folder)' goes on with it.")
  }

  private var headline: Markup {
    recommendationSection(
      analysis.recommended?.mixture, isConfirmed: analysis.confirmed != nil,
      figures: headlineFigures)
  }

  private var progressSection: Markup? {
    guard let chart = predictionChart else { return nil }
    var section = heading(
      "What the search would have handed over",
      "The loss at the target that the model predicts of the mixture it held best at the time, with its "
        + "95\u{202F}% interval, a run’s own noise not included. The mixture may change from point to "
        + "point. At the end, what fresh seeds of the last one gave there.")
    section.append(
      figure(
        chart,
        key: [(.square, "band best", "predicted, 95\u{202F}%")]
          + (analysis.confirmations.isEmpty
            ? [] : [(.circle, "hollow best", "a fresh seed, measured")])))
    if let chart = chanceChart {
      section.append(Markup("h3", text: "Probability that it is the best"))
      section.append(figure(chart, key: []))
    }
    return section
  }

  private var sizeSection: Markup? {
    guard let chart = sizeChart else { return nil }
    var section = heading(
      "From size to size",
      "What the model predicts of a run of the recommended mixture at each size, its own noise included "
        + "(95\u{202F}% band), and what was measured.")
    section.append(
      figure(
        chart,
        key: [
          (.circle, "solid best", "predicted"), (.square, "hollow m1", "measured in the search"),
          (.diamond, "hollow m1", "measured with fresh seeds"),
        ]))
    return section
  }

  private var spendSection: Markup? {
    guard let chart = spendChart else { return nil }
    var section = heading(
      "Where the budget went",
      "Runs of the search by size, in runs of the target, as the search went on. "
        + (configuration.matching == nil
          ? "A paused run that goes on costs the steps that it lacked."
          : "A longer run begins anew, as it reads more text."))
    section.append(figure(chart, key: []))
    section.append(scrolling(levelTable))
    return section
  }

  private var curveSection: Markup? {
    guard let chart = curveChart else { return nil }
    var section = heading(
      "Learning curves",
      "Each thin line is a run of the search, measured at its rungs as a run that ends there would be. "
        + (predictions == nil
          ? ""
          : "Bands are what the model predicts of runs of the recommended mixture at each size "
            + "(95\u{202F}%), marks in full colour are such runs, rings the fresh seeds."))
    section.append(figure(chart, key: []))
    return section
  }

  private var domainSection: Markup? {
    guard !domainRows.isEmpty else { return nil }
    var section = heading("Gain and price on each domain", domainWords)
    section.append(scrolling(domainTable))
    return section
  }

  private var modelSection: Markup? {
    guard let alternatives else { return nil }
    var section = heading(
      "What the model has learned",
      "By scale-bo’s model of all runs, at the target. These are the model’s beliefs; only fresh seeds are "
        + "measurements.")
    let optimum = alternatives.optimum
    for part in sliceParts(
      alternatives.model.slices(through: optimum), optimum: optimum, alternatives.region.ranges)
    { section.append(part) }
    if let ternary = ternaryFigure(alternatives, marks: ternaryMarks) { section.append(ternary) }
    return section
  }

  /// At most 200 runs, the longest of the largest sizes first.
  private var ternaryMarks: [TernaryMark] {
    let known = analysis.curves.compactMap { curve in curve.points.last.map { (curve, $0) } }
    let order = known.sorted {
      (-$0.0.level, -$0.1.rung, $0.0.run) < (-$1.0.level, -$1.1.rung, $1.0.run)
    }
    return order.prefix(200).map { curve, last in
      TernaryMark(
        mixture: curve.mixture,
        words: "run \(curve.run + 1) at \(configuration.grid.levels[curve.level][0].scale.size): "
          + Format.loss(last.objective))
    }
  }

  private var runSection: Markup? {
    guard !analysis.curves.isEmpty else { return nil }
    var section = heading("Runs", nil)
    section.append(
      details(
        "Every run of the search", [scrolling(runTable)], isOpen: analysis.curves.count < 13,
        rows: analysis.curves.count))
    return section
  }

  private var footer: Markup {
    var section = heading("How it was made", nil)
    section.append(definitionList(facts))
    section.append(code(commands, label: "To reproduce it"))
    return section
  }
}
