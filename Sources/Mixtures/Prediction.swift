import Numerics

/// A mean and a standard deviation of something believed to be about normal.
package struct Prediction: Sendable, Hashable, Codable {
  package var mean: Double
  package var deviation: Double

  package init(mean: Double, deviation: Double) {
    self.mean = mean
    self.deviation = deviation
  }

  /// 95 %.
  package var interval: ClosedRange<Double> {
    let half = Normal.half95 * deviation
    return ClosedRange(between: mean - half, and: mean + half)
  }
}
