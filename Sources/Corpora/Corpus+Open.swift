import Storage

extension Corpus {
  /// Reads `corpus.json`, maps the shards and sees that each file is whole and belongs here.
  ///
  /// - Throws: ``CorpusError`` or `StorageError`.
  package static func open(at folder: String) throws -> Corpus {
    let record = try CorpusRecord.read(in: folder)
    let vocabulary = try vocabulary(in: folder, record)
    func shard(_ shard: CorpusRecord.Shard) throws -> TokenShard {
      let path = folder + "/" + shard.file
      let opened = try TokenShard(at: path)
      guard opened.vocabularySize == record.vocabularySize else {
        throw CorpusError.shardVocabulary(
          path: path, expected: record.vocabularySize, found: opened.vocabularySize)
      }
      let checksum = String(opened.checksum, radix: 16)
      guard checksum == shard.checksum, opened.count == shard.tokens else {
        throw CorpusError.foreignFile(path: path, expected: shard.checksum, found: checksum)
      }
      return opened
    }
    let domains = try record.domains.map { domain in
      CorpusDomain(
        name: domain.summary.name, training: try domain.training.map(shard),
        heldOut: try shard(domain.heldOut), summary: domain.summary)
    }
    let digest = CorpusRecord.digest(tokenizer: record.tokenizer, domains: record.domains)
    guard digest == record.digest else {
      throw CorpusError.foreignFile(
        path: folder + "/corpus.json", expected: record.digest, found: digest)
    }
    return Corpus(
      folder: folder, digest: digest, vocabularySize: record.vocabularySize, domains: domains,
      tokenByteCounts: vocabulary.unitCounts, isOfTokens: record.isOfTokens ?? false,
      endOfText: Int(vocabulary.endOfText))
  }

  /// Reads what the tokens stand for.
  static func vocabulary(
    in folder: String, _ record: CorpusRecord
  ) throws -> Vocabulary {
    let isCut = record.isOfTokens ?? false
    let path = folder + (isCut ? "/vocabulary.json" : "/tokenizer.json")
    let digest = try SHA256.hexadecimal(ofFileAt: path)
    guard digest == record.tokenizer else {
      throw CorpusError.foreignFile(path: path, expected: record.tokenizer, found: digest)
    }
    let vocabulary: Vocabulary
    if isCut {
      let cut = try decodeDocument(TokenCut.self, at: path)
      try cut.check(path: path)
      vocabulary = .cut(cut)
    } else {
      vocabulary = .tokenizer(try Tokenizer(at: path, endOfText: record.endOfText))
    }
    guard vocabulary.size == record.vocabularySize else {
      throw CorpusError.shardVocabulary(
        path: path, expected: record.vocabularySize, found: vocabulary.size)
    }
    return vocabulary
  }

  /// The tokenizer that the corpus was built with.
  ///
  /// - Precondition: the corpus was opened from a folder, and is of text.
  package func tokenizer() throws -> Tokenizer {
    precondition(!folder.isEmpty, "expected a corpus from a folder, found one in memory")
    return try Tokenizer(
      at: folder + "/tokenizer.json", endOfText: CorpusRecord.read(in: folder).endOfText)
  }
}
