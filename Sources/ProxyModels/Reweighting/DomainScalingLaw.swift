import Foundation
import Numerics

/// A domain's loss in the tokens seen, `L(n) = exp(floor) + exp(scale) n^(-power)`, fitted as adaptive data
/// optimization does: Huber's loss of the logarithms at .001, in sum, with penalties beyond 0 ≤ power ≤ .8,
/// floor ≥ .5 and scale ≤ 6.5, by L-BFGS from a grid of starts.
///
/// `yidingjiang/ado`, `src/data_selectors/ado.py`, version bc3d8d0. There every one of 512 starts is descended
/// from; here the most promising sixteen are.
package struct DomainScalingLaw: Sendable, Hashable {
  package var scale: Double
  package var floor: Double
  package var power: Double

  private static let threshold = 1e-3
  private static let descents = 16

  package init(scale: Double, floor: Double, power: Double) {
    self.scale = scale
    self.floor = floor
    self.power = power
  }

  package func loss(at tokens: Double) -> Double { exp(floor) + exp(scale - power * log(tokens)) }

  /// - Parameters:
  ///   - tokens: (n), in any unit.
  ///   - losses: (n), above zero.
  /// - Returns: nil where no descent ends at finite numbers.
  package init?(tokens: [Double], losses: [Double]) {
    let logs = tokens.map { log($0) }
    let targets = losses.map { log($0) }
    func cost(_ x: [Double]) -> (value: Double, gradient: [Double]) {
      let (value, gradient) = Self.cost(x, logs, targets)
      return (value, gradient)
    }
    var starts: [(point: [Double], value: Double)] = []
    for a in stride(from: -2.0, to: 6, by: 1) {
      for e in stride(from: -2.0, to: 2, by: 0.5) {
        for step in 0..<8 {
          let point = [a, e, 0.1 * Double(step)]
          starts.append((point, cost(point).value))
        }
      }
    }
    let order = starts.indices.sorted { (starts[$0].value, $0) < (starts[$1].value, $1) }
    var search = LimitedMemoryBFGS()
    search.gradientTolerance = 1e-5
    var best: LimitedMemoryBFGS.Result?
    for index in order.prefix(Self.descents) where starts[index].value.isFinite {
      let found = search.minimize(from: starts[index].point, cost)
      if found.value < best?.value ?? .infinity { best = found }
    }
    guard let point = best?.point, point.allSatisfy(\.isFinite) else { return nil }
    self.init(scale: point[0], floor: point[1], power: point[2])
  }

  private static func cost(
    _ x: [Double], _ logs: [Double], _ targets: [Double]
  ) -> (value: Double, gradient: [Double]) {
    let (a, e, power) = (x[0], x[1], x[2])
    var value = 0.0
    var gradient = [0.0, 0.0, 0.0]
    for (n, target) in zip(logs, targets) {
      let reducible = a - power * n
      let top = max(reducible, e)
      let predicted = top + log(exp(reducible - top) + exp(e - top))
      let residual = predicted - target
      let slope = min(max(residual, -threshold), threshold)
      value +=
        abs(residual) > threshold
        ? threshold * (abs(residual) - 0.5 * threshold) : 0.5 * residual * residual
      let share = exp(reducible - predicted)
      gradient[0] += slope * share
      gradient[1] += slope * (1 - share)
      gradient[2] -= slope * share * n
    }
    if power > 0.8 {
      value += power - 0.8
      gradient[2] += 1
    }
    // As it stands there: -min(α, .001), which pays for a power up to .001.
    value -= min(power, 0.001)
    if power < 0.001 { gradient[2] -= 1 }
    if a > 6.5 {
      value += a - 6.5
      gradient[0] += 1
    }
    if e < 0.5 {
      value += 0.5 - e
      gradient[1] -= 1
    }
    return (value, gradient)
  }
}
