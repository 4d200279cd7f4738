import Numerics

/// A mean over seeds with what is known of its error.
package struct Estimate: Sendable, Hashable {
  package var mean: Double
  /// Nil for a single value: one run says nothing of its own noise.
  package var standardError: Double?
  package var count: Int
  /// 95 % by Student's t; nil for a single value.
  package var interval: ClosedRange<Double>?

  package init(
    mean: Double, standardError: Double?, count: Int, interval: ClosedRange<Double>?
  ) {
    self.mean = mean
    self.standardError = standardError
    self.count = count
    self.interval = interval
  }
  /// Of independent values; nil where there are none.
  package init?(of values: [Double]) {
    guard !values.isEmpty else { return nil }
    self.init(
      mean: Statistics.mean(values), standardError: Statistics.standardError(values),
      count: values.count, interval: Statistics.meanInterval(values))
  }

  /// Half the interval's width: the mean is known to plus or minus this. Nil for a single value.
  package var margin: Double? { interval.map { ($0.upperBound - $0.lowerBound) / 2 } }
}
