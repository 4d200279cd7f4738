import Foundation

/// The first line of a journal: what it holds and the version of its layout.
///
/// `LineJournal.append(JournalHeader(…))` begins a journal; ``check(_:contents:version:path:)`` is for
/// whoever reads one.
package struct JournalHeader: Codable, Equatable, Sendable {
  package var event = "began"
  /// What the journal is of, e.g. `runs`; nil in journals from before it was told.
  package var contents: String?
  package var version: Int

  package init(contents: String? = nil, version: Int) {
    self.contents = contents
    self.version = version
  }

  /// Reads the first of a journal's lines.
  ///
  /// - Parameters:
  ///   - contents: what the journal must be of, for the message as well.
  ///   - versions: those that can be read.
  /// - Returns: the version of the journal.
  /// - Throws: `StorageError.corruptLine` where it is no header, `.unsupportedVersion`.
  package static func check(
    _ line: Data, contents: String, versions: ClosedRange<Int>, path: String
  ) throws(StorageError) -> Int {
    let header = try LineJournal.decode(JournalHeader.self, from: line, number: 1, path: path)
    guard header.event == "began", header.contents == nil || header.contents == contents else {
      throw .corruptLine(path: path, line: 1, reason: "not a journal of \(contents)")
    }
    guard versions.contains(header.version) else {
      throw .unsupportedVersion(
        path: path, found: header.version, expected: versions.upperBound)
    }
    return header.version
  }
}
