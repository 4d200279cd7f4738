/// One JSON object a line, fed in pieces of any size; takes the text out of each.
struct JSONLines {
  private let path: String
  private let textKey: String
  private let keyBytes: [UInt8]
  /// The beginning of a line whose end has not come yet.
  private var rest: [UInt8] = []
  private var number = 0

  /// - Parameter path: for messages.
  init(path: String, textKey: String) {
    self.path = path
    self.textKey = textKey
    keyBytes = Array(textKey.utf8)
  }

  mutating func feed(
    _ piece: UnsafeRawBufferPointer, _ body: (_ line: Int, _ text: [UInt8]) throws -> Void
  ) throws {
    var start = 0
    while let end = piece[start...].firstIndex(of: .newline) {
      let part = UnsafeRawBufferPointer(rebasing: piece[start..<end])
      start = end + 1
      if rest.isEmpty {
        try line(part, body)
      } else {
        rest.append(contentsOf: part)
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        try whole.withUnsafeBytes { try line($0, body) }
      }
    }
    rest.append(contentsOf: piece[start...])
  }

  /// The last line needs no newline.
  mutating func finish(_ body: (_ line: Int, _ text: [UInt8]) throws -> Void) throws {
    let whole = rest
    rest = []
    if !whole.isEmpty { try whole.withUnsafeBytes { try line($0, body) } }
  }

  private mutating func line(
    _ line: UnsafeRawBufferPointer, _ body: (Int, [UInt8]) throws -> Void
  ) throws {
    number += 1
    var scanner = JSONScanner(line)
    do {
      guard let first = scanner.peek() else { return }
      guard first == UInt8(ascii: "{") else {
        throw JSONScanner.Problem(
          reason: "expected an object with the key '\(textKey)'", offset: scanner.position)
      }
      var text: [UInt8]?
      var others: [String] = []
      try scanner.members { scanner, name in
        guard name == keyBytes else {
          if others.count < 8 { others.append(String(decoding: name, as: UTF8.self)) }
          try scanner.skip()
          return
        }
        guard scanner.peek() == UInt8(ascii: "\"") else {
          throw JSONScanner.Problem(
            reason: "expected text at the key '\(textKey)', found another kind of value",
            offset: scanner.position)
        }
        text = try scanner.string()
      }
      try scanner.end()
      guard let text else {
        throw JSONScanner.Problem(
          reason: "expected the key '\(textKey)', found "
            + (others.isEmpty ? "no key" : others.joined(separator: ", "))
            + " (--text-key names another)",
          offset: 0)
      }
      try body(number, text)
    } catch let problem as JSONScanner.Problem {
      throw TextSourceError.malformedLine(
        path: path, line: number,
        reason: problem.offset > 0
          ? "\(problem.reason) at column \(problem.offset + 1)" : problem.reason)
    }
  }
}
