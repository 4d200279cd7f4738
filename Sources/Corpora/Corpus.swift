import Storage

/// Text in tokens: what mixtures are drawn from, and what their losses are measured on.
package struct Corpus: Sendable {
  /// Where it was opened; empty for a corpus in memory.
  package let folder: String
  /// SHA-256 over the tokenizer and the shards: results compare only at equal digests.
  package let digest: String
  package let vocabularySize: Int
  /// Training domains in the manifest's order, then those that are held out only.
  package let domains: [CorpusDomain]
  /// The bytes of text that each token stands for, (vocabularySize); 0 for the end of a text. Where the
  /// corpus is of another's tokens, how many of those it ends: 0 or 1.
  package let tokenByteCounts: [Int]
  /// Stands between documents.
  package let endOfText: Int
  /// Whether the corpus was given in tokens of another's vocabulary.
  package let isOfTokens: Bool

  package var trainingDomains: [CorpusDomain] { domains.filter(\.isTrained) }

  init(
    folder: String, digest: String, vocabularySize: Int, domains: [CorpusDomain],
    tokenByteCounts: [Int], isOfTokens: Bool = false, endOfText: Int = 0
  ) {
    precondition(
      tokenByteCounts.count == vocabularySize,
      "expected the bytes of \(vocabularySize) tokens, found \(tokenByteCounts.count)")
    self.folder = folder
    self.digest = digest
    self.vocabularySize = vocabularySize
    self.domains = domains.filter(\.isTrained) + domains.filter { !$0.isTrained }
    self.tokenByteCounts = tokenByteCounts
    self.isOfTokens = isOfTokens
    self.endOfText = endOfText
  }

  /// A corpus in memory, of tokens that are there already.
  ///
  /// - Parameters:
  ///   - domains: nil as `training` makes a domain that is held out only.
  ///   - tokenByteCounts: one byte a token where none are given.
  package init(
    domains: [(name: String, training: [UInt16]?, heldOut: [UInt16])], vocabularySize: Int,
    tokenByteCounts: [Int]? = nil
  ) {
    let byteCounts = tokenByteCounts ?? [Int](repeating: 1, count: vocabularySize)
    var hash = SHA256()
    let built = domains.map { domain in
      func shard(_ tokens: [UInt16]) -> TokenShard {
        precondition(
          tokens.allSatisfy { $0 < vocabularySize }, "expected tokens below \(vocabularySize)")
        tokens.withUnsafeBytes { hash.update($0) }
        return TokenShard(tokens: tokens, vocabularySize: vocabularySize)
      }
      func part(_ tokens: [UInt16]) -> DomainSummary.Part {
        DomainSummary.Part(
          documents: 1, bytes: tokens.reduce(0) { $0 + byteCounts[Int($1)] }, tokens: tokens.count)
      }
      hash.update(domain.name.utf8)
      return CorpusDomain(
        name: domain.name, training: domain.training.map(shard), heldOut: shard(domain.heldOut),
        summary: DomainSummary(
          name: domain.name, isTrained: domain.training != nil,
          training: domain.training.map(part) ?? .init(), heldOut: part(domain.heldOut)))
    }
    self.init(
      folder: "", digest: hash.hexadecimal(), vocabularySize: vocabularySize, domains: built,
      tokenByteCounts: byteCounts)
  }
}
