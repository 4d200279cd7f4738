import Mixtures

/// What can be wrong with a table of runs: where, what was found, what was expected, what to do.
package enum RunTableError: Error, Equatable, CustomStringConvertible {
  /// The file as a whole is no table.
  case unreadable(path: String, found: String, hint: String)
  case malformedLine(path: String, line: Int, reason: String)
  case noRows(path: String)
  case noRuns(folder: String)
  case oneDomain(path: String, name: String)
  case noWeights(path: String, columns: [String])
  /// - Parameter scores: columns that may be what is sought, if somebody says which way.
  case noLosses(path: String, columns: [String], scores: [String])
  case unknownColumn(path: String, name: String, nearest: String?, columns: [String])
  case duplicateColumn(path: String, name: String)
  case domainsDiffer(path: String, found: [String], expectedAsIn: String, expected: [String])
  case unitsDiffer(path: String, name: String, heading: String, other: String)
  case exists(path: String, lines: Int, remedy: String)
  case notAppendable(path: String, form: String)
  case unmeasured(path: String, columns: [String], runs: Int, others: [String])
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
    case .noRuns(let folder):
      return
        "\(folder): found a folder without a journal of runs, expected a table, or the folder of a study or a "
        + "session; give the path of a file"
    case .oneDomain(let path, let name):
      return
        "\(path): found the weights of one domain, '\(name)', expected two at least; give a table with a column "
        + "for each"
    case .noWeights(let path, let columns):
      return
        "\(path): found no weights among the columns \(listed(columns)), expected columns such "
        + "as weight_books, or some that sum to 1 in each row; name them with --weights"
    case .noLosses(let path, let columns, let scores):
      guard !scores.isEmpty else {
        return
          "\(path): found no losses among the columns \(listed(columns)), expected columns such as "
          + "loss_books; name them with --losses, or give the file of losses beside it"
      }
      return
        "\(path): found no losses, and whether higher or lower is better in \(listed(scores)) cannot be "
        + "known; say --maximize '\(pattern(scores) ?? scores.prefix(12).map { NameSyntax.written($0, among: ",") }.joined(separator: ","))' where higher is better, --losses where "
        + "lower is"
    case .unitsDiffer(let path, let name, let heading, let other):
      return
        "\(path): '\(heading)' and '\(other)' of another table are both of '\(name)', in different "
        + "units; name the columns of one kind with --losses"
    case .unknownColumn(let path, let name, let nearest, let columns):
      return "\(path): found no column '\(name)'; "
        + (nearest.map { "did you mean '\($0)'? " } ?? "") + "the columns are \(listed(columns))"
    case .duplicateColumn(let path, let name):
      return "\(path): found the column '\(name)' twice, expected each once; rename or remove one"
    case .domainsDiffer(let path, let found, let other, let expected):
      return "\(path): found the domains \(listed(found)), expected those of \(other), "
        + "\(listed(expected)); give tables of the same domains"
    case .exists(let path, let lines, let remedy):
      return "\(path): found a file with \(lines) lines, expected none, as nothing is overwritten; "
        + remedy
    case .notAppendable(let path, let form):
      return
        "\(path): found \(form), to which no rows can be added; keep the table as CSV or JSON lines, "
        + "or write the rows to another file"
    case .unmeasured(let path, let columns, let runs, let others):
      return
        "\(path): \(listed(columns)) \(columns.count == 1 ? "is" : "are") empty in all \(runs) rows "
        + "that have other losses; fill in the losses, or go on without: "
        + (others.isEmpty
          ? "name other columns with --losses" : "--losses '\(others.joined(separator: ","))'")
        + ", or choose held-out domains with --objective"
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

/// What all of several names begin with, or end with, and `*` for the rest.
private func pattern(_ names: [String]) -> String? {
  guard names.count > 1, let first = names.first else { return nil }
  var head = first[...]
  while !names.allSatisfy({ $0.hasPrefix(head) }) { head.removeLast() }
  if head.contains(where: { $0.isLetter }) { return head + "*" }
  var tail = first[...]
  while !names.allSatisfy({ $0.hasSuffix(tail) }) { tail.removeFirst() }
  return tail.contains { $0.isLetter } ? "*" + tail : nil
}

/// At most twelve names, and how many more there are.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(12).joined(separator: ", ")
  return names.count > 12 ? "\(shown) and \(names.count - 12) more" : shown
}
