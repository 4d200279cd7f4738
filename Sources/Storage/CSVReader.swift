/// Reads comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): quoted fields
/// with commas, doubled quotes and newlines in them; lines ended by LF, CRLF or CR. As most readers
/// do, it takes a quote inside an unquoted field as it stands, and skips empty lines.
package struct CSVReader {
  package struct Problem: Error, Equatable {
    package let line: Int
    package let reason: String

    package init(line: Int, reason: String) {
      self.line = line
      self.reason = reason
    }
  }

  private let text: [UInt8]
  private let separator: UInt8
  private var position: Int
  /// Of the record that was read last.
  package private(set) var line = 0
  private var newlines = 0

  /// - Parameter separator: what stands between fields: a comma, or a tab or semicolon in its place.
  package init(_ text: [UInt8], separator: UInt8 = UInt8(ascii: ",")) {
    self.text = text
    self.separator = separator
    // The mark that some editors put before UTF-8.
    position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
  }

  /// The next record's fields; nil at the end.
  package mutating func next() throws(Problem) -> [[UInt8]]? {
    while position < text.count, isLineEnd(text[position]) { skipLineEnd() }
    guard position < text.count else { return nil }
    line = newlines + 1
    var fields: [[UInt8]] = []
    while true {
      fields.append(try field())
      guard position < text.count else { return fields }
      if text[position] == separator {
        position += 1
        if position == text.count { return fields + [[]] }
        continue
      }
      skipLineEnd()
      return fields
    }
  }

  private func isLineEnd(_ byte: UInt8) -> Bool { byte == 10 || byte == 13 }

  private mutating func skipLineEnd() {
    let isPair = text[position] == 13 && position + 1 < text.count && text[position + 1] == 10
    position += isPair ? 2 : 1
    newlines += 1
  }

  private mutating func field() throws(Problem) -> [UInt8] {
    var result: [UInt8] = []
    if text[position] == UInt8(ascii: "\"") {
      let first = newlines + 1
      position += 1
      while true {
        guard let end = text[position...].firstIndex(of: UInt8(ascii: "\"")) else {
          throw Problem(line: first, reason: "expected '\"' to end the field that begins here")
        }
        result.append(contentsOf: text[position..<end])
        for byte in text[position..<end] where byte == 10 { newlines += 1 }
        position = end + 1
        guard position < text.count, text[position] == UInt8(ascii: "\"") else { break }
        result.append(UInt8(ascii: "\""))
        position += 1
      }
    }
    let start = position
    while position < text.count, text[position] != separator, !isLineEnd(text[position]) {
      position += 1
    }
    result.append(contentsOf: text[start..<position])
    return result
  }
}
