/// What people write into cells.
struct CellReading: Equatable {
  /// Whether numbers are written like `0,25`.
  var hasDecimalCommas = false

  private static let empties: Set<String> = [
    "", "na", "n/a", "<na>", "null", "none", "-", "–", "—", "?", "pending", "n.a.", "#n/a", "#na",
    "nil", "--", "---", "−", "...", "…", ".",
  ]
  private static let divergences: Set<String> = [
    "nan", "inf", "-inf", "+inf", "infinity", "-infinity", "diverged", "-nan",
  ]

  static func isEmpty(_ cell: String) -> Bool {
    cell.isEmpty || (cell.utf8.count < 8 && empties.contains(cell.lowercased()))
  }
  static func isDivergence(_ cell: String) -> Bool {
    cell.utf8.count < 10 && divergences.contains(cell.lowercased())
  }

  /// With a point for the decimal mark and without marks between thousands; nil for what is no number
  /// in this notation.
  private func plain(_ cell: some StringProtocol) -> String? {
    guard hasDecimalCommas || cell.utf8.contains(where: Self.mayGroup) else { return nil }
    let mark: Character = hasDecimalCommas ? "," : "."
    let sides = cell.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
    guard !(sides.count == 2 && sides[1].contains(mark)) else { return nil }
    var whole = String(sides[0])
    if let group = whole.first(where: {
      $0 == (hasDecimalCommas ? "." : ",") || Self.groups.contains($0)
    }) {
      let groups = whole.split(separator: group, omittingEmptySubsequences: false)
      guard groups.dropFirst().allSatisfy({ $0.count == 3 && $0.allSatisfy(\.isNumber) }),
        1...4 ~= groups[0].count
      else {
        // 1e-3 and 0.5 mean what they mean, whatever the mark of the rest.
        return nil
      }
      whole = groups.joined()
    }
    return sides.count == 2 ? "\(whole).\(sides[1])" : whole
  }

  /// What stands between thousands besides points and commas: spaces of all widths in most of Europe,
  /// apostrophes in Switzerland.
  private static let groups: Set<Character> = [
    " ", "\u{A0}", "\u{2009}", "\u{202F}", "'", "\u{2019}",
  ]

  /// Whether a byte may begin a mark between thousands.
  private static func mayGroup(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "'")
      || byte >= 0x80
  }

  private func value(_ text: some StringProtocol) -> Double? {
    if let plain = plain(text) { return Double(plain) }
    if hasDecimalCommas, text.utf8.contains(UInt8(ascii: ".")) { return nil }
    return Double(text)
  }

  /// A finite number; `30%` is 30, and `3.02 ± 0.01`, `3.02 (0.01)` and `3.02 +/- 0.01` are 3.02.
  func number(_ cell: String) -> Double? {
    var text = cell[...]
    if text.utf8.contains(where: { $0 >= 0x80 }) {
      if let spread = text.firstIndex(of: "±") {
        text = text[..<spread].trimmed[...]
        if text.last == "(" { text = text.dropLast().trimmed[...] }
      }
      if text.first == "−" { text = ("-" + text.dropFirst())[...] }
    }
    if text.last == "%" {
      text.removeLast()
      while text.last?.isWhitespace == true { text.removeLast() }
    }
    if let value = value(text) ?? withoutSpread(text) { return value.isFinite ? value : nil }
    return nil
  }

  /// What stands before how far it is known: `3.02 (0.01)`, `3.02(10)`, `3.02 +/- 0.01`.
  private func withoutSpread(_ text: Substring) -> Double? {
    let whole: Substring
    let spread: Substring
    if text.utf8.last == UInt8(ascii: ")"), let start = text.firstIndex(of: "(") {
      whole = text[..<start]
      spread = text[text.index(after: start)...].dropLast()
    } else if let sign = text.firstRange(of: "+/-") ?? text.firstRange(of: "+-") {
      whole = text[..<sign.lowerBound]
      spread = text[sign.upperBound...]
    } else {
      return nil
    }
    guard value(spread.trimmed) != nil else { return nil }
    return value(whole.trimmed)
  }

  /// A number, or an amount of text such as `2.5B`.
  func amount(_ cell: String) -> Double? { number(cell) ?? count(cell, unit: 1) }

  /// How far a run has come: a count, or one behind a word as in `checkpoint-2000`.
  func place(_ cell: String, unit: Double) -> Double? {
    if let count = count(cell, unit: unit) { return count }
    let digits = cell.reversed().prefix { $0.isASCII && $0.isNumber }.count
    let word = cell.dropLast(digits)
    guard digits > 0, word.contains(where: \.isLetter),
      word.allSatisfy({ $0.isLetter || "-_ =".contains($0) })
    else { return nil }
    return Double(cell.suffix(digits)).map { $0 * unit }
  }

  /// `160M`, `1.3B`, `125_000`, `60m`, `1e9`; also with the unit that the heading told.
  func count(_ cell: String, unit: Double) -> Double? {
    let text = cell.lowercased().filter { $0 != "_" && $0 != " " }
    if let value = value(text), value.isFinite { return value * unit }
    for (suffix, factor) in [("k", 1e3), ("m", 1e6), ("b", 1e9), ("g", 1e9), ("t", 1e12)]
    where text.hasSuffix(suffix) {
      if let value = value(text.dropLast()), value.isFinite, value > 0 { return value * factor }
    }
    return nil
  }

  /// With points; for what is written on the command line.
  static func count(_ cell: String, unit: Double) -> Double? {
    CellReading().count(cell, unit: unit)
  }

  /// Digits after the decimal mark.
  func decimals(_ cell: String) -> Int {
    let mark: Character = hasDecimalCommas ? "," : "."
    let mantissa = cell.lowercased().prefix { $0 != "e" && $0 != "%" }
    let exponent =
      cell.lowercased().split(separator: "e").dropFirst().first.flatMap { Int($0) }
      .map { max(min($0, 400), -400) } ?? 0
    let digits = mantissa.firstIndex(of: mark).map {
      mantissa.distance(from: $0, to: mantissa.endIndex) - 1
    }
    return max((digits ?? 0) - exponent, 0)
  }
}

/// What the tools that people run their trainers with call the state of a run: Optuna, Ax, W&B, MLflow,
/// Ray Tune, Slurm, and words of one's own.
enum RunState: String, CaseIterable, Sendable {
  case finished, pending, diverged, lost, cancelled

  private static let words: [String: RunState] = {
    let lists: [(RunState, String)] = [
      (
        .finished,
        "finished done ok complete completed success succeeded terminated successful passed "
          + "cd true_complete"
      ),
      (
        .pending,
        "pending running queued submitted suggested proposed open todo waiting candidate staged "
          + "scheduled paused dispatched started created initializing requeued configuring "
          + "completing resizing suspended pd r active asked"
      ),
      (.diverged, "diverged nan inf exploded divergence unstable"),
      (
        .lost,
        "failed fail failure crashed crash killed preempted preempting preemption oom "
          + "out_of_memory outofmemory error errored timeout timed_out node_fail nodefail boot_fail "
          + "deadline lost aborted stopped_early_by_error interrupted evicted unknown_failure to nf"
      ),
      (
        .cancelled,
        "cancelled canceled abandoned pruned early_stopped earlystopped stopped skipped revoked "
          + "withdrawn ca"
      ),
    ]
    var result: [String: RunState] = [:]
    for (state, text) in lists {
      for word in text.split(separator: " ") { result[String(word)] = state }
    }
    return result
  }()

  /// What is told of runs that broke down, within whatever else is told: `CUDA out of memory`, `job was
  /// preempted`, `killed by signal 9`.
  static func isBreakdown(_ text: String) -> Bool {
    let padded = "_\(text)_"
    return [
      "_out_of_memory_", "_oom_", "_preempted_", "_killed_", "_crashed_", "_sigkill_", "_sigterm_",
      "_sigsegv_", "_segmentation_fault_", "_segfault_", "_node_failure_", "_node_fail_",
      "_timed_out_",
      "_time_limit_", "_evicted_", "_nccl_", "_lost_", "_disk_full_", "_no_space_left_",
    ].contains { padded.contains($0) }
  }

  /// What yes and no mean in a column that is called so: a run that is not `finished` goes on, one that was no
  /// `success` is lost.
  private static let questions: [String: (yes: RunState, no: RunState?)] = [
    "diverged": (.diverged, nil), "failed": (.lost, nil), "crashed": (.lost, nil),
    "lost": (.lost, nil), "killed": (.lost, nil), "preempted": (.lost, nil), "oom": (.lost, nil),
    "finished": (.finished, .pending), "completed": (.finished, .pending),
    "complete": (.finished, .pending), "success": (.finished, .lost),
    "succeeded": (.finished, .lost), "successful": (.finished, .lost), "ok": (.finished, .lost),
  ]
  private static let affirmations: Set<String> = [
    "true", "1", "1.0", "yes", "y", "t", "x", "✓", "✅", "✔",
  ]
  private static let negations: Set<String> = ["false", "0", "0.0", "no", "n", "f", "✗", "❌", "✘"]

  /// Whether a column called so is a question, to be answered with yes or no.
  static func isQuestion(_ word: String) -> Bool { questions[word.lowercased()] != nil }

  static func isAnswer(_ cell: String) -> Bool {
    let text = cell.lowercased().trimmed
    return affirmations.contains(text) || negations.contains(text)
  }

  /// - Parameter heading: a column called `diverged` or `failed` holds yes or no.
  /// - Returns: nil for a word that says nothing.
  init?(_ cell: String, heading: String) {
    let text = cell.lowercased().trimmed
    if let question = Self.questions[heading.lowercased()], Self.isAnswer(text) {
      guard let state = Self.affirmations.contains(text) ? question.yes : question.no else {
        return nil
      }
      self = state
      return
    }
    // `TrialState.COMPLETE`, `RunStatus.FINISHED`, `CANCELLED by 1000`, `Failed (oom)`, `NODE-FAIL`.
    let last = text.split(separator: ".").last.map(String.init) ?? text
    let whole = last.map { $0.isLetter ? $0 : "_" }
    let parts = String(whole).split(separator: "_").map(String.init)
    let joined = parts.joined(separator: "_")
    // What says why counts before what says that: `failed: loss is nan` has diverged.
    // Slurm's two letters mean something by themselves only.
    let told = parts.compactMap { $0.count > 2 ? Self.words[$0] : nil }
    if let found = Self.words[joined] {
      self = found
    } else if told.contains(.diverged) {
      self = .diverged
    } else if let first = told.first, parts[0].count > 2, Self.words[parts[0]] != nil {
      self = first
    } else if Self.isBreakdown(joined) {
      self = .lost
    } else if let found = Self.cut(text) {
      self = found
    } else if told.contains(.lost),
      !parts.contains(where: { ["no", "not", "without"].contains($0) })
    {
      // `CUDA error: device-side assert`.
      self = .lost
    } else if let parted = Self.parted(cell), let found = RunState(parted, heading: "") {
      self = found
    } else {
      return nil
    }
  }

  /// What Slurm's `sacct` cuts to the width of its column: `OUT_OF_ME+`.
  private static func cut(_ text: String) -> RunState? {
    guard text.last == "+", text.count > 4 else { return nil }
    let found = Set(words.filter { $0.key.hasPrefix(text.dropLast()) }.values)
    return found.count == 1 ? found.first : nil
  }

  /// `OOMKilled` and `CrashLoopBackOff`, as Kubernetes writes them, in their words; nil for other writing.
  private static func parted(_ cell: String) -> String? {
    let letters = Array(cell)
    var result = ""
    for (index, letter) in letters.enumerated() {
      let isHump =
        index > 0 && letter.isUppercase
        && (letters[index - 1].isLowercase
          || letters[index - 1].isUppercase && index + 1 < letters.count
            && letters[index + 1].isLowercase)
      if isHump { result.append("_") }
      result.append(letter)
    }
    return result.count > letters.count ? result : nil
  }
}

extension StringProtocol {
  /// Without the white space at its ends.
  var trimmed: String {
    guard let start = firstIndex(where: { !$0.isWhitespace }) else { return "" }
    let end = lastIndex { !$0.isWhitespace }!
    return String(self[start...end])
  }
}
