import ArgumentParsing
import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Reports
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

    With '--sizes 50k,100k,200k,400k --target 400k --budget 12' the search also chooses each run's size \
    and length: it starts, continues and stops runs, learns from small and short ones what the largest \
    would lose, and says which mixture is best there and how sure it is. A run is measured at its \
    rungs, shares of its length, as a run that ends there would be. The budget is in runs of the target \
    size, or '3e14flops', or core-seconds ('2000s'); a part of it goes to fresh seeds of what is \
    recommended. '--target' may name held-out domains besides the size. Methods: \
    \(fidelityMethodNames.map(\.name).joined(separator: ", ")).

    A configuration file is JSON with any of: corpus, size, tokensPerParameter or tokens, methods, \
    trials, initialTrials, lag, finalists, confirmationSeeds, seed, targets ([{"domain": "books", \
    "weight": 1}]), objective, guards, constraints, stopWhenSure, learningRate. Flags override it.
    """

  @Argument("Folder that keeps the study.", completion: .folders)
  var folder = "runs/study"
  @Option("JSON file with settings; flags override it.", value: "file", completion: .files)
  var config: String?
  @Option("Folder of the corpus. (default: corpora/five)", value: "folder", completion: .folders)
  var corpus: String?
  @Option("Size of the proxy model, in parameters. (default: 100k)", value: "size")
  var size: SizeArgument?
  @Option("Sizes to choose from, separated by commas; see above.", value: "names")
  var sizes: ListArgument<SizeArgument>?
  @Option("What a study of several sizes may spend, e.g. 12, 3e14flops or 2000s.", value: "amount")
  var budget: FidelityBudget?
  @Option(
    "Shares of a run's length at which it can be measured, of a study of several sizes. (default: 0.125,0.25,0.5,1)",
    value: "shares")
  var rungs: ListArgument<Double>?
  @Option(
    "Methods to compare, separated by commas, of: \(methodNames.map(\.name).joined(separator: ", ")). (default: bo,sobol,uniform,llama)",
    value: "names")
  var methods: ListArgument<String>?
  @Option(
    "Mixtures that each searching method tries. (default: \(StudyDefaults.trials))", value: "count")
  var trials: Int?
  @Option(
    "Quasi-random mixtures that Bayesian methods start with. (default: \(StudyDefaults.initialTrials))",
    value: "count")
  var initialTrials: Int?
  @Option(
    "How many trials may be under way when the next is proposed. (default: \(StudyDefaults.lag))",
    value: "count")
  var lag: Int?
  @Option(
    "How many of a method's best mixtures get fresh seeds. (default: \(StudyDefaults.finalists))",
    value: "count")
  var finalists: Int?
  @Option("How many fresh seeds. (default: \(StudyDefaults.confirmationSeeds))", value: "count")
  var confirmationSeeds: Int?
  @OptionGroup
  var goal: GoalOptions
  @Flag(
    "Stop a search once what it could still gain is below the noise of a mean over the fresh seeds."
  )
  var stopWhenSure = false
  @OptionGroup
  var training: TrainingOptions
  @Option("Seed of the study: of its trials and its proposals. (default: 1)")
  var seed: UInt64?
  @OptionGroup
  var execution: RunOptions

  func validate() throws {
    try check(["trials": trials, "lag": lag, "finalists": finalists], atLeast: 1)
    try check(
      ["initial-trials": initialTrials, "confirmation-seeds": confirmationSeeds], atLeast: 0)
    if isOfSizes { return try validateOfSizes() }
    if budget != nil || rungs != nil {
      throw ValidationError("Found '--budget' or '--rungs' without '--sizes', expected all or none")
    }
    for name in methods?.elements ?? [] where !methodNames.contains(where: { $0.name == name }) {
      throw MethodError.unknown(name: name)
    }
  }

  func run() throws {
    if isOfSizes { return try runOfSizes() }
    var asked = StudySettings()
    if let config { asked = try StudySettings.read(from: config) }
    asked = flags.overriding(asked)
    // A study that exists says what is not said again.
    let stored = try StudyConfiguration.stored(in: folder)
    let corpus = try openCorpus(at: asked.corpus ?? stored?.corpus ?? "corpora/five")
    var evaluator = ProxyEvaluator(
      corpus: corpus,
      learningRate: asked.learningRate ?? stored?.trainer["learningRate"].flatMap(Double.init))
    let configuration = try makeConfiguration(
      asked, stored: stored, corpus: corpus, evaluator: evaluator)
    let workers = execution.threads
    if !execution.isSilent {
      try evaluator.measureCosts(of: [configuration.scale], workers: workers)
    }
    let runner = StudyRunner(
      folder: folder, configuration: configuration, evaluator: evaluator, workers: workers,
      makeMethod: { try makeMethod(named: $0, context: $1) })

    let display = StudyDisplay(line: ProgressLine(isQuiet: execution.isSilent))
    let record = try display.line.untilDone(
      ifInterrupted: "Interrupted; 'mixpipe study \(folder)' goes on from here."
    ) {
      try runner.run(
        isCancelled: { Interruption.isRequested }, observer: { display.show($0, $1) })
    }
    let summary = StudySummary(of: record)
    if execution.json {
      try emitDocument(summary)
    } else {
      try emit(summary.text)
      try emit("\nThe study is in \(folder); 'mixpipe report \(folder)' draws it.")
    }
  }

  private var flags: StudySettings {
    StudySettings(
      corpus: corpus, size: size?.size.name, tokensPerParameter: training.tokensPerParameter,
      tokens: training.tokens, methods: methods?.elements, trials: trials,
      initialTrials: initialTrials, lag: lag, finalists: finalists,
      confirmationSeeds: confirmationSeeds, seed: seed,
      stopWhenSure: stopWhenSure ? true : nil, learningRate: training.learningRate
    ).overriding(goal.settings)
  }
}

enum StudyDefaults {
  static let size = "100k"
  static let trials = 32
  static let initialTrials = 12
  static let lag = 2
  static let finalists = 2
  static let confirmationSeeds = 8
  /// In the order of the table; those that the corpus does not fit are left out.
  static let methods = ["bo", "sobol", "uniform", "llama"]
}
