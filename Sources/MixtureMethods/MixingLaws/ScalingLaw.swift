import Foundation
import Numerics

/// A loss that falls as a power of tokens or parameters towards a floor:
/// `L(x) = floor + exp(power (log κ - log x))`, the form in which the repository `yegcjs/mixinglaws`
/// extrapolates steps and sizes.
package struct ScalingLaw: Sendable, Hashable {
  /// Nats per token, at least zero.
  package var floor: Double
  /// Positive, or zero for a loss that does not change.
  package var power: Double
  /// Logarithm of κ, in the unit of x: the excess over the floor is one nat there.
  package var logScale: Double

  package init(floor: Double, power: Double, logScale: Double) {
    self.floor = floor
    self.power = power
    self.logScale = logScale
  }

  package func loss(at x: Double) -> Double {
    power == 0 ? floor : floor + exp(power * (logScale - log(x)))
  }

  /// - Parameters:
  ///   - x: positive; values that differ in nothing but their last bits count as one.
  ///   - losses: nats per token.
  /// - Returns: with one value of x a constant, with two a power without a floor; nil without any.
  package static func fit(_ x: [Double], losses: [Double]) -> ScalingLaw? {
    precondition(x.count == losses.count && x.allSatisfy { $0 > 0 })
    guard !x.isEmpty else { return nil }
    let logs = x.map { log($0) }
    let distinct = Set(logs.map { ($0 * 1e9).rounded() }).count
    let lowest = losses.min()!
    guard distinct > 1, lowest > 0 else {
      return ScalingLaw(floor: Statistics.mean(losses), power: 0, logScale: 0)
    }
    // A line through the logarithms for every floor of a grid, then descent from the best of them.
    func law(floor: Double) -> ScalingLaw? {
      let y = losses.map { log($0 - floor) }
      let (centerX, centerY) = (Statistics.mean(logs), Statistics.mean(y))
      let spread = logs.reduce(0) { $0 + ($1 - centerX) * ($1 - centerX) }
      let slope = zip(logs, y).reduce(0) { $0 + ($1.0 - centerX) * ($1.1 - centerY) } / spread
      guard slope < 0 else { return nil }
      return ScalingLaw(floor: floor, power: -slope, logScale: centerX + centerY / -slope)
    }
    func error(_ law: ScalingLaw) -> Double {
      zip(x, losses).reduce(0) { sum, point in
        let residual = law.loss(at: point.0) - point.1
        return sum + residual * residual
      }
    }
    guard distinct > 2 else {
      return law(floor: 0) ?? ScalingLaw(floor: Statistics.mean(losses), power: 0, logScale: 0)
    }
    let grid = (0..<40).compactMap { law(floor: lowest * (1 - pow(0.8, Double($0)))) }
    guard let start = grid.min(by: { error($0) < error($1) }) else {
      return ScalingLaw(floor: Statistics.mean(losses), power: 0, logScale: 0)
    }
    var search = LimitedMemoryBFGS()
    search.gradientTolerance = 1e-12
    search.valueTolerance = 1e-16
    search.maximumIterations = 500
    // About the middle of the logarithms, where level and power hardly depend on each other.
    let center = Statistics.mean(logs)
    let found = search.minimize(
      from: [
        log(max(start.floor, 1e-3 * lowest)), log(start.power),
        start.power * (start.logScale - center),
      ]
    ) { p in
      let (floor, power) = (exp(p[0]), exp(p[1]))
      var sum = 0.0
      var gradient = [0.0, 0.0, 0.0]
      for (logX, loss) in zip(logs, losses) {
        let excess = exp(p[2] + power * (center - logX))
        let residual = floor + excess - loss
        sum += 0.5 * residual * residual
        gradient[0] += residual * floor
        gradient[1] += residual * excess * (center - logX) * power
        gradient[2] += residual * excess
      }
      return (sum, gradient)
    }
    let (floor, power) = (exp(found.point[0]), exp(found.point[1]))
    let best = ScalingLaw(floor: floor, power: power, logScale: center + found.point[2] / power)
    return error(best) <= error(start) ? best : start
  }
}
