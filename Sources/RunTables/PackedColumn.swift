import Storage

/// A column whose cells hold several numbers each: a whole mixture, or the losses of a run, as
/// `books=0.3,web=0.7`, as an object of JSON or Python, or as a list. Its parts are columns of their own
/// while a table is read; rows are written as they were.
struct PackedColumn: Sendable, Hashable {
  enum Style: Sendable, Hashable {
    /// `books=0.3,web=0.7`, or with colons.
    case pairs(sign: Character, separator: Character)
    /// `{"books": 0.3}`; Python has single quotes.
    case object(quote: Character)
    case list
    /// An object with more in it than numbers, of which no more is written.
    case nested
  }

  var heading: String
  var style: Style
  var names: [String]
  /// The first of its columns in the table that was read.
  var first: Int

  /// One cell of several.
  func packed(_ cells: some Sequence<String>) -> String {
    let parts = zip(names, cells).filter { !$0.1.isEmpty }
    if parts.isEmpty { return "" }
    switch style {
    case .nested: return ""
    case .list: return "[" + parts.map(\.1).joined(separator: ", ") + "]"
    case .pairs(let sign, let separator):
      return parts.map { "\($0.0)\(sign)\($0.1)" }.joined(separator: String(separator))
    case .object(let quote):
      return "{" + parts.map { "\(quote)\($0.0)\(quote): \($0.1)" }.joined(separator: ", ") + "}"
    }
  }

  /// What a cell holds; nil for anything but two named numbers or more.
  static func read(_ cell: String) -> (style: Style, parts: [(name: String, text: String)])? {
    guard let first = cell.first, let last = cell.last, cell.utf8.count < 100_000 else {
      return nil
    }
    if first == "{", last == "}" { return object(cell) }
    if first == "[" || first == "(", last == "]" || last == ")" { return list(cell) }
    return pairs(cell)
  }

  private static func object(_ cell: String) -> (
    style: Style, parts: [(name: String, text: String)]
  )? {
    let isPython = cell.contains("'") && !cell.contains("\"")
    let text = isPython ? translated(cell) : cell
    guard case .object(let members)? = try? JSONValue.parse(Array(text.utf8)), members.count > 1
    else { return nil }
    let isPlain = members.allSatisfy { if case .number = $0.value { true } else { false } }
    let parts = CellTable.flattened(.object(members), name: "").map { (name: $0.0, text: $0.1) }
    return (isPlain ? .object(quote: isPython ? "'" : "\"") : .nested, parts)
  }

  /// Python's way to write an object, in JSON.
  private static func translated(_ cell: String) -> String {
    var text = cell.replacing("'", with: "\"")
    for (python, json) in [("None", "null"), ("True", "true"), ("False", "false"), ("nan", "NaN")] {
      text = text.replacing(": \(python)", with: ": \(json)")
    }
    return text
  }

  private static func list(_ cell: String) -> (style: Style, parts: [(name: String, text: String)])?
  {
    let inner = cell.dropFirst().dropLast()
    let words = inner.split { $0 == "," || $0.isWhitespace }.map(String.init)
    guard words.count > 1, words.allSatisfy({ Double($0) != nil }) else { return nil }
    return (.list, words.enumerated().map { ("\($0.offset)", $0.element) })
  }

  private static func pairs(_ cell: String) -> (
    style: Style, parts: [(name: String, text: String)]
  )? {
    for separator: Character in [",", ";", " "] {
      for sign: Character in ["=", ":"] where cell.contains(sign) {
        let words = cell.split(separator: separator).map { String($0).trimmed }
          .filter { !$0.isEmpty }
        guard words.count > 1 else { continue }
        var parts: [(name: String, text: String)] = []
        for word in words {
          guard let place = word.lastIndex(of: sign) else { break }
          let name = word[..<place].trimmed
          let text = word[word.index(after: place)...].trimmed
          guard !name.isEmpty, Double(text) != nil else { break }
          parts.append((name, text))
        }
        if parts.count == words.count { return (.pairs(sign: sign, separator: separator), parts) }
      }
    }
    return nil
  }
}

extension CellTable {
  /// Makes columns of what single cells hold several of.
  mutating func unpackMixtures() {
    var column = 0
    while column < columns.count {
      defer { column += 1 }
      guard let (style, names, cells) = unpacked(column) else { continue }
      let heading = columns[column]
      // No row of these could be written as they are.
      if style == .nested { dialect.form = .closed }
      packs.append(PackedColumn(heading: heading, style: style, names: names, first: column))
      columns.replaceSubrange(column...column, with: names.map { "\(heading)/\($0)" })
      for row in rows.indices {
        rows[row].cells.replaceSubrange(column...column, with: cells[row])
      }
      column += names.count - 1
    }
  }

  /// The parts of a column's cells, in each row; nil where one cell is anything else.
  private func unpacked(
    _ column: Int
  ) -> (style: PackedColumn.Style, names: [String], cells: [[String]])? {
    guard
      let example = rows.first(where: { !CellReading.isEmpty($0.cells[column]) })?.cells[column],
      var style = PackedColumn.read(example)?.style
    else { return nil }
    // A run may be called lr=0.1,batch=8.
    if case .pairs = style, ColumnName(columns[column]).fixedUse == .run { return nil }
    var names: [String] = []
    var places: [String: Int] = [:]
    var found: [[(name: String, text: String)]] = []
    for row in rows {
      let cell = row.cells[column]
      if CellReading.isEmpty(cell) || CellReading.isDivergence(cell) {
        found.append([])
        continue
      }
      guard let read = PackedColumn.read(cell) else { return nil }
      if read.style == .nested { style = .nested }
      for part in read.parts where places[part.name] == nil {
        places[part.name] = names.count
        names.append(part.name)
      }
      found.append(read.parts)
    }
    let cells = found.map { parts in
      var cells = names.map { _ in "" }
      for part in parts { cells[places[part.name]!] = part.text }
      return cells
    }
    return (style, names, cells)
  }
}
