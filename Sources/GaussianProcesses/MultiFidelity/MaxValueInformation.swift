import Foundation
import Numerics

/// What measurements tell of the lowest value of a function.
package enum MaxValueInformation {
  /// The mutual information, in nats, of measurements that explain a share of the variance of f(w) with the
  /// lowest value of f: -½ mean ln(1 - R² r (γ + r)), r = φ(γ) / Φ(γ).
  ///
  /// Given the lowest value y*, f(w) is normal cut off below y*, and its variance shrinks by 1 - r (γ + r)
  /// (max-value entropy search, Wang and Jegelka, arXiv 1703.01968); a measurement that correlates with f(w)
  /// loses R² of that (as for lower fidelities in Takeno et al., arXiv 1901.08275, to second order).
  ///
  /// - Parameters:
  ///   - explained: R², from 0 to 1.
  ///   - gaps: γ = (mean - y*) / deviation of f(w), one for each draw of y*.
  package static func gain(explained: Double, gaps: [Double]) -> Double {
    precondition(!gaps.isEmpty, "expected draws of the lowest value")
    return gaps.reduce(0) { $0 - 0.5 * log1p(-explained * shrinkage($1)) } / Double(gaps.count)
  }

  /// By what share the variance of f(w) shrinks once it is known not to be below y*: r (γ + r).
  static func shrinkage(_ gap: Double) -> Double {
    let r = Normal.logCumulativeSlope(gap)
    // Below 1, and tends to it where γ falls: rounding must not pass it.
    return min(max(r * (gap + r), 0), 1 - 1e-12)
  }
}
