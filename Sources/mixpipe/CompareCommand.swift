import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Reports
import Runs
import Storage
import Studies

/// Numbers of trials separated by commas, or `none`.
struct CheckpointsArgument: ArgumentValue {
  var trials: [Int]

  init(argument: String) throws {
    if argument == "none" {
      trials = []
      return
    }
    trials = try argument.split(separator: ",", omittingEmptySubsequences: false).map {
      guard let count = Int($0), count > 0 else { throw UnreadableArgument() }
      return count
    }
  }

  var argumentText: String { trials.map(String.init).joined(separator: ",") }
}

struct CompareCommand: Command {
  static let commandName = "compare"
  static let abstract = "Compare methods at equal compute: searches, fresh seeds, claims."
  static let discussion = """
    Every method searches several times, each time with its own seed and the same number of training \
    runs; references, experts and probes count. What each search hands over is trained again with the \
    same fresh seeds, and only those runs are compared. A mixture that several methods ask for is \
    trained once.

    Everything is kept in the folder as it happens, report.html and report.md at the end. Interrupt it \
    at any moment; the same command goes on where it was. A comparison that has ended goes on with more \
    methods, optimizer seeds or confirmation seeds.

    With '--smoke' every method runs at a tiny size on generated text, in a minute.

    \(GoalOptions.explanation)

    \(TargetRunOptions.explanation)
    """

  @Argument("Folder that keeps the comparison.", completion: .folders)
  var folder = "runs/compare"
  @Option("Folder of the corpus. (default: corpora/five)", value: "folder", completion: .folders)
  var corpus: String?
  @Option("Size of the proxy model, in parameters. (default: 100k)", value: "size")
  var size: SizeName?
  @Option(
    "Methods to compare, separated by commas, of: \(methodNames.map(\.name).joined(separator: ", ")). (default: all that fit the corpus)",
    value: "names")
  var methods: ListArgument<String>?
  @Option("Training runs of each search. (default: 64)", value: "count")
  var trials: Int?
  @Option("Searches of each method. (default: 3)", value: "count")
  var optimizerSeeds: Int?
  @Option("Fresh seeds that each pick is trained with. (default: 6)", value: "count")
  var confirmationSeeds: Int?
  @Option(
    "After how many trials a search is asked what it would hand over, separated by commas, or none. (default: a quarter and half of the trials)",
    value: "counts")
  var checkpoints: CheckpointsArgument?
  @Option("Fresh seeds of what is handed over at a checkpoint. (default: 2)", value: "count")
  var checkpointSeeds: Int?
  @Option(
    "Quasi-random mixtures that Bayesian methods start with. (default: \(StudySettings.study[decided: \.initialTrials]))",
    value: "count")
  var initialTrials: Int?
  @Option(
    "How many trials of a search may be under way when its next is proposed. (default: \(StudySettings.study[decided: \.lag]))",
    value: "count")
  var lag: Int?
  @OptionGroup
  var goal: GoalOptions
  @OptionGroup
  var target: TargetRunOptions
  @OptionGroup
  var training: TrainingOptions
  @Option(
    "Held-out tokens of each domain that a run is measured on. (default: \(HeldOutWindows.usualTokens))",
    name: "held-out-tokens", value: "count")
  var heldOutCount: TokenCount?
  @Option("Seed that all others come from. (default: 1)")
  var seed: UInt64?
  @Flag("Try everything out: tiny runs on generated text, kept in the folder.")
  var smoke = false
  @OptionGroup
  var execution: RunOptions
  @OptionGroup(title: "Your own trainer, and clusters")
  var engine: EngineOptions

  func validate() throws {
    try check(
      [
        "trials": trials, "optimizer-seeds": optimizerSeeds,
        "confirmation-seeds": confirmationSeeds, "lag": lag,
        "held-out-tokens": heldOutCount?.value,
      ], atLeast: 1)
    try check(["initial-trials": initialTrials, "checkpoint-seeds": checkpointSeeds], atLeast: 0)
    for (index, name) in (methods?.elements ?? []).enumerated() {
      guard methodNames.contains(where: { $0.name == name }) else {
        throw MethodError.unknown(name: name)
      }
      if methods!.elements[..<index].contains(name) {
        throw ValidationError("Found '\(name)' twice, expected each method once")
      }
    }
    if smoke, engine.trainer != nil {
      throw ValidationError("Found '--smoke' with '--trainer', expected one of them")
    }
    if smoke, corpus != nil || size != nil {
      throw ValidationError(
        "Found '--smoke' with a corpus or a size, expected one or the other; drop '--smoke'")
    }
  }

  func run() throws {
    let stored = try ComparisonConfiguration.stored(in: folder)
    let asked = StudySettings(
      corpus: corpus, size: size?.name, tokensPerParameter: training.tokensPerParameter,
      tokens: training.tokens, methods: methods?.elements, trials: trials,
      initialTrials: initialTrials, lag: lag, confirmationSeeds: confirmationSeeds, seed: seed,
      learningRate: training.learningRate, precision: training.precision,
      replicates: optimizerSeeds,
      checkpoints: checkpoints?.trials, checkpointSeeds: checkpointSeeds,
      heldOutTokens: heldOutCount?.value
    ).overriding(try goal.settings).overriding(target.settings)
    let settings = asked.overriding(stored.map { StudySettings(of: $0) })
      .overriding(smoke ? .smoke : .comparison)
    if smoke {
      try makeFolder(at: folder)
      _ = try SmokeCorpus.open(at: folder + "/corpus")
    }
    var session = try EngineSession(engine, folder: folder, workers: execution.threads)
    let text = try session.trainer(
      corpus: smoke ? folder + "/corpus" : asked.corpus ?? stored?.corpus,
      fallback: settings[decided: \.corpus]
    ) { corpus in
      ProxyEvaluator(
        corpus: corpus, learningRate: settings.learningRate, heldOutTokens: settings.heldOutTokens,
        batchTokens: settings.batchTokens,
        precision: try (settings.precision ?? .auto).resolved())
    }
    let target = try settings.target(by: text)
    let trainer = text.matching(target.matching)
    let configuration = try makeConfiguration(
      asked, stored: stored, settings: settings, target: target.run, trainer: trainer)
    let line = ProgressLine(isQuiet: execution.isSilent)
    trainer.noteEpochs(target.matching, lengths: [configuration.scale.tokens], on: line)
    let display = StudyDisplay(line: line, objective: configuration.objective)
    let ledger = try configuration.run(
      configuration.searchPlan(), in: folder, by: trainer, session, execution,
      command: "mixpipe compare \(folder)", line: line, display: { display.show($0, $1) })
    let record = try ComparisonRecord(folder: folder, configuration: configuration, ledger)
    let report = ComparisonReport(record, commands: [record.command])
    let paths = try report.write(to: folder)
    if execution.json {
      try emitDocument(ComparisonSummary(record.analysis), kind: "comparison")
    } else {
      try emit(report.methodTable.text)
      try emit(report.verdict)
      for claim in record.analysis.claims {
        try emit("(\(claim.letter)) \(claim.claim) Here: \(claim.verdict.words).")
      }
      try emit("\nThe report is \(paths[0]).")
    }
  }

  private func makeConfiguration(
    _ asked: StudySettings, stored: ComparisonConfiguration?, settings: StudySettings,
    target: TargetRun?, trainer: TrainerChoice
  ) throws -> ComparisonConfiguration {
    let scale = try scale(of: settings, by: trainer)
    let domains = trainer.domains
    let available = trainer.availableTokens
    let objective =
      try makeObjective(asked, by: trainer) ?? stored?.objective ?? trainer.defaultObjective
    let context = MethodContext(
      domains: domains, availableTokens: available, objective: objective, seed: 1,
      initialTrials: settings[decided: \.initialTrials])
    let trials = settings[decided: \.trials]
    let seeds = settings[decided: \.confirmationSeeds]
    var configuration = ComparisonConfiguration(
      corpus: trainer.dataName, corpusDigest: trainer.digest, domains: domains,
      availableTokens: available, objective: objective,
      constraints: try asked.constraints.map(readConstraints) ?? stored?.constraints, scale: scale,
      seed: settings[decided: \.seed],
      methods: settings.methods
        ?? methodNames.map(\.name).filter {
          (try? makeMethod(named: $0, context: context)) != nil
            && (try? trainer.check(methods: [$0])) != nil
        },
      trials: trials, replicates: settings[decided: \.replicates],
      initialTrials: settings[decided: \.initialTrials], lag: settings[decided: \.lag],
      confirmationSeeds: seeds,
      checkpoints: settings.checkpoints
        ?? Array(Set([trials / 4, trials / 2]).filter { $0 > 0 && $0 < trials }).sorted(),
      checkpointSeeds: asked.checkpointSeeds ?? stored?.checkpointSeeds
        ?? min(settings[decided: \.checkpointSeeds], seeds),
      trainer: try trainer.identity(of: scale.size))
    configuration.targetRun = target
    try trainer.check(methods: configuration.methods)
    try trainer.check(constraints: configuration.constraints)
    do {
      try configuration.validate()
    } catch {
      throw ValidationError("\(error)")
    }
    return configuration
  }
}
