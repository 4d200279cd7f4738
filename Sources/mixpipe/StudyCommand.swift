import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Reports
import Runs
import Studies

struct StudyCommand: Command {
  static let commandName = "study"
  static let abstract = "Search for the best mixture: trials, fresh seeds, a winner."
  static let discussion = """
    Each method proposes mixtures, each of which trains one proxy model; trials run side by side, \
    one a core. Then every method's best mixtures are trained again with fresh seeds, and only those \
    runs are compared: the best trial of a search is also the luckiest.

    Everything is kept in the folder as it happens. Interrupt it at any moment, run 'mixpipe study \
    FOLDER' again, and it goes on where it was and proposes what it would have proposed.

    \(GoalOptions.explanation)

    \(TargetRunOptions.explanation)

    With '--sizes 50k,100k,200k,400k --target-size 400k --budget 12' the search also chooses each run's size \
    and length: it starts, continues and stops runs, learns from small and short ones what the largest \
    would lose, and says which mixture is best there and how sure it is. A run is measured at its \
    rungs, shares of its length, as a run that ends there would be. The budget is in runs of the target \
    size, or '3e14flops', or core-seconds ('2000s'); a part of it goes to fresh seeds of what is \
    recommended. With '--front books,code' it seeks what these two can have together (the Pareto front) \
    besides the objective, their mean if nothing else is said; every step has another weight of one \
    against the other. Methods: \
    \(fidelityMethodNames.map(\.name).joined(separator: ", ")).

    A configuration file is JSON with any of: corpus, size, tokensPerParameter or tokens, methods, \
    trials, initialTrials, lag, finalists, confirmationSeeds, seed, targets ([{"domain": "books", \
    "weight": 1}]), objective, guards, constraints, stopWhenSure, learningRate, precision, targetTokens, matchEpochs, \
    available ({"books": 12e9}), subsampleSeed. Flags override it.
    """

  @Argument("Folder that keeps the study.", completion: .folders)
  var folder = "runs/study"
  @Option("JSON file with settings; flags override it.", value: "file", completion: .files)
  var config: String?
  @Option("Folder of the corpus. (default: corpora/five)", value: "folder", completion: .folders)
  var corpus: String?
  @Option("Size of the proxy model, in parameters. (default: 100k)", value: "size")
  var size: SizeName?
  @Option("Sizes to choose from, separated by commas; see above.", value: "names")
  var sizes: ListArgument<SizeName>?
  @Option("Size that the mixture is for, one of those. (default: the largest)", value: "size")
  var targetSize: SizeName?
  @Option("What a study of several sizes may spend, e.g. 12, 3e14flops or 2000s.", value: "amount")
  var budget: FidelityBudget?
  @Option(
    "Shares of a run's length at which it can be measured, of a study of several sizes. (default: 0.125,0.25,0.5,1)",
    value: "shares")
  var rungs: ListArgument<Double>?
  @Option(
    "Two held-out domains whose Pareto front at the target is sought, of a study of several sizes, e.g. books,code.",
    value: "domains")
  var front: ListArgument<String>?
  @Option(
    "Methods to compare, separated by commas, of: \(methodNames.map(\.name).joined(separator: ", ")). (default: bo,sobol,uniform,llama)",
    value: "names")
  var methods: ListArgument<String>?
  @Option(
    "Mixtures that each searching method tries. (default: \(StudySettings.study[decided: \.trials]))",
    value: "count")
  var trials: Int?
  @Option(
    "Quasi-random mixtures that Bayesian methods start with. (default: \(StudySettings.study[decided: \.initialTrials]))",
    value: "count")
  var initialTrials: Int?
  @Option(
    "How many trials may be under way when the next is proposed. (default: \(StudySettings.study[decided: \.lag]))",
    value: "count")
  var lag: Int?
  @Option(
    "How many of a method's best mixtures get fresh seeds. (default: \(StudySettings.study[decided: \.finalists]))",
    value: "count")
  var finalists: Int?
  @Option(
    "How many fresh seeds. (default: \(StudySettings.study[decided: \.confirmationSeeds]))",
    value: "count")
  var confirmationSeeds: Int?
  @OptionGroup
  var goal: GoalOptions
  @Flag(
    "Stop a search once what it could still gain is below the noise of a mean over the fresh seeds."
  )
  var stopWhenSure = false
  @OptionGroup
  var target: TargetRunOptions
  @OptionGroup
  var training: TrainingOptions
  @Option(
    "Held-out tokens of each domain that a run is measured on. (default: \(HeldOutWindows.usualTokens), or 32768 with --sizes)",
    name: "held-out-tokens", value: "count")
  var heldOutCount: TokenCount?
  @Option("Seed of the study: of its trials and its proposals. (default: 1)")
  var seed: UInt64?
  @OptionGroup
  var execution: RunOptions
  @OptionGroup(title: "Your own trainer, and clusters")
  var engine: EngineOptions

  func validate() throws {
    try check(
      [
        "trials": trials, "lag": lag, "finalists": finalists,
        "held-out-tokens": heldOutCount?.value,
      ], atLeast: 1)
    try check(
      ["initial-trials": initialTrials, "confirmation-seeds": confirmationSeeds], atLeast: 0)
    if isOfSizes { return try validateOfSizes() }
    if budget != nil || rungs != nil || targetSize != nil || front != nil {
      throw ValidationError(
        "Found '--budget', '--rungs', '--front' or '--target-size' without '--sizes', expected all or none"
      )
    }
    for name in methods?.elements ?? [] where !methodNames.contains(where: { $0.name == name }) {
      throw MethodError.unknown(name: name)
    }
  }

  func run() throws {
    if isOfSizes { return try runOfSizes() }
    let asked = try flags.overriding(try config.map { try StudySettings.read(from: $0) })
    let stored = try StudyConfiguration.stored(in: folder)
    let settings = asked.overriding(stored.map { StudySettings(of: $0) }).overriding(.study)
    var session = try EngineSession(engine, folder: folder, workers: execution.threads)
    let text = try session.trainer(
      corpus: asked.corpus ?? stored?.corpus, fallback: settings[decided: \.corpus]
    ) { corpus in
      ProxyEvaluator(
        corpus: corpus, learningRate: settings.learningRate, heldOutTokens: settings.heldOutTokens,
        precision: try (settings.precision ?? .auto).resolved())
    }
    let matching = try settings.target(by: text).matching
    let trainer = text.matching(matching)
    let configuration = try makeConfiguration(
      asked, stored: stored, settings: settings, trainer: trainer)
    let price = try session.price(
      [configuration.scale], by: trainer, isSilent: execution.isSilent)
    let line = ProgressLine(isQuiet: execution.isSilent)
    trainer.noteEpochs(matching, lengths: [configuration.scale.tokens], on: line)
    let display = StudyDisplay(line: line, objective: configuration.objective)
    let ledger = try configuration.run(
      configuration.searchPlan(price: price), in: folder, by: trainer, session, execution,
      command: "mixpipe study \(folder)", line: line, display: { display.show($0, $1) })
    let record = StudyRecord(folder: folder, configuration: configuration, ledger)
    let summary = StudySummary(of: record)
    if execution.json {
      try emitDocument(summary, kind: "study")
    } else {
      try emit(summary.text)
      try emit("\nThe study is in \(folder), its page in \(folder)/report.html.")
    }
  }

  private var flags: StudySettings {
    get throws {
      StudySettings(
        corpus: corpus, size: size?.name, tokensPerParameter: training.tokensPerParameter,
        tokens: training.tokens, methods: methods?.elements, trials: trials,
        initialTrials: initialTrials, lag: lag, finalists: finalists,
        confirmationSeeds: confirmationSeeds, seed: seed,
        stopWhenSure: stopWhenSure ? true : nil, learningRate: training.learningRate,
        precision: training.precision, heldOutTokens: heldOutCount?.value
      ).overriding(try goal.settings).overriding(target.settings)
    }
  }
}
