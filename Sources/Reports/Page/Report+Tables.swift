extension Report {
  /// A table that scrolls sideways where it is wider than the page.
  func scrolling(_ table: TextTable) -> Markup {
    scrolling(label: table.columns.map(\.title).joined(separator: ", "), tableMarkup(table))
  }

  /// - Parameter label: what it is a table of, for those who cannot see it.
  func scrolling(label: String, _ table: Markup) -> Markup {
    Markup(
      "div",
      ["class": "scroll", "tabindex": "0", "role": "region", "aria-label": "Table of \(label)"],
      [table])
  }

  /// Numbers are right-aligned by the table's class, not by each cell's: tables of ten thousand rows are
  /// the larger part of a page.
  private func tableMarkup(_ table: TextTable) -> Markup {
    let isText = table.columns.map { $0.alignment == .left }
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
          line.append(Markup("td", isText[index] ? ["class": "text"] : [:], text: cell))
        }
      }
      return line
    }
    return Markup(
      "table", ["class": table.columns.count > 8 ? "numbers dense" : "numbers"],
      [Markup("thead", [:], [Markup("tr", [:], head)]), Markup("tbody", [:], rows)])
  }
}
