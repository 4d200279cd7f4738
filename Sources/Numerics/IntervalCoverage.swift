/// How often 95 % intervals held: those of n values, and of the differences of any two.
package struct IntervalCoverage: Sendable, Hashable {
  /// Shares; of the differences one where there is none.
  package let levels: Double
  package let contrasts: Double

  /// - Parameters:
  ///   - errors: what was predicted minus what came, n > 0.
  ///   - covariance: that was told, (n, n).
  package init(errors: [Double], covariance: Matrix) {
    let n = errors.count
    precondition(n > 0 && covariance.rows == n && covariance.columns == n, "expected \(n) errors")
    func holds(_ error: Double, _ variance: Double) -> Bool {
      abs(error) <= Normal.half95 * max(variance, 0).squareRoot()
    }
    levels = Double((0..<n).count { holds(errors[$0], covariance[$0, $0]) }) / Double(n)
    var held = 0
    for i in 0..<n {
      for j in 0..<i
      where holds(
        errors[i] - errors[j], covariance[i, i] + covariance[j, j] - 2 * covariance[i, j])
      {
        held += 1
      }
    }
    contrasts = n > 1 ? Double(held) / Double(n * (n - 1) / 2) : 1
  }
}
