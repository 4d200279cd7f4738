/// How the bytes of a text file stand for characters.
package enum TextEncoding: String, Sendable, Codable, CaseIterable {
  case utf8 = "utf-8"
  /// Either order of bytes, as the byte order mark says; little-endian without one.
  case utf16 = "utf-16"
  case utf16le = "utf-16le"
  case utf16be = "utf-16be"
  case latin1 = "latin-1"
  case windows1252 = "windows-1252"

  /// The encoding of that name; case, and `_` or nothing in place of `-`, do not matter.
  package init?(named name: String) {
    func plain(_ text: String) -> String {
      text.lowercased().filter { $0 != "-" && $0 != "_" && $0 != " " }
    }
    let names = [
      "iso88591": TextEncoding.latin1, "l1": .latin1, "cp1252": .windows1252, "utf8sig": .utf8,
    ]
    let wanted = plain(name)
    guard let found = Self.allCases.first(where: { plain($0.rawValue) == wanted }) ?? names[wanted]
    else { return nil }
    self = found
  }

  /// A byte order mark says more than an option does.
  static func mark(of bytes: UnsafeRawBufferPointer) -> TextEncoding? {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return .utf8 }
    if bytes.starts(with: [0xff, 0xfe]) { return .utf16le }
    if bytes.starts(with: [0xfe, 0xff]) { return .utf16be }
    return nil
  }
}

/// Turns text of any encoding into UTF-8, fed in pieces of any size.
struct Transcoder {
  private let encoding: TextEncoding
  /// The first half of a unit of 16 bits.
  private var half: UInt8?
  /// The first unit of a surrogate pair.
  private var high: UInt32?
  private(set) var position = 0

  init(_ encoding: TextEncoding) { self.encoding = encoding }

  /// Calls `sink` with the text in UTF-8.
  mutating func feed(
    _ piece: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    switch encoding {
    case .utf8:
      position += piece.count
      try sink(piece)
    case .latin1, .windows1252:
      position += piece.count
      var result: [UInt8] = []
      result.reserveCapacity(piece.count + piece.count / 8)
      for byte in piece {
        if byte < 0x80 {
          result.append(byte)
        } else if encoding == .windows1252, byte < 0xa0 {
          result.append(Unicode.Scalar(HTMLEntities.windows[Int(byte) - 128])!)
        } else {
          result.append(Unicode.Scalar(byte))
        }
      }
      try result.withUnsafeBytes(sink)
    case .utf16, .utf16le, .utf16be:
      var result: [UInt8] = []
      result.reserveCapacity(piece.count)
      for byte in piece {
        position += 1
        guard let first = half else {
          half = byte
          continue
        }
        half = nil
        let unit =
          encoding == .utf16be
          ? UInt32(first) << 8 | UInt32(byte) : UInt32(byte) << 8 | UInt32(first)
        try append(unit, to: &result)
      }
      try result.withUnsafeBytes(sink)
    }
  }

  private mutating func append(_ unit: UInt32, to result: inout [UInt8]) throws(EncodingProblem) {
    if let first = high {
      high = nil
      guard unit & 0xfc00 == 0xdc00 else { throw broken() }
      result.append(Unicode.Scalar(0x10000 + (first & 0x3ff) << 10 + (unit & 0x3ff))!)
    } else if unit & 0xfc00 == 0xd800 {
      high = unit
    } else {
      guard let scalar = Unicode.Scalar(unit) else { throw broken() }
      result.append(scalar)
    }
  }

  private func broken() -> EncodingProblem {
    EncodingProblem(
      reason: "byte \(position - 1) is half a character where UTF-16 has none; give the encoding "
        + "that it has")
  }

  /// - Throws: `EncodingProblem` where the text ends in the middle of a character.
  func finish() throws(EncodingProblem) {
    if half != nil || high != nil {
      throw EncodingProblem(reason: "it ends in the middle of a character of UTF-16")
    }
  }
}

struct EncodingProblem: Error, CustomStringConvertible {
  let reason: String
  var description: String { reason }
}

/// How many bytes are no part of well-formed UTF-8.
package func undecodableBytes(_ text: [UInt8]) -> Int {
  let isASCII = text.withUnsafeBytes { bytes in
    var all: UInt64 = 0
    var i = 0
    while i &+ 8 <= bytes.count {
      all |= bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self)
      i &+= 8
    }
    while i < bytes.count {
      all |= UInt64(bytes[i])
      i &+= 1
    }
    return all & 0x8080_8080_8080_8080 == 0
  }
  if isASCII { return 0 }
  var count = 0
  var i = 0
  while i < text.count {
    if text[i] < 0x80 {
      i += 1
      continue
    }
    let length = sequenceLength(text, at: i)
    if length == 0 { count += 1 }
    i += max(length, 1)
  }
  return count
}
