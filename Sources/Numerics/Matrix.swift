import COpenBLAS

/// A dense matrix of doubles, column after column, as LAPACK has it.
package struct Matrix: Sendable, Equatable {
  package let rows: Int
  package let columns: Int
  /// Element (i, j) is at `i + j * rows`.
  package var elements: [Double]

  @inlinable
  package init(rows: Int, columns: Int, repeating value: Double = 0) {
    self.rows = rows
    self.columns = columns
    elements = [Double](repeating: value, count: rows * columns)
  }

  /// - Precondition: `rows * columns` elements, column after column.
  package init(rows: Int, columns: Int, elements: [Double]) {
    precondition(
      elements.count == rows * columns,
      "expected \(rows * columns) elements, found \(elements.count)")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// One array for each row.
  package init(rows: [[Double]]) {
    let width = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == width }, "expected rows of \(width) elements")
    self.init(rows: rows.count, columns: width)
    for (i, row) in rows.enumerated() {
      for (j, value) in row.enumerated() { self[i, j] = value }
    }
  }

  /// One array for each column.
  package init(columns: [[Double]]) {
    let height = columns.first?.count ?? 0
    precondition(
      columns.allSatisfy { $0.count == height }, "expected columns of \(height) elements")
    self.init(rows: height, columns: columns.count, elements: columns.flatMap { $0 })
  }

  package static func identity(_ size: Int) -> Matrix {
    var matrix = Matrix(rows: size, columns: size)
    for i in 0..<size { matrix[i, i] = 1 }
    return matrix
  }

  @inlinable
  package subscript(row: Int, column: Int) -> Double {
    @inline(__always) get { elements[row + column * rows] }
    @inline(__always) _modify { yield &elements[row + column * rows] }
  }

  package func column(_ column: Int) -> [Double] {
    Array(elements[column * rows..<(column + 1) * rows])
  }

  package func row(_ row: Int) -> [Double] { (0..<columns).map { self[row, $0] } }

  package var diagonal: [Double] { (0..<min(rows, columns)).map { self[$0, $0] } }

  package var transposed: Matrix {
    var result = Matrix(rows: columns, columns: rows)
    for j in 0..<columns { for i in 0..<rows { result[j, i] = self[i, j] } }
    return result
  }

  /// The rows and columns of these indices, in their order.
  package func submatrix(rows chosenRows: [Int], columns chosenColumns: [Int]) -> Matrix {
    var result = Matrix(rows: chosenRows.count, columns: chosenColumns.count)
    for (j, column) in chosenColumns.enumerated() {
      for (i, row) in chosenRows.enumerated() { result[i, j] = self[row, column] }
    }
    return result
  }

  /// op(self) · op(other), where op transposes if told to.
  package func times(
    _ other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false
  ) -> Matrix {
    let (m, k) = transposingSelf ? (columns, rows) : (rows, columns)
    let (inner, n) =
      transposingOther ? (other.columns, other.rows) : (other.rows, other.columns)
    precondition(k == inner, "expected \(k) rows to multiply with, found \(inner)")
    var result = Matrix(rows: m, columns: n)
    guard m > 0, n > 0, k > 0 else { return result }
    LinearAlgebra.useOneThread()
    cblas_dgemm(
      CblasColMajor, transposingSelf ? CblasTrans : CblasNoTrans,
      transposingOther ? CblasTrans : CblasNoTrans, Int32(m), Int32(n), Int32(k), 1, elements,
      Int32(rows), other.elements, Int32(other.rows), 0, &result.elements, Int32(m))
    return result
  }

  /// op(self) · vector.
  package func times(_ vector: [Double], transposingSelf: Bool = false) -> [Double] {
    let (m, k) = transposingSelf ? (columns, rows) : (rows, columns)
    precondition(
      k == vector.count, "expected \(k) elements to multiply with, found \(vector.count)")
    var result = [Double](repeating: 0, count: m)
    guard m > 0, k > 0 else { return result }
    LinearAlgebra.useOneThread()
    cblas_dgemv(
      CblasColMajor, transposingSelf ? CblasTrans : CblasNoTrans, Int32(rows), Int32(columns), 1,
      elements, Int32(rows), vector, 1, 0, &result, 1)
    return result
  }

  /// self · S for a symmetric S of which only the lower triangle is read.
  package func timesSymmetric(lowerTriangle symmetric: Matrix) -> Matrix {
    precondition(
      symmetric.rows == symmetric.columns && columns == symmetric.rows,
      "expected a square of \(columns), found \(symmetric.rows)x\(symmetric.columns)")
    var result = Matrix(rows: rows, columns: columns)
    guard rows > 0, columns > 0 else { return result }
    LinearAlgebra.useOneThread()
    cblas_dsymm(
      CblasColMajor, CblasRight, CblasLower, Int32(rows), Int32(columns), 1, symmetric.elements,
      Int32(columns), elements, Int32(rows), 0, &result.elements, Int32(rows))
    return result
  }

  package static func - (a: Matrix, b: Matrix) -> Matrix {
    precondition(a.rows == b.rows && a.columns == b.columns)
    var result = a
    for i in result.elements.indices { result.elements[i] -= b.elements[i] }
    return result
  }
}

/// What all of this module's calls into BLAS share.
package enum LinearAlgebra {
  /// Fitting runs beside trainers that hold the cores, and a result must not depend on how many
  /// threads there were: every call here is single-threaded.
  package static func useOneThread() { _ = onlyOnce }

  private static let onlyOnce: Void = openblas_set_num_threads(1)
}

/// Σ aᵢ bᵢ, in order.
@inlinable
package func dot(_ a: [Double], _ b: [Double]) -> Double {
  precondition(a.count == b.count, "expected \(a.count) elements, found \(b.count)")
  var sum = 0.0
  for i in a.indices { sum += a[i] * b[i] }
  return sum
}
