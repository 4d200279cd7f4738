import ArgumentParsing
import Corpora
import Foundation
import MixtureExports
import Mixtures
import ProxyModels
import Reports
import Storage

extension MixtureSpecification: ArgumentValue {
  /// Weights, a preset, or `@` and a file that holds a mixture.
  package init(argument: String) throws {
    guard argument.hasPrefix("@") else {
      try self.init(parsing: argument)
      return
    }
    self = .weights(
      try MixtureFile.read(at: String(argument.dropFirst()))
        .map { Entry(domain: $0.domain, weight: $0.weight) })
  }

  package var argumentText: String {
    switch self {
    case .preset(let preset): preset.rawValue
    case .weights(let entries):
      entries.map { "\(NameSyntax.written($0.domain, among: ",=\""))=\($0.weight)" }.joined(
        separator: ",")
    }
  }
}

struct TrainCommand: Command {
  static let commandName = "train"
  static let abstract = "Train one proxy model on one mixture."
  static let discussion = """
    Reports the held-out loss of every domain. The run's folder keeps the result (run.json), the \
    model as Hugging Face's Llama with its tokenizer, which transformers, lm-eval and vLLM load, \
    and while it trains a checkpoint: after an interruption the same command goes on where it was.

    \(TargetRunOptions.explanation)
    """

  @Option(
    """
    Domain weights, e.g. 'books=0.3,code=0.7', or uniform, natural, llama, or '@file' that holds a \
    mixture, as 'mixpipe export' writes it.
    """, short: "m", value: "weights")
  var mixture: MixtureSpecification
  @Option("Folder of the corpus.", value: "folder", completion: .folders)
  var corpus = "corpora/five"
  @Option(
    "Size of the model, in parameters; between those named any other number, e.g. 200k.",
    value: "size")
  var size = SizeArgument(ModelSize.named("100k")!)
  @OptionGroup
  var target: TargetRunOptions
  @OptionGroup
  var training: TrainingOptions
  @Option("Seed of the initialization and of the order of the text.")
  var seed: UInt64 = 1
  @Option("Threads; the result is the same for any number.", value: "count")
  var workers: Int?
  @Option(
    "Folder of the run; made from size, mixture and seed where not given.", value: "folder",
    completion: .folders)
  var output: String?
  @Flag("Say where the time went, part by part.")
  var profile = false
  @Flag("Print the result as JSON, and nothing else.")
  var json = false
  @Flag("Print only the result.", short: "q")
  var quiet = false

  func validate() throws { try check(["workers": workers], atLeast: 1) }

  func run() throws {
    let corpus = try openCorpus(at: corpus)
    let mixture = try resolve(mixture, over: corpus)
    let matching = try target.settings.target(by: .builtIn(ProxyEvaluator(corpus: corpus))).matching
    let folder =
      output ?? "runs/train-\(size.size.name)-\(shortName(of: mixture))"
      + (matching.map { "-as-\($0.target.tokens)" } ?? "") + "-seed\(seed)"
    var configuration = TrainingConfiguration(
      size: size.size, vocabularySize: corpus.vocabularySize, tokens: training.tokens,
      tokensPerParameter: training.tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter,
      seed: seed, learningRate: training.learningRate,
      precision: try training.chosenPrecision(
        stored: Precision(ofCheckpointIn: folder).map(PrecisionChoice.init)))
    let available = corpus.trainingDomains.map { $0.training?.count ?? 0 }
    configuration.subsample = matching?.subsample(
      tokens: configuration.tokens, available: available)
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }

    let workers = workers ?? ProcessInfo.processInfo.activeProcessorCount
    var trainer = try Trainer(
      corpus: corpus, schedule: ConstantWeights(mixture.weights), configuration: configuration,
      workers: workers)
    trainer.isProfiled = profile
    let line = ProgressLine(isQuiet: json || quiet)
    if let matching {
      line.note(
        matching.note(
          lengths: [configuration.tokens], domains: mixture.domains, available: available))
    }
    if !json, !quiet {
      let expected = try CostModel.measured(for: [configuration], workers: workers)
        .cost(of: configuration, on: corpus)
      line.note(
        """
        \(Format.count(configuration.tokens)) tokens, \
        \(fixed(expected.operations / 1e12, 1)) Tflop; about \(Format.duration(expected.seconds)).
        """)
      trainer.expected = expected
    }
    let result = try line.untilDone(
      ifInterrupted: "Interrupted; the same command goes on from the checkpoint in \(folder)."
    ) {
      try trainer.run(
        progress: { progress in
          line.update(
            """
            \(size.size.name)  step \(progress.step)/\(progress.steps)  \
            loss \(fixed(progress.loss, 3))  \(Format.count(progress.tokensPerSecond)) tokens/s  \
            \(Format.duration(progress.secondsLeft)) left
            """)
        },
        isCancelled: { Interruption.isRequested }, checkpointFolder: folder, exportFolder: folder)
    }

    let summary = TrainSummary(
      mixture: mixture, configuration: configuration, corpus: corpus.folder,
      corpusDigest: corpus.digest, result: result)
    let document = try encodeDocument(summary)
    try replaceFile(at: folder + "/run.json", with: document)
    if !result.outcome.hasDiverged {
      // The model is complete with its tokenizer; what it could resume from is no longer of use.
      let tokenizer = corpus.isOfTokens ? nil : try corpus.tokenizer()
      try ProxyModel.completeExport(
        in: folder, endOfText: corpus.endOfText, name: tokenizer?.endOfTextName,
        tokenizer: corpus.isOfTokens ? nil : readFile(at: corpus.folder + "/tokenizer.json"))
      if corpus.isOfTokens {
        try replaceFile(
          at: folder + "/vocabulary.json",
          with: readFile(at: corpus.folder + "/vocabulary.json"))
      }
    }
    try? FileManager.default.removeItem(atPath: folder + "/checkpoint.safetensors")
    if json {
      try emitDocument(TrainDocument(summary), kind: "train")
    } else {
      try emit(table(of: result, corpus: corpus, mixture: mixture))
      if let profile = result.profile {
        try emit("\n" + profileTable(profile).text, terminator: "")
      }
      try emit("\nThe run is in \(folder).")
    }
    if result.outcome.hasDiverged { throw ExitCode(1) }
  }

  private func table(of result: TrainingResult, corpus: Corpus, mixture: Mixture) -> String {
    guard let losses = result.outcome.result?.losses else {
      guard case .diverged(let step, let reason) = result.outcome else { return "" }
      return "The run diverged at step \(step) of \(result.steps): \(reason). "
        + "It has no losses; try a smaller --learning-rate."
    }
    var table = TextTable([
      .init("domain", .left), .init("weight"), .init("tokens"), .init("epochs"),
      .init("nats/token"), .init("± s.e."),
      .init(corpus.isOfTokens ? "bits/source token" : "bits/byte"),
    ])
    for loss in losses {
      if let index = mixture.domains.firstIndex(of: loss.domain) {
        table.append([
          loss.domain, fixed(mixture.weights[index], 4),
          Format.count(result.tokensSeen[index]), fixed(result.epochs[index], 2),
          fixed(loss.loss, 4), loss.standardError.map { fixed($0, 4) } ?? "",
          loss.bitsPerByte.map { fixed($0, 4) } ?? "",
        ])
      } else {
        table.append([
          loss.domain, "held out", "", "", fixed(loss.loss, 4),
          loss.standardError.map { fixed($0, 4) } ?? "",
          loss.bitsPerByte.map { fixed($0, 4) } ?? "",
        ])
      }
    }
    let trained = losses.filter { mixture.domains.contains($0.domain) }
    let mean = trained.reduce(0) { $0 + $1.loss } / Double(max(trained.count, 1))
    return """
      \(table.text)
      mean of the training domains \(fixed(mean, 4)) nats/token
      \(result.parameters) parameters, \(result.steps) steps, \
      \(Format.count(result.tokensSeen.reduce(0, +))) tokens, \
      \(Format.count(result.tokensPerSecond)) tokens/s, \
      \(Format.duration(result.trainingSeconds)) training and \
      \(fixed(result.evaluationSeconds, 1)) s evaluation, \
      \(result.peakMemoryBytes >> 20) MiB at most
      """
  }
}

/// Where a run's time went.
private func profileTable(_ profile: [TrainingPart: Double]) -> TextTable {
  var table = TextTable([.init("part", .left), .init("share of the time")])
  for part in TrainingPart.allCases {
    table.append(["\(part)", fixed(100 * (profile[part] ?? 0), 1) + " %"])
  }
  return table
}

/// `run.json`: everything about one training run.
struct TrainSummary: Codable {
  var mixture: Mixture
  var configuration: TrainingConfiguration
  var corpus: String
  var corpusDigest: String
  var result: TrainingResult
}

/// The same as programs read it: the mixture as everywhere.
private struct TrainDocument: Encodable {
  var domains: [String]
  /// Each domain's share.
  var mixture: [String: Double]
  /// The same in the order of `domains`.
  var weights: [Double]
  var configuration: TrainingConfiguration
  var corpus: String
  var corpusDigest: String
  var result: TrainingResult

  init(_ summary: TrainSummary) {
    domains = summary.mixture.domains
    mixture = named(summary.mixture)
    weights = summary.mixture.weights
    configuration = summary.configuration
    corpus = summary.corpus
    corpusDigest = summary.corpusDigest
    result = summary.result
  }
}

/// The mixture over a corpus's training domains. A domain that the corpus does not know is a mistake
/// of usage.
func resolve(_ specification: MixtureSpecification, over corpus: Corpus) throws -> Mixture {
  let trained = corpus.trainingDomains
  do {
    return try specification.resolved(
      over: trained.map(\.name), availableTokens: trained.map { $0.training?.count ?? 0 })
  } catch {
    throw ValidationError("\(error)")
  }
}

/// The same over the domains of any trainer.
func resolve(_ specification: MixtureSpecification, by trainer: TrainerChoice) throws -> Mixture {
  do {
    return try specification.resolved(
      over: trainer.domains, availableTokens: trainer.availableTokens)
  } catch {
    throw ValidationError("\(error)")
  }
}

/// A mixture as part of a folder's name: `uniform`, or its weights in percent; a digest where that is too
/// long for a name.
private func shortName(of mixture: Mixture) -> String {
  if mixture == .uniform(over: mixture.domains) { return "uniform" }
  let name = zip(mixture.domains, mixture.weights).filter { $0.1 > 0 }
    .map { "\($0.0)\(fixed($0.1 * 100, 1))" }.joined(separator: "-")
  let plain = String(
    name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "+-_.#".contains($0)) ? $0 : "_" })
  if plain == name, name.utf8.count <= 120 { return name }
  return plain.prefix(60) + "-" + SHA256.hexadecimal(of: name.utf8).prefix(8)
}
