import ArgumentParsing
import Foundation
import Kernels
import ProxyModels
import Reports
import Storage

struct BenchCommand: Command {
  static let commandName = "bench"
  static let abstract = "Time the trainer on this machine, beside a probe of its speed."
  static let discussion = """
    Trains on random tokens, in turns with a plain matrix product (512 x 512 x 128, single precision) \
    on as many threads. Shared machines change speed by the minute: compare shares of the product's \
    speed, not tokens per second. The rounds of all cases take turns, and medians are shown.

    Each shape and size is timed in three modes: one trial on one core; on each core a trial of its \
    own, as a study runs them; and one trial on all cores, as 'train' runs it. What the cost model \
    announces before each is set against the time that it took.

    With --output the measurements are kept as bench.json and bench.md in a folder.
    """

  @Option(
    "Shape as width/layers/heads/context/vocabulary, e.g. 128/4/4/128/2048; may be given several times. (default: five from 64/2/2/128/1024 to 512/8/8/256/8192)",
    value: "numbers")
  var shape: [ShapeArgument] = []
  @Option(
    "Sizes of the ladder, separated by commas. (default: 50k to 6M, or none with --shape)",
    value: "names")
  var sizes: ListArgument<SizeArgument>?
  @Option("Modes, separated by commas.", value: "names")
  var modes = ListArgument(BenchMode.allCases)
  @Option(
    "Precisions, separated by commas: fp32, bf16, bf16-tiles. (default: fp32, and the others where the processor has them)",
    value: "kinds")
  var precision: ListArgument<PrecisionChoice>?
  @Option("Rounds.", value: "count")
  var rounds = 3
  @Option("Seconds of training in each round, and at least one step.", value: "seconds")
  var seconds = 1.0
  @Option("Sequences of one step. (default: 16 of a shape, its own of a size)", value: "count")
  var batch: Int?
  @Option("Size of the vocabulary of the ladder's sizes.", value: "tokens")
  var vocabulary = 1024
  @Option("Cores to use; all where not given.", value: "count")
  var cores: Int?
  @Option("Folder to keep bench.json and bench.md in.", value: "folder", completion: .folders)
  var output: String?
  @Flag("Print the measurements as JSON, and nothing else.")
  var json = false
  @Flag("Show no progress.", short: "q")
  var quiet = false

  func validate() throws {
    try check(["rounds": rounds, "batch": batch, "cores": cores], atLeast: 1)
    guard seconds > 0, seconds <= 3600 else {
      throw ValidationError("Found '--seconds \(seconds)', expected more than 0 and at most 3600")
    }
    guard (2...65_536).contains(vocabulary) else {
      throw ValidationError("Found '--vocabulary \(vocabulary)', expected 2 to 65536")
    }
  }

  func run() throws {
    let available = ProcessInfo.processInfo.activeProcessorCount
    let precisions = try precision?.elements.map { try $0.resolved() }
    let cases = makeCases(
      cores: cores ?? available,
      precisions: precisions ?? [.fp32] + BFloat16Level.supported.map(Precision.init))
    var benchmark = ProxyBenchmark(
      kernels: KernelTable(level: try .chosen()),
      bfloat16: try Set(cases.compactMap(\.configuration.precision.level)).map { try .chosen($0) })
    benchmark.seconds = seconds
    let started = Date()
    let line = ProgressLine(isQuiet: json || quiet)
    var found = cases.map { _ in [BenchmarkRound]() }
    var progress = BenchProgress(cases: cases, rounds: rounds, seconds: seconds)
    // What cannot be kept is said before the work.
    if let output { try makeFolder(at: output) }
    try line.untilDone(
      ifInterrupted: "Interrupted; nothing is kept of a benchmark that is not complete."
    ) {
      for round in 0..<rounds {
        for (index, benchmarkCase) in cases.enumerated() {
          line.update(
            force: true,
            """
            round \(round + 1)/\(rounds)  \(benchmarkCase.name)  \(benchmarkCase.mode)  \
            \(Format.duration(progress.secondsLeft)) left
            """)
          if Interruption.isRequested { throw CancellationError() }
          let start = ContinuousClock.now
          found[index].append(benchmark.round(benchmarkCase))
          progress.finished(index, took: start.duration(to: .now))
        }
      }
    }
    let report = BenchReport(
      machine: MachineDescription.current(kernels: benchmark.kernels.level), started: started,
      secondsEach: seconds,
      measurements: zip(cases, found).map { benchmarkCase, rounds in
        var single = benchmarkCase
        (single.trials, single.workers) = (1, 1)
        let alone = single == benchmarkCase ? nil : cases.firstIndex(of: single)
        return BenchmarkMeasurement(
          of: benchmarkCase, rounds: rounds, alone: alone.map { found[$0] })
      })
    let document = try encodeDocument(VersionedDocument(kind: "bench", value: report))
    if let output {
      try replaceFile(at: output + "/bench.json", with: document)
      try replaceFile(at: output + "/bench.md", with: Data(report.markdown.utf8))
    }
    if json { return try emitData(String(decoding: document, as: UTF8.self)) }
    try emit(report.text, terminator: "")
    if let output { try emit("\nThe measurements are in \(output).") }
  }

  private func makeCases(cores: Int, precisions: [Precision]) -> [BenchmarkCase] {
    func configuration(_ size: ModelSize, _ vocabulary: Int, _ batch: Int?) -> TrainingConfiguration
    {
      TrainingConfiguration(
        size: size, vocabularySize: vocabulary, tokens: 1, seed: 1, batchSequences: batch)
    }
    let isAsked = !shape.isEmpty || sizes != nil
    let shapes = isAsked ? shape : ShapeArgument.standard
    // A step of the ladder's largest takes many seconds.
    let sizes = isAsked ? sizes?.elements.map(\.size) ?? [] : Array(ModelSize.ladder.prefix(7))
    let configurations =
      shapes.map { configuration($0.size, $0.vocabulary, batch ?? 16) }
      + sizes.map { configuration($0, vocabulary, batch) }
    // On one core the modes are the same.
    let modes = cores > 1 ? modes.elements : [.one]
    let all = configurations.flatMap { configuration in
      precisions.map { precision in
        TrainingConfiguration(
          size: configuration.size, vocabularySize: configuration.vocabularySize, tokens: 1,
          seed: 1, batchSequences: configuration.batchSequences, precision: precision)
      }
    }
    return all.flatMap { configuration in
      modes.map { mode in
        BenchmarkCase(
          configuration: configuration, trials: mode == .each ? cores : 1,
          workers: mode == .all ? cores : 1)
      }
    }
  }
}

/// How a benchmark uses the cores.
enum BenchMode: String, CaseIterable, ArgumentValue {
  case one, each, all
}

/// When a benchmark will be done: by what each case took in earlier rounds, at first by a guess.
private struct BenchProgress {
  private var expected: [Double]
  private var roundsLeft: [Int]

  init(cases: [BenchmarkCase], rounds: Int, seconds: Double) {
    expected = cases.map { benchmarkCase in
      let step =
        benchmarkCase.configuration.trainingOperations
        / Double(benchmarkCase.configuration.steps * benchmarkCase.workers) / 60e9
      return max(seconds, step) + min(seconds, step) + seconds / 8 + 0.7
    }
    roundsLeft = cases.map { _ in rounds }
  }

  mutating func finished(_ index: Int, took duration: Duration) {
    expected[index] = duration / .seconds(1)
    roundsLeft[index] -= 1
  }

  var secondsLeft: Double {
    zip(expected, roundsLeft).reduce(0) { $0 + $1.0 * Double($1.1) }
  }
}

extension BenchmarkCase {
  fileprivate var name: String {
    "\(configuration.size.name)  \(configuration.precision.rawValue)"
  }
  fileprivate var mode: String { spokenMode(trials: trials, workers: workers) }
}

func spokenMode(trials: Int, workers: Int) -> String {
  switch (trials, workers) {
  case (1, 1): "one trial, one core"
  case (_, 1): "\(trials) trials, a core each"
  default: "one trial, \(workers) cores"
  }
}
