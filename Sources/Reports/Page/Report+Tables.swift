extension Report {
  /// Up to so many letters a cell's text stays in one line, and the rows' names do.
  private static var wordLength: Int { 16 }
  private static var nameLength: Int { 11 }

  /// A table that scrolls sideways where it is wider than the page.
  func scrolling(_ table: TextTable) -> Markup {
    scrolling(
      label: table.columns.map(\.title).joined(separator: ", "), fit: PaperFit(table),
      tableMarkup(table))
  }

  /// - Parameters:
  ///   - label: what it is a table of, for those who cannot see it.
  ///   - fit: how it comes onto paper.
  func scrolling(label: String, fit: PaperFit, _ table: Markup) -> Markup {
    var box = Markup(
      "div",
      ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Table of \(label)"],
      [table])
    if fit.share < 1 {
      box.attributes.append(.init(name: "style", value: "--fit:\(Format.number(fit.share, 3))"))
    }
    if fit.isTurned { box.attributes[0].value += " turned" }
    return box
  }

  /// Numbers are right-aligned by the table's class, not by each cell's: tables of ten thousand rows are
  /// the larger part of a page.
  private func tableMarkup(_ table: TextTable) -> Markup {
    let isText = table.columns.map { $0.alignment == .left }
    // Words that need no lines of their own.
    let isWord = table.columns.indices.map { index in
      isText[index] && table.rows.allSatisfy { $0[index].count <= Self.wordLength }
    }
    let isBrief = isText[0] && table.rows.allSatisfy { $0[0].count <= Self.nameLength }
    let head = table.columns.enumerated().map { index, column in
      var cell = Markup(
        "th", ["scope": "col", "class": isText[index] ? "text" : "number"], text: column.title)
      if let place = column.weightPlace {
        cell.attributes.append(.init(name: "data-kind", value: "weight"))
        cell.attributes.append(.init(name: "data-place", value: "\(place)"))
      } else if column.isLoss {
        cell.attributes.append(.init(name: "data-kind", value: "loss"))
      }
      return cell
    }
    let rows = table.rows.enumerated().map { place, row in
      var line = Markup("tr")
      if table.identifiers.count == table.rows.count {
        line.attributes.append(.init(name: "id", value: table.identifiers[place]))
      }
      for (index, cell) in row.enumerated() {
        if index == 0 {
          line.append(
            Markup(
              "th", isText[0] ? ["scope": "row"] : ["scope": "row", "class": "number"], text: cell))
        } else {
          line.append(
            Markup(
              "td",
              isWord[index] ? ["class": "word"] : isText[index] ? ["class": "text"] : [:],
              text: cell))
        }
      }
      return line
    }
    let kinds =
      ["numbers"] + (table.columns.count > 8 ? ["dense"] : []) + (isBrief ? ["brief"] : [])
    return Markup(
      "table", ["class": kinds.joined(separator: " ")],
      [Markup("thead", [:], [Markup("tr", [:], head)]), Markup("tbody", [:], rows)])
  }
}
