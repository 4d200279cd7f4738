import ArgumentParsing
import Corpora
import Foundation
import Reports
import Storage
import TextSources

struct CorpusCommand: Command {
  static let commandName = "corpus"
  static let abstract = "Build a corpus of text domains, or show what is in one."
  static let subcommands: [any Command.Type] = [CorpusBuildCommand.self, CorpusListCommand.self]
}

extension DomainFiles: ArgumentValue {
  package init(argument: String) throws { try self.init(parsing: argument) }
  package var argumentText: String { "\(name)=\(patterns.joined(separator: ","))" }
  package static var argumentCompletion: ArgumentCompletion { .files }
}

struct CorpusBuildCommand: Command {
  static let commandName = "build"
  static let abstract = "Turn text into tokens: from a manifest, or from your own files."
  static let discussion = """
    A manifest names packages of text, which are downloaded (nothing is installed, no root needed), \
    checked and cleaned; or it describes text that is generated. Your own text is .txt (a document \
    each), or .jsonl, .jsonl.gz, .jsonl.zst (a document a line).

    The corpus is a folder with a byte-level BPE vocabulary (tokenizer.json, as Hugging Face's \
    tokenizers read it), shards of 16-bit tokens for training, and held-out shards that share no \
    file and no long paragraph with them. The same text gives the same bytes.
    """

  @Argument("Manifest, e.g. corpora/five.json.", completion: .files)
  var manifest: String?
  @Option(
    "A training domain's files, e.g. books='texts/**/*.txt'; may be given several times.",
    value: "name=files")
  var domain: [DomainFiles] = []
  @Option("A domain that is only measured on; may be given several times.", value: "name=files")
  var heldOut: [DomainFiles] = []
  @Option("Key of the text in lines of JSON.", value: "key")
  var textKey = "text"
  @Option(
    "Folder of the corpus; beside the manifest, by its name, where not given.", value: "folder",
    completion: .folders)
  var output: String?
  @Option("Folder that keeps downloaded packages.", value: "folder", completion: .folders)
  var cache = "corpora/cache"
  @Option("Size of the vocabulary; one serves all model sizes.", value: "tokens")
  var vocabulary = CorpusSettings().vocabularySize
  @Option("Seed of the order of the documents.")
  var seed = CorpusSettings().seed
  @Flag("Print the result as JSON.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws {
    if manifest == nil, domain.isEmpty {
      throw ValidationError(
        "Found neither a manifest nor '--domain', expected one; try 'corpora/five.json' or "
          + "'--domain books=texts/*.txt'")
    }
    if manifest != nil, !(domain.isEmpty && heldOut.isEmpty) {
      throw ValidationError(
        "Found a manifest and files of your own, expected one of them; build two corpora")
    }
    if manifest == nil, output == nil {
      throw ValidationError("Missing '--output <folder>': where the corpus is to be")
    }
    if !(257...65_536).contains(vocabulary) {
      throw ValidationError(
        "Found '--vocabulary \(vocabulary)', expected 257 to 65536: all bytes, the end of a text, "
          + "and merges in 16 bits")
    }
  }

  func run() throws {
    var settings = CorpusSettings()
    settings.vocabularySize = vocabulary
    settings.seed = seed
    let line = ProgressLine(isQuiet: quiet || json)
    let builder: CorpusBuilder
    let folder: String
    if let manifest {
      builder = try self.builder(manifest: manifest, settings: settings, line: line)
      folder =
        output
        ?? parentFolder(of: manifest).appendingFolder(builder.name)
    } else {
      folder = output!
      builder = try CorpusBuilder(
        name: (folder as NSString).lastPathComponent, training: domain, heldOut: heldOut,
        textKey: textKey, settings: settings)
    }
    let corpus = try builder.build(
      at: folder, workers: ProcessInfo.processInfo.activeProcessorCount
    ) { step in
      switch step {
      case .reading(let domain): line.update("reading \(domain)")
      case .read(let domain, let documents, let bytes):
        line.note("\(domain): \(documents) documents, \(Format.count(bytes)) bytes")
      case .learningVocabulary(let size): line.update(force: true, "learning \(size) tokens")
      case .encoding(let domain): line.update("encoding \(domain)")
      case .upToDate: line.note("\(folder) is up to date")
      }
    }
    line.finish()
    try show(CorpusRecord.read(in: corpus.folder), json: json)
  }

  private func builder(
    manifest path: String, settings: CorpusSettings, line: ProgressLine
  ) throws -> CorpusBuilder {
    let manifest = try CorpusManifest.read(at: path)
    switch manifest.kind {
    case .synthetic:
      return CorpusBuilder(try SyntheticText.read(at: path), settings: settings)
    case .packages:
      let show: @Sendable (SourceEvent) -> Void = { event in
        switch event {
        case .updatingLists: line.update(force: true, "updating the package lists")
        case .fetching(let package, let number, let count, let bytes):
          line.update("fetching \(number)/\(count) \(package) \(Format.count(bytes)) bytes")
        case .fetched(let package, let number, let count, let bytes):
          line.note("fetched \(number)/\(count) \(package), \(Format.count(bytes)) bytes")
        case .note(let package, let text): line.note("\(package): \(text)")
        case .extracting(let package, let number, let count):
          line.update("extracting \(package) (\(number)/\(count))")
        }
      }
      let packages = try PackageCache(folder: cache).fetch(manifest, progress: show)
      return CorpusBuilder(manifest, packages: packages, settings: settings, progress: show)
    }
  }
}

struct CorpusListCommand: Command {
  static let commandName = "list"
  static let abstract = "Show the domains of a corpus: documents, tokens, licences, digests."

  @Argument("Folder of the corpus.", completion: .folders)
  var folder = "corpora/five"
  @Flag("Print the whole record as JSON.")
  var json = false

  func run() throws { try show(CorpusRecord.read(in: folder), json: json) }
}

private func show(_ record: CorpusRecord, json: Bool) throws {
  if json {
    try emitDocument(record)
    return
  }
  var table = TextTable([
    .init("domain", .left), .init("role", .left), .init("documents"), .init("bytes"),
    .init("tokens"), .init("held out"), .init("bytes/token"), .init("digest", .left),
    .init("licence", .left),
  ])
  for domain in record.domains.map(\.summary) {
    table.append([
      domain.name, domain.isTrained ? "train" : "held out", "\(domain.documents)",
      Format.count(domain.bytes), Format.count(domain.tokens),
      Format.count(domain.heldOut.tokens), fixed(domain.bytesPerToken, 3),
      String(domain.digest.prefix(12)), shortened(domain.licences),
    ])
  }
  try emit(table.text, terminator: "")
  try emit("\nvocabulary \(record.vocabularySize), corpus \(record.digest.prefix(16))")
}

/// Each licence once; a long list by its first ones.
private func shortened(_ licences: [String]) -> String {
  licences.count <= 3
    ? licences.joined(separator: ", ")
    : licences.prefix(2).joined(separator: ", ") + " and \(licences.count - 2) more"
}

extension String {
  /// A path below this folder; the folder itself where it is empty.
  fileprivate func appendingFolder(_ name: String) -> String {
    isEmpty ? name : (self as NSString).appendingPathComponent(name)
  }
}
