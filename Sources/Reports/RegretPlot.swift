/// How much worse than the best a method's pick is, mean over seeds and its band, along an axis.
struct RegretSeries {
  var name: String
  /// Places as fractions of the width; regrets in nats per token.
  var points: [(x: Double, low: Double, regret: Double, high: Double)]
  var tip: String
}

extension Plot {
  /// Curves with bands, the first series on top. The scale of regret is stretched toward zero.
  ///
  /// - Parameters:
  ///   - right: width of the names at the curves' ends, in pixels.
  ///   - bands: how many of the first series have one.
  ///   - tolerance: drawn as a dotted line.
  ///   - drawAxis: draws what the regret is plotted against.
  static func regret(
    title: String, summary: String, series: [RegretSeries], right: Double, bands: Int = .max,
    tolerance: (value: Double, tip: String)? = nil, drawAxis: (inout Plot) -> Void
  ) -> Plot {
    let height = 360.0
    // Foreign losses may be of any size.
    let limit = min(max(series.flatMap(\.points).map(\.high).max() ?? 1, 1e-9), 1e300)
    let scale = StretchedScale(limit: limit * 1.02, unit: max(limit / 200, 1e-9))
    func depth(_ value: Double) -> Double { height * (1 - scale.fraction(max(value, 0))) }
    var plot = Plot(
      id: "regret", title: title, summary: summary, height: height,
      margins: .init(top: 34, right: right, bottom: 44, left: 62))
    for tick in scale.ticks {
      plot.line(from: (0, depth(tick)), to: (1, depth(tick)), class: tick == 0 ? "zero" : "grid")
      plot.label(
        tick == 0 ? "0" : Plot.number(tick, 6), x: 0, y: depth(tick), dx: -8, anchor: "end",
        class: "tick")
    }
    plot.label("regret, nats per token", x: 0, y: -16, dx: -60, class: "axis")
    drawAxis(&plot)
    if let tolerance {
      let y = depth(tolerance.value)
      plot.line(from: (0, y), to: (1, y), class: "link", tip: tolerance.tip)
    }
    let labels = spread(
      series.map { depth($0.points.last?.regret ?? 0) }, gap: 16, within: 0...height)
    for (place, line) in series.enumerated().reversed() {
      let style = place == 0 ? "best" : "other m\(place % 6)"
      if place < bands {
        plot.area(
          upper: line.points.map { ($0.x, depth($0.high)) },
          lower: line.points.map { ($0.x, depth($0.low)) }, class: "band \(style)")
      }
      plot.curve(
        line.points.map { ($0.x, depth($0.regret)) }, class: "curve \(style)", tip: line.tip)
      plot.label(
        StudyReport.fitted(line.name, width: right), x: 1, y: labels[place], dx: 8,
        class: "label \(place == 0 ? "best" : "other c\(place % 6)")", tip: line.name)
    }
    return plot
  }
}
