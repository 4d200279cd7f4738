import ArgumentParsing
import Benchmarks
import Foundation
import MixtureMethods
import Mixtures
import Reports
import Storage
import TableSearches

struct BenchmarkCommand: Command {
  static let commandName = "benchmark"
  static let abstract = "Compare methods, built in or your own, on a suite of problems."
  static let discussion = """
    Each problem tells what a run of any mixture would give, luck included, so that searches cost no \
    training. Built-in methods run at one size or choose size and length too; '--entry' runs a command of \
    yours beside them, which is told the problem and asked for runs as lines of JSON (see the page \
    'Benchmark' of the documentation). With '--check' it says what equal shares, natural proportions and \
    enumeration reach on each problem, and fails where one of them solves it.

    Searches are kept as they end (benchmark.jsonl); the same command goes on after an interruption.
    """

  @Argument("Folder that keeps the searches; none are kept without one.", completion: .folders)
  var folder: String?
  @Option("Problems, separated by commas. (default: all)", value: "names")
  var problems: ListArgument<String>?
  @Option("What a search may choose: one-size or sizes. (default: both)", value: "kind")
  var kind: KindArgument?
  @Option(
    "Methods, separated by commas, e.g. bo,sobol,hyperband; 'none' for the entry alone. (default: all that need no trainer, without mfms-fixed, which takes minutes a search)",
    value: "names")
  var methods: ListArgument<String>?
  @Option("A command of yours, started by the shell once for each search.", value: "command")
  var entry: String?
  @Option("What the entry is called in the table.", value: "name")
  var name = "entry"
  @Option("How many seeds: 1, 2, … up to this.", value: "count")
  var seeds = 20
  @Flag("Only check that the problems are worth searching on.")
  var check = false
  @OptionGroup
  var execution: RunOptions

  struct KindArgument: ArgumentValue {
    let kind: BenchmarkKind

    init(argument: String) throws {
      guard let kind = BenchmarkKind(rawValue: argument) else {
        throw ValidationError("Found kind '\(argument)', expected one-size or sizes")
      }
      self.kind = kind
    }

    var argumentText: String { kind.rawValue }
  }

  private var kinds: [BenchmarkKind] { kind.map { [$0.kind] } ?? BenchmarkKind.allCases }

  /// What needs no trainer and no text of its own kind, and random search.
  private static func builtIn(_ kind: BenchmarkKind) -> [String] {
    switch kind {
    case .oneSize: methodNames.map(\.name).filter { !needsTrainer($0) && $0 != "llama" }
    case .severalSizes: fidelityMethodNames.map(\.name)
    }
  }

  /// Refits its model after each of hundreds of cheap runs, which takes minutes a search: only where it is asked for.
  private static let slow = ["mfms-fixed"]

  private func chosenMethods(_ kind: BenchmarkKind) -> [String] {
    guard let asked = methods?.elements else {
      return Self.builtIn(kind).filter { !Self.slow.contains($0) }
    }
    return asked.filter { Self.builtIn(kind).contains($0) }
  }

  func validate() throws {
    try mixpipe.check(["seeds": seeds], atLeast: 1)
    do { _ = try BenchmarkSuite.problems(named: problems?.elements) } catch {
      throw ValidationError("\(error)")
    }
    let known = kinds.flatMap { Self.builtIn($0) }
    for name in methods?.elements ?? [] where name != "none" && !known.contains(name) {
      throw ValidationError(
        "Found method '\(name)', which is not in the benchmark; expected some of "
          + known.joined(separator: ", "))
    }
    if entry != nil, known.contains(name) {
      throw ValidationError(
        "Found '--name \(name)', the name of a built-in method; choose another")
    }
  }

  func run() throws {
    let chosen = try BenchmarkSuite.problems(named: problems?.elements)
    // What cannot be kept is said before the work.
    let store = check ? nil : try folder.map { try BenchmarkFolder(at: $0) }
    let line = ProgressLine(isQuiet: execution.isSilent)
    let checks = try line.untilDone(ifInterrupted: "Interrupted.") {
      try execution.gather(chosen.count, "problems", line) { BenchmarkCheck(chosen[$0]) }
    }
    if check {
      if execution.json {
        try emitDocument(["problems": checks], kind: "benchmark-check")
      } else {
        try show(checks)
      }
      let failed = checks.filter { !$0.isPassed }.map(\.problem)
      guard failed.isEmpty else {
        throw BenchmarkFailure(problems: failed)
      }
      return
    }
    let kept = store?.traces ?? []
    let wanted = tasks(chosen)
    let done = Set(kept.map(\.key))
    let missing = wanted.filter { !done.contains($0) }
    let interruption =
      "Interrupted"
      + (folder == nil ? "." : "; the same command goes on with the searches that are missing.")
    let searcher = Searcher(problems: chosen, entry: entry, name: name)
    let found = try line.untilDone(ifInterrupted: interruption) {
      try execution.gather(missing.count, "searches", line) { index in
        let trace = try searcher.trace(missing[index])
        try store?.append(trace)
        return trace
      }
    }
    let asked = Set(wanted)
    let all = kept.filter { asked.contains($0.key) } + found
    let report = BenchmarkReport(
      name: folder.map { ($0 as NSString).lastPathComponent } ?? "Benchmark",
      summary: BenchmarkSummary(all, problems: chosen), checks: checks, command: command)
    let written = try folder.map { folder in
      let path = folder + "/benchmark.json"
      try replaceFile(at: path, with: try encodeDocument(report.summary))
      return try report.write(to: folder) + [path]
    }
    if execution.json { return try emitDocument(report.summary, kind: "benchmark") }
    try emit(report.text, terminator: "")
    if let written { try emit("\n" + written.joined(separator: "\n")) }
  }

  /// Seed after seed, so that a table that was cut short is balanced; the longest searches are not known.
  private func tasks(_ chosen: [BenchmarkProblem]) -> [BenchmarkTask] {
    (1...UInt64(seeds)).flatMap { seed in
      chosen.flatMap { problem in
        kinds.flatMap { kind in
          (chosenMethods(kind) + (entry == nil ? [] : [name])).map {
            BenchmarkTask(problem: problem.name, kind: kind, method: $0, seed: seed)
          }
        }
      }
    }
  }

  /// What threads need to know of the command.
  private struct Searcher: Sendable {
    var problems: [BenchmarkProblem]
    var entry: String?
    var name: String

    func trace(_ task: BenchmarkTask) throws -> BenchmarkTrace {
      let problem = problems.first { $0.name == task.problem }!
      let run = BenchmarkRun(
        problem, scale: BenchmarkScale(problem), kind: task.kind, seed: task.seed)
      if let entry, task.method == name {
        return try run.trace(
          of: name, command: entry, isCancelled: { Interruption.isRequested })
      }
      return try run.trace(of: task.method, isCancelled: { Interruption.isRequested })
    }
  }

  private func show(_ checks: [BenchmarkCheck]) throws {
    try emit(BenchmarkReport.checkTable(checks).text, terminator: "")
    let left = BenchmarkSuite.rejected.map(\.name)
    if problems == nil, !left.isEmpty {
      try emit("\nLeft out of the suite, as enumeration solves it: \(left.joined(separator: ", "))")
    }
  }

  /// In full, so that later defaults do not matter.
  private var command: String {
    var words = ["mixpipe benchmark"]
    if let folder { words.append(folder) }
    if let problems { words.append("--problems \(problems.argumentText)") }
    if let kind { words.append("--kind \(kind.kind.rawValue)") }
    if let methods { words.append("--methods \(methods.argumentText)") }
    if let entry { words.append("--entry '\(entry)' --name \(name)") }
    words.append("--seeds \(seeds)")
    return words.joined(separator: " ")
  }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
  var problems: [String]

  var description: String {
    "equal shares, natural proportions or enumeration solve \(problems.joined(separator: ", ")): "
      + "expected a regret above \(BenchmarkCheck.limit) on every problem"
  }
}
