import Foundation

/// What the states of a table's runs made necessary to say.
struct StateNotes {
  var lost = 0
  var cancelled = 0
  /// Losses that stood in rows of runs that did not finish.
  var unusedLosses = 0
  var unknown: [String: Int] = [:]

  func words(_ path: String) -> [String] {
    var notes: [String] = []
    func runs(_ count: Int) -> String { count == 1 ? "a run" : "\(count) runs" }
    if lost > 0 {
      notes.append(
        "\(path): \(runs(lost)) crashed or \(lost == 1 ? "was" : "were") killed: that says nothing of "
          + "the mixture\(lost == 1 ? "" : "s")")
    }
    if cancelled > 0 {
      notes.append(
        "\(path): \(runs(cancelled)) \(cancelled == 1 ? "was" : "were") stopped early: left out")
    }
    if unusedLosses > 0 {
      notes.append(
        "\(path): the losses of \(runs(unusedLosses)) that did not finish are not used")
    }
    for (word, count) in unknown.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(3) {
      notes.append(
        "\(path): the state '\(word)' of \(runs(count)) is not known: finished where there are losses"
      )
    }
    return notes
  }
}

extension TablePart {
  /// What became of a run: by its state where it has one, and by its losses.
  func outcome(
    _ row: CellTable.Row, _ notes: inout StateNotes
  ) throws(RunTableError) -> (RunTable.Status, [Double?]) {
    var told: [RunState] = []
    var reasons: [String] = []
    for column in roles.statuses where !row.cells[column].isEmpty {
      if roles.names[column].fixedUse == .reason {
        // What stands for nothing: 0, and Slurm's 0:0.
        let text = row.cells[column].lowercased()
        let isNothing =
          CellReading.isEmpty(text) || text.allSatisfy { "0:.".contains($0) } || text == "success"
        if !isNothing { reasons.append(text) }
        continue
      }
      if let state = RunState(row.cells[column], heading: lastWord(column)) {
        told.append(state)
      } else if !CellReading.isEmpty(row.cells[column]), !RunState.isAnswer(row.cells[column]) {
        notes.unknown[row.cells[column], default: 0] += 1
      }
    }
    // What somebody writes in place of a loss tells it too: `crashed`, `OOM`, `running`.
    for measure in roles.measures {
      let cell = row.cells[measure.column]
      if let first = cell.unicodeScalars.first, first.properties.isAlphabetic, cell.count > 2,
        !CellReading.isEmpty(cell), !CellReading.isDivergence(cell), let state = instead(cell)
      {
        told.append(state)
      }
    }
    var state = [RunState.diverged, .lost, .cancelled, .pending, .finished].first(
      where: told.contains)
    // A reason for an end is none for the end of a run that has measured something.
    if state == nil, !reasons.isEmpty {
      let isBare = roles.measures.allSatisfy {
        CellReading.isEmpty(row.cells[$0.column]) || CellReading.isDivergence(row.cells[$0.column])
      }
      if isBare {
        let found = reasons.compactMap { RunState($0, heading: "") }.first
        state = found == .finished || found == .pending ? nil : found ?? .lost
      }
    }
    let none = roles.measures.map { _ in Double?.none }
    if state == .diverged { return (.diverged, none) }
    var losses: [Double?] = []
    var diverged = false
    for measure in roles.measures {
      let cell = row.cells[measure.column]
      if state != nil, state != .finished, instead(cell) == state {
        losses.append(nil)
      } else if CellReading.isDivergence(cell) {
        diverged = true
        losses.append(nil)
      } else if CellReading.isEmpty(cell) {
        losses.append(nil)
      } else {
        losses.append(try loss(cell, measure, row))
      }
    }
    let isMeasured = losses.contains { $0 != nil }
    switch state {
    case .lost:
      notes.lost += 1
      if isMeasured { notes.unusedLosses += 1 }
      return (.lost, none)
    case .cancelled:
      notes.cancelled += 1
      if isMeasured { notes.unusedLosses += 1 }
      return (.cancelled, none)
    case .pending:
      if isMeasured { notes.unusedLosses += 1 }
      return (.pending, none)
    default: break
    }
    if diverged { return (.diverged, none) }
    return isMeasured ? (.finished, losses) : (.pending, none)
  }

  /// The state that stands where a loss was expected; nil for all else.
  private func instead(_ cell: String) -> RunState? {
    if ["tbd", "todo", "missing"].contains(cell.lowercased()) { return .pending }
    let state = RunState(cell, heading: "")
    return state == .finished ? nil : state
  }

  /// No cross-entropy of text is zero or less: -1 stands for a run that failed. Where many are, the column is
  /// something else than its name says, and lower is better all the same.
  ///
  /// - Returns: what to say of it.
  func takeBelowZero(_ rows: inout [RunTable.Row]) -> [String] {
    var notes: [String] = []
    if table.isJournal { return notes }
    for (place, measure) in roles.measures.enumerated()
    where !measure.isScore && !measure.isNamed && measure.kind != .perplexity {
      let known = rows.indices.filter {
        rows[$0].status == .finished && rows[$0].losses[place] != nil
      }
      let below = known.filter { rows[$0].losses[place]! <= 0 }
      guard let first = below.first else { continue }
      let heading = table.columns[measure.column]
      guard below.count * 4 <= known.count else {
        notes.append(
          "\(table.path): '\(heading)' is zero or less in \(below.count) of \(known.count) runs, as no loss of "
            + "text is; lower is taken as better")
        continue
      }
      notes.append(
        "\(table.path): line \(rows[first].line): found \(rows[first].losses[place]!) in '\(heading)', where "
          + "losses are above zero\(below.count > 1 ? "; \(below.count) runs are like it" : ""): taken as lost"
      )
      for index in below {
        rows[index].status = .lost
        rows[index].losses = rows[index].losses.map { _ in nil }
      }
    }
    return notes
  }

  /// Losses that no model has: 1e30 among threes is what is left of a divergence, and nothing below all
  /// others by as much is a loss at all.
  ///
  /// - Returns: what to say of it.
  func takeOutOfBounds(_ rows: inout [RunTable.Row]) -> [String] {
    var notes: [String] = []
    for (place, measure) in roles.measures.enumerated() where !measure.isScore {
      let values = rows.compactMap { $0.status == .finished ? $0.losses[place] : nil }.sorted()
      guard values.count >= 4 else { continue }
      let median = values[values.count / 2]
      let spread = values[values.count * 3 / 4] - values[values.count / 4]
      let reach = max(20 * abs(median), 100 * spread)
      let outside = rows.indices.filter { index in
        rows[index].status == .finished
          && rows[index].losses[place].map { abs($0 - median) > reach } ?? false
      }
      guard reach > 0, let first = outside.first, outside.count * 4 < values.count else { continue }
      let found = rows[first].losses[place]!
      notes.append(
        "\(table.path): line \(rows[first].line): found \(found) in '\(table.columns[measure.column])', "
          + "where the median is \(median)\(outside.count > 1 ? "; \(outside.count) runs are like it" : ""): "
          + "taken as \(found > median ? "diverged" : "lost")")
      for index in outside {
        rows[index].status = rows[index].losses[place]! > median ? .diverged : .lost
        rows[index].losses = rows[index].losses.map { _ in nil }
      }
    }
    return notes
  }

  private func lastWord(_ column: Int) -> String { roles.names[column].words.last?.text ?? "" }

  private func loss(
    _ cell: String, _ measure: ColumnRoles.Measured, _ row: CellTable.Row
  ) throws(RunTableError) -> Double {
    let heading = table.columns[measure.column]
    guard let value = table.reading.number(cell) else {
      throw problem(
        row,
        "found the \(measure.isScore ? "score" : "loss") '\(cell)' in the column '\(heading)', expected "
          + "a number\(markHint(cell)), nothing (still to come) or 'nan' (diverged); correct it")
    }
    // Squares of losses, and sums of these, must stay numbers.
    guard abs(value) <= 1e30 else {
      throw problem(
        row, "found \(cell) in the column '\(heading)', expected a number up to 1e30; correct it")
    }
    if measure.isScore {
      if let bound = measure.bound, !(0...bound).contains(value) {
        throw problem(
          row,
          "found \(cell) in the column '\(heading)', expected a number from 0 to \(Int(bound)) as in "
            + "the other rows; correct it")
      }
      return RunTable.Measure(heading: heading, unit: .score(bound: measure.bound)).minimized(value)
    }
    guard measure.kind == .perplexity else { return value }
    guard value > 0 else {
      throw problem(row, "found the perplexity \(cell), expected a positive number; correct it")
    }
    return log(value)
  }
}
