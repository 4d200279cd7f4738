import Foundation
import Mixtures
import Numerics
import Studies

/// Several comparisons at once. Where a page sets many means against one another, some would seem to differ
/// by chance: every interval of a family of comparisons is widened so that all of them together hold with
/// 95 % (Bonferroni), and p values are corrected by Holm's method. Everywhere alike.
extension Estimate {
  /// Of Student's t: those for which the 95 % interval is as wide as it is, as means over crossed effects
  /// have another number than one less than their values. Nil for a single value.
  var degreesOfFreedom: Double? {
    guard let standardError, let margin, standardError > 0 else { return nil }
    let plain = Double(count - 1)
    let factor = margin / standardError
    if plain > 0, abs(StudentT(degreesOfFreedom: plain).quantile(0.975) - factor) < 1e-6 * factor {
      return plain
    }
    // The quantile falls as the degrees rise.
    var (low, high) = (log(0.5), log(1e6))
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if StudentT(degreesOfFreedom: exp(middle)).quantile(0.975) > factor {
        low = middle
      } else {
        high = middle
      }
    }
    return exp((low + high) / 2)
  }

  /// The same with an interval for one of so many comparisons: that all of them hold what they should has
  /// a probability of 95 % at least.
  func among(_ comparisons: Int) -> Estimate {
    guard comparisons > 1, let standardError, let freedom = degreesOfFreedom else { return self }
    let margin =
      standardError
      * StudentT(degreesOfFreedom: freedom).quantile(1 - 0.025 / Double(comparisons))
    var wider = self
    wider.interval = mean - margin...mean + margin
    return wider
  }

  /// That the mean is zero, two-sided; nil for a single value.
  var pValue: Double? {
    guard let standardError else { return nil }
    guard standardError > 0 else { return mean == 0 ? 1 : 0 }
    return degreesOfFreedom.map {
      2 * StudentT(degreesOfFreedom: $0).cumulative(-abs(mean) / standardError)
    }
  }

  /// Whether its interval, as it is, leaves out zero.
  var isCertain: Bool { interval.map { !$0.contains(0) } ?? false }
}

extension Prediction {
  /// An interval for one of so many comparisons: that all of them hold what they should has a probability of
  /// 95 % at least.
  func interval(among comparisons: Int) -> ClosedRange<Double> {
    let half = Normal.quantile(1 - 0.025 / Double(max(comparisons, 1))) * deviation
    return ClosedRange(between: mean - half, and: mean + half)
  }
}

/// How a page says that its intervals are corrected.
func intervalWords(of comparisons: Int) -> String {
  comparisons > 1
    ? "95\u{202F}% for all \(comparisons) comparisons together" : "95\u{202F}% interval"
}
