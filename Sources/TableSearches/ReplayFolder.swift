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

  /// What is wrong with a trace that was read; nil where it could be one of this replay.
  func problem(with trace: Trace) -> String?
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
    if !fileExists(file), let other = Self.otherJournal(in: path) {
      throw ReplayError.otherWork(path: path + "/" + other)
    }
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
    traces = try lines.enumerated().dropFirst().map { index, line in
      let trace = try LineJournal.decode(
        Configuration.Trace.self, from: line, number: index + 1, path: file)
      if let problem = configuration.problem(with: trace) {
        throw StorageError.corruptLine(path: file, line: index + 1, reason: problem)
      }
      return trace
    }
    self.path = path
    self.configuration = configuration
  }

  /// The journal of a study or the like, whose report this one's would replace.
  private static func otherJournal(in folder: String) -> String? {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".jsonl") }.sorted().first
  }

  package func append(_ trace: Configuration.Trace) throws { try journal.append(trace) }
}
