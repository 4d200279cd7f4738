/// How a table is written: rows that are added to it are written alike.
package struct TableDialect: Sendable, Hashable {
  package enum Form: Sendable, Hashable {
    /// Fields with separators.
    case fields
    /// An object for each run, one a line.
    case lines
    /// A JSON document, or what else cannot be added to at its end.
    case closed
  }

  package var form = Form.fields
  package var separator: Character = ","
  /// `.` or `,`.
  package var decimalMark: Character = "."
  package var lineEnd = "\n"
  /// Weights are written like `30%`.
  package var hasPercentSigns = false
  /// What its bytes mean.
  package var encoding = TableEncoding.utf8
  /// The file is compressed, so that nothing can be added to it as it is.
  package var isCompressed = false

  package init() {}

  /// A number as the table writes numbers.
  package func number(_ text: String) -> String {
    decimalMark == "." ? text : text.replacing(".", with: ",")
  }

  /// One row of fields with its end; quoted where a reader would take it for something else.
  package func line(_ cells: [String]) -> String {
    if separator == " " {
      // Nothing stands between spaces.
      var plain = self
      plain.separator = ","
      return plain.line(cells)
    }
    if cells.count == 1, cells[0].isEmpty { return "\"\"" + lineEnd }
    return cells.enumerated().map { index, cell in quoted(cell, isFirst: index == 0) }
      .joined(separator: String(separator)) + lineEnd
  }

  private func quoted(_ cell: String, isFirst: Bool) -> String {
    let needsQuotes =
      cell.contains { $0 == separator || $0 == "\"" || $0.isNewline }
      || cell.first?.isWhitespace == true || cell.last?.isWhitespace == true
      || (isFirst && (cell.hasPrefix("#") || cell.lowercased().hasPrefix("sep=")))
    return needsQuotes ? "\"" + cell.replacing("\"", with: "\"\"") + "\"" : cell
  }

  /// For people.
  package var words: String {
    switch form {
    case .lines: return "JSON, an object a line"
    case .closed:
      return separator == "|"
        ? "a table in Markdown" : separator == " " ? "columns apart by spaces" : "JSON"
    case .fields:
      let name =
        switch separator {
        case "\t": "tabs"
        case ";": "semicolons"
        case "|": "upright strokes"
        default: "commas"
        }
      return "fields with \(name)" + (decimalMark == "," ? ", decimal commas" : "")
        + (isCompressed ? ", compressed" : "")
    }
  }
}
