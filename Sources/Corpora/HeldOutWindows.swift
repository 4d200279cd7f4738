/// The sequences that losses are measured on: the same for every run, so that what they happen to
/// contain cancels in the difference of two runs.
///
/// Each is `contextLength` + 1 tokens of one domain's held-out shard; the tokens that are predicted
/// are in one window only, and the windows are spread evenly over the shard.
package struct HeldOutWindows: Sendable {
  /// All domains of the corpus, in its order.
  package let domains: [String]
  package let contextLength: Int
  private let shards: [TokenShard]
  /// First token of each window of each domain.
  private let starts: [[Int]]
  private let byteCounts: [Int]

  /// Predicted tokens of a domain that runs measure on where nothing else is asked for.
  package static let usualTokens = 45_056
  /// Fewer windows say next to nothing of a domain.
  package static let leastWindows = 4

  /// - Parameter tokensPerDomain: predicted tokens of each domain, rounded up to whole windows; a
  ///   domain that has fewer is measured on all it has.
  /// - Throws: ``CorpusError/tooFewTokens(domain:part:expected:found:)`` where a held-out shard
  ///   does not fill ``leastWindows``.
  package init(
    corpus: Corpus, contextLength: Int, tokensPerDomain: Int = Self.usualTokens
  ) throws {
    precondition(
      contextLength > 0 && tokensPerDomain > 0,
      "expected positive lengths, found \(contextLength) and \(tokensPerDomain)")
    let asked = (tokensPerDomain + contextLength - 1) / contextLength
    domains = corpus.domains.map(\.name)
    shards = corpus.domains.map(\.heldOut)
    self.contextLength = contextLength
    starts = try corpus.domains.map { domain in
      let available = (domain.heldOut.count - 1) / contextLength
      guard available >= min(asked, Self.leastWindows) else {
        throw CorpusError.tooFewTokens(
          domain: domain.name, part: "held-out",
          expected: min(asked, Self.leastWindows) * contextLength + 1,
          found: domain.heldOut.count)
      }
      let count = min(asked, available)
      return (0..<count).map { $0 * available / count * contextLength }
    }
    byteCounts = zip(shards, starts).map { shard, starts in
      shard.withTokens { tokens in
        var bytes = 0
        for start in starts {
          for position in start + 1...start + contextLength {
            bytes += corpus.tokenByteCounts[Int(tokens[position])]
          }
        }
        return bytes
      }
    }
  }

  package func windowCount(domain: Int) -> Int { starts[domain].count }

  /// Fills `tokens` with the contextLength + 1 tokens of one window.
  package func copyWindow(
    domain: Int, window: Int, into tokens: UnsafeMutableBufferPointer<UInt16>
  ) {
    precondition(
      tokens.count == contextLength + 1,
      "expected room for \(contextLength + 1) tokens, found \(tokens.count)")
    let start = starts[domain][window]
    shards[domain].withTokens { source in
      _ = tokens.update(fromContentsOf: source[start..<start + tokens.count])
    }
  }

  /// The bytes of text of all predicted tokens of a domain: what bits per byte divide by.
  package func byteCount(domain: Int) -> Int { byteCounts[domain] }
}
