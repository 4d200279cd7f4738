import Numerics
import Spelling

/// Which column of a table is what.
struct ColumnRoles {
  /// Columns that somebody named; a last `*` stands for anything.
  struct Wishes: Equatable {
    var weights: [String]?
    var losses: [String]?
    /// The domains to be trained on, where they are known.
    var domains: [String]?
  }

  /// Indices into the table's columns.
  var weights: [Int] = []
  var losses: [Int] = []
  /// Those of `losses` that are perplexities: their logarithm is meant.
  var perplexities: Set<Int> = []
  var run: Int?
  var size: Int?
  /// Where the size is a name, the number of parameters that another column tells.
  var parameters: Int?
  var step: Int?
  var tokens: Int?
  var operations: Int?
  var seed: Int?
  var status: Int?
  /// What was decided that a reader may want to know.
  var notes: [String] = []

  private var names: [ColumnName]

  /// Of what a run has cost when it was measured.
  private static let operationNames: Set<String> = [
    "operations", "ops", "flop", "flops", "total_flops", "train_flops", "training_flops",
  ]

  init(of table: CellTable, wishes: Wishes) throws(RunTableError) {
    names = table.columns.map(ColumnName.init)
    let roles = names.map(\.role)
    func first(_ role: ColumnName.Role) -> Int? { roles.firstIndex(of: role) }
    run = first(.run)
    size = first(.size)
    let counting = roles.indices.filter {
      roles[$0] == .size && names[$0].heading.lowercased().contains("param")
    }
    parameters = size.flatMap { counting.contains($0) ? nil : counting.first }
    step = first(.step)
    tokens = first(.tokens)
    operations = roles.indices.first {
      Self.operationNames.contains(names[$0].heading.lowercased())
    }
    seed = first(.seed)
    status = first(.status)
    // Of several that could name the run, the one that is told apart by most rows.
    let keys = roles.indices.filter { roles[$0] == .run }
    if keys.count > 1 {
      run = keys.max { a, b in
        Set(table.rows.map { $0.cells[a] }).count < Set(table.rows.map { $0.cells[b] }).count
      }
    }
    if let wish = wishes.losses {
      losses = try Self.columns(matching: wish, in: table)
      perplexities = Set(losses.filter { Self.lossKind(roles[$0]) == .perplexity })
    } else {
      chooseLosses(roles)
    }
    if let wish = wishes.weights {
      weights = try Self.columns(matching: wish, in: table)
    } else {
      try chooseWeights(roles, table: table, domains: wishes.domains)
    }
    for index in weights + losses
    where table.columns.filter({ $0 == table.columns[index] }).count > 1 {
      throw .duplicateColumn(path: table.path, name: table.columns[index])
    }
    // What was taken as a weight or a loss is nothing else.
    for path in [
      \ColumnRoles.run, \.size, \.parameters, \.step, \.tokens, \.operations, \.seed, \.status,
    ] {
      if let index = self[keyPath: path], (weights + losses).contains(index) {
        self[keyPath: path] = nil
      }
    }
  }

  /// Those of two tables side by side: the weights of this one, the losses of the other.
  func joined(with other: ColumnRoles, shiftedBy width: Int) -> ColumnRoles {
    func shifted(_ column: Int?) -> Int? { column.map { $0 + width } }
    var result = self
    result.names += other.names
    result.losses = other.losses.map { $0 + width }
    result.perplexities = Set(other.perplexities.map { $0 + width })
    result.size = size ?? shifted(other.size)
    result.parameters = parameters ?? shifted(other.parameters)
    result.step = step ?? shifted(other.step)
    result.tokens = tokens ?? shifted(other.tokens)
    result.operations = operations ?? shifted(other.operations)
    result.seed = seed ?? shifted(other.seed)
    result.status = status ?? shifted(other.status)
    result.notes += other.notes
    return result
  }

  /// Where headings tell of no losses: the columns of numbers that nothing else is known of.
  mutating func takeUnnamedLosses(of table: CellTable) {
    let taken = Set(
      weights + [run, size, parameters, step, tokens, operations, seed, status].compactMap { $0 })
    losses = names.indices.filter { index in
      !taken.contains(index) && names[index].role == .unknown && Self.isNumeric(index, table)
    }
    guard !losses.isEmpty else { return }
    notes.append(
      "taken as losses: \(losses.map { table.columns[$0] }.joined(separator: ", "))")
  }

  private static func lossKind(_ role: ColumnName.Role) -> ColumnName.LossKind? {
    guard case .loss(let kind, _) = role else { return nil }
    return kind
  }

  private static func columns(
    matching wishes: [String], in table: CellTable
  ) throws(RunTableError) -> [Int] {
    var found: [Int] = []
    for wish in wishes {
      let matches = table.columns.indices.filter {
        wish.hasSuffix("*")
          ? table.columns[$0].hasPrefix(wish.dropLast()) : table.columns[$0] == wish
      }
      guard !matches.isEmpty else {
        throw .unknownColumn(
          path: table.path, name: wish, nearest: nearestName(to: wish, in: table.columns),
          columns: table.columns)
      }
      found += matches.filter { !found.contains($0) }
    }
    return found
  }

  // MARK: Losses

  private mutating func chooseLosses(_ roles: [ColumnName.Role]) {
    var kinds: [(kind: ColumnName.LossKind, isTraining: Bool, index: Int)] = []
    for (index, role) in roles.enumerated() {
      if case .loss(let kind, let isTraining) = role { kinds.append((kind, isTraining, index)) }
    }
    // Losses on the training text only where there are no others; nats before bits and perplexities.
    if kinds.contains(where: { !$0.isTraining }) { kinds.removeAll(where: \.isTraining) }
    guard let best = kinds.map(\.kind).min() else { return }
    losses = kinds.filter { $0.kind == best }.map(\.index)
    let others = kinds.filter { $0.kind != best }.map { names[$0.index].heading }
    if !others.isEmpty { notes.append("not used: \(others.joined(separator: ", "))") }
    if best == .perplexity { perplexities = Set(losses) }
    // Two splits of the same domains: those said to be for validation.
    let stripped = losses.map { names[$0].stripped(roles[$0]).joined(separator: " ").lowercased() }
    guard Set(stripped).count < stripped.count else { return }
    let validation = losses.filter { index in
      ["val", "valid", "validation", "eval", "dev"].contains {
        names[index].heading.lowercased().contains($0)
      }
    }
    let kept = Set(
      validation.map { names[$0].stripped(roles[$0]).joined(separator: " ").lowercased() })
    if kept.count == Set(stripped).count, kept.count == validation.count { losses = validation }
  }

  // MARK: Weights

  private mutating func chooseWeights(
    _ roles: [ColumnName.Role], table: CellTable, domains: [String]?
  ) throws(RunTableError) {
    if let domains {
      // Headings that are the domains' own names.
      let columns = domains.map { domain in
        table.columns.indices.first { table.columns[$0] == domain && !losses.contains($0) }
      }
      if !columns.contains(nil) {
        weights = columns.compactMap { $0 }
        return
      }
    }
    var groups: [(pattern: String, columns: [Int])] = []
    for (index, role) in roles.enumerated() where !losses.contains(index) {
      guard case .weight(let pattern) = role else { continue }
      if let place = groups.firstIndex(where: { $0.pattern == pattern }) {
        groups[place].columns.append(index)
      } else {
        groups.append((pattern, [index]))
      }
    }
    var candidates = groups.map(\.columns)
    if candidates.count > 1 { candidates.append(candidates.flatMap { $0 }.sorted()) }
    let scored = candidates.map { ($0, Self.shareOfWholes($0, table)) }
    let best = scored.max {
      $0.1 != $1.1 ? $0.1 < $1.1 : $0.0.count < $1.0.count
    }
    if let best, best.1 >= 0.5 || table.rows.isEmpty {
      weights = best.0
      return
    }
    let found = Self.columnsThatSum(roles, losses: losses, table)
    weights = found.isEmpty ? best?.0 ?? [] : found
    if !found.isEmpty {
      notes.append(
        "taken as weights, as they sum to one: "
          + found.map { table.columns[$0] }.joined(separator: ", "))
    }
  }

  /// The longest run of columns of numbers without a role that sum to 1 or 100 in nearly every row.
  private static func columnsThatSum(
    _ roles: [ColumnName.Role], losses: [Int], _ table: CellTable
  ) -> [Int] {
    let free = roles.indices.filter { index in
      switch roles[index] {
      case .unknown, .weight: return !losses.contains(index) && isNumeric(index, table)
      default: return false
      }
    }
    var best: [Int] = []
    for start in free.indices {
      for end in free.indices.dropFirst(start + 1) where end - start + 1 > best.count {
        // Neighbours only: other columns may stand between, but not by the dozen.
        let columns = Array(free[start...end])
        if shareOfWholes(columns, table) >= 0.9 { best = columns }
      }
    }
    return best
  }

  private static func isNumeric(_ column: Int, _ table: CellTable) -> Bool {
    let filled = table.rows.map { $0.cells[column] }.filter { !CellReading.isEmpty($0) }
    return !filled.isEmpty && filled.allSatisfy { CellReading.number($0) != nil }
  }

  /// The share of rows, of those with a number in each of the columns, in which they are weights.
  private static func shareOfWholes(_ columns: [Int], _ table: CellTable) -> Double {
    var (whole, total) = (0, 0)
    for row in table.rows {
      let values = columns.compactMap { CellReading.number(row.cells[$0]) }
      guard values.count == columns.count else { continue }
      total += 1
      let sum = values.reduce(0, +)
      let isWhole = abs(sum - 1) <= 0.02 || abs(sum - 100) <= 2
      if isWhole, values.allSatisfy({ $0 >= 0 }) { whole += 1 }
    }
    return total == 0 ? 0 : Double(whole) / Double(total)
  }

  // MARK: Names

  /// The domains' names from their headings. What all weights begin with and all losses begin with too
  /// (`the_pile_`) is left out, so that a domain is called the same on both sides.
  func domainNames() -> (weights: [String], losses: [String]) {
    func parts(_ columns: [Int], _ role: (Int) -> ColumnName.Role) -> [[Substring]] {
      columns.map { names[$0].stripped(role($0)) }
    }
    var weightParts = parts(weights) { index in
      if case .weight = names[index].role { return names[index].role }
      return .unknown
    }
    var lossParts = parts(losses) { index in
      if case .loss = names[index].role { return names[index].role }
      return .unknown
    }
    let named = lossParts.indices.filter { !names[losses[$0]].isAggregate }
    while weightParts.count > 1, let first = weightParts[0].first {
      let all = weightParts + named.map { lossParts[$0] }
      guard all.allSatisfy({ $0.count > 1 && $0[0].lowercased() == first.lowercased() }) else {
        break
      }
      for i in weightParts.indices { weightParts[i].removeFirst() }
      for i in named { lossParts[i].removeFirst() }
    }
    let domains = unique(weights, weightParts)
    let heldOut = unique(losses, lossParts).map { name in
      // Spelled as the domain that it is the held-out part of.
      domains.first { Self.folded($0) == Self.folded(name) } ?? name
    }
    return (domains, heldOut)
  }

  private static func folded(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }

  /// Headings in full where what is left of them is not unique.
  private func unique(_ columns: [Int], _ parts: [[Substring]]) -> [String] {
    let short = zip(columns, parts).map { column, words in
      // A mean over domains is called as its heading says.
      names[column].isAggregate && losses.contains(column)
        ? names[column].heading : names[column].name(spanning: words)
    }
    return Set(short).count == short.count ? short : columns.map { names[$0].heading }
  }

  /// Whether a loss is over several domains.
  func isAggregate(_ loss: Int) -> Bool { names[losses[loss]].isAggregate }

  func unit(_ column: Int) -> Double { names[column].unit }
}
