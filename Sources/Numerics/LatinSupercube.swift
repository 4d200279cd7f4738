/// Quasi-random numbers in any number of dimensions: Sobol sequences of few dimensions side by side, each
/// in an order of its own (Owen, *Latin supercube sampling for very high-dimensional simulations*, ACM
/// Trans. Model. Comput. Simul. 8, 1998).
package enum LatinSupercube {
  /// Independent standard normal numbers, (dimensions, count).
  package static func normals(dimensions: Int, count: Int, seed: UInt64) -> Matrix {
    var result = Matrix(rows: dimensions, columns: count)
    let width = 16
    for (block, start) in stride(from: 0, to: dimensions, by: width).enumerated() {
      let size = min(width, dimensions - start)
      var generator = SeededGenerator(seed: seed, stream: "supercube \(block)")
      let sequence = SobolSequence(dimensions: size, scrambledBy: generator.next())
      var order = Array(0..<count)
      if block > 0 { generator.shuffle(&order) }
      for (column, index) in order.enumerated() {
        for (row, value) in sequence.point(index).enumerated() {
          result[start + row, column] = Normal.quantile(value)
        }
      }
    }
    return result
  }
}
