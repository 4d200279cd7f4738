import ArgumentParsing
import Corpora
import Foundation
import MixtureExports
import Mixtures
import Storage
import Studies

extension ExportFormat: ArgumentValue {
  package init(argument: String) throws {
    guard let format = Self(rawValue: argument) else { throw UnreadableArgument() }
    self = format
  }
  package static var argumentChoices: [String] { allCases.map(\.rawValue) }
  package var argumentText: String { rawValue }
}

/// `books=12B`, `books=/data/books`: something that is said of one domain.
struct DomainFact<Value>: ArgumentValue {
  var domain: String
  var value: Value

  init(_ domain: String, _ value: Value) {
    self.domain = domain
    self.value = value
  }

  init(argument: String) throws {
    // A path may have such signs in it too.
    let parts = NameSyntax.split(argument, on: "=")
    let isPath = Value.self == String.self
    guard parts.count > 1, let name = NameSyntax.name(parts[0]), !name.isEmpty else {
      if isPath { throw ExportError.malformedPath(argument) }
      throw ValidationError("Found '\(argument)', expected a domain and a number as in 'books=12B'")
    }
    domain = name
    let text = parts.dropFirst().joined(separator: "=")
    if let value = text as? Value, !text.isEmpty {
      self.value = value
    } else if isPath {
      throw ExportError.malformedPath(argument)
    } else if let value = try? Quantity(argument: text).value as? Value {
      self.value = value
    } else {
      throw ValidationError("Found '\(argument)', expected a number as in '\(domain)=12B'")
    }
  }

  var argumentText: String { "\(NameSyntax.written(domain, among: "="))=\(value)" }
}

struct ExportCommand: Command {
  static let commandName = "export"
  static let abstract = "Write a mixture as another trainer's configuration."
  static let discussion = """
    The mixture is a study's best, a run's, one that is written out ('books=0.3,code=0.7'), a preset \
    with --corpus, or '@file'. Trainers that draw documents rather than tokens get probabilities of \
    documents, for which the mean length of each domain's must be known: from the corpus, or from \
    --document-tokens. What is written is read back with '--mixture @file'.
    """

  @Argument("A study's or a run's folder, or a mixture.", completion: .folders)
  var mixture: String
  @Option("What to write it for.", name: "to", value: "format")
  var format: ExportFormat
  @Option("Corpus that sizes and lengths of documents are taken from.", completion: .folders)
  var corpus: String?
  @Option("Where a domain's text lies over there; several times for several.", value: "name=path")
  var path: [DomainFact<String>] = []
  @Option("JSON of domains and their path or list of paths.", value: "file", completion: .files)
  var paths: String?
  @Option("Tokens of the run that it is for: says epochs, and fills in repetition limits.")
  var tokens: Quantity?
  @Option("Tokens that there are of a domain, where the corpus is a sample.", value: "name=tokens")
  var available: [DomainFact<Double>] = []
  @Option("Mean tokens of a document of a domain.", value: "name=tokens")
  var documentTokens: [DomainFact<Double>] = []
  @Flag("Rows over there are sequences of one length, where the format draws rows.")
  var packed = false
  @Option("File to write; the standard output where not given.", completion: .files)
  var output: String?
  @Flag("Say nothing besides.", short: "q")
  var quiet = false

  func run() throws {
    let (mixture, corpusOfRun) = try readMixture()
    let record = try readRecord(corpusOfRun)
    var export = MixtureExport(
      try zip(mixture.domains, mixture.weights).map { name, weight in
        let part = record?.domains.first { $0.summary.name == name }?.summary.training
        return .init(
          name: name, weight: weight, paths: try paths(of: name),
          availableTokens: fact(available, name) ?? part.map { Double($0.tokens) },
          documentTokens: fact(documentTokens, name)
            ?? part.flatMap { $0.documents > 0 ? Double($0.tokens) / Double($0.documents) : nil })
      }, tokens: tokens?.value)
    export.isPacked = packed
    try checkFacts(mixture.domains)
    let text = try export.text(for: format)
    if let output {
      // A mixture that was exported before is replaced.
      try replaceOwnFile(at: output, with: text) { _ in
        (try? MixtureSpecification(argument: "@" + output)) != nil
      }
    } else {
      try emitData(text)
    }
    if !quiet {
      let line = ProgressLine(isQuiet: false)
      for note in try export.notes(for: format) { line.note(note) }
      line.finish()
    }
  }

  private func readPaths(_ file: String) throws -> [String: [String]] {
    let decoder = JSONDecoder()
    guard let map = try? decoder.decode([String: PathList].self, from: readFile(at: file)) else {
      // What cannot be read at all says so.
      _ = try readFile(at: file)
      throw StorageError.corruptFile(
        path: file,
        reason: "expected {\"books\": \"/data/books\", \"web\": [\"/data/a\", \"/data/b\"]}")
    }
    return map.mapValues(\.paths)
  }

  /// The mixture, and the corpus that it was found on.
  private func readMixture() throws -> (Mixture, corpus: String?) {
    if isFolder(mixture) {
      if fileExists(mixture + "/run.json") {
        let run = try decodeDocument(TrainSummary.self, at: mixture + "/run.json")
        return (run.mixture, run.corpus)
      }
      let study = try StudyRecord.read(folder: mixture)
      let analysis = study.analysis
      guard let best = analysis.best, let pick = analysis.methods[best].pick else {
        throw ValidationError(
          "\(mixture): found no finished trial, expected one; run the study first")
      }
      return (pick, study.configuration.corpus)
    }
    let specification = try MixtureSpecification(argument: mixture)
    guard case .weights(let entries) = specification else {
      guard let corpus else {
        throw ValidationError("Found the preset '\(mixture)', expected '--corpus <folder>' with it")
      }
      return (try resolve(specification, over: openCorpus(at: corpus)), nil)
    }
    return (
      try Mixture(domains: entries.map(\.domain), weights: entries.map(\.weight)), nil
    )
  }

  private func readRecord(_ corpusOfRun: String?) throws -> CorpusRecord? {
    if let corpus { return try CorpusRecord.read(in: corpus) }
    // The corpus of a run may be gone, and is then not needed.
    return corpusOfRun.flatMap { try? CorpusRecord.read(in: $0) }
  }

  private func fact(_ facts: [DomainFact<Double>], _ name: String) -> Double? {
    facts.last { $0.domain == name }?.value
  }

  private func paths(of name: String) throws -> [String] {
    var found = path.filter { $0.domain == name }.map(\.value)
    if let paths {
      found += try readPaths(paths)[name] ?? []
    }
    return found
  }

  private func checkFacts(_ domains: [String]) throws {
    var names = path.map(\.domain) + available.map(\.domain) + documentTokens.map(\.domain)
    if let paths { names += try readPaths(paths).keys.sorted() }
    if let unknown = names.first(where: { !domains.contains($0) }) {
      throw ValidationError("\(ExportError.unknownDomain(domain: unknown, known: domains))")
    }
  }

  /// One path, or several.
  private struct PathList: Decodable {
    var paths: [String]

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let one = try? value.decode(String.self) {
        paths = [one]
      } else {
        paths = try value.decode([String].self)
      }
    }
  }
}
