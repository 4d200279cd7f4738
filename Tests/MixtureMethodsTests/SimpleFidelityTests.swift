import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

/// Three domains, sizes 1 and 4 with three lengths, the target last.
private enum Small {
  static let domains = ["books", "web", "code"]

  static func context(
    pool count: Int?, seed: UInt64 = 1, budget: Double = 8, feasible: FeasibleMixtures? = nil
  ) -> FidelityContext {
    let grid = FidelityGrid(
      levels: [1, 4].map { size in
        [1, 2, 4].map { tokens in
          .init(
            scale: Scale(size: "\(size)", parameters: size, tokens: tokens),
            trunkCost: Double(size * tokens))
        }
      }, target: FidelityPoint(level: 1, rung: 2))
    let pool = count.map { count in
      SobolSequence.simplexPoints(parts: 3, count: count, seed: 5).map {
        Mixture(domains: domains, proportionalTo: $0)
      }
    }
    return FidelityContext(
      domains: domains, objective: .mean(of: domains), grid: grid,
      pool: pool.map { FidelityPool(mixtures: $0, reach: $0.map { _ in [2, 2] }) },
      feasible: feasible, seed: seed, budget: budget)
  }

  static func losses(_ w: [Double]) -> [Double] {
    w.enumerated().map { 2 + abs($1 - [0.6, 0.3, 0.1][$0]) }
  }

  static func search(
    _ name: String, _ context: FidelityContext
  ) throws -> (runs: [FidelityRun], handedOver: [Mixture?]) {
    var method = try makeFidelityMethod(named: name, context: context)
    var (runs, left) = ([FidelityRun](), context.budget)
    var handedOver = [method.recommendation(runs: [])?.mixture]
    while let step = method.next(runs: runs, budgetLeft: left), runs.count < 100 {
      #expect(context.admits(step, runs: runs))
      let cost = context.cost(of: step, runs: runs, measuringOnTheWay: false)
      guard cost <= left + 1e-9 else { break }
      left -= cost
      let id: Int
      let rung: Int
      switch step {
      case .start(let mixture, let point):
        (id, rung) = (runs.count, point.rung)
        runs.append(FidelityRun(id: id, mixture: mixture, level: point.level, seed: 0))
      case .resume(let run, let goal): (id, rung) = (run, goal)
      }
      runs[id].measurements.append(
        .init(rung: rung, losses: losses(runs[id].mixture.weights)))
      runs[id].reached = rung
      handedOver.append(method.recommendation(runs: runs)?.mixture)
    }
    return (runs, handedOver)
  }

  static func value(_ mixture: Mixture) -> Double { Statistics.mean(losses(mixture.weights)) }
}

@Suite struct SimpleMethodsOverSizesTests {
  @Test("uniform hands over equal shares before any run")
  func uniformHandsOverEqualSharesBeforeAnyRun() throws {
    let context = Small.context(pool: nil)
    let (runs, handedOver) = try Small.search("uniform", context)
    #expect(handedOver.allSatisfy { $0 == .uniform(over: Small.domains) })
    #expect(runs.map(\.level) == [0, 1])
  }

  @Test("uniform keeps to what is feasible and to the pool")
  func uniformKeepsToWhatIsFeasibleAndToThePool() throws {
    let feasible = try FeasibleMixtures(
      [.total(domains: ["code"], lower: nil, upper: 0.1)], domains: Small.domains,
      availableTokens: [1, 1, 1], trainingTokens: 1)
    let bound = try Small.search("uniform", Small.context(pool: nil, feasible: feasible))
    let weights = try #require(bound.handedOver[0]).weights
    #expect(abs(weights[2] - 0.1) < 1e-6 && abs(weights[0] - weights[1]) < 1e-6)
    let context = Small.context(pool: 9)
    let chosen = try #require(try Small.search("uniform", context).handedOver[0])
    #expect(context.pool!.index(of: chosen) != nil)
  }

  @Test("natural hands over the proportions of the text, and needs to know them")
  func naturalHandsOverTheProportionsOfTheTextAndNeedsToKnowThem() throws {
    var context = Small.context(pool: nil)
    #expect(throws: FidelityMethodError.needsText(name: "natural")) {
      try makeFidelityMethod(named: "natural", context: context)
    }
    context.availableTokens = [20, 60, 20]
    let (runs, handedOver) = try Small.search("natural", context)
    #expect(handedOver.allSatisfy { $0?.weights == [0.2, 0.6, 0.2] })
    #expect(runs.map(\.level) == [0, 1])
    // Somebody may say otherwise, and need not know how much there is.
    context.natural = [0.5, 0.25, 0.25]
    for tokens in [[20, 60, 20], nil] {
      context.availableTokens = tokens
      let given = try Small.search("natural", context).handedOver
      #expect(given.allSatisfy { $0?.weights == [0.5, 0.25, 0.25] })
    }
  }

  @Test(
    "screening tries all where that is cheap then the best at the target",
    arguments: [UInt64(1), 2, 3])
  func screeningTriesAllWhereThatIsCheapThenTheBestAtTheTarget(seed: UInt64) throws {
    let context = Small.context(pool: 12, seed: seed)
    let (runs, handedOver) = try Small.search("screen", context)
    // A whole run of the smaller size costs a quarter: twelve are three of eight.
    #expect(runs.prefix(12).allSatisfy { $0.level == 0 && $0.reached == 2 })
    let ranked = context.pool!.mixtures.sorted { Small.value($0) < Small.value($1) }
    #expect(runs.dropFirst(12).map(\.mixture) == Array(ranked.prefix(5)))
    #expect(handedOver.last! == ranked[0])
  }

  @Test("screening shortens its runs where there are too many")
  func screeningShortensItsRunsWhereThereAreTooMany() throws {
    let (runs, _) = try Small.search("screen", Small.context(pool: 30, budget: 8))
    // Thirty whole runs would cost 7.5, of half the length 3.75.
    #expect(runs.prefix(30).allSatisfy { $0.level == 0 && $0.reached == 1 })
    #expect(runs.count == 34)
    let free = try Small.search("screen", Small.context(pool: nil, budget: 6))
    #expect(free.runs.count { $0.level == 0 } == 8)
  }

  @Test("bayesian optimization at the target runs nothing else")
  func bayesianOptimizationAtTheTargetRunsNothingElse() throws {
    let context = Small.context(pool: 25, budget: 12)
    let (runs, handedOver) = try Small.search("bo", context)
    #expect(runs.count == 12 && runs.allSatisfy { $0.level == 1 && $0.reached == 2 })
    let values = context.pool!.mixtures.map(Small.value).sorted()
    #expect(Small.value(try #require(handedOver.last!)) <= values[2])
    var again = try makeFidelityMethod(named: "bo", context: context)
    let step = again.next(runs: Array(runs.prefix(8)), budgetLeft: 4)
    #expect(step == .start(runs[8].mixture, at: context.grid.target))
  }

  @Test("more to spend on a size makes for more runs and longer ones")
  func moreToSpendOnASizeMakesForMoreRunsAndLongerOnes() throws {
    let costs = [0.01, 0.02, 0.05, 0.1]
    func plan(_ budget: Double, least: Int = 1) -> CheapPlan? {
      CheapPlan(budget: budget, costs: costs, least: least, most: 20)
    }
    #expect(plan(0.009) == nil)
    let first = try #require(plan(0.01))
    #expect(first.count == 1 && first.rung == 0)
    // 100 of the shortest: 100^.6 = 15.8 for .063 each.
    let some = try #require(plan(1))
    #expect(some.count == 16 && some.rung == 2)
    // No more than twenty, and none beyond the longest.
    let many = try #require(plan(9))
    #expect(many.count == 20 && many.rung == 3)
    // Four at least, or none.
    #expect(plan(0.039, least: 4) == nil)
    let four = try #require(plan(0.04, least: 4))
    #expect(four.count == 4 && four.rung == 0)
    for budget in stride(from: 0.01, through: 12, by: 0.07) {
      let plan = try #require(plan(budget))
      // All but the last, which may begin a little early, are within the budget.
      #expect(Double(plan.count - 1) * costs[plan.rung] <= budget)
    }
  }

  @Test(
    "what leaving a mixture costs counts over sizes too",
    arguments: ["grid", "screen", "hyperband", "asha-sizes", "bo"])
  func whatLeavingAMixtureCostsCountsOverSizesToo(name: String) throws {
    let near = try FeasibleMixtures(
      [.near(.uniform, strength: 3)], domains: Small.domains, availableTokens: [1, 1, 1],
      trainingTokens: 1)
    let context = Small.context(pool: 25, budget: 12, feasible: near)
    func price(_ mixture: Mixture) -> Double { near.pull!.value(at: mixture.weights) }
    let (runs, handedOver) = try Small.search(name, context)
    let chosen = try #require(handedOver.last!)
    let known = runs.filter { $0.level == 1 && $0.reached == 2 }.map(\.mixture)
    let lowest = known.map { Small.value($0) + price($0) }.min()!
    if name != "bo" { #expect(abs(Small.value(chosen) + price(chosen) - lowest) < 1e-9) }
    // Without it, another is the best.
    let free = try Small.search(name, Small.context(pool: 25, budget: 12))
    let without = try #require(free.handedOver.last!)
    #expect(price(chosen) < price(without) + 1e-9)
    #expect(price(chosen) < 0.5)
  }

  @Test("a pull is no part of what is predicted or guarded")
  func aPullIsNoPartOfWhatIsPredictedOrGuarded() throws {
    let near = try FeasibleMixtures(
      [.near(.uniform, strength: 3)], domains: Small.domains, availableTokens: [1, 1, 1],
      trainingTokens: 1)
    var context = Small.context(pool: 25, budget: 12, feasible: near)
    context.objective = Objective(
      targets: ["books", "web"], proportionalTo: [1, 1],
      limits: [.init(domain: "books", loss: 2.12), .init(domain: "code", loss: 2.4)])
    let runs = context.pool!.mixtures.prefix(14).enumerated().map { id, mixture in
      FidelityRun(
        id: id, mixture: mixture, level: 1, seed: 0,
        measurements: [.init(rung: 2, losses: Small.losses(mixture.weights))], reached: 2)
    }
    // Guards hold for losses without the price, also of a target.
    var grid = try makeFidelityMethod(named: "grid", context: context)
    let best = runs.min { a, b in
      let values = [a, b].map {
        context.objective.value(of: $0.measurements[0].losses)
          + near.pull!.value(at: $0.mixture.weights)
      }
      return values[0] < values[1]
    }
    let handedOver = grid.recommendation(runs: runs)?.mixture
    #expect(handedOver == best?.mixture)
    var method = try makeFidelityMethod(named: "bo", context: context)
    let recommended = method.recommendation(runs: runs)
    let found = try #require(recommended)
    if let predicted = found.predicted {
      let losses = Small.losses(found.mixture.weights)
      let value = context.objective.value(of: losses)
      #expect(abs(predicted.mean - value) < 0.5, "\(predicted) for \(value)")
    }
  }
}
