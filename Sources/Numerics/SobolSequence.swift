/// Sobol's low-discrepancy sequence in up to 64 dimensions, optionally scrambled.
///
/// Direction numbers of Joe and Kuo, *Constructing Sobol sequences with better two-dimensional
/// projections* (SIAM J. Sci. Comput. 30, 2008), file `new-joe-kuo-6.21201`, in Gray-code order:
/// any point is had by its index, without the ones before it.
package struct SobolSequence: Sendable {
  package static let maximumDimensions = directions.count

  package let dimensions: Int
  /// One for each dimension; nil leaves the sequence as it is.
  private let scrambles: [UInt32]?

  /// - Parameter seed: of Owen's scrambling, which keeps the sequence's evenness and makes each point
  ///   uniform by itself; nil for the plain sequence, whose first point is the origin.
  /// - Precondition: `1...maximumDimensions` dimensions.
  package init(dimensions: Int, scrambledBy seed: UInt64?) {
    precondition(
      1...Self.maximumDimensions ~= dimensions,
      "expected 1...\(Self.maximumDimensions) dimensions, found \(dimensions)")
    self.dimensions = dimensions
    scrambles = seed.map { seed in
      var generator = SeededGenerator(seed: seed, stream: "sobol")
      return (0..<dimensions).map { _ in UInt32(truncatingIfNeeded: generator.next() >> 32) }
    }
  }

  /// The point of an index, each coordinate in [0, 1); in (0, 1) where scrambled.
  package func point(_ index: Int) -> [Double] {
    precondition(
      0..<(1 << 32) ~= index, "expected an index from 0 to \((1 << 32) - 1), found \(index)")
    let gray = UInt32(index) ^ (UInt32(index) >> 1)
    return (0..<dimensions).map { dimension in
      var bits: UInt32 = 0
      var rest = gray
      while rest != 0 {
        bits ^= Self.directions[dimension][rest.trailingZeroBitCount]
        rest &= rest - 1
      }
      guard let scrambles else { return Double(bits) * 0x1p-32 }
      return (Double(Self.scrambled(bits, by: scrambles[dimension])) + 0.5) * 0x1p-32
    }
  }

  /// Points `start ..< start + count` on the simplex of `parts` weights: the spacings between sorted
  /// coordinates, which are uniform there (Devroye, *Non-Uniform Random Variate Generation*, V.2).
  package static func simplexPoints(
    parts: Int, start: Int = 0, count: Int, seed: UInt64
  ) -> [[Double]] {
    guard parts > 1 else { return Array(repeating: [1], count: count) }
    let sequence = SobolSequence(dimensions: parts - 1, scrambledBy: seed)
    return (start..<start + count).map { spacings(of: sequence.point($0)) }
  }

  /// The gaps that sorted numbers leave in [0, 1], one more than there are numbers.
  package static func spacings(of coordinates: [Double]) -> [Double] {
    let cuts = [0] + coordinates.sorted() + [1]
    return zip(cuts.dropFirst(), cuts).map { $0 - $1 }
  }

  /// Owen's nested uniform scrambling, each bit flipped by a hash of the bits above it: Laine and
  /// Karras's hash in the form of Burley, *Practical Hash-based Owen Scrambling* (JCGT 9, 2020).
  private static func scrambled(_ bits: UInt32, by seed: UInt32) -> UInt32 {
    var x = bits.bitReversed
    x ^= x &* 0x3d20_adea
    x = x &+ seed
    x = x &* ((seed >> 16) | 1)
    x ^= x &* 0x0552_6c56
    x ^= x &* 0x53a2_2864
    return x.bitReversed
  }

  /// For each dimension, the 32 direction numbers as binary fractions.
  private static let directions: [[UInt32]] =
    [(0..<32).map { 1 << (31 - $0) }]
    + primitives.map { polynomial, initial in
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

  /// From the second dimension on: a primitive polynomial over two elements, all its coefficients as
  /// bits, and the first direction integers.
  private static let primitives: [(polynomial: UInt32, initial: [UInt32])] = [
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

extension UInt32 {
  fileprivate var bitReversed: UInt32 {
    var x = self
    x = ((x >> 1) & 0x5555_5555) | ((x & 0x5555_5555) << 1)
    x = ((x >> 2) & 0x3333_3333) | ((x & 0x3333_3333) << 2)
    x = ((x >> 4) & 0x0f0f_0f0f) | ((x & 0x0f0f_0f0f) << 4)
    return x.byteSwapped
  }
}
