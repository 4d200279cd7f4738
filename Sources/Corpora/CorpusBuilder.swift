import Dispatch
import Foundation
import Numerics
import Storage
import TextSources

/// Makes a corpus from documents: held-out split, vocabulary, tokens, shards.
///
/// The same documents and settings give the same bytes, whatever the number of workers. All text is
/// held in memory while a corpus is built.
package struct CorpusBuilder: Sendable {
  package struct Domain: Sendable {
    package var name: String
    package var isTrained: Bool
    package var source: any DocumentSource
    package var comparison: HeldOutSplit.Comparison

    package init(
      name: String, isTrained: Bool = true, source: any DocumentSource,
      comparison: HeldOutSplit.Comparison = .paragraphs
    ) {
      self.name = name
      self.isTrained = isTrained
      self.source = source
      self.comparison = comparison
    }
  }

  /// What building is at, for a line of progress.
  package enum Step: Sendable, Equatable {
    case reading(domain: String)
    case read(domain: String, documents: Int, bytes: Int)
    case learningVocabulary(size: Int)
    case encoding(domain: String)
    case upToDate
  }

  package var name: String
  package var description = ""
  package var domains: [Domain]
  package var settings = CorpusSettings()
  package internal(set) var manifest: CorpusManifest?
  package internal(set) var synthetic: SyntheticText?
  /// What the text of a line of JSON is called, in the user's own files.
  var textKey: String?

  package init(
    name: String, description: String = "", domains: [Domain],
    settings: CorpusSettings = CorpusSettings()
  ) {
    self.name = name
    self.description = description
    self.domains = domains
    self.settings = settings
  }

  /// Builds the corpus in a folder beside `folder` and renames it when it is whole.
  ///
  /// A corpus that is there already and was built from the same inputs is opened instead; one that
  /// was built from others is replaced; a folder that is no corpus is left alone.
  ///
  /// - Throws: ``CorpusError``, `TextSourceError` or `StorageError`.
  package func build(
    at folder: String, workers: Int, progress: (Step) -> Void = { _ in }
  ) throws -> Corpus {
    try checkDomains()
    let provenance = try domains.map { try $0.source.provenance() }
    let inputs = try digestOfInputs(provenance)
    if fileExists(folder), !isEmptyFolder(folder) {
      guard fileExists(folder + "/corpus.json") else {
        throw CorpusError.occupied(path: folder)
      }
      if let record = try? CorpusRecord.read(in: folder), record.inputs == inputs,
        let corpus = try? Corpus.open(at: folder)
      {
        progress(.upToDate)
        return corpus
      }
    }

    let partial = folder + ".partial"
    try makeFolder(at: partial)
    let lock = try FolderLock(folder: partial)
    try withExtendedLifetime(lock) {
      try write(into: partial, provenance: provenance, inputs: inputs, workers: workers, progress)
      try removeFile(partial + "/lock")
      try replaceFolder(at: folder, by: partial)
    }
    return try Corpus.open(at: folder)
  }

  private func checkDomains() throws {
    for (index, domain) in domains.enumerated() {
      let allowed = domain.name.utf8.allSatisfy {
        ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
      guard allowed, !domain.name.isEmpty else { throw CorpusError.domainName(domain.name) }
      if domains[..<index].contains(where: { $0.name == domain.name }) {
        throw CorpusError.duplicateDomain(domain.name)
      }
    }
    guard domains.contains(where: \.isTrained) else { throw CorpusError.noTrainingDomain }
  }

  private func digestOfInputs(_ provenance: [[Provenance]]) throws -> String {
    struct Inputs: Encodable {
      struct Domain: Encodable {
        var name: String
        var isTrained: Bool
        var comparison: HeldOutSplit.Comparison
        var sources: [Provenance]
      }
      var format: Int
      var settings: CorpusSettings
      var domains: [Domain]
      var manifest: CorpusManifest?
      var synthetic: SyntheticText?
      var textKey: String?
    }
    return SHA256.hexadecimal(
      of: try encodeLine(
        Inputs(
          format: CorpusRecord.format, settings: settings,
          domains: zip(domains, provenance).map {
            .init(
              name: $0.name, isTrained: $0.isTrained, comparison: $0.comparison, sources: $1)
          },
          manifest: manifest, synthetic: synthetic, textKey: textKey)))
  }

  private func write(
    into folder: String, provenance: [[Provenance]], inputs: String, workers: Int,
    _ progress: (Step) -> Void
  ) throws {
    // Training domains first, as in the corpus.
    let order =
      domains.indices.filter { domains[$0].isTrained }
      + domains.indices.filter { !domains[$0].isTrained }
    var parts = try order.map { index in
      progress(.reading(domain: domains[index].name))
      let part = try DomainText(reading: domains[index])
      progress(
        .read(
          domain: domains[index].name, documents: part.documents.count,
          bytes: part.entries.reduce(0) { $0 + $1.bytes }))
      return part
    }
    try DomainText.split(&parts, settings: settings)

    progress(.learningVocabulary(size: settings.vocabularySize))
    let tokenizer = try learnVocabulary(parts)
    let json = tokenizer.json()
    try replaceFile(at: folder + "/tokenizer.json", with: json)

    var records: [CorpusRecord.Domain] = []
    for (part, index) in zip(parts, order) {
      progress(.encoding(domain: part.name))
      func shard(
        _ texts: [[UInt8]], _ role: String
      ) throws -> (CorpusRecord.Shard, DomainSummary.Part) {
        // In the source's order, so that text of a kind lies together: windows are then drawn evenly
        // over all kinds, which a random order would leave to chance.
        let tokens = encode(texts, with: tokenizer, workers: workers)
        let shard = TokenShard(tokens: tokens, vocabularySize: tokenizer.vocabularySize)
        let file = "\(part.name).\(role).tokens"
        let sha256 = try shard.write(to: folder + "/" + file)
        return (
          CorpusRecord.Shard(
            file: file, sha256: sha256, checksum: String(shard.checksum, radix: 16),
            tokens: tokens.count),
          DomainSummary.Part(
            documents: texts.count, bytes: texts.reduce(0) { $0 + $1.count }, tokens: tokens.count)
        )
      }
      let training =
        part.isTrained ? try shard(part.training.map { part.documents[$0] }, "training") : nil
      let heldOut = try shard(part.heldOutTexts, "held-out")
      var licences: [String] = []
      for license in provenance[index].compactMap(\.license) where !licences.contains(license) {
        licences.append(license)
      }
      records.append(
        CorpusRecord.Domain(
          summary: DomainSummary(
            name: part.name, isTrained: part.isTrained, training: training?.1 ?? .init(),
            heldOut: heldOut.1, duplicatesDropped: part.dropped, licences: licences,
            digest: CorpusRecord.digest(training: training?.0, heldOut: heldOut.0)),
          unit: part.unit, comparison: part.comparison, training: training?.0,
          heldOut: heldOut.0, sources: provenance[index]))
    }

    let tokenizerDigest = SHA256.hexadecimal(of: json)
    let record = CorpusRecord(
      name: name, description: description,
      digest: CorpusRecord.digest(tokenizer: tokenizerDigest, domains: records), inputs: inputs,
      settings: settings, vocabularySize: tokenizer.vocabularySize, tokenizer: tokenizerDigest,
      domains: records, manifest: manifest, synthetic: synthetic)
    try replaceFile(at: folder + "/corpus.json", with: try encodeDocument(record))
  }

  /// Learns from the same number of bytes of each training domain, held-out text excluded.
  private func learnVocabulary(_ parts: [DomainText]) throws -> Tokenizer {
    var trainer = TokenizerTrainer()
    for part in parts where part.isTrained {
      var indices = part.training
      var generator = SeededGenerator(seed: settings.seed, stream: "sample of \(part.name)")
      generator.shuffle(&indices)
      var left = settings.sampleBytes
      var sample: [[UInt8]] = []
      for index in indices where left > 0 {
        let text = part.documents[index]
        sample.append(text.count <= left ? text : Array(text[..<left]))
        left -= text.count
      }
      trainer.add(sample, weight: settings.sampleBytes)
    }
    return try trainer.train(vocabularySize: settings.vocabularySize)
  }
}

/// The tokens of texts, each followed by the end-of-text token: the same for any number of workers.
func encode(_ texts: [[UInt8]], with tokenizer: Tokenizer, workers: Int) -> [UInt16] {
  // Slices of about equal bytes, one a worker.
  let workers = max(min(workers, texts.count), 1)
  let total = texts.reduce(0) { $0 + $1.count }
  var bounds = [0]
  var bytes = 0
  for (index, text) in texts.enumerated() {
    bytes += text.count
    if bytes * workers >= total * bounds.count, bounds.count < workers { bounds.append(index + 1) }
  }
  while bounds.count <= workers { bounds.append(texts.count) }

  let results = Results(count: workers)
  let slices = bounds
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    var encoder = TokenEncoder(tokenizer)
    var tokens: [UInt16] = []
    for text in texts[slices[worker]..<slices[worker + 1]] {
      encoder.encode(text, into: &tokens)
      tokens.append(tokenizer.endOfText)
    }
    results.set(tokens, at: worker)
  }
  return Array(results.all.joined())
}

/// What workers have made, each in its place.
private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var slices: [[UInt16]]

  init(count: Int) { slices = [[UInt16]](repeating: [], count: count) }

  func set(_ tokens: [UInt16], at index: Int) { lock.withLock { slices[index] = tokens } }

  var all: [[UInt16]] { lock.withLock { slices } }
}
