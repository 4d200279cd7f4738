import Mixtures
import Storage

/// A table's columns and what they are for, so that rows can be written as they were read.
package struct TableLayout: Sendable, Hashable {
  package enum Column: Sendable, Hashable {
    case run
    /// A number beside the run's name that goes up by one.
    case counter
    /// Of one of the domains.
    case weight(Int)
    /// Of one of the held-out domains.
    case loss(Int)
    case size, step, tokens
    /// The same in every row, and so in new ones.
    case constant(String)
    /// Left empty.
    case other
  }

  /// What new rows are to be trained at, where the table has columns for it.
  package struct Request: Sendable, Hashable {
    package var size: String?
    package var step: Double?
    package var tokens: Double?

    package init(size: String? = nil, step: Double? = nil, tokens: Double? = nil) {
      self.size = size
      self.step = step
      self.tokens = tokens
    }
  }

  package var headings: [String]
  package var columns: [Column]
  /// 100 where weights are per cent.
  package var whole: Double
  package var dialect = TableDialect()
  package var request = Request()
  /// What stands in columns of sizes, steps, tokens and counters, row by row.
  var samples: [Int: [String]] = [:]
  /// Columns that are one in the file.
  var packs: [PackedColumn] = []

  package init(headings: [String], columns: [Column], whole: Double = 1) {
    precondition(headings.count == columns.count)
    self.headings = headings
    self.columns = columns
    self.whole = whole
  }

  /// For runs of which there is no table yet: `run,weight_books,…,loss_books,…`.
  ///
  /// - Parameter request: what has a column of its own where it is given.
  package init(domains: [String], heldOut: [String], request: Request = Request()) {
    var (headings, columns) = (["run"], [Column.run])
    for (heading, column, isGiven) in [
      ("size", Column.size, request.size != nil), ("step", .step, request.step != nil),
      ("tokens", .tokens, request.tokens != nil),
    ] where isGiven {
      headings.append(heading)
      columns.append(column)
    }
    self.init(
      headings: headings + domains.map { "weight_\($0)" } + heldOut.map { "loss_\($0)" },
      columns: columns + domains.indices.map(Column.weight) + heldOut.indices.map(Column.loss))
    self.request = request
  }

  /// A name that a table of one's own cannot hold, as its column would be taken for something else; with
  /// the reason.
  package static func unreadable(domains: [String], heldOut: [String]) -> (
    name: String, why: String
  )? {
    for name in domains + heldOut {
      if name.isEmpty || name != name.trimmed {
        return (name, "it is empty or has spaces at its ends")
      }
      if name.contains(where: \.isNewline) { return (name, "it has a line end in it") }
    }
    for name in heldOut where !domains.contains(name) {
      let heading = ColumnName("loss_\(name)")
      if heading.isSpread { return (name, "a column of that name says how far losses are known") }
      if heldOut.count > 1, ColumnName.isAggregate(name) {
        return (name, "a column of that name is a mean of others")
      }
      if let measured = heading.measured?.lowercased(),
        heldOut.contains(where: { "loss_\($0)".lowercased() == measured })
      {
        return (name, "a column of that name belongs to another")
      }
    }
    return nil
  }

  /// A row for a run that is still to be made: its losses are empty.
  ///
  /// - Parameter index: how many rows are written before it at once.
  package func cells(name: String, mixture: Mixture, index: Int = 0) -> [String] {
    let weights = Self.written(mixture.weights, whole: whole).map {
      dialect.number($0) + (dialect.hasPercentSigns ? "%" : "")
    }
    return columns.enumerated().map { place, column in
      switch column {
      case .run: return name
      case .counter: return counter(place, index)
      case .weight(let index): return weights[index]
      case .size: return size(place)
      case .step: return number(place, request.step)
      case .tokens: return number(place, request.tokens)
      case .constant(let text): return text
      case .loss, .other: return ""
      }
    }
  }

  private func counter(_ place: Int, _ index: Int) -> String {
    let known = (samples[place] ?? []).filter { !$0.isEmpty }
    let numbers = known.compactMap { Int($0) }
    guard numbers.count == known.count, let most = numbers.max(), most < 1 << 53 else { return "" }
    return String(most + 1 + index)
  }

  /// What all rows have, or the row's own text for what was asked for.
  private func size(_ place: Int) -> String {
    let known = Self.distinct(samples[place] ?? [])
    guard let asked = request.size else { return known.count == 1 ? known[0] : "" }
    let unit = ColumnName(headings[place]).unit
    let wanted = CellReading.count(asked, unit: 1)
    let reading = CellReading(hasDecimalCommas: dialect.decimalMark == ",")
    let same = known.first { cell in
      cell.lowercased() == asked.lowercased()
        || (wanted != nil && reading.count(cell, unit: unit) == wanted)
    }
    if let same { return same }
    guard unit != 1, let wanted else { return asked }
    return dialect.number(shortest(wanted / unit))
  }

  private func number(_ place: Int, _ asked: Double?) -> String {
    let known = Self.distinct(samples[place] ?? [])
    guard let asked else { return known.count == 1 ? known[0] : "" }
    let unit = ColumnName(headings[place]).unit
    let reading = CellReading(hasDecimalCommas: dialect.decimalMark == ",")
    return known.first { reading.count($0, unit: unit) == asked }
      ?? dialect.number(shortest(asked / unit))
  }

  private static func distinct(_ cells: [String]) -> [String] {
    var seen: Set<String> = []
    return cells.filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  /// A row as the table's lines are, with its end.
  package func line(_ cells: [String]) -> String {
    let written = written(zip(headings, zip(columns, cells)).map { ($0, $1.0, $1.1) })
    guard dialect.form == .lines else { return dialect.line(written.map(\.cell)) }
    let members = written.map { "\(quotedJSON($0.heading)): \(Self.value($0.cell, $0.column))" }
    return "{" + members.joined(separator: ", ") + "}\n"
  }

  /// The line of headings; nothing where there is none.
  package var header: String {
    let written = written(zip(headings, columns).map { ($0, $1, "") })
    return dialect.form == .lines ? "" : dialect.line(written.map(\.heading))
  }

  /// As the file has its columns.
  private func written(
    _ entries: [(heading: String, column: Column, cell: String)]
  ) -> [(heading: String, column: Column, cell: String)] {
    guard !packs.isEmpty else { return entries }
    var result: [(heading: String, column: Column, cell: String)] = []
    var index = 0
    while index < entries.count {
      if let pack = packs.first(where: { $0.first == index }) {
        let parts = entries[index..<index + pack.names.count]
        result.append((pack.heading, .other, pack.packed(parts.map(\.cell))))
        index += pack.names.count
      } else {
        result.append(entries[index])
        index += 1
      }
    }
    return result
  }

  private static func value(_ cell: String, _ column: Column) -> String {
    if cell.isEmpty { return "null" }
    switch column {
    case .weight, .counter, .size, .step, .tokens, .loss:
      return Double(cell) == nil ? quotedJSON(cell) : cell
    case .run: return Int(cell).map(String.init) == cell ? cell : quotedJSON(cell)
    default: return quotedJSON(cell)
    }
  }

  /// Four decimals of a share, rounded so that they sum to the whole (largest remainders).
  package static func written(_ weights: [Double], whole: Double = 1) -> [String] {
    Mixture.tenThousandths(of: weights).map { units in
      // In integers, so that no digit is an accident of binary fractions.
      let scaled = units * Int(whole.rounded())
      // Nobody counts parts of a token.
      if whole > 100 { return "\((scaled + 5000) / 10_000)" }
      let digits = String(scaled % 10_000)
      let fraction = String(repeating: "0", count: 4 - digits.count) + digits
      let kept = fraction.reversed().drop { $0 == "0" }.reversed()
      return "\(scaled / 10_000)" + (kept.isEmpty ? "" : "." + String(kept))
    }
  }

  /// The mixture as its row will be read back.
  package static func rounded(_ mixture: Mixture) -> Mixture { mixture.inTenThousandths }

  /// One line of plain CSV, without its end.
  package static func line(_ cells: [String]) -> String {
    String(TableDialect().line(cells).dropLast())
  }
}
