import Foundation
import Storage
import TextSources

/// What `corpus.json` keeps: all that there is to know of a corpus besides its tokens.
package struct CorpusRecord: Codable, Sendable, Equatable {
  /// One shard's file; digest and checksum tie it to this corpus.
  package struct Shard: Codable, Sendable, Equatable {
    package var file: String
    package var sha256: String
    package var checksum: String
    package var tokens: Int
  }

  package struct Domain: Codable, Sendable, Equatable {
    package var summary: DomainSummary
    /// The user's own files that it was built from, and how they were read.
    package var files: DomainFiles.Reading?
    /// What the held-out split keeps on one side.
    package var unit: HeldOutSplit.Unit
    /// What was compared to keep training text out of the held-out part.
    package var comparison: HeldOutSplit.Comparison
    package var training: Shard?
    package var heldOut: Shard
    /// The packages or files that its text is from.
    package var sources: [Provenance]
  }

  static let format = 3

  package var format = Self.format
  package var name: String
  package var description: String
  /// SHA-256 over the tokenizer and the shards.
  package var digest: String
  /// SHA-256 over all that the corpus was built from; equal inputs need no second building.
  package var inputs: String
  package var settings: CorpusSettings
  package var vocabularySize: Int
  /// SHA-256 of `tokenizer.json`, or of `vocabulary.json` where the corpus is of another's tokens.
  package var tokenizer: String
  /// Whether documents are counted in the tokens that they were given in, not in bytes.
  package var isOfTokens: Bool?
  /// The token between documents, where it is none of the usual ones.
  package var endOfText: String?
  package var domains: [Domain]
  /// The description that it was built from, for packages.
  package var manifest: CorpusManifest?
  /// The description that it was built from, for synthetic text.
  package var synthetic: SyntheticText?

  static func digest(tokenizer: String, domains: [Domain]) -> String {
    var hash = SHA256()
    hash.update("tokenizer \(tokenizer)\n".utf8)
    for domain in domains {
      hash.update("\(domain.summary.name) \(domain.summary.digest)\n".utf8)
    }
    return hash.hexadecimal()
  }

  static func digest(training: Shard?, heldOut: Shard) -> String {
    SHA256.hexadecimal(
      of: "training \(training?.sha256 ?? "none")\nheld-out \(heldOut.sha256)\n".utf8)
  }

  /// Reads `corpus.json` alone: what `corpus list` shows, without mapping a shard.
  package static func read(in folder: String) throws -> CorpusRecord {
    let path = folder + "/corpus.json"
    guard isFolder(folder) else {
      throw CorpusError.notACorpus(path: folder, found: "no such folder")
    }
    guard fileExists(path) else {
      throw CorpusError.notACorpus(path: folder, found: "no corpus.json")
    }
    struct Format: Decodable { var format: Int }
    let format = try decodeDocument(Format.self, at: path).format
    guard format == Self.format else {
      throw CorpusError.formatVersion(path: path, expected: Self.format, found: format)
    }
    let record = try decodeDocument(CorpusRecord.self, at: path)
    try record.check(path: path)
    return record
  }
}

/// How a corpus is built from documents.
package struct CorpusSettings: Codable, Sendable, Equatable {
  /// Chooses the documents that the tokenizer learns from.
  package var seed: UInt64 = 1
  /// One vocabulary serves all model sizes: from 50k parameters on, where embeddings take a large
  /// part, 1,024 leaves room for layers.
  package var vocabularySize = 1024
  /// Bytes of each training domain that the tokenizer learns from.
  package var sampleBytes = 4_000_000
  /// Held-out tokens of each training domain, at least, where it has them.
  package var heldOutTokens = 131_072
  /// The most of a training domain's bytes that may be held out.
  package var heldOutShare = 0.1
  /// Files that the held-out part of a training domain comes from, at least, where it has as many.
  package var heldOutFiles = 128
  /// The most bytes of a held-out-only domain.
  package var heldOutOnlyBytes = 4_000_000
  /// Whether a document is left out whose text an earlier one of its domain has.
  package var dropsCopies: Bool?
  /// SHA-256 of the `tokenizer.json` that was given; nil where one is learned.
  package var tokenizer: String?
  /// The token of it that stands between documents, where it is none of the usual ones.
  package var endOfText: String?

  package init() {}
}
