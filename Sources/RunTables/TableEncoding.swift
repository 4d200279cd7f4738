/// How a table's text is kept in bytes, so that rows that are added to it are kept alike.
package enum TableEncoding: Sendable, Hashable {
  case utf8, utf16LittleEndian, utf16BigEndian, windows1252

  /// Bytes of a character that ends a line.
  package var unitSize: Int {
    switch self {
    case .utf8, .windows1252: 1
    case .utf16LittleEndian, .utf16BigEndian: 2
    }
  }

  /// - Returns: nil where a character has no place in the encoding.
  package func bytes(of text: String) -> [UInt8]? {
    switch self {
    case .utf8: return Array(text.utf8)
    case .utf16LittleEndian:
      return text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
    case .utf16BigEndian:
      return text.utf16.flatMap { [UInt8($0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    case .windows1252:
      var bytes: [UInt8] = []
      for scalar in text.unicodeScalars {
        if let place = Self.windowsControls.firstIndex(of: scalar.value) {
          bytes.append(0x80 + UInt8(place))
        } else if scalar.value < 0x80 || 0xA0...0xFF ~= scalar.value {
          bytes.append(UInt8(scalar.value))
        } else {
          return nil
        }
      }
      return bytes
    }
  }

  /// Whether the last character of a file, in bytes, ends a line.
  package func endsLine(_ unit: [UInt8]) -> Bool {
    switch self {
    case .utf8, .windows1252: unit.last == 10 || unit.last == 13
    case .utf16LittleEndian: unit == [10, 0] || unit == [13, 0]
    case .utf16BigEndian: unit == [0, 10] || unit == [0, 13]
    }
  }

  /// Windows-1252 of 0x80 to 0x9F; the rest is Latin-1 (the index of the WHATWG's Encoding Standard).
  static let windowsControls: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039,
    0x152, 0x8D, 0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC,
    0x2122, 0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]
}
