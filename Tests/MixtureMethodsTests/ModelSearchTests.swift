import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

/// A trainer by formula: three sizes, four lengths each.
private struct FormulaTrainer {
  static let domains = ["books", "web", "code"]
  static let grid = FidelityGrid(
    levels: [1e5, 2e5, 4e5].map { parameters in
      (1...4).map { rung in
        FidelityGrid.Rung(
          scale: Scale(
            size: "\(Int(parameters / 1000))k", parameters: Int(parameters),
            tokens: rung * 2_000_000),
          trunkCost: parameters * Double(rung))
      }
    }, target: FidelityPoint(level: 2, rung: 3))

  static func losses(_ w: [Double], _ point: FidelityPoint) -> [Double] {
    let parameters = Double(grid[point].scale.parameters)
    let tokens = Double(grid[point].scale.tokens)
    return (0..<3).map { i -> Double in
      let own = w[i]
      let next = w[(i + 1) % 3]
      let floor = 2.4 + 0.5 * exp(-4 * own) + 0.4 * exp(-9 * own - 2 * next)
      let size = 0.3 * pow(parameters / 4e5, -0.3)
      let length = (0.2 + 0.1 * own) * pow(tokens / 8e6, -0.5)
      return floor + size + length + 0.04 * log(4e5 / parameters) * next
    }
  }

  static func value(_ w: [Double]) -> Double {
    Statistics.mean(losses(w, grid.target))
  }

  static let pool: [Mixture] = SobolSequence.simplexPoints(parts: 3, count: 24, seed: 3).map {
    Mixture(domains: domains, proportionalTo: $0)
  }

  static func context(
    pool: [Mixture]? = pool, budget: Double = 8, seed: UInt64 = 1,
    constraints: [MixtureConstraint] = [], wholeCurves: Bool = true, composite: Bool = true
  ) throws -> FidelityContext {
    FidelityContext(
      domains: domains, objective: .mean(of: domains), grid: grid,
      pool: pool.map { FidelityPool(mixtures: $0, reach: $0.map { _ in [3, 3, 3] }) },
      feasible: try FeasibleMixtures(
        constraints, domains: domains, availableTokens: [1, 1, 1], trainingTokens: 1), seed: seed,
      budget: budget, wholeCurves: wholeCurves, composite: composite)
  }
}

/// Runs a method to its end or the budget's, one run at a time.
private struct Search {
  let context: FidelityContext
  var method: any FidelityMethod
  var runs: [FidelityRun] = []
  var left: Double
  /// What was paid when each mixture was handed over.
  var handedOver: [(paid: Double, mixture: Mixture)] = []

  init(_ name: String, _ context: FidelityContext) throws {
    self.context = context
    method = try makeFidelityMethod(named: name, context: context)
    left = context.budget
  }

  mutating func take(_ step: FidelityStep) {
    #expect(context.admits(step, runs: runs))
    left -= context.cost(of: step, runs: runs, measuringOnTheWay: method.measuresOnTheWay)
    switch step {
    case .start(let mixture, let point):
      runs.append(
        FidelityRun(
          id: runs.count, mixture: mixture, level: point.level, seed: 0, goal: point.rung))
    case .resume(let run, let rung): runs[run].goal = rung
    }
  }

  mutating func finish(_ id: Int) {
    let goal = runs[id].goal!
    let first = method.measuresOnTheWay ? (runs[id].reached ?? -1) + 1 : goal
    for rung in first...goal {
      runs[id].measurements.append(
        .init(
          rung: rung,
          losses: FormulaTrainer.losses(
            runs[id].mixture.weights, FidelityPoint(level: runs[id].level, rung: rung))))
    }
    runs[id].reached = goal
    runs[id].goal = nil
    if let found = method.recommendation(runs: runs) {
      handedOver.append((context.budget - left, found.mixture))
    }
  }

  mutating func recommendation() throws -> FidelityRecommendation {
    let found = method.recommendation(runs: runs)
    return try #require(found)
  }

  mutating func run(limit: Int = 200) {
    for _ in 0..<limit {
      guard let step = method.next(runs: runs, budgetLeft: left) else { return }
      take(step)
      guard left >= -1e-6 else {
        Issue.record("paid more than the budget")
        return
      }
      finish(runs.firstIndex(where: \.isUnderWay)!)
    }
  }
}

private let names = ["scale-bo", "mfms", "mfms-fixed", "admire", "admire-tuned"]

@Suite struct MethodsThatModelMixtureSizeAndLengthTests {
  @Test("propose the same from the same runs", arguments: names)
  func proposeTheSameFromTheSameRuns(name: String) throws {
    let context = try FormulaTrainer.context()
    var search = try Search(name, context)
    for _ in 0..<16 {
      guard let step = search.method.next(runs: search.runs, budgetLeft: search.left) else { break }
      var fresh = try makeFidelityMethod(named: name, context: context)
      let again = fresh.next(runs: search.runs, budgetLeft: search.left)
      #expect(again == step)
      search.take(step)
      search.finish(search.runs.firstIndex(where: \.isUnderWay)!)
      let found = fresh.recommendation(runs: search.runs)
      let expected = try search.recommendation()
      #expect(found == expected)
    }
  }

  @Test(
    "go on with runs of the target's size, and end there, whatever the model says",
    arguments: [UInt64(1), 2])
  func goOnWithRunsOfTheTargetsSize(seed: UInt64) throws {
    let context = try FormulaTrainer.context(pool: nil, budget: 9, seed: seed)
    var search = try Search("scale-bo", context)
    let target = context.grid.target
    var ended: [[Double]] = []
    for _ in 0..<300 {
      guard let step = search.method.next(runs: search.runs, budgetLeft: search.left) else { break }
      search.take(step)
      search.finish(search.runs.firstIndex(where: \.isUnderWay)!)
      let own = search.runs.filter { $0.level == target.level }
      for rung in 0..<target.rung {
        let (here, next) = (own.count { $0.reached! >= rung }, own.count { $0.reached! > rung })
        // One more than the rule, which is applied before a step.
        #expect(here <= 3 * next + 7)
      }
      ended = own.filter { $0.reached! >= target.rung }.map(\.mixture.weights)
      let repeated = ended.count - Set(ended).count
      #expect(3 * repeated <= Set(ended).count)
      #expect(Double(ended.count) >= 0.75 * (context.budget - search.left - 1.25) - 1)
    }
    #expect(ended.count >= 3)
  }

  @Test("find the pools best for a fraction of what random search pays")
  func findThePoolsBestForAFractionOfWhatRandomSearchPays() throws {
    let values = FormulaTrainer.pool.map { FormulaTrainer.value($0.weights) }
    let best = values.min()!
    var paid: [Double] = []
    for seed in 1...3 {
      var search = try Search("scale-bo", FormulaTrainer.context(budget: 6, seed: UInt64(seed)))
      search.run()
      let isFound = search.handedOver.map {
        FormulaTrainer.value($0.mixture.weights) - best < 1e-3
      }
      let last = isFound.lastIndex(of: false).map { $0 + 1 } ?? 0
      paid.append(last < isFound.count ? search.handedOver[last].paid : .infinity)
    }
    // Random search takes 12 of 24 runs at the median.
    #expect(paid.sorted()[1] < 3)
  }

  @Test(
    "work without whole curves or outputs", arguments: [(true, true), (false, true), (true, false)])
  func workWithoutWholeCurvesOrOutputs(wholeCurves: Bool, composite: Bool) throws {
    let context = try FormulaTrainer.context(
      budget: 4, wholeCurves: wholeCurves, composite: composite)
    var search = try Search("scale-bo", context)
    #expect(search.method.measuresOnTheWay == wholeCurves)
    search.run()
    let last = try #require(search.handedOver.last)
    let values = FormulaTrainer.pool.map { FormulaTrainer.value($0.weights) }.sorted()
    #expect(FormulaTrainer.value(last.mixture.weights) <= values[3])
  }

  @Test("go on with paused runs and end at the target") func goOnWithPausedRunsAndEndAtTheTarget()
    throws
  {
    var search = try Search("scale-bo", FormulaTrainer.context(budget: 6))
    search.run()
    let ends = search.runs.filter { $0.level == 2 && $0.reached == 3 }
    #expect(!ends.isEmpty)
    #expect(search.runs.contains { $0.level == 0 })
    let recommendation = try search.recommendation()
    let chance = try #require(recommendation.probabilityOfBest)
    #expect(chance > 0.2 && chance <= 1 + 1e-9)
    #expect(try #require(recommendation.expectedRegret) >= 0)
    let predicted = try #require(recommendation.predicted)
    #expect(abs(predicted.mean - FormulaTrainer.value(recommendation.mixture.weights)) < 0.02)
  }

  @Test("propose something else while a run is under way")
  func proposeSomethingElseWhileARunIsUnderWay() throws {
    var search = try Search("scale-bo", FormulaTrainer.context())
    for _ in 0..<10 {
      guard let step = search.method.next(runs: search.runs, budgetLeft: search.left) else { break }
      search.take(step)
      search.finish(search.runs.firstIndex(where: \.isUnderWay)!)
    }
    var steps: [FidelityStep] = []
    for _ in 0..<4 {
      let next = search.method.next(runs: search.runs, budgetLeft: search.left)
      let step = try #require(next)
      #expect(!steps.contains(step))
      steps.append(step)
      search.take(step)
    }
    #expect(search.runs.count(where: \.isUnderWay) == 4)
  }

  @Test(
    "run equal shares at the target before what small sizes promise", arguments: [UInt64(1), 2])
  func runEqualSharesAtTheTargetFirst(seed: UInt64) throws {
    let context = try FormulaTrainer.context(pool: nil, budget: 4, seed: seed)
    var search = try Search("scale-bo", context)
    search.run(limit: 300)
    let target = context.grid.target
    let ended = search.runs.filter { $0.level == target.level && $0.reached! >= target.rung }
    #expect(ended.contains { $0.mixture.weights.allSatisfy { abs($0 - 1 / 3) < 1e-9 } })
    #expect(ended.count > 1)
  }

  @Test(
    "hand over what can be run at the target",
    arguments: ["scale-bo", "admire", "boca"])
  func handOverWhatCanBeRunAtTheTarget(name: String) throws {
    // The best third of the pool has no runs at the target.
    let pool = FormulaTrainer.pool
    let ranked = pool.indices.sorted {
      FormulaTrainer.value(pool[$0].weights) < FormulaTrainer.value(pool[$1].weights)
    }
    let short = Set(ranked.prefix(8).map { pool[$0] })
    var context = try FormulaTrainer.context(budget: 4)
    context.pool = FidelityPool(
      mixtures: pool, reach: pool.map { short.contains($0) ? [3, 3, nil] : [3, 3, 3] })
    var search = try Search(name, context)
    search.run()
    // It learns from these where it spreads runs evenly.
    #expect(name != "scale-bo" || search.runs.contains { short.contains($0.mixture) })
    #expect(search.handedOver.count > 4)
    #expect(!search.handedOver.contains { short.contains($0.mixture) })
    #expect(!short.contains(try #require(UniformSearch(context: context).mixture)))
  }

  @Test("take equal shares for beaten by a mixture that is much better, and by no other")
  func equalSharesAreBeatenByWhatIsMuchBetter() throws {
    let context = try FormulaTrainer.context(pool: nil, budget: 6)
    let target = context.grid.target
    func mixture(_ weights: [Double]) -> Mixture {
      Mixture(domains: FormulaTrainer.domains, proportionalTo: weights)
    }
    // A spread of runs at the target, equal shares and a corner among them.
    let weights = SobolSequence.simplexPoints(parts: 3, count: 12, seed: 5)
    let corner = [0.9, 0.05, 0.05]
    let runs = ([[1, 1, 1], corner] + weights).enumerated().map { id, weights in
      FidelityRun(
        id: id, mixture: mixture(weights), level: target.level, seed: 0,
        measurements: [
          .init(rung: target.rung, losses: FormulaTrainer.losses(mixture(weights).weights, target))
        ], reached: target.rung)
    }
    var search = ScaleSearch(context: context)
    let known = search.surrogate(runs)
    let surrogate = try #require(known)
    let even = FormulaTrainer.value([1 / 3.0, 1 / 3.0, 1 / 3.0])
    #expect(FormulaTrainer.value(corner) > even + 0.03)
    #expect(!search.isBeaten(by: [mixture([1, 1, 1]), mixture(corner)], surrogate))
    // Where books count almost alone, the corner is the best by far.
    var books = context
    books.objective = Objective(targets: FormulaTrainer.domains, proportionalTo: [1, 0.01, 0.01])
    var other = ScaleSearch(context: books)
    let knownOfBooks = other.surrogate(runs)
    let ofBooks = try #require(knownOfBooks)
    #expect(other.isBeaten(by: [mixture([1, 1, 1]), mixture(corner)], ofBooks))
  }

  @Test("fit anew after each of the first runs at the target, however many cheap ones there are")
  func fitAnewAfterRunsAtTheTarget() {
    func data(cheap: Int, final: Int) -> ScaleData {
      let runs = (0..<cheap + final).map { index in
        ScaleData.Run(
          weights: [0.5, 0.5], parameters: index < cheap ? 1000 : 64_000, tokens: [10_000],
          losses: [[2]])
      }
      return ScaleData(
        runs: runs, target: .init(parameters: 64_000, tokens: 10_000), ownDomains: [nil])
    }
    let counts = (0...9).map { ScaleFitHistory.count(data(cheap: 800, final: $0)) }
    #expect(counts[0] < 800)
    #expect(Array(counts[1...]) == [801, 802, 803, 804, 805, 806, 807, 808, 808])
    #expect(ScaleFitHistory.count(data(cheap: 2, final: 0)) == 2)
    #expect(ScaleFitHistory.count(data(cheap: 9, final: 0)) == 8)
  }

  @Test("search all mixtures that are feasible", arguments: names)
  func searchAllMixturesThatAreFeasible(name: String) throws {
    let context = try FormulaTrainer.context(
      pool: nil, budget: 3, constraints: [.total(domains: ["code"], lower: nil, upper: 0.3)])
    var search = try Search(name, context)
    search.run(limit: 26)
    #expect(
      search.runs.allSatisfy { context.feasible.contains($0.mixture.weights, tolerance: 1e-6) })
    let last = try #require(search.handedOver.last)
    #expect(context.feasible.contains(last.mixture.weights, tolerance: 1e-6))
    guard name == "scale-bo" else { return }
    var best = Double.infinity
    for i in 0...40 {
      for j in 28 - min(i, 28)...40 - i {
        let weights = [Double(i), Double(j), Double(40 - i - j)].map { $0 / 40 }
        best = min(best, FormulaTrainer.value(weights))
      }
    }
    #expect(FormulaTrainer.value(last.mixture.weights) - best < 0.01)
  }

  @Test("leave mixtures alone that diverged") func leaveMixturesAloneThatDiverged() throws {
    var search = try Search("scale-bo", FormulaTrainer.context(budget: 3))
    for _ in 0..<8 {
      guard let step = search.method.next(runs: search.runs, budgetLeft: search.left) else { break }
      search.take(step)
      search.finish(search.runs.firstIndex(where: \.isUnderWay)!)
    }
    let wanted = try search.recommendation().mixture
    var runs = search.runs
    runs.append(
      FidelityRun(id: runs.count, mixture: wanted, level: 1, seed: 0, hasDiverged: true))
    search.runs = runs
    let other = try search.recommendation().mixture
    #expect(other != wanted)
    let next = search.method.next(runs: runs, budgetLeft: search.left)
    if case .start(let mixture, _)? = next { #expect(mixture != wanted) }
  }

  /// All runs with more than half of the first domain diverged: what lies beyond them is not sound either, but where all is.
  @Test("leave alone what is among mixtures that diverged") func leaveAloneWhatIsAmongThem() throws
  {
    let context = try FormulaTrainer.context(budget: 3)
    func mixture(_ weight: Double) -> Mixture {
      Mixture(domains: context.domains, proportionalTo: [weight, 1 - weight, 0])
    }
    let runs = [0.1, 0.3, 0.45, 0.55, 0.7].enumerated().map { id, weight in
      FidelityRun(
        id: id, mixture: mixture(weight), level: 0, seed: 0,
        measurements: weight < 0.5 ? [.init(rung: 0, losses: [3, 3, 3])] : [], reached: 0,
        hasDiverged: weight > 0.5)
    }
    let asked = [0.2, 0.45, 0.52, 0.6, 0.7, 1].map(mixture)
    #expect(context.sound(asked, runs: runs) == [0.2, 0.45, 0.52].map(mixture))
    // One alone may have been bad luck, but for its own mixture.
    let fewer = Array(runs.dropLast())
    #expect(context.sound(asked, runs: fewer) == asked)
    #expect(context.sound([mixture(0.55), mixture(1)], runs: fewer) == [mixture(1)])
    #expect(context.sound([mixture(0.7), mixture(1)], runs: runs) == [mixture(1)])
  }
}
