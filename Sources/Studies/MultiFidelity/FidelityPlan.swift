import MixtureMethods
import Mixtures
import Numerics

/// The tasks of a study of several sizes, in an order that nothing but the configuration and the outcomes
/// decides.
///
/// Some runs are under way at once on a clock on which each takes as long as it costs. Whenever one ends on
/// that clock, the method is told and says what comes next, knowing all that had ended by then and nothing
/// else. Which really finished first does not count.
struct FidelityPlan {
  enum Step {
    case task(FidelityTask)
    case incumbent(FidelityIncumbent)
    /// The next step waits for a task that has not really ended.
    case waits
    case end
  }

  private let configuration: FidelityStudyConfiguration
  private let context: FidelityContext
  private var method: any FidelityMethod
  /// Of the search, as they are known on the clock.
  private var runs: [FidelityRun] = []
  /// Tasks that have not ended on the clock, in the order in which they began.
  private var underWay: [FidelityTask] = []
  private var clock = 0.0
  /// Of the search's budget.
  private(set) var left: Double
  private var taskCount = 0
  private var runCount = 0
  /// Tasks that have ended on the clock.
  private var known = 0
  /// The task that ended last, where what would be handed over after it has not been asked.
  private var owed: Int?
  private var isSearchOver = false
  private(set) var incumbent: FidelityIncumbent?
  private(set) var phase = FidelityTask.Purpose.search
  /// Seeds of the confirmation that are still to be run.
  private var freshSeeds: [UInt64] = []

  init(
    _ configuration: FidelityStudyConfiguration, makeMethod: FidelityStudyRunner.MethodMaker
  ) throws {
    self.configuration = configuration
    context = try configuration.methodContext()
    method = try makeMethod(configuration.method, context)
    left = configuration.searchBudget
  }

  /// The step after those in the ledger; steps that are there already are passed over.
  mutating func next(after ledger: FidelityLedger) throws -> Step {
    while true {
      if let task = owed {
        owed = nil
        if let told = ledger.tasks[task].incumbent {
          incumbent = told
        } else if phase == .search, let found = handedOver(after: task) {
          incumbent = found
          return .incumbent(found)
        }
      }
      if underWay.count < configuration.lag {
        // A task belongs to the very moment at which it was proposed.
        if taskCount < ledger.tasks.count {
          let task = ledger.tasks[taskCount].task
          if task.known == known, task.purpose == phase {
            begin(task)
            continue
          }
        }
        if let task = try propose() {
          begin(task)
          return .task(task)
        }
      }
      if underWay.isEmpty {
        guard phase == .search else { return .end }
        beginConfirmation()
      } else if !endFirst(ledger) {
        return .waits
      }
    }
  }

  // MARK: Proposing

  private mutating func propose() throws -> FidelityTask? {
    guard phase == .search else { return confirmation() }
    guard !isSearchOver, let step = method.next(runs: runs, budgetLeft: left) else { return nil }
    guard context.admits(step, runs: runs) else {
      throw StudyError.invalid(
        field: "step of '\(configuration.method)'", found: "\(step)",
        expected: "one that can be taken; please report this as a fault of mixpipe")
    }
    let measuresOnTheWay = method.measuresOnTheWay
    let cost = context.cost(of: step, runs: runs, measuringOnTheWay: measuresOnTheWay)
    guard cost <= left + 1e-9 else {
      isSearchOver = true
      return nil
    }
    var task = FidelityTask(
      id: taskCount, purpose: .search, run: runCount, mixture: .uniform(over: context.domains),
      level: 0, seed: configuration.seed, goal: 0, measuresOnTheWay: measuresOnTheWay, cost: cost,
      begins: clock, known: known)
    switch step {
    case .start(let mixture, let point):
      task.mixture = mixture
      task.level = point.level
      task.goal = point.rung
      let earlier = runs.count { $0.mixture == mixture && $0.level == point.level }
      if earlier > 0 {
        task.seed = configuration.seeds(earlier, stream: "replicates")[earlier - 1]
      }
    case .resume(let id, let rung):
      let run = runs[id]
      task.run = id
      task.mixture = run.mixture
      task.level = run.level
      task.seed = run.seed
      task.from = run.reached
      task.goal = rung
    }
    return task
  }

  private mutating func begin(_ task: FidelityTask) {
    taskCount += 1
    underWay.append(task)
    if task.purpose == .confirmation {
      freshSeeds.removeAll { $0 == task.seed }
      runCount += 1
      return
    }
    left -= task.cost
    if task.run == runCount {
      runCount += 1
      runs.append(
        FidelityRun(
          id: task.run, mixture: task.mixture, level: task.level, seed: task.seed,
          goal: task.goal))
    } else {
      runs[task.run].goal = task.goal
    }
  }

  // MARK: Learning

  /// Takes in the task that ends first, of several the one that began first.
  ///
  /// - Returns: false where it has not really ended.
  private mutating func endFirst(_ ledger: FidelityLedger) -> Bool {
    let place = underWay.indices.min {
      (underWay[$0].ends, $0) < (underWay[$1].ends, $1)
    }!
    let task = underWay[place]
    guard let rungs = ledger.tasks[task.id].rungs else { return false }
    underWay.remove(at: place)
    clock = task.ends
    known += 1
    guard task.purpose == .search else { return true }
    for found in rungs {
      guard let losses = found.outcome.losses(of: context.outputs) else {
        runs[task.run].hasDiverged = true
        break
      }
      runs[task.run].measurements.append(.init(rung: found.rung, losses: losses))
    }
    runs[task.run].reached = task.goal
    runs[task.run].goal = nil
    owed = task.id
    return true
  }

  private mutating func handedOver(after task: Int) -> FidelityIncumbent? {
    method.recommendation(runs: runs).map { found in
      FidelityIncumbent(
        after: task, mixture: found.mixture,
        // JSON holds no infinity.
        predicted: found.predicted.flatMap {
          $0.mean.isFinite && $0.deviation.isFinite
            ? .init(mean: $0.mean, deviation: $0.deviation) : nil
        },
        probabilityOfBest: found.probabilityOfBest.flatMap { $0.isFinite ? $0 : nil },
        expectedRegret: found.expectedRegret.flatMap { $0.isFinite ? $0 : nil })
    }
  }

  // MARK: Confirming

  /// What the search left goes to more seeds, up to twice as many.
  private mutating func beginConfirmation() {
    phase = .confirmation
    let kept = configuration.confirmationRuns
    let count = min(kept + Int(max(left, 0) + 1e-9), 2 * kept)
    freshSeeds = incumbent == nil ? [] : configuration.seeds(count, stream: "confirmation")
  }

  private func confirmation() -> FidelityTask? {
    guard let seed = freshSeeds.first, let incumbent else { return nil }
    let target = configuration.grid.target
    return FidelityTask(
      id: taskCount, purpose: .confirmation, run: runCount, mixture: incumbent.mixture,
      level: target.level, seed: seed, goal: target.rung, measuresOnTheWay: false,
      cost: configuration.grid.extraCost(
        level: target.level, from: nil, to: target.rung, measuringOnTheWay: false),
      begins: clock, known: known)
  }

  /// What is still to be spent, in runs of the target, besides what is under way.
  var rest: Double {
    switch phase {
    case .search: max(left, 0) + Double(configuration.confirmationRuns)
    case .confirmation: Double(freshSeeds.count)
    }
  }
}

extension FidelityStudyConfiguration {
  /// Different seeds that are not the study's, the n-th the same however many are asked for. They fit 32
  /// bits, so that every reader of JSON keeps their digits.
  func seeds(_ count: Int, stream: String) -> [UInt64] {
    var generator = SeededGenerator(seed: seed, stream: stream)
    var seeds: [UInt64] = []
    while seeds.count < count {
      let candidate = generator.next() >> 32
      if candidate != seed, !seeds.contains(candidate) { seeds.append(candidate) }
    }
    return seeds
  }
}

extension TrialOutcome {
  /// The losses of some held-out domains, in their order; nil where the run diverged or one was not
  /// measured.
  package func losses(of domains: [String]) -> [Double]? {
    guard let result else { return nil }
    let losses = domains.compactMap { name in result.losses.first { $0.domain == name }?.loss }
    return losses.count == domains.count ? losses : nil
  }
}
