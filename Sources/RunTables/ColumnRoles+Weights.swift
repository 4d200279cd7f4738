extension ColumnRoles {
  private struct Group {
    var pattern: String
    var columns: [Int]
    var names: [String]
  }

  /// Columns that begin or end alike and sum to one; of several groups the one that does so in most rows.
  mutating func chooseWeights(
    _ sample: TableSample, domains known: [String]?, except reserved: Set<Int>
  ) {
    if let known {
      // Headings that are the domains' own names, or name them behind a word.
      let columns = known.map { domain in
        names.indices.first { names[$0].heading == domain && !reserved.contains($0) }
          ?? names.indices.first {
            !reserved.contains($0) && names[$0].weightReadings.contains { $0.name == domain }
          }
      }
      let found = columns.compactMap { $0 }
      if found.count == known.count, Set(found).count == found.count,
        sample.rows == 0 || sample.shareOfWholes(found) >= 0.5
      {
        weights = found
        domains = known
        for index in found { tell(index, "weight", "named with --domains", "--weights") }
        return
      }
    }
    var groups: [Group] = []
    for index in names.indices where !reserved.contains(index) {
      for reading in names[index].weightReadings {
        if let place = groups.firstIndex(where: { $0.pattern == reading.pattern }) {
          if groups[place].columns.last == index { continue }
          groups[place].columns.append(index)
          groups[place].names.append(reading.name)
        } else {
          groups.append(Group(pattern: reading.pattern, columns: [index], names: [reading.name]))
        }
      }
    }
    var candidates = groups.flatMap { parts(of: $0, sample) }
    // Headings of several patterns may belong together.
    let prefixed = groups.filter { !$0.pattern.hasPrefix("_") && $0.pattern != "given" }
    if prefixed.count > 1 {
      var whole = Group(pattern: "", columns: [], names: [])
      for group in prefixed {
        for (column, name) in zip(group.columns, group.names) where !whole.columns.contains(column)
        {
          whole.columns.append(column)
          whole.names.append(name)
        }
      }
      candidates.append(whole)
    }
    let scored = candidates.enumerated().map { offset, group in
      (
        group: group, fit: sample.fitOfWholes(group.columns),
        odd: group.columns.count { isOdd($0) }, offset: offset
      )
    }
    let best = scored.max { a, b in
      if a.fit.share != b.fit.share { return a.fit.share < b.fit.share }
      // A learning rate of .001 beside the weights leaves the sum nearly one; without it, it is one.
      if (a.group.columns.count > 1) != (b.group.columns.count > 1) {
        return b.group.columns.count > 1
      }
      // Less than what four decimals leave is none.
      let errors = (max(a.fit.error, 2e-4), max(b.fit.error, 2e-4))
      if max(errors.0, errors.1) > 2 * min(errors.0, errors.1) {
        return a.fit.error > b.fit.error
      }
      if a.odd != b.odd { return a.odd > b.odd }
      if a.group.columns.count != b.group.columns.count {
        return a.group.columns.count < b.group.columns.count
      }
      // `mixture_weight_` says more than `mixture_`; `weight_` says all.
      let (x, y) = (Self.rank(a.group.pattern), Self.rank(b.group.pattern))
      return x != y ? x < y : a.offset > b.offset
    }
    if let best, best.fit.share >= 0.5 || isEmptyTable(sample, best.group.columns),
      best.group.columns.count > 1 || groups.count == 1
    {
      take(best.group)
      return
    }
    let found = columnsThatSum(sample, except: reserved)
    if !found.isEmpty {
      weights = found
      domains = found.map { names[$0].isInput ? bestWeightName($0) : names[$0].heading }
      for index in found {
        tell(index, "weight", "these columns sum to one in each row", "--weights names others")
      }
      notes.append(
        "taken as weights, as they sum to one: "
          + found.map { names[$0].heading }.joined(separator: ", "))
    } else if let whole = groups.max(by: { $0.columns.count < $1.columns.count }), best != nil {
      // Whatever is wrong with the rows, it is all columns of the kind that are meant.
      take(whole)
    } else {
      takeAmounts(sample, except: reserved)
    }
  }

  /// Columns that a weight is seldom called like.
  private func isOdd(_ index: Int) -> Bool {
    names[index].isOther || names[index].fixedUse != nil
  }

  /// Where nothing says weight: `tokens_books`, `documents_web` and the like, each a part of their sum.
  private mutating func takeAmounts(_ sample: TableSample, except reserved: Set<Int>) {
    var found: [String: [Int]] = [:]
    for index in names.indices where !reserved.contains(index) && names[index].fixedUse == nil {
      let words = names[index].words.map(\.text)
      guard words.count > 1, sample.areAmounts(index) else { continue }
      // `n_docs_books`; `books_tokens`, `books_tokens_B`.
      let first = words.firstIndex { !HeadingWords.counting.contains($0) } ?? 0
      let last = HeadingWords.units[words.last!] == nil ? words.count - 1 : words.count - 2
      if HeadingWords.amounts.contains(words[first]), first < words.count - 1 {
        found[words[first], default: []].append(index)
      } else if last > 0, HeadingWords.amounts.contains(words[last]),
        names[index].lossReadings.isEmpty
      {
        found["_" + words[last], default: []].append(index)
      }
    }
    let all = found.max { ($0.value.count, $1.value[0]) < ($1.value.count, $0.value[0]) }
    guard let (key, columns) = all, columns.count > 1 else { return }
    weights = columns
    areAmounts = true
    domains = columns.map { index in
      let words = names[index].words.map(\.text)
      return key.hasPrefix("_")
        ? names[index].named(before: words.lastIndex(of: String(key.dropFirst()))!)
        : names[index].named(after: words.firstIndex(of: key)!)
    }
    // `tokens_books_B`: billions of each.
    let ends = Set(columns.map { names[$0].words.last!.text })
    if let end = ends.first, ends.count == 1, !key.hasPrefix("_"), HeadingWords.units[end] != nil {
      let short = domains.map { name -> String in
        let own = ColumnName(name)
        guard own.words.count > 1, let last = own.words.last else { return name }
        return own.trimmedEnd(name[..<last.range.lowerBound])
      }
      if !zip(short, domains).contains(where: { $0 == $1 }) { domains = short }
    }
    for index in columns {
      tell(index, "weight", "an amount: its share of the row's sum", "--weights names others")
    }
  }

  private static func rank(_ pattern: String) -> Int {
    pattern == "weight_" || pattern == "w_" ? 1000 : pattern.count
  }

  private mutating func take(_ group: Group) {
    weights = group.columns
    domains = group.names
    for index in weights {
      tell(
        index, "weight",
        group.pattern == "given"
          ? "a setting, and with the others the sum is one"
          : "its name begins or ends with '\(group.pattern)'", "--weights names others")
    }
  }

  private func isEmptyTable(_ sample: TableSample, _ columns: [Int]) -> Bool {
    sample.rows == 0 || columns.allSatisfy { sample.filled($0) == 0 }
  }

  /// A group, and what is left of it without those that are hardly weights.
  private func parts(of group: Group, _ sample: TableSample) -> [Group] {
    func kept(_ isKept: (Int) -> Bool) -> Group {
      let places = group.columns.indices.filter { isKept(group.columns[$0]) }
      return Group(
        pattern: group.pattern, columns: places.map { group.columns[$0] },
        names: places.map { group.names[$0] })
    }
    var result: [Group] = []
    let plain = kept { index in
      let name = names[index]
      return !name.isOther && name.lossReadings.isEmpty && name.fixedUse == nil
    }
    if isEmptyTable(sample, group.columns) {
      // Without numbers to go by: all, but for what trainers call so.
      let own = kept { names[$0].joined != "weight_decay" && names[$0].joined != "train_loss" }
      return group.pattern == "weight_" || group.pattern == "w_" ? [own, plain] : [plain]
    }
    let numeric = kept { sample.isNumeric($0) || sample.filled($0) == 0 }
    // `w_total` beside `w_books` and `w_web`; the group without it is one only where it is that.
    let parted = kept {
      sample.isNumeric($0) && !Self.totals.contains(names[$0].words.last?.text ?? "")
    }
    result = [group, numeric, plain, parted]
    let filled = kept { sample.isNumeric($0) }
    if filled.columns.count < numeric.columns.count { result.append(filled) }
    // Without one or two of them.
    if filled.columns.count <= 40, sample.fitOfWholes(filled.columns).isLoose {
      // What is called a weight is one, unless it is called something else besides.
      let droppable = filled.columns.filter {
        group.pattern == "given" || isOdd($0) || !names[$0].lossReadings.isEmpty
      }
      for drop in droppable {
        let one = kept { $0 != drop && filled.columns.contains($0) }
        result.append(one)
        if filled.columns.count <= 24 {
          for other in droppable where other > drop {
            result.append(kept { $0 != drop && $0 != other && filled.columns.contains($0) })
          }
        }
      }
    }
    var seen: Set<[Int]> = []
    return result.filter { !$0.columns.isEmpty && seen.insert($0.columns).inserted }
  }

  private static let totals: Set<String> = ["total", "sum", "all"]

  /// The name that a column has as a weight by its heading alone.
  func bestWeightName(_ index: Int) -> String {
    names[index].weightReadings.first?.name ?? names[index].heading
  }

  /// The longest run of columns of numbers without a role that sum to 1 or 100 in nearly every row.
  private func columnsThatSum(_ sample: TableSample, except reserved: Set<Int>) -> [Int] {
    // `time` beside `loss_time` is a domain.
    let measured = Set(names.flatMap { name in name.lossReadings.map(\.name) })
    let free = names.indices.filter { index in
      guard !reserved.contains(index), sample.isNumeric(index),
        names[index].fixedUse == nil || measured.contains(names[index].heading)
      else {
        return false
      }
      return names[index].lossReadings.isEmpty || names[index].isInput
    }
    var best: [Int] = []
    for start in free.indices {
      for end in free.indices.dropFirst(start + 1) where end - start + 1 > best.count {
        // Neighbours only: other columns may stand between, but not by the dozen.
        let columns = Array(free[start...end])
        if sample.shareOfWholes(columns) >= 0.9 { best = columns }
      }
    }
    return best
  }
}
