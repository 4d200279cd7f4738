import MixtureMethods
import Mixtures
import RunTables

/// From what is minimized inside to what the table's owner reads: accuracies stay accuracies.
struct ObjectiveUnit {
  /// `nats`, `bits`, `score`, or `noise` where goals of several kinds count by their noise.
  let name: String
  let isMaximized: Bool
  private let factor: Double
  private let offset: Double

  init(of objective: Objective, in runs: RunTable) {
    let units = objective.targets.compactMap { runs.measure(of: $0) }
    if let first = units.first, units.allSatisfy({ $0.unit == first.unit }) {
      self.init(first, isDifference: objective.references != nil)
    } else {
      self.init(name: "noise", isMaximized: false, factor: 1, offset: 0)
    }
  }

  init(_ measure: RunTable.Measure, isDifference: Bool = false) {
    switch measure.unit {
    case .nats, .bits:
      self.init(name: measure.unitName, isMaximized: false, factor: 1, offset: 0)
    case .score(let bound):
      self.init(
        name: measure.unitName, isMaximized: true, factor: bound ?? 1,
        offset: bound == nil || isDifference ? 0 : 1)
    }
  }

  private init(name: String, isMaximized: Bool, factor: Double, offset: Double) {
    self.name = name
    self.isMaximized = isMaximized
    self.factor = factor
    self.offset = offset
  }

  func value(_ inside: Double) -> Double { isMaximized ? factor * (offset - inside) : inside }

  func change(_ inside: Double) -> Double { isMaximized ? -factor * inside : inside }

  /// Of what has no direction: a deviation, a regret.
  func extent(_ inside: Double) -> Double { factor * inside }

  func value(_ range: ScaleForecast.Range) -> ScaleForecast.Range { turned(range, by: value) }

  func change(_ range: ScaleForecast.Range) -> ScaleForecast.Range { turned(range, by: change) }

  private func turned(
    _ range: ScaleForecast.Range, by turn: (Double) -> Double
  ) -> ScaleForecast.Range {
    var result = range
    let ends = [turn(range.low), turn(range.high)]
    (result.mean, result.low, result.high) = (turn(range.mean), ends.min()!, ends.max()!)
    return result
  }

  func value(_ prediction: Prediction) -> Prediction {
    Prediction(mean: value(prediction.mean), deviation: factor * prediction.deviation)
  }

  func change(_ prediction: Prediction) -> Prediction {
    Prediction(mean: change(prediction.mean), deviation: factor * prediction.deviation)
  }
}
