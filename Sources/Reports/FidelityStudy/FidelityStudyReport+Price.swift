import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Studies

/// What the recommended mixture gains at the target and what it costs there, on every held-out domain: as the model of
/// all runs predicts it, and as far as it was measured.
extension FidelityStudyReport {
  /// A held-out domain. Estimates are of runs at the target, predictions of the model.
  struct DomainRow {
    var domain: String
    /// Whether the objective has it as a target.
    var isCounted: Bool
    var measured: Estimate?
    var predicted: Prediction?
    /// Of equal weights.
    var even: Estimate?
    /// Minus that of equal weights, with intervals for all comparisons together.
    var measuredChange: Estimate?
    var predictedChange: Prediction?
  }

  var domainRows: [DomainRow] {
    func own(_ values: [(domain: String, estimate: Estimate)], _ domain: String) -> Estimate? {
      values.first { $0.domain == domain }?.estimate
    }
    let model = alternatives?.model
    let names = model?.outputs ?? []
    let others = (analysis.domains + analysis.evenDomains).map(\.domain)
    var all: [String] = []
    for name in names + others where !all.contains(name) { all.append(name) }
    let pick = alternatives?.choices.first?.prediction
    return all.map { name in
      let place = names.firstIndex(of: name)
      let (measured, even) = (own(analysis.domains, name), own(analysis.evenDomains, name))
      return DomainRow(
        domain: name, isCounted: configuration.objective.targets.contains(name),
        measured: measured, predicted: place.flatMap { pick?.losses[$0] }, even: even,
        measuredChange: isEven ? nil : measured.flatMap { own in even.map { own.minus($0) } },
        predictedChange: place.flatMap { change?.losses[$0] })
    }
  }

  private var isEven: Bool {
    analysis.recommended?.mixture == .uniform(over: configuration.domains)
  }

  /// The objective and every domain.
  var comparisons: Int { domainRows.count + 1 }

  /// What the recommended mixture gains over equal weights, and what others pay for it.
  var priceWords: String? {
    if isEven { return "Equal weights are the best found: there is no gain and no price." }
    guard let change else { return nil }
    // Of the gain, as the change of a loss is below zero where it helps.
    let gain = -change.objective.mean
    let interval = change.objective.interval(among: comparisons)
    let (low, high) = (-interval.upperBound, -interval.lowerBound)
    let certainty =
      low > 0 || high < 0 ? "" : ", so that it cannot be told apart from them by prediction alone"
    var sentences = [
      "Against equal weights the model predicts a gain of \(Format.loss(gain)) (\(Format.loss(low)) to "
        + "\(Format.loss(high)), \(intervalWords(of: comparisons)))\(certainty)."
    ]
    let rows = domainRows
    let found = PriceSentences(
      rows.filter { !$0.isCounted }.compactMap { row in
        row.predictedChange.map {
          (row.domain, $0.mean, !$0.interval(among: comparisons).contains(0))
        }
      }, against: "equal weights, predicted", comparisons: comparisons)
    sentences += found.sentences
    let limits = configuration.objective.limits
    if limits.isEmpty, found.hasPrice { sentences.append("Nothing was guarded.") }
    for limit in limits {
      guard let row = rows.first(where: { $0.domain == limit.domain }) else { continue }
      let (mean, low, high): (Double, Double?, Double?)
      if let measured = row.measured?.among(limits.count) {
        (mean, low, high) = (
          measured.mean, measured.interval?.lowerBound, measured.interval?.upperBound
        )
      } else if let predicted = row.predicted {
        let interval = predicted.interval(among: limits.count)
        (mean, low, high) = (predicted.mean, interval.lowerBound, interval.upperBound)
      } else {
        continue
      }
      let words =
        (high ?? .infinity) <= limit.loss
        ? "is met" : (low ?? -.infinity) > limit.loss ? "is missed" : "may or may not be met"
      sentences.append(
        "The guard \(limit.domain) ≤ \(Format.number(limit.loss, 4)) \(words): "
          + "\(row.measured == nil ? "predicted" : "measured") \(Format.loss(mean)).")
    }
    return sentences.joined(separator: " ")
  }

  private var hasMeasuredChange: Bool { domainRows.contains { $0.measuredChange != nil } }

  var domainWords: String {
    var words =
      "The recommended mixture at the target, in nats per token: measured with fresh seeds, and as the model of all "
      + "runs and all held-out losses predicts it (the search’s own has the losses that it seeks alone). "
    if change != nil {
      words +=
        "Differences from equal weights, above zero where the domain pays, are of "
        + "\(intervalWords(of: comparisons))."
    }
    if hasMeasuredChange {
      let runs = analysis.evenDomains.first?.estimate.count ?? 0
      words +=
        " \(Format.plural(runs, "run").capitalizedAtStart) of equal weights reached the target; "
        + "where one has no spread of its own, that of the fresh seeds stands for it."
    }
    let uncounted = domainRows.filter { !$0.isCounted }.map(\.domain)
    if !uncounted.isEmpty {
      words += " The objective does not count \(uncounted.joined(separator: ", "))."
    }
    return words
  }

  var domainTable: TextTable {
    let rows = domainRows
    let hasModel = rows.contains { $0.predicted != nil }
    var columns: [TextTable.Column] = [.init("Held-out domain", .left), .init("Measured")]
    if hasModel { columns.append(.init("Predicted")) }
    if hasMeasuredChange { columns.append(.init("Minus equal weights, measured")) }
    if change != nil { columns.append(.init("Minus equal weights, predicted")) }
    var table = TextTable(columns)
    func words(_ mean: Double, _ half: Double?, _ format: (Double) -> String) -> String {
      format(mean) + (half.map { " ± \(Format.loss($0))" } ?? "")
    }
    for row in rows {
      var cells = [
        row.domain, row.measured.map { words($0.mean, $0.margin, Format.loss) } ?? "–",
      ]
      func half(_ interval: ClosedRange<Double>) -> Double {
        (interval.upperBound - interval.lowerBound) / 2
      }
      if hasModel {
        cells.append(
          row.predicted.map { words($0.mean, half($0.interval), Format.loss) } ?? "–")
      }
      if hasMeasuredChange {
        cells.append(
          row.measuredChange.map {
            words($0.mean, $0.among(comparisons).margin, Format.difference)
          } ?? "–")
      }
      if change != nil {
        cells.append(
          row.predictedChange.map {
            words($0.mean, half($0.interval(among: comparisons)), Format.difference)
          } ?? "–")
      }
      table.append(cells)
    }
    return table
  }
}

extension Estimate {
  /// The difference of two means of independent values of one spread (Student's pooled test): where one is a single
  /// value, the other's spread stands for both.
  func minus(_ other: Estimate) -> Estimate {
    func squares(_ estimate: Estimate) -> Double {
      let error = estimate.standardError ?? 0
      return error * error * Double(estimate.count) * Double(estimate.count - 1)
    }
    let difference = mean - other.mean
    let freedom = Double(count + other.count - 2)
    guard freedom > 0 else {
      return Estimate(mean: difference, standardError: nil, count: 1, interval: nil)
    }
    let variance = (squares(self) + squares(other)) / freedom
    let error = (variance * (1 / Double(count) + 1 / Double(other.count))).squareRoot()
    let half = error * StudentT(degreesOfFreedom: freedom).quantile(0.975)
    return Estimate(
      mean: difference, standardError: error, count: count + other.count - 1,
      interval: difference - half...difference + half)
  }
}
