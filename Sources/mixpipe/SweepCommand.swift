import ArgumentParsing
import Foundation
import Mixtures
import Numerics
import ProxyModels
import Reports
import Runs
import Storage
import Studies

struct SweepCommand: Command {
  static let commandName = "sweep"
  static let abstract = "Train a grid of sizes, learning rates and seeds on one mixture."
  static let discussion = """
    Answers two questions about the trainer itself: is the default learning rate right at each size, \
    and how far do seeds alone move the loss? Each run is kept as it ends; the same command \
    goes on after an interruption, and runs only what is missing where more is asked for.
    """

  @Argument("Folder that keeps the runs.", completion: .folders)
  var folder: String
  @Option("Folder of the corpus.", value: "folder", completion: .folders)
  var corpus = "corpora/five"
  @Option(
    "Domain weights, e.g. 'books=0.3,code=0.7', or uniform, natural, llama.", short: "m",
    value: "weights")
  var mixture = MixtureSpecification.preset(.uniform)
  @Option("Sizes of the model, separated by commas.", value: "names")
  var sizes = ListArgument([SizeArgument(ModelSize.named("100k")!)])
  @Option("Learning rates, as multiples of the default, separated by commas.", value: "factors")
  var rates = ListArgument([1.0])
  @Option("How many seeds: 1, 2, … up to this.", value: "count")
  var seeds = 1
  @OptionGroup
  var training: TrainingOptions
  @OptionGroup
  var execution: RunOptions

  func validate() throws {
    try check(["seeds": seeds], atLeast: 1)
    if let rate = rates.elements.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw ValidationError("Found '--rates \(rate)', expected positive numbers")
    }
  }

  func run() throws {
    let corpus = try openCorpus(at: corpus)
    let mixture = try resolve(mixture, over: corpus)
    let precision = try training.chosenPrecision(ofRunsIn: folder)
    let base = ProxyEvaluator(
      corpus: corpus, learningRate: training.learningRate, precision: precision)
    var steps: [(request: RunRequest, claim: RunClaim)] = []
    // The longest runs first, so that the cores end together.
    for size in sizes.elements.map(\.size).reversed() {
      // Whole steps.
      let tokens = TrainingConfiguration(
        size: size, vocabularySize: corpus.vocabularySize, tokens: training.tokens,
        tokensPerParameter: training.tokensPerParameter
          ?? TrainingOptions.defaultTokensPerParameter, seed: 1,
        learningRate: training.learningRate
      ).tokens
      for seed in 1...UInt64(seeds) {
        for factor in rates.elements {
          let evaluator = ProxyEvaluator(
            corpus: corpus,
            learningRate: factor
              * (training.learningRate ?? TrainingConfiguration.baseLearningRate),
            precision: precision)
          steps.append(
            (
              RunRequest(
                conditions: evaluator.conditions(of: size), mixture: mixture, tokens: tokens,
                seed: seed),
              RunClaim(
                plan: RunGrid.sweep, purpose: .grid, name: size.name, ordinal: steps.count)
            ))
        }
      }
    }
    let plan = ListPlan(name: RunGrid.sweep, purpose: .grid, steps: steps)
    let display = StudyDisplay(line: ProgressLine(isQuiet: execution.isSilent))
    let page = LivePage(folder: folder)
    defer { page.finish(isComplete: true) }
    let ledger = try display.line.untilDone(
      ifInterrupted: "Interrupted; the same command goes on with the runs that are missing."
    ) {
      try RunGrid.run(
        plan, in: folder,
        on: LocalEvaluator(
          base, workers: execution.threads, isCancelled: { Interruption.isRequested }),
        conditions: ProxyEvaluator(corpus: corpus).conditionsByName,
        isCancelled: { Interruption.isRequested },
        observer: { news, progress in
          display.show(news, progress)
          page.show(progress)
        })
    }
    let asked = Set(steps.map(\.request.key))
    let record = SweepRecord(folder: folder, of: ledger).filtered { cell in
      cell.runs.contains { run in
        asked.contains(
          RunKey(conditions: cell.conditions, mixture: cell.mixture, seed: run.seed))
      }
    }
    if execution.json { return try emitDocument(SweepDocument(record), kind: "sweep") }
    let text = table(of: record)
    try replaceFile(at: folder + "/sweep.md", with: Data(text.utf8))
    try emit(text, terminator: "")
  }

  /// A table of means by size and rate, and what seeds alone do.
  private func table(of record: SweepRecord) -> String {
    var table = TextTable([
      .init("size", .left), .init("tokens"), .init("rate"), .init("seeds"), .init("mean loss"),
      .init("s.d. over seeds"), .init("above best"), .init("tokens/s"),
    ])
    for cell in record.cells {
      let means = cell.means
      let mean = means.isEmpty ? nil : Statistics.mean(means)
      table.append([
        cell.conditions.size, Format.count(cell.tokens), cell.rate, "\(means.count)",
        mean.map { fixed($0, 4) } ?? "diverged",
        Statistics.variance(means).map { fixed($0.squareRoot(), 4) } ?? "",
        mean.flatMap { mean in
          record.best(beside: cell).map { fixed((mean / $0 - 1) * 100, 2) + " %" }
        } ?? "", cell.tokensPerSecond.map { Format.count($0) } ?? "",
      ])
    }
    return table.markdown
  }
}

/// What a program reads of a sweep.
private struct SweepDocument: Encodable {
  var domains: [String]
  var cells: [SweepSummary]

  init(_ record: SweepRecord) {
    domains = record.cells.first?.mixture.domains ?? []
    cells = record.cells.map(SweepSummary.init)
  }
}

/// What a program reads of runs that differ in their seeds only.
private struct SweepSummary: Encodable {
  var size: String
  var parameters: Int
  var tokens: Int
  var learningRate: Double?
  var precision: String?
  /// Each domain's share.
  var mixture: [String: Double]
  /// The same in the order of `domains`.
  var weights: [Double]
  var runs: [Run]

  struct Run: Encodable {
    var seed: UInt64
    /// Nil where the run diverged.
    var losses: [DomainLoss]?
    /// Over the training domains, nats per token.
    var mean: Double?
  }

  init(_ cell: SweepRecord.Cell) {
    size = cell.conditions.size
    parameters = cell.conditions.parameters
    tokens = cell.tokens
    learningRate = cell.learningRate
    precision = cell.conditions.evaluator.trainer?.precision
    mixture = named(cell.mixture)
    weights = cell.mixture.weights
    runs = cell.runs.map { run in
      Run(
        seed: run.seed, losses: run.outcome?.result?.losses,
        mean: run.outcome?.losses(of: cell.mixture.domains).map { Statistics.mean($0) })
    }
  }
}
