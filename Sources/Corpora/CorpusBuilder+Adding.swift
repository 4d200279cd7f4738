import Foundation
import Storage
import TextSources

extension CorpusBuilder {
  /// Adds the builder's domains to a corpus, or builds some of its domains anew; the others' shards stay as
  /// they are, and so does the vocabulary.
  ///
  /// Added text is compared with all of the corpus: its held-out side with every training side, and its
  /// training side with every held-out one.
  ///
  /// - Parameters:
  ///   - replaces: whether domains of the corpus may be replaced by those of the same name.
  /// - Throws: ``CorpusError``, `TextSourceError` or `StorageError`.
  package func add(
    to folder: String, replaces: Bool, workers: Int, progress: (Step) -> Void = { _ in }
  ) throws -> Corpus {
    try checkNames()
    let target = try WorkFolder.resolved(folder)
    let record = try CorpusRecord.read(in: target)
    let corpus = try Corpus.open(at: target)
    let vocabulary = try Corpus.vocabulary(in: target, record)
    let names = Set(domains.map(\.name))
    if !replaces, let known = record.domains.first(where: { names.contains($0.summary.name) }) {
      throw CorpusError.knownDomain(known.summary.name)
    }
    if let domain = domains.first(where: { ($0.unitBytes > 1) != (record.isOfTokens ?? false) }) {
      throw CorpusError.otherUnit(domain: domain.name, isOfTokens: record.isOfTokens ?? false)
    }
    try Self.refuseForeignFiles(in: target)
    let work = try WorkFolder(for: folder)
    let kept = record.domains.filter { !names.contains($0.summary.name) }
    for file in kept.flatMap({ [$0.training, $0.heldOut].compactMap(\.?.file) })
      + [vocabulary.fileName]
    {
      try linkOrCopy(target + "/" + file, to: work.path + "/" + file)
    }

    let provenance = try domains.map { try $0.source.provenance() }
    var parts = try domains.map { domain in
      progress(.reading(domain: domain.name))
      let part = try DomainText(
        reading: domain, in: work.path, dropsCopies: settings.dropsCopies ?? false)
      progress(
        .read(domain: domain.name, documents: part.entries.count, bytes: part.spool.byteCount))
      return part
    }
    progress(.comparing)
    try DomainText.split(
      &parts, settings: settings,
      others: corpus.domains.filter { !names.contains($0.name) }
        .map { DividedText(domain: $0, vocabulary: vocabulary) }, workers: workers)
    let encoder = ParallelEncoder(vocabulary, workers: workers)
    var added: [CorpusRecord.Domain] = []
    for (part, sources) in zip(parts, provenance) {
      progress(.encoding(domain: part.name))
      added.append(try write(part, of: sources, into: work.path, with: encoder))
    }

    var changed = record
    // A domain that is replaced stays in its place.
    changed.domains = record.domains.compactMap { domain in
      names.contains(domain.summary.name)
        ? added.first { $0.summary.name == domain.summary.name } : domain
    }
    changed.domains += added.filter { domain in
      !record.domains.contains { $0.summary.name == domain.summary.name }
    }
    changed.inputs = SHA256.hexadecimal(
      of: (record.inputs + (try digestOfInputs(provenance))).utf8)
    changed.digest = CorpusRecord.digest(tokenizer: record.tokenizer, domains: changed.domains)
    try replaceFile(at: work.path + "/corpus.json", with: try encodeDocument(changed))
    try Self.refuseForeignFiles(in: target)
    try work.install()
    return try Corpus.open(at: WorkFolder.trimmed(folder))
  }

  /// Shards are replaced and never changed, so that two corpora can share them.
  private func linkOrCopy(_ path: String, to copy: String) throws {
    if link(path, copy) == 0 { return }
    try copyFile(at: path, to: copy)
  }
}
