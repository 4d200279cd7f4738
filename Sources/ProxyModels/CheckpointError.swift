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
      return "\(path): of another run: expected \(what) \(expected), found \(found)\(advice)"
    }
  }
}
