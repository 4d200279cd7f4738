/// What people write into cells.
struct CellReading: Equatable {
  /// Whether numbers are written like `0,25`.
  var hasDecimalCommas = false

  private static let empties: Set<String> = [
    "", "na", "n/a", "<na>", "null", "none", "-", "–", "—", "?", "pending",
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
    guard hasDecimalCommas || cell.utf8.contains(UInt8(ascii: ",")) else { return nil }
    let (mark, group): (Character, Character) = hasDecimalCommas ? (",", ".") : (".", ",")
    let sides = cell.split(separator: mark, maxSplits: 1, omittingEmptySubsequences: false)
    guard !(sides.count == 2 && sides[1].contains(mark)) else { return nil }
    var whole = String(sides[0])
    if whole.contains(group) {
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

  private func value(_ text: some StringProtocol) -> Double? {
    if let plain = plain(text) { return Double(plain) }
    if hasDecimalCommas, text.utf8.contains(UInt8(ascii: ".")) { return nil }
    return Double(text)
  }

  /// A finite number; `30%` is 30.
  func number(_ cell: String) -> Double? {
    var text = cell[...]
    if text.last == "%" {
      text.removeLast()
      while text.last?.isWhitespace == true { text.removeLast() }
    }
    guard let value = value(text), value.isFinite else { return nil }
    return value
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

  /// - Parameter heading: a column called `diverged` or `failed` holds yes or no.
  /// - Returns: nil for a word that says nothing.
  init?(_ cell: String, heading: String) {
    let text = cell.lowercased().trimmed
    switch heading.lowercased() {
    case "diverged", "failed", "crashed", "lost":
      guard ["true", "1", "yes", "y", "t", "x"].contains(text) else { return nil }
      self = heading.lowercased() == "diverged" ? .diverged : .lost
      return
    default: break
    }
    // `TrialState.COMPLETE`, `RunStatus.FINISHED`, `CANCELLED by 1000`, `Failed (oom)`, `NODE-FAIL`.
    let last = text.split(separator: ".").last.map(String.init) ?? text
    let whole = last.map { $0.isLetter ? $0 : "_" }
    let parts = String(whole).split(separator: "_").map(String.init)
    let joined = parts.joined(separator: "_")
    // What says why counts before what says that: `failed: loss is nan` has diverged.
    let told = parts.compactMap { Self.words[$0] }
    if let found = Self.words[joined] {
      self = found
    } else if told.contains(.diverged) {
      self = .diverged
    } else if let first = told.first, parts.first.map({ Self.words[$0] != nil }) == true {
      self = first
    } else if Self.isBreakdown(joined) {
      self = .lost
    } else {
      return nil
    }
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
