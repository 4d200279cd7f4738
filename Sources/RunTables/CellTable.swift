import Foundation
import Storage

/// A file as named columns of text, before anything is known of what they mean.
struct CellTable: Equatable {
  struct Row: Equatable {
    var line: Int
    /// One for each column, without the spaces around it; empty where there is none.
    var cells: [String]
  }

  var path: String
  var columns: [String]
  var rows: [Row] = []

  /// Reads CSV, its kin with tabs or semicolons, JSON lines, an array of JSON objects, or the journal of
  /// a study, by what is in the file.
  init(at path: String) throws {
    let path = isFolder(path) ? path + "/trials.jsonl" : path
    try self.init([UInt8](readFile(at: path)), path: path)
  }

  init(_ text: [UInt8], path: String) throws(RunTableError) {
    self.path = path
    columns = []
    if let found = Self.knownBinary(text) {
      throw .unreadable(path: path, found: found.name, hint: found.hint)
    }
    let first = text.first { ![32, 9, 10, 13, 0xEF, 0xBB, 0xBF].contains($0) }
    switch first {
    case nil: throw .noRows(path: path)
    case UInt8(ascii: "{"), UInt8(ascii: "["): try readJSON(text)
    default: try readFields(text)
    }
  }

  private static func knownBinary(_ text: [UInt8]) -> (name: String, hint: String)? {
    func begins(_ bytes: [UInt8]) -> Bool { text.starts(with: bytes) }
    if begins(Array("PAR1".utf8)) {
      return ("Parquet", "convert it, e.g. with pandas: read_parquet(…).to_csv(…, index=False)")
    }
    if begins([0x50, 0x4B, 3, 4]) { return ("a zip or Excel file", "save it as CSV") }
    if begins([0x1F, 0x8B]) { return ("a gzip file", "decompress it with gunzip") }
    if begins([0x28, 0xB5, 0x2F, 0xFD]) { return ("a zstd file", "decompress it with unzstd") }
    if begins([0xFF, 0xFE]) || begins([0xFE, 0xFF]) {
      return ("UTF-16 text", "save it as UTF-8")
    }
    return text.prefix(4096).contains(0) ? ("bytes that are no text", "give a text file") : nil
  }

  // MARK: Fields with separators

  private mutating func readFields(_ text: [UInt8]) throws(RunTableError) {
    var records: [(line: Int, fields: [String])] = []
    do throws(CSVReader.Problem) {
      var reader = CSVReader(text, separator: Self.separator(of: text))
      while let fields = try reader.next() {
        records.append((reader.line, fields.map(Self.cell)))
      }
    } catch {
      throw .malformedLine(
        path: path, line: error.line, reason: error.reason + "; close the quotation")
    }
    // Comments may stand above the header, and the header itself may begin as one.
    while records.count > 1, records[0].fields[0].hasPrefix("#"),
      records[0].fields.count != records[1].fields.count || records[1].fields[0].hasPrefix("#")
    {
      records.removeFirst()
    }
    records.removeAll { $0.fields.allSatisfy(\.isEmpty) }
    guard let header = records.first else { throw .noRows(path: path) }
    columns = header.fields
    if columns[0].hasPrefix("#") { columns[0] = Self.cell(Array(columns[0].dropFirst().utf8)) }
    if columns.count > 1, columns.allSatisfy({ Double($0) != nil }) {
      throw .malformedLine(
        path: path, line: header.line,
        reason: "found numbers, expected the names of the columns; add a first line such as "
          + "weight_books,weight_web,loss_books,loss_web")
    }
    while columns.last == "" { columns.removeLast() }
    for record in records.dropFirst() {
      var cells = record.fields
      while cells.count > columns.count, cells.last == "" { cells.removeLast() }
      if cells.count != columns.count, cells[0].hasPrefix("#") { continue }
      guard cells.count == columns.count else {
        throw .malformedLine(
          path: path, line: record.line,
          reason: "found \(cells.count) fields, expected \(columns.count) as in the header; "
            + "add what is missing or quote what holds a separator")
      }
      rows.append(Row(line: record.line, cells: cells))
    }
  }

  private static func cell(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// The one of comma, tab and semicolon that the first line with any has most of.
  private static func separator(of text: [UInt8]) -> UInt8 {
    for line in text.split(whereSeparator: { $0 == 10 || $0 == 13 })
    where line.first != UInt8(ascii: "#") || line.contains(UInt8(ascii: ",")) {
      let counts = [UInt8(ascii: ","), UInt8(ascii: "\t"), UInt8(ascii: ";")].map { separator in
        (separator, line.filter { $0 == separator }.count)
      }
      let most = counts.map(\.1).max()!
      if most > 0 { return counts.first { $0.1 == most }!.0 }
    }
    return UInt8(ascii: ",")
  }

  // MARK: JSON

  private mutating func readJSON(_ text: [UInt8]) throws(RunTableError) {
    var objects: [(line: Int, value: JSONValue)] = []
    if text.first(where: { $0 > 32 && $0 < 128 }) == UInt8(ascii: "["),
      let whole = try? JSONValue.parse(text), case .array(let elements) = whole
    {
      objects = elements.enumerated().map { ($0.offset + 1, $0.element) }
    } else if let whole = try? JSONValue.parse(text) {
      objects = [(1, whole)]
    } else {
      var line = 0
      for bytes in text.split(separator: 10, omittingEmptySubsequences: false) {
        line += 1
        let isLast = bytes.endIndex == text.endIndex
        guard bytes.contains(where: { $0 > 32 }) else { continue }
        do throws(JSONValue.Problem) {
          objects.append((line, try JSONValue.parse(Array(bytes))))
        } catch {
          // What a journal that is being written ends with was not reported yet.
          if isLast, !objects.isEmpty { break }
          throw .malformedLine(
            path: path, line: line,
            reason: "\(error.reason) at byte \(error.offset + 1); mend or remove the line")
        }
      }
    }
    if objects.first?.value["event"] == .string("began") {
      objects = try StudyJournal.runs(objects, path: path)
    }
    var places: [String: Int] = [:]
    for (line, value) in objects {
      guard case .object = value else {
        throw .malformedLine(
          path: path, line: line,
          reason: "found no object, expected one run such as "
            + "{\"weight_books\": 0.3, …, \"loss_books\": 3.1}")
      }
      var row = Row(line: line, cells: columns.map { _ in "" })
      for (name, cell) in Self.flattened(value, name: "") {
        if places[name] == nil {
          places[name] = columns.count
          columns.append(name)
          row.cells.append("")
        }
        row.cells[places[name]!] = cell
      }
      rows.append(row)
    }
    for index in rows.indices {
      rows[index].cells += [String](
        repeating: "", count: columns.count - rows[index].cells.count)
    }
  }

  /// Nested names joined by a slash. A mixture or losses may also be two lists side by side, or a list of
  /// objects that name their domain, as in mixpipe's own files.
  private static func flattened(_ value: JSONValue, name: String) -> [(String, String)] {
    switch value {
    case .null: return [(name, "")]
    case .bool(let isTrue): return [(name, isTrue ? "true" : "false")]
    case .number(let number): return [(name, text(number))]
    case .string(let text):
      return [(name, text.trimmingCharacters(in: .whitespacesAndNewlines))]
    case .array(let elements):
      return elements.enumerated().flatMap { index, element in
        if case .string(let domain)? = element["domain"], case .number(let loss)? = element["loss"]
        {
          return [("\(name)/\(domain)", text(loss))]
        }
        return flattened(element, name: "\(name)/\(index)")
      }
    case .object(let members):
      if case .array(let domains)? = value["domains"], case .array(let weights)? = value["weights"],
        domains.count == weights.count
      {
        return zip(domains, weights).compactMap { domain, weight in
          guard case .string(let domain) = domain, case .number(let weight) = weight else {
            return nil
          }
          return ("\(name.isEmpty ? "mixture" : name)/\(domain)", text(weight))
        }
      }
      return members.flatMap {
        flattened($0.value, name: name.isEmpty ? $0.key : "\(name)/\($0.key)")
      }
    }
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : "\(number)"
  }
}
