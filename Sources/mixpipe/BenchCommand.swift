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
    Trains each size on random tokens, one trial alone and one on every core, in turns with a plain \
    matrix product (512 x 512 x 128, single precision). Shared machines change speed by the minute: \
    compare shares of the probe, not tokens per second.
    """

  @Option("Sizes, separated by commas.", value: "names")
  var sizes = ListArgument(ModelSize.ladder.prefix(6).map(SizeArgument.init))
  @Option("Rounds; medians are shown.", value: "count")
  var rounds = 5
  @Option("Size of the vocabulary.", value: "tokens")
  var vocabulary = 1024
  @Flag("Print the measurements as JSON lines.")
  var json = false

  func validate() throws {
    if rounds < 1 { throw ValidationError("Found '--rounds \(rounds)', expected at least 1") }
  }

  func run() throws {
    let kernels = KernelTable(level: try .chosen())
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let line = ProgressLine(isQuiet: json)
    var table = TextTable([
      .init("size", .left), .init("trials"), .init("tokens/s"), .init("probe GFLOP/s"),
      .init("share"), .init("evaluation tokens/s"), .init("most time in", .left),
    ])
    for size in sizes.elements {
      for trials in cores > 1 ? [1, cores] : [1] {
        line.update(force: true, "\(size.size.name), \(trials) at once")
        var benchmark = ProxyBenchmark(
          size: size.size, vocabularySize: vocabulary, trials: trials)
        benchmark.rounds = rounds
        let result = benchmark.run(kernels: kernels)
        if json {
          try emit(String(decoding: encodeLine(result), as: UTF8.self), terminator: "")
          continue
        }
        let parts = result.parts.sorted { ($0.value, "\($0.key)") > ($1.value, "\($1.key)") }
        table.append([
          result.size, "\(trials)", shortCount(result.tokensPerSecond),
          fixed(result.probeGigaflops, 0), fixed(result.share, 2),
          shortCount(result.evaluationTokensPerSecond),
          parts.prefix(3).map { "\($0.key) \(fixed($0.value * 100, 0)) %" }.joined(separator: ", "),
        ])
      }
    }
    line.finish()
    if !json { try emit(table.text, terminator: "") }
  }
}
