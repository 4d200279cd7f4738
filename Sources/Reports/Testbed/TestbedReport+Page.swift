import Foundation

extension TestbedReport {
  package var html: String {
    var main = Markup(
      "main", [:], [pageHeader(kicker: "Testbed of sizes and lengths", verdict: verdict)])
    var ranks = heading("Which runs rank mixtures as the target does", Self.lead)
    if let chart = correlationChart {
      ranks.append(figure(chart, key: key))
    }
    ranks.append(scrolling(rungTable))
    main.append(ranks)
    if let chart = curveChart {
      var curves = heading(
        "Learning curves",
        "Each line is a run of one mixture, measured at its rungs; at most 240 are drawn.")
      curves.append(figure(chart, key: key))
      main.append(curves)
    }
    var runs = heading("Runs", nil)
    runs.append(details("Every run at its longest", [scrolling(runTable)]))
    if !commands.isEmpty { runs.append(code(commands, label: "To reproduce it")) }
    main.append(runs)
    return page(title: "\(name) – mixpipe", main)
  }

  private var sizes: [String] {
    var sizes: [String] = []
    for rung in rungs where !sizes.contains(rung.size) { sizes.append(rung.size) }
    return sizes
  }

  private func style(_ size: String) -> (shape: Plot.Shape, style: String) {
    let place = sizes.firstIndex(of: size) ?? 0
    return (Plot.Shape.series[place % Plot.Shape.series.count], "s\(place % 6)")
  }

  private var key: [(Plot.Shape, String, String)] {
    sizes.map { (style($0).shape, "sized-point \(style($0).style)", $0) }
  }

  private func tokenAxis(_ plot: inout Plot) -> LinearScale {
    let logs = rungs.map { log10(Double(max($0.tokens, 1))) }
    let scale = LinearScale(holding: logs, padding: 0.05)
    var ticks: [AxisTick] = []
    for power in 2...13 {
      for lead in [1.0, 2, 5] {
        let place = scale.fraction(Double(power) + log10(lead))
        guard (0...1).contains(place) else { continue }
        ticks.append(
          AxisTick(fraction: place, text: Format.tick(lead * pow(10, Double(power)))))
      }
    }
    plot.horizontalAxis(ticks, name: "tokens trained on (logarithmic)")
    return scale
  }

  private var correlationChart: Plot? {
    let known = rungs.filter { $0.correlation != nil }
    guard known.count > 1 else { return nil }
    let low = known.map { $0.correlation!.interval.lowerBound }.min() ?? 0
    let y = LinearScale(max(min(low, 0.9) - 0.02, -1)...1.02)
    let height = 280.0
    func depth(_ value: Double) -> Double { min(height * (1 - y.fraction(value)), height) }
    var plot = Plot(
      id: "correlations", title: "Rank correlation with the target against length",
      summary: known.map {
        "\($0.size) at \(Format.count($0.tokens)) tokens \(Format.fixed($0.correlation!.value, 2))"
      }.joined(separator: ", ") + ".", height: height,
      margins: .init(top: 6, right: 20, bottom: 24, left: 50))
    plot.verticalAxis(y, name: "Spearman’s ρ with the target")
    let x = tokenAxis(&plot)
    for (place, size) in sizes.enumerated() {
      let (shape, style) = style(size)
      // Intervals of one length stand beside each other, each in its size's colour.
      let shift = (Double(place) - Double(sizes.count - 1) / 2) * 4
      let own = known.filter { $0.size == size }
      let points = own.map {
        (x: x.fraction(log10(Double($0.tokens))), y: depth($0.correlation!.value))
      }
      plot.curve(points, class: "sized-curve \(style)")
      for (rung, point) in zip(own, points) {
        let interval = rung.correlation!.interval
        plot.line(
          from: (point.x, depth(interval.lowerBound)), to: (point.x, depth(interval.upperBound)),
          class: "interval slim \(style)", shift: shift)
        plot.mark(
          shape, x: point.x, y: point.y, class: "sized-point \(style)", shift: shift,
          tip: "\(size) at \(Format.count(rung.tokens)) tokens: ρ "
            + "\(Format.fixed(rung.correlation!.value, 3)) "
            + "(\(Format.fixed(interval.lowerBound, 2)) to \(Format.fixed(interval.upperBound, 2)))"
        )
      }
    }
    return plot
  }

  private var curveChart: Plot? {
    var runs: [String: [TestbedTable.Row]] = [:]
    var order: [String] = []
    for row in table.rows where row.objective != nil {
      let key = "\(row.run) \(row.seed)"
      if runs[key] == nil { order.append(key) }
      runs[key, default: []].append(row)
    }
    let stride = max((order.count + 239) / 240, 1)
    let shown = order.enumerated().filter { $0.offset % stride == 0 }.compactMap {
      runs[$0.element]?.sorted { $0.tokens < $1.tokens }
    }
    let values = shown.flatMap { $0.compactMap(\.objective) }.sorted()
    guard values.count > 1 else { return nil }
    let middle = values[values.count / 2]
    let high = min(values[values.count - 1], middle + 3 * max(middle - values[0], 1e-3))
    let y = LinearScale(holding: [values[0], high])
    let height = 340.0
    var plot = Plot(
      id: "curves", title: "Learning curves of all runs",
      summary: "\(Format.plural(order.count, "run")) at \(Format.plural(sizes.count, "size")).",
      height: height, margins: .init(top: 6, right: 20, bottom: 24, left: 50))
    plot.verticalAxis(y, name: "objective, nats per token")
    let x = tokenAxis(&plot)
    for rows in shown {
      let (shape, style) = style(rows[0].size)
      let points = rows.map {
        (
          x: x.fraction(log10(Double($0.tokens))),
          y: max(height * (1 - y.fraction($0.objective!)), 0)
        )
      }
      let tip =
        "\(rows[0].run), seed \(rows[0].seed): "
        + rows.map { Format.loss($0.objective!) }.joined(separator: ", ")
      if points.count > 1 {
        plot.curve(points, class: "sized-thin \(style)", tip: tip)
      } else {
        plot.mark(
          shape, x: points[0].x, y: points[0].y, class: "sized-faint \(style)", tip: tip)
      }
    }
    return plot
  }
}
