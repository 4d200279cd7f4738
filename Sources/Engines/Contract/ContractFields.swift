import Foundation
import Spelling
import Storage

/// An object of JSON that a user's program wrote, read field by field: what is missing, of another kind or unknown
/// is said by name.
struct ContractFields {
  private let members: [JSONValue.Member]
  private let place: String
  private let wrong: (String) -> ContractError

  init(file path: String, wrong: @escaping (String) -> ContractError) throws {
    try self.init(text: Array(readFile(at: path, limit: 16 << 20)), wrong: wrong)
  }

  init(text: [UInt8], wrong: @escaping (String) -> ContractError) throws(ContractError) {
    let value: JSONValue
    do throws(JSONValue.Problem) {
      value = try JSONValue.parse(text)
    } catch {
      throw wrong("\(error.reason) after \(error.offset) bytes")
    }
    try self.init(value, place: "", wrong: wrong)
  }

  private init(
    _ value: JSONValue, place: String, wrong: @escaping (String) -> ContractError
  ) throws(ContractError) {
    guard case .object(let members) = value else {
      throw wrong("found \(Self.kind(value))\(place), expected an object")
    }
    self.members = members
    self.place = place
    self.wrong = wrong
    for (index, member) in members.enumerated()
    where members[..<index].contains(where: { $0.key == member.key }) {
      throw wrong("found \"\(member.key)\"\(place) twice, expected it once")
    }
  }

  /// The same for an element of a list.
  func inside(_ value: JSONValue, _ name: String) throws(ContractError) -> ContractFields {
    try ContractFields(value, place: " in \"\(name)\"", wrong: wrong)
  }

  func allowOnly(_ known: [String]) throws(ContractError) {
    for member in members where !known.contains(member.key) {
      let hint = nearestName(to: member.key, in: known).map { "; did you mean \"\($0)\"?" } ?? ""
      throw wrong(
        "found the unknown field \"\(member.key)\"\(place), expected \(known.joined(separator: ", "))"
          + hint)
    }
  }

  /// Null counts as missing.
  func value(_ name: String) -> JSONValue? {
    let value = members.first { $0.key == name }?.value
    return value == .null ? nil : value
  }

  var all: [JSONValue.Member] { members }

  func string(_ name: String) throws(ContractError) -> String {
    guard let found = try optionalString(name) else {
      throw wrong("found no \"\(name)\"\(place), expected a string")
    }
    return found
  }

  func optionalString(_ name: String) throws(ContractError) -> String? {
    guard let value = value(name) else { return nil }
    guard case .string(let text) = value else { throw mismatch(name, value, "a string") }
    return text
  }

  func optionalNumber(_ name: String) throws(ContractError) -> Double? {
    guard let value = value(name) else { return nil }
    guard case .number(let number) = value else { throw mismatch(name, value, "a number") }
    return number
  }

  func optionalPositive(_ name: String) throws(ContractError) -> Double? {
    guard let number = try optionalNumber(name) else { return nil }
    guard number > 0, number.isFinite else {
      throw wrong("found \"\(name)\": \(number)\(place), expected a positive number")
    }
    return number
  }

  func optionalCount(_ name: String) throws(ContractError) -> Int? {
    guard let number = try optionalNumber(name) else { return nil }
    guard number >= 0, number <= 1e15, number == number.rounded() else {
      throw wrong("found \"\(name)\": \(number)\(place), expected a whole number")
    }
    return Int(number)
  }

  func list(_ name: String) throws(ContractError) -> [JSONValue] {
    guard let value = value(name) else {
      throw wrong("found no \"\(name)\"\(place), expected a list")
    }
    guard case .array(let elements) = value else { throw mismatch(name, value, "a list") }
    return elements
  }

  func optionalList(_ name: String) throws(ContractError) -> [JSONValue] {
    value(name) == nil ? [] : try list(name)
  }

  func strings(_ name: String) throws(ContractError) -> [String] {
    try optionalList(name).map { value throws(ContractError) in
      guard case .string(let text) = value else { throw mismatch(name, value, "strings in it") }
      return text
    }
  }

  func object(_ name: String) throws(ContractError) -> ContractFields? {
    guard let value = value(name) else { return nil }
    return try ContractFields(value, place: " in \"\(name)\"", wrong: wrong)
  }

  private func mismatch(_ name: String, _ value: JSONValue, _ expected: String) -> ContractError {
    wrong("found \(Self.kind(value)) at \"\(name)\"\(place), expected \(expected)")
  }

  static func kind(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool: "true or false"
    case .number(let number): "the number \(number)"
    case .string(let text): "\"\(text.prefix(40))\""
    case .array: "a list"
    case .object: "an object"
    }
  }
}
