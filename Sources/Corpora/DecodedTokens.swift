import TextSources

/// Token shards as the text that they were made of, where their tokenizer is known.
struct DecodedTokens: DocumentSource {
  let source: TokenFiles
  let tokenizer: Tokenizer

  func provenance() throws -> [Provenance] { try source.provenance() }

  func documents(_ body: (Document) throws -> Void) throws {
    try source.documents { document in
      var text: [UInt8] = []
      try document.text.withUnsafeBytes { raw in
        for offset in stride(from: 0, to: raw.count, by: 4) {
          let id = UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
          guard id < tokenizer.vocabularySize else {
            throw TextSourceError.wrongContents(
              path: document.source, found: "the token \(id)",
              hint: "expected tokens below \(tokenizer.vocabularySize), as the tokenizer has; give "
                + "the one that the shards were made with")
          }
          text += tokenizer.tokens[Int(id)]
        }
      }
      guard !text.isEmpty else { return }
      try body(
        Document(
          source: document.source, splitKey: document.splitKey, text: text,
          follows: document.follows))
    }
  }
}
