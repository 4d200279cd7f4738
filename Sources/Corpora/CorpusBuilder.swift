import Foundation
import Numerics
import Storage
import TextSources

/// Makes a corpus from documents: held-out split, vocabulary, tokens, shards.
///
/// The same documents and settings give the same bytes, whatever the number of workers. The text is kept
/// on the disk while a corpus is built; memory grows by some 50 bytes a document.
package struct CorpusBuilder: Sendable {
  package struct Domain: Sendable {
    package var name: String
    package var isTrained: Bool
    package var source: any DocumentSource
    package var comparison: HeldOutSplit.Comparison
    /// Bytes that make one unit of the source's text: 4 where it is tokens.
    package var unitBytes = 1
    /// The user's own files, so that the domain can be built again.
    package var files: DomainFiles.Reading?

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
    case comparing
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
  /// How the user's own files are read.
  var reading: ReadingOptions?
  var encodings: [String: TextEncoding]?
  var tokenReading: TokenReading?
  /// The tokenizer to use; nil to learn one.
  package var tokenizer: Tokenizer?

  package init(
    name: String, description: String = "", domains: [Domain],
    settings: CorpusSettings = CorpusSettings()
  ) {
    self.name = name
    self.description = description
    self.domains = domains
    self.settings = settings
  }

  /// Builds the corpus in a folder beside `folder` and puts it there when it is whole.
  ///
  /// A corpus that is there already and was built from the same inputs is opened instead; one that
  /// was built from others is replaced; a folder with anything else in it is left alone.
  ///
  /// - Throws: ``CorpusError``, `TextSourceError` or `StorageError`.
  package func build(
    at folder: String, workers: Int, progress: (Step) -> Void = { _ in }
  ) throws -> Corpus {
    try checkDomains()
    let target = try WorkFolder.resolved(folder)
    // The corpus is called as it was called by whoever asked for it, links and all.
    let path = WorkFolder.trimmed(folder)
    let isFree = try Self.isFree(target)
    let provenance = try domains.map { try $0.source.provenance() }
    let inputs = try digestOfInputs(provenance)
    if !isFree, let record = try? CorpusRecord.read(in: target), record.inputs == inputs,
      let corpus = try? Corpus.open(at: path)
    {
      progress(.upToDate)
      return corpus
    }
    try Self.refuseForeignFiles(in: target)
    let work = try WorkFolder(for: folder)
    try write(into: work.path, provenance: provenance, inputs: inputs, workers: workers, progress)
    // The user may have put something there meanwhile.
    try Self.refuseForeignFiles(in: target)
    try work.install()
    return try Corpus.open(at: path)
  }

  /// Whether nothing stands where the corpus shall be.
  ///
  /// - Throws: ``CorpusError/occupied(path:found:)`` where something stands there that is no corpus.
  private static func isFree(_ target: String) throws -> Bool {
    guard fileExists(target) else { return true }
    guard isFolder(target) else { throw CorpusError.occupied(path: target, found: "a file") }
    let names = try namesInFolder(target)
    if names.isEmpty { return true }
    guard CorpusRecord.foreignFiles(in: target, names) != nil else {
      throw CorpusError.occupied(path: target, found: "a folder with \(Self.list(names.sorted()))")
    }
    return false
  }

  static func refuseForeignFiles(in target: String) throws {
    guard try !isFree(target) else { return }
    let names = try namesInFolder(target)
    let foreign = CorpusRecord.foreignFiles(in: target, names) ?? names
    if !foreign.isEmpty {
      throw CorpusError.occupied(
        path: target, found: "\(Self.list(foreign)) beside the corpus")
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map { "'\(visible($0))'" }.joined(separator: ", ")
    return names.count > 3 ? shown + " and \(names.count - 3) more" : shown
  }

  private func checkDomains() throws {
    try checkNames()
    guard domains.contains(where: \.isTrained) else { throw CorpusError.noTrainingDomain }
  }

  func checkNames() throws {
    for (index, domain) in domains.enumerated() {
      guard CorpusRecord.isAllowed(domain: domain.name) else {
        throw CorpusError.domainName(domain.name)
      }
      if domains[..<index].contains(where: { $0.name == domain.name }) {
        throw CorpusError.duplicateDomain(domain.name)
      }
    }
  }

  func digestOfInputs(_ provenance: [[Provenance]]) throws -> String {
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
      var reading: ReadingOptions?
      var encodings: [String: TextEncoding]?
      var tokens: TokenReading?
    }
    return SHA256.hexadecimal(
      of: try encodeLine(
        Inputs(
          format: CorpusRecord.format, settings: settings,
          domains: zip(domains, provenance).map {
            .init(
              name: $0.name, isTrained: $0.isTrained, comparison: $0.comparison, sources: $1)
          },
          manifest: manifest, synthetic: synthetic, reading: reading, encodings: encodings,
          tokens: tokenReading)))
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
      let part = try DomainText(
        reading: domains[index], in: folder, dropsCopies: settings.dropsCopies ?? false)
      progress(
        .read(
          domain: domains[index].name, documents: part.entries.count, bytes: part.spool.byteCount))
      return part
    }
    progress(.comparing)
    try DomainText.split(&parts, settings: settings, workers: workers)

    progress(.learningVocabulary(size: settings.vocabularySize))
    let vocabulary = try vocabulary(for: parts)
    let json = try vocabulary.encoded()
    try replaceFile(at: folder + "/" + vocabulary.fileName, with: json)

    let encoder = ParallelEncoder(vocabulary, workers: workers)
    var records: [CorpusRecord.Domain] = []
    for (part, index) in zip(parts, order) {
      progress(.encoding(domain: part.name))
      records.append(
        try write(part, of: provenance[index], into: folder, with: encoder))
    }

    let tokenizerDigest = SHA256.hexadecimal(of: json)
    let record = CorpusRecord(
      name: name, description: description,
      digest: CorpusRecord.digest(tokenizer: tokenizerDigest, domains: records), inputs: inputs,
      settings: settings, vocabularySize: vocabulary.size, tokenizer: tokenizerDigest,
      isOfTokens: isOfTokens ? true : nil, endOfText: settings.endOfText,
      domains: records, manifest: manifest, synthetic: synthetic)
    try replaceFile(at: folder + "/corpus.json", with: try encodeDocument(record))
  }

  /// Writes a domain's shards.
  func write(
    _ part: DomainText, of sources: [Provenance], into folder: String,
    with encoder: ParallelEncoder
  ) throws -> CorpusRecord.Domain {
    func shard(
      _ runs: [TextRun], _ role: String
    ) throws -> (CorpusRecord.Shard, DomainSummary.Part) {
      // In the source's order, so that text of a kind lies together: windows are then drawn evenly
      // over all kinds, which a random order would leave to chance.
      let file = "\(CorpusRecord.fileName(ofDomain: part.name)).\(role).tokens"
      var writer = try ShardWriter(
        path: folder + "/" + file, vocabularySize: encoder.vocabulary.size)
      try encoder.encode(runs, of: part.spool) { try writer.append($0) }
      let count = writer.count
      let (sha256, checksum) = try writer.finish()
      return (
        CorpusRecord.Shard(
          file: file, sha256: sha256, checksum: String(checksum, radix: 16), tokens: count),
        DomainSummary.Part(
          documents: runs.reduce(0) { $0 + ($1.isEnded ? 1 : 0) },
          bytes: runs.reduce(0) { $0 + $1.range.count } / part.unitBytes, tokens: count)
      )
    }
    let training =
      part.isTrained ? try shard(part.texts(ofTraining: true), "training") : nil
    let heldOut = try shard(part.texts(ofTraining: false), "held-out")
    var licences: [String] = []
    for license in sources.compactMap(\.license) where !licences.contains(license) {
      licences.append(license)
    }
    return CorpusRecord.Domain(
      summary: DomainSummary(
        name: part.name, isTrained: part.isTrained, training: training?.1 ?? .init(),
        heldOut: heldOut.1, duplicatesDropped: part.dropped, licences: licences,
        digest: CorpusRecord.digest(training: training?.0, heldOut: heldOut.0),
        fates: DocumentFates(part)),
      files: domains.first { $0.name == part.name }?.files, unit: part.unit,
      comparison: part.comparison, training: training?.0,
      heldOut: heldOut.0, sources: sources)
  }

  private var isOfTokens: Bool { domains.contains { $0.unitBytes > 1 } }

  private func vocabulary(for parts: [DomainText]) throws -> Vocabulary {
    if isOfTokens {
      var counts = [Int](repeating: 0, count: tokenReading?.vocabularySize ?? 0)
      for part in parts {
        let raw = UnsafeRawBufferPointer(part.spool.bytes(0..<part.spool.byteCount))
        for offset in stride(from: 0, to: raw.count, by: 4) {
          let id = Int(
            UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
          if id >= counts.count {
            counts += [Int](repeating: 0, count: id + 1 - counts.count)
          }
          counts[id] += 1
        }
      }
      let ends = Set(try domains.map { try ($0.source as? TokenFiles)?.end() })
      let end = ends.count == 1 ? ends.first! : nil
      if let end, end >= counts.count {
        counts += [Int](repeating: 0, count: Int(end) + 1 - counts.count)
      }
      return .cut(
        try TokenCut(counts: counts, sourceEnd: end, size: settings.vocabularySize))
    }
    guard let tokenizer else { return .tokenizer(try learnVocabulary(parts)) }
    guard tokenizer.vocabularySize > settings.vocabularySize else { return .tokenizer(tokenizer) }
    var counts = [Int](repeating: 0, count: tokenizer.vocabularySize)
    var encoder = TokenEncoder(tokenizer)
    var tokens: [UInt32] = []
    for part in parts where part.isTrained {
      for text in sample(of: part) {
        encoder.encode(text, into: &tokens)
        for token in tokens { counts[Int(token)] += 1 }
        tokens.removeAll(keepingCapacity: true)
      }
    }
    return .tokenizer(try tokenizer.cut(to: settings.vocabularySize, counts: counts))
  }

  /// Learns from the same number of bytes of each training domain, held-out text excluded.
  private func learnVocabulary(_ parts: [DomainText]) throws -> Tokenizer {
    var trainer = TokenizerTrainer()
    for part in parts where part.isTrained {
      trainer.add(sample(of: part), weight: settings.sampleBytes)
    }
    return try trainer.train(vocabularySize: settings.vocabularySize)
  }

  /// Documents of a domain, in a random order, of `sampleBytes` together.
  private func sample(of part: DomainText) -> [[UInt8]] {
    var indices = part.training
    var generator = SeededGenerator(seed: settings.seed, stream: "sample of \(part.name)")
    generator.shuffle(&indices)
    var left = settings.sampleBytes
    var sample: [[UInt8]] = []
    for index in indices where left > 0 {
      let text = part.spool[index]
      sample.append(Array(text.prefix(left)))
      left -= text.count
    }
    return sample
  }
}
