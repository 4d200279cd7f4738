import Foundation
import Mixtures
import Numerics
import Studies

extension FidelityStudyReport {
  private var totals: [Double] { analysis.moments.map(\.total) }

  /// Of the search's spending, with room for the fresh seeds at its end.
  private func spendScale(isConfirmed: Bool) -> LinearScale {
    let end = max(totals.last ?? 1, 1e-6)
    return LinearScale(0...(isConfirmed ? 1.06 * end : end))
  }

  // MARK: Spend

  /// What each size had cost, one upon the other.
  var spendChart: Plot? {
    guard let last = analysis.moments.last, last.total > 0 else { return nil }
    let height = 240.0
    let x = spendScale(isConfirmed: false)
    let y = LinearScale(0...last.total * 1.02)
    let sizes = configuration.grid.levels.map { $0[0].scale.size }
    var plot = Plot(
      id: "spend", title: "Spend by size",
      summary: zip(sizes, last.spend).map { "\($0) \(Self.runs($1))" }.joined(separator: ", ")
        + " runs of the target.",
      height: height,
      margins: .init(top: 34, right: Plot.labelWidth(sizes) + 14, bottom: 44, left: 56))
    plot.verticalAxis(y, name: "spent, runs of the target", count: 4)
    plot.horizontalAxis(x, name: "spent in all, runs of the target", count: 8)
    var below = [(x: 0.0, y: height)] + analysis.moments.map { (x.fraction($0.total), height) }
    for level in sizes.indices {
      let above =
        [(x: 0.0, y: height)]
        + analysis.moments.map { moment in
          let sum = moment.spend[...level].reduce(0, +)
          return (x.fraction(moment.total), height * (1 - y.fraction(sum)))
        }
      plot.area(
        upper: above, lower: below, class: "sized-area s\(level % 6)",
        tip: "\(sizes[level]): \(Self.runs(last.spend[level])) runs of the target")
      below = above
    }
    // A size's name at the middle of what it had in the end, so that colours are not all that tells.
    let paid = sizes.indices.filter { last.spend[$0] > 0 }
    let middles = paid.map { level in
      height * (1 - y.fraction(last.spend[..<level].reduce(0, +) + last.spend[level] / 2))
    }
    for (level, place) in zip(paid, spread(middles, gap: 16, within: 0...height)) {
      plot.seriesLabel(
        sizes[level], x: 1, y: place, shape: .square, class: "sized-area s\(level % 6)")
    }
    return plot
  }

  // MARK: The incumbent

  /// The predicted objective of what would be handed over, and the fresh seeds.
  var predictionChart: Plot? {
    let known = analysis.moments.compactMap { moment in
      moment.incumbent?.predicted.map { (moment.total, $0) }
    }
    guard !known.isEmpty else { return nil }
    let confirmations = analysis.confirmations.map(\.objective)
    // Early intervals are wide, and may run off the chart: what counts is the second half.
    let late = known.suffix(max(known.count / 2, 1)).map(\.1)
    let y = LinearScale(
      holding: late.flatMap { [$0.interval.lowerBound, $0.interval.upperBound] } + confirmations,
      padding: 0.25)
    let x = spendScale(isConfirmed: !confirmations.isEmpty)
    let height = 280.0
    func depth(_ value: Double) -> Double { height * (1 - y.fraction(value)) }
    let end = known[known.count - 1].1
    var plot = Plot(
      id: "incumbent", title: "Predicted loss at the target of the best mixture so far",
      summary: "At the end \(Format.loss(end.mean)), 95 % from "
        + "\(Format.loss(end.interval.lowerBound)) to \(Format.loss(end.interval.upperBound))"
        + (analysis.confirmed.map { "; fresh seeds gave \(Format.loss($0.mean))" } ?? "") + ".",
      height: height, margins: .init(top: 34, right: 16, bottom: 44, left: 62))
    plot.verticalAxis(y, name: "objective, nats per token")
    plot.horizontalAxis(x, name: "spent by the search, runs of the target", count: 8)
    plot.area(
      upper: known.map { (x.fraction($0), depth($1.interval.upperBound)) },
      lower: known.map { (x.fraction($0), depth($1.interval.lowerBound)) }, class: "band best",
      clips: true)
    plot.curve(
      known.map { (x.fraction($0), depth($1.mean)) }, class: "curve best", clips: true)
    let right = x.fraction((totals.last ?? 0) * 1.03)
    if let interval = analysis.confirmed?.interval {
      plot.line(
        from: (right, min(depth(interval.lowerBound), height)),
        to: (right, max(depth(interval.upperBound), 0)), class: "interval best",
        tip: "mean over fresh seeds, 95 % by Student’s t")
    }
    for (seed, objective) in analysis.confirmations {
      plot.mark(
        .circle, x: right, y: depth(objective), class: "hollow best",
        tip: "seed \(seed): \(Format.loss(objective))")
    }
    return plot
  }

  /// How likely what would be handed over is the best.
  var chanceChart: Plot? {
    let known = analysis.moments.compactMap { moment in
      moment.incumbent?.probabilityOfBest.map { (moment.total, $0) }
    }
    guard known.count > 1 else { return nil }
    let height = 130.0
    let x = spendScale(isConfirmed: !analysis.confirmations.isEmpty)
    let y = LinearScale(0...1)
    var plot = Plot(
      id: "chance", title: "Probability that the best mixture so far is the best of all",
      summary: "At the end \(Format.fixed(known[known.count - 1].1, 2)).", height: height,
      margins: .init(top: 28, right: 16, bottom: 44, left: 62))
    plot.verticalAxis(y, name: "probability that no mixture is better", count: 2)
    plot.horizontalAxis(x, name: "spent by the search, runs of the target", count: 8)
    plot.curve(known.map { (x.fraction($0), height * (1 - $1)) }, class: "curve best")
    return plot
  }

  // MARK: Sizes

  /// The recommended mixture's objective at the end of each size's longest runs: what the model predicts
  /// of a run, and what was measured.
  var sizeChart: Plot? {
    let grid = configuration.grid
    guard let predictions, grid.levels.count > 1,
      predictions.allSatisfy({ !$0.isEmpty }), let recommended = analysis.recommended?.mixture
    else { return nil }
    func place(_ level: Int) -> Double {
      log10(Double(max(grid.levels[level].last?.scale.parameters ?? 1, 1)))
    }
    let ends = predictions.map { $0[$0.count - 1] }
    var measured: [(level: Int, objective: Double, words: String)] = []
    for curve in analysis.curves where curve.mixture == recommended {
      guard let last = curve.points.last, last.rung == grid.levels[curve.level].count - 1 else {
        continue
      }
      measured.append((curve.level, last.objective, "run \(curve.run + 1) of the search"))
    }
    let fresh = analysis.confirmations.map {
      (level: grid.target.level, objective: $0.objective, words: "fresh seed \($0.seed)")
    }
    let x = LinearScale(holding: grid.levels.indices.map(place), padding: 0.08)
    let y = LinearScale(
      holding: ends.flatMap { [$0.interval.lowerBound, $0.interval.upperBound] }
        + (measured + fresh).map(\.objective))
    let height = 260.0
    func depth(_ value: Double) -> Double { height * (1 - y.fraction(value)) }
    var plot = Plot(
      id: "sizes", title: "The recommended mixture over sizes",
      summary: zip(grid.levels, ends).map { rungs, end in
        "\(rungs[0].scale.size): predicted \(Format.loss(end.mean))"
      }.joined(separator: ", ") + ".", height: height,
      margins: .init(top: 34, right: 24, bottom: 44, left: 56))
    plot.verticalAxis(y, name: "objective, nats per token")
    plot.horizontalAxis(
      grid.levels.indices.map {
        AxisTick(fraction: x.fraction(place($0)), text: grid.levels[$0][0].scale.size)
      }, name: "parameters (logarithmic), each at its longest runs")
    let places = grid.levels.indices.map { x.fraction(place($0)) }
    plot.area(
      upper: zip(places, ends).map { ($0, depth($1.interval.upperBound)) },
      lower: zip(places, ends).map { ($0, depth($1.interval.lowerBound)) }, class: "band best")
    plot.curve(zip(places, ends).map { ($0, depth($1.mean)) }, class: "curve best")
    for (level, end) in ends.enumerated() {
      plot.mark(
        .circle, x: places[level], y: depth(end.mean), class: "solid best",
        tip: "\(grid.levels[level][0].scale.size): predicted \(Format.loss(end.mean)) "
          + "(\(Format.loss(end.interval.lowerBound)) to \(Format.loss(end.interval.upperBound)))")
    }
    for (shape, values) in [(Plot.Shape.square, measured), (.diamond, fresh)] {
      for value in values {
        plot.mark(
          shape, x: places[value.level], y: depth(value.objective), class: "hollow m1",
          tip: "\(value.words): \(Format.loss(value.objective))")
      }
    }
    return plot
  }

  // MARK: Curves

  /// Runs over the tokens they were trained on, and bands of what is predicted of the recommended mixture.
  var curveChart: Plot? {
    let grid = configuration.grid
    let curves = analysis.curves.filter { !$0.points.isEmpty }
    guard !curves.isEmpty else { return nil }
    func tokens(_ level: Int, _ rung: Int) -> Double {
      log10(Double(max(grid.levels[level][rung].scale.tokens, 1)))
    }
    let shown = grid.levels.indices.filter { level in
      predictions != nil || curves.contains { $0.level == level }
    }
    let places = shown.flatMap { level in grid.levels[level].indices.map { tokens(level, $0) } }
    let x = LinearScale(holding: places, padding: 0.03)
    var values =
      curves.flatMap { $0.points.map(\.objective) } + analysis.confirmations.map(\.objective)
    values += (predictions ?? []).flatMap { $0.map(\.mean) }
    let y = LinearScale(holding: values)
    let height = 380.0
    func depth(_ value: Double) -> Double {
      min(max(height * (1 - y.fraction(value)), 0), height)
    }
    var plot = Plot(
      id: "curves", title: "Learning curves",
      summary:
        "\(Format.plural(curves.count, "run")) at \(Format.plural(grid.levels.count, "size")).",
      height: height,
      margins: .init(
        top: 34, right: Plot.labelWidth(grid.levels.map { $0[0].scale.size }) + 14, bottom: 44,
        left: 56))
    plot.verticalAxis(y, name: "objective, nats per token")
    tokenAxis(&plot, x)
    for curve in curves {
      let points = curve.points.map {
        (x: x.fraction(tokens(curve.level, $0.rung)), y: depth($0.objective))
      }
      let style = "s\(curve.level % 6)"
      let tip =
        "run \(curve.run + 1), \(grid.levels[curve.level][0].scale.size): "
        + curve.points.map { Format.loss($0.objective) }.joined(separator: ", ")
      if points.count > 1 {
        plot.curve(points, class: "sized-thin \(style)", tip: tip)
      } else {
        plot.mark(
          Self.shape(curve.level), x: points[0].x, y: points[0].y, class: "sized-faint \(style)",
          tip: tip)
      }
    }
    for (level, predicted) in (predictions ?? []).enumerated() {
      let style = "s\(level % 6)"
      func line(_ value: (Int) -> Double) -> [(x: Double, y: Double)] {
        predicted.indices.map { (x.fraction(tokens(level, $0)), depth(value($0))) }
      }
      plot.area(
        upper: line { predicted[$0].interval.upperBound },
        lower: line { predicted[$0].interval.lowerBound }, class: "sized-band \(style)")
      plot.curve(line { predicted[$0].mean }, class: "sized-curve \(style)")
    }
    nameEnds(of: curves, on: &plot, depth)
    for curve in curves where curve.mixture == analysis.recommended?.mixture {
      for point in curve.points {
        plot.mark(
          Self.shape(curve.level), x: x.fraction(tokens(curve.level, point.rung)),
          y: depth(point.objective), class: "sized-point s\(curve.level % 6)",
          tip: "run \(curve.run + 1): \(Format.loss(point.objective))")
      }
    }
    for (seed, objective) in analysis.confirmations {
      plot.mark(
        .circle, x: x.fraction(tokens(grid.target.level, grid.target.rung)), y: depth(objective),
        class: "hollow best", tip: "seed \(seed): \(Format.loss(objective))")
    }
    return plot
  }

  static func shape(_ level: Int) -> Plot.Shape {
    Plot.Shape.series[level % Plot.Shape.series.count]
  }

  /// Each size's name where its prediction ends, or the mean of its longest runs.
  private func nameEnds(
    of curves: [FidelityAnalysis.Curve], on plot: inout Plot, _ depth: (Double) -> Double
  ) {
    let ends = configuration.grid.levels.indices.compactMap { level -> (Int, Double)? in
      if let end = predictions?[level].last?.mean { return (level, depth(end)) }
      let own = curves.filter { $0.level == level }.compactMap(\.points.last)
      let longest = own.map(\.rung).max()
      let values = own.filter { $0.rung == longest }.map(\.objective)
      return values.isEmpty ? nil : (level, depth(Statistics.mean(values)))
    }
    let places = spread(ends.map(\.1), gap: 16, within: 0...plot.height)
    for ((level, end), place) in zip(ends, places) {
      plot.line(from: (1, end), to: (1, place), class: "leader", shift: 4)
      plot.seriesLabel(
        configuration.grid.levels[level][0].scale.size, x: 1, y: place, shape: Self.shape(level),
        class: "sized-point s\(level % 6)")
    }
  }

  /// Powers of ten and what lies between, on a scale of their logarithms.
  private func tokenAxis(_ plot: inout Plot, _ scale: LinearScale) {
    let first = Int(floor(scale.bounds.lowerBound))
    let last = Int(ceil(scale.bounds.upperBound))
    var ticks: [AxisTick] = []
    for power in first...max(first, last) {
      for lead in [1.0, 2, 5] {
        let value = lead * pow(10, Double(power))
        let place = scale.fraction(log10(value))
        guard (0...1).contains(place) else { continue }
        ticks.append(AxisTick(fraction: place, text: Format.tick(value)))
      }
    }
    plot.horizontalAxis(ticks, name: "tokens trained on (logarithmic)")
  }
}
