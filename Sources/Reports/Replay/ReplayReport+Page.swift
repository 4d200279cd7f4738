import TableSearches

extension ReplayReport {
  package var html: String {
    var main = Markup(
      "main", [:],
      [pageHeader(kicker: "Replay of a table of runs", verdict: summary.map(verdict) ?? "")])
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
        "Each model learns from some runs and predicts the others; then each run that it learned from is "
          + "predicted from the rest. 95\u{202F}% intervals, a run’s own noise included, should hold "
          + "95\u{202F}% of the values.")
      section.append(scrolling(predictionTable))
      main.append(section)
    }
    var foot = heading("How it was made", nil)
    foot.append(definitionList(facts.map { ($0.name, $0.value) }))
    foot.append(code([command], label: "To reproduce it"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", main)
  }

  func regretChart(_ summary: ReplaySummary) -> Plot {
    let decimals = Self.decimals(summary)
    let (first, last) = (summary.configuration.initial, summary.configuration.budget)
    let x = LinearScale(Double(first)...Double(max(last, first + 1)))
    return .regret(
      title: "Regret of the recommendation after each run",
      summary: summary.methods.compactMap { method in
        method.curve.last.map { "\(method.method) \(Format.fixed($0.regret, decimals))" }
      }.joined(separator: ", ") + " after \(last) runs.",
      series: summary.methods.map { method in
        RegretSeries(
          name: method.method,
          points: method.curve.map { (x.fraction(Double($0.runs)), $0.low, $0.regret, $0.high) },
          tip: "\(method.method): "
            + summary.checkpoints.compactMap { runs in
              method.point(after: runs).map {
                "\(Format.fixed($0.regret, decimals)) after \(runs)"
              }
            }.joined(separator: ", "))
      }, right: Plot.labelWidth(summary.methods.map(\.method), limit: 120) + 14
    ) { $0.horizontalAxis(x, name: "runs", count: 8, wholeNumbers: true) }
  }
}
