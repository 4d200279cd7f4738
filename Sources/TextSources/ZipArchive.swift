/// The files in a zip archive, as its central directory lists them (PKWARE's APPNOTE 6.3, sections
/// 4.3.7 to 4.3.16). No encryption, no archives of several parts, none beyond 4 GB.
struct ZipArchive {
  struct Entry {
    let name: String
    fileprivate let method: UInt16
    fileprivate let checksum: UInt32
    fileprivate let compressedCount: Int
    let count: Int
    fileprivate let offset: Int
  }

  /// Files only, no folders, in the archive's order.
  private(set) var entries: [Entry] = []
  /// Must outlive the archive.
  private let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) throws {
    self.bytes = bytes
    // The end record is 22 bytes and a comment of at most 64 kB.
    var end = bytes.count - 22
    let limit = max(end - 0xffff, 0)
    while end >= limit, end >= 0, bytes.littleEndian(UInt32.self, at: end) != 0x0605_4b50 {
      end -= 1
    }
    guard end >= limit, end >= 0 else { throw InflateError.corrupt("no zip directory") }
    let total = Int(bytes.littleEndian(UInt16.self, at: end + 10))
    var position = Int(bytes.littleEndian(UInt32.self, at: end + 16))
    guard total != 0xffff, position != 0xffff_ffff else {
      throw InflateError.unsupported("a zip archive of the 64-bit kind")
    }
    for _ in 0..<total {
      guard position + 46 <= end, bytes.littleEndian(UInt32.self, at: position) == 0x0201_4b50
      else {
        throw InflateError.corrupt("a broken zip directory")
      }
      func half(_ offset: Int) -> UInt16 { bytes.littleEndian(UInt16.self, at: position + offset) }
      func word(_ offset: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: position + offset) }
      let nameCount = Int(half(28))
      let next = position + 46 + nameCount + Int(half(30)) + Int(half(32))
      guard next <= end else { throw InflateError.corrupt("a broken zip directory") }
      let name = String(decoding: bytes[position + 46..<position + 46 + nameCount], as: UTF8.self)
      if half(8) & 1 != 0 { throw InflateError.unsupported("an encrypted zip file") }
      if !name.hasSuffix("/") {
        entries.append(
          Entry(
            name: name, method: half(10), checksum: word(16), compressedCount: Int(word(20)),
            count: Int(word(24)), offset: Int(word(42))))
      }
      position = next
    }
  }

  /// - Parameter limit: the most bytes that are expected in it.
  func contents(
    of entry: Entry, limit: Int = ReadingLimits().entryBytes
  ) throws -> [UInt8] {
    guard entry.count <= limit else { throw InflateError.tooLarge(limit) }
    guard entry.offset + 30 <= bytes.count,
      bytes.littleEndian(UInt32.self, at: entry.offset) == 0x0403_4b50
    else { throw InflateError.corrupt("no file where the zip directory says") }
    // The lengths of name and extra field may differ from those in the directory.
    let start =
      entry.offset + 30 + Int(bytes.littleEndian(UInt16.self, at: entry.offset + 26))
      + Int(bytes.littleEndian(UInt16.self, at: entry.offset + 28))
    guard start + entry.compressedCount <= bytes.count else { throw InflateError.truncated }
    let packed = UnsafeRawBufferPointer(rebasing: bytes[start..<start + entry.compressedCount])
    var checksum = CRC32()
    var result: [UInt8] = []
    switch entry.method {
    case 0:
      result.append(contentsOf: packed)
      checksum.update(packed)
    case 8:
      // Deflate cannot do better than 1032 to 1; a directory that says more is not believed.
      result.reserveCapacity(min(entry.count, packed.count * 1032))
      var inflater = Inflater(packed, position: 0)
      try inflater.run {
        checksum.update($0)
        result.append(contentsOf: $0)
        if result.count > entry.count { throw InflateError.corrupt("more in it than it says") }
      }
    default: throw InflateError.unsupported("zip method \(entry.method)")
    }
    guard result.count == entry.count else {
      throw InflateError.corrupt("another length than it says")
    }
    guard checksum.value == entry.checksum else { throw InflateError.wrongChecksum("CRC-32") }
    return result
  }
}
