import Foundation
import Numerics

/// Values along an axis: from numbers to a fraction of its length, and the round numbers to mark.
package struct LinearScale: Sendable, Hashable {
  package let bounds: ClosedRange<Double>

  /// - Precondition: the bounds are finite and not equal.
  package init(_ bounds: ClosedRange<Double>) {
    precondition(
      bounds.lowerBound.isFinite && bounds.upperBound.isFinite
        && bounds.lowerBound < bounds.upperBound, "expected finite bounds apart, found \(bounds)")
    self.bounds = bounds
  }

  /// A scale that holds all the values, with a margin beyond either end.
  ///
  /// - Parameter padding: the margin, as a share of the values' range. Where that is nothing, a
  ///   margin is made up, so that one value stands in the middle.
  package init(holding values: [Double], padding: Double = 0.06) {
    let values = values.filter(\.isFinite)
    let low = values.min() ?? 0
    let high = values.max() ?? 1
    let margin = high > low ? (high - low) * padding : max(abs(high) * 1e-3, 1e-3)
    self.init(ClosedRange(between: low - margin, and: high + margin))
  }

  /// A scale of means with their intervals, on which the means keep a third of the length at least: intervals
  /// many times as long as what they are about, such as those over two seeds, reach beyond it.
  ///
  /// - Parameter ends: of the intervals.
  package init(means: [Double], ends: [Double], padding: Double = 0.06) {
    let means = means.filter(\.isFinite)
    guard let low = means.min(), let high = means.max() else {
      self.init(holding: ends, padding: padding)
      return
    }
    // Means that hardly differ have intervals for their reach.
    let reach = high - low > abs(high) * 1e-5 ? high - low : .infinity
    self.init(
      holding: means + ends.map { min(max($0, low - reach), high + reach) }, padding: padding)
  }

  /// 0 at the lower bound, 1 at the upper; beyond them outside of that.
  package func fraction(_ value: Double) -> Double {
    (value - bounds.lowerBound) / (bounds.upperBound - bounds.lowerBound)
  }

  /// The step among 1, 2 and 5 times a power of ten that comes nearest to `count` steps.
  package func step(count: Int) -> Double {
    let rough = (bounds.upperBound - bounds.lowerBound) / Double(max(count, 1))
    let power = pow(10, floor(log10(rough)))
    let lead = rough / power
    // Halfway between neighbours on a logarithmic scale, as in d3's ticks.
    return power
      * (lead >= 50.0.squareRoot()
        ? 10 : lead >= 10.0.squareRoot() ? 5 : lead >= 2.0.squareRoot() ? 2 : 1)
  }

  /// Round values within the bounds, about `count` of them, in order.
  package func ticks(count: Int = 5) -> [Double] {
    let step = step(count: count)
    let first = (bounds.lowerBound / step - 1e-9).rounded(.up)
    let last = (bounds.upperBound / step + 1e-9).rounded(.down)
    guard first <= last else { return [] }
    // Multiplied rather than added up, so that no error gathers; divided where the step is below
    // one, so that 0.3 is 3/10 and not 3 times 0.1.
    let inverse = (1 / step).rounded()
    return stride(from: first, through: last, by: 1).map {
      let value = step < 1 ? $0 / inverse : $0 * step
      return value == 0 ? 0 : value
    }
  }

  /// Decimals that tell ticks of this step apart.
  package static func decimals(ofStep step: Double) -> Int {
    max(0, Int(clamping: (-log10(step) - 1e-9).rounded(.up)))
  }
}
