import Mixtures

/// Rows that sum others up, as spreadsheets and `DataFrame.describe` have them below the runs: an average is no run.
extension CellTable {
  /// Leaves out rows whose run is called `average`, `Mean`, `std`, `TOTAL` and the like, with a note.
  ///
  /// The name is looked for where runs are named, in the first column, and where seeds stand (`mean` below the seeds
  /// of a mixture).
  ///
  /// - Throws: ``RunTableError`` where no row is left.
  mutating func leaveOutSummaries() throws(RunTableError) {
    guard !isJournal, !rows.isEmpty else { return }
    var gone: Set<Int> = []
    for column in columns.indices {
      let use = ColumnName(columns[column], among: columns).fixedUse
      guard column == 0 || use == .run || use == .seed else { continue }
      let found = rows.indices.filter { Self.isSummary(rows[$0].cells[column]) }
      if found.isEmpty { continue }
      let names = Set(found.map { rows[$0].cells[column].lowercased() })
      // What most rows have, or rows of a column that names no runs again and again, is a setting.
      let isUnique = names.count == found.count
      guard isUnique || (use != nil && 2 * found.count <= rows.count) else { continue }
      gone.formUnion(found)
      let isStatistics = names.contains("mean") || names.contains("std")
      gone.formUnion(
        rows.indices.filter { isStatistics && Self.isQuantile(rows[$0].cells[column]) })
    }
    guard let first = gone.min(), let last = gone.max() else { return }
    func name(_ index: Int) -> String {
      rows[index].cells.first { Self.isSummary($0) || Self.isQuantile($0) } ?? ""
    }
    guard gone.count < rows.count else {
      throw .malformedLine(
        path: path, line: rows[first].line,
        reason:
          "found '\(name(first))'\(first == last ? "" : " to '\(name(last))'"), which sum runs up, and no run; "
          + "expected a row for each run; export the runs themselves")
    }
    let lines = first == last ? "line \(rows[first].line)" : "the first in line \(rows[first].line)"
    notes.append(
      "\(path): left out \(first == last ? "a row" : "\(gone.count) rows") that \(first == last ? "sums" : "sum") up "
        + "others, \(lines): '\(name(first))'; rename it where it is a run")
    rows = rows.indices.filter { !gone.contains($0) }.map { rows[$0] }
  }

  /// What is computed over rows.
  private static let summaries: Set<String> = [
    "average", "averages", "avg", "mean", "means", "median", "std", "stdev", "stddev", "sd", "sem",
    "stderr", "min",
    "minimum", "max", "maximum", "sum", "total", "totals", "subtotal", "count", "variance", "var",
    "mittelwert",
    "durchschnitt", "summe", "moyenne", "promedio",
  ]
  /// What may stand beside it.
  private static let trimmings: Set<String> = [
    "of", "all", "the", "over", "across", "run", "runs", "row", "rows", "seed", "seeds", "grand",
    "overall", "column",
    "columns", "dev", "deviation", "standard", "error", "value", "values", "and",
  ]

  /// Whether a row that is called so is computed from others: `Average`, `mean of 5 seeds`, `std. dev.`, `mean ± std`.
  static func isSummary(_ name: String) -> Bool {
    guard name.utf8.count < 40, name.contains(where: \.isLetter) else { return false }
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
    if words == ["standard", "deviation"] || words == ["standard", "error"] { return true }
    // `max-1` and `mean_3` are names of somebody's runs; `mean of 5` is not.
    let numbers = words.filter { $0.allSatisfy(\.isNumber) }.count
    return words.contains(where: summaries.contains)
      && words.allSatisfy {
        summaries.contains($0) || trimmings.contains($0) || $0.allSatisfy(\.isNumber)
      }
      && numbers * 3 <= words.count
  }

  /// As `DataFrame.describe` calls them: `25%`.
  private static func isQuantile(_ name: String) -> Bool {
    name.hasSuffix("%") && name.dropLast().allSatisfy { $0.isNumber || $0 == "." } && name.count > 1
  }
}
