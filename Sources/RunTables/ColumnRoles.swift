import Numerics
import Spelling

/// Which column of a table is what, and why.
struct ColumnRoles {
  /// Columns that somebody named; a last `*` stands for anything.
  struct Wishes: Equatable {
    var weights: [String]?
    var losses: [String]?
    /// Columns of which higher is better.
    var maximize: [String]?
    /// The domains to be trained on, where they are known.
    var domains: [String]?
  }

  /// A column of losses, or of what is to rise.
  struct Measured: Equatable {
    var column: Int
    var name: String
    var kind = ColumnName.LossKind.nats
    var isTraining = false
    /// Over several domains.
    var isAggregate = false
    var isScore = false
    /// Named with `--losses`: whatever it is, lower is better.
    var isNamed = false
    /// Whether it is sought by itself, and not only there to be guarded.
    var isTarget = true
    /// What a score cannot exceed: 1, or 100; nil where it can be anything.
    var bound: Double?
  }

  /// Indices into the table's columns.
  var weights: [Int] = []
  var domains: [String] = []
  var measures: [Measured] = []
  var run: Int?
  var size: Int?
  /// Where the size is a name, the number of parameters that another column tells.
  var parameters: Int?
  var step: Int?
  var tokens: Int?
  var operations: Int?
  var seed: Int?
  var statuses: [Int] = []
  /// What was decided that a reader may want to know.
  var notes: [String] = []
  /// Weights that are called amounts of text, such as tokens: their sum is anything.
  var areAmounts = false
  /// Called losses, but below zero in every row.
  var belowZero: Set<Int> = []
  /// For each column what it was taken for.
  var uses: [RunTable.ColumnUse] = []

  var names: [ColumnName]

  var losses: [Int] { measures.map(\.column) }

  init(of table: CellTable, wishes: Wishes) throws(RunTableError) {
    names = table.columns.map { ColumnName($0, among: table.columns) }
    uses = table.columns.map {
      RunTable.ColumnUse(heading: $0, use: "not used", reason: "its name says nothing")
    }
    let sample = TableSample(table)
    var reserved: Set<Int> = []
    for wish in [wishes.losses, wishes.maximize] {
      if let wish { reserved.formUnion(try Self.measured(matching: wish, in: table)) }
    }
    if let wish = wishes.weights {
      weights = try Self.columns(matching: wish, in: table)
      domains = weights.map { bestWeightName($0) }
      for index in weights { tell(index, "weight", "named with --weights", nil) }
    } else {
      chooseWeights(sample, domains: wishes.domains, except: reserved)
    }
    dropPercentSigns()
    domains = Self.unique(domains, weights.map { table.columns[$0] })
    for (index, name) in zip(weights, domains) { uses[index].use = "weight of '\(name)'" }
    chooseFixed(sample, except: reserved.union(weights))
    try chooseMeasures(sample, table: table, wishes: wishes)
    for index in weights + losses
    where table.columns.filter({ $0 == table.columns[index] }).count > 1 {
      throw .duplicateColumn(path: table.path, name: table.columns[index])
    }
    // What was taken as a weight or a loss is nothing else.
    let taken = Set(weights + losses)
    for path in [
      \ColumnRoles.run, \.size, \.parameters, \.step, \.tokens, \.operations, \.seed,
    ] {
      if let index = self[keyPath: path], taken.contains(index) { self[keyPath: path] = nil }
    }
    statuses.removeAll(where: taken.contains)
  }

  /// `books (%)` is the domain books, where all are written so.
  private mutating func dropPercentSigns() {
    for sign in ["(%)", "[%]", "%", "(pct)", "(percent)"] {
      guard domains.count > 1, domains.allSatisfy({ $0.hasSuffix(sign) && $0.count > sign.count })
      else { continue }
      domains = domains.map { String($0.dropLast(sign.count)).trimmed }
    }
  }

  mutating func tell(_ index: Int, _ use: String, _ reason: String, _ change: String?) {
    uses[index].use = use
    uses[index].reason = reason
    uses[index].change = change
  }

  /// Those of two tables side by side: the weights of this one, the losses of the other.
  func joined(with other: ColumnRoles, shiftedBy width: Int) -> ColumnRoles {
    func shifted(_ column: Int?) -> Int? { column.map { $0 + width } }
    var result = self
    result.names += other.names
    result.uses += other.uses
    result.measures = other.measures.map {
      var measure = $0
      measure.column += width
      return measure
    }
    result.nameMeasures()
    result.size = size ?? shifted(other.size)
    result.parameters = parameters ?? shifted(other.parameters)
    result.step = step ?? shifted(other.step)
    result.tokens = tokens ?? shifted(other.tokens)
    result.operations = operations ?? shifted(other.operations)
    result.seed = seed ?? shifted(other.seed)
    result.statuses += other.statuses.map { $0 + width }
    result.notes += other.notes
    return result
  }

  static func columns(
    matching wishes: [String], in table: CellTable
  ) throws(RunTableError) -> [Int] {
    var found: [Int] = []
    for wish in wishes {
      let matches = table.columns.indices.filter { Self.matches(table.columns[$0], wish) }
      guard !matches.isEmpty else {
        throw .unknownColumn(
          path: table.path, name: wish, nearest: nearestName(to: wish, in: table.columns),
          columns: table.columns)
      }
      found += matches.filter { !found.contains($0) }
    }
    return found
  }

  /// The same of what was measured: `*` stands for no standard error of it.
  static func measured(
    matching wishes: [String], in table: CellTable
  ) throws(RunTableError) -> [Int] {
    let found = try columns(matching: wishes, in: table)
    let kept = found.filter { index in
      let name = table.columns[index]
      return wishes.contains(name) || !(ColumnName(name).isSpread || ColumnName(name).isExtreme)
    }
    return kept.isEmpty ? found : kept
  }

  /// Whether a heading is meant by a name, in which `*` stands for anything; a heading that is the name
  /// itself always is.
  static func matches(_ heading: String, _ wish: String) -> Bool {
    if heading == wish { return true }
    guard wish.contains("*") else { return false }
    let parts = wish.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    guard heading.count >= parts.reduce(0, { $0 + $1.count }), heading.hasPrefix(parts[0]),
      heading.hasSuffix(parts[parts.count - 1])
    else { return false }
    var rest = heading.dropFirst(parts[0].count).dropLast(parts[parts.count - 1].count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let place = rest.firstRange(of: part) else { return false }
      rest = rest[place.upperBound...]
    }
    return true
  }

  // MARK: Runs, sizes, lengths

  private mutating func chooseFixed(_ sample: TableSample, except taken: Set<Int>) {
    let fixed = names.map(\.fixedUse)
    func all(_ use: ColumnName.Use) -> [Int] {
      fixed.indices.filter { fixed[$0] == use && !taken.contains($0) }
    }
    // What would name another size in every row names the run.
    func namesRuns(_ index: Int) -> Bool {
      let joined = names[index].joined
      let distinct = sample.distinct(index)
      let isCount = sample.areCounts(index)
      // What is another one with each mixture is called after it.
      if !isCount, distinct > 3, sample.areOneToOne(index, weights) { return true }
      // Nobody has so many sizes that are no numbers; models that share mixtures are models all the same.
      if distinct > 4, !sample.nameSizes(index), sample.depends(index, on: weights) { return true }
      if HeadingWords.names.contains(joined) {
        return isCount
          ? distinct > 3 && distinct == sample.filled(index) : distinct * 2 > sample.rows
      }
      return !isCount && distinct > 3 && distinct == sample.filled(index)
    }
    var runs = all(.run)
    var sizes: [Int] = []
    for index in all(.size) {
      if namesRuns(index) {
        runs.append(index)
        if all(.run).isEmpty {
          notes.append(
            "'\(names[index].heading)' is another one in each row, or with each mixture: taken as the "
              + "runs' names, not as sizes")
        }
      } else {
        sizes.append(index)
      }
    }
    run = runs.max { sample.distinct($0) < sample.distinct($1) }
    for index in runs {
      tell(
        index, index == run ? "name of the run" : "another name of the run",
        "called so", "rename it where it is something else")
    }
    size = sizes.first
    let counting = sizes.filter { names[$0].heading.lowercased().contains("param") }
    parameters = size.flatMap { counting.contains($0) ? nil : counting.first }
    // A path of a checkpoint is no step.
    step = all(.step).first(where: sample.hasPlaces)
    tokens = all(.tokens).first(where: sample.hasPlaces)
    operations = all(.operations).first(where: sample.hasPlaces)
    seed = all(.seed).first { sample.filled($0) == 0 || !sample.numbers($0).isEmpty }
    // A reason is a state where nothing else tells; an error that is a number is none.
    statuses =
      all(.status).filter { index in
        !RunState.isQuestion(names[index].words.last?.text ?? "") || sample.mayBeAnswers(index)
      } + all(.reason).filter { sample.mayBeReasons($0) }
    let told: [(Int?, String, String)] = [
      (size, "size of the model", "--size chooses one"),
      (parameters, "parameters of the model", "--size chooses one"),
      (step, "step of the run", "--step chooses one"),
      (tokens, "tokens trained on", "--step chooses, where there are no steps"),
      (operations, "operations of the run", "rename it where it is something else"),
      (seed, "seed", "rename it where it is something else"),
    ]
    for (index, use, change) in told {
      if let index { tell(index, use, "called so", change) }
    }
    for index in statuses { tell(index, "state of the run", "called so", nil) }
    let known = [run, size, parameters, step, tokens, operations, seed].compactMap { $0 }
    for index in fixed.indices where !taken.contains(index) && !known.contains(index) {
      switch fixed[index] {
      case .counter:
        tell(index, "not used", "counts or times something", "--losses or --maximize takes it")
      case .size, .step, .tokens, .operations, .seed:
        tell(
          index, "not used",
          sample.hasPlaces(index) ? "there is another of its kind" : "called so, but no numbers",
          nil)
      case .status where !statuses.contains(index):
        tell(index, "not used", "called so, but neither yes nor no", nil)
      default: break
      }
    }
  }

  func unit(_ column: Int) -> Double { names[column].unit }

  /// Full headings where names are not unique.
  static func unique(_ names: [String], _ headings: [String]) -> [String] {
    var counts: [String: Int] = [:]
    for name in names { counts[name, default: 0] += 1 }
    return zip(names, headings).map { counts[$0]! > 1 ? $1 : $0 }
  }
}

/// Rows enough to tell what columns are, spread over a table.
struct TableSample {
  let table: CellTable
  let indices: [Int]

  init(_ table: CellTable) {
    self.table = table
    let count = table.rows.count
    let most = 400
    indices = count <= most ? Array(0..<count) : (0..<most).map { $0 * count / most }
  }

  var rows: Int { indices.count }
  var columns: Int { table.columns.count }

  func cells(_ column: Int) -> [String] { indices.map { table.rows[$0].cells[column] } }

  func filled(_ column: Int) -> Int { cells(column).count { !CellReading.isEmpty($0) } }

  func distinct(_ column: Int) -> Int {
    Set(cells(column).filter { !CellReading.isEmpty($0) }).count
  }

  /// Numbers alone, one at least; what says that a run diverged aside.
  func isNumeric(_ column: Int) -> Bool {
    let filled = cells(column).filter {
      !CellReading.isEmpty($0) && !CellReading.isDivergence($0)
    }
    return !filled.isEmpty && filled.allSatisfy { table.reading.number($0) != nil }
  }

  /// Words, or codes of which 0 is the one for nothing.
  func mayBeReasons(_ column: Int) -> Bool {
    filled(column) > 0 && (!isNumeric(column) || numbers(column).contains(0))
  }

  /// Whether each text is a number of parameters, or has one among its words as `pythia-160m` has.
  func nameSizes(_ column: Int) -> Bool {
    cells(column).allSatisfy { cell in
      CellReading.isEmpty(cell) || table.reading.count(cell, unit: 1) != nil
        || cell.split { !$0.isLetter && !$0.isNumber && $0 != "." }.contains { word in
          word.first!.isNumber && "kKmMbB".contains(word.last!)
            && CellReading.count(String(word), unit: 1) != nil
        }
    }
  }

  /// States, or answers to what the heading asks.
  func mayBeAnswers(_ column: Int) -> Bool {
    let filled = cells(column).filter { !CellReading.isEmpty($0) }
    return filled.allSatisfy(RunState.isAnswer)
      || filled.contains { !RunState.isAnswer($0) && RunState($0, heading: "") != nil }
  }

  /// Nothing, or with a number of steps or the like among it.
  func hasPlaces(_ column: Int) -> Bool {
    filled(column) == 0 || cells(column).contains { table.reading.place($0, unit: 1) != nil }
  }

  /// Amounts of text, as `2.5B`.
  func areAmounts(_ column: Int) -> Bool {
    let filled = cells(column).filter { !CellReading.isEmpty($0) }
    return !filled.isEmpty && filled.allSatisfy { table.reading.amount($0) != nil }
  }

  /// Whether each text of a column stands beside one combination of others, and each of these beside one
  /// text.
  func areOneToOne(_ column: Int, _ others: [Int]) -> Bool {
    guard !others.isEmpty else { return false }
    var known: [String: [String]] = [:]
    var seen: [[String]: String] = [:]
    for index in indices {
      let row = table.rows[index].cells
      let (text, rest) = (row[column], others.map { row[$0] })
      if CellReading.isEmpty(text) { continue }
      guard known.updateValue(rest, forKey: text) ?? rest == rest,
        seen.updateValue(text, forKey: rest) ?? text == text
      else { return false }
    }
    return true
  }

  /// Whether each combination of other columns stands beside one text of a column.
  func depends(_ column: Int, on others: [Int]) -> Bool {
    var seen: [[String]: String] = [:]
    for index in indices {
      let row = table.rows[index].cells
      let text = row[column]
      if CellReading.isEmpty(text) { continue }
      guard seen.updateValue(text, forKey: others.map { row[$0] }) ?? text == text else {
        return false
      }
    }
    return !others.isEmpty
  }

  /// Whole numbers alone, three at least.
  func isWhole(_ column: Int) -> Bool {
    let numbers = numbers(column)
    return numbers.count >= 3 && numbers.allSatisfy { $0 == $0.rounded() }
  }

  /// Whether rows are only numbered: 1, 2, 3, ….
  func isNumbering(_ column: Int) -> Bool {
    let numbers = numbers(column)
    guard numbers.count == rows, rows > 2, rows == table.rows.count else { return false }
    return zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 + 1 }
  }

  func areCounts(_ column: Int) -> Bool {
    let filled = cells(column).filter { !CellReading.isEmpty($0) }
    return filled.allSatisfy { table.reading.count($0, unit: 1) != nil }
  }

  /// Nothing but numbers that are none below zero, in all of some columns.
  func areNumbers(_ columns: [Int]) -> Bool {
    columns.allSatisfy { column in
      cells(column).allSatisfy { cell in
        CellReading.isEmpty(cell) || table.reading.amount(cell).map { $0 >= 0 } ?? false
      }
    }
  }

  func numbers(_ column: Int) -> [Double] { cells(column).compactMap(table.reading.number) }

  /// How well columns do as weights.
  struct Fit {
    /// Of rows, those in which they are.
    var share: Double
    /// By how much their sums in these miss one, on average.
    var error: Double

    /// Whether it may do better without some of them.
    var isLoose: Bool { share < 0.9 || error > 1e-5 }
  }

  func shareOfWholes(_ columns: [Int]) -> Double { fitOfWholes(columns).share }

  /// The share of rows, of those with a number in one of the columns, in which they are weights: empty
  /// cells are none.
  func fitOfWholes(_ columns: [Int]) -> Fit {
    var (whole, total) = (0, 0)
    var error = 0.0
    for index in indices {
      let cells = columns.map { table.rows[index].cells[$0] }
      if cells.allSatisfy(CellReading.isEmpty) { continue }
      total += 1
      var sum = 0.0
      var isPlain = true
      for cell in cells {
        // Solvers leave a little below zero.
        guard let value = CellReading.isEmpty(cell) ? 0 : table.reading.number(cell), value >= -1e-6
        else {
          isPlain = false
          break
        }
        sum += value
      }
      let miss = min(abs(sum - 1), abs(sum / 100 - 1))
      if isPlain, miss <= 0.02 {
        whole += 1
        error += miss
      }
    }
    guard total > 0 else { return Fit(share: 0, error: 0) }
    return Fit(share: Double(whole) / Double(total), error: error / Double(max(whole, 1)))
  }
}
