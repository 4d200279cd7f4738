import Foundation
import Storage

/// A folder that keeps a replay: `replay.jsonl`, its configuration first and then a line for each trace.
package struct ReplayFolder: Sendable {
  package let path: String
  package let configuration: ReplayConfiguration
  /// Those that the journal held when it was opened.
  package let traces: [ReplayTrace]
  private let journal: LineJournal
  private let lock: FolderLock

  /// Makes the folder or goes on with what it holds.
  ///
  /// - Throws: ``ReplayError`` where it holds another replay, `StorageError`.
  package init(at path: String, configuration: ReplayConfiguration) throws {
    try makeFolder(at: path)
    lock = try FolderLock(folder: path)
    let file = path + "/replay.jsonl"
    journal = try LineJournal(at: file)
    let lines = try LineJournal.lines(at: file)
    if let first = lines.first {
      guard
        let kept = try? LineJournal.decode(
          ReplayConfiguration.self, from: first, number: 1, path: file)
      else { throw ReplayError.notAReplay(path: file) }
      try configuration.check(kept, path: file)
    } else {
      try journal.append(configuration)
    }
    traces = try lines.enumerated().dropFirst().map {
      try LineJournal.decode(
        ReplayTrace.self, from: $0.element, number: $0.offset + 1, path: file)
    }
    self.path = path
    self.configuration = configuration
  }

  package func append(_ trace: ReplayTrace) throws { try journal.append(trace) }
}
