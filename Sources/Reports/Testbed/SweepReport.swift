import Foundation
import Mixtures
import Numerics
import Studies

/// A sweep of sizes, learning rates and seeds on one mixture, for people to read.
package struct SweepReport: Sendable, Report {
  /// Runs that differ in their seeds alone.
  struct Group: Sendable {
    var cell: SweepRecord.Cell
    /// The learning rate, or by how much the default was multiplied; nil where nobody knows.
    var rate: Double?
    /// Over the lowest mean of the same size, length and mixture, minus one; nil for nothing to set it
    /// against.
    var aboveBest: Double?

    var size: String { cell.conditions.size }

    var estimate: (mean: Double, margin: Double?)? {
      let means = cell.means
      guard !means.isEmpty else { return nil }
      let interval = Statistics.meanInterval(means)
      return (
        Statistics.mean(means), interval.map { ($0.upperBound - $0.lowerBound) / 2 }
      )
    }
  }

  package let name: String
  let groups: [Group]
  let commands: [String]
  package var live: LiveStatus?

  package init(_ record: SweepRecord, commands: [String] = []) {
    name = Self.name(ofFolder: record.folder)
    self.commands = commands
    groups = record.cells.map { cell in
      let rivals = record.cells.count {
        $0.mixture == cell.mixture && $0.tokens == cell.tokens
          && $0.conditions.size == cell.conditions.size
      }
      let mean = cell.means.isEmpty ? nil : Statistics.mean(cell.means)
      // `0.5 × the default`, or the rate itself.
      let rate = cell.learningRate ?? Double(cell.rate.prefix { $0 != " " })
      return Group(
        cell: cell, rate: rate,
        aboveBest: rivals > 1
          ? mean.flatMap { mean in record.best(beside: cell).map { mean / $0 - 1 } } : nil)
    }
  }

  private var hasSeveralMixtures: Bool { Set(groups.map(\.cell.mixture)).count > 1 }
  private var hasSeveralRates: Bool { Set(groups.map(\.cell.rate)).count > 1 }

  package var verdict: String {
    guard !groups.isEmpty else { return "No run has ended yet." }
    let runs = groups.reduce(0) { sum, group in
      sum + group.cell.runs.count { $0.outcome != nil }
    }
    var sentences = ["\(Format.plural(runs, "run")), \(Format.plural(groups.count, "setting"))."]
    if hasSeveralRates {
      var best: [(rate: String, sizes: [String])] = []
      for group in groups where group.aboveBest == 0 {
        let rate = "\(group.cell.rate)"
        if let known = best.firstIndex(where: { $0.rate == rate }) {
          best[known].sizes.append(group.size)
        } else {
          best.append((rate, [group.size]))
        }
      }
      let words = best.map { "\($0.rate) at \(Format.list($0.sizes))" }
      sentences.append(
        "The learning rate of the lowest mean loss is \(words.joined(separator: "; ")).")
      if let edge = edgeWords { sentences.append(edge) }
    }
    if let noise = Statistics.pooledVariance(groups.map(\.cell.means)) {
      sentences.append(
        "Seeds alone move the mean loss by \(Format.loss(noise.variance.squareRoot())) (standard deviation)."
      )
    } else {
      sentences.append("One seed each, so differences may be noise.")
    }
    return sentences.joined(separator: " ")
  }

  /// That a better rate may lie beyond those that were tried; nil where the best of each size lies within.
  private var edgeWords: String? {
    var edges: [String] = []
    for size in series {
      let own = groups.filter { $0.size == size && $0.aboveBest != nil && $0.rate != nil }
      guard let best = own.first(where: { $0.aboveBest == 0 })?.rate, own.count > 1 else {
        continue
      }
      let rates = own.compactMap(\.rate)
      if best == rates.max() || best == rates.min() { edges.append(size) }
    }
    return edges.isEmpty
      ? nil
      : "At \(Format.list(edges)) it is at an end of what was tried, so that a better one may lie beyond."
  }

  var table: TextTable {
    var table = TextTable(
      [
        .init("Size", .left), .init("Tokens"), .init("Learning rate"), .init("Seeds"),
        .init("Mean loss"), .init("Standard deviation over seeds"), .init("Above the best"),
        .init("Tokens a second"),
      ] + (hasSeveralMixtures ? [.init("Weights", .left)] : []))
    for group in groups {
      let mean = group.estimate.map { estimate in
        Format.loss(estimate.mean) + (estimate.margin.map { " ± " + Format.loss($0) } ?? "")
      }
      let loss = mean ?? (group.cell.diverged > 0 ? "diverged" : "–")
      let deviation = Statistics.variance(group.cell.means).map { Format.loss($0.squareRoot()) }
      let above = group.aboveBest.map { Format.fixed($0 * 100, 2) + "\u{202F}%" }
      let speed = group.cell.tokensPerSecond.map { Format.count($0) }
      var row = [
        group.size, Format.count(group.cell.tokens), group.cell.rate,
        "\(group.cell.means.count)", loss,
      ]
      row += [deviation ?? "–", above ?? "–", speed ?? "–"]
      if hasSeveralMixtures { row.append(Format.weights(group.cell.mixture)) }
      table.append(row)
    }
    return table
  }

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks = ["# \(plain(name))", plain(verdict), "## Settings"]
    blocks.append(String(table.markdown.dropLast()))
    if !commands.isEmpty { blocks.append("```sh\n\(commands.joined(separator: "\n"))\n```") }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  package var html: String {
    var main = Markup("main", [:], [pageHeader(kicker: "Sweep of the trainer", verdict: verdict)])
    var section = heading(
      "Settings",
      "Mean held-out loss over the training domains, nats per token; ± is half of a 95\u{202F}% interval over "
        + "seeds.")
    if let chart { section.append(figure(chart, key: key)) }
    section.append(scrolling(table))
    if !commands.isEmpty { section.append(code(commands, label: "To reproduce it")) }
    main.append(section)
    return page(title: "\(name) – mixpipe", main)
  }

  private var series: [String] {
    var names: [String] = []
    for group in groups where group.aboveBest != nil && !names.contains(group.size) {
      names.append(group.size)
    }
    return names
  }

  private var key: [(Plot.Shape, String, String)] {
    series.enumerated().map { place, name in
      (Plot.Shape.series[place % Plot.Shape.series.count], "sized-point s\(place % 6)", name)
    }
  }

  /// How far above the best of its size each learning rate is.
  private var chart: Plot? {
    let known = groups.filter { $0.aboveBest != nil && $0.rate ?? 0 > 0 }
    guard hasSeveralRates, !hasSeveralMixtures, known.count > 2 else { return nil }
    let x = LinearScale(holding: known.map { log2($0.rate!) }, padding: 0.08)
    let y = LinearScale(holding: known.map { $0.aboveBest! * 100 } + [0])
    let height = 240.0
    var plot = Plot(
      id: "rates", title: "Loss above the best of each size against the learning rate",
      summary: verdict, height: height, margins: .init(top: 6, right: 20, bottom: 24, left: 50))
    plot.verticalAxis(y, name: "mean loss above the best of the size, per cent")
    let isFactor = known[0].cell.learningRate == nil
    plot.horizontalAxis(
      Set(known.map { $0.rate! }).sorted().map {
        AxisTick(
          fraction: x.fraction(log2($0)), text: Format.number($0, 5) + (isFactor ? " ×" : ""))
      },
      name: isFactor
        ? "learning rate, of the default (logarithmic)" : "learning rate (logarithmic)")
    for (place, name) in series.enumerated() {
      let own = known.filter { $0.size == name }
      let points = own.map {
        (x: x.fraction(log2($0.rate!)), y: height * (1 - y.fraction($0.aboveBest! * 100)))
      }
      if points.count > 1 { plot.curve(points, class: "sized-curve s\(place % 6)") }
      for (group, point) in zip(own, points) {
        plot.mark(
          Plot.Shape.series[place % Plot.Shape.series.count], x: point.x, y: point.y,
          class: "sized-point s\(place % 6)",
          tip: "\(name) at \(group.cell.rate): "
            + (group.estimate.map { Format.loss($0.mean) } ?? "diverged"))
      }
    }
    return plot
  }
}
