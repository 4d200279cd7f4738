import Storage

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
