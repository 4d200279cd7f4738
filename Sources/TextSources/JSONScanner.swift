/// Walks over JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) without building values:
/// members come in the order of the file, and what is not asked for is only checked and skipped.
struct JSONScanner {
  struct Problem: Error, Equatable {
    let reason: String
    let offset: Int
    /// What problems are counted by.
    var kind = "no JSON"
  }

  private let text: UnsafeRawBufferPointer
  private(set) var position = 0

  /// - Parameter text: must outlive the scanner.
  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// The next byte that is not white space; nil at the end.
  mutating func peek() -> UInt8? {
    while position < text.count {
      let byte = text[position]
      guard byte == 32 || byte == 10 || byte == 13 || byte == 9 else { return byte }
      position += 1
    }
    return nil
  }

  private func problem(_ expected: String) -> Problem {
    let found =
      position < text.count
      ? (text[position] &- 33 < 94
        ? "'\(Unicode.Scalar(text[position]))'" : "byte \(text[position])")
      : "the end"
    return Problem(reason: "expected \(expected), found \(found)", offset: position)
  }

  private mutating func take(_ byte: UInt8) throws(Problem) {
    guard peek() == byte else { throw problem("'\(Unicode.Scalar(byte))'") }
    position += 1
  }

  /// - Throws: `Problem` where something but white space follows.
  mutating func end() throws(Problem) {
    if peek() != nil { throw problem("the end") }
  }

  /// Calls `body` with each name; it must read or skip the value.
  mutating func members(_ body: (inout JSONScanner, [UInt8]) throws -> Void) throws {
    try take(UInt8(ascii: "{"))
    if peek() == UInt8(ascii: "}") {
      position += 1
      return
    }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw problem("a name") }
      let name = try string()
      try take(UInt8(ascii: ":"))
      try body(&self, name)
      if peek() == UInt8(ascii: ",") {
        position += 1
        continue
      }
      guard peek() == UInt8(ascii: "}") else { throw problem("',' or '}'") }
      position += 1
      return
    }
  }

  /// Calls `body` for each element; it must read or skip it.
  mutating func elements(_ body: (inout JSONScanner) throws -> Void) throws {
    try take(UInt8(ascii: "["))
    if peek() == UInt8(ascii: "]") {
      position += 1
      return
    }
    while true {
      try body(&self)
      if peek() == UInt8(ascii: ",") {
        position += 1
        continue
      }
      guard peek() == UInt8(ascii: "]") else { throw problem("',' or ']'") }
      position += 1
      return
    }
  }

  mutating func string() throws(Problem) -> [UInt8] {
    try take(UInt8(ascii: "\""))
    var result: [UInt8] = []
    while true {
      let start = position
      while position < text.count, text[position] != UInt8(ascii: "\""),
        text[position] != UInt8(ascii: "\\")
      {
        position += 1
      }
      result.append(contentsOf: text[start..<position])
      guard position < text.count else { throw problem("'\"'") }
      position += 1
      if text[position - 1] == UInt8(ascii: "\"") { return result }
      guard position < text.count else { throw problem("'\"'") }
      let escape = text[position]
      position += 1
      switch escape {
      case UInt8(ascii: "n"): result.append(10)
      case UInt8(ascii: "t"): result.append(9)
      case UInt8(ascii: "r"): result.append(13)
      case UInt8(ascii: "b"): result.append(8)
      case UInt8(ascii: "f"): result.append(12)
      case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escape)
      case UInt8(ascii: "u"):
        var unit = try hexadecimal()
        // A pair of surrogates is one character; a lone one is none.
        if unit & 0xfc00 == 0xd800, position + 1 < text.count,
          text[position] == UInt8(ascii: "\\"), text[position + 1] == UInt8(ascii: "u")
        {
          let before = position
          position += 2
          let second = try hexadecimal()
          if second & 0xfc00 == 0xdc00 {
            unit = 0x10000 + (unit & 0x3ff) << 10 + (second & 0x3ff)
          } else {
            position = before
          }
        }
        result.append(Unicode.Scalar(unit) ?? "\u{fffd}")
      default:
        position -= 1
        throw problem("an escape sequence")
      }
    }
  }

  private mutating func hexadecimal() throws(Problem) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < text.count else { throw problem("four hexadecimal digits") }
      let byte = text[position]
      guard byte.isDigit || (byte | 32) &- 97 < 6 else { throw problem("four hexadecimal digits") }
      value = value << 4 | UInt32(byte.isDigit ? byte - 48 : (byte | 32) - 87)
      position += 1
    }
    return value
  }

  /// Skips a value of any kind. `depth` keeps hostile nesting off the stack.
  mutating func skip(depth: Int = 0) throws {
    if depth > 512 { throw Problem(reason: "nested too deeply", offset: position) }
    switch peek() {
    case UInt8(ascii: "{"): try members { (scanner, _) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "["): try elements { try $0.skip(depth: depth + 1) }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    // No JSON, but what Python's json.dumps writes by default.
    case UInt8(ascii: "N"): try word("NaN")
    case UInt8(ascii: "I"): try word("Infinity")
    case UInt8(ascii: "-") where position + 1 < text.count && text[position + 1] == 73:
      try word("-Infinity")
    case .some(let byte) where byte.isDigit || byte == UInt8(ascii: "-"):
      position += 1
      while position < text.count, text[position].isDigit || "+-.eE".utf8.contains(text[position]) {
        position += 1
      }
      guard text[position - 1].isDigit || text[position - 1] == UInt8(ascii: ".") else {
        throw problem("a digit")
      }
    default: throw problem("a value")
    }
  }

  private mutating func word(_ word: String) throws(Problem) {
    for byte in word.utf8 {
      guard position < text.count, text[position] == byte else { throw problem("'\(word)'") }
      position += 1
    }
  }
}
