import Mixtures

/// Which of a table's runs are meant.
package struct RunSelection: Sendable, Hashable {
  /// The model's size, as the table says it or as a number of parameters: `1B`.
  package var size: String?
  package var step: Double?

  package init(size: String? = nil, step: Double? = nil) {
    self.size = size
    self.step = step
  }
}

extension RunTable {
  /// The sizes, the smallest first; those that are no numbers in the order of the table, before them.
  package var sizes: [String] {
    var found: [(text: String, parameters: Double?)] = []
    var seen: Set<String> = []
    for row in rows where seen.insert(row.size).inserted {
      if !found.contains(where: { Self.isSame($0.text, row.size) }) {
        found.append((row.size, row.parameters))
      }
    }
    return found.enumerated().sorted {
      ($0.element.parameters ?? 0, $0.offset) < ($1.element.parameters ?? 0, $1.offset)
    }.map(\.element.text)
  }

  /// The parameters of a model whose size is written like `160M`; nil where that is no number.
  package static func parameters(ofSize size: String) -> Double? {
    CellReading.count(size, unit: 1)
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    if a.lowercased() == b.lowercased() { return true }
    guard let x = CellReading.count(a, unit: 1), let y = CellReading.count(b, unit: 1) else {
      return false
    }
    return x == y
  }

  /// `410` and `pythia-410m` as 410M, where nothing else may be meant.
  private static func names(_ size: String, _ asked: String) -> Bool {
    let words = size.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "." }
    if words.count > 1 { return words.contains { isSame(String($0), asked) } }
    guard let own = CellReading.count(size, unit: 1), let count = CellReading.count(asked, unit: 1),
      own < 1e5
    else { return false }
    return [1e6, 1e9].contains { own * $0 == count }
  }

  private static func only(_ found: [String]) -> String? { found.count == 1 ? found[0] : nil }

  /// One row for each run, of one size and, of learning curves, one step. What is not said is the size
  /// that most runs have, the larger of two; and the last step that most runs have.
  ///
  /// - Throws: ``RunTableError`` where there is no such size or step.
  package func selected(_ selection: RunSelection) throws(RunTableError) -> RunTable {
    var result = self
    result.names = runNames
    let sizes = sizes
    if let asked = selection.size {
      let count = CellReading.count(asked, unit: 1)
      guard
        let size = sizes.first(where: { Self.isSame($0, asked) })
          ?? rows.first(where: { $0.parameters == count && count != nil })?.size
          ?? Self.only(sizes.filter { Self.names($0, asked) })
      else {
        if rows.isEmpty {
          result.layout.request.size = asked
          try result.selectStep(selection.step)
          return result
        }
        throw .unknownSelection(what: "size", asked: asked, known: sizes)
      }
      result.layout.request.size = size
      result.rows.removeAll { !Self.isSame($0.size, size) }
    } else if sizes.count > 1 {
      func runs(_ size: String) -> Int {
        Set(rows.filter { Self.isSame($0.size, size) }.map(\.run)).count
      }
      let counts = sizes.map(runs)
      let size = sizes[counts.indices.last { counts[$0] == counts.max()! }!]
      result.layout.request.size = size
      result.rows.removeAll { !Self.isSame($0.size, size) }
      result.notes.append(
        "size \(size) of \(sizes.joined(separator: ", ")); --size chooses another")
    }
    try result.selectStep(selection.step)
    return result
  }

  private mutating func selectStep(_ asked: Double?) throws(RunTableError) {
    /// Where a row is on its run's curve.
    func place(_ row: Row) -> Double? { row.step ?? row.tokens }
    let steps = Set(rows.compactMap(place)).sorted()
    func request(_ step: Double) {
      let there = rows.filter { place($0) == step }
      if there.contains(where: { $0.step != nil }) || there.isEmpty { layout.request.step = step }
      let tokens = Set(there.compactMap(\.tokens))
      if tokens.count == 1 { layout.request.tokens = tokens.first }
    }
    if let asked {
      if steps.isEmpty {
        layout.request.step = asked
        return
      }
      guard steps.contains(asked) else {
        throw .unknownSelection(what: "step", asked: Self.text(asked), known: steps.map(Self.text))
      }
      request(asked)
      rows.removeAll { place($0) != asked && !($0.status == .pending && place($0) == nil) }
      return
    }
    guard Set(rows.map(\.run)).count < rows.count else { return selectLength() }
    func runs(_ step: Double) -> Int {
      Set(rows.filter { place($0) == step && $0.status != .pending }.map(\.run)).count
    }
    let counts = steps.map(runs)
    guard let most = counts.max(), let index = counts.lastIndex(of: most) else { return }
    let step = steps[index]
    request(step)
    // What is pending or has diverged has no such step, and counts all the same.
    let kept = Set(rows.filter { place($0) == step }.map(\.run))
    rows.removeAll {
      place($0) != step && ($0.status == .finished || kept.contains($0.run))
    }
    notes.append(
      "step \(Self.text(step)), the last that \(most) runs have; --step chooses another of "
        + "\(steps.count)")
  }

  /// Of runs that were each measured once, but at lengths far apart, those of the length that most have, the
  /// longer of two: a loss falls with the tokens, and would be taken for the mixture's.
  private mutating func selectLength() {
    let measured = rows.filter { $0.status == .finished }
    let tokens = measured.compactMap(\.tokens)
    if tokens.count == measured.count, let least = tokens.min(), tokens.max()! <= 1.1 * least {
      return
    }
    let lengths = measured.compactMap { $0.step ?? $0.tokens }.sorted()
    guard lengths.count == measured.count, let first = lengths.first, first > 0,
      lengths.last! > 1.1 * first
    else { return }
    // Lengths within a tenth of each other are one.
    var groups: [[Double]] = []
    for length in lengths {
      if let least = groups.last?.first, length <= 1.1 * least {
        groups[groups.count - 1].append(length)
      } else {
        groups.append([length])
      }
    }
    let isTokens = measured.allSatisfy { $0.step == nil }
    let unit = isTokens ? "tokens" : "steps"
    // Where each run has a length of its own, all are there that are.
    let most = groups.map(\.count).max()!
    guard groups.count <= 4, most >= 4, groups.allSatisfy({ $0.count > 1 }) else {
      notes.append(
        "runs were measured after \(Self.text(first)) to \(Self.text(lengths.last!)) \(unit): losses compare "
          + "at one length only; leave out the others, or see 'mixpipe suggest --target-size'")
      return
    }
    let chosen = groups.last { $0.count == most }!
    let range = chosen.first!...chosen.last!
    rows.removeAll { row in
      row.status == .finished && !((row.step ?? row.tokens).map(range.contains) ?? true)
    }
    if chosen.first == chosen.last {
      if isTokens { layout.request.tokens = chosen[0] } else { layout.request.step = chosen[0] }
    }
    notes.append(
      "the \(most) runs measured after \(Self.text(chosen.last!)) \(unit), of "
        + groups.map { Self.text($0.last!) }.joined(separator: ", ") + "; --step chooses another")
  }

  private static func text(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }
}

extension RunTable {
  /// The same with domains and held-out domains in the order of another table of the same ones.
  package func reordered(as other: RunTable) -> RunTable {
    precondition(Set(domains) == Set(other.domains), "expected the domains \(other.domains)")
    var result = self
    result.domains = other.domains
    let known = other.heldOut.filter(heldOut.contains)
    result.heldOut = known + heldOut.filter { !known.contains($0) }
    let places = result.heldOut.map { heldOut.firstIndex(of: $0)! }
    result.measures = places.map { measures[$0] }
    for index in rows.indices {
      let mixture = rows[index].mixture
      result.rows[index].mixture = Mixture(
        domains: other.domains, proportionalTo: other.domains.map { mixture[$0]! })
      result.rows[index].losses = places.map { rows[index].losses[$0] }
    }
    return result
  }
}

extension RunTable.Row {
  /// A model's parameters; beyond it a size is one in millions, or no size at all.
  private static let sizes = 1...1e15

  /// The size where only a number of parameters will do.
  ///
  /// - Parameter advice: ends the message.
  /// - Throws: ``RunTableError/malformedLine(path:line:reason:)``.
  package func requiredParameters(advice: String = "") throws(RunTableError) -> Double {
    guard let parameters, Self.sizes ~= parameters else {
      throw .malformedLine(
        path: path, line: line,
        reason: "found the size '\(size)', expected a number of parameters such as 160M" + advice)
    }
    return parameters
  }
}
