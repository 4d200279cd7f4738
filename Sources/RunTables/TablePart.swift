import Foundation
import Mixtures
import Spelling

/// A file, or two that belong together, with what its columns are.
struct TablePart {
  var table: CellTable
  var roles: ColumnRoles
  /// Of the second file, where there are two.
  var joinedAt: (column: Int, path: String, form: String, rows: Int)?

  init(_ table: CellTable, columns: RunTable.Columns) throws(RunTableError) {
    var table = table
    try table.leaveOutSummaries()
    self.table = table
    // Of two files that belong together one may have none of what was named.
    func present(_ wishes: [String]?) -> [String]? {
      guard let wishes else { return nil }
      let found = wishes.contains { wish in
        table.columns.contains { ColumnRoles.matches($0, wish) }
      }
      return found ? wishes : []
    }
    roles = try ColumnRoles(
      of: table,
      wishes: .init(
        weights: present(columns.weights), losses: present(columns.losses),
        maximize: present(columns.maximize), domains: columns.domains))
  }

  func unknown(_ column: String) -> RunTableError {
    .unknownColumn(
      path: table.path, name: column, nearest: nearestName(to: column, in: table.columns),
      columns: table.columns)
  }

  /// Columns that may be what is sought, if somebody says which way.
  var scores: [String] {
    let sample = TableSample(table)
    func candidates(_ isOne: (ColumnName) -> Bool) -> [String] {
      roles.names.indices.filter { index in
        roles.uses[index].use == "not used" && sample.isNumeric(index) && isOne(roles.names[index])
          && !sample.isNumbering(index)
      }.map { table.columns[$0] }
    }
    if !roles.belowZero.isEmpty { return roles.belowZero.sorted().map { table.columns[$0] } }
    let named = candidates { $0.isScore && !$0.isSpread }
    guard !named.isEmpty else { return candidates { $0.use == .unknown } }
    // `mmlu` beside `arc_acc`: a share that varies is another.
    let shares = candidates { name in
      guard name.use == .unknown, let place = roles.names.firstIndex(of: name) else { return false }
      let values = sample.numbers(place)
      return Set(values).count > 1 && values.allSatisfy { 0...1 ~= $0 }
    }
    return named + shares
  }

  /// Of the second of two files that belong together, what is called like nothing else: losses if the
  /// file is called so.
  mutating func takeUnnamedLosses() {
    let name = (table.path as NSString).lastPathComponent.lowercased()
    guard ColumnName(name).words.contains(where: { HeadingWords.losses[$0.text] != nil }) else {
      return
    }
    let sample = TableSample(table)
    let found = roles.names.indices.filter { index in
      roles.uses[index].use == "not used" && roles.names[index].use == .unknown
        && sample.isNumeric(index)
    }
    for index in found {
      roles.measures.append(.init(column: index, name: table.columns[index]))
      roles.tell(index, "loss", "the file is called so", "--losses names others")
    }
    roles.nameMeasures()
  }

  /// The rows of both, matched by what they call their runs, or by their order where neither does.
  func joined(with other: TablePart) throws(RunTableError) -> TablePart {
    var result = self
    let width = table.columns.count
    result.table.columns += other.table.columns
    result.table.dialect.form = .closed
    if let key = roles.run, let otherKey = other.roles.run {
      func folded(_ cell: String) -> String {
        table.reading.number(cell).map { "\($0)" } ?? cell
      }
      var places: [String: Int] = [:]
      for (index, row) in other.table.rows.enumerated() {
        guard places.updateValue(index, forKey: folded(row.cells[otherKey])) == nil else {
          throw .malformedLine(
            path: other.table.path, line: row.line,
            reason: "found the run '\(row.cells[otherKey])' twice, expected each once; remove one")
        }
      }
      var open: [String] = []
      let found = places.count
      for (index, row) in table.rows.enumerated() {
        guard let place = places.removeValue(forKey: folded(row.cells[key])) else {
          // Without losses yet; where most are, the files are not of the same runs.
          open.append(row.cells[key])
          guard open.count * 2 <= table.rows.count, open.count < found else {
            throw .noPartner(
              path: table.path, line: row.line, key: row.cells[key], partner: other.table.path)
          }
          result.table.rows[index].cells += other.table.columns.map { _ in "" }
          continue
        }
        result.table.rows[index].cells += other.table.rows[place].cells
      }
      if let first = open.first {
        result.table.notes.append(
          "\(other.table.path): has no row for '\(first)'"
            + (open.count > 1 ? " and \(open.count - 1) more" : "") + ", taken as under way")
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
    result.table.notes += other.table.notes
    result.roles = roles.joined(with: other.roles, shiftedBy: width)
    result.joinedAt = (
      width, other.table.path, other.table.dialect.words, other.table.rows.count
    )
    return result
  }

  // MARK: Rows

  func read() throws(RunTableError) -> RunTable {
    let (whole, areAmounts) = wholeOfWeights()
    let decimals = table.rows.prefix(10_000).reduce(0) { most, row in
      roles.weights.reduce(most) { max($0, table.reading.decimals(row.cells[$1])) }
    }
    let fileSize = roles.size == nil ? Self.size(inNameOf: table.path) : nil
    var rows: [RunTable.Row] = []
    rows.reserveCapacity(table.rows.count)
    var notes = table.notes + roles.notes
    var bare: [CellTable.Row] = []
    var states = StateNotes()
    if whole == 100 { notes.append("weights are read as per cent") }
    let cut = areAmounts ? nil : cutShares(whole: whole, decimals: decimals)
    if let cut { notes.append(cut.words(whole: whole)) }
    if areAmounts {
      notes.append("weights are amounts: each row's shares of its sum are taken")
    }
    for row in table.rows {
      if roles.weights.allSatisfy({ CellReading.isEmpty(row.cells[$0]) }) {
        bare.append(row)
        continue
      }
      let mixture = try mixture(
        row, whole: whole, areAmounts: areAmounts || cut != nil, decimals: decimals)
      let (size, parameters) = size(row, fileSize)
      let (status, losses) = try outcome(row, &states)
      var read = RunTable.Row(
        path: table.path, line: row.line,
        name: roles.run.map { row.cells[$0] }.flatMap { $0.isEmpty ? nil : $0 }, run: 0,
        mixture: mixture, size: size, parameters: parameters,
        step: try count(row, roles.step, "steps"), tokens: try count(row, roles.tokens, "tokens"),
        operations: try count(row, roles.operations, "operations"), seed: try seed(row),
        status: status, losses: losses)
      read.digits = roles.losses.reduce(0) { max($0, table.reading.decimals(row.cells[$1])) }
      rows.append(read)
    }
    if let first = bare.first {
      notes.append(
        "\(table.path): left out \(bare.count == 1 ? "a row" : "\(bare.count) rows") without weights, "
          + "the first in line \(first.line)")
    }
    notes += states.words(table.path)
    notes += takeBelowZero(&rows)
    notes += takeOutOfBounds(&rows)
    numberRuns(&rows)
    let names = roles.measures.map(\.name)
    let asked = roles.measures.indices.filter {
      !roles.measures[$0].isAggregate && roles.measures[$0].isTarget
    }
    var result = RunTable(
      domains: roles.domains, heldOut: names, measures: roles.measures.map(measure),
      targets: (asked.isEmpty ? Array(names.indices.prefix(1)) : asked).map { names[$0] },
      rows: rows, notes: notes, layout: layout(whole: whole))
    result.readings = readings
    return result
  }

  private func measure(_ measured: ColumnRoles.Measured) -> RunTable.Measure {
    .init(
      heading: table.columns[measured.column],
      unit: measured.isScore
        ? .score(bound: measured.bound) : measured.kind == .bits ? .bits : .nats)
  }

  private var readings: [RunTable.FileReading] {
    guard let joinedAt else {
      return [
        .init(
          path: table.path, form: table.dialect.words, rows: table.rows.count, columns: roles.uses)
      ]
    }
    return [
      .init(
        path: table.path, form: table.dialect.words, rows: table.rows.count,
        columns: Array(roles.uses[..<joinedAt.column])),
      .init(
        path: joinedAt.path, form: joinedAt.form, rows: joinedAt.rows,
        columns: Array(roles.uses[joinedAt.column...])),
    ]
  }

  func problem(_ row: CellTable.Row, _ reason: String) -> RunTableError {
    .malformedLine(path: table.path, line: row.line, reason: reason)
  }

  /// 100 where most rows sum to about that, and their sum where they are amounts, such as tokens, or parts
  /// of the same sum in every row, such as 7 : 2 : 1.
  private func wholeOfWeights() -> (whole: Double, areAmounts: Bool) {
    let sums = table.rows.filter { row in
      !roles.weights.allSatisfy { CellReading.isEmpty(row.cells[$0]) }
    }.map { row in
      roles.weights.reduce(0) { $0 + (table.reading.amount(row.cells[$1]) ?? 0) }
    }.sorted()
    guard let median = sums.isEmpty ? nil : sums[sums.count / 2] else { return (1, false) }
    let isSteady =
      sums.count > 3 && 1.5...50 ~= median && sums.allSatisfy { abs($0 / median - 1) <= 0.02 }
    if roles.areAmounts ? sums[0] > 0 : isSteady,
      TableSample(table).areNumbers(roles.weights), median < 1e14
    {
      return (max(median.rounded(), 1), true)
    }
    let areCounts =
      median > 150 && median < 1e14 && sums[0] > 1
      && TableSample(table).areNumbers(roles.weights)
    return areCounts ? (median.rounded(), true) : (median > 50 ? 100 : 1, false)
  }

  /// Sums are off by rounding only: half of the last decimal for each weight, 2 % at most. Anything
  /// else is a mistake that scaling would hide.
  private func mixture(
    _ row: CellTable.Row, whole: Double, areAmounts: Bool, decimals: Int
  ) throws(RunTableError) -> Mixture {
    var weights: [Double] = []
    weights.reserveCapacity(roles.weights.count)
    for column in roles.weights {
      let cell = row.cells[column]
      guard let weight = CellReading.isEmpty(cell) ? 0 : table.reading.amount(cell),
        weight >= -1e-6 * whole
      else {
        throw problem(
          row,
          "found the weight '\(cell)' in the column '\(table.columns[column])', expected a "
            + "number from 0 to \(Int(whole))\(markHint(cell)); correct it")
      }
      // What solvers leave a little below zero is zero.
      weights.append(max(weight / whole, 0))
    }
    if areAmounts { return Mixture(domains: roles.domains, proportionalTo: weights) }
    let sum = weights.reduce(0, +)
    guard abs(sum - 1) <= tolerance(whole: whole, decimals: decimals) else {
      throw problem(
        row,
        "the weights \(table.columns[roles.weights[0]]) to "
          + "\(table.columns[roles.weights.last!]) sum to \(Self.short(sum * whole)), expected "
          + "\(Int(whole)); correct the row, name the columns of weights with --weights, or divide them by "
          + "their sum if shares of it are meant")
    }
    return Mixture(domains: roles.domains, proportionalTo: weights)
  }

  func tolerance(whole: Double, decimals: Int) -> Double {
    let rounding = 0.5 * Double(roles.weights.count) * pow(10, -Double(decimals)) / whole
    return min(max(rounding, 1e-3), 0.02) + 1e-9
  }

  /// Where the decimal mark is another one than the table's.
  func markHint(_ cell: String) -> String {
    var other = table.reading
    other.hasDecimalCommas.toggle()
    guard other.number(cell) != nil else { return "" }
    return other.hasDecimalCommas
      ? " with a decimal point, as most of the table has it"
      : " with a decimal comma, as most of the table has it"
  }

  private static func short(_ value: Double) -> String {
    let scaled = (value * 1e4).rounded() / 1e4
    return scaled == scaled.rounded() && abs(scaled) < 1e9 ? String(Int(scaled)) : "\(scaled)"
  }

  /// The size as people write it: `410M` where the heading tells the unit.
  private func size(
    _ row: CellTable.Row, _ fileSize: String?
  ) -> (text: String, parameters: Double?) {
    let told = roles.parameters.flatMap {
      table.reading.count(row.cells[$0], unit: roles.unit($0))
    }
    guard let column = roles.size else {
      let text = fileSize ?? ""
      return (text, told ?? CellReading.count(text, unit: 1))
    }
    let cell = row.cells[column]
    let unit = roles.unit(column)
    let parameters = table.reading.count(cell, unit: unit)
    let isNumber = table.reading.number(cell) != nil
    let text = unit != 1 && isNumber ? parameters.map(Self.sizeText) ?? cell : cell
    return (text, told ?? parameters)
  }

  private static func sizeText(_ parameters: Double) -> String {
    for (suffix, factor) in [("B", 1e9), ("M", 1e6), ("k", 1e3)] where parameters >= factor {
      return short(parameters / factor) + suffix
    }
    return short(parameters)
  }

  private func count(
    _ row: CellTable.Row, _ column: Int?, _ what: String
  ) throws(RunTableError) -> Double? {
    guard let column, !CellReading.isEmpty(row.cells[column]) else { return nil }
    guard let value = table.reading.place(row.cells[column], unit: roles.unit(column)),
      0...1e30 ~= value
    else {
      throw problem(
        row,
        "found '\(row.cells[column])' in the column '\(table.columns[column])', expected a "
          + "number of \(what) such as 20000 or 2.1B, from 0 to 1e30; correct it, or leave it empty"
      )
    }
    return value
  }

  private func seed(_ row: CellTable.Row) throws(RunTableError) -> UInt64? {
    guard let column = roles.seed, !CellReading.isEmpty(row.cells[column]) else { return nil }
    guard let value = table.reading.number(row.cells[column]), abs(value) < 1e18,
      value == value.rounded()
    else {
      throw problem(
        row, "found the seed '\(row.cells[column])', expected a whole number; correct it")
    }
    // Seeds are only told apart: those below zero are above all others.
    return value < 0 ? 1 << 60 + UInt64(-value) : UInt64(value)
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
    var layout = TableLayout(
      headings: table.columns,
      columns: table.columns.indices.map { index in
        if let weight = roles.weights.firstIndex(of: index) { return .weight(weight) }
        if let loss = roles.losses.firstIndex(of: index) { return .loss(loss) }
        if index == roles.run { return .run }
        if roles.names[index].fixedUse == .run { return .counter }
        if index == roles.size { return .size }
        if index == roles.step { return .step }
        if index == roles.tokens { return .tokens }
        let isMeta = [roles.parameters, roles.operations, roles.seed].contains(index)
        if isMeta, let text = table.rows.first?.cells[index],
          table.rows.allSatisfy({ $0.cells[index] == text })
        {
          return .constant(text)
        }
        return .other
      }, whole: whole)
    layout.dialect = table.dialect
    layout.packs = joinedAt == nil ? table.packs.filter { $0.style != .nested } : []
    layout.dialect.hasPercentSigns =
      whole == 100
      && table.rows.prefix(100).contains { row in
        roles.weights.contains { row.cells[$0].hasSuffix("%") }
      }
    // What new rows have in these columns is what the rows have that they join.
    for (index, column) in layout.columns.enumerated() {
      switch column {
      case .size, .step, .tokens, .counter:
        layout.samples[index] = table.rows.map { $0.cells[index] }
      default: break
      }
    }
    return layout
  }
}
