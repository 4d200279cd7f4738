import Foundation
import Mixtures
import Numerics
import Spelling
import Storage

extension RunTable {
  /// What somebody says of the columns, where their headings do not.
  package struct Columns: Sendable, Hashable {
    /// Headings; `*` stands for anything.
    package var weights: [String]?
    package var losses: [String]?
    /// Columns of which higher is better.
    package var maximize: [String]?
    package var domains: [String]?

    package init(
      weights: [String]? = nil, losses: [String]? = nil, maximize: [String]? = nil,
      domains: [String]? = nil
    ) {
      self.weights = weights
      self.losses = losses
      self.maximize = maximize
      self.domains = domains
    }
  }

  /// Reads tables of the same domains as one.
  ///
  /// - Parameters:
  ///   - paths: files or folders of studies, `-` for standard input. A file of weights alone is joined with
  ///     the next file of losses alone, by what they call their runs.
  ///   - needsLosses: whether a table without any column of losses is an error.
  /// - Throws: ``RunTableError`` or `StorageError`.
  package init(
    at paths: [String], columns: Columns = Columns(), needsLosses: Bool = true
  ) throws {
    try self.init(
      try paths.map { try CellTable(at: $0) }, paths: paths, columns: columns,
      needsLosses: needsLosses)
  }

  /// The same from bytes that are at hand.
  package init(
    _ bytes: [UInt8], path: String, columns: Columns = Columns(), needsLosses: Bool = true
  ) throws {
    try self.init(
      [try CellTable(bytes, path: path)], paths: [path], columns: columns, needsLosses: needsLosses)
  }

  init(
    _ tables: [CellTable], paths: [String], columns: Columns, needsLosses: Bool
  ) throws {
    precondition(!tables.isEmpty, "expected a table")
    var parts = try tables.map { try TablePart($0, columns: columns) }
    try Self.pair(&parts)
    var whole: RunTable?
    for part in parts {
      if let name = columns.weights?.first, part.roles.weights.isEmpty {
        throw part.unknown(name)
      }
      if let name = columns.losses?.first ?? columns.maximize?.first, part.roles.measures.isEmpty,
        needsLosses
      {
        throw part.unknown(name)
      }
      guard !part.roles.weights.isEmpty else {
        throw RunTableError.noWeights(path: part.table.path, columns: part.table.columns)
      }
      guard !part.roles.measures.isEmpty || !needsLosses else {
        throw RunTableError.noLosses(
          path: part.table.path, columns: part.table.columns, scores: part.scores)
      }
      let read = try part.read()
      try whole?.append(read, path: part.table.path)
      if whole == nil { whole = read }
    }
    self = whole!
    mergeRepeated()
    // A study says itself what counts in it.
    if paths.count == 1, isFolder(paths[0]),
      let study = try? readFile(at: paths[0] + "/study.json"),
      case .array(let names)? = try? JSONValue.parse([UInt8](study))["objective"]?["targets"]
    {
      let asked = heldOut.filter { names.contains(.string($0)) }
      if asked.count == names.count { targets = asked }
    }
  }

  /// Joins files of weights alone with files of losses alone, in their order.
  private static func pair(_ parts: inout [TablePart]) throws(RunTableError) {
    let withoutLosses = parts.indices.filter {
      parts[$0].roles.measures.isEmpty && !parts[$0].roles.weights.isEmpty
    }
    var withoutWeights = parts.indices.filter { parts[$0].roles.weights.isEmpty }
    guard !withoutLosses.isEmpty, !withoutWeights.isEmpty else { return }
    var joined: Set<Int> = []
    for index in withoutLosses {
      guard !withoutWeights.isEmpty else { break }
      let partner = withoutWeights.removeFirst()
      if parts[partner].roles.measures.isEmpty { parts[partner].takeUnnamedLosses() }
      parts[index] = try parts[index].joined(with: parts[partner])
      joined.insert(partner)
    }
    parts = parts.indices.filter { !joined.contains($0) }.map { parts[$0] }
  }

  /// More rows of the same domains; held-out domains that one side lacks were not measured there.
  private mutating func append(_ other: RunTable, path: String) throws(RunTableError) {
    guard Set(domains) == Set(other.domains) else {
      throw .domainsDiffer(
        path: path, found: other.domains, expectedAsIn: rows.first?.path ?? "the first table",
        expected: domains)
    }
    for (name, measure) in zip(other.heldOut, other.measures) {
      if let own = self.measure(of: name), own.unit != measure.unit {
        throw .unitsDiffer(path: path, name: name, heading: measure.heading, other: own.heading)
      }
    }
    let place = domains.map { other.domains.firstIndex(of: $0)! }
    let added = other.heldOut.indices.filter { !heldOut.contains(other.heldOut[$0]) }
    for index in rows.indices { rows[index].losses += added.map { _ in nil } }
    heldOut += added.map { other.heldOut[$0] }
    measures += added.map { other.measures[$0] }
    targets += other.targets.filter { !targets.contains($0) }
    let columns = heldOut.map { other.heldOut.firstIndex(of: $0) }
    let runs = (rows.map(\.run).max() ?? -1) + 1
    for row in other.rows {
      var row = row
      row.run += runs
      row.mixture = Mixture(
        domains: domains, proportionalTo: place.map { row.mixture.weights[$0] })
      row.losses = columns.map { $0.flatMap { row.losses[$0] } }
      rows.append(row)
    }
    notes += other.notes.filter { !notes.contains($0) }
    readings += other.readings
  }

  // MARK: Rows that are there twice

  /// A row that repeats another is the same run; a run that is pending in one row and has ended in another
  /// has ended.
  private mutating func mergeRepeated() {
    var kept: [Row] = []
    var known: [[String]: Int] = [:]
    var asked: [[String]: Int] = [:]
    var (same, ended) = (0, 0)
    var first: (line: Int, of: Int)?
    var gone: Set<Int> = []
    for row in rows {
      let place =
        row.mixture.weights.map { String($0.bitPattern, radix: 36) }
        + [row.size, row.step.map { "\($0)" } ?? "", row.tokens.map { "\($0)" } ?? ""]
      let named = [row.name ?? ""] + place
      let isMeasured = row.losses.contains { $0 != nil }
      // Losses to three digits after the point or more are not equal by accident.
      if isMeasured, row.digits >= 3 || row.name != nil {
        let key =
          place + [row.seed.map { "\($0)" } ?? "", row.digits >= 3 ? "" : row.name ?? ""]
          + row.losses.map { $0.map { String($0.bitPattern, radix: 36) } ?? "" }
        if let other = known[key] {
          same += 1
          if first == nil { first = (row.line, kept[other].line) }
          continue
        }
        known[key] = kept.count
      }
      if row.name != nil {
        if let other = asked[named] {
          if row.status == .pending {
            // Asked for twice, or measured already.
            ended += 1
            continue
          }
          if kept[other].status == .pending {
            gone.insert(other)
            ended += 1
          }
        }
        asked[named] = kept.count
      }
      kept.append(row)
    }
    rows = kept.indices.filter { !gone.contains($0) }.map { kept[$0] }
    if let first {
      notes.append(
        "\(same == 1 ? "a row is" : "\(same) rows are") there twice and count\(same == 1 ? "s" : "") "
          + "once, the first in line \(first.line), the same as line \(first.of)")
    }
    if ended > 0 {
      notes.append(
        "\(ended == 1 ? "a run that is" : "\(ended) runs that are") pending in one row and there again "
          + "in another count\(ended == 1 ? "s" : "") once")
    }
  }
}
