import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Reports
import RunTables
import TableSearches

struct ReplayCommand: Command {
  static let commandName = "replay"
  static let abstract = "Compare methods on a table of finished runs, without training anything."
  static let discussion = """
    Every method begins with the same random runs of the table and then says which of the others to \
    look at next. What is reported is the regret of the mixture that it would hand over, seen or not, \
    over the best of the table: means over seeds with 95 % intervals; and after how many runs it \
    tries the best.

      mixpipe replay runs.csv --methods bo,random --seeds 20 --output runs/replay-mine
      mixpipe replay train_mixture.csv train_loss.csv --predict 64 --seeds 0

    '--landscape law' fits mixing laws and what they leave over to the table, and lets the methods \
    try any mixture between those of the table. '--predict 64' lets each model learn from 64 runs \
    and predict the others.

    '--target-size 410M' replays methods that choose the model's size and the length of its training too, on a \
    table of several sizes with a column of steps or tokens. What is reported is how much compute, in runs of \
    the target, each takes until it hands over what is as good as the best there, and how many times as \
    much random search, Hyperband and others take. '+last-points', '+no-resume-credit' and \
    '+objective-only' behind a method's name take from it what is to be judged. With '--landscape law' \
    there are '--candidates' mixtures between those of the table.

      mixpipe replay runs/*.csv --target-size 410M --methods random,hyperband --seeds 20 --budget 30

    With '--output' the traces are kept as they come (replay.jsonl), and the \
    same command goes on after an interruption; report.html and report.md are drawn from them.

    \(TableOptions.explanation)
    """

  @Argument("Tables of finished runs.", completion: .files)
  var tables: [String]
  @Option(
    "Methods to compare, separated by commas: random, or any that searches, of \(methodNames.map(\.name).joined(separator: ", ")); with --target-size \(fidelityMethodNames.map(\.name).joined(separator: ", ")). (default: bo,bo-raw,sobol,random; with --target-size all)",
    value: "names")
  var methods: ListArgument<String>?
  @Option("Seeds: 1, 2, … up to this; 0 for none.", value: "count")
  var seeds = 20
  @Option(
    "Random runs to begin with. (default: 12, a quarter of a smaller table)", value: "count")
  var initial: Int?
  @Option(
    "Runs in all; with --target-size compute, in runs of it. (default: 64, or what the table has; with --target-size 30)",
    value: "count")
  var budget: Double?
  @OptionGroup(title: "Several sizes")
  var fidelity: FidelityOptions
  @Option("Noise to add to each run's objective (s.d.), nats per token.", value: "nats")
  var noise = 0.0
  @OptionGroup
  var table: TableOptions
  @Option("In place of the table's runs, search a landscape fitted to them.", value: "form")
  var landscape: LandscapeForm?
  @Option("Also check predictions: learn from so many runs, predict the others.", value: "count")
  var predict: Int?
  @Option("Random splits to check predictions on.", value: "count")
  var splits = 20
  @Option(
    "Folder that keeps traces and report.", short: "o", value: "folder", completion: .folders)
  var output: String?
  @OptionGroup
  var execution: RunOptions

  enum LandscapeForm: String, CaseIterable, ArgumentValue { case law }

  func validate() throws {
    try check(["seeds": seeds], atLeast: 0)
    try check(["initial": initial, "splits": splits], atLeast: 1)
    try check(["predict": predict], atLeast: 4)
    if let budget, !(budget > 0 && budget <= 1e9) {
      throw ValidationError(
        "Found '--budget \(shortest(budget))', expected a positive number, 1e9 at most")
    }
    if seeds == 0, predict == nil {
      throw ValidationError("Found '--seeds 0' without '--predict', expected something to do")
    }
    if !(noise >= 0 && noise.isFinite) {
      throw ValidationError("Found '--noise \(noise)', expected no negative number")
    }
    let names = methodsAsked
    if Set(names).count < names.count {
      throw ValidationError(
        "Found '--methods \(names.joined(separator: ","))', expected each method once")
    }
    if fidelity.size != nil { return try validateFidelity() }
    try fidelity.refuse()
    if let budget, budget != budget.rounded() {
      throw ValidationError(
        "Found '--budget \(shortest(budget))' without '--target-size', expected a whole number of runs"
      )
    }
    for name in names where name != PoolReplay.random {
      guard methodNames.contains(where: { $0.name == name }) else {
        throw MethodError.unknown(name: name)
      }
      guard MixturePreset(rawValue: name) == nil, !needsTrainer(name) else {
        throw ValidationError("\(ReplayError.noSearch(method: name))")
      }
    }
  }

  var methodsAsked: [String] {
    methods?.elements
      ?? (fidelity.size == nil
        ? ["bo", "bo-raw", "sobol", "random"]
        : fidelityMethodNames.map(\.name).filter { $0 != "natural" })
  }

  func run() throws {
    if let old = fidelity.target, !execution.isSilent {
      ProgressLine().note("Note: '--target \(old)' is now written '--target-size \(old)'.")
    }
    if fidelity.extrapolate { return try runExtrapolation() }
    if fidelity.size != nil { return try runFidelity() }
    let runs = try RunTable(at: tables, columns: table.columns).selected(table.selection)
    let pool = try RunPool(runs, objective: try table.objective(over: runs))
    let line = ProgressLine(isQuiet: execution.isSilent)
    for note in runs.notes { line.note("Note: \(note)") }
    var summary: ReplaySummary?
    var landscapeQuality: Landscape.Quality?
    var qualities: [PredictionQuality] = []
    try line.untilDone(ifInterrupted: interruption) {
      if seeds > 0 { (summary, landscapeQuality) = try replay(pool, line) }
      if let predict { qualities = try predictions(pool, trainingRuns: predict, line) }
    }
    let report = ReplayReport(
      name: output.map { ($0 as NSString).lastPathComponent } ?? "Replay", summary: summary,
      predictions: qualities, landscape: landscapeQuality, facts: facts(runs, pool, summary),
      command: command)
    let written = try output.map { try report.write(to: $0) } ?? []
    try show(
      report.text, written: written,
      as: ReplayResult(
        replay: summary, landscape: landscapeQuality,
        predictions: qualities.isEmpty ? nil : qualities))
  }

  /// What to say where a replay is interrupted.
  var interruption: String {
    "Interrupted"
      + (output == nil ? "." : "; the same command goes on with the traces that are missing.")
  }

  /// Prints a report and where it was written, or what a program reads.
  func show(
    _ text: String, written: [String], as document: some Encodable, kind: String = "replay"
  ) throws {
    if execution.json { return try emitDocument(document, kind: kind) }
    try emit(text, terminator: "")
    if !written.isEmpty { try emit("\n" + written.joined(separator: "\n")) }
  }

  /// What a program reads.
  private struct ReplayResult: Encodable {
    var replay: ReplaySummary?
    var landscape: Landscape.Quality?
    var predictions: [PredictionQuality]?
  }

  // MARK: Work

  private func replay(
    _ pool: RunPool, _ line: ProgressLine
  ) throws -> (ReplaySummary, Landscape.Quality?) {
    let asked = self.budget.map { Int(clamping: $0) }
    let limit = landscape == nil ? pool.count : max(pool.count, asked ?? 64)
    let initial = initial ?? min(12, max(4, pool.count / 4))
    let budget = asked ?? min(64, limit)
    guard initial <= budget, budget <= limit, initial <= pool.count else {
      throw ValidationError(
        "Found \(initial) runs to begin with and a budget of \(budget), expected no more than the "
          + "\(pool.count) mixtures of the table; lower --initial or --budget")
    }
    let configuration = ReplayConfiguration(
      kind: landscape == nil ? .pool : .landscape, fingerprint: pool.fingerprint,
      objective: "\(pool.objective)", initial: initial, budget: budget, noise: noise)
    let folder = try output.map { try ReplayFolder(at: $0, configuration: configuration) }
    var tasks: [(method: String, seed: UInt64)] = []
    for seed in 1...UInt64(seeds) {
      for method in methodsAsked {
        let isDone = folder?.traces.contains { $0.method == method && $0.seed == seed } ?? false
        if !isDone { tasks.append((method, seed)) }
      }
    }
    let trace: @Sendable (String, UInt64) throws -> ReplayTrace
    var fitted: (landscape: Landscape, best: Double)?
    if landscape != nil {
      line.update(force: true, "fitting the landscape")
      let found = Landscape(fittedTo: pool)
      fitted = (found, found.minimum().value)
      let replay = LandscapeReplay(pool: pool, landscape: found, configuration: configuration)
      trace = { try replay.trace(of: $0, seed: $1, isCancelled: { Interruption.isRequested }) }
    } else {
      let replay = PoolReplay(pool: pool, configuration: configuration)
      trace = { try replay.trace(of: $0, seed: $1, isCancelled: { Interruption.isRequested }) }
    }
    let work = tasks
    let perform = trace
    let results = try execution.gather(work.count, "searches", line) { index in
      let found = try perform(work[index].method, work[index].seed)
      try folder?.append(found)
      return found
    }
    let wanted = Set(methodsAsked)
    let kept = (folder?.traces ?? []).filter {
      wanted.contains($0.method) && $0.seed <= UInt64(seeds)
    }
    // A landscape has no best run that is hit exactly: within a fiftieth of the table's spread will do.
    let spread = Bootstrap.interval(of: pool.values, confidence: 0.5)!
    return (
      ReplaySummary(
        configuration: configuration, values: pool.values,
        best: fitted?.best ?? pool.values[pool.best],
        tolerance: fitted == nil ? 0 : 0.02 * (spread.upperBound - spread.lowerBound),
        traces: kept + results), fitted?.landscape.quality
    )
  }

  private func predictions(
    _ pool: RunPool, trainingRuns: Int, _ line: ProgressLine
  ) throws -> [PredictionQuality] {
    guard trainingRuns < pool.count else {
      throw ValidationError(
        "Found '--predict \(trainingRuns)', expected fewer than the \(pool.count) mixtures of the table"
      )
    }
    let check = PredictionCheck(pool: pool, trainingRuns: trainingRuns)
    let names = methodsAsked
    let count = names.count * splits
    let found = try execution.gather(count, "predictions", line) { index in
      if Interruption.isRequested { throw CancellationError() }
      return try check.split(UInt64(index / names.count + 1), method: names[index % names.count])
    }
    return PredictionQuality.summaries(of: found.compactMap { $0 })
  }

  // MARK: Words

  private func facts(
    _ runs: RunTable, _ pool: RunPool, _ summary: ReplaySummary?
  ) -> [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = [
      ("Tables", tables.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")),
      (
        "Runs",
        "\(pool.count) mixtures of \(pool.domains.count) domains"
          + (pool.repeated > 0 ? "; \(pool.repeated) rows repeat one, their losses averaged" : "")
          + (pool.omitted > 0 ? "; \(pool.omitted) without losses left out" : "")
      ),
      ("Objective", "\(pool.objective)"),
      (
        "Values",
        "best \(Format.loss(pool.values.min()!)), worst \(Format.loss(pool.values.max()!))"
      ),
    ]
    if !runs.notes.isEmpty { facts.append(("Reading", runs.notes.joined(separator: "; "))) }
    if let summary {
      facts.append(
        (
          "Search",
          "\(summary.configuration.initial) random runs to begin with, \(summary.configuration.budget) in all, "
            + "seeds 1 to \(seeds), noise \(noise)"
        ))
      for method in summary.methods where method.moved > 0 {
        facts.append(
          (
            "Moved",
            "\(method.method) wanted \(method.moved) mixtures that could not be had; it got "
              + (landscape == nil
                ? "the run that its model holds best, or the nearest" : "the nearest")
          ))
      }
    }
    return facts
  }

  /// In full, so that later defaults do not matter.
  private var command: String {
    var words = ["mixpipe replay"] + tables.map { ($0 as NSString).lastPathComponent }
    words.append("--methods \(methodsAsked.joined(separator: ",")) --seeds \(seeds)")
    if let initial { words.append("--initial \(initial)") }
    if let budget { words.append("--budget \(shortest(budget))") }
    if noise > 0 { words.append("--noise \(noise)") }
    if let weights = table.weights { words.append("--weights '\(weights.argumentText)'") }
    if let losses = table.losses { words.append("--losses '\(losses.argumentText)'") }
    if let size = table.size { words.append("--size \(size)") }
    if let step = table.step { words.append("--step \(step)") }
    if let objective = table.objective { words.append("--objective '\(objective)'") }
    for limit in table.guard { words.append("--guard '\(limit)'") }
    if let landscape { words.append("--landscape \(landscape.rawValue)") }
    if let predict { words.append("--predict \(predict) --splits \(splits)") }
    if let output { words.append("--output \(output)") }
    return words.joined(separator: " ")
  }
}
