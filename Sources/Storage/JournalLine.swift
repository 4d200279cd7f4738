import Foundation

/// One line of a journal with the checksum that shows whether it is still what was written.
///
/// The checksum is the last member of the line's JSON object, so that the line stays JSON for whoever
/// else reads it: `{"event":"ended","trial":3,"crc32c":"9ae0daaf"}`. It covers all bytes before its own
/// comma. A line that holds no object carries none, nor do lines written before there were checksums.
package enum JournalLine {
  private static let prefix = Array(",\"crc32c\":\"".utf8)
  private static let suffix = Array("\"}".utf8)
  /// Bytes of the member: the prefix, eight digits, the suffix.
  private static let memberLength = 10 + 1 + 8 + 2

  /// What a line turned out to be.
  package enum Reading: Equatable {
    /// Whole, and without its checksum: the bytes that were sealed.
    case sealed(Data)
    /// Written before there were checksums.
    case unsealed(Data)
    case damaged(reason: String)
  }

  /// A line of one JSON object with its checksum; anything else as it is.
  ///
  /// - Parameter line: without its newline.
  package static func seal(_ line: Data) -> Data {
    guard line.first == UInt8(ascii: "{"), line.last == UInt8(ascii: "}") else { return line }
    let body = line.dropLast()
    // An object without members has no comma to follow.
    guard body.count > 1 else { return line }
    var checksum = CRC32C()
    checksum.update(body)
    return body + prefix + Array(checksum.hexadecimal.utf8) + suffix
  }

  /// - Parameter line: without its newline.
  package static func open(_ line: Data) -> Reading {
    let bytes = [UInt8](line.suffix(memberLength))
    guard bytes.count == memberLength, line.count > memberLength else { return .unsealed(line) }
    // Where the member's own letters are nearly right they were right once.
    let expected = prefix + bytes[prefix.count..<(prefix.count + 8)] + suffix
    let wrong = zip(bytes, expected).count { $0 != $1 }
    if wrong > 3 { return .unsealed(line) }
    if wrong > 0 { return .damaged(reason: "its checksum cannot be read") }
    let body = line.dropLast(memberLength)
    var checksum = CRC32C()
    checksum.update(body)
    guard Array(checksum.hexadecimal.utf8) == Array(bytes[prefix.count..<(prefix.count + 8)]) else {
      return .damaged(reason: "its checksum does not match")
    }
    return .sealed(body + [UInt8(ascii: "}")])
  }

  /// Splits a journal's bytes into lines and checks each.
  ///
  /// A rest without its newline was never reported. It is torn, and left out, unless it is a whole line
  /// whose newline alone is wrong. After a line with a checksum all have one.
  ///
  /// - Returns: the lines without checksums, and the number of bytes that they take up with them.
  static func split(
    _ data: Data, path: String
  ) throws(StorageError) -> (lines: [Data], byteCount: Int) {
    var lines: [Data] = []
    var start = data.startIndex
    var areSealed = false
    // Not by Data's own search, which took a tenth of the time to take up a long journal.
    let ends = data.withUnsafeBytes { bytes in
      bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    }
    for end in ends.lazy.map({ data.startIndex + $0 }) {
      switch open(data[start..<end]) {
      case .sealed(let line):
        areSealed = true
        lines.append(line)
      case .unsealed(let line):
        if areSealed {
          throw .corruptLine(path: path, line: lines.count + 1, reason: "its checksum is missing")
        }
        lines.append(line)
      case .damaged(let reason):
        throw .corruptLine(path: path, line: lines.count + 1, reason: reason)
      }
      start = end + 1
    }
    let rest = data[start...]
    if rest.count > 1, case .sealed = open(rest.dropLast()) {
      throw .corruptLine(path: path, line: lines.count + 1, reason: "its newline is missing")
    }
    return (lines, start - data.startIndex)
  }
}
