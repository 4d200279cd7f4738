// G are the active conditions on more than one coordinate, a row each; F the coordinates that no active condition
// fixes. G_F is the part of G on them.

/// The conditions that hold with equality where a projection is at.
///
/// Most are bounds on one coordinate. These fix it, and what is left is a small problem: the few others on
/// the free coordinates, with the matrix G_F G_Fᵀ. With n coordinates and m others a step takes n m² operations
/// rather than the cube of all conditions.
struct ActiveConditions {
  private(set) var indices: [Int] = []
  /// Of equalities either way round.
  private(set) var normals: [[Double]] = []
  private(set) var offsets: [Double] = []
  private(set) var areEqualities: [Bool] = []
  var multipliers: [Double] = []
  /// Of all conditions, by their index.
  private(set) var isActive: [Bool]

  /// The coordinate that each condition is a bound of; -1 of the others.
  private var coordinates: [Int] = []
  /// The place of the bound that fixes each coordinate; -1 where it is free.
  private var bounds: [Int]
  /// The places of G's rows.
  private var rows: [Int] = []
  /// The factor of G_F G_Fᵀ; nil where G has no row.
  private var gram: Cholesky?

  /// - Parameter conditions: how many there are in all.
  init(dimensions: Int, conditions: Int) {
    isActive = [Bool](repeating: false, count: conditions)
    bounds = [Int](repeating: -1, count: dimensions)
  }

  var count: Int { indices.count }

  /// A normal as a sum of the active ones, and what of it no such sum has.
  ///
  /// - Parameter coordinate: the only one at which the normal is not zero; -1 where there are more.
  func resolved(_ normal: [Double], coordinate: Int) -> (shares: [Double], rest: [Double]) {
    var shares = [Double](repeating: 0, count: count)
    // What a bound's coordinate has is that bound's; only the rest concerns the others.
    guard coordinate < 0 || bounds[coordinate] < 0 else {
      let bound = bounds[coordinate]
      shares[bound] = normal[coordinate] / normals[bound][coordinate]
      return (shares, [Double](repeating: 0, count: normal.count))
    }
    var rest = normal
    if let gram {
      let products = rows.map { row in
        coordinate < 0
          ? freeProduct(normals[row], normal) : normals[row][coordinate] * normal[coordinate]
      }
      for (row, share) in zip(rows, gram.solve(products)) {
        shares[row] = share
        let other = normals[row]
        for j in rest.indices { rest[j] -= share * other[j] }
      }
    }
    for (j, bound) in bounds.enumerated() where bound >= 0 {
      shares[bound] = rest[j] / normals[bound][j]
      rest[j] = 0
    }
    return (shares, rest)
  }

  /// Over the free coordinates.
  private func freeProduct(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for j in bounds.indices where bounds[j] < 0 { sum += a[j] * b[j] }
    return sum
  }

  /// - Precondition: the normal is no sum of the active ones.
  mutating func append(
    _ index: Int, _ normal: [Double], coordinate: Int, offset: Double, multiplier: Double,
    isEquality: Bool
  ) {
    indices.append(index)
    normals.append(normal)
    coordinates.append(coordinate)
    offsets.append(offset)
    multipliers.append(multiplier)
    areEqualities.append(isEquality)
    isActive[index] = true
    arrange()
  }

  mutating func remove(at place: Int) {
    isActive[indices[place]] = false
    if coordinates[place] >= 0 { bounds[coordinates[place]] = -1 }
    indices.remove(at: place)
    normals.remove(at: place)
    coordinates.remove(at: place)
    offsets.remove(at: place)
    multipliers.remove(at: place)
    areEqualities.remove(at: place)
    arrange()
  }

  private mutating func arrange() {
    rows.removeAll(keepingCapacity: true)
    for (place, coordinate) in coordinates.enumerated() {
      if coordinate >= 0 { bounds[coordinate] = place } else { rows.append(place) }
    }
    guard !rows.isEmpty else {
      gram = nil
      return
    }
    var products = Matrix(rows: rows.count, columns: rows.count)
    for i in rows.indices {
      for j in 0...i { products[i, j] = freeProduct(normals[rows[i]], normals[rows[j]]) }
    }
    gram = Cholesky(factoring: products)
  }

  /// The point of all active conditions that is nearest to another, computed at once: the rounding of the
  /// way to these conditions is not in it, and a coordinate at its own bound is there exactly.
  func nearest(to point: [Double]) -> [Double] {
    var x = point
    for (j, bound) in bounds.enumerated() where bound >= 0 {
      x[j] = offsets[bound] / normals[bound][j]
    }
    guard let gram else { return x }
    let missing = rows.map { offsets[$0] - dot(normals[$0], x) }
    for (row, multiplier) in zip(rows, gram.solve(missing)) {
      let normal = normals[row]
      for j in x.indices where bounds[j] < 0 { x[j] += multiplier * normal[j] }
    }
    return x
  }
}
