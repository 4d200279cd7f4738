/// Tables with a row for each part of held-out text that a run was measured on: `run,…,domain,loss`.
extension CellTable {
  /// Makes one row of all rows of a run, with a column for each part.
  ///
  /// Such a table has one column of losses, without a name in it, and one that names the part; all others are
  /// the same in all rows of a run.
  ///
  /// - Throws: ``RunTableError`` where a run has two values for one part.
  mutating func widen() throws(RunTableError) {
    guard let form = longForm() else { return }
    var places: [[String]: Int] = [:]
    var parts: [String] = []
    var known: Set<String> = []
    var wide: [Row] = []
    var values: [[String: String]] = []
    for row in rows {
      let key = form.kept.map { row.cells[$0] }
      let part = row.cells[form.part]
      if known.insert(part).inserted { parts.append(part) }
      let place = places[key] ?? wide.count
      if place == wide.count {
        places[key] = place
        wide.append(Row(line: row.line, cells: key))
        values.append([:])
      }
      guard values[place].updateValue(row.cells[form.value], forKey: part) == nil else {
        throw .malformedLine(
          path: path, line: row.line,
          reason:
            "found '\(columns[form.part])' '\(part)' twice for one run, expected a column that tells "
            + "runs apart, such as run or seed; add it")
      }
    }
    let heading = columns[form.value]
    let isNamed = ["value", "metric_value", "mean"].contains(heading.lowercased())
    notes.append(
      "\(path): has a row for each '\(columns[form.part])': \(rows.count) rows of \(wide.count) runs"
    )
    for (index, value) in values.enumerated() {
      wide[index].cells += parts.map { value[$0] ?? "" }
    }
    columns = form.kept.map { columns[$0] } + parts.map { isNamed ? $0 : "\(heading)_\($0)" }
    rows = wide
    packs = []
    dialect.form = .closed
  }

  private func longForm() -> (part: Int, value: Int, kept: [Int])? {
    let names = columns.map { ColumnName($0) }
    guard rows.count > 3 else { return nil }
    func filled(_ column: Int) -> Bool {
      rows.allSatisfy { !CellReading.isEmpty($0.cells[column]) }
    }
    let values = columns.indices.filter { index in
      let isValue =
        ["value", "metric_value", "mean"].contains(columns[index].lowercased())
        || names[index].lossReadings.contains { $0.name == columns[index] && !$0.isTraining }
        || names[index].isScore && !names[index].isSpread && !names[index].isExtreme
      return isValue && names[index].fixedUse == nil
    }
    guard values.count == 1, let value = values.first else { return nil }
    let found = columns.indices.filter { index in
      guard HeadingWords.parts.contains(names[index].joined), filled(index) else { return false }
      let texts = Set(rows.map { $0.cells[index] })
      return 2...1000 ~= texts.count && texts.count * 2 <= rows.count
        && texts.contains { reading.number($0) == nil }
    }
    guard found.count == 1, let part = found.first else { return nil }
    let sample = TableSample(self)
    let kept = columns.indices.filter { index in
      let isNumbering =
        ["", "index", "unnamed_0"].contains(names[index].joined) && sample.isNumbering(index)
      return index != part && index != value && !isNumbering && !names[index].isSpread
        && !["sem", "stderr", "se"].contains(names[index].joined)
    }
    guard !kept.isEmpty else { return nil }
    let runs = Set(rows.map { row in kept.map { row.cells[$0] } }).count
    // A part for each run is a property of it, such as a split.
    return runs * 3 <= rows.count * 2 ? (part, value, kept) : nil
  }
}
