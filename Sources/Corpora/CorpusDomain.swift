/// One kind of text, in tokens.
package struct CorpusDomain: Sendable {
  package let name: String
  /// Whether mixtures draw from it; otherwise it is a target outside the training distribution.
  package let isTrained: Bool
  /// What mixtures draw from; nil for a held-out-only domain.
  package let training: TokenShard?
  /// What losses are measured on; shares no document with any training shard.
  package let heldOut: TokenShard
  /// What went into the shards, and from where.
  package let summary: DomainSummary

  package init(
    name: String, training: TokenShard?, heldOut: TokenShard, summary: DomainSummary
  ) {
    self.name = name
    isTrained = training != nil
    self.training = training
    self.heldOut = heldOut
    self.summary = summary
  }
}

/// A domain's line in the list of a corpus.
package struct DomainSummary: Sendable, Codable, Equatable {
  /// Documents, bytes of text and tokens of one part of a domain.
  package struct Part: Sendable, Codable, Equatable {
    package var documents: Int
    package var bytes: Int
    package var tokens: Int

    package init(documents: Int = 0, bytes: Int = 0, tokens: Int = 0) {
      self.documents = documents
      self.bytes = bytes
      self.tokens = tokens
    }
  }

  package var name: String
  package var isTrained: Bool
  package var training: Part
  package var heldOut: Part
  /// Documents that were left out of the held-out part since training has their text too.
  package var duplicatesDropped: Int
  /// The licences of its sources, each once, in order.
  package var licences: [String]
  /// SHA-256 over the digests of the domain's shards.
  package var digest: String
  /// Where every document went; nil in a corpus of an earlier version.
  package var fates: DocumentFates?

  package init(
    name: String, isTrained: Bool, training: Part, heldOut: Part, duplicatesDropped: Int = 0,
    licences: [String] = [], digest: String = "", fates: DocumentFates? = nil
  ) {
    self.name = name
    self.isTrained = isTrained
    self.training = training
    self.heldOut = heldOut
    self.duplicatesDropped = duplicatesDropped
    self.licences = licences
    self.digest = digest
    self.fates = fates
  }

  package var documents: Int { training.documents + heldOut.documents }
  package var bytes: Int { training.bytes + heldOut.bytes }
  package var tokens: Int { training.tokens + heldOut.tokens }
  /// Bytes of text for each token, end-of-text tokens included; 0 without tokens.
  package var bytesPerToken: Double { tokens == 0 ? 0 : Double(bytes) / Double(tokens) }
}
