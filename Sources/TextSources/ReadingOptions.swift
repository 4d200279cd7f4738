/// How the user's own files are read.
package struct ReadingOptions: Sendable, Codable, Equatable {
  /// The key of a line's text; `meta.text` is the key `text` of the object `meta`, unless a line has
  /// the key `meta.text` as it is.
  package var textKey = "text"
  package var encoding = TextEncoding.utf8
  /// Lines of JSON without a text that are passed over and counted before one is an error.
  package var skippedLines = 0
  /// Shorter documents are left out and counted, in characters.
  package var shortest = 1
  package var limits = ReadingLimits()

  package init() {}
}

/// How much is held in memory of one source: a few megabytes of compressed zeros are gigabytes.
package struct ReadingLimits: Sendable, Codable, Equatable {
  /// Bytes of a line, of a compressed text file, or of a file in a package, decompressed.
  package var entryBytes = 256 << 20
  /// Bytes of a package as a whole, decompressed.
  package var packageBytes = 4 << 30

  package init() {}
}

/// What became of what was read before any of it was divided.
package struct ReadingCounts: Sendable, Equatable {
  /// Documents found, those that were left out included.
  package var read = 0
  /// Documents without a text: `null`, or white space.
  package var empty = 0
  package var tooShort = 0
  /// Documents that had come before, left out.
  package var copies = 0
  /// Lines that are no document, by reason, in the order that the reasons first came.
  package private(set) var bad: [(reason: String, count: Int, first: String)] = []
  /// Documents with bytes that are not UTF-8, and those bytes.
  package var undecodable = 0
  package var undecodableBytes = 0
  /// Files in folders that were passed over, by their extension.
  package var otherFiles = 0

  package init() {}

  package var badCount: Int { bad.reduce(0) { $0 + $1.count } }

  /// - Parameter first: where it came first, for the report.
  mutating func addBad(_ reason: String, at first: @autoclosure () -> String) {
    read += 1
    if let index = bad.firstIndex(where: { $0.reason == reason }) {
      bad[index].count += 1
    } else {
      bad.append((reason, 1, first()))
    }
  }

  package static func == (a: ReadingCounts, b: ReadingCounts) -> Bool {
    (a.read, a.empty, a.tooShort, a.copies) == (b.read, b.empty, b.tooShort, b.copies)
      && (a.undecodable, a.undecodableBytes) == (b.undecodable, b.undecodableBytes)
      && a.bad.elementsEqual(b.bad, by: ==)
  }
}
