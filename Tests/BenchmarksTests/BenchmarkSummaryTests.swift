import Foundation
import Numerics
import Storage
import Testing

@testable import Benchmarks

private func trace(
  _ problem: String, _ method: String, seed: UInt64,
  _ points: [(compute: Double, handedOver: Double?, ran: Double?)]
) -> BenchmarkTrace {
  BenchmarkTrace(
    problem: problem, version: 1, kind: .severalSizes, method: method, seed: seed,
    points: points.map { .init(compute: $0.compute, handedOver: $0.handedOver, ran: $0.ran) },
    compute: points.last?.compute ?? 0, runs: points.count)
}

@Suite struct `What searches come to` {
  private let problems = Array(BenchmarkSuite.problems.prefix(2))
  private var names: [String] { problems.map(\.name) }

  private var traces: [BenchmarkTrace] {
    // Budgets are twelve runs of the target.
    [
      trace(
        names[0], "a", seed: 1, [(1.5, nil, nil), (3, 0.05, nil), (6, 0.2, 0.3), (12, 0.02, 0.09)]),
      trace(names[0], "a", seed: 2, [(1.5, 0.01, 0.5), (12, 0.01, 0.5)]),
      trace(names[1], "a", seed: 1, [(6, 9, nil), (12, 0.08, 0.08)]),
      trace(names[1], "a", seed: 2, [(6, 0.08, nil), (12, 0.5, 0.02)]),
      trace(names[0], "b", seed: 1, [(12, 1, 1)]), trace(names[0], "b", seed: 2, [(12, 1, 1)]),
      trace(names[1], "b", seed: 1, [(12, 0, 1)]), trace(names[1], "b", seed: 2, [(12, 0, 1)]),
    ]
  }

  @Test("regrets are means over problems, one without a mixture as that of a random one")
  func regretsAreMeansOverProblemsOneWithoutAMixtureAsThatOfARandomOne()
    throws
  {
    let table = try #require(BenchmarkSummary(traces, problems: problems).tables.first)
    #expect(table.problems == names && table.methods.map(\.method) == ["a", "b"])
    let a = table.methods[0]
    // At an eighth: 1 and .01; 1 and 1. At a half: .2 and .01; 2 (of 9) and .08. At the end: .02, .01; .08, .5.
    let expected = [(0.505 + 1) / 2, (0.03 + 1) / 2, (0.105 + 1.04) / 2, (0.015 + 0.29) / 2]
    #expect(zip(a.regrets, expected).allSatisfy { abs($0.mean - $1) < 1e-12 })
    #expect(a.searches == 4 && a.problems == 2)
    #expect(a.regrets.allSatisfy { $0.low! <= $0.mean && $0.mean <= $0.high! })
    // Second on one problem and first on the other.
    #expect(a.rank == 1.5 && table.methods[1].rank == 1.5)
  }

  @Test("a mixture is found where it is within the tolerance and stays so")
  func aMixtureIsFoundWhereItIsWithinTheToleranceAndStaysSo() throws {
    let a = try #require(BenchmarkSummary(traces, problems: problems).tables.first).methods[0]
    // Within .1 for good: at 12, at 1.5, at 12, never; within .03: at 12, at 1.5, never, never.
    #expect(a.handedOver.map(\.tolerance) == [0.1, 0.03])
    #expect(a.handedOver[0].share.mean == 0.75 && a.handedOver[1].share.mean == 0.5)
    #expect(a.handedOver[0].median == 1)
    #expect(a.handedOver[1].median == nil)
    // Run: at 12, never, at 12, at 12.
    #expect(a.ran[0].share.mean == 0.75 && a.ran[0].median == 1)
  }

  @Test("speed-ups are told against where random search ends")
  func speedUpsAreToldAgainstWhereRandomSearchEnds() throws {
    let random = [
      trace(names[0], "random", seed: 1, [(6, 1, nil), (12, 0.4, nil)]),
      trace(names[0], "random", seed: 2, [(12, 0.2, nil)]),
      trace(names[1], "random", seed: 1, [(12, 0.02, nil)]),
    ]
    let table = try #require(
      BenchmarkSummary(traces + random, problems: problems).tables.first)
    let a = try #require(table.methods.first { $0.method == "a" })
    let b = try #require(table.methods.first { $0.method == "b" })
    // Random search ends at .3 and .02. On the first problem a's mean regrets are .505 at 1.5, .03 at 3, .105 at 6
    // and .015; on the second it never gets there. b gets there on the second alone, at the end.
    #expect(a.catchUp == .init(reference: "random", problems: 1, median: nil))
    #expect(b.catchUp == .init(reference: "random", problems: 1, median: nil))
    #expect(table.methods.first { $0.method == "random" }?.catchUp == nil)
    let first = try #require(
      BenchmarkSummary(traces + random, problems: Array(problems.prefix(1))).tables.first)
    #expect(first.methods.first { $0.method == "a" }?.catchUp?.median == 0.25)
    // Without random search there is nothing to be set beside.
    let alone = try #require(BenchmarkSummary(traces, problems: problems).tables.first)
    #expect(alone.methods.allSatisfy { $0.catchUp == nil })
  }

  /// Three mixtures whose level was told with a deviation of about 2 and whose differences with √2.
  @Test("beliefs are held against the truth, level and differences apart")
  func beliefsAreHeldAgainstTheTruthLevelAndDifferencesApart() {
    let covariance = Matrix(rows: (0..<3).map { i in (0..<3).map { i == $0 ? 5 : 4 } })
    func belief(_ truths: [Double]) -> BenchmarkTrace.Belief {
      .init(means: [1, 2, 3], covariance: covariance, truths: truths)
    }
    let right = belief([1, 2, 3])
    #expect(right.levels == 1 && right.contrasts == 1)
    #expect(right.levelError == 0 && right.contrastError == 0)
    let above = belief([11, 12, 13])
    #expect(above.levels == 0 && above.contrasts == 1 && above.contrastError == 0)
    #expect(abs(above.levelError + 10 / (13.0 / 3).squareRoot()) < 1e-12)
    // The third is 6 higher than told: of three differences two are missed.
    let apart = belief([1, 2, 9])
    #expect(abs(apart.levels - 2.0 / 3) < 1e-12 && abs(apart.contrasts - 1.0 / 3) < 1e-12)
    #expect(abs(apart.contrastError - (2 * 36 / 2.0 / 3).squareRoot()) < 1e-12)
  }

  @Test("the order of the searches does not matter")
  func theOrderOfTheSearchesDoesNotMatter() throws {
    var generator = SeededGenerator(seed: 4)
    var other = traces
    generator.shuffle(&other)
    let (a, b) = try (
      encodeLine(BenchmarkSummary(traces, problems: problems)),
      encodeLine(BenchmarkSummary(other, problems: problems))
    )
    #expect(a == b)
  }

  @Test("a folder keeps what has ended, and goes on with it")
  func aFolderKeepsWhatHasEndedAndGoesOnWithIt() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "benchmark-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let store = try BenchmarkFolder(at: folder)
      #expect(store.traces.isEmpty)
      for trace in traces { try store.append(trace) }
      var old = traces[0]
      old.version = 0
      try store.append(old)
    }
    // Of a problem's earlier version nothing is taken.
    #expect(try BenchmarkFolder(at: folder).traces == traces)
  }
}
