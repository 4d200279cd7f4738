import Foundation
import Storage

/// A folder that keeps a benchmark: `benchmark.jsonl`, the suite's version first and then a line for each search, in
/// whatever order they ended.
package struct BenchmarkFolder: Sendable {
  private static let contents = "benchmark"

  package let path: String
  /// Those that the journal held when it was opened, of the problems' present versions.
  package let traces: [BenchmarkTrace]
  private let journal: LineJournal

  /// Makes the folder or goes on with what it holds.
  ///
  /// - Throws: ``BenchmarkError/differentSuite(path:found:expected:)``, `StorageError`.
  package init(at path: String) throws {
    try makeFolder(at: path)
    let file = path + "/benchmark.jsonl"
    journal = try LineJournal(at: file, exclusive: true)
    let lines = try LineJournal.lines(at: file)
    if let first = lines.first {
      let found = try JournalHeader.check(
        first, contents: Self.contents, versions: 1...Int.max, path: file)
      guard found == BenchmarkSuite.version else {
        throw BenchmarkError.differentSuite(
          path: file, found: found, expected: BenchmarkSuite.version)
      }
    } else {
      try journal.append(
        JournalHeader(contents: Self.contents, version: BenchmarkSuite.version))
    }
    let versions = Dictionary(
      uniqueKeysWithValues: BenchmarkSuite.problems.map { ($0.name, $0.version) })
    traces = try lines.enumerated().dropFirst().map {
      try LineJournal.decode(
        BenchmarkTrace.self, from: $0.element, number: $0.offset + 1, path: file)
    }.filter { versions[$0.problem] == $0.version }
    self.path = path
  }

  package func append(_ trace: BenchmarkTrace) throws { try journal.append(trace) }
}
