import Foundation
import MixtureMethods
import Mixtures
import Studies

extension StudyReport {
  var modelSection: Markup? {
    guard let model else { return nil }
    let insight = model.insight
    var section = heading(
      "What the model has learned",
      "By \(model.method)’s model of all its trials. These are the model’s beliefs; only confirmed runs are "
        + "measurements.")
    if let alternatives {
      for part in sliceParts(
        insight.slices, optimum: insight.optimum.mixture, alternatives.region.ranges)
      { section.append(part) }
      if let ternary = ternaryFigure(alternatives, marks: ternaryMarks) { section.append(ternary) }
    }
    section.append(Markup("h3", text: "A little more of each domain"))
    section.append(
      Markup(
        "p", ["class": "lead"],
        text:
          "At the mixture that the model holds best, at the others’ expense. Solid and blue where the "
          + "interval leaves out zero (\(intervalWords(of: insight.objectiveEffects.count)))."))
    if let chart = effectChart(insight) { section.append(figure(chart, key: [])) }
    let comparisons = insight.objectiveEffects.count * (insight.losses.count + 1)
    let widened = Markup(
      "p", ["class": "caption"],
      text: "± is half of an interval of \(intervalWords(of: comparisons)), by the model.")
    section.append(
      details("On each held-out domain", [scrolling(effectTable(insight)), widened]))
    if !insight.averageEffects.isEmpty {
      section.append(
        details(
          "On average over all mixtures, not at the optimum",
          [scrolling(averageEffectTable(insight)), widened]))
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
    return section
  }

  /// Whether predictions came true: of each run from all others, and of each before it was run.
  var predictionSection: Markup? {
    guard let model else { return nil }
    let square = predictionChart(model.insight)
    let history = historyChart(model)
    guard square != nil || history != nil else { return nil }
    var section = heading("How well it predicts", predictionWords(model.insight))
    var figures = Markup("div", ["class": "side-by-side"])
    if let square {
      let points = model.insight.leaveOneOut
      let shown = min(points.count * 3 / 4 + 1, points.count)
      figures.append(
        figure(
          square, key: [],
          caption: "Each trial predicted from all others"
            + (shown < points.count ? " (the best \(shown) of \(points.count))" : "")))
    }
    if let history {
      figures.append(
        figure(
          history,
          key: [
            (.bar, "solid m5", "predicted before, 95\u{202F}% of runs"),
            (.circle, "hollow best", "measured"), (.diamond, "solid m1", "measured, a miss"),
            (.arrow, "solid best", "above the chart"),
          ], caption: "What was believed then"))
    }
    section.append(figures)
    return section
  }

  /// Any two losses of all trials against each other.
  var tradeOffSection: Markup? {
    tradeOffChart.map { tradeOffSection($0.plot, columns: $0.columns, of: "trial") }
  }
}

extension Report {
  /// - Parameters:
  ///   - columns: the chart's axes, as places among the losses of the table of trials.
  ///   - noun: what a mark stands for.
  func tradeOffSection(_ chart: Plot, columns: (Int, Int), of noun: String) -> Markup {
    var section = heading(
      "Trade-offs between domains",
      "Every \(noun) by two of its losses. The line joins those that no other beats in both (the Pareto "
        + "front). With scripts any two can be chosen.")
    section.append(
      Markup(
        "div", ["id": "pareto", "data-columns": "\(columns.0) \(columns.1)"],
        [
          figure(
            chart,
            key: [
              (.circle, "solid best", "on the front"), (.circle, "hollow", "beaten in both"),
              (.arrow, "solid other", "beyond the chart"),
            ])
        ]
      ))
    return section
  }
}
