/// How a run of the program ended, and what it said.
struct Outcome: Sendable {
  enum End: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)
    /// It was still at work when its time was over.
    case timeout
  }

  var end: End
  var output: String
  var errors: String
  var seconds: Double

  var succeeded: Bool { end == .code(0) }

  /// The one line of a failure.
  var lastError: String {
    errors.split(separator: "\n").last { $0.hasPrefix("Error:") }.map(String.init)
      ?? String(errors.suffix(200))
  }
}

/// What is wrong with an outcome, whatever was asked of the program.
enum Fault: String, Codable, Sendable, CaseIterable {
  case trap, hang, unclear, lost, doubled, different

  /// - Parameter isStopped: whether a signal was sent, so that an end by one is no fault.
  static func of(_ outcome: Outcome, isStopped: Bool = false) -> (Fault, String)? {
    // A part of it that trapped, whatever the whole ended with.
    if outcome.errors.contains("Fatal error") { return (.trap, "\(outcome.errors.suffix(300))") }
    switch outcome.end {
    case .timeout: return (.hang, "still at work after \(Int(outcome.seconds)) s")
    case .signal(let number):
      return isStopped ? nil : (.trap, "signal \(number): \(outcome.errors.suffix(300))")
    case .code(0): return nil
    case .code(let code):
      // As a shell tells of signals; the Swift runtime's traps are among them.
      if (132...139).contains(code) || code == 128 + 5 { return (.trap, "exit code \(code)") }
      if isStopped, code >= 128 { return nil }
      // A job whose message nobody could be left.
      if code == 74, outcome.errors.contains("the outbox cannot be written") { return nil }
      // A study that is taken on pass by pass, with more to do.
      if code == 75, outcome.errors.isEmpty { return nil }
      guard [1, 64].contains(code) else { return (.unclear, "exit code \(code)") }
      return unclear(outcome, isUsage: code == 64).map { (.unclear, $0) }
    }
  }

  /// A failure is told in one line that anybody can read; usage may add how the command is called.
  private static func unclear(_ outcome: Outcome, isUsage: Bool) -> String? {
    let lines = outcome.errors.split(separator: "\n", omittingEmptySubsequences: false)
      .dropLast(outcome.errors.hasSuffix("\n") ? 1 : 0)
    let errors = lines.filter { $0.hasPrefix("Error: ") }
    guard errors.count == 1, let line = errors.first else {
      return "found \(errors.count) lines of 'Error: …': \(outcome.errors.suffix(300))"
    }
    if !isUsage, lines.last.map({ $0 != line }) ?? true {
      return "the error is followed by more: \(outcome.errors.suffix(300))"
    }
    if line.count > 1500 { return "a line of \(line.count) characters" }
    if outcome.errors.unicodeScalars.contains(where: { $0.value < 32 && $0 != "\n" }) {
      return "control characters: \(line.debugDescription)"
    }
    // What only programmers read.
    for jargon in [
      "Optional(", "NSCocoa", "NSPOSIX", "Swift.", "DecodingError", "The operation could not",
      "Fatal error", "rawValue", "codingPath", "UnreadableArgument", "Error Domain",
    ] where line.contains(jargon) {
      return "'\(jargon)' in: \(line)"
    }
    return nil
  }
}
