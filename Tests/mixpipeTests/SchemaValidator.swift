import Foundation

/// As much of JSON Schema (draft 2020-12) as mixpipe's own uses.
struct SchemaValidator {
  private let definitions: [String: Any]
  private let root: [String: Any]

  init(at path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    definitions = root["$defs"] as? [String: Any] ?? [:]
  }

  var kinds: [String] {
    let properties = root["properties"] as? [String: Any]
    return (properties?["kind"] as? [String: Any])?["enum"] as? [String] ?? []
  }

  /// What is wrong with a document of some kind; nothing where all is well.
  func problems(with document: Any) -> [String] {
    guard let kind = (document as? [String: Any])?["kind"] as? String else { return ["no kind"] }
    guard let schema = definitions[kind] as? [String: Any] else { return ["unknown kind \(kind)"] }
    // Of all kinds, it is of the one that it says.
    let others = kinds.filter { other in
      other != kind
        && problems(document, definitions[other] as? [String: Any] ?? [:], "$").isEmpty
    }
    return problems(document, schema, "$") + others.map { "is a document of kind \($0) too" }
  }

  private func problems(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    var found: [String] = []
    for (key, rule) in schema {
      switch key {
      case "$ref":
        let name = (rule as? String ?? "").replacingOccurrences(of: "#/$defs/", with: "")
        guard let definition = definitions[name] as? [String: Any] else {
          found.append("\(path): the schema has no \(name)")
          continue
        }
        found += problems(value, definition, path)
      case "type":
        let types = rule as? [String] ?? [rule as? String ?? ""]
        if !types.contains(where: { isOf(type: $0, value) }) {
          found.append("\(path): found \(value), expected \(rule)")
        }
      case "const":
        if "\(value)" != "\(rule)" { found.append("\(path): expected \(rule)") }
      case "enum":
        let known = rule as? [String] ?? []
        if !known.contains("\(value)") {
          found.append("\(path): found \(value), expected one of \(known)")
        }
      case "minimum":
        if let number = value as? Double, let least = rule as? Double, number < least {
          found.append("\(path): found \(number), expected at least \(least)")
        }
      case "maximum":
        if let number = value as? Double, let most = rule as? Double, number > most + 1e-12 {
          found.append("\(path): found \(number), expected at most \(most)")
        }
      case "items":
        for (index, element) in (value as? [Any] ?? []).enumerated() {
          found += problems(element, rule as? [String: Any] ?? [:], "\(path)[\(index)]")
        }
      case "required":
        let members = value as? [String: Any] ?? [:]
        for name in rule as? [String] ?? [] where members[name] == nil {
          found.append("\(path): '\(name)' is missing")
        }
      case "properties", "additionalProperties":
        continue
      case "anyOf":
        let ways = (rule as? [[String: Any]] ?? []).map { problems(value, $0, path) }
        if !ways.contains(where: \.isEmpty) { found += ways.first ?? [] }
      case "description", "title":
        continue
      default: found.append("\(path): the validator does not know '\(key)'")
      }
    }
    guard let members = value as? [String: Any] else { return found }
    let known = schema["properties"] as? [String: [String: Any]] ?? [:]
    for (name, member) in members {
      if let rule = known[name] {
        found += problems(member, rule, "\(path).\(name)")
      } else if let rule = schema["additionalProperties"] as? [String: Any] {
        found += problems(member, rule, "\(path).\(name)")
      } else if (schema["additionalProperties"] as? Bool) == false {
        found.append("\(path): '\(name)' is not described")
      }
    }
    return found
  }

  private func isOf(type: String, _ value: Any) -> Bool {
    // Foundation keeps true and false as the numbers of a character.
    let isTruth = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
    switch type {
    case "object": return value is [String: Any]
    case "array": return value is [Any]
    case "string": return value is String
    case "boolean": return isTruth
    case "null": return value is NSNull
    case "number": return value is NSNumber && !isTruth
    case "integer":
      return !isTruth && ((value as? NSNumber)?.doubleValue).map { $0 == $0.rounded() } ?? false
    default: return false
    }
  }
}
