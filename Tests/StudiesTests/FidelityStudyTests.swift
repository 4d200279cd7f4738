import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Testing

/// Two sizes of three rungs; the target is the larger one's last.
private let grid = FidelityGrid(
  levels: [(50_000, 1.0), (200_000, 6.0)].map { parameters, unit in
    [1, 2, 4].map { length in
      FidelityGrid.Rung(
        scale: Scale(
          size: "\(parameters / 1000)k", parameters: parameters, tokens: 100_000 * length),
        trunkCost: 0.7 * unit * Double(length), branchCost: 0.3 * unit * Double(length))
    }
  }, target: FidelityPoint(level: 1, rung: 2))

private func configuration(
  method: String = "bits", budget: Double = 10, lag: Int = 3, confirmationRuns: Int = 2
) -> FidelityStudyConfiguration {
  FidelityStudyConfiguration(
    corpus: "corpora/none", corpusDigest: "0123", domains: domains,
    availableTokens: [100, 200, 300], objective: .mean(of: domains), grid: grid, seed: 1,
    method: method, budget: budget, budgetText: "\(budget)", confirmationRuns: confirmationRuns,
    lag: lag, trainer: SizesTrainer(sizes: ["50k": formula(), "200k": formula()]))
}

/// Proposes by each bit of what it is told: starts, goes on with paused runs, waits.
private struct BitsMethod: FidelityMethod {
  let context: FidelityContext

  private func generator(_ runs: [FidelityRun], _ budgetLeft: Double) -> SeededGenerator {
    var state = context.seed ^ budgetLeft.bitPattern
    for run in runs {
      state = state &* 31 &+ UInt64(run.goal.map { $0 + 1 } ?? 0) &+ run.seed
      for found in run.measurements {
        for loss in found.losses { state = (state ^ loss.bitPattern) &* 0x100_0000_01b3 }
      }
    }
    return SeededGenerator(seed: state)
  }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    var generator = generator(runs, budgetLeft)
    let paused = runs.filter { !$0.isUnderWay && !$0.hasDiverged && ($0.reached ?? 2) < 2 }
    let choice = generator.integer(below: 6)
    if choice == 0, runs.contains(where: \.isUnderWay) { return nil }
    if choice < 3, !paused.isEmpty {
      let run = paused[generator.integer(below: paused.count)]
      return .resume(run: run.id, rung: run.reached! + 1)
    }
    // Now and then what was run before.
    let mixture =
      choice == 3 && !runs.isEmpty
      ? runs[0].mixture
      : Mixture(
        domains: context.domains,
        proportionalTo: context.domains.map { _ in generator.exponential() })
    return .start(
      mixture,
      at: FidelityPoint(
        level: generator.integer(below: 4) == 0 ? 1 : 0, rung: generator.integer(below: 3)))
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    let measured = runs.filter { !$0.measurements.isEmpty }
    guard
      let best = measured.min(by: {
        context.values(of: $0).last!.value < context.values(of: $1).last!.value
      })
    else { return nil }
    let value = context.values(of: best).last!.value
    return FidelityRecommendation(
      mixture: best.mixture, predicted: Prediction(mean: value - 0.5, deviation: 0.3),
      probabilityOfBest: 0.25, expectedRegret: 0.01)
  }

  var measuresOnTheWay: Bool { true }
}

private func sizesRunner(
  _ folder: String, _ configuration: FidelityStudyConfiguration,
  _ evaluator: any RunMeasurer = FormulaEvaluator(), workers: Int = 2
) -> Runner<FidelityStudyConfiguration, FidelityStudyRecord> {
  Runner(
    folder: folder, configuration: configuration, evaluator: evaluator, workers: workers,
    plan: { configuration in
      try configuration.clockPlan { name, context in
        name == "bits"
          ? BitsMethod(context: context)
          : try makeFidelityMethod(named: name, context: context)
      }
    }, record: { try FidelityStudyRecord(folder: $0, configuration: $1, $2) })
}

/// What the formula gives at the target.
private func measured(_ task: ClockTask) -> RunResult {
  let rungs = grid.levels[task.level].map(\.scale)
  let request = RunRequest(
    key: RunKey(
      conditions: RunConditions(
        corpus: "0123", domains: domains, size: rungs[0].size, parameters: rungs[0].parameters,
        evaluator: formula()), mixture: task.mixture, seed: task.seed),
    to: rungs[task.goal].tokens, ladder: rungs.map(\.tokens))
  return FormulaEvaluator.result(of: request, noise: 0.01)
}

@Suite("A study of several sizes") struct StudyOfSeveralSizesTests {
  private func matched(_ configuration: FidelityStudyConfiguration) -> FidelityStudyConfiguration {
    var configuration = configuration
    let identity = EvaluatorIdentity.other(kind: "formula", settings: matching.settings)
    configuration.trainer = SizesTrainer(sizes: ["50k": identity, "200k": identity])
    return configuration
  }

  private var matching: EpochMatching {
    EpochMatching(target: TargetRun(tokens: 400_000), seed: 1)
  }

  @Test("makes every length a run of its own where epochs are matched, and pays for all of it")
  func matchedLengths() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator()
    let record = try sizesRunner(folder.path, matched(configuration(budget: 14)), evaluator).run()
    let requests = evaluator.log.all
    #expect(requests.count > 8)
    for request in requests {
      #expect(request.from == nil && request.ladder == [request.to])
      #expect(request.measures == [request.to] && request.key.length == request.to)
    }
    let longer = record.tasks.map(\.task).filter { $0.from != nil }
    #expect(longer.count > 1)
    for task in longer {
      let rung = grid.levels[task.level][task.goal]
      #expect(abs(task.cost - rung.trunkCost - rung.branchCost) < 1e-12)
      // With the seed of the shorter one.
      let before = record.tasks.map(\.task).first { $0.run == task.run }
      #expect(before?.seed == task.seed && before?.mixture == task.mixture)
    }
    // What is read again is what was run, whoever reads and whenever.
    let again = try FidelityStudyRecord.read(folder: folder.path)
    #expect(again.tasks == record.tasks)
    #expect(try record.configuration.methodContext().matchesEpochs)
    let later = try sizesRunner(folder.path, matched(configuration(budget: 14)), evaluator).run()
    #expect(later.tasks == record.tasks && evaluator.log.all.count == requests.count)
    let other = sizesRunner(folder.path, configuration(budget: 14))
    #expect(throws: StudyError.self) { try other.run() }
  }

  @Test(
    "is the same for any number of workers and any order of their ends where epochs are matched")
  func matchedOrder() throws {
    var found: [[FidelityTaskRecord]] = []
    for (workers, seed) in [(1, UInt64(1)), (4, 2), (3, 3)] {
      let folder = TemporaryFolder()
      let evaluator = FormulaEvaluator(delay: jitter(seed))
      found.append(
        try sizesRunner(
          folder.path, matched(configuration(budget: 12)), evaluator, workers: workers
        ).run().tasks)
    }
    #expect(found[0] == found[1] && found[0] == found[2])
  }

  @Test("counts the epochs of a condition in the run that the mixture is for")
  func targetEpochs() throws {
    var asked = configuration()
    asked.constraints = [try MixtureConstraint(parsing: "epochs<=4")]
    // 100, 200 and 300 tokens in 400k: no mixture is feasible.
    #expect(throws: StudyError.self) { try asked.validate() }
    asked.targetRun = TargetRun(tokens: 1000)
    try asked.validate()
    // 4 times 100 of 1000 tokens.
    let feasible = try asked.feasibleMixtures()
    #expect(feasible.contains([0.4, 0.6, 0]) && !feasible.contains([0.41, 0.59, 0]))
    asked.targetRun = TargetRun(tokens: 4000, availableTokens: [1000, 2000, 3000])
    #expect(try asked.feasibleMixtures().contains([0.9, 0.1, 0]))
    asked.targetRun = TargetRun(tokens: 4000, availableTokens: [1000, 2000])
    #expect(throws: StudyError.self) { try asked.validate() }
    asked.targetRun = TargetRun(tokens: 0)
    #expect(throws: StudyError.self) { try asked.validate() }
    var study = configuration(methods: [.init(name: "sobol", trials: 4)])
    study.constraints = [try MixtureConstraint(parsing: "epochs(books)<=2")]
    study.targetRun = TargetRun(tokens: 1000)
    let limited = try study.feasibleMixtures()
    #expect(limited.contains([0.2, 0.8, 0]) && !limited.contains([0.21, 0.79, 0]))
  }

  @Test("refuses a front of anything but two domains, and one beside a price on leaving a mixture")
  func fronts() throws {
    var asked = configuration(method: "scale-bo")
    asked.front = ["books", "code"]
    try asked.validate()
    for names in [["books"], ["books", "books"], ["books", "code", "web"], []] {
      asked.front = names
      #expect(throws: StudyError.self) { try asked.validate() }
    }
    asked.front = ["books", "code"]
    asked.constraints = [try MixtureConstraint(parsing: "near(uniform)=0.1")]
    #expect(throws: StudyError.self) { try asked.validate() }
  }

  private func jitter(_ seed: UInt64) -> @Sendable (RunRequest) -> Double {
    { task in
      var generator = SeededGenerator(seed: seed, stream: "\(task.id)")
      return 0.006 * generator.uniform()
    }
  }

  @Test("starts runs goes on with them and keeps to its budget")
  func startsRunsGoesOnWithThemAndKeepsToItsBudget() throws {
    let folder = TemporaryFolder()
    let record = try sizesRunner(folder.path, configuration()).run()
    let tasks = record.tasks.map(\.task)
    #expect(tasks.map(\.id) == Array(tasks.indices))
    let search = tasks.filter { $0.purpose == .search }
    let resumed = search.filter { $0.from != nil }
    #expect(resumed.count > 2)
    for task in resumed {
      let before = search.filter { $0.run == task.run && $0.id < task.id }
      #expect(before.last?.goal == task.from && before.last?.mixture == task.mixture)
      #expect(before.allSatisfy { $0.seed == task.seed && $0.level == task.level })
      // Paid are the steps that were lacking, and what it is measured at.
      let extra = grid.extraCost(level: task.level, from: task.from, to: task.goal)
      #expect(task.cost == extra)
      // It was paused by then, on the clock too.
      #expect(before.allSatisfy { $0.ends <= task.begins + 1e-12 })
    }
    #expect(search.reduce(0) { $0 + $1.cost } <= 8 + 1e-9)
    #expect(tasks.filter { $0.purpose == .confirmation }.count >= 2)
    #expect(tasks.reduce(0) { $0 + $1.cost } <= 10 + 1e-9)
    // No more at once than the lag, on the clock.
    for task in tasks {
      #expect(tasks.count { $0.begins <= task.begins && $0.ends > task.begins } <= 3)
    }
    // The same mixture at the same size again has another seed.
    var seen: Set<String> = []
    for task in search where task.from == nil {
      #expect(seen.insert("\(task.mixture.weights) \(task.level) \(task.seed)").inserted)
    }
    #expect(Set(search.map(\.seed)).count > 1)
    #expect(!FileManager.default.fileExists(atPath: folder / "checkpoints"))

    let analysis = FidelityAnalysis(of: record)
    #expect(analysis.isComplete && analysis.confirmed?.count == analysis.confirmations.count)
    #expect(analysis.moments.count == search.count)
    let spend = analysis.moments.last!.spend
    for level in 0..<2 {
      let expected = search.filter { $0.level == level }.reduce(0) { $0 + $1.cost }
      #expect(abs(spend[level] - expected) < 1e-9)
    }
    let recommended = try #require(analysis.recommended)
    let confirmed = tasks.filter { $0.purpose == .confirmation }
    #expect(confirmed.allSatisfy { $0.mixture == recommended.mixture && $0.cost == 1 })
    #expect(Set(confirmed.map(\.seed)).isDisjoint(with: search.map(\.seed)))
    let mean = Statistics.mean(
      confirmed.map { task in
        Statistics.mean(measured(task).losses.map(\.loss))
      })
    #expect(abs(analysis.confirmed!.mean - mean) < 1e-12)
    let interval = try #require(recommended.predicted).interval
    #expect(analysis.covers == interval.contains(mean))
    #expect(analysis.curves.count == Set(search.map(\.run)).count)
    #expect(analysis.curves.reduce(0) { $0 + $1.resumptions } == resumed.count)
  }

  @Test(
    "is the same for any number of workers and any timing", arguments: [1, 2, 5], [UInt64(1), 2, 3])
  func isTheSameForAnyNumberOfWorkersAndAnyTiming(workers: Int, timing: UInt64) throws {
    let calm = TemporaryFolder()
    let expected = try sizesRunner(calm.path, configuration(), workers: 1).run()
    let folder = TemporaryFolder()
    let found = try sizesRunner(
      folder.path, configuration(), FormulaEvaluator(delay: jitter(timing)), workers: workers
    ).run()
    #expect(found.tasks == expected.tasks)
  }

  @Test("goes on from any line of its journal to the same end")
  func goesOnFromAnyLineOfItsJournalToTheSameEnd() throws {
    let whole = TemporaryFolder()
    let expected = try sizesRunner(
      whole.path, configuration(), FormulaEvaluator(delay: jitter(4)), workers: 3
    ).run()
    let journal = try lines(of: whole / "runs.jsonl")
    #expect(journal.count > 40)
    for count in 0...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: whole / "fidelity.json", toPath: folder / "fidelity.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
      let evaluator = FormulaEvaluator()
      let ended = try FidelityStudyRecord.read(folder: folder.path).tasks.filter {
        $0.outcomes != nil
      }
      let found = try sizesRunner(folder.path, configuration(), evaluator).run()
      #expect(found.tasks == expected.tasks, "line \(count)")
      // No part of a run is trained twice.
      #expect(evaluator.log.all.count == expected.tasks.count - ended.count, "line \(count)")
    }
  }

  @Test("stops when asked and goes on to the same end") func stopsWhenAskedAndGoesOnToTheSameEnd()
    throws
  {
    let whole = TemporaryFolder()
    let expected = try sizesRunner(whole.path, configuration()).run()
    let folder = TemporaryFolder()
    for count in [2, 9] {
      let evaluator = FormulaEvaluator(delay: { _ in 0.003 })
      #expect(throws: CancellationError.self) {
        try sizesRunner(folder.path, configuration(), evaluator).run(
          isCancelled: { evaluator.log.all.count > count })
      }
    }
    let found = try sizesRunner(folder.path, configuration()).run()
    #expect(found.tasks == expected.tasks)
  }

  @Test("never goes on with what has diverged") func neverGoesOnWithWhatHasDiverged() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator(diverges: { $0.seed == 1 && $0.mixture.weights[0] > 0.5 })
    let record = try sizesRunner(folder.path, configuration(), evaluator).run()
    let search = record.tasks.map(\.task).filter { $0.purpose == .search && $0.seed == 1 }
    #expect(search.count { $0.mixture.weights[0] > 0.5 } > 1)
    #expect(search.allSatisfy { $0.mixture.weights[0] <= 0.5 || $0.from == nil })
    let analysis = FidelityAnalysis(of: record)
    #expect(analysis.curves.contains { $0.hasDiverged })
    #expect(analysis.curves.allSatisfy { !$0.hasDiverged || $0.mixture.weights[0] > 0.5 })
  }

  @Test("runs a method that knows no model") func runsAMethodThatKnowsNoModel() throws {
    let folder = TemporaryFolder()
    let record = try sizesRunner(folder.path, configuration(method: "random", budget: 6))
      .run()
    let analysis = FidelityAnalysis(of: record)
    #expect(analysis.covers == nil && analysis.confirmed?.count == 2)
    // Four runs of the target.
    #expect(analysis.curves.count == 4 && analysis.curves.allSatisfy { $0.level == 1 })
  }

  @Test("refuses another configuration and budgets too small in one line")
  func refusesAnotherConfigurationAndBudgetsTooSmallInOneLine() throws {
    let folder = TemporaryFolder()
    _ = try sizesRunner(folder.path, configuration()).run()
    var other = configuration()
    other.seed = 2
    let text = message { try sizesRunner(folder.path, other).run() }
    #expect(text.contains("found seed 1, but now it is 2"))
    let small = message {
      try sizesRunner(folder.path, configuration(budget: 2)).run()
    }
    #expect(small.contains("found 2 target runs, expected") && !small.contains("\n"))
    try FileManager.default.removeItem(atPath: folder / "fidelity.json")
    #expect(
      message { try sizesRunner(folder.path, configuration()).run() }
        .contains("beside its runs.jsonl"))
  }
}
