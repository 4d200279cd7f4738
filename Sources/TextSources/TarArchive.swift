/// The files in a tar archive, POSIX (`path` in extended headers) or GNU (long names). Links and
/// devices are passed over.
struct TarArchive {
  struct Entry {
    /// Without a leading `./`.
    let name: String
    let range: Range<Int>
  }

  let bytes: [UInt8]
  private(set) var entries: [Entry] = []

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    var position = 0
    var longName: String?
    while position + 512 <= bytes.count {
      guard bytes[position] != 0 else { break }
      let sum = try number(position + 148, 8)
      var expected = 8 * 32
      for i in position..<position + 512 where !(148..<156).contains(i - position) {
        expected += Int(bytes[i])
      }
      guard sum == expected else { throw InflateError.wrongChecksum("tar header") }
      let size = try number(position + 124, 12)
      let start = position + 512
      guard size >= 0, size <= bytes.count - start else { throw InflateError.truncated }
      let range = start..<start + size
      switch bytes[position + 156] {
      case UInt8(ascii: "L"): longName = text(range)
      case UInt8(ascii: "x"): longName = try pathRecord(in: range) ?? longName
      case 0, UInt8(ascii: "0"):
        var name = longName ?? ustarName(position)
        longName = nil
        if name.hasPrefix("./") { name.removeFirst(2) }
        entries.append(Entry(name: name, range: range))
      case UInt8(ascii: "K"), UInt8(ascii: "g"): break
      default: longName = nil
      }
      position = start + (size + 511) / 512 * 512
    }
  }

  private func text(_ range: Range<Int>) -> String {
    let end = bytes[range].firstIndex(of: 0) ?? range.upperBound
    return String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
  }

  private func ustarName(_ header: Int) -> String {
    let name = text(header..<header + 100)
    guard bytes.has("ustar\0", at: header + 257), bytes[header + 345] != 0 else { return name }
    return text(header + 345..<header + 500) + "/" + name
  }

  /// Octal digits, or a big-endian number where the first bit is set.
  private func number(_ start: Int, _ count: Int) throws -> Int {
    if bytes[start] & 0x80 != 0 {
      // Eight bytes at most: a number beyond is negative here, which no size is.
      return bytes[start + count - 8..<start + count].reduce(0) { $0 << 8 | Int($1) }
    }
    var value = 0
    for byte in bytes[start..<start + count] {
      if byte == 0 || byte == 32 { continue }
      guard byte &- 48 < 8 else { throw InflateError.corrupt("no tar header where one belongs") }
      value = value << 3 | Int(byte - 48)
    }
    return value
  }

  /// `path` among records of the form "12 path=abc\n".
  private func pathRecord(in range: Range<Int>) throws -> String? {
    var i = range.lowerBound
    while i < range.upperBound {
      guard let space = bytes.find(.space, from: i, to: range.upperBound),
        let count = Int(String(decoding: bytes[i..<space], as: UTF8.self)),
        count > space - i, count <= range.upperBound - i
      else { throw InflateError.corrupt("a broken extended tar header") }
      if bytes.has("path=", at: space + 1) {
        // The last byte of a record is a newline.
        guard space + 6 <= i + count - 1 else {
          throw InflateError.corrupt("a broken extended tar header")
        }
        return text(space + 6..<i + count - 1)
      }
      i += count
    }
    return nil
  }
}
