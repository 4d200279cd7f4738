import Foundation
import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

/// The others fit a process at every step, or need to know how much text there is, and are tested apart.
private let methodsWithoutModels = fidelityMethodNames.map(\.name).filter {
  !["scale-bo", "mfms", "mfms-fixed", "admire", "admire-tuned", "boca", "natural"].contains($0)
}

/// A grid whose runs are formulas: three domains, sizes 1, 3 and 9, the target last.
private enum Ladder {
  static let domains = ["books", "web", "code"]

  static func grid(rungs: [Int] = [1, 3, 9, 27], branch: Double = 0) -> FidelityGrid {
    let levels = [1, 3, 9].map { size in
      rungs.map { tokens in
        FidelityGrid.Rung(
          scale: Scale(size: "\(size)", parameters: size, tokens: tokens),
          trunkCost: Double(size * tokens), branchCost: branch * Double(size * tokens))
      }
    }
    return FidelityGrid(levels: levels, target: FidelityPoint(level: 2, rung: rungs.count - 1))
  }

  static func context(
    pool: [Mixture]? = nil, grid: FidelityGrid = grid(), seed: UInt64 = 1, budget: Double = 12
  ) -> FidelityContext {
    FidelityContext(
      domains: domains, objective: .mean(of: domains), grid: grid,
      pool: pool.map { pool in
        FidelityPool(
          mixtures: pool, reach: pool.map { _ in grid.levels.map { $0.count - 1 } })
      }, seed: seed, budget: budget)
  }

  static func mixtures(_ count: Int) -> [Mixture] {
    SobolSequence.simplexPoints(parts: 3, count: count, seed: 5).map {
      Mixture(domains: domains, proportionalTo: $0)
    }
  }

  static func losses(_ w: [Double], level: Int, rung: Int) -> [Double] {
    w.map { 2 + 0.5 * exp(-4 * $0) + 1 / Double(level + rung + 1) }
  }

  /// What a search does until its budget is spent, each step's runs measured at once.
  static func search(
    _ method: inout any FidelityMethod, _ context: FidelityContext, steps: Int = .max,
    isRemade: Bool = false, named name: String = ""
  ) throws -> (runs: [FidelityRun], steps: [FidelityStep], left: Double) {
    var runs: [FidelityRun] = []
    var taken: [FidelityStep] = []
    var left = context.budget
    while taken.count < steps {
      if isRemade { method = try makeFidelityMethod(named: name, context: context) }
      guard let step = method.next(runs: runs, budgetLeft: left) else { break }
      #expect(context.admits(step, runs: runs))
      let cost = context.cost(of: step, runs: runs, measuringOnTheWay: method.measuresOnTheWay)
      guard cost <= left else { break }
      left -= cost
      let run: Int
      let goal: Int
      switch step {
      case .start(let mixture, let point):
        run = runs.count
        goal = point.rung
        runs.append(FidelityRun(id: run, mixture: mixture, level: point.level, seed: 0))
      case .resume(let paused, let rung):
        run = paused
        goal = rung
      }
      for rung in ((runs[run].reached ?? -1) + 1)...goal
      where rung == goal || method.measuresOnTheWay {
        runs[run].measurements.append(
          .init(
            rung: rung,
            losses: losses(runs[run].mixture.weights, level: runs[run].level, rung: rung)))
      }
      runs[run].reached = goal
      taken.append(step)
    }
    return (runs, taken, left)
  }
}

@Suite struct MethodsThatChooseSizeAndLengthTests {
  // Li et al., Hyperband, JMLR 18 (2018), table 1: R = 81, η = 3.
  @Test("bracket as the published table says") func bracketAsThePublishedTableSays() {
    let published = [
      4: [81, 27, 9, 3, 1], 3: [34, 11, 3, 1], 2: [15, 5, 1], 1: [8, 2], 0: [5],
    ]
    for (index, counts) in published {
      #expect(HyperbandBracket(index, of: 4, eta: 3).counts == counts, "s = \(index)")
    }
    let grid = FidelityGrid(
      levels: [
        [1, 3, 9, 27, 81].map { tokens in
          .init(
            scale: Scale(size: "1", parameters: 1, tokens: tokens), trunkCost: Double(tokens))
        }
      ], target: FidelityPoint(level: 0, rung: 4))
    let path = ResourcePath(.steps, along: grid)
    #expect(path.brackets(eta: 3) == 4)
    #expect(path.rungs(bracket: 4, eta: 3).map(\.rung) == [0, 1, 2, 3, 4])
    #expect(path.rungs(bracket: 1, eta: 3).map(\.rung) == [3, 4])
    // A pool that is too small starts with what it has, and one gets to the end.
    #expect(HyperbandBracket(4, of: 4, eta: 3, limit: 26).counts == [26, 8, 2, 1, 1])
  }

  @Test("pay for what a run lacks") func payForWhatARunLacks() {
    let grid = Ladder.grid(branch: 0.5)
    let unit = 9.0 * 27 * 1.5
    #expect(grid[grid.target].trunkCost + grid[grid.target].branchCost == 1)
    #expect(abs(grid.extraCost(level: 1, from: nil, to: 1) - (9 + 1.5 + 4.5) / unit) < 1e-15)
    #expect(
      abs(
        grid.extraCost(level: 1, from: nil, to: 1, measuringOnTheWay: false) - (9 + 4.5) / unit)
        < 1e-15)
    #expect(abs(grid.extraCost(level: 1, from: 1, to: 2) - (27 - 9 + 13.5) / unit) < 1e-15)
    var context = Ladder.context(grid: grid)
    let run = FidelityRun(
      id: 0, mixture: Ladder.mixtures(1)[0], level: 1, seed: 0, reached: 1)
    let step = FidelityStep.resume(run: 0, rung: 2)
    #expect(
      abs(context.cost(of: step, runs: [run], measuringOnTheWay: true) - 31.5 / unit) < 1e-15)
    context.payOnlyExtraSteps = false
    #expect(
      abs(context.cost(of: step, runs: [run], measuringOnTheWay: true) - 40.5 / unit) < 1e-15)
    #expect(!context.admits(.resume(run: 0, rung: 1), runs: [run]))
    #expect(!context.admits(.start(run.mixture, at: .init(level: 1, rung: 3)), runs: [run]))
    #expect(context.admits(.start(run.mixture, at: .init(level: 0, rung: 3)), runs: [run]))
  }

  @Test(
    "halve as their brackets say", arguments: ["successive-halving", "hyperband", "bohb"],
    [false, true])
  func halveAsTheirBracketsSay(name: String, overSizes: Bool) throws {
    let grid = Ladder.grid()
    let context = Ladder.context(grid: grid, budget: 40)
    let full = name + (overSizes ? "-sizes" : "")
    var method = try makeFidelityMethod(named: full, context: context)
    let path = ResourcePath(overSizes ? .sizes : .steps, along: grid)
    let deepest = path.brackets(eta: 3)
    // From 27 to 1 tokens at the target's size; over all sizes 9 times less still.
    #expect(deepest == (overSizes ? 5 : 3))
    let counts = HyperbandBracket(deepest, of: deepest, eta: 3).counts
    let found = try Ladder.search(
      &method, context, steps: counts.reduce(0, +))
    let points = found.steps.map { step -> FidelityPoint in
      switch step {
      case .start(_, let point): point
      case .resume(let run, let rung): FidelityPoint(level: found.runs[run].level, rung: rung)
      }
    }
    let rungs = path.rungs(bracket: deepest, eta: 3)
    #expect(points == zip(rungs, counts).flatMap { Array(repeating: $0, count: $1) })
    #expect(rungs.last == grid.target)
    // The one at the target is the best of all, as no run is noisy here.
    let values = found.runs.map { $0.mixture }.map { mixture in
      context.objective.value(of: Ladder.losses(mixture.weights, level: 0, rung: 0))
    }
    let best = found.runs[values.indices.min { values[$0] < values[$1] }!].mixture
    #expect(method.recommendation(runs: found.runs)?.mixture == best)
  }

  /// A search that was killed goes on as if nothing had happened: a method made anew before every step
  /// proposes the same.
  @Test("propose what the runs so far imply", arguments: methodsWithoutModels, [true, false])
  func proposeWhatTheRunsSoFarImply(name: String, fromPool: Bool) throws {
    let context = Ladder.context(pool: fromPool ? Ladder.mixtures(30) : nil, budget: 6)
    var method = try makeFidelityMethod(named: name, context: context)
    let whole = try Ladder.search(&method, context)
    if name == "uniform" {
      // Two runs of one mixture, whatever the seed.
      #expect(whole.steps.count == 2)
      return
    }
    #expect(whole.steps.count > 3)
    #expect(whole.left >= -1e-9)
    // Of a pool, BOHB's configurations are not to be read off the runs.
    if fromPool && name.hasPrefix("bohb") { return }
    var again = try makeFidelityMethod(named: name, context: context)
    let remade = try Ladder.search(&again, context, isRemade: true, named: name)
    #expect(remade.steps == whole.steps)
    var other = try makeFidelityMethod(
      named: name, context: Ladder.context(pool: context.pool?.mixtures, seed: 2, budget: 6))
    let different = try Ladder.search(
      &other, Ladder.context(pool: context.pool?.mixtures, seed: 2, budget: 6))
    #expect(different.steps != whole.steps)
  }

  @Test("promote as soon as a third is known") func promoteAsSoonAsAThirdIsKnown() throws {
    let context = Ladder.context(pool: Ladder.mixtures(27), budget: 100)
    var method = try makeFidelityMethod(named: "asha", context: context)
    let found = try Ladder.search(&method, context)
    // Two more starts, then the best of three goes on.
    for step in found.steps.prefix(3) {
      guard case .start(_, let point) = step else {
        Issue.record("expected a start, found \(step)")
        continue
      }
      #expect(point == FidelityPoint(level: 2, rung: 0))
    }
    let values = found.runs.prefix(3).map {
      context.objective.value(of: $0.measurements[0].losses)
    }
    let best = values.indices.min { values[$0] < values[$1] }!
    #expect(found.steps[3] == .resume(run: best, rung: 1))
    // In the end all of the pool has been run to the target, and nothing is left to do.
    #expect(found.runs.count == 27)
    #expect(found.runs.allSatisfy { $0.reached == 3 })
  }

  @Test("wait for a rung or do not") func waitForARungOrDoNot() throws {
    let context = Ladder.context(budget: 100)
    for (name, waits) in [("hyperband", true), ("asha", false), ("random", false)] {
      var method = try makeFidelityMethod(named: name, context: context)
      var runs: [FidelityRun] = []
      for id in 0..<27 {
        guard case .start(let mixture, let point)? = method.next(runs: runs, budgetLeft: 99) else {
          Issue.record("expected a start")
          return
        }
        runs.append(
          FidelityRun(id: id, mixture: mixture, level: point.level, seed: 0, goal: point.rung))
      }
      #expect((method.next(runs: runs, budgetLeft: 99) == nil) == waits, "\(name)")
    }
  }

  /// However unlikely a model holds what a run gave: in a table of one run each it is what the mixture is worth.
  @Test("hand over the lowest run where runs are judged, by a model too", arguments: 0..<8)
  func handOverTheLowestRunWhereRunsAreJudged(lowest: Int) throws {
    let mixtures = Ladder.mixtures(8)
    var context = Ladder.context(pool: mixtures)
    context.judgesRuns = true
    let target = context.grid.target
    func losses(_ mixture: Mixture, _ level: Int) -> [Double] {
      Ladder.losses(mixture.weights, level: level, rung: target.rung)
    }
    let least = mixtures.map { context.objective.value(of: losses($0, target.level)) }.min()!
    var runs: [FidelityRun] = []
    for level in [0, target.level] {
      for (place, mixture) in mixtures.enumerated() {
        var found = losses(mixture, level)
        if level == target.level, place == lowest {
          let gap = context.objective.value(of: found) - least + 0.001
          found = found.map { $0 - gap }
        }
        runs.append(
          FidelityRun(
            id: runs.count, mixture: mixture, level: level, seed: 0,
            measurements: [.init(rung: target.rung, losses: found)], reached: target.rung))
      }
    }
    var method = try makeFidelityMethod(named: "scale-bo", context: context)
    #expect(method.recommendation(runs: runs)?.mixture == mixtures[lowest])
    // One that has not been run there is handed over only if it is expected to be lower than what has.
    let others = runs.filter { $0.level == 0 || $0.mixture == mixtures[lowest] }
    let recommended = method.recommendation(runs: others)
    let handed = try #require(recommended)
    if handed.mixture != mixtures[lowest] {
      let predicted = try #require(handed.predicted)
      #expect(predicted.mean < least - 0.001)
    }
  }

  /// Confidence bounds at the target lead there by way of cheaper runs.
  @Test("ask where it is cheap and uncertain") func askWhereItIsCheapAndUncertain() throws {
    let context = Ladder.context(pool: Ladder.mixtures(16), budget: 8)
    var method = try makeFidelityMethod(named: "boca", context: context)
    let found = try Ladder.search(&method, context)
    // More steps than the target's price would allow.
    #expect(found.steps.count > Int(context.budget) + 2)
    #expect(
      found.runs.contains { $0.level == 2 && $0.reached == 3 }, "\(found.steps)")
    let values = context.pool!.mixtures.map { mixture in
      context.objective.value(of: Ladder.losses(mixture.weights, level: 2, rung: 3))
    }
    let chosen = try #require(method.recommendation(runs: found.runs)?.mixture)
    let value = values[try #require(context.pool?.index(of: chosen))]
    #expect(value < Statistics.mean(values))
    var again = try makeFidelityMethod(named: "boca", context: context)
    let remade = try Ladder.search(&again, context, steps: 8, isRemade: true, named: "boca")
    #expect(remade.steps == Array(found.steps.prefix(8)))
  }

  @Test("lay grids as fine as the budget pays for") func layGridsAsFineAsTheBudgetPaysFor() {
    #expect(TargetSearch.lattice(parts: 3, atMost: 9).count == 6)
    #expect(TargetSearch.lattice(parts: 3, atMost: 10).count == 10)
    #expect(TargetSearch.lattice(parts: 5, atMost: 2).count == 5)
    #expect(TargetSearch.lattice(parts: 1, atMost: 4) == [[1]])
    for point in TargetSearch.lattice(parts: 4, atMost: 60) {
      #expect(abs(point.reduce(0, +) - 1) < 1e-12)
    }
  }

  @Test("hand over the best of the highest fidelity") func handOverTheBestOfTheHighestFidelity() {
    let context = Ladder.context()
    func run(_ id: Int, _ level: Int, _ values: [Double?]) -> FidelityRun {
      FidelityRun(
        id: id, mixture: Ladder.mixtures(8)[id], level: level, seed: 0,
        measurements: values.enumerated().compactMap { rung, value in
          value.map { .init(rung: rung, losses: [$0, $0, $0]) }
        }, reached: values.count - 1)
    }
    let runs = [
      run(0, 0, [1, 0.5]), run(1, 1, [2, nil, 1.5]), run(2, 1, [3, 1, 1.4]), run(3, 1, [0.1]),
    ]
    #expect(context.incumbent(runs) == runs[2].mixture)
    #expect(context.incumbent([]) == nil)
    #expect(context.incumbent(runs + [run(4, 2, [9])]) == Ladder.mixtures(8)[4])
  }

  @Test("know each others names") func knowEachOthersNames() {
    #expect(throws: FidelityMethodError.unknown(name: "hyperbnd")) {
      try makeFidelityMethod(named: "hyperbnd", context: Ladder.context())
    }
    #expect(
      FidelityMethodError.unknown(name: "hyperbnd").description
        .contains("did you mean 'hyperband'?"))
  }
}

@Suite struct DensitiesOnTheSimplexTests {
  /// Over a fine lattice of the triangle, whose area is ½ in the first two weights.
  @Test("integrate to one") func integrateToOne() {
    let density = SimplexDensity([[0.6, 0.3, 0.1], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6], [1, 0, 0]])
    let n = 300
    var sum = 0.0
    for i in 0..<n {
      for j in 0..<n - i {
        // Midpoints of the two triangles that a square of the lattice is cut into.
        for x in [1.0 / 3, 2.0 / 3] where x < 0.5 || i + j < n - 1 {
          let a = (Double(i) + x) / Double(n)
          let b = (Double(j) + x) / Double(n)
          sum += exp(density.logarithm(at: [a, b, 1 - a - b])) / Double(2 * n * n)
        }
      }
    }
    #expect(abs(sum - 1) < 2e-3, "\(sum)")
  }

  @Test("prefer what was good") func preferWhatWasGood() throws {
    var generator = SeededGenerator(seed: 3)
    let known = (0..<40).map { _ -> (weights: [Double], value: Double) in
      let w = Simplex.dirichlet(parts: 3, concentration: 1, using: &generator)
      return (w, pow(w[0] - 0.7, 2) + pow(w[1] - 0.2, 2))
    }
    let ratio = try #require(DensityRatio(known))
    let context = Ladder.context()
    let drawn = (0..<20).map { _ in
      ratio.best(of: nil, context: context, using: &generator)!.weights
    }
    let gap = Statistics.mean(drawn.map { abs($0[0] - 0.7) + abs($0[1] - 0.2) })
    let chance = Statistics.mean(known.map { abs($0.weights[0] - 0.7) + abs($0.weights[1] - 0.2) })
    #expect(gap < 0.5 * chance, "\(gap) \(chance)")
    // Of a pool, one of the pool.
    let pool = Ladder.mixtures(100)
    let chosen = try #require(ratio.best(of: pool, context: context, using: &generator))
    #expect(pool.contains(chosen))
    #expect(DensityRatio(Array(known.prefix(4))) == nil)
  }
}
