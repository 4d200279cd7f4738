/// One piece of text on its way to the tokenizer.
package struct Document: Sendable, Equatable {
  /// What it came from: the package's name, or the user's file.
  package let source: String
  /// Documents with the same key belong on the same side of the held-out split: the pieces of one
  /// file, or a single document where many are packed into one file. Says nothing of where the cache
  /// or the user's folder lies, so that the split is the same on every machine.
  package let splitKey: String
  /// UTF-8, as a rule: packages are cleaned to it, the user's bytes are taken as they are.
  package let text: [UInt8]
  /// Whether it goes on where the document before it ended: a piece of the same text, cut so that a
  /// part can be held out. Where both are on one side they are one text again.
  package let follows: Bool

  package init(source: String, splitKey: String, text: [UInt8], follows: Bool = false) {
    self.source = source
    self.splitKey = splitKey
    self.text = text
    self.follows = follows
  }

  package var string: String { String(decoding: text, as: UTF8.self) }
}

/// Something that can be read for its documents, each time in the same order.
package protocol DocumentSource: Sendable {
  /// Calls `body` with one document after the other. Stops at the first error, its own or `body`'s.
  func documents(_ body: (Document) throws -> Void) throws

  /// As `documents`, and counts what was found and what was left out.
  func documents(
    counting counts: inout ReadingCounts, _ body: (Document) throws -> Void
  ) throws

  /// What the documents were made of; part of every run's record, since results compare only where
  /// the digests are equal.
  func provenance() throws -> [Provenance]
}

extension DocumentSource {
  package func documents(
    counting counts: inout ReadingCounts, _ body: (Document) throws -> Void
  ) throws {
    var read = 0
    try documents {
      read += 1
      try body($0)
    }
    counts.read += read
  }
}

/// A package or file as it was really used.
package struct Provenance: Codable, Equatable, Sendable {
  package let name: String
  /// The package's version; nil for the user's files.
  package let version: String?
  /// Of the file as it lies on disk, 64 hexadecimal digits.
  package let sha256: String
  /// An SPDX expression or plain words; nil for the user's files.
  package let license: String?
  /// What a reader of the licence or the version should know besides.
  package let note: String?

  package init(name: String, version: String?, sha256: String, license: String?, note: String?) {
    self.name = name
    self.version = version
    self.sha256 = sha256
    self.license = license
    self.note = note
  }
}
