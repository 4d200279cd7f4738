extension ColumnRoles {
  /// Losses by their headings, and what somebody named; a column whose direction nobody can know is left
  /// to be named.
  mutating func chooseMeasures(
    _ sample: TableSample, table: CellTable, wishes: Wishes
  ) throws(RunTableError) {
    if let wish = wishes.maximize {
      for index in try Self.measured(matching: wish, in: table) {
        measures.append(score(index, sample))
        tell(index, "to be maximized", "named with --maximize", nil)
      }
    }
    if let wish = wishes.losses {
      let scores = Set(losses)
      for index in try Self.measured(matching: wish, in: table) where !scores.contains(index) {
        var measure = Measured(column: index, name: names[index].heading)
        if let reading = lossReading(index) {
          measure = named(index, reading)
        } else if let name = own(index) {
          measure.name = name
        }
        measure.isNamed = true
        measures.append(measure)
        tell(index, "loss", "named with --losses", nil)
      }
    }
    chooseLosses(
      sample, isAsked: wishes.losses != nil, isGuarded: wishes.maximize != nil)
    nameMeasures()
  }

  /// A domain's name that stands in a heading behind something else.
  private func own(_ index: Int) -> String? {
    let heading = names[index].heading
    return domains.filter { !$0.isEmpty && heading.hasSuffix($0) && heading != $0 }
      .max { $0.count < $1.count }
  }

  private func score(_ index: Int, _ sample: TableSample) -> Measured {
    var measure = Measured(column: index, name: names[index].scoreName)
    // In a session's table all is called a loss.
    if names[index].heading.hasPrefix("loss_"), let reading = lossReading(index) {
      measure.name = reading.name
    }
    if let exact = domains.first(where: { $0 == measure.name }) { measure.name = exact }
    measure.isScore = true
    let values = sample.numbers(index)
    if let least = values.min(), let most = values.max(), least >= 0 {
      let isShare = names[index].isScore || sample.cells(index).contains { $0.hasSuffix("%") }
      measure.bound = most <= 1 ? 1 : most <= 100 && isShare ? 100 : nil
    }
    measure.isAggregate = ColumnName.isAggregate(measure.name) && !domains.contains(measure.name)
    return measure
  }

  // MARK: Losses by their headings

  private var isPlain: Bool {
    !weights.isEmpty && weights.allSatisfy { names[$0].heading.hasPrefix("weight_") }
  }

  /// How a heading is read as a loss: with the name of a domain where it has one.
  private func lossReading(_ index: Int) -> ColumnName.LossReading? {
    let readings = names[index].lossReadings
    if isOwnLayout, let own = ownReading(index) { return own }
    if let exact = readings.first(where: { domains.contains($0.name) }) { return exact }
    if let mean = meanReading(index, readings) { return mean }
    if names[index].heading.hasPrefix("loss_") { return readings.first }
    if let alike = readings.first(where: { twin(of: $0.name) != nil }) { return alike }
    return readings.last
  }

  /// `loss_books_mean` is of books, where there is no `loss_books`.
  private func meanReading(
    _ index: Int, _ readings: [ColumnName.LossReading]
  ) -> ColumnName.LossReading? {
    let name = names[index]
    guard let last = name.words.last, HeadingWords.means.contains(last.text) else { return nil }
    let rest = name.trimmedEnd(name.heading[..<last.range.lowerBound])
    guard !names.contains(where: { $0.heading == rest }) else { return nil }
    for reading in readings {
      for own in ColumnName(rest).lossReadings
      where own.kind == reading.kind && (domains.contains(own.name) || twin(of: own.name) != nil) {
        return own
      }
    }
    return nil
  }

  /// `loss_` and a name, whatever that is.
  private func ownReading(_ index: Int) -> ColumnName.LossReading? {
    let heading = names[index].heading
    guard heading.hasPrefix("loss_"), heading.count > 5 else { return nil }
    return .init(kind: .nats, isTraining: false, name: String(heading.dropFirst(5)), stripped: 1)
  }

  /// Whether the table looks as mixpipe writes it, so that all that is left of a heading is a name. Where
  /// names would then never be those of domains though they could be, it is somebody else's.
  private var isOwnLayout: Bool {
    let known: Set<String> = ["run", "size", "step", "tokens", "seed", "status", "state"]
    guard isPlain else { return false }
    for name in names {
      let heading = name.heading
      guard known.contains(heading) || heading.hasPrefix("weight_") || heading.hasPrefix("loss_")
      else { return false }
    }
    let losses = names.filter { $0.heading.hasPrefix("loss_") }
    // Nothing that is written here is called like how far another is known.
    if losses.contains(where: { $0.isSpread && $0.measured != nil }) { return false }
    return losses.contains { domains.contains(String($0.heading.dropFirst(5))) }
      || !losses.contains { $0.lossReadings.contains { domains.contains($0.name) } }
  }

  private func named(_ index: Int, _ reading: ColumnName.LossReading) -> Measured {
    var measure = Measured(column: index, name: reading.name, kind: reading.kind)
    measure.isTraining = reading.isTraining
    measure.isAggregate =
      ColumnName.isAggregate(reading.name) && !domains.contains(reading.name)
    if measure.isAggregate, !names[index].heading.hasPrefix("loss_") {
      measure.name = names[index].heading
    }
    return measure
  }

  /// - Parameters:
  ///   - isAsked: whether somebody named the losses.
  ///   - isGuarded: whether somebody named what is to rise: losses are then there to be guarded.
  private mutating func chooseLosses(_ sample: TableSample, isAsked: Bool, isGuarded: Bool) {
    var found: [Measured] = []
    let headings = Set(names.map { $0.heading.lowercased() })
    let known = Set([run, size, parameters, step, tokens, operations, seed].compactMap { $0 })
      .union(statuses).union(weights).union(losses)
    for index in names.indices where !known.contains(index) {
      let name = names[index]
      if name.isExtreme {
        tell(index, "not used", "the least or largest of another column", nil)
        continue
      }
      guard name.fixedUse == nil || !name.lossReadings.isEmpty else { continue }
      guard let reading = lossReading(index) else {
        tellUnused(index, sample)
        continue
      }
      let isOwn = domains.contains(reading.name) || twin(of: reading.name) != nil
      if !isOwn {
        let isSpread =
          name.measured.map { headings.contains($0.lowercased()) } ?? false || name.isSpread
        let isPlainLoss = isPlain && name.heading.hasPrefix("loss_")
        if isSpread || (name.isOther && !isPlainLoss) {
          tell(
            index, "not used",
            isSpread ? "how far another is known" : "its words say something else",
            "--losses takes it")
          continue
        }
      }
      let numbers = sample.numbers(index)
      if !sample.table.isJournal, reading.kind != .perplexity, !numbers.isEmpty,
        numbers.allSatisfy({ $0 < 0 })
      {
        belowZero.insert(index)
        tell(
          index, "not used",
          "below zero, as no loss is: whether higher or lower is better is not known",
          "--maximize '\(name.heading)', or --losses")
        continue
      }
      found.append(named(index, reading))
    }
    setAside(&found, sample)
    if isAsked {
      for measure in found {
        tell(measure.column, "not used", "others were named", "--losses takes it too")
      }
      return
    }
    takeBest(found, isGuarded: isGuarded)
    let scores = names.indices.filter {
      !known.contains($0) && names[$0].isScore && !names[$0].isSpread && sample.isNumeric($0)
        && uses[$0].use == "not used"
    }
    if !measures.isEmpty, !scores.isEmpty {
      let headings = scores.map { names[$0].heading }.joined(separator: ", ")
      notes.append("scores that are not used: \(headings); --maximize takes them")
    }
  }

  /// What has `loss` in its name and is none on held-out text: `aux_loss`, `loss_scale`, `loss_books_rank`,
  /// `train_loss_step`. Names of domains, and all of a table as mixpipe writes it, are what they are.
  private mutating func setAside(_ found: inout [Measured], _ sample: TableSample) {
    guard !sample.table.isJournal else { return }
    // pandas' name for a heading that was there before.
    found.removeAll { measure in
      let parts = names[measure.column].heading.split(
        separator: ".", omittingEmptySubsequences: false)
      guard parts.count > 1, parts.last?.allSatisfy(\.isNumber) == true,
        parts.last?.isEmpty == false
      else { return false }
      let first = parts.dropLast().joined(separator: ".")
      guard let other = names.firstIndex(where: { $0.heading == first }),
        sample.filled(other) > 2, sample.cells(other) == sample.cells(measure.column)
      else { return false }
      tell(measure.column, "not used", "the same as '\(first)'", "--losses takes it")
      notes.append(
        "'\(names[measure.column].heading)' says the same as '\(first)', and counts once")
      return true
    }
    guard !isOwnLayout else { return }
    func isOwn(_ measure: Measured) -> Bool {
      domains.contains(measure.name) || twin(of: measure.name) != nil
    }
    let hasFractions = found.contains { !sample.isWhole($0.column) }
    var reasons: [Int: String] = [:]
    for measure in found where !isOwn(measure) {
      let heading = names[measure.column]
      let words = heading.words.map(\.text).filter { HeadingWords.losses[$0] == nil }
      let isPlainLoss = isPlain && heading.heading.hasPrefix("loss_")
      if words.contains(
        where: (isPlainLoss ? HeadingWords.plainBesides : HeadingWords.besides).contains)
      {
        reasons[measure.column] = "its words say something else"
      } else if hasFractions, sample.isWhole(measure.column) {
        reasons[measure.column] = "whole numbers, as losses hardly are"
      }
    }
    let rest = found.filter { reasons[$0.column] == nil }
    guard !rest.isEmpty, !reasons.isEmpty else { return }
    found = rest
    for (column, reason) in reasons { tell(column, "not used", reason, "--losses takes it") }
    let headings = reasons.keys.sorted().map { names[$0].heading }.joined(separator: ", ")
    notes.append("not taken as losses: \(headings); --losses names what is")
  }

  private mutating func tellUnused(_ index: Int, _ sample: TableSample) {
    if names[index].isScore, !names[index].isOther {
      tell(
        index, "not used", "whether higher or lower is better cannot be known from its name",
        "--maximize '\(names[index].heading)', or --losses")
    } else if names[index].isOther {
      tell(index, "not used", "its words say something else", "--losses or --maximize takes it")
    } else {
      tell(
        index, "not used",
        sample.isNumeric(index) ? "its name says nothing" : "no numbers, and its name says nothing",
        "--weights, --losses or --maximize takes it")
    }
  }

  /// Losses on the training text only where there are no others; nats before bits and perplexities.
  private mutating func takeBest(_ all: [Measured], isGuarded: Bool) {
    var kept = all
    if kept.contains(where: { !$0.isTraining }) { kept.removeAll(where: \.isTraining) }
    // The unit that most domains are given in; of two that do alike, nats.
    let units = Set(kept.map(\.kind)).sorted()
    func count(_ kind: ColumnName.LossKind) -> Int {
      Set(kept.filter { $0.kind == kind }.map { Self.folded($0.name) }).count
    }
    guard let most = units.map(count).max(), let best = units.first(where: { count($0) == most })
    else { return }
    kept.removeAll { $0.kind != best }
    // Two splits of the same domains: those said to be for validation.
    let keys = kept.map { Self.folded($0.name) }
    if Set(keys).count < keys.count {
      let validation = kept.filter { measure in
        ["val", "valid", "validation", "eval", "dev"].contains {
          names[measure.column].heading.lowercased().contains($0)
        }
      }
      let found = validation.map { Self.folded($0.name) }
      if Set(found).count == Set(keys).count, Set(found).count == found.count { kept = validation }
    }
    // The same text per word and per byte: the first will do.
    var known: Set<String> = []
    kept.removeAll { measure in
      let words = names[measure.column].words.map(\.text)
      guard words.contains(where: HeadingWords.lossUnits.contains) else { return false }
      let rest = words.filter { !HeadingWords.lossUnits.contains($0) }
      return !known.insert(rest.joined(separator: " ")).inserted
    }
    for index in kept.indices { kept[index].isTarget = !isGuarded }
    measures += kept
    for measure in kept {
      tell(
        measure.column, measure.isAggregate ? "loss over several domains" : "loss",
        measure.kind == .perplexity
          ? "its name says perplexity; the logarithm is taken"
          : measure.kind == .bits ? "its name says bits" : "its name says so",
        "--losses names others")
    }
    if best == .perplexity {
      let headings = kept.map { names[$0.column].heading }.joined(separator: ", ")
      notes.append("perplexities, whose logarithm is the loss: \(headings)")
    }
    let left = all.filter { measure in !kept.contains { $0.column == measure.column } }
    for measure in left {
      tell(
        measure.column, "not used",
        measure.isTraining
          ? "a loss on training text, where there are others"
          : measure.kind != best || isPerUnit(measure)
            ? "the same in another unit" : "another split of the same",
        "--losses takes it")
    }
    let others = left.filter { $0.kind != best || !$0.isTraining }.map { names[$0.column].heading }
    if !others.isEmpty { notes.append("not used: \(others.joined(separator: ", "))") }
  }

  private func isPerUnit(_ measure: Measured) -> Bool {
    names[measure.column].words.contains { HeadingWords.lossUnits.contains($0.text) }
  }

  // MARK: Names

  /// Lower case, without what stands between words. Signs stay: `c++` is not `c`.
  static func folded(_ name: String) -> String {
    String(name.lowercased().filter { !"_- ./".contains($0) })
  }

  /// The domain that a held-out part is called like but for case and the like, where only one is.
  func twin(of name: String) -> String? {
    let key = Self.folded(name)
    let alike = domains.filter { Self.folded($0) == key }
    return alike.count == 1 ? alike[0] : nil
  }

  /// Held-out parts are spelled as the domains that they are of, and no two alike.
  mutating func nameMeasures() {
    var counts: [String: Int] = [:]
    for measure in measures { counts[Self.folded(measure.name), default: 0] += 1 }
    for index in measures.indices {
      let name = measures[index].name
      // Where weights and losses are called by one rule, so are domains.
      let isOwn = isPlain && names[measures[index].column].heading.hasPrefix("loss_")
      if !isOwn, !domains.contains(name), counts[Self.folded(name)] == 1, let twin = twin(of: name)
      {
        measures[index].name = twin
      }
    }
    // What is only guarded makes way for what is sought.
    let sought = Set(measures.filter(\.isTarget).map(\.name))
    for index in measures.indices
    where !measures[index].isTarget && sought.contains(measures[index].name) {
      measures[index].name = names[measures[index].column].heading
    }
    let unique = Self.unique(
      measures.map(\.name), measures.map { names[$0.column].heading })
    for index in measures.indices {
      measures[index].name = unique[index]
      let use = measures[index].isScore ? "to be maximized" : "loss"
      uses[measures[index].column].use =
        "\(use) of '\(unique[index])'" + (measures[index].isAggregate ? " (over several)" : "")
    }
  }
}
