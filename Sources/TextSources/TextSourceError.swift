import Foundation

/// What can go wrong between packages, files and documents. Each is one line: what was found, what
/// was expected, what to do.
package enum TextSourceError: Error, Equatable, CustomStringConvertible {
  /// `field` reads `domains.0.sources.2.sha256`.
  case undecodable(path: String, field: String, reason: String)
  case missingTool(tool: String, install: String)
  case toolFailed(command: String, status: Int32, reason: String)
  case unknownPackage(package: String, reason: String)
  case noNetwork(package: String, reason: String)
  case wrongHash(package: String, expected: String, found: String)
  case damaged(path: String, reason: String)
  case nothingTaken(package: String, globs: [String])
  case noMatch(pattern: String)
  case empty(path: String)
  case malformedLine(path: String, line: Int, reason: String, isSkippable: Bool = false)
  case unreadableFormat(path: String, hint: String)
  /// The file is not what its name says.
  case wrongContents(path: String, found: String, hint: String)
  /// The user's own file cannot be read to its end.
  case broken(path: String, reason: String)
  case tooLarge(path: String, what: String, limit: Int)

  static func manifest(path: String, _ error: DecodingError) -> TextSourceError {
    func field(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
    switch error {
    case .keyNotFound(let key, let context):
      return .undecodable(
        path: path, field: field(context.codingPath + [key]), reason: "expected, not found")
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return .undecodable(
        path: path, field: field(context.codingPath), reason: "expected a value of type \(type)")
    case .dataCorrupted(let context):
      let place = field(context.codingPath)
      return .undecodable(
        path: path, field: place,
        reason: place.isEmpty ? "expected JSON, found something else" : context.debugDescription)
    @unknown default:
      return .undecodable(path: path, field: "", reason: "unreadable")
    }
  }

  package var description: String {
    switch self {
    case .undecodable(let path, let field, let reason):
      return "\(path): " + (field.isEmpty ? "" : "field '\(field)': ") + reason
        + "; correct the manifest"
    case .missingTool(let tool, let install):
      return "\(tool) not found, it is needed to fetch the text; \(install)"
    case .toolFailed(let command, let status, let reason):
      return "'\(command)' ended with status \(status)" + (reason.isEmpty ? "" : ": \(reason)")
    case .unknownPackage(let package, let reason):
      return "package '\(package)' is not in this machine's package sources (\(reason)); "
        + "on Ubuntu enable 'universe', or leave it out of the manifest"
    case .noNetwork(let package, let reason):
      return "cannot fetch '\(package)' (\(reason)); check the network or proxy and run the same "
        + "command again, what was fetched is kept"
    case .wrongHash(let package, let expected, let found):
      return
        "package '\(package)': expected sha256 \(expected), found \(found); the file offered is "
        + "not the one named in the manifest, check the package index in use"
    case .damaged(let path, let reason):
      return "\(path): damaged (\(reason)); remove the file and run the same command again"
    case .nothingTaken(let package, let globs):
      return "package '\(package)': no file matches \(globs.joined(separator: ", ")); "
        + "correct 'files' in the manifest"
    case .noMatch(let pattern):
      return "\(pattern): no such file, nothing matches; check the path, and quote the pattern so "
        + "that the shell leaves it alone"
    case .empty(let path):
      return "\(path): no text in it; remove it from the domain or check how it was written"
    case .malformedLine(let path, let line, let reason, let isSkippable):
      return "\(path): line \(line): \(reason); correct the line or remove it"
        + (isSkippable ? ", or pass over such lines with '--skip-bad <count>'" : "")
    case .unreadableFormat(let path, let hint):
      return
        "\(path): expected text or lines of JSON (.txt, .md, .jsonl, .ndjson, .json, also with "
        + ".gz or .zst); \(hint)"
    case .wrongContents(let path, let found, let hint):
      return "\(path): found \(found), \(hint)"
    case .broken(let path, let reason):
      return "\(path): damaged (\(reason)); get the file again, or leave it out"
    case .tooLarge(let path, let what, let limit):
      return "\(path): \(what): more than \(limit >> 20) MB; "
        + "correct it, or give more with '--largest-entry <MB>'"
    }
  }
}
