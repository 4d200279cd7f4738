import Foundation
import Mixtures
import Numerics
import Spelling
import Storage

extension RunTable {
  /// What somebody says of the columns, where their headings do not.
  package struct Columns: Sendable, Hashable {
    /// Headings; a last `*` stands for anything.
    package var weights: [String]?
    package var losses: [String]?
    package var domains: [String]?

    package init(weights: [String]? = nil, losses: [String]? = nil, domains: [String]? = nil) {
      self.weights = weights
      self.losses = losses
      self.domains = domains
    }
  }

  /// Reads tables of the same domains as one.
  ///
  /// - Parameters:
  ///   - paths: files or folders of studies. A file of weights alone is joined with the next file of
  ///     losses alone, by what they call their runs.
  ///   - needsLosses: whether a table without any column of losses is an error.
  /// - Throws: ``RunTableError`` or `StorageError`.
  package init(
    at paths: [String], columns: Columns = Columns(), needsLosses: Bool = true
  ) throws {
    precondition(!paths.isEmpty, "expected a path")
    var parts = try paths.map { try TablePart(CellTable(at: $0), columns: columns) }
    try Self.pair(&parts)
    for index in parts.indices
    where parts[index].roles.losses.isEmpty && columns.losses == nil {
      parts[index].roles.takeUnnamedLosses(of: parts[index].table)
    }
    var whole: RunTable?
    for part in parts {
      if let name = columns.weights?.first, part.roles.weights.isEmpty {
        throw part.unknown(name)
      }
      if let name = columns.losses?.first, part.roles.losses.isEmpty, needsLosses {
        throw part.unknown(name)
      }
      guard !part.roles.weights.isEmpty else {
        throw RunTableError.noWeights(path: part.table.path, columns: part.table.columns)
      }
      guard !part.roles.losses.isEmpty || !needsLosses else {
        throw RunTableError.noLosses(path: part.table.path, columns: part.table.columns)
      }
      let read = try part.read()
      try whole?.append(read, path: part.table.path)
      if whole == nil { whole = read }
    }
    self = whole!
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
      parts[$0].roles.losses.isEmpty && !parts[$0].roles.weights.isEmpty
    }
    var withoutWeights = parts.indices.filter { parts[$0].roles.weights.isEmpty }
    guard !withoutLosses.isEmpty, !withoutWeights.isEmpty else { return }
    var joined: Set<Int> = []
    for index in withoutLosses {
      guard !withoutWeights.isEmpty else { break }
      let partner = withoutWeights.removeFirst()
      if parts[partner].roles.losses.isEmpty {
        parts[partner].roles.takeUnnamedLosses(of: parts[partner].table)
      }
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
    let place = domains.map { other.domains.firstIndex(of: $0)! }
    let added = other.heldOut.filter { !heldOut.contains($0) }
    for index in rows.indices { rows[index].losses += added.map { _ in nil } }
    heldOut += added
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
  }
}

/// A file, or two that belong together, with what its columns are.
struct TablePart {
  var table: CellTable
  var roles: ColumnRoles

  init(_ table: CellTable, columns: RunTable.Columns) throws(RunTableError) {
    self.table = table
    // Of two files that belong together one may have none of what was named.
    func present(_ wishes: [String]?) -> [String]? {
      guard let wishes else { return nil }
      let found = wishes.contains { wish in
        table.columns.contains {
          wish.hasSuffix("*") ? $0.hasPrefix(wish.dropLast()) : $0 == wish
        }
      }
      return found ? wishes : []
    }
    roles = try ColumnRoles(
      of: table,
      wishes: .init(
        weights: present(columns.weights), losses: present(columns.losses),
        domains: columns.domains))
  }

  func unknown(_ column: String) -> RunTableError {
    .unknownColumn(
      path: table.path, name: column, nearest: nearestName(to: column, in: table.columns),
      columns: table.columns)
  }

  /// The rows of both, matched by what they call their runs, or by their order where neither does.
  func joined(with other: TablePart) throws(RunTableError) -> TablePart {
    var result = self
    let width = table.columns.count
    result.table.columns += other.table.columns
    if let key = roles.run, let otherKey = other.roles.run {
      func folded(_ cell: String) -> String { CellReading.number(cell).map { "\($0)" } ?? cell }
      var places: [String: Int] = [:]
      for (index, row) in other.table.rows.enumerated() {
        guard places.updateValue(index, forKey: folded(row.cells[otherKey])) == nil else {
          throw .malformedLine(
            path: other.table.path, line: row.line,
            reason: "found the run '\(row.cells[otherKey])' twice, expected each once; remove one")
        }
      }
      for (index, row) in table.rows.enumerated() {
        guard let place = places.removeValue(forKey: folded(row.cells[key])) else {
          throw .noPartner(
            path: table.path, line: row.line, key: row.cells[key], partner: other.table.path)
        }
        result.table.rows[index].cells += other.table.rows[place].cells
      }
      if let left = places.values.min() {
        let row = other.table.rows[left]
        throw .noPartner(
          path: other.table.path, line: row.line, key: row.cells[otherKey], partner: table.path)
      }
    } else {
      guard table.rows.count == other.table.rows.count else {
        throw .malformedLine(
          path: other.table.path, line: other.table.rows.last?.line ?? 1,
          reason: "found \(other.table.rows.count) rows, expected \(table.rows.count) as in "
            + "\(table.path); give the two files of the same runs, or add a column 'run' to both")
      }
      for index in result.table.rows.indices {
        result.table.rows[index].cells += other.table.rows[index].cells
      }
    }
    result.roles = roles.joined(with: other.roles, shiftedBy: width)
    return result
  }

  // MARK: Rows

  func read() throws(RunTableError) -> RunTable {
    let names = roles.domainNames()
    let whole = wholeOfWeights()
    let decimals = table.rows.reduce(0) { most, row in
      roles.weights.reduce(most) { max($0, CellReading.decimals(row.cells[$1])) }
    }
    let fileSize = roles.size == nil ? Self.size(inNameOf: table.path) : nil
    var rows: [RunTable.Row] = []
    var notes = roles.notes
    let bare = table.rows.filter { row in
      roles.weights.allSatisfy { CellReading.isEmpty(row.cells[$0]) }
    }
    if let first = bare.first {
      notes.append(
        "\(table.path): left out \(bare.count == 1 ? "a row" : "\(bare.count) rows") without weights, "
          + "the first in line \(first.line)")
    }
    if whole == 100 { notes.append("weights are read as per cent") }
    for row in table.rows where !bare.contains(row) {
      let mixture = try mixture(row, domains: names.weights, whole: whole, decimals: decimals)
      let size = roles.size.map { row.cells[$0] } ?? fileSize ?? ""
      let (status, losses) = try outcome(row)
      rows.append(
        RunTable.Row(
          path: table.path, line: row.line,
          name: roles.run.map { row.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 }, run: 0,
          mixture: mixture, size: size,
          parameters: roles.parameters.flatMap {
            CellReading.count(row.cells[$0], unit: roles.unit($0))
          }
            ?? CellReading.count(size, unit: roles.size.map(roles.unit) ?? 1),
          step: try count(row, roles.step, "step"), tokens: try count(row, roles.tokens, "tokens"),
          operations: try count(row, roles.operations, "operations"), seed: try seed(row),
          status: status, losses: losses))
    }
    numberRuns(&rows)
    let aggregates = roles.losses.indices.filter(roles.isAggregate)
    let targets = names.losses.indices.filter { !aggregates.contains($0) }
    return RunTable(
      domains: names.weights, heldOut: names.losses,
      targets: (targets.isEmpty ? Array(names.losses.indices.prefix(1)) : targets).map {
        names.losses[$0]
      },
      rows: rows, notes: notes,
      layout: layout(whole: whole))
  }

  private func problem(_ row: CellTable.Row, _ reason: String) -> RunTableError {
    .malformedLine(path: table.path, line: row.line, reason: reason)
  }

  /// 100 where most rows sum to about that.
  private func wholeOfWeights() -> Double {
    let sums = table.rows.map { row in
      roles.weights.reduce(0) { $0 + (CellReading.number(row.cells[$1]) ?? 0) }
    }.sorted()
    return !sums.isEmpty && sums[sums.count / 2] > 50 ? 100 : 1
  }

  /// Sums are off by rounding only: half of the last decimal for each weight, 2 % at most. Anything
  /// else is a mistake that scaling would hide.
  private func mixture(
    _ row: CellTable.Row, domains: [String], whole: Double, decimals: Int
  ) throws(RunTableError) -> Mixture {
    var weights: [Double] = []
    for column in roles.weights {
      let cell = row.cells[column]
      guard let weight = CellReading.isEmpty(cell) ? 0 : CellReading.number(cell), weight >= 0
      else {
        throw problem(
          row,
          "found the weight '\(cell)' in the column '\(table.columns[column])', expected a "
            + "number from 0 to \(Int(whole)); correct it")
      }
      weights.append(weight / whole)
    }
    let sum = weights.reduce(0, +)
    let rounding = 0.5 * Double(weights.count) * pow(10, -Double(decimals)) / whole
    guard abs(sum - 1) <= min(max(rounding, 1e-3), 0.02) + 1e-9 else {
      throw problem(
        row,
        "the weights \(table.columns[roles.weights[0]]) to "
          + "\(table.columns[roles.weights.last!]) sum to \(Self.short(sum * whole)), expected "
          + "\(Int(whole)); correct the row, or name the columns of weights with --weights")
    }
    return Mixture(domains: domains, proportionalTo: weights)
  }

  private static func short(_ value: Double) -> String {
    let scaled = (value * 1e4).rounded() / 1e4
    return scaled == scaled.rounded() && abs(scaled) < 1e9 ? String(Int(scaled)) : "\(scaled)"
  }

  private func outcome(
    _ row: CellTable.Row
  ) throws(RunTableError) -> (RunTable.Status, [Double?]) {
    var losses: [Double?] = []
    var diverged = false
    for column in roles.losses {
      let cell = row.cells[column]
      if CellReading.isDivergence(cell) {
        diverged = true
        losses.append(nil)
      } else if CellReading.isEmpty(cell) {
        losses.append(nil)
      } else if let loss = CellReading.number(cell) {
        guard !roles.perplexities.contains(column) || loss > 0 else {
          throw problem(row, "found the perplexity \(cell), expected a positive number; correct it")
        }
        losses.append(roles.perplexities.contains(column) ? log(loss) : loss)
      } else {
        throw problem(
          row,
          "found the loss '\(cell)' in the column '\(table.columns[column])', expected a "
            + "number, nothing (still to come) or 'nan' (diverged); correct it")
      }
    }
    let none = roles.losses.map { _ in Double?.none }
    let word = roles.status.flatMap {
      CellReading.status(row.cells[$0], heading: table.columns[$0])
    }
    if diverged || word == .diverged { return (.diverged, none) }
    if word == .pending || losses.allSatisfy({ $0 == nil }) { return (.pending, none) }
    return (.finished, losses)
  }

  private func count(
    _ row: CellTable.Row, _ column: Int?, _ what: String
  ) throws(RunTableError) -> Double? {
    guard let column, !CellReading.isEmpty(row.cells[column]) else { return nil }
    guard let value = CellReading.count(row.cells[column], unit: roles.unit(column)) else {
      throw problem(
        row,
        "found '\(row.cells[column])' in the column '\(table.columns[column])', expected a "
          + "number of \(what) such as 20000 or 2.1B; correct it")
    }
    return value
  }

  private func seed(_ row: CellTable.Row) throws(RunTableError) -> UInt64? {
    guard let column = roles.seed, !CellReading.isEmpty(row.cells[column]) else { return nil }
    guard let value = CellReading.number(row.cells[column]), value >= 0, value < 1e18,
      value == value.rounded()
    else {
      throw problem(
        row, "found the seed '\(row.cells[column])', expected a whole number; correct it")
    }
    return UInt64(value)
  }

  /// Rows of one run differ in their step or tokens; what the table calls the run is the same in all
  /// of them, and so are mixture, size and seed.
  private func numberRuns(_ rows: inout [RunTable.Row]) {
    var known: [[String]: Int] = [:]
    var count = 0
    for index in rows.indices {
      let row = rows[index]
      guard row.step != nil || row.tokens != nil else {
        rows[index].run = count
        count += 1
        continue
      }
      let key =
        [row.name ?? "", row.size, row.seed.map(String.init) ?? ""]
        + row.mixture.weights.map { String($0.bitPattern, radix: 16) }
      let run = known[key] ?? count
      if run == count {
        known[key] = count
        count += 1
      }
      rows[index].run = run
    }
  }

  /// A size that the file's name tells: `test_mixture_60m.csv`.
  private static func size(inNameOf path: String) -> String? {
    let name = ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    return name.split { !$0.isLetter && !$0.isNumber && $0 != "." }.map(String.init).last { word in
      word.first!.isNumber && "kKmMbB".contains(word.last!)
        && CellReading.count(word, unit: 1) != nil
    }
  }

  private func layout(whole: Double) -> TableLayout {
    TableLayout(
      headings: table.columns,
      columns: table.columns.indices.map { index in
        if let weight = roles.weights.firstIndex(of: index) { return .weight(weight) }
        if let loss = roles.losses.firstIndex(of: index) { return .loss(loss) }
        if index == roles.run { return .run }
        let isMeta = [
          roles.size, roles.parameters, roles.step, roles.tokens, roles.operations, roles.seed,
        ]
        .contains(index)
        if isMeta, let text = table.rows.first?.cells[index],
          table.rows.allSatisfy({ $0.cells[index] == text })
        {
          return .constant(text)
        }
        return .other
      }, whole: whole)
  }
}
