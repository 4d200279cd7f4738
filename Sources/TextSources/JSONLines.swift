import Foundation

/// One JSON object a line, fed in pieces of any size; takes the text out of each.
struct JSONLines {
  /// What a line came to.
  enum Outcome {
    case text([UInt8])
    /// An object whose text is `null`.
    case empty
  }

  private let path: String
  private let textKey: String
  /// The key as it is, and its parts where it has dots.
  private let keyBytes: [UInt8]
  private let keyPath: [[UInt8]]
  private let longest: Int
  /// The beginning of a line whose end has not come yet.
  private var rest: [UInt8] = []
  private(set) var number = 0

  /// - Parameters:
  ///   - path: for messages.
  ///   - longest: bytes of a line at most.
  init(path: String, textKey: String, longest: Int = .max) {
    self.path = path
    self.textKey = textKey
    self.longest = longest
    keyBytes = Array(textKey.utf8)
    keyPath = textKey.split(separator: ".", omittingEmptySubsequences: false).map {
      Array($0.utf8)
    }
  }

  /// Calls `body` for each line that is complete.
  ///
  /// - Parameter bad: is told what is wrong with a line that is no document; it throws, or the line is
  ///   passed over.
  mutating func feed(
    _ piece: UnsafeRawBufferPointer, bad: (_ line: Int, JSONScanner.Problem) throws -> Void,
    _ body: (_ line: Int, Outcome) throws -> Void
  ) throws {
    var start = 0
    while start < piece.count,
      let hit = memchr(piece.baseAddress! + start, Int32(UInt8.newline), piece.count - start)
    {
      let end = UnsafeRawPointer(hit) - piece.baseAddress!
      let part = UnsafeRawBufferPointer(rebasing: piece[start..<end])
      start = end + 1
      if rest.isEmpty {
        try line(part, bad, body)
      } else {
        try checkLength(part.count)
        rest.append(contentsOf: part)
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        try whole.withUnsafeBytes { try line($0, bad, body) }
      }
    }
    try checkLength(piece.count - start)
    rest.append(contentsOf: piece[start...])
  }

  /// The last line needs no newline.
  mutating func finish(
    bad: (_ line: Int, JSONScanner.Problem) throws -> Void,
    _ body: (_ line: Int, Outcome) throws -> Void
  ) throws {
    let whole = rest
    rest = []
    if !whole.isEmpty { try whole.withUnsafeBytes { try line($0, bad, body) } }
  }

  private func checkLength(_ more: Int) throws(TextSourceError) {
    if rest.count + more > longest {
      throw .tooLarge(path: path, what: "line \(number + 1)", limit: longest)
    }
  }

  private mutating func line(
    _ line: UnsafeRawBufferPointer, _ bad: (Int, JSONScanner.Problem) throws -> Void,
    _ body: (Int, Outcome) throws -> Void
  ) throws {
    number += 1
    try checkLength(line.count)
    var scanner = JSONScanner(line)
    let outcome: Outcome
    do {
      guard let first = scanner.peek() else { return }
      guard first == UInt8(ascii: "{") else {
        throw JSONScanner.Problem(
          reason: number == 1 && first == UInt8(ascii: "[")
            ? "an array, expected an object a line (jq -c '.[]' makes them)"
            : "expected an object with the key '\(textKey)'",
          offset: scanner.position, kind: "no object")
      }
      outcome = try text(of: &scanner)
    } catch let problem as JSONScanner.Problem {
      return try bad(number, problem)
    }
    try body(number, outcome)
  }

  private func text(of scanner: inout JSONScanner) throws -> Outcome {
    var exact: Outcome?
    var nested: Outcome?
    var others: [String] = []
    try scanner.members { scanner, name in
      if name == keyBytes {
        exact = try value(&scanner)
      } else if keyPath.count > 1, name == keyPath[0], scanner.peek() == UInt8(ascii: "{") {
        nested = try descend(&scanner, 1) ?? nested
      } else {
        if others.count < 8 { others.append(String(decoding: name, as: UTF8.self)) }
        try scanner.skip()
      }
    }
    try scanner.end()
    if let found = exact ?? nested { return found }
    throw JSONScanner.Problem(
      reason: "expected the key '\(textKey)', found "
        + (others.isEmpty ? "no key" : others.joined(separator: ", "))
        + " (--text-key names another)",
      offset: 0, kind: "no key '\(textKey)'")
  }

  private func descend(_ scanner: inout JSONScanner, _ depth: Int) throws -> Outcome? {
    var found: Outcome?
    try scanner.members { scanner, name in
      guard name == keyPath[depth] else { return try scanner.skip() }
      if depth + 1 == keyPath.count {
        found = try value(&scanner)
      } else if scanner.peek() == UInt8(ascii: "{") {
        found = try descend(&scanner, depth + 1) ?? found
      } else {
        try scanner.skip()
      }
    }
    return found
  }

  private func value(_ scanner: inout JSONScanner) throws -> Outcome {
    switch scanner.peek() {
    case UInt8(ascii: "\""): return .text(try scanner.string())
    case UInt8(ascii: "n"):
      try scanner.skip()
      return .empty
    // Python's json.dumps writes a missing text of pandas as NaN.
    case UInt8(ascii: "N"):
      try scanner.skip()
      return .empty
    default:
      throw JSONScanner.Problem(
        reason: "expected text at the key '\(textKey)', found another kind of value",
        offset: scanner.position, kind: "text of another kind")
    }
  }
}
