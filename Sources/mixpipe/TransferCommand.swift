import ArgumentParsing
import Corpora
import Mixtures
import ProxyModels
import Reports
import Runs
import Studies

/// A candidate that the user names: `mine=books=0.5,web=0.5`.
struct NamedMixtureArgument: ArgumentValue {
  var name: String
  var mixture: MixtureSpecification

  init(argument: String) throws {
    let sides = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[0].isEmpty else { throw UnreadableArgument() }
    name = String(sides[0])
    mixture = try MixtureSpecification(parsing: String(sides[1]))
  }

  var argumentText: String { name }
}

enum TransferDefaults {
  static let seeds = 3
}

struct TransferCommand: Command {
  static let commandName = "transfer"
  static let abstract = "Check whether mixtures keep their rank across model sizes."
  static let discussion = """
    Trains the picks of a study's methods, and any mixtures given, at several sizes with the same \
    fresh seeds, and says which differences hold at the larger size and which cannot be decided. Runs \
    that the study already made serve again. May be interrupted and run again; more sizes, seeds or \
    mixtures may be added later.
    """

  @Argument("Folder of the study.", completion: .folders)
  var folder: String
  @Option(
    "Sizes, separated by commas; the study's own and the next larger where not given.",
    value: "names")
  var sizes: ListArgument<SizeArgument>?
  @Option(
    "Seeds of each mixture at each size; 3 where not given.", value: "count")
  var seeds: Int?
  @Option(
    "A further mixture, e.g. 'mine=books=0.5,web=0.5'; may be given several times.",
    value: "name=weights")
  var mixture: [NamedMixtureArgument] = []
  @Option(
    "Methods of the study whose picks are checked, separated by commas; all where not given.",
    value: "names")
  var methods: ListArgument<String>?
  @OptionGroup
  var execution: RunOptions

  func validate() throws { try check(["seeds": seeds], atLeast: 1) }

  func run() throws {
    let study = try StudyRecord.read(folder: folder)
    let corpus = try openCorpus(at: study.configuration.corpus)
    let evaluator = ProxyEvaluator(
      corpus: corpus, learningRate: study.configuration.trainer.trainer?.learningRate,
      heldOutTokens: study.configuration.trainer.trainer?.heldOutTokens,
      precision: try TrainingOptions().chosenPrecision(stored: study.configuration.trainer.trainer))
    let configuration = try makeConfiguration(study: study, evaluator: evaluator)
    let price: RunPrice =
      execution.isSilent
      ? .bySize
      : try evaluator.price(
        of: configuration.scales.map { ($0.size, $0.tokens) }, workers: execution.threads)
    let line = ProgressLine(isQuiet: execution.isSilent)
    let display = StudyDisplay(line: line)
    let ledger = try configuration.run(
      configuration.plan(price: price), in: folder, on: evaluator, execution,
      command: "mixpipe transfer \(folder)", line: line, display: { display.show($0, $1) })
    let record = TransferRecord(folder: folder, configuration: configuration, ledger)
    let summary = TransferSummary(of: record.result)
    if execution.json {
      try emitDocument(summary, kind: "transfer")
    } else {
      try emit(summary.text)
    }
  }

  /// What is asked for; what is not said comes from the check that the folder holds, then from the
  /// study.
  private func makeConfiguration(
    study: StudyRecord, evaluator: ProxyEvaluator
  ) throws -> TransferConfiguration {
    let corpus = evaluator.corpus
    let configuration = study.configuration
    let stored = try TransferConfiguration.stored(in: folder)
    guard corpus.digest == configuration.corpusDigest else {
      throw StudyError.differs(
        path: corpus.folder, field: "corpus digest", found: corpus.digest,
        expected: configuration.corpusDigest)
    }
    // Otherwise sizes would be compared that were trained in different ways.
    let own = try ModelSize.required(configuration.scale.size)
    if let difference = configuration.trainer.firstDifference(
      from: .trainer(evaluator.settings(of: own)))
    {
      throw StudyError.otherTrainer(
        path: folder + "/" + StudyConfiguration.file, field: difference.field,
        found: difference.found, now: difference.expected)
    }
    var candidates = stored?.candidates ?? []
    let results = study.analysis.methods
    let names =
      methods?.elements ?? (stored == nil ? results.map(\.method) : [])
    for name in names {
      guard let result = results.first(where: { $0.method == name }) else {
        throw ValidationError(
          "Found method '\(name)', expected one of the study's: "
            + results.map(\.method).joined(separator: ", "))
      }
      guard let pick = result.pick else {
        throw ValidationError(
          "The method '\(name)' has no pick yet; finish the study first with 'mixpipe study \(folder)'"
        )
      }
      add(TransferConfiguration.Candidate(name: name, mixture: pick), to: &candidates)
    }
    for given in mixture {
      add(
        TransferConfiguration.Candidate(
          name: given.name, mixture: try resolve(given.mixture, over: corpus)), to: &candidates)
    }
    let scales = try makeScales(configuration, stored: stored, corpus: corpus)
    let count = seeds ?? stored?.seeds.count ?? TransferDefaults.seeds
    return TransferConfiguration(
      corpus: corpus.folder, corpusDigest: corpus.digest, objective: configuration.objective,
      candidates: candidates, scales: scales, seeds: configuration.freshSeeds(count),
      trainers: try scales.map { .trainer(evaluator.settings(of: try .required($0.size))) })
  }

  private func add(
    _ candidate: TransferConfiguration.Candidate,
    to candidates: inout [TransferConfiguration.Candidate]
  ) {
    if !candidates.contains(candidate) { candidates.append(candidate) }
  }

  /// Every size at the study's tokens for each parameter.
  private func makeScales(
    _ configuration: StudyConfiguration, stored: TransferConfiguration?, corpus: Corpus
  ) throws -> [Scale] {
    let own = configuration.scale
    var scales = stored?.scales ?? [own]
    var sizes = sizes?.elements.map(\.size) ?? []
    if self.sizes == nil, stored == nil {
      sizes = ModelSize.named(own.size)?.nextOfLadder.map { [$0] } ?? []
    }
    let ratio = Double(own.tokens) / Double(own.parameters)
    for size in sizes where !scales.contains(where: { $0.size == size.name }) {
      let training = TrainingConfiguration(
        size: size, vocabularySize: corpus.vocabularySize, tokens: nil, tokensPerParameter: ratio,
        seed: 0, learningRate: nil)
      scales.append(
        Scale(
          size: size.name,
          parameters: size.parameterCount(vocabularySize: corpus.vocabularySize),
          tokens: training.tokens))
    }
    return scales.sorted { $0.parameters < $1.parameters }
  }
}
