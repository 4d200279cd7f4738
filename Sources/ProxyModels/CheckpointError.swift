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

  /// Of two objects in JSON, the members that differ; else the values as they are.
  private static func difference(_ a: String, _ b: String) -> (String, String) {
    func members(_ text: String) -> [String: Any]? {
      (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
    guard let x = members(a), let y = members(b) else { return (a, b) }
    func text(_ value: Any?) -> String { value.map { "\($0)" } ?? "nothing" }
    let names = Set(x.keys).union(y.keys).sorted().filter { text(x[$0]) != text(y[$0]) }.prefix(3)
    func list(_ object: [String: Any]) -> String {
      names.map { "\($0) \(text(object[$0]))" }.joined(separator: ", ")
    }
    return names.isEmpty ? (a, b) : ("with " + list(x), list(y))
  }
}
