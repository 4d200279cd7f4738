/// Efron's bootstrap with a seeded generator: the same seed, the same interval.
package enum Bootstrap {
  /// Percentile interval of a statistic of resampled indices.
  ///
  /// - Parameters:
  ///   - count: How many units there are to draw from; as many are drawn, with replacement.
  ///   - statistic: Of the drawn indices; nil where they leave it undefined, and then the draw
  ///     does not count.
  /// - Returns: nil where the statistic was never defined.
  /// - Precondition: there is a unit, and a replicate.
  package static func percentileInterval(
    count: Int, replicates: Int = 2000, confidence: Double = 0.95,
    using generator: inout SeededGenerator, statistic: (_ indices: [Int]) -> Double?
  ) -> ClosedRange<Double>? {
    precondition(count > 0 && replicates > 0, "expected units and replicates")
    var indices = [Int](repeating: 0, count: count)
    var values: [Double] = []
    values.reserveCapacity(replicates)
    for _ in 0..<replicates {
      for i in indices.indices { indices[i] = generator.integer(below: count) }
      if let value = statistic(indices) { values.append(value) }
    }
    return interval(of: values, confidence: confidence)
  }

  /// The central share of a statistic's replicates; nil where there are none.
  package static func interval(
    of replicates: [Double], confidence: Double = 0.95
  ) -> ClosedRange<Double>? {
    guard !replicates.isEmpty else { return nil }
    let sorted = replicates.sorted()
    return ClosedRange(
      between: Statistics.quantile(ofSorted: sorted, (1 - confidence) / 2),
      and: Statistics.quantile(ofSorted: sorted, (1 + confidence) / 2))
  }

  /// How much to stretch a resampled mean's deviation from the sample's mean: resampling n units
  /// misses a share 1/n of the variance, a third of it for three seeds. √(n / (n - 1)).
  ///
  /// - Precondition: `count > 1`.
  package static func stretch(count: Int) -> Double {
    precondition(count > 1, "expected two units at least, found \(count)")
    return (Double(count) / Double(count - 1)).squareRoot()
  }
}
