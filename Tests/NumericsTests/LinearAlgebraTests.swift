import Foundation
import Numerics
import Testing

private func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  var generator = SeededGenerator(seed: seed)
  return Matrix(
    rows: rows, columns: columns, elements: (0..<rows * columns).map { _ in generator.normal() })
}

private func largestDifference(_ a: Matrix, _ b: Matrix) -> Double {
  zip(a.elements, b.elements).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct LinearAlgebraTests {
  @Test(
    "products agree with the sum that defines them",
    arguments: [(false, false), (true, false), (false, true), (true, true)])
  func productsAgreeWithTheSumThatDefinesThem(transposed: (Bool, Bool)) {
    let a = transposed.0 ? randomMatrix(4, 3, seed: 1) : randomMatrix(3, 4, seed: 1)
    let b = transposed.1 ? randomMatrix(5, 4, seed: 2) : randomMatrix(4, 5, seed: 2)
    let c = a.times(b, transposingSelf: transposed.0, transposingOther: transposed.1)
    for i in 0..<3 {
      for j in 0..<5 {
        let sum = (0..<4).reduce(0) { sum, k in
          sum + (transposed.0 ? a[k, i] : a[i, k]) * (transposed.1 ? b[j, k] : b[k, j])
        }
        #expect(abs(c[i, j] - sum) < 1e-13)
      }
    }
    let v = randomMatrix(4, 1, seed: 3)
    let product = a.times(v.elements, transposingSelf: transposed.0)
    #expect(
      largestDifference(
        Matrix(columns: [product]), a.times(v, transposingSelf: transposed.0)) < 1e-13)
  }

  @Test("cholesky solves inverts and measures", arguments: [1, 2, 7, 60])
  func choleskySolvesInvertsAndMeasures(size: Int) throws {
    let root = randomMatrix(size, size + 2, seed: 4)
    let a = root.times(root, transposingOther: true)
    let cholesky = try #require(Cholesky(factoring: a))
    #expect(cholesky.jitter == 0)
    let tolerance = 1e-8
    let l = cholesky.factor
    #expect(largestDifference(l.times(l, transposingOther: true), a) < tolerance)
    let b = randomMatrix(size, 3, seed: 5)
    #expect(largestDifference(a.times(cholesky.solve(b)), b) < tolerance)
    #expect(largestDifference(a.times(cholesky.inverse()), .identity(size)) < tolerance)
    #expect(
      largestDifference(
        Matrix(columns: [a.times(cholesky.solve(b.column(1)))]),
        Matrix(columns: [b.column(1)])) < tolerance)
    if size == 2 {
      let determinant = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]
      #expect(abs(cholesky.logDeterminant - log(determinant)) < 1e-12)
    }
  }

  @Test("jitter grows until a singular matrix can be factored")
  func jitterGrowsUntilASingularMatrixCanBeFactored() throws {
    let ones = Matrix(rows: 5, columns: 5, repeating: 1)
    let cholesky = try #require(Cholesky(factoring: ones))
    #expect(cholesky.jitter > 0 && cholesky.jitter < 1e-8)
    var negative = Matrix.identity(3)
    negative[1, 1] = -1
    #expect(Cholesky(factoring: negative) == nil)
    negative[1, 1] = .nan
    #expect(Cholesky(factoring: negative) == nil)
  }
}
