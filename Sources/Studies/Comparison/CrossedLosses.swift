import Numerics

/// Values of several searches under the same fresh seeds, (searches, seeds): both are drawn from many
/// that might have been, and a mean owes its error to both.
///
/// The error of the mean is that of a two-way layout with random effects: with mean squares R of the
/// rows, C of the columns and E of the rest its square is (R + C - E) / rc, with Satterthwaite's degrees
/// of freedom (Biometrics Bulletin 2, 1946). It is taken to be no less than either effect alone makes it.
package struct CrossedLosses: Sendable {
  package let mean: Double
  /// Nil for a single value.
  package let standardError: Double?
  package let degreesOfFreedom: Double
  package let count: Int

  /// - Precondition: there is a value, and rows are alike in length.
  package init(_ rows: [[Double]]) {
    let (r, c) = (rows.count, rows[0].count)
    precondition(c > 0 && rows.allSatisfy { $0.count == c }, "expected rows of \(c) values")
    count = r * c
    let rowMeans = rows.map(Statistics.mean)
    let columnMeans = (0..<c).map { column in Statistics.mean(rows.map { $0[column] }) }
    let mean = Statistics.mean(rowMeans)
    self.mean = mean
    func squares(_ values: [Double]) -> Double {
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    var rest = 0.0
    for (row, rowMean) in zip(rows, rowMeans) {
      for (value, columnMean) in zip(row, columnMeans) {
        let residual = value - rowMean - columnMean + mean
        rest += residual * residual
      }
    }
    let total = Double(r * c)
    // Each as its share of the squared error, with its degrees of freedom.
    let rowTerm = r > 1 ? Double(c) * squares(rowMeans) / Double(r - 1) / total : 0
    let columnTerm = c > 1 ? Double(r) * squares(columnMeans) / Double(c - 1) / total : 0
    let restTerm = r > 1 && c > 1 ? rest / Double((r - 1) * (c - 1)) / total : 0
    guard r > 1 || c > 1 else {
      standardError = nil
      degreesOfFreedom = 0
      return
    }
    let sum = rowTerm + columnTerm - restTerm
    let largest = max(rowTerm, columnTerm)
    if sum > largest, r > 1, c > 1 {
      standardError = sum.squareRoot()
      let spread =
        rowTerm * rowTerm / Double(r - 1) + columnTerm * columnTerm / Double(c - 1)
        + restTerm * restTerm / Double((r - 1) * (c - 1))
      // Between the fewest that either effect has and all there are.
      degreesOfFreedom = min(max(sum * sum / spread, Double(min(r, c) - 1)), Double(r * c - 1))
    } else {
      standardError = largest.squareRoot()
      degreesOfFreedom = rowTerm > columnTerm ? Double(r - 1) : Double(max(c - 1, 1))
    }
  }

  package var estimate: Estimate {
    let interval = standardError.map { error -> ClosedRange<Double> in
      let reach = error * StudentT(degreesOfFreedom: degreesOfFreedom).quantile(0.975)
      return ClosedRange(between: mean - reach, and: mean + reach)
    }
    return Estimate(mean: mean, standardError: standardError, count: count, interval: interval)
  }

  /// Two-sided, that the mean is zero; one where that cannot be tested.
  package var pValue: Double {
    guard let standardError else { return 1 }
    if standardError == 0 { return mean == 0 ? 1 : 0 }
    return 2 * StudentT(degreesOfFreedom: degreesOfFreedom).cumulative(-abs(mean / standardError))
  }
}
