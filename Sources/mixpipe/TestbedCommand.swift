import ArgumentParsing
import Foundation
import Mixtures
import ProxyModels
import Reports
import Runs
import Storage
import Studies
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

    \(TargetRunOptions.explanation) Without '--target-tokens' the longest run counts. Each rung is then a run of \
    its own.
    """

  @Argument("Folder that keeps the runs.", completion: .folders)
  var folder: String
  @Option("Folder of the corpus. (default: corpora/five)", value: "folder", completion: .folders)
  var corpus: String?
  @Option(
    "Sizes of the model, separated by commas; others than those named, e.g. 200k, too.",
    value: "names")
  var sizes = ListArgument(
    ["50k", "100k", "200k", "400k"].map { SizeName($0) })
  @Option(
    "Mixtures of each size, or one number for all, separated by commas. (default: 192,128,96,64; 64 where there are not four sizes)",
    value: "counts")
  var mixtures: ListArgument<Int>?
  @Option("Seeds of the mixtures that are run again: 1, 2, … up to this.", value: "count")
  var seeds = 2
  @Option(
    "How many of the mixtures of each size are run with all seeds, or one number for all, separated by commas.",
    value: "counts")
  var replicated = ListArgument([16])
  @Option(
    "Training tokens of each size, separated by commas, in place of one ratio or number for all, e.g. 1M,4M.",
    value: "counts")
  var lengths: ListArgument<TokenCount>?
  @Option("Shares of the budget at which a run is measured, separated by commas.", value: "shares")
  var rungs = ListArgument([0.125, 0.25, 0.5, 1])
  @Option("Held-out tokens of each domain, at each rung.", name: "held-out-tokens", value: "count")
  var heldOutCount = TokenCount(32_768)
  @OptionGroup
  var target: TargetRunOptions
  @OptionGroup
  var training: TrainingOptions
  @Option("Runs at once, a thread each; as many as cores where not given.", value: "count")
  var workers: Int?
  @Flag("Print the table of runs instead of a summary.")
  var csv = false
  @Flag("Show no progress.", short: "q")
  var quiet = false
  @OptionGroup(title: "Your own trainer, and clusters")
  var engine: EngineOptions

  private var heldOutTokens: Int { heldOutCount.value }
  private var mixtureCounts: [Int] {
    mixtures?.elements ?? (sizes.elements.count == 4 ? [192, 128, 96, 64] : [64])
  }

  func validate() throws {
    try check(
      ["seeds": seeds, "held-out-tokens": heldOutTokens, "workers": workers], atLeast: 1)
    let names = sizes.elements.map(\.name)
    if Set(names).count < names.count {
      throw ValidationError("Found a size twice in '--sizes', expected each once")
    }
    let counts = try ofEachSize(mixtureCounts, "mixtures")
    if let count = try ofEachSize(replicated.elements, "replicated").first(where: {
      !(0...8192).contains($0)
    }) {
      throw ValidationError("Found '--replicated \(count)', expected 0 to 8192")
    }
    if let lengths = lengths?.elements.map(\.value) {
      if training.tokens != nil || training.tokensPerParameter != nil {
        throw ValidationError(
          "Found '--lengths' beside '--tokens' or '--tokens-per-parameter', expected one; drop the other"
        )
      }
      guard lengths.count == names.count else {
        throw ValidationError(
          "Found \(lengths.count) counts in '--lengths', expected one for each of \(names.count) sizes"
        )
      }
      if let length = lengths.first(where: { !(1...TrainingOptions.mostTokens).contains($0) }) {
        throw ValidationError(
          "Found '--lengths \(length)', expected 1 to \(TrainingOptions.mostTokens)")
      }
    }
    if let count = counts.first(where: { !(1...8192).contains($0) }) {
      throw ValidationError("Found '--mixtures \(count)', expected 1 to 8192")
    }
    try requireShares(rungs)
  }

  /// What a list says for each size, or once for all.
  private func ofEachSize(_ list: [Int], _ option: String) throws -> [Int] {
    let count = sizes.elements.count
    if list.count == 1 { return Array(repeating: list[0], count: count) }
    guard list.count == count else {
      throw ValidationError(
        "Found \(list.count) counts in '--\(option)', expected one for each of \(count) sizes")
    }
    return list
  }

  func run() throws {
    let execution = RunOptions()
    execution.workers = workers
    execution.quiet = quiet
    var session = try EngineSession(engine, folder: folder, workers: execution.threads)
    let text = try session.trainer(corpus: corpus, fallback: "corpora/five") { corpus in
      ProxyEvaluator(
        corpus: corpus, learningRate: training.learningRate, heldOutTokens: heldOutTokens,
        precision: try training.chosenPrecision(ofRunsIn: folder))
    }
    let levels = try levels(text)
    let matching = try target.settings.target(
      by: text, fallback: levels.map(\.scale.tokens).max()
    ).matching
    let trainer = text.matching(matching)
    let plan = try TestbedPlan(
      levels: levels, seeds: (1...UInt64(seeds)).map { $0 }, rungs: rungs.elements,
      trainer: trainer)
    let display = StudyDisplay(line: ProgressLine(isQuiet: quiet))
    trainer.noteEpochs(matching, lengths: plan.lengths, on: display.line)
    let writer = TableWriter(plan: plan, folder: folder)
    let outcome = Result {
      try session.drive(
        plan.list, on: trainer, execution: execution,
        command: "mixpipe testbed \(folder) …", line: display.line,
        open: {
          let (lock, book) = try RunGrid.open(folder, conditions: trainer.conditionsByName)
          return OpenBook(lock: lock, book: book)
        }, ledger: { try RunGrid.ledger(of: folder) },
        display: { news, progress in
          writer.hear(news)
          display.show(news, progress)
        })
    }
    // What has ended stays readable, whatever ended the command.
    if case .failure(let error) = outcome {
      try? writer.write()
      throw error
    }
    try writer.write()
    let ledger = try outcome.get()
    if csv { return try emitData(plan.table(of: ledger)) }
    try emit(summary(of: plan.record(of: ledger, in: folder)), terminator: "")
    try emit("\nThe table is \(folder)/runs.csv.")
  }

  private func levels(_ trainer: TrainerChoice) throws -> [TestbedPlan.Level] {
    let counts = try ofEachSize(mixtureCounts, "mixtures")
    let replicates = try ofEachSize(replicated.elements, "replicated")
    if trainer.domains.count < 2, counts.contains(where: { $0 > 1 }) {
      throw ValidationError(
        "\(trainer.dataName): found one domain to train on, expected two at least for different mixtures"
      )
    }
    let ratio = training.tokensPerParameter ?? TrainingOptions.defaultTokensPerParameter
    return try sizes.elements.enumerated().map { index, size in
      let parameters = try trainer.parameters(of: size.name)
      return TestbedPlan.Level(
        scale: Scale(
          size: size.name, parameters: parameters,
          tokens: lengths?.elements[index].value ?? training.tokens
            ?? max(Int(clamping: (ratio * Double(parameters)).rounded()), 1)),
        mixtures: counts[index], replicated: replicates[index])
    }
  }

  /// For each size and rung, how far mixtures and seeds move the mean over the training domains.
  private func summary(of record: TestbedRecord) -> String {
    var table = TextTable([
      .init("size", .left), .init("parameters"), .init("tokens"), .init("runs"),
      .init("diverged"), .init("lowest mean loss"), .init("s.d. over mixtures"),
      .init("s.d. over seeds"),
    ])
    func loss(_ value: Double?) -> String { value.map { fixed($0, 4) } ?? "" }
    for spread in record.spreads {
      table.append([
        spread.size, "\(spread.parameters)", Format.count(spread.tokens), "\(spread.runs)",
        "\(spread.diverged)", loss(spread.lowest), loss(spread.mixtures), loss(spread.seeds),
      ])
    }
    return table.markdown
  }
}

/// Writes the runs so far out as a table once in a while: who looks in need not wait for the end.
private final class TableWriter: Sendable {
  private let plan: TestbedPlan
  private let folder: String
  private let state = Mutex<(ledger: RunLedger?, written: Double)>((nil, wallClock()))

  init(plan: TestbedPlan, folder: String) {
    self.plan = plan
    self.folder = folder
  }

  func hear(_ news: RunNews) {
    let isDue = state.withLock { state in
      if case .began(let ledger, _) = news { state.ledger = ledger }
      guard case .ended = news, wallClock() - state.written >= 30 else { return false }
      state.written = wallClock()
      return true
    }
    // A table that cannot be written now is written at the end.
    if isDue { try? write() }
  }

  func write() throws {
    guard let ledger = state.withLock({ $0.ledger }) else { return }
    try replaceFile(at: folder + "/runs.csv", with: Data(plan.table(of: ledger).utf8))
  }
}
