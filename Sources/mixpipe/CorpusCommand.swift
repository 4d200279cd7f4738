import ArgumentParsing
import Corpora
import Foundation
import Reports
import Storage
import TextSources

struct CorpusCommand: Command {
  static let commandName = "corpus"
  static let abstract = "Build a corpus of text domains, change one, or show what is in it."
  static let subcommands: [any Command.Type] = [
    CorpusBuildCommand.self, CorpusAddCommand.self, CorpusRebuildCommand.self,
    CorpusListCommand.self,
  ]
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
    checked and cleaned; or it describes text that is generated. Your own text is .txt, .md and the \
    like (a document each), or .jsonl, .ndjson, .json (a document a line), also with .gz or .zst; a \
    folder means all of these in it. Names may have levels, as in 'web/health'.

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
  @Option(
    """
    A training domain's token shards: Megatron's .bin and .idx, llm.c's and nanoGPT's .bin, .npy of \
    OLMo, dolma and NumPy, datatrove's .ds, Lit-GPT's packed files.
    """, value: "name=files")
  var tokens: [DomainFiles] = []
  @Option("A domain that is only measured on; may be given several times.", value: "name=files")
  var heldOut: [DomainFiles] = []
  @OptionGroup
  var reading: ReadingArguments
  @OptionGroup
  var tokenReading: TokenArguments
  @Option(
    "Folder of the corpus; beside the manifest, by its name, where not given.", value: "folder",
    completion: .folders)
  var output: String?
  @Option("Folder that keeps downloaded packages.", value: "folder", completion: .folders)
  var cache = "corpora/cache"
  @Option(
    """
    Size of the vocabulary; one serves all model sizes. 1024 where one is learned; a given one is \
    kept whole up to 8192 tokens and else cut to 4096.
    """, value: "tokens")
  var vocabulary: Int?
  @Option("Seed of the order of the documents.")
  var seed = CorpusSettings().seed
  @Flag("Print the result as JSON.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws {
    if manifest == nil, domain.isEmpty, tokens.isEmpty {
      throw ValidationError(
        "Found neither a manifest nor '--domain', expected one; try 'corpora/five.json' or "
          + "'--domain books=texts/*.txt'")
    }
    if manifest != nil, !(domain.isEmpty && heldOut.isEmpty && tokens.isEmpty) {
      throw ValidationError(
        "Found a manifest and files of your own, expected one of them; build two corpora")
    }
    if manifest == nil, output == nil {
      throw ValidationError("Missing '--output <folder>': where the corpus is to be")
    }
    if let vocabulary, !(257...65_536).contains(vocabulary) {
      throw ValidationError(
        "Found '--vocabulary \(vocabulary)', expected 257 to 65536: all bytes, the end of a text, "
          + "and merges in 16 bits")
    }
  }

  func run() throws {
    var settings = CorpusSettings()
    let tokenizer = try tokenReading.readTokenizer()
    settings.vocabularySize = vocabulary ?? tokenReading.defaultVocabulary(of: tokenizer, tokens)
    settings.tokenizer = try tokenReading.tokenizerDigest()
    settings.endOfText = tokenizer == nil ? nil : tokenReading.endOfTextName
    settings.seed = seed
    settings.dropsCopies = reading.dropCopies ? true : nil
    let line = ProgressLine(isQuiet: quiet || json)
    var builder: CorpusBuilder
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
        tokens: tokens, options: try reading.options(), encodings: reading.encodings,
        tokenReading: try tokenReading.reading(with: tokenizer), tokenizer: tokenizer,
        settings: settings)
    }
    builder.tokenizer = tokenizer
    let corpus = try builder.build(
      at: folder, workers: ProcessInfo.processInfo.activeProcessorCount
    ) { show($0, on: line) }
    line.finish()
    let record = try CorpusRecord.read(in: corpus.folder)
    try show(record, json: json)
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
      return CorpusBuilder(
        manifest, packages: packages, settings: settings, limits: try reading.options().limits,
        progress: show)
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

  func run() throws {
    try show(CorpusRecord.read(in: folder), json: json, isReviewed: false)
  }
}

/// - Parameter isReviewed: whether it was built just now.
func show(_ record: CorpusRecord, json: Bool, isReviewed: Bool = true) throws {
  if json {
    try emitDocument(record, kind: "corpus")
    return
  }
  var table = TextTable([
    .init("domain", .left), .init("role", .left), .init("documents"),
    .init(record.isOfTokens == true ? "source tokens" : "bytes"), .init("tokens"),
    .init("held out"), .init(record.isOfTokens == true ? "source tokens/token" : "bytes/token"),
    .init("digest", .left),
    .init("licence", .left),
  ])
  for domain in record.domains.map(\.summary) {
    table.append([
      visible(domain.name), domain.isTrained ? "train" : "held out", "\(domain.documents)",
      Format.count(domain.bytes), Format.count(domain.tokens),
      Format.count(domain.heldOut.tokens), fixed(domain.bytesPerToken, 3),
      String(domain.digest.prefix(12)), visible(shortened(domain.licences)),
    ])
  }
  try emit(table.text, terminator: "")
  try emit("\nvocabulary \(record.vocabularySize), corpus \(record.digest.prefix(16))")
  if isReviewed { try emit(CorpusReview(record).text, terminator: "") }
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
