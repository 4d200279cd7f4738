import Foundation
import Kernels
import ProxyModels
import Reports

/// `bench.json`: what was measured, and on what.
struct BenchReport: Codable {
  var machine: MachineDescription
  /// ISO 8601, when the first round began.
  var date: String
  /// Of training in each round.
  var seconds: Double
  var measurements: [BenchmarkMeasurement]

  init(
    machine: MachineDescription, started: Date, secondsEach: Double,
    measurements: [BenchmarkMeasurement]
  ) {
    self.machine = machine
    date = started.formatted(.iso8601)
    seconds = secondsEach
    self.measurements = measurements
  }

  var text: String { [speeds.text, parts.text, machine.text].joined(separator: "\n") }

  var markdown: String {
    let rounds = Set(measurements.map(\.rounds)).sorted().map(String.init).joined(separator: ", ")
    return """
      # The trainer's speed

      \(date), \(machine.text)
      Medians of \(rounds) rounds of \(fixed(seconds, 1)) s (at least one step) that took turns, with \
      the lowest and highest in brackets. Random tokens; each step has AdamW and clipping. A share is \
      6 N + 12 L T d operations a token over what a plain product (512 x 512 x 128, single precision, \
      OpenBLAS) reached on as many threads just before and after; by processor time, waiting for a \
      core is not counted. Of the peak: over what the same instructions do in registers alone, fused \
      multiply-add of single precision or products of bfloat16 pairs. Over one trial: tokens/s over those of one trial on one core in the same \
      round. Announced: the time that the cost model told after .4 s of its own, over what training \
      took; held-out text comes on top. Shapes are width/layers/heads/context/vocabulary.

      \(speeds.markdown)
      Where a step's time goes, in microseconds of the first trial for each token, and of a forward \
      pass over held-out text for each of its tokens:

      \(parts.markdown)
      """
  }

  private var speeds: TextTable {
    var table = TextTable([
      .init("model", .left), .init("parameters"), .init("products", .left), .init("mode", .left),
      .init("tokens/s"), .init("[range]"), .init("share"), .init("[range]"),
      .init("by processor time"), .init("of the peak"), .init("[range]"), .init("peak GFLOP/s"),
      .init("over one trial"), .init("[range]"), .init("announced"), .init("[range]"),
      .init("probe GFLOP/s"), .init("held-out tokens/s"), .init("peak MiB"),
    ])
    for found in measurements {
      table.append([
        found.size.name, Format.count(found.parameters), found.precision.rawValue,
        spokenMode(trials: found.trials, workers: found.workers),
        Format.count(found.tokensPerSecond.median),
        "[\(Format.count(found.tokensPerSecond.lowest)), \(Format.count(found.tokensPerSecond.highest))]",
        fixed(found.share.median, 2),
        range(found.share),
        fixed(found.processorShare.median, 2), fixed(found.shareOfPeak.median, 2),
        range(found.shareOfPeak), fixed(found.peakGigaflops.median, 0),
        found.overOneTrial.map { fixed($0.median, 2) } ?? "",
        found.overOneTrial.map(range) ?? "",
        fixed(found.announcedOverTaken.median, 2), range(found.announcedOverTaken),
        fixed(found.probeGigaflops.median, 0),
        Format.count(found.evaluationTokensPerSecond.median), "\(found.peakMemoryBytes >> 20)",
      ])
    }
    return table
  }

  private func range(_ spread: Spread) -> String {
    "[\(fixed(spread.lowest, 2)), \(fixed(spread.highest, 2))]"
  }

  private var parts: TextTable {
    let parts = TrainingPart.allCases.filter { $0 != .other }
    var table = TextTable(
      [.init("model", .left), .init("products", .left), .init("mode", .left)]
        + parts.map { .init("\($0)") })
    for found in measurements {
      let step = parts.filter { $0 != .evaluation }
        .reduce(0) { $0 + (found.microsecondsPerToken[$1] ?? 0) }
      table.append(
        [
          found.size.name, found.precision.rawValue,
          spokenMode(trials: found.trials, workers: found.workers),
        ]
          + parts.map { part in
            let time = found.microsecondsPerToken[part] ?? 0
            let text = fixed(time, time < 10 ? 2 : time < 100 ? 1 : 0)
            return part == .evaluation ? text : "\(text) (\(fixed(time / step * 100, 0)) %)"
          })
    }
    return table
  }
}
