/// Reads comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): quoted fields
/// with commas, doubled quotes and newlines in them; lines ended by LF, CRLF or CR. As most readers
/// do, it takes a quote inside an unquoted field as it stands, and skips empty lines.
struct CSVReader {
  struct Problem: Error, Equatable {
    let line: Int
    let reason: String
  }

  private let text: [UInt8]
  private var position: Int
  /// Of the record that was read last.
  private(set) var line = 0
  private var newlines = 0

  init(_ text: [UInt8]) {
    self.text = text
    position = text.has("\u{feff}", at: 0) ? 3 : 0
  }

  /// The next record's fields; nil at the end.
  mutating func next() throws(Problem) -> [[UInt8]]? {
    while position < text.count, isLineEnd(text[position]) { skipLineEnd() }
    guard position < text.count else { return nil }
    line = newlines + 1
    var fields: [[UInt8]] = []
    while true {
      fields.append(try field())
      guard position < text.count else { return fields }
      if text[position] == UInt8(ascii: ",") {
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
        guard let end = text.find(UInt8(ascii: "\""), from: position) else {
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
    while position < text.count, text[position] != UInt8(ascii: ","), !isLineEnd(text[position]) {
      position += 1
    }
    result.append(contentsOf: text[start..<position])
    return result
  }
}

/// The rows of a table whose first record names the columns.
struct CSVTable {
  private var reader: CSVReader
  private let columns: [Int]

  /// - Parameter wanted: the columns to give, in this order.
  init(_ text: [UInt8], columns wanted: [String]) throws(CSVReader.Problem) {
    reader = CSVReader(text)
    let header = try reader.next() ?? []
    let names = header.map { String(decoding: $0, as: UTF8.self) }
    columns = try wanted.map { (name) throws(CSVReader.Problem) in
      guard let i = names.firstIndex(of: name) else {
        throw CSVReader.Problem(
          line: 1,
          reason: "expected a column '\(name)', found \(names.joined(separator: ", "))")
      }
      return i
    }
  }

  /// The wanted fields of the next row, empty where the row is too short; nil at the end.
  mutating func next() throws(CSVReader.Problem) -> [[UInt8]]? {
    guard let row = try reader.next() else { return nil }
    return columns.map { $0 < row.count ? row[$0] : [] }
  }
}
