import ArgumentParsing
import Corpora
import Foundation
import Reports
import Storage
import TextSources

/// Shows on a line what building is at.
func show(_ step: CorpusBuilder.Step, on line: ProgressLine) {
  switch step {
  case .reading(let domain): line.update("reading \(domain)")
  case .read(let domain, let documents, let bytes):
    line.note("\(domain): \(documents) documents, \(Format.count(bytes)) bytes")
  case .comparing: line.update(force: true, "looking for held-out text in training text")
  case .learningVocabulary(let size): line.update(force: true, "learning \(size) tokens")
  case .encoding(let domain): line.update("encoding \(domain)")
  case .upToDate: line.note("the corpus is up to date")
  }
}

struct CorpusAddCommand: Command {
  static let commandName = "add"
  static let abstract = "Add domains to a corpus, or replace some; the others stay as they are."
  static let discussion = """
    The vocabulary stays too, so that losses of the other domains still compare. Added text shares no \
    document and no long paragraph with what the corpus measures on, nor the other way round.
    """

  @Argument("Folder of the corpus.", completion: .folders)
  var corpus: String
  @Option("A training domain's files; may be given several times.", value: "name=files")
  var domain: [DomainFiles] = []
  @Option("A training domain's token shards; may be given several times.", value: "name=files")
  var tokens: [DomainFiles] = []
  @Option("A domain that is only measured on; may be given several times.", value: "name=files")
  var heldOut: [DomainFiles] = []
  @OptionGroup
  var reading: ReadingArguments
  @OptionGroup
  var tokenReading: TokenArguments
  @Flag("Replace domains of the same name.")
  var replace = false
  @Flag("Print the result as JSON.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws {
    if domain.isEmpty, tokens.isEmpty, heldOut.isEmpty {
      throw ValidationError(
        "Found no domain, expected one; try '--domain books=texts/*.txt'")
    }
    if tokenReading.tokenizer != nil {
      throw ValidationError(
        "Found '--tokenizer', expected none: the corpus keeps its vocabulary; build it anew")
    }
  }

  func run() throws {
    let record = try CorpusRecord.read(in: corpus)
    var settings = record.settings
    settings.dropsCopies = reading.dropCopies ? true : nil
    let builder = try CorpusBuilder(
      name: record.name, training: domain, heldOut: heldOut, tokens: tokens,
      options: try reading.options(), encodings: reading.encodings,
      tokenReading: try tokenReading.reading(with: nil), settings: settings)
    try add(builder, to: corpus, replaces: replace, json: json, isQuiet: quiet || json)
  }
}

struct CorpusRebuildCommand: Command {
  static let commandName = "rebuild"
  static let abstract = "Read some domains' files again; the other domains stay as they are."

  @Argument("Folder of the corpus.", completion: .folders)
  var corpus: String
  @Argument("Domains to build again.")
  var domains: [String]
  @Flag("Print the result as JSON.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func run() throws {
    let builder = try CorpusBuilder(
      rebuilding: domains, of: try CorpusRecord.read(in: corpus))
    try add(builder, to: corpus, replaces: true, json: json, isQuiet: quiet || json)
  }
}

private func add(
  _ builder: CorpusBuilder, to folder: String, replaces: Bool, json: Bool, isQuiet: Bool
) throws {
  let line = ProgressLine(isQuiet: isQuiet)
  let corpus = try builder.add(
    to: folder, replaces: replaces, workers: ProcessInfo.processInfo.activeProcessorCount
  ) { show($0, on: line) }
  line.finish()
  try show(CorpusRecord.read(in: corpus.folder), json: json)
}
