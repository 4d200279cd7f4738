import Numerics

/// Least squares of a target on the weights. On the simplex the weights sum to one, so that an
/// intercept is part of the coefficients.
package struct LinearRegression: Sendable, Hashable {
  package var coefficients: [Double]

  /// - Parameters:
  ///   - inputs: (n, k).
  ///   - ridge: what is added to the normal equations' diagonal, as a share of its mean: with fewer runs
  ///     than domains they have no other single solution.
  /// - Precondition: there is an input.
  package init(_ inputs: [[Double]], targets: [Double], ridge: Double = 1e-8) {
    precondition(!inputs.isEmpty && inputs.count == targets.count)
    let x = Matrix(rows: inputs)
    // About the mean, so that the ridge draws the coefficients to a constant and not to zero.
    let center = Statistics.mean(targets)
    var normal = x.times(x, transposingSelf: true)
    let trace = normal.diagonal.reduce(0, +) / Double(normal.rows)
    for i in 0..<normal.rows { normal[i, i] += ridge * trace + 1e-14 }
    let moments = x.times(targets.map { $0 - center }, transposingSelf: true)
    let solved = Cholesky(factoring: normal)?.solve(moments) ?? moments.map { _ in 0 }
    coefficients = solved.map { $0 + center }
  }

  package func callAsFunction(_ input: [Double]) -> Double { dot(coefficients, input) }
}
