/// A column's heading as words, and what they can say of the column. Names of domains are whatever is left
/// of a heading, kept whole: `weight_c++` is the weight of `c++`.
struct ColumnName: Equatable {
  /// How a loss is given.
  enum LossKind: Int, Comparable, Sendable {
    case nats, bits, perplexity

    static func < (a: LossKind, b: LossKind) -> Bool { a.rawValue < b.rawValue }
  }

  /// What a heading by itself suggests; the table decides.
  enum Use: Equatable {
    case run, size, step, tokens, seed, status, operations
    /// Why a run ended.
    case reason
    /// A number that only counts or times: never a loss.
    case counter
    /// Higher is better, or nobody can tell: accuracy, F1, a score.
    case score
    case weight, loss
    /// A number that is no loss, however it is called besides.
    case other
    case unknown
  }

  struct WeightReading: Equatable {
    /// Columns of one pattern belong together.
    var pattern: String
    var name: String
  }

  struct LossReading: Equatable {
    var kind: LossKind
    var isTraining: Bool
    var name: String
    /// Words around the name.
    var stripped: Int
  }

  struct Word: Equatable {
    /// Lower case.
    var text: String
    var range: Range<String.Index>
  }

  let heading: String
  /// The heading without the tool's own prefix (`config/`, `params_`, `metrics.` …), as its place in it.
  let core: Range<String.Index>
  /// The prefix says that the column holds what a run was given.
  let isInput: Bool
  let words: [Word]

  /// - Parameter others: the headings beside it. `params_b` is a number of billions, unless there is
  ///   `params_a` too.
  init(_ heading: String, among others: [String] = []) {
    self.heading = heading
    let whole = Self.words(heading, heading.startIndex..<heading.endIndex)
    let isKnown =
      Self.fixedUse(of: whole) != nil
      && (HeadingWords.isKnown(whole.map(\.text))
        || others.count { Self.sharesNamespace($0, heading) } < 2)
    var start = heading.startIndex
    var isInput = false
    var found = !isKnown
    while found {
      found = false
      for (prefix, isGiven) in HeadingWords.namespaces {
        let rest = heading[start...]
        guard rest.count > prefix.count, rest.prefix(prefix.count).lowercased() == prefix else {
          continue
        }
        start = heading.index(start, offsetBy: prefix.count)
        isInput = isInput || isGiven
        found = true
        break
      }
    }
    var end = heading.endIndex
    for suffix in ["/value", ".value"]
    where isInput && heading[start...].count > suffix.count && heading.hasSuffix(suffix) {
      end = heading.index(heading.endIndex, offsetBy: -suffix.count)
    }
    core = start..<end
    self.isInput = isInput
    let plain = Self.words(heading, core)
    words = Self.humps(heading, plain) ?? plain
  }

  /// `weightBooks` and `valLossWeb` in their words, where the first of them is known; nil for other
  /// headings.
  private static func humps(_ heading: String, _ words: [Word]) -> [Word]? {
    guard words.count == 1, let whole = words.first else { return nil }
    var parts: [Word] = []
    var start = whole.range.lowerBound
    var previous: Character?
    for index in heading[whole.range].indices {
      let isHump = heading[index].isUppercase && previous?.isLowercase == true
      if isHump {
        parts.append(Word(text: heading[start..<index].lowercased(), range: start..<index))
        start = index
      }
      previous = heading[index]
    }
    guard !parts.isEmpty else { return nil }
    let last = start..<whole.range.upperBound
    parts.append(Word(text: heading[last].lowercased(), range: last))
    let first = parts[0].text
    let isKnown =
      HeadingWords.plainWeights.contains(first) || HeadingWords.losses[first] != nil
      || ["val", "eval", "valid", "train", "test", "mix", "mixture"].contains(first)
      || fixedUse(of: parts) != nil
    return isKnown ? parts : nil
  }

  private static func sharesNamespace(_ a: String, _ b: String) -> Bool {
    guard
      let (prefix, _) = HeadingWords.namespaces.first(where: { b.lowercased().hasPrefix($0.prefix) }
      )
    else { return false }
    return a.lowercased().hasPrefix(prefix)
  }

  static func == (a: ColumnName, b: ColumnName) -> Bool { a.heading == b.heading }

  private static func words(_ heading: String, _ range: Range<String.Index>) -> [Word] {
    var words: [Word] = []
    var index = range.lowerBound
    while index < range.upperBound {
      guard heading[index].isLetter || heading[index].isNumber else {
        index = heading.index(after: index)
        continue
      }
      let end =
        heading[index..<range.upperBound].firstIndex { !$0.isLetter && !$0.isNumber }
        ?? range.upperBound
      words.append(Word(text: heading[index..<end].lowercased(), range: index..<end))
      index = end
    }
    return words
  }

  /// What a key of nested JSON holds, where that is known; nil for a name that somebody gave.
  static func container(_ key: String) -> Use? {
    let word = key.lowercased()
    if HeadingWords.weights.contains(word) { return .weight }
    if HeadingWords.losses[word] != nil { return .loss }
    return [
      "config", "params", "summary", "metrics", "data", "info", "hparams", "eval", "user_attrs",
    ]
    .contains(word) ? .other : nil
  }

  // MARK: Roles

  var joined: String { words.map(\.text).joined(separator: "_") }

  /// What a number in this column counts.
  var unit: Double {
    words.count > 1 ? words.last.flatMap { HeadingWords.units[$0.text] } ?? 1 : 1
  }

  /// What the heading as a whole is known for; nil where it is not.
  var fixedUse: Use? { Self.fixedUse(of: words) }

  private static let fixedLists: [(names: Set<String>, use: Use)] = [
    (HeadingWords.runs, .run), (HeadingWords.sizes, .size), (HeadingWords.steps, .step),
    (HeadingWords.tokens, .tokens), (HeadingWords.seeds, .seed), (HeadingWords.states, .status),
    (HeadingWords.operations, .operations), (HeadingWords.counters, .counter),
    (HeadingWords.reasons, .reason),
  ]

  private static func fixedUse(of words: [Word]) -> Use? {
    let joined = words.map(\.text).joined(separator: "_")
    for (names, use) in fixedLists where names.contains(joined) { return use }
    guard words.count > 1, HeadingWords.units[words.last!.text] != nil else { return nil }
    let bare = words.dropLast().map(\.text).joined(separator: "_")
    for (names, use) in fixedLists where use != .run && names.contains(bare) { return use }
    return nil
  }

  /// By the heading alone.
  var use: Use {
    if let fixedUse { return fixedUse }
    if isOther { return .other }
    if !lossReadings.isEmpty { return .loss }
    if isScore { return .score }
    return weightReadings.isEmpty ? .unknown : .weight
  }

  /// Words that make it something else than a loss or a weight, whatever other words there are.
  var isOther: Bool { words.contains { HeadingWords.others.contains($0.text) } }

  /// Statistics of a loss that hardly anything else is called.
  var isSpread: Bool { words.contains { HeadingWords.spreads.contains($0.text) } }

  var isScore: Bool { words.contains { HeadingWords.scores.contains($0.text) } }

  /// What the W&B's table adds for each measurement.
  var isExtreme: Bool { heading.hasSuffix("__MIN") || heading.hasSuffix("__MAX") }

  /// A measurement of which another column is the spread or a bound: `loss_a` of `loss_a_std`.
  var measured: String? {
    guard words.count > 1, let last = words.last, let first = words.first else { return nil }
    let known = HeadingWords.spreads.union(HeadingWords.bounds)
    if known.contains(last.text) {
      return trimmedEnd(heading[..<last.range.lowerBound])
    }
    if known.contains(first.text) {
      return String(heading[words[1].range.lowerBound...])
    }
    return nil
  }

  func trimmedEnd(_ text: Substring) -> String {
    var text = text
    while let last = text.last, !last.isLetter, !last.isNumber { text.removeLast() }
    return String(text)
  }

  // MARK: Weights

  var weightReadings: [WeightReading] {
    guard let first = words.first, let last = words.last else { return [] }
    var readings: [WeightReading] = []
    // `weight_books`, `mixture_weight_books`, `domain_weights/books`.
    var lead = 0
    while lead < words.count - 1, HeadingWords.weightTrimmings.contains(words[lead].text) {
      lead += 1
    }
    for at in Set([0, lead]).sorted() where hasName(after: at) {
      guard HeadingWords.weights.contains(words[at].text) else { continue }
      let pattern = heading[core.lowerBound..<words[at].range.upperBound].lowercased()
      readings.append(WeightReading(pattern: pattern + "_", name: name(after: at, before: nil)))
      // `mixture_weight_books`: a second word of the same kind, where the table says so.
      if words.count > at + 2, HeadingWords.plainWeights.contains(words[at + 1].text) {
        let longer = heading[core.lowerBound..<words[at + 1].range.upperBound].lowercased()
        readings.append(
          WeightReading(pattern: longer + "_", name: name(after: at + 1, before: nil)))
      }
    }
    if words.count > 1, HeadingWords.weights.contains(last.text) {
      readings.append(
        WeightReading(
          pattern: "_" + last.text, name: name(after: nil, before: words.count - 1)))
    }
    // w0, w1, …; weight1, weight2, ….
    let stem = first.text.prefix { !$0.isNumber }
    if words.count == 1, stem.count < first.text.count, HeadingWords.weights.contains(String(stem))
    {
      readings.append(WeightReading(pattern: String(stem), name: String(heading[core])))
    }
    if readings.isEmpty, isInput {
      readings.append(WeightReading(pattern: "given", name: String(heading[core])))
    }
    return readings
  }

  /// Whether something is left behind a word: another word, or a mark and signs.
  private func hasName(after at: Int) -> Bool {
    let end = words[at].range.upperBound
    return words.count > at + 1
      || heading.distance(from: end, to: core.upperBound) > 1
  }

  /// What stands behind a word.
  func named(after at: Int) -> String { name(after: at, before: nil) }

  /// What stands before a word.
  func named(before at: Int) -> String { name(after: nil, before: at) }

  /// What stands between two of the words, without one mark that parts it from each.
  private func name(after: Int?, before: Int?) -> String {
    var start = core.lowerBound
    var end = core.upperBound
    if let after {
      start = words[after].range.upperBound
      if start < end {
        let mark = heading[start]
        // No mark parts the words of weightBooks.
        if !mark.isLetter && !mark.isNumber { start = heading.index(after: start) }
        // loss[books], loss(books).
        let closing: Character? = mark == "[" ? "]" : mark == "(" ? ")" : nil
        if let closing, before == nil, start < end {
          let last = heading.index(before: end)
          if heading[last] == closing { end = last }
        }
      }
    }
    if let before {
      end = words[before].range.lowerBound
      if end > start {
        let mark = heading.index(before: end)
        if !heading[mark].isLetter && !heading[mark].isNumber { end = mark }
      }
    }
    guard start < end else { return String(heading[core]) }
    return heading[start..<end].trimmed
  }

  // MARK: Losses

  /// Every way to take words off both ends with one among them that says that it is a loss; the fewest
  /// first.
  var lossReadings: [LossReading] {
    func isLoss(_ index: Int) -> Bool {
      words.indices.contains(index) && HeadingWords.losses[words[index].text] != nil
    }
    func isAround(_ index: Int) -> Bool {
      if isLoss(index) || HeadingWords.lossTrimmings.contains(words[index].text) { return true }
      // `(BPB v2)`, `books_loss_mean`.
      return index == words.count - 1 && isLoss(index - 1)
        && (isVersion(words[index].text) || HeadingWords.means.contains(words[index].text))
    }
    let leading = words.indices.prefix(while: isAround).count
    let trailing = words.indices.reversed().prefix(while: isAround).count
    var readings: [LossReading] = []
    for first in 0...leading {
      for last in 0...trailing where first + last > 0 && first + last <= words.count {
        let taken = Array(words[..<first]) + Array(words[(words.count - last)...])
        guard let kind = kind(of: taken) else { continue }
        // Signs alone may be a name too.
        let isBare =
          first + last == words.count && !(last == 0 && first > 0 && hasName(after: first - 1))
        if isBare, first > 0, last > 0 { continue }
        let isTraining = taken.contains { $0.text == "train" || $0.text == "training" }
        readings.append(
          LossReading(
            kind: kind, isTraining: isTraining,
            name: isBare
              ? heading
              : name(
                after: first > 0 ? first - 1 : nil, before: last > 0 ? words.count - last : nil),
            stripped: first + last))
      }
    }
    return readings.sorted { $0.stripped < $1.stripped }
  }

  private func isVersion(_ word: String) -> Bool {
    word.first == "v" && word.count > 1 && word.dropFirst().allSatisfy(\.isNumber)
  }

  private func kind(of taken: [Word]) -> LossKind? {
    for (index, word) in taken.enumerated() {
      guard let kind = HeadingWords.losses[word.text] else { continue }
      if word.text == "bits", !words.contains(where: { $0.text == "per" }) { continue }
      if word.text == "entropy", index == 0 || taken[index - 1].text != "cross" { continue }
      if kind == .perplexity, index > 0, taken[index - 1].text == "log" { return .nats }
      return kind
    }
    return nil
  }

  /// The name that is left of a score: `acc_hellaswag` and `hellaswag/acc,none` are of `hellaswag`.
  var scoreName: String {
    func isAround(_ word: Word) -> Bool {
      HeadingWords.scores.contains(word.text) || HeadingWords.lossTrimmings.contains(word.text)
        || word.text == "none" || word.text == "norm"
    }
    let leading = words.prefix(while: isAround).count
    guard leading < words.count else { return heading }
    let trailing = words.reversed().prefix(while: isAround).count
    return name(
      after: leading > 0 ? leading - 1 : nil, before: trailing > 0 ? words.count - trailing : nil)
  }

  /// Whether a name says that it is over several domains, not of one.
  static func isAggregate(_ name: String) -> Bool {
    let all = ColumnName(name).words.map(\.text)
    // Signs alone are a name.
    guard !all.isEmpty else { return false }
    let words = all.filter {
      HeadingWords.losses[$0] == nil && !HeadingWords.lossTrimmings.contains($0)
        && !HeadingWords.scores.contains($0)
    }
    return words.allSatisfy { HeadingWords.aggregates.contains($0) }
  }
}
