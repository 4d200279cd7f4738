import Foundation
import Reports

@testable import Benchmarks

/// A benchmark of methods that come nearer to the best mixture at rates of their own.
enum FabricatedBenchmark {
  private static let methods = [
    "scale-bo", "random", "uniform", "screen", "successive-halving-sizes", "hyperband-sizes",
    "asha", "an entry with a name that goes on and on",
  ]

  static let report: BenchmarkReport = {
    let problems = Array(BenchmarkSuite.problems.prefix(2))
    var traces: [BenchmarkTrace] = []
    for (place, method) in methods.enumerated() {
      for problem in problems {
        for seed in 1...3 {
          let points = (-13...0).map { step -> BenchmarkTrace.Point in
            let share = exp2(Double(step) / 2)
            let regret = (0.02 + 0.01 * Double(seed)) * Double(place + 1) / pow(share, 0.7)
            return BenchmarkTrace.Point(
              compute: problem.budget * share, handedOver: regret, ran: nil)
          }
          traces.append(
            BenchmarkTrace(
              problem: problem.name, version: BenchmarkSuite.version, kind: .severalSizes,
              method: method, seed: UInt64(seed), points: points, compute: problem.budget, runs: 20)
          )
        }
      }
    }
    return BenchmarkReport(
      name: "benchmark", summary: BenchmarkSummary(traces, problems: problems),
      checks: problems.map { BenchmarkCheck($0, seeds: 1) }, command: "mixpipe benchmark runs/mine")
  }()
}
