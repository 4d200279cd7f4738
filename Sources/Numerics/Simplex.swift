import Foundation

/// Points whose coordinates are not negative and sum to one.
package enum Simplex {
  /// The nearest point (Euclid) with `lower ≤ w ≤ upper` and the given sum.
  ///
  /// That point is clamp(p - λ); its sum falls piecewise linearly in λ with a knot where a coordinate
  /// meets a bound, so the right λ is found between two knots exactly.
  ///
  /// - Parameters:
  ///   - lower: bound of each coordinate; zeros if nil.
  ///   - upper: bound of each coordinate; the total if nil.
  /// - Precondition: the bounds admit the total.
  package static func projection(
    of point: [Double], lower: [Double]? = nil, upper: [Double]? = nil, total: Double = 1
  ) -> [Double] {
    let lower = lower ?? [Double](repeating: 0, count: point.count)
    let upper = upper ?? [Double](repeating: total, count: point.count)
    precondition(lower.count == point.count && upper.count == point.count)
    let (least, most) = (lower.reduce(0, +), upper.reduce(0, +))
    precondition(
      least <= total + 1e-9 && most >= total - 1e-9 && zip(lower, upper).allSatisfy(<=),
      "expected bounds that admit a sum of \(total), found sums from \(least) to \(most)")
    func clamped(_ shift: Double) -> [Double] {
      point.indices.map { min(max(point[$0] - shift, lower[$0]), upper[$0]) }
    }
    let knots = point.indices.flatMap { [point[$0] - lower[$0], point[$0] - upper[$0]] }.sorted()
    // The first knot at which the sum has fallen to the total or below.
    var (low, high) = (0, knots.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if clamped(knots[middle]).reduce(0, +) <= total { high = middle } else { low = middle + 1 }
    }
    let right = knots[low]
    let left = low > 0 ? knots[low - 1] : right
    let (sumLeft, sumRight) = (clamped(left).reduce(0, +), clamped(right).reduce(0, +))
    let share = sumLeft > sumRight ? (sumLeft - total) / (sumLeft - sumRight) : 0
    return clamped(left + min(max(share, 0), 1) * (right - left))
  }

  /// Draws from the Dirichlet distribution with all parameters `concentration`.
  package static func dirichlet(
    parts: Int, concentration: Double, using generator: inout SeededGenerator
  ) -> [Double] {
    dirichlet(
      concentrations: [Double](repeating: concentration, count: parts), using: &generator)
  }

  /// Draws from the Dirichlet distribution.
  ///
  /// - Precondition: every concentration is positive.
  package static func dirichlet(
    concentrations: [Double], using generator: inout SeededGenerator
  ) -> [Double] {
    precondition(
      concentrations.allSatisfy { $0 > 0 },
      "expected positive concentrations, found \(concentrations)")
    // In logarithms: at .1 a gamma variate is often below the smallest double.
    let logs = concentrations.map { logGamma(shape: $0, using: &generator) }
    let total = logSumExp(logs)
    return logs.map { exp($0 - total) }
  }

  /// The logarithm of a gamma variate: Marsaglia and Tsang's method, with
  /// gamma(a) = gamma(a + 1) U^(1/a) below one.
  private static func logGamma(shape: Double, using generator: inout SeededGenerator) -> Double {
    if shape < 1 {
      let boost = log(1 - generator.uniform()) / shape
      return boost + logGamma(shape: shape + 1, using: &generator)
    }
    let d = shape - 1 / 3.0
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = generator.normal()
      let v = 1 + c * x
      guard v > 0 else { continue }
      let logV = 3 * log(v)
      if log(1 - generator.uniform()) < 0.5 * x * x + d - d * exp(logV) + d * logV {
        return log(d) + logV
      }
    }
  }
}
