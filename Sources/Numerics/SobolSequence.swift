/// Sobol's low-discrepancy sequence in any number of dimensions, optionally scrambled.
///
/// The first 64 dimensions have the direction numbers of Joe and Kuo, *Constructing Sobol sequences
/// with better two-dimensional projections* (SIAM J. Sci. Comput. 30, 2008), file
/// `new-joe-kuo-6.21201`; those above have numbers of our own, chosen by the same criterion
/// (``SobolDirections``). In Gray-code order: any point is had by its index, without the ones before it.
package struct SobolSequence: Sendable {
  package let dimensions: Int
  /// For each dimension, the 32 direction numbers as binary fractions.
  private let directions: [[UInt32]]
  /// One for each dimension; nil leaves the sequence as it is.
  private let scrambles: [UInt32]?

  /// - Parameter seed: of Owen's scrambling, which keeps the sequence's evenness and makes each point
  ///   uniform by itself; nil for the plain sequence, whose first point is the origin.
  /// - Precondition: at least one dimension.
  package init(dimensions: Int, scrambledBy seed: UInt64?) {
    precondition(dimensions > 0, "expected at least one dimension, found \(dimensions)")
    self.dimensions = dimensions
    directions = SobolDirections.first(dimensions)
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
        bits ^= directions[dimension][rest.trailingZeroBitCount]
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
