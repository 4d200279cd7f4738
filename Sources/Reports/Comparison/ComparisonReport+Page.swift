import Mixtures
import Runs
import Studies

extension ComparisonReport {
  /// The report as one page of HTML, its charts inline.
  package var html: String {
    var main = Markup(
      "main", [:],
      [
        pageHeader(
          kicker: "Comparison of methods", verdict: verdict, price: price, missing: missing)
      ])
    for section in [
      methodSection, courseSection, claimSection, domainSection, weightSection, lawSection,
      reweightingSection, runSection,
    ] {
      if let section { main.append(section) }
    }
    var notes = Markup(
      "section", ["class": "notes"], [Markup("h2", text: "How the numbers are made")])
    notes.append(definitionList(self.notes.map { ($0.term, $0.text) }))
    main.append(notes)
    return page(title: "\(name) – mixpipe", main, before: [MixtureStrip.patterns])
  }

  private var methodSection: Markup? {
    guard !methods.isEmpty else { return nil }
    var section = heading(
      "Methods compared",
      "What each method hands over, trained with the same fresh seeds, at equal training compute. A "
        + "ring is the loss that its own search had seen.")
    if let chart = methodChart {
      section.append(
        figure(
          chart,
          key: [
            (.circle, "solid other", "mean over fresh seeds, 95\u{202F}% interval"),
            (.circle, "hollow other", "own loss in the search"),
          ]))
    }
    section.append(scrolling(methodTable))
    return section
  }

  private var courseSection: Markup? {
    guard let chart = courseChart else { return nil }
    var section = heading(
      "Loss against compute",
      "Lines: the lowest loss that a search has seen so far, the mean over searches; it is partly luck. "
        + "Marks: what was handed over at that point, trained with fresh seeds, as are the methods "
        + "that do not search (dotted).")
    section.append(figure(chart.plot, key: chart.key))
    if let table = checkpointTable { section.append(scrolling(table)) }
    return section
  }

  private var claimSection: Markup? {
    var section = heading(
      "Claims of the literature",
      "Lindenau’s four, held against these runs. What differs is decided by p values that are corrected for "
        + "all comparisons of a claim (Holm); the intervals are 95\u{202F}% each alone.")
    for claim in analysis.claims {
      section.append(Markup("h3", text: "(\(claim.letter)) \(claim.claim)"))
      section.append(
        Markup(
          "p", ["class": "finding"],
          [Markup("strong", text: "\(claim.verdict.words.capitalizedAtStart).")]))
      section.append(
        Markup("ul", ["class": "finding"], claim.evidence.map { Markup("li", text: $0) }))
    }
    return section
  }

  private var domainSection: Markup? {
    guard let table = domainTable else { return nil }
    var section = heading(
      "Loss of each domain", "Nats per token, the mean over searches and fresh seeds.")
    section.append(scrolling(table))
    return section
  }

  private var weightSection: Markup? {
    let searches = methods.flatMap { method in
      method.searches.compactMap { search in
        search.pick?.mixture.map { (method.name, search.replicate, $0) }
      }
    }
    guard !searches.isEmpty else { return nil }
    var section = heading("What each search handed over", nil)
    section.append(MixtureStrip.legend(record.configuration.domains))
    section.append(
      Markup(
        "div", ["class": "strips"],
        searches.enumerated().map { index, search in
          Markup(
            "div", ["class": "strip-row two"],
            [
              Markup("span", ["class": "strip-name"], text: "\(search.0) \(search.1 + 1)"),
              MixtureStrip.markup(
                search.2, id: "pick-\(index)",
                name: "\(search.0)’s pick of search \(search.1 + 1)", height: 18),
            ])
        }))
    section.append(details("In numbers", [scrolling(weightTable)]))
    return section
  }

  private var lawSection: Markup? {
    guard let table = lawTable else { return nil }
    var section = heading(
      "Laws and regressions",
      "How each fits the objective of its own trials (R² is the share of the variance explained; below 0 it fits worse than their mean), the loss that it predicts for its optimum, and the "
        + "loss that the optimum has.")
    section.append(scrolling(table))
    return section
  }

  private var reweightingSection: Markup? {
    let charts = methods.flatMap { method in
      method.searches.compactMap { search in
        search.reweighted.last.flatMap { weightChart(of: $0, by: method.name, search.replicate) }
      }
    }
    guard !charts.isEmpty else { return nil }
    var section = heading(
      "Weights over the steps",
      "What the methods that reweigh the domains while they train held each to be worth, in the last such "
        + "run of each search. They hand over the mean over the steps.")
    section.append(MixtureStrip.legend(record.configuration.domains))
    for chart in charts { section.append(figure(chart, key: [])) }
    return section
  }

  /// The weights stacked up, a domain on the other.
  private func weightChart(of trial: RunRecord, by name: String, _ replicate: Int) -> Plot? {
    guard let points = trial.outcome?.result?.weights, points.count > 1,
      let last = points.last, last.step > 0
    else { return nil }
    let height = 110.0
    var plot = Plot(
      id: "weights-\(name)-\(replicate)", title: "Weights of \(name), search \(replicate + 1)",
      summary: "From \(points[0].weights.map { Format.share($0) }.joined(separator: ", ")) to "
        + last.weights.map { Format.share($0) }.joined(separator: ", "), height: height,
      margins: .init(top: 30, right: 16, bottom: 44, left: 56))
    plot.verticalAxis(
      LinearScale(0...1), name: "\(name), search \(replicate + 1): weight", count: 2)
    let x = LinearScale(0...Double(last.step + 1))
    for (index, point) in points.enumerated() {
      let end = index + 1 < points.count ? points[index + 1].step : last.step + 1
      var below = 0.0
      for (domain, weight) in point.weights.enumerated() where weight > 0 {
        let top = min(below + weight, 1)
        plot.rectangle(
          x: x.fraction(Double(point.step))...x.fraction(Double(end)),
          y: height * (1 - top)...height * (1 - below),
          class: "d\(domain % MixtureStrip.colourCount)",
          tip:
            "\(record.configuration.domains[domain]) \(Format.share(weight)) at step \(point.step)")
        below = top
      }
    }
    plot.horizontalAxis(x, name: "step", count: 6, wholeNumbers: true)
    return plot
  }

  private var runSection: Markup? {
    var section = heading("What was run", nil)
    section.append(definitionList(facts.map { ($0.name, $0.value) }))
    if !commands.isEmpty { section.append(code(commands, label: "To reproduce it")) }
    return section
  }

  // MARK: - Charts

  /// Losses above the best's mean, on a scale that shows both what is close and what is far off.
  private var methodChart: Plot? {
    let rows = methods.filter { $0.loss != nil || $0.searches.contains { $0.ownLoss != nil } }
    func own(_ method: ComparisonAnalysis.Method) -> [Double] {
      method.searches.compactMap(\.ownLoss)
    }
    guard let base = rows.first.flatMap({ $0.loss?.mean ?? own($0).first }) else { return nil }
    let rowHeight = 32.0
    let values = rows.flatMap { method in
      own(method)
        + [
          method.loss?.mean, method.loss?.interval?.lowerBound, method.loss?.interval?.upperBound,
        ].compactMap { $0 }
    }.map { $0 - base }
    let halves = rows.compactMap { $0.loss?.interval }.map { ($0.upperBound - $0.lowerBound) / 2 }
      .sorted()
    let limit = max(values.max() ?? 0, 1e-4)
    let scale = StretchedScale(
      least: min(values.min() ?? 0, 0) * 1.2, limit: limit * 1.1,
      unit: max(halves.isEmpty ? limit / 100 : halves[halves.count / 2], limit * 1e-4))
    func x(_ loss: Double) -> Double { scale.fraction(loss - base) }
    var plot = Plot(
      id: "methods", title: "Methods compared",
      summary: rows.map { "\($0.name): \(Format.plusMinus($0.loss))" }.joined(separator: "; "),
      height: Double(rows.count) * rowHeight,
      margins: Plot.rowMargins(rows.map(\.name)))
    plot.horizontalAxis(
      scale.axisTicks(isDifference: true, zero: Format.loss(base)),
      name:
        "objective above the best’s mean, nats per token; stretched toward zero (lower is better)")
    for (place, method) in rows.enumerated() {
      let y = (Double(place) + 0.5) * rowHeight
      let style = place == 0 && method.loss != nil ? "best" : "other"
      plot.rowLabel(method.name, y: y, class: "label \(style)")
      for loss in own(method) {
        plot.mark(
          .circle, x: x(loss), y: y, class: "hollow \(style)",
          tip: "\(method.name) in a search: \(Format.loss(loss))")
      }
      guard let loss = method.loss else { continue }
      if let interval = loss.interval {
        plot.line(
          from: (x(interval.lowerBound), y), to: (x(interval.upperBound), y),
          class: "interval \(style)")
      }
      plot.mark(
        .circle, x: x(loss.mean), y: y, class: "solid \(style)",
        tip:
          "\(method.name): \(Format.plusMinus(loss)), \(Format.plural(loss.count, "fresh run"))"
      )
    }
    return plot
  }

  /// The lowest own loss up to each trial and what had been spent by then, the mean over searches; from
  /// where every search has one.
  static func course(of method: ComparisonAnalysis.Method) -> [(runs: Double, loss: Double)] {
    let courses = method.searches.map { search -> [Double?] in
      var best: Double?
      return search.losses.map { loss in
        if let loss { best = min(best ?? loss, loss) }
        return best
      }
    }
    let length = courses.map(\.count).min() ?? 0
    return (0..<length).compactMap { index in
      let values = courses.compactMap { $0[index] }
      guard values.count == courses.count, !values.isEmpty else { return nil }
      let spent = method.searches.reduce(0) { $0 + $1.spent[index] }
      return (
        spent / Double(values.count), values.reduce(0, +) / Double(values.count)
      )
    }
  }

  private var courseChart: (plot: Plot, key: [(Plot.Shape, String, String)])? {
    let courses = methods.enumerated().compactMap { place, method in
      var points = Self.course(of: method)
      // What does not search has no course, and its fresh seeds tell more than its one run.
      if points.count == 1, let loss = method.loss { points[0].loss = loss.mean }
      return points.isEmpty ? nil : (place: place, method: method, points: points)
    }
    guard courses.contains(where: { $0.points.count > 1 }) else { return nil }
    let ends = courses.map { $0.points[$0.points.count - 1].loss }.sorted()
    let fresh = methods.flatMap { method in
      method.checkpoints.map(\.loss.mean) + (method.loss.map { [$0.mean] } ?? [])
    }
    let all = (ends + fresh).sorted()
    // A few bad mixtures would press the rest into a line.
    let middle = all[all.count / 2]
    let top = min(all[all.count - 1], middle + 3 * max(middle - all[0], 1e-3))
    let y = LinearScale(holding: all.filter { $0 <= top } + [middle + (top - middle) * 0.5])
    // While it runs, what is handed over may be of trials that no search with fresh seeds has shown yet.
    let asked = courses.flatMap { $0.method.checkpoints.map { Double($0.trials) } }
    let last = (courses.flatMap { $0.points.map(\.runs) } + asked).max() ?? 1
    let x = LinearScale(0.3...(max(last, 2) + 0.7))
    let height = chartHeight(atLeast: 340, labels: courses.count)
    func depth(_ loss: Double) -> Double { height * (1 - y.fraction(loss)) }
    let right = Plot.labelWidth(courses.map(\.method.name), limit: 116) + 14
    var plot = Plot(
      id: "course", title: "Loss against compute",
      summary: courses.map {
        "\($0.method.name): \(Format.loss($0.points[$0.points.count - 1].loss))"
      }.joined(separator: "; "), height: height,
      margins: .init(top: 34, right: right, bottom: 44, left: 56))
    plot.verticalAxis(y, name: "objective, nats per token")
    plot.horizontalAxis(x, name: "training runs of a search", count: 8, wholeNumbers: true)
    let shown = courses.filter { $0.points[$0.points.count - 1].loss <= y.bounds.upperBound }
    let labels = spread(
      shown.map { depth($0.points[$0.points.count - 1].loss) }, gap: 16, within: 0...height)
    let searching = shown.filter { $0.points.count > 1 }.map(\.method.name)
    var key: [(Plot.Shape, String, String)] = []
    for (label, course) in zip(labels, shown) {
      // Colours and shapes are for those that search.
      let series = searching.firstIndex(of: course.method.name)
      let colour = series.map { " m\($0 % 5)" } ?? ""
      let style = course.place == 0 ? "best" : "other" + colour
      let end = course.points[course.points.count - 1]
      if course.points.count == 1 {
        plot.line(
          from: (0, depth(end.loss)), to: (1, depth(end.loss)), class: "level \(style)",
          tip: course.method.name)
      } else {
        for (from, to) in zip(course.points, course.points.dropFirst()) {
          guard from.loss <= y.bounds.upperBound else { continue }
          let (a, b) = (x.fraction(from.runs), x.fraction(to.runs))
          plot.line(
            from: (a, depth(from.loss)), to: (b, depth(from.loss)), class: "so-far \(style)")
          if to.loss < from.loss {
            plot.line(
              from: (b, depth(from.loss)), to: (b, depth(to.loss)), class: "so-far \(style)")
          }
        }
        var marks = course.method.checkpoints.map { (Double($0.trials), $0.loss) }
        if let loss = course.method.loss { marks.append((end.runs, loss)) }
        let shape = Plot.Shape.series[series! % Plot.Shape.series.count]
        key.append((shape, "solid \(style)", course.method.name))
        for (trial, loss) in marks where loss.mean <= y.bounds.upperBound {
          plot.mark(
            shape, x: x.fraction(trial), y: depth(loss.mean), class: "solid \(style)",
            // Many are asked at the same trials.
            shift: 7 * (Double(series!) - Double(searching.count - 1) * (trial < last ? 0.5 : 1)),
            tip:
              "\(course.method.name) after \(Format.number(trial, 1)) runs: \(Format.plusMinus(loss)), fresh seeds"
          )
        }
      }
      if let series {
        plot.seriesLabel(
          Plot.fitted(course.method.name, width: right - 14), x: 1, y: label,
          shape: Plot.Shape.series[series % Plot.Shape.series.count], class: "solid \(style)",
          name: course.method.name)
      } else {
        plot.label(
          Plot.fitted(course.method.name, width: right), x: 1, y: label, dx: 8,
          class: "label other", tip: course.method.name)
      }
    }
    return (plot, key)
  }
}
