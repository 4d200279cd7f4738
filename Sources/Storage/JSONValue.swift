import Foundation

/// JSON as people's tools write it: members keep their order, and the `NaN` and `Infinity` that Python
/// writes for diverged losses are numbers.
package enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  package struct Member: Equatable, Sendable {
    package var key: String
    package var value: JSONValue

    package init(key: String, value: JSONValue) {
      self.key = key
      self.value = value
    }
  }

  package struct Problem: Error, Equatable {
    package let reason: String
    /// Bytes before it.
    package let offset: Int
  }

  package subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  /// Reads one value; nothing but white space may follow.
  package static func parse(_ text: [UInt8]) throws(Problem) -> JSONValue {
    var parser = JSONParser(text)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == text.count else { throw parser.problem("the end") }
    return value
  }
}

private struct JSONParser {
  let text: [UInt8]
  var position = 0

  init(_ text: [UInt8]) { self.text = text }

  func problem(_ expected: String) -> JSONValue.Problem {
    let found =
      position < text.count
      ? "'\(String(decoding: text[position..<min(position + 8, text.count)], as: UTF8.self))'"
      : "the end"
    return .init(reason: "found \(found), expected \(expected)", offset: position)
  }

  mutating func skipSpace() {
    while position < text.count, [32, 9, 10, 13].contains(text[position]) { position += 1 }
  }

  private mutating func take(_ word: String) -> Bool {
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  mutating func value(depth: Int) throws(JSONValue.Problem) -> JSONValue {
    guard depth < 64 else { throw problem("values less deep within each other") }
    skipSpace()
    guard position < text.count else { throw problem("a value") }
    switch text[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    default:
      if take("null") { return .null }
      if take("true") { return .bool(true) }
      if take("false") { return .bool(false) }
      if take("NaN") { return .number(.nan) }
      if take("Infinity") { return .number(.infinity) }
      if take("-Infinity") { return .number(-.infinity) }
      return .number(try number())
    }
  }

  private mutating func number() throws(JSONValue.Problem) -> Double {
    let start = position
    while position < text.count, Set("+-.eE0123456789".utf8).contains(text[position]) {
      position += 1
    }
    guard let value = Double(String(decoding: text[start..<position], as: UTF8.self)) else {
      position = start
      throw problem("a value")
    }
    return value
  }

  private mutating func string() throws(JSONValue.Problem) -> String {
    let start = position
    position += 1
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      position += text[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < text.count else {
      position = start
      throw problem("a string with its end")
    }
    position += 1
    // Escapes are Foundation's to read.
    let quoted = Data(text[start..<position])
    guard
      let value = try? JSONDecoder().decode(
        [String].self, from: Data("[".utf8) + quoted + Data("]".utf8)
      ).first
    else {
      position = start
      throw problem("a string")
    }
    return value
  }

  private mutating func array(depth: Int) throws(JSONValue.Problem) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array([]) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw problem("',' or ']'") }
    }
  }

  private mutating func object(depth: Int) throws(JSONValue.Problem) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") { return .object([]) }
    while true {
      skipSpace()
      guard position < text.count, text[position] == UInt8(ascii: "\"") else {
        throw problem("a name in quotes")
      }
      let key = try string()
      skipSpace()
      guard take(":") else { throw problem("':'") }
      members.append(.init(key: key, value: try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw problem("',' or '}'") }
    }
  }
}
