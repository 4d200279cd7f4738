/// How even two dimensions of a Sobol sequence are together, over its first 2ᵐ points.
enum Projection {
  /// m: 1,024 points.
  static let bits = 10

  /// The generator matrix of a dimension, (m, m): its r-th row holds bit r, the highest first, of each
  /// of the first m direction numbers.
  static func rows(_ directions: [UInt32]) -> [UInt32] {
    (0..<bits).map { row in
      (0..<bits).reduce(0) { $0 | ((directions[$1] >> UInt32(31 - row)) & 1) << UInt32($1) }
    }
  }

  /// The quality parameter t of the (t, m, 2)-net: every box of area 2^(t - m) whose sides are powers
  /// of two holds its share of the points. It is m less the largest ρ for which the first k rows of
  /// one matrix and the first ρ - k of the other are independent, whatever k (Niederreiter, *Random
  /// Number Generation and Quasi-Monte Carlo Methods*, theorem 4.28).
  static func quality(_ a: [UInt32], _ b: [UInt32]) -> Int {
    var independent = bits
    for k in 0...bits {
      // Rows of `a` alone are independent; as many of `b` as can join them.
      var basis = [UInt32](repeating: 0, count: bits)
      for row in a.prefix(k) { _ = insert(row, into: &basis) }
      var joined = 0
      while joined < bits - k, insert(b[joined], into: &basis) { joined += 1 }
      if joined < bits - k { independent = min(independent, k + joined) }
    }
    return bits - independent
  }

  /// Takes a row into a basis in echelon form; false where it depends on those there.
  private static func insert(_ row: UInt32, into basis: inout [UInt32]) -> Bool {
    var row = row
    while row != 0 {
      let place = row.trailingZeroBitCount
      guard basis[place] != 0 else {
        basis[place] = row
        return true
      }
      row ^= basis[place]
    }
    return false
  }
}
