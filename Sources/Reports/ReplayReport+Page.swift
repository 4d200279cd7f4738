import TableSearches

extension ReplayReport {
  package var html: String {
    var main = Markup(
      "main", [:],
      [
        Markup(
          "header", [:],
          [
            Markup("p", ["class": "kicker"], text: "Replay of a table of runs"),
            Markup("h1", text: name),
            Markup("p", ["class": "verdict"], text: summary.map(verdict) ?? ""),
          ])
      ])
    if let summary {
      var section = heading(
        "Regret of the recommendation",
        "By how much the mixture that a method would hand over is worse than the best there is, the "
          + "luck of noisy runs left out; mean over seeds with 95\u{202F}% bands. The scale is "
          + "stretched toward zero. All methods begin with the same "
          + "\(summary.configuration.initial) random runs.")
      section.append(figure(regretChart(summary), key: []))
      section.append(scrolling(regretTable(summary)))
      main.append(section)
      var simple = heading(
        "Regret of the best run seen",
        "What an oracle would pick from the runs so far. Nobody has one; other papers report it.")
      simple.append(scrolling(simpleTable(summary)))
      main.append(simple)
    }
    if let landscape {
      main.append(heading("The landscape", landscapeWords(landscape)))
    }
    if !predictions.isEmpty {
      var section = heading(
        "Predictions of runs not seen",
        "Each model learns from some runs and tells the others; then each run that it learned from is "
          + "told from the rest. 95\u{202F}% intervals, a run’s own noise included, should hold "
          + "95\u{202F}% of the values.")
      section.append(scrolling(predictionTable))
      main.append(section)
    }
    var foot = heading("How it was made", nil)
    foot.append(definitionList(facts.map { ($0.name, $0.value) }))
    foot.append(code([command], label: "To have it again"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", [main])
  }

  /// Curves with bands, the best method's on top.
  func regretChart(_ summary: ReplaySummary) -> Plot {
    let height = 360.0
    let decimals = Self.decimals(summary)
    let limit = max(
      summary.methods.flatMap(\.curve).map(\.high).max() ?? 1, 1e-9)
    let y = StretchedScale(limit: limit * 1.02, unit: max(limit / 200, 1e-9))
    let (first, last) = (summary.configuration.initial, summary.configuration.budget)
    let x = LinearScale(Double(first)...Double(max(last, first + 1)))
    let right = StudyReport.labelWidth(summary.methods.map(\.method), limit: 120)
    var plot = Plot(
      id: "regret", title: "Regret of the recommendation after each run",
      summary: summary.methods.compactMap { method in
        method.curve.last.map { "\(method.method) \(Format.fixed($0.regret, decimals))" }
      }.joined(separator: ", ") + " after \(last) runs.",
      height: height, margins: .init(top: 34, right: right, bottom: 44, left: 62))
    func depth(_ value: Double) -> Double { height * (1 - y.fraction(max(value, 0))) }
    for tick in y.ticks {
      plot.line(from: (0, depth(tick)), to: (1, depth(tick)), class: tick == 0 ? "zero" : "grid")
      plot.label(
        tick == 0 ? "0" : Plot.number(tick, 6), x: 0, y: depth(tick), dx: -8, anchor: "end",
        class: "tick")
    }
    plot.label(
      "regret, nats per token", x: 0, y: -16, dx: -60, class: "axis")
    plot.horizontalAxis(x, name: "runs", count: 8, wholeNumbers: true)
    let labels = spread(
      summary.methods.map { depth($0.curve.last?.regret ?? 0) }, gap: 16, within: 0...height)
    for (place, method) in summary.methods.enumerated().reversed() {
      let style = place == 0 ? "best" : "other m\(place % 6)"
      func point(_ runs: Int, _ value: Double) -> String {
        Plot.number(x.fraction(Double(runs)) * 1000, 1) + "," + Plot.number(depth(value), 1)
      }
      let upper = method.curve.map { point($0.runs, $0.high) }
      let lower = method.curve.reversed().map { point($0.runs, $0.low) }
      let middle = method.curve.map { point($0.runs, $0.regret) }
      // As wide as the chart, whatever that is: lengths along it are stretched, lines are not.
      plot.add(
        Markup(
          "svg",
          [
            "width": "100%", "height": Plot.number(height),
            "viewBox": "0 0 1000 \(Plot.number(height))", "preserveAspectRatio": "none",
            "overflow": "visible",
          ],
          [
            Markup(
              "polygon",
              ["class": "band \(style)", "points": (upper + lower).joined(separator: " ")]),
            Markup(
              "polyline",
              [
                "class": "curve \(style)", "vector-effect": "non-scaling-stroke",
                "points": middle.joined(separator: " "),
              ],
              [
                Markup(
                  "title",
                  text: "\(method.method): "
                    + summary.checkpoints.compactMap { runs in
                      method.point(after: runs).map {
                        "\(Format.fixed($0.regret, decimals)) after \(runs)"
                      }
                    }.joined(separator: ", "))
              ]),
          ]))
      plot.label(
        StudyReport.fitted(method.method, width: right), x: 1, y: labels[place], dx: 8,
        class: "label \(place == 0 ? "best" : "other c\(place % 6)")", tip: method.method)
    }
    return plot
  }
}
