/// A table of words and numbers, for a terminal or as Markdown; the columns line up in both.
package struct TextTable: Sendable, Hashable {
  package enum Alignment: Sendable { case left, right }

  package struct Column: Sendable, Hashable {
    package var title: String
    package var alignment: Alignment
    /// The domain whose weight it holds, by its place; nil for other columns. Pages draw strips of them.
    package var weightPlace: Int?
    /// Whether it holds losses that a page may draw against each other.
    package var isLoss: Bool

    package init(
      _ title: String, _ alignment: Alignment = .right, weightPlace: Int? = nil,
      isLoss: Bool = false
    ) {
      self.title = title
      self.alignment = alignment
      self.weightPlace = weightPlace
      self.isLoss = isLoss
    }
  }

  package var columns: [Column]
  package private(set) var rows: [[String]] = []
  /// Names of the rows for links into a page, in their order; empty where none leads here.
  package private(set) var identifiers: [String] = []

  package init(_ columns: [Column]) { self.columns = columns }

  /// - Parameter identifier: unique in its page.
  package mutating func append(_ row: [String], identifier: String) {
    append(row)
    identifiers.append(identifier)
  }

  /// - Precondition: there is a cell for each column.
  package mutating func append(_ row: [String]) {
    precondition(row.count == columns.count, "expected \(columns.count) cells, found \(row.count)")
    rows.append(row)
  }

  /// For a terminal: columns two spaces apart, a line below the titles. Ends with a newline.
  package var text: String {
    let titles = columns.map { Self.plain($0.title) }
    let cells = rows.map { $0.map(Self.plain) }
    let widths = widths(titles, cells)
    var lines = [line(titles, widths, "  ")]
    lines.append(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "))
    lines += cells.map { line($0, widths, "  ") }
    return lines.map { $0.trimmingSuffix(" ") + "\n" }.joined()
  }

  /// As GitHub's Markdown. Ends with a newline.
  package var markdown: String {
    let titles = columns.map { Self.escapedForMarkdown($0.title) }
    let cells = rows.map { $0.map(Self.escapedForMarkdown) }
    let widths = widths(titles, cells).map { max($0, 3) }
    let rule = zip(columns, widths).map { column, width in
      column.alignment == .left
        ? String(repeating: "-", count: width) : String(repeating: "-", count: width - 1) + ":"
    }
    return
      (["| \(line(titles, widths, " | ")) |", "| \(rule.joined(separator: " | ")) |"]
      + cells.map { "| \(line($0, widths, " | ")) |" }).map { $0 + "\n" }.joined()
  }

  private func widths(_ titles: [String], _ cells: [[String]]) -> [Int] {
    columns.indices.map { column in
      cells.reduce(displayWidth(titles[column])) { max($0, displayWidth($1[column])) }
    }
  }

  private func line(_ cells: [String], _ widths: [Int], _ gap: String) -> String {
    zip(zip(columns, widths), cells).map { place, cell in
      let space = String(repeating: " ", count: place.1 - displayWidth(cell))
      return place.0.alignment == .left ? cell + space : space + cell
    }.joined(separator: gap)
  }

  /// Without characters that would move a terminal's cursor or colour what follows.
  private static func plain(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.map {
          $0.properties.generalCategory == .control ? "\u{FFFD}" : $0
        }))
  }

  /// Text that Markdown shows as it is.
  package static func escapedForMarkdown(_ text: String) -> String {
    var result = ""
    for character in plain(text) {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "|", "*", "_", "`", "[", "]", "#", "~": result += "\\\(character)"
      default: result.append(character)
      }
    }
    return result
  }
}

/// Columns that a terminal gives a text: two for wide East Asian characters and emoji, none for
/// marks that combine with what is before them.
package func displayWidth(_ text: String) -> Int {
  text.reduce(0) { width, character in
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return width }
    if first.properties.generalCategory == .nonspacingMark { return width }
    if first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}") { return width + 2 }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      return width + 2
    default: return width + 1
    }
  }
}

extension String {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var result = self
    while result.last == character { result.removeLast() }
    return result
  }
}
