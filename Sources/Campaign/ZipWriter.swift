/// Archives as PKWARE's APPNOTE describes them, members stored as they are: enough to be mutated.
enum ZipWriter {
  static func archive(_ members: [(name: String, contents: [UInt8])]) -> [UInt8] {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, contents) in members {
      let offset = bytes.count
      let common =
        little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4)
        + little(UInt32(crc32(contents)), 4) + little(UInt32(contents.count), 4)
        + little(UInt32(contents.count), 4) + little(UInt32(name.utf8.count), 2) + little(0, 2)
      bytes += little(0x0403_4b50, 4) + common + Array(name.utf8) + contents
      directory += little(0x0201_4b50, 4) + little(20, 2) + common + little(0, 2) + little(0, 2)
      directory += little(0, 2) + little(0, 4) + little(UInt32(offset), 4) + Array(name.utf8)
    }
    let start = bytes.count
    bytes += directory
    bytes += little(0x0605_4b50, 4) + little(0, 4) + little(UInt32(members.count), 2)
    bytes += little(UInt32(members.count), 2) + little(UInt32(directory.count), 4)
    return bytes + little(UInt32(start), 4) + little(0, 2)
  }

  private static func little(_ value: UInt32, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
  }

  /// ISO 3309's polynomial.
  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var state: UInt32 = ~0
    for byte in bytes {
      state ^= UInt32(byte)
      for _ in 0..<8 { state = state & 1 == 1 ? (state >> 1) ^ 0xedb8_8320 : state >> 1 }
    }
    return ~state
  }
}
