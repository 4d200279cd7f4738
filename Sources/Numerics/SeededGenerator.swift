/// A seeded source of random bits: xoshiro256** of Blackman and Vigna, seeded by SplitMix64.
///
/// The same seed and stream give the same bits on every machine, which the standard library's
/// `SystemRandomNumberGenerator` never does and its `random(in:)` does not promise across releases.
package struct SeededGenerator: RandomNumberGenerator, Sendable, Codable, Equatable {
  private var state: [UInt64]

  /// Each `stream` of one seed is independent of the others, so that drawing more numbers for one
  /// purpose never moves the numbers of another.
  package init(seed: UInt64, stream: String = "") {
    // FNV-1a over the stream's name: hashing of the standard library differs at every start.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in stream.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var mixer = SplitMix64(state: seed ^ (hash &* 0x9e37_79b9_7f4a_7c15))
    state = (0..<4).map { _ in mixer.next() }
  }

  package mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
    let result = rotate(state[1] &* 5, 7) &* 9
    let shifted = state[1] << 17
    state[2] ^= state[0]
    state[3] ^= state[1]
    state[1] ^= state[2]
    state[0] ^= state[3]
    state[2] ^= shifted
    state[3] = rotate(state[3], 45)
    return result
  }

  /// Uniform on [0, 1), with 53 random bits.
  package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform on 0..<`bound`, without bias (Lemire's multiplication with rejection).
  ///
  /// - Precondition: `bound > 0`.
  package mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "expected a positive bound, found \(bound)")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// Fisher–Yates, in place.
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    guard elements.count > 1 else { return }
    for last in stride(from: elements.count - 1, through: 1, by: -1) {
      elements.swapAt(last, integer(below: last + 1))
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: for seeding, and for hashing a counter into random bits.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  package var state: UInt64

  package init(state: UInt64) { self.state = state }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
