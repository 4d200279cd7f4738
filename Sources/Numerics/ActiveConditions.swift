// N is the matrix of the active conditions' normals, a row each; L the lower triangular factor of N Nᵀ.

/// The conditions that hold with equality where a projection is at.
///
/// The factor L is brought up to date as conditions come and go, in time with the square of their number: a
/// new one adds a row, and one that leaves is rotated out (Gill, Golub, Murray and Saunders, *Methods for
/// modifying matrix factorizations*, Mathematics of Computation 28, 1974).
struct ActiveConditions {
  private(set) var indices: [Int] = []
  /// Of equalities either way round.
  private(set) var normals: [[Double]] = []
  private(set) var offsets: [Double] = []
  private(set) var areEqualities: [Bool] = []
  var multipliers: [Double] = []
  private var supports: [[Int]] = []
  /// L's rows, each up to its diagonal.
  private var factor: [[Double]] = []
  private(set) var isActive: [Bool]

  /// - Parameter conditions: how many there are in all.
  init(conditions: Int) { isActive = [Bool](repeating: false, count: conditions) }

  var count: Int { indices.count }

  /// A normal as a sum of the active ones.
  struct Resolution {
    /// N's least-squares coefficients.
    var shares: [Double]
    /// What no sum of the active normals has.
    var rest: [Double]
    /// L⁻¹ N a: the factor's next row, up to its diagonal, where the normal is taken in.
    fileprivate var row: [Double]
  }

  func resolved(_ normal: [Double], support: [Int]) -> Resolution {
    var row: [Double] = []
    row.reserveCapacity(count + 1)
    for i in 0..<count {
      row.append(product(i, normal, support))
    }
    for i in 0..<count {
      let line = factor[i]
      var value = row[i]
      for j in 0..<i { value -= line[j] * row[j] }
      row[i] = value / line[i]
    }
    var shares = row
    for i in stride(from: count - 1, through: 0, by: -1) {
      let line = factor[i]
      let value = shares[i] / line[i]
      shares[i] = value
      for j in 0..<i { shares[j] -= value * line[j] }
    }
    var rest = normal
    for i in 0..<count where shares[i] != 0 {
      let other = normals[i]
      for j in supports[i] { rest[j] -= shares[i] * other[j] }
    }
    return Resolution(shares: shares, rest: rest, row: row)
  }

  private func product(_ i: Int, _ normal: [Double], _ support: [Int]) -> Double {
    let other = normals[i]
    let fewer = supports[i].count < support.count ? supports[i] : support
    return fewer.reduce(0) { $0 + other[$1] * normal[$1] }
  }

  /// - Parameter resolution: of this normal by the conditions that are active now; its rest is not zero.
  mutating func append(
    _ index: Int, _ normal: [Double], support: [Int], offset: Double, multiplier: Double,
    isEquality: Bool, _ resolution: Resolution
  ) {
    indices.append(index)
    normals.append(normal)
    supports.append(support)
    offsets.append(offset)
    multipliers.append(multiplier)
    areEqualities.append(isEquality)
    factor.append(resolution.row + [dot(resolution.rest, resolution.rest).squareRoot()])
    isActive[index] = true
  }

  mutating func remove(at place: Int) {
    isActive[indices[place]] = false
    indices.remove(at: place)
    normals.remove(at: place)
    supports.remove(at: place)
    offsets.remove(at: place)
    multipliers.remove(at: place)
    areEqualities.remove(at: place)
    factor.remove(at: place)
    // The rows below have an element beyond the diagonal now: columns are rotated two by two until none has.
    for c in place..<factor.count {
      let (a, b) = (factor[c][c], factor[c][c + 1])
      let length = (a * a + b * b).squareRoot()
      let (cosine, sine) = (a / length, b / length)
      for row in c..<factor.count {
        let (x, y) = (factor[row][c], factor[row][c + 1])
        factor[row][c] = cosine * x + sine * y
        factor[row][c + 1] = cosine * y - sine * x
      }
      factor[c][c] = length
      factor[c].removeLast()
    }
  }

  /// The point of all active conditions that is nearest to another, computed anew; nil where none is
  /// active.
  func nearest(to point: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    var products = Matrix(rows: count, columns: count)
    for i in 0..<count { for j in 0...i { products[i, j] = product(j, normals[i], supports[i]) } }
    guard let cholesky = Cholesky(factoring: products) else { return nil }
    let missing = (0..<count).map { offsets[$0] - product($0, point, Array(point.indices)) }
    var x = point
    for (i, multiplier) in cholesky.solve(missing).enumerated() {
      for j in supports[i] { x[j] += multiplier * normals[i][j] }
    }
    // A coordinate at its own bound is there exactly.
    for i in 0..<count where supports[i].count == 1 {
      let place = supports[i][0]
      x[place] = offsets[i] / normals[i][place]
    }
    return x
  }
}
