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
  var sizes: ListArgument<SizeName>?
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
  @Flag("Check all finalists of the methods, not their picks alone.")
  var finalists = false
  @Option(
    "Folder that keeps the check, needed where another trainer than the study's makes it; the study's own where not given.",
    value: "folder", completion: .folders)
  var output: String?
  @OptionGroup
  var execution: RunOptions
  @OptionGroup(title: "Your own trainer, and clusters")
  var engine: EngineOptions

  func validate() throws { try check(["seeds": seeds], atLeast: 1) }

  /// Where the runs are kept.
  private var home: String { output ?? folder }

  func run() throws {
    let study = try StudyRecord.read(folder: folder)
    let settings = study.configuration.trainer.trainer
    var session = try EngineSession(
      engine, folder: home, workers: execution.threads, remembering: folder)
    let trainer = try session.trainer(
      corpus: study.configuration.corpus, fallback: study.configuration.corpus
    ) { corpus in
      ProxyEvaluator(
        corpus: corpus, learningRate: settings?.learningRate,
        heldOutTokens: settings?.heldOutTokens,
        precision: try (PrecisionChoice(settings) ?? .fp32).resolved())
    }.matching(study.configuration.trainer.matching)
    let configuration = try makeConfiguration(study: study, trainer: trainer)
    let price = try session.price(
      configuration.scales, by: trainer, isSilent: execution.isSilent)
    let line = ProgressLine(isQuiet: execution.isSilent)
    let display = StudyDisplay(line: line)
    let ledger = try configuration.run(
      configuration.plan(price: price), in: home, by: trainer, session, execution,
      command: "mixpipe transfer \(folder)" + (output.map { " --output \($0)" } ?? ""), line: line,
      display: { display.show($0, $1) })
    let record = TransferRecord(folder: home, configuration: configuration, ledger)
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
    study: StudyRecord, trainer: TrainerChoice
  ) throws -> TransferConfiguration {
    let configuration = study.configuration
    let stored = try TransferConfiguration.stored(in: home)
    guard trainer.domains == configuration.domains else {
      throw ValidationError(
        "Found the domains \(trainer.domains.joined(separator: ", ")), expected the study's: "
          + configuration.domains.joined(separator: ", "))
    }
    if let missing = configuration.objective.domains.first(where: { !trainer.heldOut.contains($0) })
    {
      throw ValidationError(
        "Found a trainer that does not measure '\(missing)', expected all that the study's objective needs"
      )
    }
    // Otherwise sizes would be compared that were trained in different ways.
    if home == folder, trainer.digest != configuration.corpusDigest {
      throw StudyError.differs(
        path: trainer.dataName, field: "corpus digest", found: trainer.digest,
        expected: configuration.corpusDigest)
    }
    if home == folder,
      let difference = configuration.trainer.firstDifference(
        from: try trainer.identity(of: configuration.scale.size))
    {
      if trainer.builtIn == nil {
        throw ValidationError(
          "Found '--trainer' for a study that another trainer made, expected '--output FOLDER' for a check of its own"
        )
      }
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
      guard finalists else { continue }
      for (place, finalist) in result.finalists.enumerated() where finalist.mixture != pick {
        add(
          TransferConfiguration.Candidate(
            name: "\(name)-\(place + 1)", mixture: finalist.mixture), to: &candidates)
      }
    }
    for given in mixture {
      add(
        TransferConfiguration.Candidate(
          name: given.name, mixture: try resolve(given.mixture, by: trainer)), to: &candidates)
    }
    let scales = try makeScales(configuration, stored: stored, trainer: trainer)
    let count = seeds ?? stored?.seeds.count ?? TransferDefaults.seeds
    return TransferConfiguration(
      corpus: trainer.dataName, corpusDigest: trainer.digest, objective: configuration.objective,
      candidates: candidates, scales: scales, seeds: configuration.freshSeeds(count),
      trainers: try scales.map { try trainer.identity(of: $0.size) })
  }

  private func add(
    _ candidate: TransferConfiguration.Candidate,
    to candidates: inout [TransferConfiguration.Candidate]
  ) {
    if !candidates.contains(candidate) { candidates.append(candidate) }
  }

  /// Every size at the study's tokens for each parameter.
  private func makeScales(
    _ configuration: StudyConfiguration, stored: TransferConfiguration?, trainer: TrainerChoice
  ) throws -> [Scale] {
    let own = configuration.scale
    var scales = stored?.scales ?? [own]
    var sizes = sizes?.elements.map(\.name) ?? []
    if self.sizes == nil, stored == nil, trainer.builtIn != nil {
      sizes = ModelSize.named(own.size)?.nextOfLadder.map { [$0.name] } ?? []
    }
    if self.sizes == nil, stored == nil, trainer.builtIn == nil, output == nil {
      throw ValidationError(
        "Missing expected argument '--sizes <names>'; your trainer's sizes are yours to name")
    }
    let ratio = Double(own.tokens) / Double(own.parameters)
    for size in sizes where !scales.contains(where: { $0.size == size }) {
      scales.append(try trainer.scale(size, tokens: nil, tokensPerParameter: ratio))
    }
    return scales.sorted { $0.parameters < $1.parameters }
  }
}
