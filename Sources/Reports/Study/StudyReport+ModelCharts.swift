import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Studies

extension Report {
  /// What the model says of each trial from all the others, against what was seen; one scale for both.
  func predictionChart(_ insight: Insight) -> Plot? {
    let points = insight.leaveOneOut
    guard points.count > 1 else { return nil }
    let sorted = points.map(\.observed).sorted()
    // Bad mixtures are far away, and of no interest: the better three quarters fill the chart.
    let limit = sorted[min(sorted.count - 1, sorted.count * 3 / 4)]
    let shown = points.filter { $0.observed <= limit }
    let scale = LinearScale(holding: shown.flatMap { [$0.observed, $0.predicted.mean] })
    let side = 272.0
    let held = points.count { $0.predicted.interval.contains($0.observed) }
    var plot = Plot(
      id: "predictions", title: "Predicted against observed objective",
      summary:
        "Each trial predicted from all others; \(held) of \(points.count) intervals hold the "
        + "value observed.", height: side,
      margins: .init(top: 6, right: 14, bottom: 24, left: 50))
    plot.isSquare = true
    plot.verticalAxis(scale, name: "predicted from all other trials, nats per token")
    plot.horizontalAxis(scale, name: "observed objective, nats per token", count: 5)
    func depth(_ value: Double) -> Double { min(max(side * (1 - scale.fraction(value)), 0), side) }
    plot.line(from: (0, side), to: (1, 0), class: "diagonal", tip: "predicted as observed")
    for point in shown {
      let x = scale.fraction(point.observed)
      let interval = point.predicted.interval
      plot.line(
        from: (x, depth(interval.lowerBound)), to: (x, depth(interval.upperBound)),
        class: "interval thin")
      let holds = interval.contains(point.observed)
      plot.mark(
        holds ? .circle : .diamond, x: x, y: depth(point.predicted.mean),
        class: holds ? "solid best" : "solid m1",
        tip:
          "observed \(Format.loss(point.observed)), predicted \(Format.loss(point.predicted.mean)) "
          + "(\(Format.loss(interval.lowerBound)) to \(Format.loss(interval.upperBound)))"
          + (holds ? "" : ", a miss") + ". " + Format.weights(point.mixture))
    }
    return plot
  }

}

extension StudyReport {
  /// What was predicted of each proposal before it was run, and what was measured.
  func historyChart(_ model: MethodInsight) -> Plot? {
    let beliefs = model.beliefs
    guard beliefs.count > 1 else { return nil }
    let observed = beliefs.map(\.observed).sorted()
    let low = observed[0]
    let middle = observed[observed.count / 2]
    let high = min(observed[observed.count - 1], low + 4 * max(middle - low, 1e-4))
    let y = LinearScale(
      means: [low, high],
      ends: beliefs.flatMap {
        [$0.predicted.interval.lowerBound, $0.predicted.interval.upperBound]
      })
    let x = LinearScale(
      Double(beliefs[0].number) - 0.7...Double(beliefs[beliefs.count - 1].number) + 0.7)
    let height = 272.0
    func depth(_ value: Double) -> Double { min(max(height * (1 - y.fraction(value)), 0), height) }
    let held = beliefs.count { $0.predicted.interval.contains($0.observed) }
    var plot = Plot(
      id: "history", title: "Predictions made before each trial",
      summary:
        "\(held) of \(beliefs.count) measured objectives lie within the 95 % interval predicted "
        + "before.", height: height, margins: .init(top: 6, right: 14, bottom: 24, left: 50))
    plot.verticalAxis(y, name: "objective, nats per token")
    plot.horizontalAxis(x, name: "trial of \(model.method)", count: 6, wholeNumbers: true)
    for belief in beliefs {
      let at = x.fraction(Double(belief.number))
      let interval = belief.predicted.interval
      plot.line(
        from: (at, depth(interval.lowerBound)), to: (at, depth(interval.upperBound)),
        class: "interval m5")
      let holds = interval.contains(belief.observed)
      let isAbove = belief.observed > y.bounds.upperBound
      plot.mark(
        isAbove ? .arrow : holds ? .circle : .diamond, x: at, y: depth(belief.observed),
        class: holds ? (isAbove ? "solid best" : "hollow best") : "solid m1",
        tip: "trial \(belief.number): predicted \(Format.loss(belief.predicted.mean)) "
          + "(\(Format.loss(interval.lowerBound)) to \(Format.loss(interval.upperBound))), measured "
          + Format.loss(belief.observed) + (holds ? "" : ", a miss"), trial: String(belief.trial))
    }
    return plot
  }

  /// The objective against the domain that pays most for it, and the columns that these are among the
  /// losses of the table of trials.
  var tradeOffChart: (plot: Plot, columns: (Int, Int))? {
    let names = measuredDomains
    guard !names.isEmpty else { return nil }
    let others = findings.prices.filter { $0.row.objectiveWeight == nil }
    let payer = others.max { $0.difference.mean < $1.difference.mean }?.row.domain
    let uncounted = names.first { !record.configuration.objective.targets.contains($0) }
    let domain = payer ?? uncounted ?? names[names.count - 1]
    guard let column = names.firstIndex(of: domain) else { return nil }
    var points: [(x: Double, y: Double, trial: Int)] = []
    var seen: Set<Int> = []
    for trial in record.trials where trial.purpose == .search {
      guard let result = trial.outcome?.result, seen.insert(trial.request.id).inserted,
        let x = StudyFindings.objective(record.configuration.objective, of: result),
        let y = result.losses.first(where: { $0.domain == domain })?.loss
      else { continue }
      points.append((x, y, trial.request.id))
    }
    return tradeOffChart(points, domain: domain).map { ($0, (0, column + 1)) }
  }
}

extension Report {
  /// More marks than these would each have to be an element; a chart of more draws dots.
  static var mostMarks: Int { 600 }

  /// Runs by the objective and one loss.
  func tradeOffChart(_ points: [(x: Double, y: Double, trial: Int)], domain: String) -> Plot? {
    guard points.count > 2 else { return nil }
    func scale(_ values: [Double]) -> LinearScale {
      let sorted = values.sorted()
      let middle = sorted[sorted.count / 2]
      let high = min(sorted[sorted.count - 1], middle + 3 * max(middle - sorted[0], 1e-6))
      return LinearScale(holding: [sorted[0], max(high, sorted[0] + 1e-6)])
    }
    let x = scale(points.map(\.x))
    let y = scale(points.map(\.y))
    let height = 300.0
    func across(_ value: Double) -> Double { min(max(x.fraction(value), 0), 1) }
    func depth(_ value: Double) -> Double { min(max(height * (1 - y.fraction(value)), 0), height) }
    let front = Pareto.front(of: points.map { [$0.x, $0.y] }).map { points[$0] }.sorted {
      $0.x < $1.x
    }
    var plot = Plot(
      id: "trade-offs", title: "The objective against the loss of \(domain)",
      summary: "\(front.count) of \(points.count) trials are beaten by no other in both.",
      height: height, margins: .init(top: 6, right: 16, bottom: 24, left: 50))
    plot.verticalAxis(y, name: "loss of \(domain), nats per token")
    plot.horizontalAxis(x, name: "Objective, nats per token")
    for (a, b) in zip(front, front.dropFirst()) {
      plot.line(
        from: (across(a.x), depth(a.y)), to: (across(b.x), depth(a.y)), class: "so-far best")
      plot.line(
        from: (across(b.x), depth(a.y)), to: (across(b.x), depth(b.y)), class: "so-far best")
    }
    let best = Set(front.map(\.trial))
    if points.count > Self.mostMarks {
      plot.dots(
        points.filter { !best.contains($0.trial) }.map {
          (across($0.x), depth($0.y), String($0.trial))
        }, class: "m5")
    }
    for point in points {
      let isBest = best.contains(point.trial)
      if points.count > Self.mostMarks && !isBest { continue }
      let beyond: Plot.Shape? =
        x.fraction(point.x) > 1 ? .rightArrow : y.fraction(point.y) > 1 ? .arrow : nil
      plot.mark(
        beyond ?? .circle, x: across(point.x), y: depth(point.y),
        class: isBest ? "solid best" : beyond == nil ? "hollow" : "solid other",
        tip: "objective \(Format.loss(point.x)), \(domain) \(Format.loss(point.y))",
        trial: String(point.trial))
    }
    return plot
  }
}
