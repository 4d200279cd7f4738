import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Testing

@testable import Benchmarks

@Suite struct `The suite of problems` {
  @Test("has ten problems and more, of three to twenty-four domains, each once")
  func hasTenProblemsAndMoreOfThreeToTwentyFourDomainsEachOnce() {
    let problems = BenchmarkSuite.problems
    #expect(problems.count >= 10 && Set(problems.map(\.name)).count == problems.count)
    #expect(problems.map(\.domains.count).min() == 3)
    #expect(problems.map(\.domains.count).max()! >= 24)
    for problem in problems {
      #expect(problem.noise > 0 && problem.sizes.count >= 3, "\(problem.name)")
      #expect(problem.availableTokens.count == problem.domains.count, "\(problem.name)")
      let losses = problem.losses(
        at: [Double](repeating: 1 / Double(problem.domains.count), count: problem.domains.count),
        problem.target)
      #expect(losses.count == problem.targets.count && losses.allSatisfy(\.isFinite))
    }
    // Targets outside training, a pool with mixtures that the target has not, and the worst domain.
    #expect(problems.contains { Set($0.targets).isDisjoint(with: $0.domains) })
    #expect(problems.contains { $0.pool.map { $0.atTarget < $0.count } ?? false })
    #expect(problems.contains { $0.aggregate == .worst })
  }

  @Test(
    "none is solved by equal shares, natural proportions or enumeration",
    arguments: BenchmarkSuite.problems.map(\.name))
  func noneIsSolvedByEqualSharesNaturalProportionsOrEnumeration(name: String) throws {
    let problem = try #require(try BenchmarkSuite.problems(named: [name]).first)
    let check = BenchmarkCheck(problem)
    #expect(check.isPassed, "\(check.rows)")
    #expect(check.rows.count == 5)
    // Enumeration gets what a search has.
    for row in check.rows[2...3] { #expect(row.compute <= problem.budget, "\(row)") }
    #expect(check.rows[4].compute == Double(problem.trials))
  }

  @Test("the rule keeps a problem out that enumeration solves")
  func theRuleKeepsAProblemOutThatEnumerationSolves() throws {
    let check = BenchmarkCheck(try #require(BenchmarkSuite.rejected.first))
    #expect(!check.isPassed)
    #expect(check.rows.contains { $0.name.hasPrefix("enumeration") && $0.solves })
  }

  @Test("data were written for this suite, version by version")
  func dataWereWrittenForThisSuiteVersionByVersion() {
    // A change of any problem changes results: raise its version and the suite's, then this.
    #expect(BenchmarkSuite.version == 1)
    #expect(BenchmarkSuite.problems.allSatisfy { $0.version == 1 })
  }

  /// The optimum is data: nothing near it may be better by a hundredth of the gap.
  @Test("the optimum has no better neighbour", arguments: BenchmarkSuite.problems.map(\.name))
  func theOptimumHasNoBetterNeighbour(name: String) throws {
    let problem = try #require(try BenchmarkSuite.problems(named: [name]).first)
    guard let optimum = problem.optimum else { return }
    let scale = BenchmarkScale(problem)
    #expect(scale.gap > 5 * problem.noise * 0.9 || scale.gap > 0.02)
    var generator = SeededGenerator(seed: 1)
    var lowest = 0.0
    for size in [0.1, 0.03, 0.01, 0.003] {
      for _ in 0..<400 {
        let moved = optimum.map { max($0 + size * generator.normal(), 0) }
        let sum = moved.reduce(0, +)
        lowest = min(lowest, scale.regret(problem.value(at: moved.map { $0 / sum })))
      }
    }
    // And none among mixtures drawn with few domains.
    for _ in 0..<3000 {
      let drawn = Simplex.dirichlet(
        parts: optimum.count, concentration: 0.3, using: &generator)
      lowest = min(lowest, scale.regret(problem.value(at: drawn)))
    }
    #expect(lowest > -0.01, "\(name): \(lowest)")
  }

  @Test("runs of one mixture scatter as said, mostly alike at all their rungs")
  func runsOfOneMixtureScatterAsSaidMostlyAlikeAtAllTheirRungs() throws {
    let problem = try #require(try BenchmarkSuite.problems(named: ["outside-10"]).first)
    let weights = [Double](repeating: 0.1, count: 10)
    let objective = problem.objective
    let truth = problem.value(at: weights)
    let earlier = FidelityPoint(level: problem.target.level, rung: problem.target.rung - 1)
    let before = problem.value(at: weights, earlier)
    let luck = (0..<600).map { run in
      objective.value(of: problem.measured(at: weights, problem.target, run: run, seed: 5)) - truth
    }
    let same = (0..<600).map { run in
      objective.value(of: problem.measured(at: weights, earlier, run: run, seed: 5)) - before
    }
    let deviation = Statistics.rootMeanSquare(luck)
    #expect(abs(deviation / problem.noise - 1) < 0.15, "\(deviation)")
    #expect(try #require(RankCorrelation.pearson(luck, same)) > 0.75)
    let again = problem.measured(at: weights, problem.target, run: 3, seed: 5)
    #expect(again == problem.measured(at: weights, problem.target, run: 3, seed: 5))
    #expect(again != problem.measured(at: weights, problem.target, run: 3, seed: 6))
  }
}

@Suite struct `A search on a problem` {
  private func run(
    _ name: String, _ kind: BenchmarkKind, seed: UInt64 = 1
  ) throws -> BenchmarkRun {
    let problem = try #require(try BenchmarkSuite.problems(named: [name]).first)
    return BenchmarkRun(problem, scale: BenchmarkScale(problem), kind: kind, seed: seed)
  }

  @Test("pays no more than its budget and tells what it would hand over on the way")
  func paysNoMoreThanItsBudgetAndTellsWhatItWouldHandOverOnTheWay() throws {
    for (kind, method) in [(BenchmarkKind.oneSize, "sobol"), (.severalSizes, "hyperband")] {
      let run = try run("harmful-6", kind)
      let trace = try run.trace(of: method)
      #expect(trace.compute <= run.budget + 1e-9 && trace.compute > 0.5 * run.budget)
      #expect(zip(trace.points, trace.points.dropFirst()).allSatisfy { $0.compute < $1.compute })
      let last = try #require(trace.points.last)
      #expect(last.compute == trace.compute)
      let handedOver = try #require(last.handedOver)
      #expect(handedOver > -0.01 && (last.ran ?? 1) > -0.01)
      #expect(try run.trace(of: method) == trace)
      #expect(try self.run("harmful-6", kind, seed: 2).trace(of: method) != trace)
    }
  }

  @Test("on a pool runs at the target only what the target has")
  func onAPoolRunsAtTheTargetOnlyWhatTheTargetHas() throws {
    for (kind, method) in [
      (BenchmarkKind.oneSize, "sobol"), (.oneSize, "uniform"), (.oneSize, "natural"),
      (.oneSize, "regmix-linear"), (.severalSizes, "random"), (.severalSizes, "mfms"),
      (.severalSizes, "hyperband-sizes"), (.severalSizes, "smac"),
    ] {
      let trace = try run("pool-12", kind).trace(of: method)
      #expect(trace.points.last?.handedOver != nil, "\(method)")
    }
  }

  @Test("fixed mixtures are handed over from the first run on")
  func fixedMixturesAreHandedOverFromTheFirstRunOn() throws {
    let run = try run("scarce-5", .oneSize)
    let trace = try run.trace(of: "uniform")
    let check = BenchmarkCheck(run.problem)
    #expect(trace.runs == 1 && trace.points.count == 1)
    #expect(abs(trace.points[0].handedOver! - check.rows[0].regret) < 1e-9)
  }

  @Test("unknown methods and problems are refused")
  func unknownMethodsAndProblemsAreRefused() throws {
    #expect(throws: (any Error).self) { try run("harmful-6", .oneSize).trace(of: "sobel") }
    #expect {
      try BenchmarkSuite.problems(named: ["harmfull-6"])
    } throws: {
      "\($0)".contains("did you mean 'harmful-6'?")
    }
  }
}

/// Methods outside, as shell scripts.
@Suite struct `A command on a problem` {
  private func run(_ name: String = "threshold-3") throws -> BenchmarkRun {
    let problem = try #require(try BenchmarkSuite.problems(named: [name]).first)
    return BenchmarkRun(problem, scale: BenchmarkScale(problem), kind: .severalSizes, seed: 1)
  }

  @Test("is told the problem and its results, and judged by what it hands over")
  func isToldTheProblemAndItsResultsAndJudgedByWhatItHandsOver() throws {
    let script = """
      read problem; case "$problem" in '{"problem":'*'"threshold-3"'*) ;; *) exit 3;; esac
      echo '{"run": {"weights": [0, 0.65, 0.35], "size": 0, "rung": 2}}'
      read result; case "$result" in *'"measurements":[{'*'"rung":2'*) ;; *) exit 4;; esac
      echo '{"hand_over": {"weights": [0.2, 0.3, 0.5]}}'
      echo '{"resume": {"run": 0, "rung": 4}}'
      read result
      echo '{"run": {"weights": [0, 0.65, 0.35]}}'
      read result
      echo '{"hand_over": {"weights": [0, 0.65, 0.35]}}'
      echo '{"end": true}'
      """
    let run = try run()
    let trace = try run.trace(of: "mine", command: script)
    #expect(trace.method == "mine" && trace.runs == 2)
    #expect(trace.compute > 1 && trace.compute < 1.1)
    let last = try #require(trace.points.last)
    let (handedOver, ran) = (try #require(last.handedOver), try #require(last.ran))
    #expect(abs(handedOver) < 0.02 && abs(ran) < 0.02)
    // What was handed over while only the first run was known.
    #expect(trace.points.contains { ($0.handedOver ?? 0) > 0.1 })
  }

  @Test(
    "is refused with what it said and what was expected",
    arguments: [
      ("exit 7", "ended with status 7"), ("echo nonsense; sleep 1", "said 'nonsense'"),
      ("echo '{\"run\": {\"weights\": [0.5, 0.5]}}'; sleep 1", "expected 3"),
      ("echo '{\"run\": {\"weights\": [0.5, 0.5, 0], \"size\": 9}}'; sleep 1", "cannot be run"),
      ("echo '{\"resume\": {\"run\": 4, \"rung\": 1}}'; sleep 1", "cannot be run"),
    ])
  func isRefusedWithWhatItSaidAndWhatWasExpected(script: String, words: String) throws {
    let run = try run()
    #expect {
      try run.trace(of: "mine", command: script)
    } throws: {
      "\($0)".contains(words)
    }
  }

  /// The page that explains how to enter holds a whole entry; it runs as printed.
  @Test(
    "in Python, as the page prints it, searches every kind of problem",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
  func inPythonAsThePagePrintsItSearchesEveryKindOfProblem() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/mixpipe/Documentation.docc/Benchmark.md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(text.range(of: "```python\n")).upperBound
    let end = try #require(text.range(of: "```", range: start..<text.endIndex)).lowerBound
    let script = FileManager.default.temporaryDirectory.appendingPathComponent(
      "entry-\(UUID().uuidString).py")
    try Data(text[start..<end].utf8).write(to: script)
    defer { try? FileManager.default.removeItem(at: script) }
    for name in ["threshold-3", "pool-12"] {
      let run = try run(name)
      let trace = try run.trace(of: "mine", command: "/usr/bin/python3 \(script.path)")
      #expect(trace.runs == Int(run.problem.budget), "\(name)")
      #expect(trace.points.last?.handedOver != nil && trace.points.last?.ran != nil)
    }
  }

  @Test("that ends at once has handed over nothing")
  func thatEndsAtOnceHasHandedOverNothing() throws {
    let trace = try run().trace(of: "mine", command: "true")
    #expect(trace.runs == 0 && trace.points.last?.handedOver == nil)
  }
}
