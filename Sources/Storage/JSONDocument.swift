import Foundation

/// One line of JSON with its keys in order, newline included.
package func encodeLine(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value) + Data("\n".utf8)
}

/// JSON for people: indented, keys in order, newline at the end.
package func encodeDocument(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value) + Data("\n".utf8)
}

/// A string as JSON writes it, quotes included.
package func quotedJSON(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case _ where scalar.value < 0x20 || scalar.value == 0x7f:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// Reads a JSON file; damage is told by path and field.
package func decodeDocument<Value: Decodable>(
  _ type: Value.Type, at path: String
) throws -> Value {
  let data = try readFile(at: path)
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch {
    throw StorageError.corruptFile(path: path, reason: data.isEmpty ? "empty" : brief(error))
  }
}

/// A decoding error in a few words.
func brief(_ error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "" : " at '\(path.map(\.stringValue).joined(separator: "."))'"
  }
  switch error {
  case .keyNotFound(let key, let context):
    return "no '\(key.stringValue)'" + place(context.codingPath)
  case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
    return "expected \(type)" + place(context.codingPath)
  case .dataCorrupted(let context):
    // Types of this program that refuse a value say so in these words.
    if context.debugDescription.hasPrefix("found ") {
      return context.debugDescription + place(context.codingPath)
    }
    return (context.codingPath.isEmpty ? "not JSON" : "unreadable value")
      + place(context.codingPath)
  @unknown default:
    return "unreadable"
  }
}
