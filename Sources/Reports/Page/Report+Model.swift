import Foundation
import MixtureMethods
import Mixtures
import Processes

/// What pages show of a model that predicts any mixture.
extension Report {
  /// Values for the scripts of the model's sections.
  func modelData(_ alternatives: Alternatives?, folder: String) -> [Markup] {
    modelData(alternatives, command: "mixpipe predict \(shellQuoted(folder)) --mixture")
  }

  /// - Parameter command: predicts a mixture in the terminal; nil where nothing does.
  func modelData(_ alternatives: Alternatives?, command: String?) -> [Markup] {
    guard let alternatives,
      let data = PanelData(alternatives, ternary: alternatives.ternaryCorners, command: command)
    else { return [] }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    guard let json = try? encoder.encode(data) else { return [] }
    return [PageScript.data(id: "surrogate", json: String(decoding: json, as: UTF8.self))]
  }

  func alternativeSection(_ alternatives: Alternatives) -> Markup {
    var section = heading("What would also do", alternatives.words)
    section.append(scrolling(alternatives.rangeTable))
    section.append(Markup("h3", text: "Some of them, and their price"))
    section.append(
      Markup(
        "p", ["class": "lead"],
        text:
          "What the model predicts of each; losses of held-out domains minus those of the recommended "
          + "mixture, beside which the losses themselves stand."))
    section.append(scrolling(alternatives.choiceTable))
    section.append(Markup("h3", ["class": "needs-script"], text: "Try a mixture"))
    section.append(
      Markup(
        "div", ["class": "panel needs-script", "id": "mixture-panel"],
        [
          Markup(
            "noscript", [:],
            [
              Markup(
                "p",
                text:
                  "With scripts this page predicts any mixture.")
            ])
        ]))
    section.append(
      Markup(
        "p", ["class": "caption needs-script"],
        text:
          "± is half of a 95\u{202F}% interval. A bar below a slider is the weight’s range above. Computed "
          + "in the page from the surrogate’s coefficients; nothing is sent anywhere."))
    return section
  }

  /// The objective along each weight.
  func sliceParts(
    _ slices: [Insight.Slice], optimum: Mixture, _ ranges: [ClosedRange<Double>]
  ) -> [Markup] {
    let y = sliceScale(slices)
    return [
      Markup("h3", text: "The objective along each weight"),
      Markup(
        "p", ["class": "lead"],
        text:
          "One weight goes from none to all, the others keep their proportions: predicted objective "
          + "with its 95\u{202F}% band. The line is the model’s best mixture, the bar below what would also "
          + "do."),
      Markup(
        "div", ["class": "small-multiples"],
        slices.enumerated().compactMap { index, slice in
          sliceChart(slice, at: index, optimum: optimum.weights[index], ranges[index], on: y).map {
            figure($0, key: [], caption: slice.domain)
          }
        }),
    ]
  }

  /// A scale that holds the lower half of predicted objectives well: what is far worse runs off the chart.
  private func sliceScale(_ slices: [Insight.Slice]) -> LinearScale {
    let means = slices.flatMap { $0.points.map(\.objective.mean) }.sorted()
    let low = slices.flatMap { $0.points.map(\.objective.interval.lowerBound) }.min() ?? 0
    let middle = means.isEmpty ? 1 : means[means.count / 2]
    let least = means.first ?? 0
    let high = min(means.last ?? 1, least + 3 * max(middle - least, 1e-6))
    return LinearScale(holding: [max(low, least - (high - least) * 0.3), high], padding: 0.04)
  }

  /// The predicted objective as one weight changes.
  private func sliceChart(
    _ slice: Insight.Slice, at index: Int, optimum: Double, _ range: ClosedRange<Double>,
    on y: LinearScale
  ) -> Plot? {
    guard slice.points.count > 1 else { return nil }
    let height = 120.0
    func depth(_ value: Double) -> Double { height * (1 - y.fraction(value)) }
    let best = slice.points.min { $0.objective.mean < $1.objective.mean }!
    var plot = Plot(
      id: "slice-\(index)", title: "Predicted objective along the weight of \(slice.domain)",
      summary:
        "Lowest, \(Format.loss(best.objective.mean)), at \(Format.share(best.weight)); as good to "
        + "within a run’s noise from \(Format.share(range.lowerBound)) to "
        + "\(Format.share(range.upperBound)).", height: height,
      margins: .init(top: 6, right: 21, bottom: 24, left: 46))
    plot.verticalAxis(y.axisTicks(count: 3), name: "objective, nats per token")
    plot.horizontalAxis(
      [0, 0.25, 0.5, 0.75, 1].map {
        AxisTick(fraction: $0, text: Format.number($0 * 100, 0) + "\u{202F}%")
      }, name: "weight of \(slice.domain)")
    plot.area(
      upper: slice.points.map { ($0.weight, depth($0.objective.interval.upperBound)) },
      lower: slice.points.map { ($0.weight, depth($0.objective.interval.lowerBound)) },
      class: "band best", clips: true)
    plot.curve(
      slice.points.map { ($0.weight, depth($0.objective.mean)) }, class: "curve best", clips: true)
    plot.line(from: (optimum, 0), to: (optimum, height), class: "diagonal")
    plot.rectangle(
      x: range.lowerBound...max(range.upperBound, range.lowerBound + 0.004),
      y: height - 3...height + 1, class: "solid best",
      tip:
        "\(slice.domain): \(Format.share(range.lowerBound)) to \(Format.share(range.upperBound)) would "
        + "also do")
    for point in slice.points where depth(point.objective.mean) >= 0 {
      plot.mark(
        .circle, x: point.weight, y: depth(point.objective.mean), class: "spot",
        tip: "\(slice.domain) \(Format.share(point.weight)): "
          + Alternatives.plusMinus(point.objective, Format.loss))
    }
    return plot
  }
}
