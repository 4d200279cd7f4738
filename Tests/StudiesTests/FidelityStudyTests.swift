import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
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
    lag: lag, trainer: ["learning rate": "0.01"])
}

/// A formula: bowls, lower for large and long runs.
private struct Formula: FidelityEvaluator {
  var delay: (@Sendable (FidelityTask) -> Double)?
  var diverges: @Sendable (FidelityTask) -> Bool = { _ in false }
  let log = TaskLog()

  func measure(_ task: FidelityTask, control: TrialControl) throws -> [RungOutcome] {
    log.append(task)
    if let delay {
      let until = ContinuousClock.now + .seconds(delay(task))
      while ContinuousClock.now < until {
        if control.isCancelled() { throw CancellationError() }
        control.progress(0.5)
        usleep(200)
      }
    }
    let first = task.measuresOnTheWay ? (task.from ?? -1) + 1 : task.goal
    if diverges(task) {
      return [RungOutcome(rung: first, outcome: .diverged(step: 3, reason: "the loss is nan"))]
    }
    return (first...task.goal).map { rung in
      RungOutcome(rung: rung, outcome: .finished(Self.result(task, rung: rung)))
    }
  }

  static func result(_ task: FidelityTask, rung: Int) -> TrialResult {
    let scale = grid.levels[task.level][rung].scale
    var result = FormulaEvaluator.result(
      of: TrialRequest(
        id: 0, purpose: .search, mixture: task.mixture, scale: scale, seed: task.seed), noise: 0.01)
    for index in result.losses.indices { result.losses[index].loss += 1e5 / Double(scale.tokens) }
    return result
  }
}

private final class TaskLog: @unchecked Sendable {
  private let lock = NSLock()
  private var tasks: [FidelityTask] = []
  func append(_ task: FidelityTask) { lock.withLock { tasks.append(task) } }
  var all: [FidelityTask] { lock.withLock { tasks } }
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

extension FidelityStudyRunner {
  fileprivate init(
    _ folder: String, _ configuration: FidelityStudyConfiguration,
    _ evaluator: any FidelityEvaluator = Formula(), workers: Int = 2
  ) {
    self.init(
      folder: folder, configuration: configuration, evaluator: evaluator, workers: workers
    ) { name, context in
      name == "bits"
        ? BitsMethod(context: context) : try makeFidelityMethod(named: name, context: context)
    }
  }
}

extension FidelityTaskRecord {
  fileprivate var timeless: FidelityTaskRecord {
    var record = self
    record.proposedAt = 0
    record.endedAt = record.rungs.map { _ in 0 }
    return record
  }
}

@Suite struct StudyOfSeveralSizesTests {
  private func jitter(_ seed: UInt64) -> @Sendable (FidelityTask) -> Double {
    { task in
      var generator = SeededGenerator(seed: seed, stream: "\(task.id)")
      return 0.006 * generator.uniform()
    }
  }

  @Test func startsRunsGoesOnWithThemAndKeepsToItsBudget() throws {
    let folder = TemporaryFolder()
    let record = try FidelityStudyRunner(folder.path, configuration()).run()
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
        Statistics.mean(Formula.result(task, rung: 2).losses.map(\.loss))
      })
    #expect(abs(analysis.confirmed!.mean - mean) < 1e-12)
    let interval = try #require(recommended.predicted).interval
    #expect(analysis.covers == interval.contains(mean))
    #expect(analysis.curves.count == Set(search.map(\.run)).count)
    #expect(analysis.curves.reduce(0) { $0 + $1.resumptions } == resumed.count)
  }

  @Test(arguments: [1, 2, 5], [UInt64(1), 2, 3])
  func isTheSameForAnyNumberOfWorkersAndAnyTiming(workers: Int, timing: UInt64) throws {
    let calm = TemporaryFolder()
    let expected = try FidelityStudyRunner(calm.path, configuration(), workers: 1).run()
    let folder = TemporaryFolder()
    let found = try FidelityStudyRunner(
      folder.path, configuration(), Formula(delay: jitter(timing)), workers: workers
    ).run()
    #expect(found.tasks.map(\.timeless) == expected.tasks.map(\.timeless))
  }

  @Test func goesOnFromAnyLineOfItsJournalToTheSameEnd() throws {
    let whole = TemporaryFolder()
    let expected = try FidelityStudyRunner(
      whole.path, configuration(), Formula(delay: jitter(4)), workers: 3
    ).run()
    let journal = try lines(of: whole / "fidelity.jsonl")
    #expect(journal.count > 40)
    for count in 0...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: whole / "fidelity.json", toPath: folder / "fidelity.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "fidelity.jsonl"))
      let evaluator = Formula()
      let ended = try FidelityStudyRecord.read(folder: folder.path).tasks.filter {
        $0.rungs != nil
      }
      let found = try FidelityStudyRunner(folder.path, configuration(), evaluator).run()
      #expect(found.tasks.map(\.timeless) == expected.tasks.map(\.timeless), "line \(count)")
      // No part of a run is trained twice.
      #expect(evaluator.log.all.count == expected.tasks.count - ended.count, "line \(count)")
    }
  }

  @Test func stopsWhenAskedAndGoesOnToTheSameEnd() throws {
    let whole = TemporaryFolder()
    let expected = try FidelityStudyRunner(whole.path, configuration()).run()
    let folder = TemporaryFolder()
    for count in [2, 9] {
      let evaluator = Formula(delay: { _ in 0.003 })
      #expect(throws: CancellationError.self) {
        try FidelityStudyRunner(folder.path, configuration(), evaluator).run(
          isCancelled: { evaluator.log.all.count > count })
      }
    }
    let found = try FidelityStudyRunner(folder.path, configuration()).run()
    #expect(found.tasks.map(\.timeless) == expected.tasks.map(\.timeless))
  }

  @Test func neverGoesOnWithWhatHasDiverged() throws {
    let folder = TemporaryFolder()
    let evaluator = Formula(diverges: { $0.purpose == .search && $0.run % 3 == 1 })
    let record = try FidelityStudyRunner(folder.path, configuration(), evaluator).run()
    let search = record.tasks.map(\.task).filter { $0.purpose == .search }
    #expect(search.filter { $0.run % 3 == 1 }.count > 1)
    #expect(search.allSatisfy { $0.run % 3 != 1 || $0.from == nil })
    let analysis = FidelityAnalysis(of: record)
    #expect(analysis.curves.filter(\.hasDiverged).map(\.run).allSatisfy { $0 % 3 == 1 })
  }

  @Test func runsAMethodThatKnowsNoModel() throws {
    let folder = TemporaryFolder()
    let record = try FidelityStudyRunner(folder.path, configuration(method: "random", budget: 6))
      .run()
    let analysis = FidelityAnalysis(of: record)
    #expect(analysis.covers == nil && analysis.confirmed?.count == 2)
    // Four runs of the target.
    #expect(analysis.curves.count == 4 && analysis.curves.allSatisfy { $0.level == 1 })
  }

  @Test func refusesAnotherConfigurationAndBudgetsTooSmallInOneLine() throws {
    let folder = TemporaryFolder()
    _ = try FidelityStudyRunner(folder.path, configuration()).run()
    var other = configuration()
    other.seed = 2
    let text = message { try FidelityStudyRunner(folder.path, other).run() }
    #expect(text.contains("found seed 1, but now it is 2"))
    let small = message {
      try FidelityStudyRunner(folder.path, configuration(budget: 2)).run()
    }
    #expect(small.contains("found 2 target runs, expected") && !small.contains("\n"))
    try FileManager.default.removeItem(atPath: folder / "fidelity.json")
    #expect(
      message { try FidelityStudyRunner(folder.path, configuration()).run() }
        .contains("beside its fidelity.jsonl"))
  }
}
