import COpenBLAS
import Foundation

/// The factor L of a symmetric positive-definite matrix A = L·Lᵀ, and what follows from it.
package struct Cholesky: Sendable {
  /// L, with zeros above the diagonal.
  package let factor: Matrix
  /// What was added to the diagonal for the factorization to succeed; zero almost always.
  package let jitter: Double

  package var size: Int { factor.rows }

  /// Factors the lower triangle of `matrix`. Rounding can leave the covariance of nearly equal
  /// points with a negative eigenvalue: the diagonal then grows by 1e-12 of its mean, tenfold at
  /// each failure.
  ///
  /// - Returns: nil where even 1e-2 of the mean does not help, or an element is not finite.
  package init?(factoring matrix: Matrix) {
    precondition(
      matrix.rows == matrix.columns, "expected a square, found \(matrix.rows)x\(matrix.columns)")
    LinearAlgebra.useOneThread()
    let n = matrix.rows
    let diagonal = matrix.diagonal
    let scale = diagonal.reduce(0, +) / Double(max(n, 1))
    guard scale.isFinite else { return nil }
    var jitter = 0.0
    while true {
      var candidate = matrix
      if jitter > 0 { for i in 0..<n { candidate[i, i] = diagonal[i] + jitter } }
      var size = Int32(n)
      var stride = Int32(max(n, 1))
      var status: Int32 = 0
      dpotrf_("L", &size, &candidate.elements, &stride, &status)
      // A NaN passes through dpotrf as a pivot that is not negative.
      if status == 0, candidate.diagonal.allSatisfy({ $0 > 0 && $0.isFinite }) {
        candidate.elements.withUnsafeMutableBufferPointer { elements in
          for j in 0..<n { for i in 0..<j { elements[i + j * n] = 0 } }
        }
        factor = candidate
        self.jitter = jitter
        return
      }
      jitter = jitter == 0 ? 1e-12 * scale : jitter * 10
      guard jitter <= 1e-2 * scale, jitter > 0 else { return nil }
    }
  }

  /// - Parameter factor: lower triangular, zeros above the diagonal.
  private init(factor: Matrix, jitter: Double) {
    self.factor = factor
    self.jitter = jitter
  }

  /// ln det A.
  package var logDeterminant: Double { 2 * factor.diagonal.reduce(0) { $0 + log($1) } }

  /// A⁻¹ b.
  package func solve(_ b: Matrix) -> Matrix { solveUpper(solveLower(b)) }

  /// A⁻¹ b.
  package func solve(_ b: [Double]) -> [Double] { solveUpper(solveLower(b)) }

  /// L⁻¹ b.
  package func solveLower(_ b: Matrix) -> Matrix { triangular(b, CblasNoTrans) }

  /// L⁻¹ b.
  package func solveLower(_ b: [Double]) -> [Double] { triangular(b, CblasNoTrans) }

  /// L⁻ᵀ b.
  package func solveUpper(_ b: Matrix) -> Matrix { triangular(b, CblasTrans) }

  /// L⁻ᵀ b.
  package func solveUpper(_ b: [Double]) -> [Double] { triangular(b, CblasTrans) }

  /// A⁻¹, both triangles.
  package func inverse() -> Matrix {
    var result = inverseLowerTriangle()
    result.elements.withUnsafeMutableBufferPointer { elements in
      for j in 0..<size { for i in 0..<j { elements[i + j * size] = elements[j + i * size] } }
    }
    return result
  }

  /// A⁻¹ on and below the diagonal, zeros above it.
  package func inverseLowerTriangle() -> Matrix {
    LinearAlgebra.useOneThread()
    var result = factor
    var size = Int32(self.size)
    var stride = Int32(max(self.size, 1))
    var status: Int32 = 0
    dpotri_("L", &size, &result.elements, &stride, &status)
    precondition(status == 0, "dpotri stopped at \(status): the factor has a zero on its diagonal")
    return result
  }

  private func triangular(_ b: Matrix, _ transpose: CBLAS_TRANSPOSE) -> Matrix {
    precondition(b.rows == size, "expected \(size) rows, found \(b.rows)")
    var result = b
    guard size > 0, b.columns > 0 else { return result }
    cblas_dtrsm(
      CblasColMajor, CblasLeft, CblasLower, transpose, CblasNonUnit, Int32(size),
      Int32(b.columns), 1, factor.elements, Int32(size), &result.elements, Int32(size))
    return result
  }

  private func triangular(_ b: [Double], _ transpose: CBLAS_TRANSPOSE) -> [Double] {
    precondition(b.count == size, "expected \(size) elements, found \(b.count)")
    var result = b
    guard size > 0 else { return result }
    cblas_dtrsv(
      CblasColMajor, CblasLower, transpose, CblasNonUnit, Int32(size), factor.elements,
      Int32(size), &result, 1)
    return result
  }
}
