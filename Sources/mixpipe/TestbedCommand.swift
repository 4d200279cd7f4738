import ArgumentParsing
import Corpora
import Foundation
import Mixtures
import Numerics
import ProxyModels
import Reports
import Storage
import Synchronization

struct TestbedCommand: Command {
  static let commandName = "testbed"
  static let abstract = "Train many mixtures at several sizes and budgets, for a table of runs."
  static let discussion = """
    Every run gives a whole curve: at each rung, a share of its budget, the learning rate falls to \
    nothing on a branch of its own, and the held-out loss is that of a run with no more tokens, to the \
    bit. The table (runs.csv) has a row for each rung; 'mixpipe replay' reads it.

    The mixtures are an even spread with more near the faces; a size takes the first so many of them, so \
    that those of a larger size were run at the smaller ones too. The first few are run again with \
    further seeds. At any time what has finished is balanced over the sizes. Each run is kept as it ends \
    (runs.jsonl); the same command goes on after an interruption, and may ask for more.
    """

  @Argument("Folder that keeps the runs.", completion: .folders)
  var folder: String
  @Option("Folder of the corpus.", value: "folder", completion: .folders)
  var corpus = "corpora/five"
  @Option(
    "Sizes of the model, separated by commas; others than those named, e.g. 200k, too.",
    value: "names")
  var sizes = ListArgument(
    ["50k", "100k", "200k", "400k"].map { SizeArgument(ModelSize.named($0)!) })
  @Option("Mixtures of each size, or one number for all, separated by commas.", value: "counts")
  var mixtures = ListArgument([192, 128, 96, 64])
  @Option("Seeds of the mixtures that are run again: 1, 2, … up to this.", value: "count")
  var seeds = 2
  @Option("How many of the mixtures are run with all seeds.", value: "count")
  var replicated = 16
  @Option("Shares of the budget at which a run is measured, separated by commas.", value: "shares")
  var rungs = ListArgument([0.125, 0.25, 0.5, 1])
  @Option("Held-out tokens of each domain, at each rung.", value: "count")
  var heldOutTokens = 32_768
  @OptionGroup
  var training: TrainingOptions
  @Option("Runs at once, a thread each; as many as cores where not given.", value: "count")
  var workers: Int?
  @Flag("Print the table of runs instead of a summary.")
  var csv = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws {
    try check(
      ["seeds": seeds, "held-out-tokens": heldOutTokens, "workers": workers], atLeast: 1)
    try check(["replicated": replicated], atLeast: 0)
    let names = sizes.elements.map(\.size.name)
    if Set(names).count < names.count {
      throw ValidationError("Found a size twice in '--sizes', expected each once")
    }
    let counts = mixtures.elements
    guard counts.count == 1 || counts.count == names.count else {
      throw ValidationError(
        "Found \(counts.count) counts in '--mixtures', expected one for each of \(names.count) sizes"
      )
    }
    if let count = counts.first(where: { !(1...8192).contains($0) }) {
      throw ValidationError("Found '--mixtures \(count)', expected 1 to 8192")
    }
    try requireShares(rungs)
  }

  func run() throws {
    let corpus = try openCorpus(at: corpus)
    let evaluator = ProxyEvaluator(
      corpus: corpus, learningRate: training.learningRate, heldOutTokens: heldOutTokens)
    let plan = try makePlan(evaluator)
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let path = folder + "/runs.jsonl"
    let kept = try LineJournal.read(TestbedRun.self, at: path)
    let journal = try LineJournal(at: path)
    let book = RunBook(kept)

    let missing = plan.runs.filter { plan.answer(to: $0, in: kept) == nil }
    let line = ProgressLine(isQuiet: quiet)
    let work = SharedProgress(
      total: missing.reduce(0) { $0 + $1.operations },
      doneBefore: plan.runs.count - missing.count, count: plan.runs.count)
    let folder = folder
    let outcome = Result {
      try line.untilDone(
        ifInterrupted: "Interrupted; the same command goes on with the runs that are missing."
      ) {
        try forEachOnThreads(
          count: missing.count, workers: workers ?? ProcessInfo.processInfo.activeProcessorCount
        ) { index in
          let run = missing[index]
          let start = ProcessInfo.processInfo.systemUptime
          let trainer = try Trainer(
            corpus: corpus, schedule: ConstantWeights(run.mixture.weights),
            configuration: run.configuration)
          let checkpoints = "\(folder)/checkpoints/\(run.name)"
          let results = try trainer.run(
            rungs: run.rungs, upTo: run.rungs.count - 1,
            progress: { share in
              work.report(index, share * run.operations)
              line.update(work.line)
            }, isCancelled: { Interruption.isRequested }, checkpointFolder: checkpoints)
          let record = plan.record(
            run, rungs: results, seconds: ProcessInfo.processInfo.systemUptime - start)
          try journal.append(record)
          try? FileManager.default.removeItem(atPath: checkpoints)
          work.finishOne()
          try book.add(record) { try writeTable($0, of: plan, in: folder) }
        }
      }
    }
    rmdir(folder + "/checkpoints")
    let runs = try LineJournal.read(TestbedRun.self, at: path)
    try writeTable(runs, of: plan, in: folder)
    try outcome.get()
    if csv { return try emit(plan.table(of: runs), terminator: "") }
    try emit(summary(of: plan.answers(in: runs)), terminator: "")
    try emit("\nThe table is \(folder)/runs.csv.")
  }

  private func makePlan(_ evaluator: ProxyEvaluator) throws -> TestbedPlan {
    let corpus = evaluator.corpus
    let counts = mixtures.elements
    if corpus.trainingDomains.count < 2, counts.contains(where: { $0 > 1 }) {
      throw ValidationError(
        "\(corpus.folder): found one domain to train on, expected two at least for different mixtures"
      )
    }
    return TestbedPlan(
      levels: sizes.elements.enumerated().map { index, size in
        let parameters = size.size.parameterCount(vocabularySize: corpus.vocabularySize)
        let ratio = training.tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter
        return TestbedPlan.Level(
          size: size.size, mixtures: counts[counts.count == 1 ? 0 : index],
          tokens: training.tokens ?? max(Int((ratio * Double(parameters)).rounded()), 1))
      }, seeds: (1...UInt64(seeds)).map { $0 }, replicated: replicated, rungs: rungs.elements,
      evaluator: evaluator)
  }

  /// For each size and rung, how far mixtures and seeds move the mean over the training domains.
  private func summary(of runs: [TestbedRun]) -> String {
    var table = TextTable([
      .init("size", .left), .init("parameters"), .init("tokens"), .init("runs"),
      .init("diverged"), .init("lowest mean loss"), .init("s.d. over mixtures"),
      .init("s.d. over seeds"),
    ])
    for size in sizes.elements.map(\.size.name) {
      let ofSize = runs.filter { $0.size == size }
      for rung in ofSize.first?.rungs.indices ?? 0..<0 {
        let means = ofSize.compactMap { run in run.mean(at: rung).map { (run.mixture, $0) } }
        let first = ofSize.filter { $0.seed == 1 }.compactMap { $0.mean(at: rung) }
        let groups = ofSize.filter { $0.seed == 1 }.map { run in
          means.filter { $0.0 == run.mixture }.map(\.1)
        }
        table.append([
          size, "\(ofSize[0].parameters)", Format.count(ofSize[0].rungs[rung].tokens),
          "\(ofSize.count)", "\(ofSize.count - means.count)",
          means.map(\.1).min().map { fixed($0, 4) } ?? "",
          Statistics.variance(first).map { fixed($0.squareRoot(), 4) } ?? "",
          Statistics.pooledVariance(groups).map { fixed($0.variance.squareRoot(), 4) } ?? "",
        ])
      }
    }
    return table.markdown
  }
}

extension TestbedRun {
  /// Over the training domains, nats per token; nil where the run diverged.
  fileprivate func mean(at rung: Int) -> Double? {
    guard rungs.indices.contains(rung), case .finished(let losses) = rungs[rung].outcome else {
      return nil
    }
    let trained = losses.filter { mixture.domains.contains($0.domain) }
    return trained.reduce(0) { $0 + $1.loss } / Double(max(trained.count, 1))
  }
}

private func writeTable(_ runs: [TestbedRun], of plan: TestbedPlan, in folder: String) throws {
  try replaceFile(at: folder + "/runs.csv", with: Data(plan.table(of: runs).utf8))
}

/// The runs so far, written out as a table once in a while: who looks in need not wait for the end.
private final class RunBook: Sendable {
  private let state: Mutex<(runs: [TestbedRun], written: Double)>

  init(_ runs: [TestbedRun]) {
    state = Mutex((runs, ProcessInfo.processInfo.systemUptime))
  }

  func add(_ run: TestbedRun, write: ([TestbedRun]) throws -> Void) throws {
    try state.withLock { state in
      state.runs.append(run)
      let now = ProcessInfo.processInfo.systemUptime
      guard now - state.written >= 30 else { return }
      state.written = now
      try write(state.runs)
    }
  }
}
