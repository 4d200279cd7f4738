/// The CRC-32 of gzip and zip (RFC 1952, section 8), eight bytes at a time.
struct CRC32 {
  private var state: UInt32 = 0xffff_ffff

  var value: UInt32 { ~state }

  /// `tables[k][b]`: what byte b does to the remainder k bytes later; row k begins at 256 k.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 {
        remainder = remainder & 1 == 1 ? 0xedb8_8320 ^ (remainder >> 1) : remainder >> 1
      }
      tables[byte] = remainder
    }
    for i in 256..<tables.count {
      let before = tables[i - 256]
      tables[i] = tables[Int(before & 0xff)] ^ (before >> 8)
    }
    return tables
  }()

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var crc = state
    Self.tables.withUnsafeBufferPointer { table in
      /// What the byte `shift` bits up in a word does to the remainder `lag` bytes later.
      func entry(_ lag: Int, _ word: UInt32, _ shift: UInt32) -> UInt32 {
        table[lag << 8 | Int(word &>> shift & 0xff)]
      }
      var i = 0
      while i &+ 8 <= bytes.count {
        let low =
          crc ^ UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt32.self))
        let high = UInt32(
          littleEndian: bytes.loadUnaligned(fromByteOffset: i &+ 4, as: UInt32.self))
        crc = entry(7, low, 0) ^ entry(6, low, 8) ^ entry(5, low, 16) ^ entry(4, low, 24)
        crc ^= entry(3, high, 0) ^ entry(2, high, 8) ^ entry(1, high, 16) ^ entry(0, high, 24)
        i &+= 8
      }
      while i < bytes.count {
        crc = table[Int((crc ^ UInt32(bytes[i])) & 0xff)] ^ (crc &>> 8)
        i &+= 1
      }
    }
    state = crc
  }
}

/// The Adler-32 checksum of zlib streams (RFC 1950, section 8.2).
struct Adler32 {
  private var a: UInt32 = 1
  private var b: UInt32 = 0

  var value: UInt32 { b << 16 | a }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    var i = 0
    while i < bytes.count {
      // The most bytes after which the sums still fit into 32 bits.
      let end = min(i + 5552, bytes.count)
      while i < end {
        a &+= UInt32(bytes[i])
        b &+= a
        i &+= 1
      }
      a %= 65521
      b %= 65521
    }
  }
}
