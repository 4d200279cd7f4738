/// The CRC-32C of RFC 3720, appendix B.4 (Castagnoli's polynomial): any one flipped bit, any two, and
/// any burst of up to 32 bits change it. Check value: `123456789` gives `e3069283`.
package struct CRC32C: Sendable {
  private var state: UInt32 = ~0

  package init() {}

  package mutating func update(_ bytes: some Sequence<UInt8>) {
    var state = state
    table.withUnsafeBufferPointer { table in
      for byte in bytes {
        state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ (state &>> 8)
      }
    }
    self.state = state
  }

  package var value: UInt32 { ~state }

  /// Eight hexadecimal digits.
  package var hexadecimal: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// What each byte does to the state: the polynomial with its bits in reverse, 0x82f63b78.
private let table: [UInt32] = (0..<256).map { byte in
  var state = UInt32(byte)
  for _ in 0..<8 { state = state & 1 == 1 ? (state &>> 1) ^ 0x82f6_3b78 : state &>> 1 }
  return state
}
