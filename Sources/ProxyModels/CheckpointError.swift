import Foundation

/// What is wrong with a file of weights or a saved run.
package enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case truncated(path: String, expectedBytes: Int, foundBytes: Int)
  case damaged(path: String)
  case missing(path: String, what: String)
  case mismatch(path: String, what: String, expected: String, found: String)

  package var description: String {
    let advice = "; remove the file to start the run anew"
    switch self {
    case .unreadable(let path, let reason):
      return "\(path): expected a safetensors file, found \(reason)\(advice)"
    case .truncated(let path, let expected, let found):
      return "\(path): expected \(expected) bytes, found \(found)\(advice)"
    case .damaged(let path):
      return "\(path): the numbers do not have the checksum they were saved with\(advice)"
    case .missing(let path, let what):
      return "\(path): expected \(what), found none\(advice)"
    case .mismatch(let path, let what, let expected, let found):
      let (wanted, there) = Self.difference(expected, found)
      return "\(path): of another run: expected \(what) \(wanted), found \(there)\(advice)"
    }
  }

  /// Of two objects in JSON, the members that differ, those of inner objects as `size.width`; else the values as
  /// they are.
  private static func difference(_ a: String, _ b: String) -> (String, String) {
    func members(_ text: String) -> [String: String]? {
      guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
        value is [String: Any]
      else { return nil }
      var result: [String: String] = [:]
      collect(value, "", &result)
      return result
    }
    guard let x = members(a), let y = members(b) else { return (a, b) }
    let names = Set(x.keys).union(y.keys).sorted().filter { x[$0] != y[$0] }.prefix(3)
    func list(_ object: [String: String]) -> String {
      names.map { "\($0) \(object[$0] ?? "nothing")" }.joined(separator: ", ")
    }
    return names.isEmpty ? (a, b) : ("with " + list(x), list(y))
  }

  private static func collect(_ value: Any, _ path: String, _ members: inout [String: String]) {
    if let object = value as? [String: Any], !object.isEmpty {
      for (name, inner) in object {
        collect(inner, path.isEmpty ? name : path + "." + name, &members)
      }
    } else if let list = value as? [Any] {
      for (index, inner) in list.enumerated() { collect(inner, "\(path)[\(index)]", &members) }
    } else {
      members[path] = "\(value)"
    }
  }
}
