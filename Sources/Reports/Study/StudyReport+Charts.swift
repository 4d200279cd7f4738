import Mixtures
import Runs
import Studies

extension StudyReport {
  private func style(_ place: Int) -> String {
    place == 0 && findings.best != nil ? "best" : "other"
  }

  private func shape(_ method: String) -> Plot.Shape {
    let place = findings.rankedMethods.firstIndex { $0.method == method } ?? 0
    return Plot.Shape.series[place % Plot.Shape.series.count]
  }

  // MARK: Methods

  /// Confirmed losses with their intervals, the search's loss of the same mixture beside them.
  var methodChart: Plot? {
    let methods = findings.rankedMethods.filter { $0.confirmed != nil || $0.searchLoss != nil }
    guard !methods.isEmpty else { return nil }
    let rowHeight = 34.0
    var plot = Plot(
      id: "methods", title: "Methods compared",
      summary: methods.map { method in
        "\(method.method): confirmed \(Format.plusMinus(method.confirmed)), "
          + "in the search \(method.searchLoss.map(Format.loss) ?? "–")"
      }.joined(separator: "; "), height: Double(methods.count) * rowHeight,
      margins: Plot.rowMargins(methods.map(\.method)))
    let values = methods.flatMap { method -> [Double] in
      [
        method.searchLoss, method.confirmed?.mean, method.confirmed?.interval?.lowerBound,
        method.confirmed?.interval?.upperBound,
      ].compactMap { $0 }
    }
    let scale = LinearScale(holding: values)
    plot.horizontalAxis(scale, name: "objective, nats per token (lower is better)")
    for (place, method) in methods.enumerated() {
      let y = (Double(place) + 0.5) * rowHeight
      let style = style(place)
      plot.rowLabel(method.method, y: y, class: "label \(style)")
      if let search = method.searchLoss {
        let x = scale.fraction(search)
        if let mean = method.confirmed?.mean {
          plot.line(from: (x, y), to: (scale.fraction(mean), y), class: "link")
        }
        plot.mark(
          .circle, x: x, y: y, class: "hollow \(style)",
          tip: "\(method.method) in the search: \(Format.loss(search))")
      }
      if let confirmed = method.confirmed {
        if let interval = confirmed.interval {
          plot.line(
            from: (scale.fraction(interval.lowerBound), y),
            to: (scale.fraction(interval.upperBound), y), class: "interval \(style)")
        }
        plot.mark(
          .circle, x: scale.fraction(confirmed.mean), y: y, class: "solid \(style)",
          tip: "\(method.method): \(Format.plusMinus(confirmed)), "
            + Format.plural(confirmed.count, "fresh seed"))
      }
    }
    return plot
  }

  /// By how much each pick is worse than the best, paired by seed: what tells methods apart.
  var differenceChart: Plot? {
    let methods = findings.rankedMethods.filter { $0.differenceFromBest != nil }
    guard let best = findings.best, !methods.isEmpty else { return nil }
    let rowHeight = 30.0
    let scale = LinearScale(
      holding: [0]
        + methods.compactMap(\.differenceFromBest).flatMap { difference in
          [difference.mean]
            + (difference.interval.map { [$0.lowerBound, $0.upperBound] } ?? [])
        })
    var plot = Plot(
      id: "differences", title: "By how much each pick is worse than that of \(best.method)",
      summary: methods.map { "\($0.method): \(Format.difference($0.differenceFromBest))" }
        .joined(separator: "; "), height: Double(methods.count) * rowHeight,
      margins: Plot.rowMargins(findings.rankedMethods.map(\.method)))
    plot.horizontalAxis(
      scale, name: "worse than \(best.method) by, nats per token", isDifference: true)
    for (row, method) in methods.enumerated() {
      guard let difference = method.differenceFromBest else { continue }
      let y = (Double(row) + 0.5) * rowHeight
      plot.rowLabel(method.method, y: y, class: "label other")
      if let interval = difference.interval {
        plot.line(
          from: (scale.fraction(interval.lowerBound), y),
          to: (scale.fraction(interval.upperBound), y), class: "interval")
      }
      plot.mark(
        .circle, x: scale.fraction(difference.mean), y: y, class: "solid other",
        tip: "\(method.method): \(Format.difference(difference))")
    }
    return plot
  }

  // MARK: Trials

  /// A method's own colour, wherever it is shown.
  func colour(_ method: String) -> String {
    let place = findings.rankedMethods.firstIndex { $0.method == method } ?? 0
    return "\(style(place)) m\(place % 6)"
  }

  var trialChart: Plot? {
    let trials = findings.searchTrials
    guard !trials.isEmpty else { return nil }
    let searching = record.configuration.methods.filter { $0.trials > 1 }.map(\.name)
    let losses = trials.compactMap(\.loss).sorted()
    // A few bad mixtures would press all others into a line: what is far above the middle is shown
    // at the edge.
    let top: Double
    if let low = losses.first, let high = losses.last {
      top = min(high, losses[losses.count / 2] + 3 * max(losses[losses.count / 2] - low, 1e-6))
    } else {
      top = 1
    }
    let y = LinearScale(holding: losses.filter { $0 <= top }, padding: 0.05)
    let last = Double(
      max(trials.map(\.number).max() ?? 1, record.configuration.methods.map(\.trials).max() ?? 1, 2)
    )
    let x = LinearScale(0.3...(last + 0.7))
    let ends = record.configuration.methods.compactMap { method -> (name: String, best: Double)? in
      trials.filter { $0.method == method.name }.compactMap(\.loss).min().map { (method.name, $0) }
    }.filter { $0.best <= top }
    let height = chartHeight(atLeast: 320, labels: ends.count)
    let right = Plot.labelWidth(ends.map(\.name), limit: 106) + 14
    var plot = Plot(
      id: "trials", title: "Loss of each trial, in the order of its method",
      summary: "\(Format.plural(trials.count, "trial")), \(findings.divergedTrials) diverged. "
        + "Lowest loss of each method: "
        + ends.map { "\($0.name) \(Format.loss($0.best))" }.joined(separator: ", ") + ".",
      height: height, margins: .init(top: 34, right: right, bottom: 44, left: 56))
    if !losses.isEmpty { plot.verticalAxis(y, name: "objective, nats per token") }
    plot.horizontalAxis(x, name: "trial of its method", count: 8, wholeNumbers: true)
    func depth(_ loss: Double) -> Double { height * (1 - y.fraction(loss)) }

    // The lowest loss so far: steps for methods that search, a level for fixed mixtures.
    let labels = spread(
      ends.map { depth($0.best) }, gap: 16, within: 0...height)
    for (place, end) in ends.enumerated() {
      let style = colour(end.name)
      let own = trials.filter { $0.method == end.name }.sorted { $0.number < $1.number }
      if searching.contains(end.name) {
        var best: (number: Int, loss: Double)?
        for trial in own {
          guard let loss = trial.loss, loss < best?.loss ?? .infinity else { continue }
          if let best, best.loss <= top {
            let from = x.fraction(Double(best.number))
            let to = x.fraction(Double(trial.number))
            plot.line(
              from: (from, depth(best.loss)), to: (to, depth(best.loss)), class: "so-far \(style)"
            )
            plot.line(
              from: (to, depth(best.loss)), to: (to, depth(loss)), class: "so-far \(style)")
          }
          best = (trial.number, loss)
        }
        if let best {
          plot.line(
            from: (x.fraction(Double(best.number)), depth(best.loss)), to: (1, depth(best.loss)),
            class: "so-far \(style)")
        }
      } else {
        plot.line(
          from: (0, depth(end.best)), to: (1, depth(end.best)), class: "level \(style)",
          tip: "\(end.name): \(Format.loss(end.best))")
      }
      plot.seriesLabel(
        Plot.fitted(end.name, width: right - 14), x: 1, y: labels[place], shape: shape(end.name),
        class: "solid \(style)", name: end.name,
        tip: "\(end.name), lowest loss \(Format.loss(end.best))")
    }
    guard trials.count <= Self.mostMarks else {
      for method in record.configuration.methods {
        let square = shape(method.name).rawValue % 2 == 1 ? " square" : ""
        plot.dots(
          trials.filter { $0.method == method.name }.compactMap { trial in
            trial.loss.map {
              (x.fraction(Double(trial.number)), max(depth($0), 0), String(trial.id))
            }
          }, class: colour(method.name) + square)
      }
      return plot
    }
    for trial in trials {
      let position = x.fraction(Double(trial.number))
      let about = "\(trial.method), trial \(trial.number)"
      let weights = Format.weights(trial.mixture)
      let identifier = String(trial.id)
      guard let loss = trial.loss else {
        plot.mark(
          .cross, x: position, y: 0, class: "diverged", tip: "\(about): diverged. \(weights)",
          trial: identifier)
        continue
      }
      if loss > y.bounds.upperBound {
        plot.mark(
          .arrow, x: position, y: 0, class: "point \(colour(trial.method))",
          tip: "\(about): \(Format.loss(loss)), above the chart. \(weights)", trial: identifier)
      } else {
        plot.mark(
          shape(trial.method), x: position, y: depth(loss), class: "point \(colour(trial.method))",
          tip: "\(about): \(Format.loss(loss)). \(weights)", trial: identifier)
      }
    }
    return plot
  }

  // MARK: Domains

  /// The method whose intervals the chart of domains shows: the best that is not itself the measure.
  var domainChartFocus: Int? {
    findings.rankedMethods.prefix(findings.confirmedCount)
      .firstIndex { $0.method != findings.referenceName }
  }

  /// Each method's difference from the reference on each domain; nil where there is none.
  var domainChart: Plot? {
    let methods = findings.rankedMethods.prefix(findings.confirmedCount)
    guard findings.reference != nil, !findings.domains.isEmpty,
      methods.contains(where: { $0.method != findings.referenceName })
    else { return nil }
    let rowHeight = 30.0
    let cells = findings.domains.flatMap { row in row.cells.compactMap { $0?.difference } }
    guard !cells.isEmpty else { return nil }
    let bestCells = findings.domains.compactMap { row in
      domainChartFocus.flatMap { row.cells[$0]?.difference?.interval }
    }
    let scale = DifferenceScale(
      holding: cells.map(\.mean) + bestCells.flatMap { [$0.lowerBound, $0.upperBound] })
    var plot = Plot(
      id: "domains", title: "Loss of each domain minus that of \(findings.referenceWords)",
      summary: findings.domains.map { row in
        "\(Self.domainName(row)): "
          + zip(methods, row.cells).compactMap { method, cell in
            cell?.difference.map { "\(method.method) \(Format.difference($0.mean))" }
          }.joined(separator: ", ")
      }.joined(separator: "; "), height: Double(findings.domains.count) * rowHeight,
      margins: Plot.rowMargins(findings.domains.map(\.domain)))
    plot.horizontalAxis(
      scale.ticks,
      name: "nats per token minus those of \(findings.referenceWords) (− is better)"
        + (scale.isStretched ? "; stretched toward zero" : ""))
    for (row, domain) in findings.domains.enumerated() {
      let y = (Double(row) + 0.5) * rowHeight
      plot.rowLabel(domain.domain, y: y, class: domain.isTrained ? "label" : "label held-out")
      // The best last, so that it lies on top.
      for (place, method) in methods.enumerated().reversed() {
        guard let cell = domain.cells[place], let difference = cell.difference else { continue }
        if place == domainChartFocus, let interval = difference.interval {
          plot.line(
            from: (scale.fraction(interval.lowerBound), y),
            to: (scale.fraction(interval.upperBound), y), class: "interval \(style(place))")
        }
        plot.mark(
          shape(method.method), x: scale.fraction(difference.mean), y: y,
          class: "solid \(style(place)) m\(place % 6)",
          tip:
            "\(method.method) on \(domain.domain): \(Format.difference(difference)) nats per token"
            + (cell.bitsPerByteDifference.map { ", \(Format.difference($0)) bits per byte" } ?? ""))
      }
    }
    return plot
  }

  // MARK: Transfer

  /// How a candidate stands at each size: its loss less the mean of all, seed by seed. Nil where not
  /// every size has a seed that all candidates share.
  private func standings(
    _ candidates: [TransferResult.Candidate], of transfer: TransferResult
  ) -> [[Estimate]]? {
    guard let record = transferRecord, !candidates.isEmpty else { return nil }
    var standings = candidates.map { _ in [Estimate]() }
    for scale in transfer.scales {
      var differences = candidates.map { _ in [Double]() }
      for seed in record.configuration.seeds {
        let losses = candidates.compactMap { candidate in
          record.trials.first {
            $0.request.scale == scale && $0.request.seed == seed
              && $0.request.mixture == candidate.mixture
          }?.observation.flatMap(record.configuration.objective.value(of:))
        }
        guard losses.count == candidates.count else { continue }
        let mean = losses.reduce(0, +) / Double(losses.count)
        for (index, loss) in losses.enumerated() { differences[index].append(loss - mean) }
      }
      for index in candidates.indices {
        guard let estimate = Estimate(of: differences[index]) else { return nil }
        standings[index].append(estimate.among(candidates.count * transfer.scales.count))
      }
    }
    return standings
  }

  /// Each candidate's standing at each size, joined across sizes.
  func transferChart(_ transfer: TransferResult) -> Plot? {
    let complete = transfer.candidates.filter { $0.losses.allSatisfy { $0 != nil } }
    guard transfer.scales.count > 1, let standings = standings(complete, of: transfer) else {
      return nil
    }
    // By the standing at the largest size, as the labels beside it stand.
    let final = transfer.scales.count - 1
    let order = complete.indices.sorted {
      (standings[$0][final].mean, $0) < (standings[$1][final].mean, $1)
    }
    let all = standings.flatMap { $0 }
    let y = LinearScale(
      means: all.map(\.mean),
      ends: all.flatMap { $0.interval.map { [$0.lowerBound, $0.upperBound] } ?? [] })
    let height = chartHeight(atLeast: 320, labels: complete.count, gap: 17)
    let right = Plot.labelWidth(complete.map(\.name), limit: 120) + 14
    var plot = Plot(
      id: "transfer", title: "Losses across model sizes", summary: transfer.verdict, height: height,
      margins: .init(top: 34, right: right, bottom: 48, left: 60))
    plot.verticalAxis(y, name: "nats per token minus the mean of all", isDifference: true)
    func x(_ scale: Int) -> Double { 0.1 + 0.8 * Double(scale) / Double(final) }
    func depth(_ value: Double) -> Double { height * (1 - y.fraction(value)) }
    for (index, scale) in transfer.scales.enumerated() {
      plot.line(from: (x(index), 0), to: (x(index), height), class: "grid")
      plot.label(scale.size, x: x(index), y: height + 16, anchor: "middle", class: "label")
      plot.label(
        "\(Format.count(scale.tokens)) tokens", x: x(index), y: height + 34, anchor: "middle",
        class: "axis")
    }
    let labels = spread(
      order.map { depth(standings[$0][final].mean) }, gap: 17, within: 0...height)
    // What the study recommends stands out, wherever it comes in the end.
    let chosen = complete.firstIndex { $0.mixture == findings.best?.pick }
    for (place, index) in order.enumerated().reversed() {
      let candidate = complete[index]
      let style = index == chosen ? "best" : "other"
      // A method's pick keeps the colour and shape that it has elsewhere in the page.
      let series =
        findings.rankedMethods.firstIndex { $0.method == candidate.name }
        ?? findings.rankedMethods.count + place
      let colour = "\(style) m\(series % 6)"
      let shift = (Double(place) - Double(order.count - 1) / 2) * 7
      for (scale, standing) in standings[index].enumerated() {
        if scale > 0 {
          plot.line(
            from: (x(scale - 1), depth(standings[index][scale - 1].mean)),
            to: (x(scale), depth(standing.mean)), class: "slope \(colour)", shift: shift)
        }
        if let interval = standing.interval {
          plot.line(
            from: (x(scale), min(depth(interval.lowerBound), height)),
            to: (x(scale), max(depth(interval.upperBound), 0)), class: "interval \(colour)",
            shift: shift)
        }
        plot.mark(
          Plot.Shape.series[series % 6], x: x(scale), y: depth(standing.mean),
          class: "solid \(colour)", shift: shift,
          tip: "\(candidate.name) at \(transfer.scales[scale].size): "
            + "\(Format.plusMinus(candidate.losses[scale])); minus the mean of all "
            + Format.difference(standing))
      }
      plot.line(
        from: (x(final), depth(standings[index][final].mean)), to: (1, labels[place]),
        class: "leader", shift: 0)
      plot.seriesLabel(
        Plot.fitted(candidate.name, width: right - 14), x: 1, y: labels[place],
        shape: Plot.Shape.series[series % 6], class: "solid \(colour)", name: candidate.name)
    }
    return plot
  }
}
