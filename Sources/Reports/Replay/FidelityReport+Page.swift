import Foundation
import TableSearches

extension FidelityReport {
  package var html: String {
    let budget = Self.compute(summary.configuration.budget)
    var main = Markup(
      "main", [:],
      [
        pageHeader(
          kicker: "Replay at several sizes and lengths", verdict: verdict, price: controlWords,
          caution: caution)
      ])
    var arrivals = heading(
      "Compute until the best is found",
      toleranceWords
        + " In runs of the target: median over seeds with its 95\u{202F}% interval. Searches "
        + "that do not get there count as taking more than their budget of \(budget).")
    arrivals.append(
      figure(
        arrivalChart,
        key: [
          (.circle, "solid other", "median, 95\u{202F}% interval"),
          (.bar, "hollow", "a search, with a seed of its own"),
          (.cross, "diverged", "half of the searches or more do not get there"),
        ]))
    arrivals.append(scrolling(arrivalTable))
    if !speedUpTable(.handedOver).rows.isEmpty {
      arrivals.append(Markup("h3", text: "Times as much compute as others"))
      arrivals.append(
        Markup("p", ["class": "lead"], text: Self.ratioWords(speedUpTable(.handedOver))))
      arrivals.append(scrolling(speedUpTable(.handedOver)))
    }
    if !speedUpTable(.ran).rows.isEmpty {
      arrivals.append(
        details("Until it has run at the target", [scrolling(speedUpTable(.ran))]))
    }
    main.append(arrivals)
    var regret = heading(
      "Regret of the recommendation",
      "By how much the mixture that a method would hand over is worse at the target than the best there "
        + "is; mean over seeds with 95\u{202F}% bands. The scale of regret is stretched toward zero, that of "
        + "compute is logarithmic. Dotted: what counts as found."
        + (summary.methods.count > Plot.Shape.series.count
          ? " The pale lines are the other methods, which the table has too." : ""))
    regret.append(figure(regretChart, key: []))
    regret.append(scrolling(regretTable))
    main.append(regret)
    if let beliefTable {
      var beliefs = heading("Whether predictions came true", Self.beliefWords)
      beliefs.append(scrolling(beliefTable))
      main.append(beliefs)
    }
    var spend = heading(
      "Where the compute went",
      "Shares of what was paid at each size, and runs of a search; means over seeds.")
    spend.append(scrolling(spendTable))
    main.append(spend)
    if let words = emulatorWords, let table = qualityTable {
      var section = heading("The emulator", words)
      section.append(details("At each size and length", [scrolling(table)]))
      main.append(section)
    }
    var foot = heading("How it was made", nil)
    foot.append(definitionList(facts.map { ($0.name, $0.value) }))
    foot.append(code([command], label: "To reproduce it"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", main)
  }

  // MARK: Charts

  /// Compute on the horizontal axis, in logarithms.
  private struct ComputeAxis {
    let least: Double
    let most: Double

    init(_ summary: FidelitySummary) {
      let first = summary.methods.compactMap { $0.curve.first?.compute }.min() ?? 0.1
      most = summary.configuration.budget
      least = min(max(first, most * 1e-4), most / 2)
    }

    /// From a little before the first arrival, a decade at least.
    init(ofArrivals summary: FidelitySummary) {
      let whole = ComputeAxis(summary)
      let first = summary.methods.flatMap { $0.handedOver.seeds.compactMap { $0 } }.min()
      most = whole.most
      least = max(whole.least, min((first ?? whole.most) * 0.7, whole.most / 10))
    }

    func fraction(_ compute: Double) -> Double {
      min(max(log(max(compute, least) / least) / log(most / least), 0), 1)
    }

    func draw(on plot: inout Plot) {
      var ticks: [AxisTick] = []
      for power in -4...5 {
        for lead in [1.0, 2, 5] {
          let tick = lead * pow(10, Double(power))
          guard tick >= least * 0.999, tick <= most * 1.001 else { continue }
          ticks.append(AxisTick(fraction: fraction(tick), text: Format.number(tick, 4)))
        }
      }
      plot.horizontalAxis(ticks, name: "compute, runs of the target (logarithmic)")
    }
  }

  /// Each method's row: the interval of the median, the median, and a dot for each search.
  private var arrivalChart: Plot {
    let row = 30.0
    let axis = ComputeAxis(ofArrivals: summary)
    var plot = Plot(
      id: "arrivals", title: "Compute until what is handed over is as good as the best",
      summary: summary.methods.map { method in
        "\(method.method) \(method.handedOver.median.map(Self.compute) ?? "beyond the budget")"
      }.joined(separator: ", ") + " runs of the target at the median.",
      height: row * Double(summary.methods.count),
      margins: Plot.rowMargins(summary.methods.map(\.method), top: 8))
    axis.draw(on: &plot)
    for (place, method) in summary.methods.enumerated() {
      let style = place == 0 ? "best" : "other m\(place % 6)"
      let y = row * (Double(place) + 0.5)
      plot.rowLabel(method.method, y: y, class: "label \(place == 0 ? "best" : "other")")
      let arrival = method.handedOver
      let budget = summary.configuration.budget
      for seed in arrival.seeds.compactMap({ $0 }) {
        plot.mark(.bar, x: axis.fraction(seed), y: y, class: "hollow \(place == 0 ? "best" : "")")
      }
      if arrival.low != nil || arrival.median != nil {
        plot.line(
          from: (axis.fraction(arrival.low ?? budget), y),
          to: (axis.fraction(arrival.high ?? budget), y), class: "interval \(style)")
      }
      if let median = arrival.median {
        plot.mark(
          .circle, x: axis.fraction(median), y: y, class: "solid \(style)",
          tip:
            "\(method.method): \(Self.compute(median)), \(arrival.count) of \(method.seeds) searches"
        )
      } else {
        plot.mark(
          .cross, x: 1, y: y, class: "diverged",
          tip: "\(method.method): \(arrival.count) of \(method.seeds) searches get there")
      }
    }
    return plot
  }

  private var regretChart: Plot {
    let axis = ComputeAxis(summary)
    return .regret(
      title: "Regret of what is handed over against compute",
      summary: summary.methods.compactMap { method in
        method.curve.last.map { "\(method.method) \(Format.fixed($0.regret, 4))" }
      }.joined(separator: ", ") + " once the budget is spent.",
      series: summary.methods.map { method in
        RegretSeries(
          name: method.method,
          points: method.curve.map { (axis.fraction($0.compute), $0.low, $0.regret, $0.high) },
          tip: method.method)
      }, right: Plot.labelWidth(summary.methods.map(\.method), limit: 146) + 14,
      // More bands than these only hide each other; the table has them all.
      bands: 4,
      tolerance: (summary.tolerance, "counts as found: \(Format.fixed(summary.tolerance, 4))")
    ) { axis.draw(on: &$0) }
  }
}
