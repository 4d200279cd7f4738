import Synchronization

/// The direction numbers of Sobol's sequence, dimension by dimension.
///
/// Each dimension from the second on belongs to one primitive polynomial over the field of two
/// elements, in the order of their values. Joe and Kuo chose the first direction integers so that the
/// two-dimensional projections are even; theirs serve up to dimension 64. From there on each dimension
/// takes the best of several random candidates, judged by the quality parameter t of its projections
/// with the dimensions before it ([Joe and Kuo](https://doi.org/10.1137/070709359), section 3).
///
/// Beyond ``chosenDimensions`` the first candidate is taken: each coordinate by itself is as even as the
/// others, pairs are left to chance.
enum SobolDirections {
  /// Dimensions whose projections were looked at.
  static let chosenDimensions = 2048

  private static let found = Mutex<[[UInt32]]>(joeKuo)

  /// Of the first dimensions. What one dimension has depends on nothing but those before it.
  static func first(_ count: Int) -> [[UInt32]] {
    found.withLock { found in
      if found.count < count {
        var polynomials = PrimitivePolynomials(after: primitives[primitives.count - 1].polynomial)
        for _ in joeKuo.count..<found.count { _ = polynomials.next() }
        while found.count < count { found.append(next(after: found, polynomials.next())) }
      }
      return Array(found.prefix(count))
    }
  }

  private static func next(after found: [[UInt32]], _ polynomial: UInt32) -> [UInt32] {
    let dimension = found.count
    var generator = SeededGenerator(seed: UInt64(dimension), stream: "sobol directions")
    let degree = 31 - polynomial.leadingZeroBitCount
    func candidate() -> [UInt32] {
      // Any odd integer below 2ⁱ will do as the i-th.
      let initial = (1...degree).map { index -> UInt32 in
        UInt32(generator.integer(below: 1 << (index - 1))) << 1 | 1
      }
      return numbers(polynomial, initial)
    }
    guard dimension < chosenDimensions else { return candidate() }
    var best: (numbers: [UInt32], worst: Int, sum: Int)?
    for _ in 0..<8 {
      let numbers = candidate()
      let rows = Projection.rows(numbers)
      var (worst, sum) = (0, 0)
      for earlier in found.suffix(24) {
        let t = Projection.quality(rows, Projection.rows(earlier))
        worst = max(worst, t)
        sum += t
      }
      if let kept = best, (kept.worst, kept.sum) <= (worst, sum) { continue }
      best = (numbers, worst, sum)
    }
    return best!.numbers
  }

  /// The 32 direction numbers of a polynomial and its first integers, as binary fractions.
  static func numbers(_ polynomial: UInt32, _ initial: [UInt32]) -> [UInt32] {
    let degree = initial.count
    var v = initial.enumerated().map { index, m in m << UInt32(31 - index) }
    for index in degree..<32 {
      var next = v[index - degree] ^ (v[index - degree] >> UInt32(degree))
      for k in 1..<max(degree, 1) where (polynomial >> UInt32(degree - k)) & 1 == 1 {
        next ^= v[index - k]
      }
      v.append(next)
    }
    return v
  }

  private static let joeKuo: [[UInt32]] =
    [(0..<32).map { 1 << (31 - $0) }] + primitives.map { numbers($0.polynomial, $0.initial) }

  /// From the second dimension on: a primitive polynomial over two elements, all its coefficients as
  /// bits, and the first direction integers.
  static let primitives: [(polynomial: UInt32, initial: [UInt32])] = [
    (3, [1]),
    (7, [1, 3]),
    (11, [1, 3, 1]),
    (13, [1, 1, 1]),
    (19, [1, 1, 3, 3]),
    (25, [1, 3, 5, 13]),
    (37, [1, 1, 5, 5, 17]),
    (41, [1, 1, 5, 5, 5]),
    (47, [1, 1, 7, 11, 19]),
    (55, [1, 1, 5, 1, 1]),
    (59, [1, 1, 1, 3, 11]),
    (61, [1, 3, 5, 5, 31]),
    (67, [1, 3, 3, 9, 7, 49]),
    (91, [1, 1, 1, 15, 21, 21]),
    (97, [1, 3, 1, 13, 27, 49]),
    (103, [1, 1, 1, 15, 7, 5]),
    (109, [1, 3, 1, 15, 13, 25]),
    (115, [1, 1, 5, 5, 19, 61]),
    (131, [1, 3, 7, 11, 23, 15, 103]),
    (137, [1, 3, 7, 13, 13, 15, 69]),
    (143, [1, 1, 3, 13, 7, 35, 63]),
    (145, [1, 3, 5, 9, 1, 25, 53]),
    (157, [1, 3, 1, 13, 9, 35, 107]),
    (167, [1, 3, 1, 5, 27, 61, 31]),
    (171, [1, 1, 5, 11, 19, 41, 61]),
    (185, [1, 3, 5, 3, 3, 13, 69]),
    (191, [1, 1, 7, 13, 1, 19, 1]),
    (193, [1, 3, 7, 5, 13, 19, 59]),
    (203, [1, 1, 3, 9, 25, 29, 41]),
    (211, [1, 3, 5, 13, 23, 1, 55]),
    (213, [1, 3, 7, 3, 13, 59, 17]),
    (229, [1, 3, 1, 3, 5, 53, 69]),
    (239, [1, 1, 5, 5, 23, 33, 13]),
    (241, [1, 1, 7, 7, 1, 61, 123]),
    (247, [1, 1, 7, 9, 13, 61, 49]),
    (253, [1, 3, 3, 5, 3, 55, 33]),
    (285, [1, 3, 1, 15, 31, 13, 49, 245]),
    (299, [1, 3, 5, 15, 31, 59, 63, 97]),
    (301, [1, 3, 1, 11, 11, 11, 77, 249]),
    (333, [1, 3, 1, 11, 27, 43, 71, 9]),
    (351, [1, 1, 7, 15, 21, 11, 81, 45]),
    (355, [1, 3, 7, 3, 25, 31, 65, 79]),
    (357, [1, 3, 1, 1, 19, 11, 3, 205]),
    (361, [1, 1, 5, 9, 19, 21, 29, 157]),
    (369, [1, 3, 7, 11, 1, 33, 89, 185]),
    (391, [1, 3, 3, 3, 15, 9, 79, 71]),
    (397, [1, 3, 7, 11, 15, 39, 119, 27]),
    (425, [1, 1, 3, 1, 11, 31, 97, 225]),
    (451, [1, 1, 1, 3, 23, 43, 57, 177]),
    (463, [1, 3, 7, 7, 17, 17, 37, 71]),
    (487, [1, 3, 1, 5, 27, 63, 123, 213]),
    (501, [1, 1, 3, 5, 11, 43, 53, 133]),
    (529, [1, 3, 5, 5, 29, 17, 47, 173, 479]),
    (539, [1, 3, 3, 11, 3, 1, 109, 9, 69]),
    (545, [1, 1, 1, 5, 17, 39, 23, 5, 343]),
    (557, [1, 3, 1, 5, 25, 15, 31, 103, 499]),
    (563, [1, 1, 1, 11, 11, 17, 63, 105, 183]),
    (601, [1, 1, 5, 11, 9, 29, 97, 231, 363]),
    (607, [1, 1, 5, 15, 19, 45, 41, 7, 383]),
    (617, [1, 3, 7, 7, 31, 19, 83, 137, 221]),
    (623, [1, 1, 1, 3, 23, 15, 111, 223, 83]),
    (631, [1, 1, 5, 13, 31, 15, 55, 25, 161]),
    (637, [1, 1, 3, 13, 25, 47, 39, 87, 257]),
  ]
}
