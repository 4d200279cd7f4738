/// How much worse than the best a method's pick is, mean over seeds and its band, along an axis.
struct RegretSeries {
  var name: String
  /// Places as fractions of the width; regrets in the plot's unit.
  var points: [(x: Double, low: Double, regret: Double, high: Double)]
  var tip: String
}

extension Plot {
  /// Curves with bands, the first series on top. The scale of regret is stretched toward zero.
  ///
  /// - Parameters:
  ///   - right: width of the names at the curves' ends, in pixels.
  ///   - bands: how many of the first series have one.
  ///   - named: how many of the first series are named at their ends; there are no more shapes and colours
  ///     than for those. The others are pale lines.
  ///   - tolerance: drawn as a dotted line.
  ///   - unit: of regrets.
  ///   - drawAxis: draws what the regret is plotted against.
  static func regret(
    title: String, summary: String, series: [RegretSeries], right: Double, bands: Int = .max,
    named: Int = Shape.series.count,
    tolerance: (value: Double, tip: String)? = nil, id: String = "regret",
    unit: String = "nats per token", drawAxis: (inout Plot) -> Void
  ) -> Plot {
    let height = chartHeight(atLeast: 360, labels: min(series.count, named))
    // Foreign losses may be of any size.
    let limit = min(max(series.flatMap(\.points).map(\.high).max() ?? 1, 1e-9), 1e300)
    let scale = StretchedScale(limit: limit * 1.02, unit: max(limit / 200, 1e-9))
    func depth(_ value: Double) -> Double { height * (1 - scale.fraction(max(value, 0))) }
    var plot = Plot(
      id: id, title: title, summary: summary, height: height,
      margins: .init(top: 34, right: right, bottom: 44, left: 62))
    plot.hasNamesAboveWhenNarrow = true
    plot.verticalAxis(scale.axisTicks(isDifference: false), name: "regret, \(unit)")
    drawAxis(&plot)
    if let tolerance {
      let y = depth(tolerance.value)
      plot.line(from: (0, y), to: (1, y), class: "link", tip: tolerance.tip)
    }
    let labels = spread(
      series.prefix(named).map { depth($0.points.last?.regret ?? 0) }, gap: 16, within: 0...height)
    for (place, line) in series.enumerated().reversed() {
      guard place < named else {
        plot.curve(
          line.points.map { ($0.x, depth($0.regret)) }, class: "curve pale", tip: line.tip)
        continue
      }
      let style = place == 0 ? "best" : "other m\(place % 6)"
      if place < bands {
        plot.area(
          upper: line.points.map { ($0.x, depth($0.high)) },
          lower: line.points.map { ($0.x, depth($0.low)) }, class: "band \(style)")
      }
      plot.curve(
        line.points.map { ($0.x, depth($0.regret)) }, class: "curve \(style)", tip: line.tip)
      // The mark at a curve's end, joined to its name, tells which is which without colours.
      let shape = Plot.Shape.series[place % Plot.Shape.series.count]
      if let end = line.points.last {
        plot.mark(
          shape, x: end.x, y: depth(end.regret), class: "solid \(style)",
          tip: "\(line.name): \(Format.fixed(end.regret, 4)) at the end")
        plot.line(
          from: (end.x, depth(end.regret)), to: (1, labels[place]), class: "leader", shift: 7)
      }
      plot.seriesLabel(
        Plot.fitted(line.name, width: right - 14), x: 1, y: labels[place], shape: shape,
        class: "solid \(style)", name: line.name)
    }
    return plot
  }
}
