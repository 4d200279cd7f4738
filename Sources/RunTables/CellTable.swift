import Foundation
import Runs
import Storage

/// A file as named columns of text, before anything is known of what they mean.
struct CellTable: Equatable {
  struct Row: Equatable {
    var line: Int
    /// One for each column, without the spaces around it; empty where there is none.
    var cells: [String]
  }

  private static let longestName = 4096

  var path: String
  var columns: [String] = []
  var rows: [Row] = []
  var dialect = TableDialect()
  /// Columns whose cells held several numbers each.
  var packs: [PackedColumn] = []
  /// How the file was read, where that is not plain.
  var notes: [String] = []
  /// A journal of mixpipe's own: whatever it holds as a loss is minimized.
  var isJournal = false

  /// What cells mean in this table's notation.
  var reading: CellReading { CellReading(hasDecimalCommas: dialect.decimalMark == ",") }

  /// Reads CSV, its kin with tabs or semicolons, JSON lines, JSON documents as pandas writes them, or the
  /// journal of a study, by what is in the file, compressed with gzip or not.
  ///
  /// - Parameter path: `-` for standard input.
  init(at path: String) throws {
    if path == "-" {
      try self.init([UInt8](readStandardInput()), path: "standard input")
      return
    }
    if isFolder(path), fileExists(path + "/" + RunBook.file) {
      try self.init(RunBook.ledger(folder: path), path: path)
      return
    }
    if isFolder(path), !fileExists(path + "/trials.jsonl") {
      throw RunTableError.noRuns(folder: path)
    }
    let path = isFolder(path) ? path + "/trials.jsonl" : path
    try self.init([UInt8](readFile(at: path)), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws(RunTableError) {
    self.path = path
    let decoded = try TableText.decoded(bytes, path: path)
    dialect.isCompressed = decoded.isCompressed
    dialect.encoding = decoded.encoding
    notes = decoded.notes.map { "\(path): \($0)" }
    let first = decoded.text.first { ![32, 9, 10, 13].contains($0) }
    switch first {
    case nil: throw .noRows(path: path)
    case UInt8(ascii: "{"), UInt8(ascii: "["): try readJSON(decoded.text)
    default: try readFields(decoded.text)
    }
    // Names are compared with each other, letter by letter.
    for (index, name) in columns.enumerated() where name.utf8.count > Self.longestName {
      throw .malformedLine(
        path: path, line: 1,
        reason:
          "found a name of \(name.utf8.count) bytes at column \(index + 1) ('\(name.prefix(20))…'), "
          + "expected at most \(Self.longestName); give it a shorter one")
    }
    unpackMixtures()
    try widen()
  }

  // MARK: Fields with separators

  private mutating func readFields(_ bytes: [UInt8]) throws(RunTableError) {
    var text = bytes[...]
    var firstLine = 1
    var separator: UInt8?
    // Excel's first line that says what separates fields: `sep=;`.
    if let end = text.firstIndex(where: { $0 == 10 || $0 == 13 }) {
      let line = String(decoding: text[..<end], as: UTF8.self).trimmed
        .replacing("\"", with: "")
      if line.lowercased().hasPrefix("sep="), let mark = line.utf8.dropFirst(4).first {
        separator = line.utf8.count == 4 ? UInt8(ascii: "\t") : mark
        let isPair = text[end] == 13 && end + 1 < text.endIndex && text[end + 1] == 10
        text = text[(end + (isPair ? 2 : 1))...]
        firstLine = 2
      } else if line.lowercased() == "sep=" {
        separator = UInt8(ascii: "\t")
      }
    }
    if separator == nil, let parted = Self.partedBySpaces(text) {
      text = parted[...]
      separator = UInt8(ascii: "\t")
      dialect.form = .closed
    }
    let mark = separator ?? Self.separator(of: text)
    dialect.separator = dialect.form == .closed ? " " : Character(Unicode.Scalar(mark))
    dialect.lineEnd = Self.lineEnd(of: text)
    var records: [(line: Int, fields: [String])] = []
    do throws(CSVReader.Problem) {
      var reader = CSVReader(Array(text), separator: mark)
      while let fields = try reader.next() {
        records.append((reader.line + firstLine - 1, fields.map(Self.cell)))
      }
    } catch {
      throw .malformedLine(
        path: path, line: error.line + firstLine - 1,
        reason: error.reason + "; close the quotation")
    }
    // Comments may stand above the header, and the header itself may begin as one.
    while records.count > 1, records[0].fields[0].hasPrefix("#"),
      records[0].fields.count != records[1].fields.count || records[1].fields[0].hasPrefix("#")
    {
      records.removeFirst()
    }
    records.removeAll { $0.fields.allSatisfy(\.isEmpty) }
    if mark == UInt8(ascii: "|") { takeOffFrame(&records) }
    takeOffTitle(&records)
    joinHeadings(&records)
    guard let header = records.first else { throw .noRows(path: path) }
    columns = header.fields
    if columns[0].hasPrefix("#") { columns[0] = String(columns[0].dropFirst()).trimmed }
    if columns.count > 1,
      columns.allSatisfy({
        CellReading().number($0) != nil || CellReading(hasDecimalCommas: true).number($0) != nil
      })
    {
      throw .malformedLine(
        path: path, line: header.line,
        reason: "found numbers, expected the names of the columns; add a first line such as "
          + "weight_books,weight_web,loss_books,loss_web")
    }
    while columns.count > 1, columns.last == "" { columns.removeLast() }
    for record in records.dropFirst() {
      var cells = record.fields
      while cells.count > columns.count, cells.last == "" { cells.removeLast() }
      if cells.count != columns.count, cells[0].hasPrefix("#") { continue }
      // A heading that was repeated where two exports were put one below the other.
      if cells == columns { continue }
      guard cells.count == columns.count else {
        let hint =
          mark == UInt8(ascii: ",") && cells.count > columns.count
            && (cells.count - 1) % max(columns.count - 1, 1) <= 1
          ? "; where commas are decimal marks, separate fields with semicolons or quote them" : ""
        throw .malformedLine(
          path: path, line: record.line,
          reason: "found \(cells.count) fields, expected \(columns.count) as in the header; "
            + "add what is missing or quote what holds a separator\(hint)")
      }
      rows.append(Row(line: record.line, cells: cells))
    }
    findDecimalMark()
  }

  /// A line above the headings that says what the table is.
  private mutating func takeOffTitle(_ records: inout [(line: Int, fields: [String])]) {
    func filled(_ index: Int) -> Int { records[index].fields.count { !$0.isEmpty } }
    while records.count > 2, filled(0) == 1, filled(1) > 2, filled(2) > 2 {
      notes.append("\(path): line \(records[0].line) is taken as the table's title")
      records.removeFirst()
    }
  }

  /// Two lines of headings, as pandas writes columns of two levels: `weights,weights` above `books,web`.
  private func joinHeadings(_ records: inout [(line: Int, fields: [String])]) {
    guard records.count > 2, records[1].fields.count == records[0].fields.count else { return }
    let (upper, lower) = (records[0].fields, records[1].fields)
    let reading = CellReading()
    let isRepeated = upper.indices.filter { index in
      !upper[index].isEmpty && upper.count { $0 == upper[index] } > 1
    }
    let below = isRepeated.map { lower[$0] }
    guard isRepeated.count > 1,
      Set(isRepeated.map { upper[$0] + "/" + lower[$0] }).count == below.count,
      lower.allSatisfy({ reading.number($0) == nil && !CellReading.isDivergence($0) }),
      below.allSatisfy({ !$0.isEmpty })
    else { return }
    records[0].fields = zip(upper, lower).map { upper, lower in
      upper.isEmpty
        ? lower : lower.isEmpty || lower.hasPrefix("Unnamed") ? upper : "\(upper)/\(lower)"
    }
    records.remove(at: 1)
  }

  /// Of a table in Markdown: the strokes at the ends of its lines, and the line below its headings.
  private mutating func takeOffFrame(_ records: inout [(line: Int, fields: [String])]) {
    records.removeAll { $0.fields.allSatisfy { $0.allSatisfy { "-: ".contains($0) } } }
    guard
      records.allSatisfy({ $0.fields.count > 2 && $0.fields[0] == "" && $0.fields.last == "" })
    else { return }
    for index in records.indices {
      records[index].fields = records[index].fields.dropFirst().dropLast().map(Self.withoutEmphasis)
    }
    dialect.form = .closed
  }

  /// `**2.91**`, as the best of a column is set in Markdown, and `` `books` ``.
  private static func withoutEmphasis(_ cell: String) -> String {
    var text = cell
    for mark in ["**", "__", "`", "*", "_"] {
      let isWithin =
        text.count > 2 * mark.count && text.hasPrefix(mark) && text.hasSuffix(mark)
      if isWithin { text = String(text.dropFirst(mark.count).dropLast(mark.count)).trimmed }
    }
    return text
  }

  private static func cell(_ bytes: [UInt8]) -> String {
    var slice = bytes[...]
    while let last = slice.last, last == 32 || (9...13).contains(last) { slice.removeLast() }
    while let first = slice.first, first == 32 || (9...13).contains(first) { slice.removeFirst() }
    return String(decoding: slice, as: UTF8.self)
  }

  /// Decimal commas, where cells look like `0,25` and none like `0.25`.
  private mutating func findDecimalMark() {
    var (commas, points) = (0, 0)
    var example = ""
    for row in rows {
      for cell in row.cells where cell.utf8.count < 30 {
        guard let mark = Self.decimalMark(of: cell) else { continue }
        if mark == "," {
          if commas == 0 { example = cell }
          commas += 1
        } else {
          points += 1
        }
      }
    }
    guard commas > 0, commas > 4 * points else { return }
    dialect.decimalMark = ","
    notes.append("\(path): numbers have decimal commas, e.g. \(example)")
  }

  /// The decimal mark of a cell that cannot be read otherwise; nil where it has none, or it could stand
  /// between thousands.
  private static func decimalMark(of cell: String) -> Character? {
    var marks: [UInt8] = []
    var digits = 0
    var before = 0
    var isZero = true
    for byte in cell.utf8 {
      switch byte {
      case UInt8(ascii: ","), UInt8(ascii: "."):
        if marks.isEmpty { before = digits }
        marks.append(byte)
        digits = 0
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if marks.isEmpty, byte != UInt8(ascii: "0") { isZero = false }
        digits += 1
      case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"), UInt8(ascii: "E"),
        UInt8(ascii: "%"):
        continue
      default: return nil
      }
    }
    guard let last = marks.last, digits > 0 else { return nil }
    let mark = Character(Unicode.Scalar(last))
    if marks.count == 1 {
      // 1,234 could be a thousand and 234; 0,234 could not.
      if mark == ",", digits == 3, !isZero, before <= 3 { return nil }
      return mark
    }
    // 1.234,5 or 1,234.5.
    return marks.first == last ? nil : mark
  }

  private static func lineEnd(of text: ArraySlice<UInt8>) -> String {
    guard let end = text.firstIndex(where: { $0 == 10 || $0 == 13 }) else { return "\n" }
    if text[end] == 10 { return "\n" }
    return end + 1 < text.endIndex && text[end + 1] == 10 ? "\r\n" : "\r"
  }

  /// Columns that only spaces keep apart, as `column -t` and pandas print them, with tabs in their place: the
  /// same number of words in every line, three at least. Nil for all else.
  private static func partedBySpaces(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let marks: Set<UInt8> = [
      9, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: "\""),
    ]
    guard let line = text.split(maxSplits: 1, whereSeparator: { $0 == 10 || $0 == 13 }).first,
      line.contains(32), !line.contains(where: marks.contains),
      !text.contains(where: marks.contains)
    else { return nil }
    var words = text.split { $0 == 10 || $0 == 13 }.map { $0.split(separator: 32) }
    words.removeAll(where: \.isEmpty)
    guard let head = words.first, words.count > 1, head.count > 2 else { return nil }
    let isNumbered = words.dropFirst().allSatisfy { $0.count == head.count + 1 }
    guard isNumbered || words.allSatisfy({ $0.count == head.count }) else { return nil }
    // pandas has no heading for what numbers its rows.
    if isNumbered { words[0].insert(ArraySlice("index".utf8), at: 0) }
    return Array(words.map { $0.joined(separator: [9]) }.joined(separator: [10]))
  }

  /// The one of comma, tab, semicolon and upright stroke that the first line with any has most of; what is quoted does
  /// not count.
  private static func separator(of text: ArraySlice<UInt8>) -> UInt8 {
    let marks = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: "|")]
    for line in text.split(maxSplits: 64, whereSeparator: { $0 == 10 || $0 == 13 })
    where line.first != UInt8(ascii: "#") || line.contains(where: { marks.contains($0) }) {
      var counts = [0, 0, 0, 0]
      var isQuoted = false
      for byte in line {
        if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
        if !isQuoted, let place = marks.firstIndex(of: byte) { counts[place] += 1 }
      }
      if let most = counts.max(), most > 0 { return marks[counts.firstIndex(of: most)!] }
    }
    return UInt8(ascii: ",")
  }
}
