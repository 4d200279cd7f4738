import ArgumentParsing
import Corpora
import Foundation
import Mixtures
import Numerics
import ProxyModels
import Reports
import Storage

struct SweepCommand: Command {
  static let commandName = "sweep"
  static let abstract = "Train a grid of sizes, learning rates and seeds on one mixture."
  static let discussion = """
    Answers two questions about the trainer itself: is the default learning rate right at each size, \
    and how far do seeds alone move the loss? Each run is kept as it ends (sweep.jsonl); the same \
    command goes on after an interruption.
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
  @Option("Runs at once, a thread each; as many as cores where not given.", value: "count")
  var workers: Int?
  @Flag("Print the runs as JSON lines.")
  var json = false

  func validate() throws {
    try check(["seeds": seeds, "workers": workers], atLeast: 1)
    if let rate = rates.elements.first(where: { !($0 > 0 && $0.isFinite) }) {
      throw ValidationError("Found '--rates \(rate)', expected positive numbers")
    }
  }

  /// One finished run.
  private struct Run: Codable, Sendable {
    var size: String
    var parameters: Int
    var tokens: Int
    var rateFactor: Double
    var seed: UInt64
    var corpusDigest: String
    var weights: [Double]
    /// Nil where the run diverged.
    var losses: [DomainLoss]?
    /// Mean over the training domains, nats per token.
    var mean: Double?
    var seconds: Double
    var tokensPerSecond: Double

    func isSame(as other: Run) -> Bool {
      size == other.size && parameters == other.parameters && tokens == other.tokens
        && rateFactor == other.rateFactor && seed == other.seed
        && corpusDigest == other.corpusDigest && weights == other.weights
    }
  }

  func run() throws {
    let corpus = try openCorpus(at: corpus)
    let mixture = try resolve(mixture, over: corpus)
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let path = folder + "/sweep.jsonl"
    let journal = try LineJournal(at: path)
    let kept = try LineJournal.read(Run.self, at: path)

    // The longest runs first, so that the cores end together.
    var asked: [(Run, TrainingConfiguration)] = []
    for size in sizes.elements.reversed() {
      for seed in 1...UInt64(seeds) {
        for factor in rates.elements {
          var configuration = TrainingConfiguration(
            size: size.size, vocabularySize: corpus.vocabularySize, tokens: training.tokens,
            tokensPerParameter: training.tokensPerParameter
              ?? TrainingOptions.defaultTokensPerParameter,
            seed: seed, learningRate: training.learningRate)
          configuration.scaleRates(by: factor)
          let run = Run(
            size: size.size.name,
            parameters: size.size.parameterCount(vocabularySize: corpus.vocabularySize),
            tokens: configuration.tokens, rateFactor: factor, seed: seed,
            corpusDigest: corpus.digest, weights: mixture.weights, seconds: 0, tokensPerSecond: 0)
          asked.append((run, configuration))
        }
      }
    }
    let missing = asked.filter { run, _ in !kept.contains { $0.isSame(as: run) } }
    let line = ProgressLine(isQuiet: json)
    let work = SharedProgress(
      total: missing.reduce(0) { $0 + $1.1.trainingOperations },
      doneBefore: asked.count - missing.count, count: asked.count)
    try line.untilDone(
      ifInterrupted: "Interrupted; the same command goes on with the runs that are missing."
    ) {
      try forEachOnThreads(
        count: missing.count, workers: workers ?? ProcessInfo.processInfo.activeProcessorCount
      ) { index in
        var (run, configuration) = missing[index]
        let trainer = try Trainer(
          corpus: corpus, schedule: ConstantWeights(mixture.weights), configuration: configuration)
        let result = try trainer.run(
          progress: { progress in
            work.report(
              index,
              Double(progress.step) / Double(progress.steps) * configuration.trainingOperations)
            line.update(work.line)
          }, isCancelled: { Interruption.isRequested })
        if case .finished(let losses) = result.outcome {
          run.losses = losses
          let trained = losses.filter { mixture.domains.contains($0.domain) }
          run.mean = trained.reduce(0) { $0 + $1.loss } / Double(trained.count)
        }
        run.seconds = result.trainingSeconds + result.evaluationSeconds
        run.tokensPerSecond = result.tokensPerSecond
        try journal.append(run)
        work.finishOne()
      }
    }

    let all = try LineJournal.read(Run.self, at: path)
    let runs = asked.compactMap { run, _ in all.first { $0.isSame(as: run) } }
    if json {
      for run in runs { try emit(String(decoding: encodeLine(run), as: UTF8.self), terminator: "") }
    } else {
      let text = summary(of: runs)
      try replaceFile(at: folder + "/sweep.md", with: Data(text.utf8))
      try emit(text, terminator: "")
    }
  }

  /// A table of means by size and rate, and what seeds alone do.
  private func summary(of runs: [Run]) -> String {
    var table = TextTable([
      .init("size", .left), .init("tokens"), .init("rate"), .init("seeds"), .init("mean loss"),
      .init("s.d. over seeds"), .init("above best"), .init("tokens/s"),
    ])
    for size in sizes.elements {
      let rows = rates.elements.map { factor -> (factor: Double, runs: [Run], means: [Double]) in
        let matching = runs.filter { $0.size == size.size.name && $0.rateFactor == factor }
        return (factor, matching, matching.compactMap(\.mean))
      }
      let best = rows.compactMap { $0.means.isEmpty ? nil : Statistics.mean($0.means) }.min()
      for row in rows {
        let rates = row.runs.map(\.tokensPerSecond).sorted()
        table.append([
          size.size.name, Format.count(row.runs.first?.tokens ?? 0),
          "\(fixed(row.factor, 2))x", "\(row.means.count)",
          row.means.isEmpty ? "diverged" : fixed(Statistics.mean(row.means), 4),
          Statistics.variance(row.means).map { fixed($0.squareRoot(), 4) } ?? "",
          row.means.isEmpty || best == nil
            ? "" : fixed((Statistics.mean(row.means) / best! - 1) * 100, 2) + " %",
          rates.isEmpty ? "" : Format.count(rates[rates.count / 2]),
        ])
      }
    }
    return table.markdown
  }
}
