/// Summaries of a sample, and tests that compare two.
package enum Statistics {
  /// - Precondition: there is a value.
  package static func mean(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "expected values, found none")
    return values.reduce(0, +) / Double(values.count)
  }

  /// The unbiased variance, divided by n - 1; nil for fewer than two values.
  package static func variance(_ values: [Double]) -> Double? {
    guard values.count > 1 else { return nil }
    // Deviations from the mean first: the difference of two sums of squares would cancel.
    let center = mean(values)
    return values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)
  }

  /// Standard error of the mean; nil for fewer than two values.
  package static func standardError(_ values: [Double]) -> Double? {
    variance(values).map { ($0 / Double(values.count)).squareRoot() }
  }

  /// The mean's confidence interval by Student's t; nil for fewer than two values.
  package static func meanInterval(
    _ values: [Double], confidence: Double = 0.95
  ) -> ClosedRange<Double>? {
    guard let error = standardError(values) else { return nil }
    let center = mean(values)
    let reach =
      error
      * StudentT(degreesOfFreedom: Double(values.count - 1)).quantile((1 + confidence) / 2)
    return ClosedRange(between: center - reach, and: center + reach)
  }

  /// - Precondition: there is a value.
  package static func rootMeanSquare(_ values: [Double]) -> Double {
    precondition(!values.isEmpty, "expected values, found none")
    return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
  }

  /// R²: the share of the variance of `observed` that `predicted` explains, below zero where the mean would
  /// predict better; nil where the values do not vary.
  ///
  /// - Precondition: as many predictions as values, one at least.
  package static func determination(
    of observed: [Double], by predicted: [Double]
  ) -> Double? {
    precondition(
      observed.count == predicted.count,
      "expected \(observed.count) predictions, found \(predicted.count)")
    let center = mean(observed)
    let total = observed.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    let rest = zip(observed, predicted).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return total > 0 ? 1 - rest / total : nil
  }

  /// A quantile by linear interpolation between order statistics (Hyndman and Fan's type 7, as
  /// NumPy's default).
  ///
  /// - Precondition: `sorted` ascends and has a value; `probability` is from 0 to 1.
  package static func quantile(ofSorted sorted: [Double], _ probability: Double) -> Double {
    precondition(!sorted.isEmpty && (0...1).contains(probability))
    let position = probability * Double(sorted.count - 1)
    let below = Int(position)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    let fraction = position - Double(below)
    return sorted[below] + fraction * (sorted[below + 1] - sorted[below])
  }

  /// The pooled variance within groups, and its degrees of freedom; nil where no group has two
  /// values.
  package static func pooledVariance(
    _ groups: [[Double]]
  ) -> (variance: Double, degreesOfFreedom: Int)? {
    var squares = 0.0
    var freedom = 0
    for group in groups {
      guard let variance = variance(group) else { continue }
      squares += variance * Double(group.count - 1)
      freedom += group.count - 1
    }
    return freedom > 0 ? (squares / Double(freedom), freedom) : nil
  }
}

/// The outcome of a t test.
package struct TTest: Sendable, Hashable {
  /// Infinite where the values differ from zero without any spread.
  package var statistic: Double
  package var degreesOfFreedom: Double
  /// Two-sided.
  package var pValue: Double

  /// Whether the mean of paired differences is zero; nil for fewer than two pairs.
  package static func paired(_ differences: [Double]) -> TTest? {
    guard let error = Statistics.standardError(differences) else { return nil }
    return TTest(
      difference: Statistics.mean(differences), error: error,
      degreesOfFreedom: Double(differences.count - 1))
  }

  private init(difference: Double, error: Double, degreesOfFreedom: Double) {
    self.degreesOfFreedom = degreesOfFreedom
    if error == 0 {
      // No spread: equal without doubt, or different without doubt.
      statistic = difference == 0 ? 0 : difference * .infinity
      pValue = difference == 0 ? 1 : 0
    } else {
      statistic = difference / error
      pValue = 2 * StudentT(degreesOfFreedom: degreesOfFreedom).cumulative(-abs(statistic))
    }
  }
}

/// P values adjusted for being several.
package enum MultipleComparisons {
  /// Holm's step-down correction (Scandinavian Journal of Statistics 6, 1979): rejecting where the
  /// adjusted value is below α wrongs a true hypothesis with probability α at most, however the
  /// tests depend on each other. In the order given.
  package static func holm(_ pValues: [Double]) -> [Double] {
    var adjusted = [Double](repeating: 1, count: pValues.count)
    var largest = 0.0
    let order = pValues.indices.sorted { (pValues[$0], $0) < (pValues[$1], $1) }
    for (place, index) in order.enumerated() {
      largest = max(largest, min(1, Double(pValues.count - place) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
