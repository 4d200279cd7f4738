import Numerics

/// Savitzky and Golay's smoothing: at each place the value of a cubic through the window around it by least squares,
/// and near an end that of the cubic through the last whole window (*Analytical Chemistry* 36, 1964; SciPy's
/// `savgol_filter` with `mode="interp"`).
package enum SavitzkyGolay {
  /// - Parameters:
  ///   - window: places of a window, an odd number; of a shorter series the largest odd number that it has.
  ///   - places: where the smoothed values are wanted.
  /// - Returns: the values as they are where there are fewer than five.
  package static func smoothed(
    _ values: [Double], window: Int, at places: [Int]
  ) -> [Double] {
    let length = min(window, values.count % 2 == 1 ? values.count : values.count - 1)
    guard length >= 5 else { return places.map { values[$0] } }
    let half = length / 2
    let positions = (0..<length).map { Double($0 - half) / Double(half) }
    let basis = Matrix(rows: positions.map { [1, $0, $0 * $0, $0 * $0 * $0] })
    guard let normal = Cholesky(factoring: basis.times(basis, transposingSelf: true)) else {
      return places.map { values[$0] }
    }
    return places.map { place in
      let start = min(max(place - half, 0), values.count - length)
      let right = basis.times(Array(values[start..<(start + length)]), transposingSelf: true)
      let c = normal.solve(right)
      let x = Double(place - start - half) / Double(half)
      return c[0] + x * (c[1] + x * (c[2] + x * c[3]))
    }
  }
}
