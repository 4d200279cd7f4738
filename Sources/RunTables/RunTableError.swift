/// What can be wrong with a table of runs: where, what was found, what was expected, what to do.
package enum RunTableError: Error, Equatable, CustomStringConvertible {
  /// The file as a whole is no table.
  case unreadable(path: String, found: String, hint: String)
  case malformedLine(path: String, line: Int, reason: String)
  case noRows(path: String)
  case noWeights(path: String, columns: [String])
  case noLosses(path: String, columns: [String])
  case unknownColumn(path: String, name: String, nearest: String?, columns: [String])
  case duplicateColumn(path: String, name: String)
  case domainsDiffer(path: String, found: [String], expectedAsIn: String, expected: [String])
  case noPartner(path: String, line: Int, key: String, partner: String)
  case unknownSelection(what: String, asked: String, known: [String])

  package var description: String {
    switch self {
    case .unreadable(let path, let found, let hint):
      return "\(path): found \(found), expected a table as CSV, TSV or JSON lines; \(hint)"
    case .malformedLine(let path, let line, let reason):
      return "\(path): line \(line): \(reason)"
    case .noRows(let path):
      return "\(path): found no rows, expected a line for each run; add runs or leave the file out"
    case .noWeights(let path, let columns):
      return
        "\(path): found no weights among the columns \(listed(columns)), expected columns such "
        + "as weight_books, or some that sum to 1 in each row; name them with --weights"
    case .noLosses(let path, let columns):
      return "\(path): found no losses among the columns \(listed(columns)), expected columns such "
        + "as loss_books; name them with --losses, or give the file of losses beside it"
    case .unknownColumn(let path, let name, let nearest, let columns):
      return "\(path): found no column '\(name)'; "
        + (nearest.map { "did you mean '\($0)'? " } ?? "") + "the columns are \(listed(columns))"
    case .duplicateColumn(let path, let name):
      return "\(path): found the column '\(name)' twice, expected each once; rename or remove one"
    case .domainsDiffer(let path, let found, let other, let expected):
      return "\(path): found the domains \(listed(found)), expected those of \(other), "
        + "\(listed(expected)); give tables of the same domains"
    case .noPartner(let path, let line, let key, let partner):
      return
        "\(path): line \(line): found no row '\(key)' in \(partner), expected one for each run; "
        + "give the two files of the same runs, one after the other"
    case .unknownSelection(let what, let asked, let known):
      return "found no run of \(what) \(asked), expected one of \(listed(known)); "
        + "choose one of them"
    }
  }
}

/// At most twelve names, and how many more there are.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(12).joined(separator: ", ")
  return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
}
