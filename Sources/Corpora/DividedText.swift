/// A domain of a corpus that is there already, as far as others' text is compared with it.
struct DividedText {
  let domain: CorpusDomain
  let vocabulary: Vocabulary

  /// Calls `body` with the bytes of each document of a shard: text, or source tokens of four bytes.
  private func forEachDocument(of shard: TokenShard, _ body: ([UInt8]) -> Void) {
    shard.withTokens { tokens in
      var start = 0
      while start < tokens.count {
        let end = tokens[start...].firstIndex(of: UInt16(vocabulary.endOfText)) ?? tokens.count
        let document = tokens[start..<end]
        switch vocabulary {
        case .tokenizer(let tokenizer): body(tokenizer.decode(document))
        case .cut(let cut):
          body(
            cut.decode(document).flatMap { id in
              (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * UInt32($0))) }
            })
        }
        start = end + 1
      }
    }
  }

  private func hashes(of document: [UInt8]) -> [UInt64] {
    document.withUnsafeBufferPointer { text in
      guard case .tokenizer = vocabulary else { return [stableHash(text)] }
      return [stableHash(HeldOutSplit.trimmed(text))]
        + HeldOutSplit.longParagraphs(text).map(stableHash)
    }
  }

  /// Those of the hashes that its training text has.
  func trainedHashes(among wanted: Set<UInt64>) -> Set<UInt64> {
    guard let training = domain.training else { return [] }
    var found: Set<UInt64> = []
    forEachDocument(of: training) { document in
      for hash in hashes(of: document) where wanted.contains(hash) { found.insert(hash) }
    }
    return found
  }

  /// Of its held-out text.
  func heldOutHashes() -> Set<UInt64> {
    var found: Set<UInt64> = []
    forEachDocument(of: domain.heldOut) { found.formUnion(hashes(of: $0)) }
    return found
  }
}
