import Foundation
import Storage

/// The first line of a replay's journal: everything that its traces depend on.
package protocol ReplayHeader: Codable, Sendable {
  /// What each further line holds.
  associatedtype Trace: Codable, Sendable

  /// Whether a journal of `other` can be gone on with.
  ///
  /// - Throws: ``ReplayError/differentReplay(path:field:found:asked:)``.
  func check(_ other: Self, path: String) throws(ReplayError)
}

/// A folder that keeps a replay: `replay.jsonl`, its configuration first and then a line for each trace.
package struct ReplayFolder<Configuration: ReplayHeader>: Sendable {
  package let path: String
  package let configuration: Configuration
  /// Those that the journal held when it was opened.
  package let traces: [Configuration.Trace]
  private let journal: LineJournal
  private let lock: FolderLock

  /// Makes the folder or goes on with what it holds.
  ///
  /// - Throws: ``ReplayError`` where it holds another replay, `StorageError`.
  package init(at path: String, configuration: Configuration) throws {
    try makeFolder(at: path)
    lock = try FolderLock(folder: path)
    let file = path + "/replay.jsonl"
    journal = try LineJournal(at: file)
    let lines = try LineJournal.lines(at: file)
    if let first = lines.first {
      guard
        let kept = try? LineJournal.decode(
          Configuration.self, from: first, number: 1, path: file)
      else { throw ReplayError.notAReplay(path: file) }
      try configuration.check(kept, path: file)
    } else {
      try journal.append(configuration)
    }
    traces = try lines.enumerated().dropFirst().map {
      try LineJournal.decode(
        Configuration.Trace.self, from: $0.element, number: $0.offset + 1, path: file)
    }
    self.path = path
    self.configuration = configuration
  }

  package func append(_ trace: Configuration.Trace) throws { try journal.append(trace) }
}
