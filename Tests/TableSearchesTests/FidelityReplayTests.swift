import Foundation
import MixtureMethods
import Mixtures
import Numerics
import RunTables
import TableSearches
import Testing

extension Fixture {
  /// Learning curves of the same mixtures at several sizes; `seeds` of each at the largest.
  static func curves(
    count: Int = 24, sizes: [String] = ["1M", "4M", "16M"], steps: [Double] = [10, 30, 100, 300],
    seeds: Int = 1, noise: Double = 0
  ) -> RunTable {
    var rows: [RunTable.Row] = []
    var generator = SeededGenerator(seed: 9, stream: "curves")
    var run = 0
    for size in sizes {
      let parameters = RunTable.parameters(ofSize: size)!
      for w in SobolSequence.simplexPoints(parts: 3, count: count, seed: 1) {
        for seed in 1...UInt64(size == sizes.last ? seeds : 1) {
          let luck = noise * generator.normal()
          for step in steps {
            rows.append(
              RunTable.Row(
                path: "c.csv", line: rows.count + 2, name: nil, run: run,
                mixture: Mixture(domains: domains, proportionalTo: w), size: size,
                parameters: parameters, step: step, tokens: nil, seed: seed, status: .finished,
                losses: losses(w).map {
                  $0 + luck + 40 / parameters.squareRoot() + 1 / step.squareRoot()
                }))
          }
          run += 1
        }
      }
    }
    return RunTable(
      domains: domains, heldOut: domains, targets: domains, rows: rows,
      layout: TableLayout(domains: domains, heldOut: domains))
  }
}

/// The others fit a process at every step, or need to know how much text there is, and are tested elsewhere.
private let methodsWithoutModels = fidelityMethodNames.map(\.name).filter {
  !["scale-bo", "mfms", "mfms-fixed", "admire", "admire-tuned", "boca", "natural"].contains($0)
}

@Suite struct ReplaysAtSeveralSizesTests {
  private func table(
    _ runs: RunTable, _ selection: FidelityTable.Selection = .init(target: "16M")
  ) throws -> FidelityTable {
    try FidelityTable(runs, objective: .mean(of: Fixture.domains), selection: selection)
  }

  private func replay(
    _ table: FidelityTable, budget: Double = 6, workers: Int = 1, noise: Double = 0
  ) -> FidelityReplay {
    FidelityReplay(
      table: table,
      configuration: FidelityReplayConfiguration(
        kind: .sizes, fingerprint: table.fingerprint, objective: "mean", target: "16M",
        budget: budget, workers: workers, noise: noise))
  }

  @Test("read sizes and lengths off a table") func readSizesAndLengthsOffATable() throws {
    var runs = Fixture.curves()
    let table = try table(runs)
    #expect(table.count == 24)
    #expect(table.grid.levels.map(\.count) == [4, 4, 4])
    #expect(table.grid.target == FidelityPoint(level: 2, rung: 3))
    #expect(abs(table.grid.levels[0][1].trunkCost - 30.0 / (16 * 300)) < 1e-12)
    #expect(table.noise == nil)
    let first = table.pool.mixtures[0].weights
    #expect(
      abs(
        table.values[0] - (Fixture.losses(first).reduce(0, +) / 3 + 0.01 + 300.squareRoot() / 300))
        < 1e-9)

    // A size that is not asked for, a step, fewer rungs, a decay.
    var selection = FidelityTable.Selection(
      target: "16m", step: 100, sizes: ["1M"], rungs: 2, decay: 0.25)
    let part = try self.table(runs, selection)
    #expect(part.grid.levels.map { $0.map(\.scale.tokens) } == [[10, 300], [10, 100]])
    #expect(part.grid[part.grid.target].trunkCost == 0.75)
    selection.target = "2B"
    #expect(throws: RunTableError.self) { try self.table(runs, selection) }
    selection.target = "1M"
    selection.sizes = nil
    selection.step = 11
    #expect(throws: RunTableError.self) { try self.table(runs, selection) }
    #expect(throws: ReplayError.noCheaperRuns(target: "1M")) {
      try self.table(runs, .init(target: "1M", step: 10))
    }

    // Gaps, losses that are missing, runs that were lost, and mixtures that never saw the target.
    runs.rows[0].losses[1] = nil
    runs.rows.removeAll { $0.run == 1 || $0.run == 50 }
    let lost = runs.rows.lastIndex { $0.run == 3 }!
    runs.rows[lost].status = .diverged
    let ragged = try self.table(runs)
    #expect(ragged.count == 23)
    let places = try [0, 1, 3].map { run in
      try #require(
        ragged.pool.index(of: Fixture.curves().rows.first { $0.run == run }!.mixture))
    }
    #expect(ragged.pool.reach[places[0]] == [3, 3, 3])
    #expect(ragged.pool.reach[places[1]] == [nil, 3, 3])
    let gap = ragged.runs[places[0]][0][0].losses
    #expect(gap[0] == nil && gap[1] != nil)
    let end = ragged.runs[places[2]][0][0]
    #expect(end.hasDiverged && end.losses[3] == nil && end.losses[2] != nil)
    #expect(ragged.fingerprint != table.fingerprint)
  }

  /// A trunk of 80 %, decays of 20 %, an evaluation at each rung: told apart again.
  @Test("read costs off a column of operations") func readCostsOffAColumnOfOperations() throws {
    var runs = Fixture.curves()
    let steps = [10.0, 30, 100, 300]
    for index in runs.rows.indices {
      let (step, size) = (runs.rows[index].step!, runs.rows[index].parameters!)
      let done = steps.prefix { $0 <= step }
      runs.rows[index].operations =
        6 * size * (0.8 * step + 0.2 * done.reduce(0, +) + 5 * Double(done.count))
    }
    let grid = try table(runs, .init(target: "16M", rungs: 3)).grid
    let unit = 0.8 * 300 + 0.2 * 300 + 5
    #expect(grid.levels.map(\.count) == [3, 3, 3])
    for (level, share) in [1.0 / 16, 0.25, 1].enumerated() {
      for rung in grid.levels[level] {
        let step = Double(rung.scale.tokens)
        #expect(abs(rung.trunkCost - share * 0.8 * step / unit) < 1e-6)
        #expect(abs(rung.branchCost - share * (0.2 * step + 5) / unit) < 1e-6)
      }
    }
    // Operations that grow with the steps alone have no branch.
    for index in runs.rows.indices {
      runs.rows[index].operations = runs.rows[index].parameters! * runs.rows[index].step!
    }
    let plain = try table(runs).grid
    #expect(plain.levels.joined().allSatisfy { $0.branchCost < 1e-9 })
    #expect(abs(plain.levels[0][0].trunkCost - 10.0 / (16 * 300)) < 1e-9)
  }

  @Test("know a seeds noise") func knowASeedsNoise() throws {
    let table = try table(Fixture.curves(seeds: 8, noise: 0.01))
    let noise = try #require(table.noise)
    #expect(abs(noise - 0.01) < 0.002, "\(noise)")
    #expect(table.runs[0].map(\.count) == [1, 1, 8])
  }

  /// The second seed is .2 worse for all, and only some mixtures have it.
  @Test("free mixtures of what a seed does to all") func freeMixturesOfWhatASeedDoesToAll() throws {
    var runs = Fixture.curves(seeds: 2, noise: 0.01)
    let mixtures = distinctMixtures(runs)
    runs.rows.removeAll { $0.seed == 2 && !mixtures.prefix(12).contains($0.mixture) }
    for index in runs.rows.indices where runs.rows[index].seed == 2 {
      runs.rows[index].losses = runs.rows[index].losses.map { $0! + 0.2 }
    }
    let table = try table(runs)
    let noise = try #require(table.noise)
    #expect(noise > 0.004 && noise < 0.02, "\(noise)")
    for (mixture, value) in zip(table.pool.mixtures, table.values) {
      let truth = Fixture.losses(mixture.weights).reduce(0, +) / 3 + 0.01 + 300.squareRoot() / 300
      #expect(abs(value - truth) < 0.05, "\(value) \(truth)")
    }
  }

  private func distinctMixtures(_ runs: RunTable) -> [Mixture] {
    runs.rows.map(\.mixture).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Runs of 24 mixtures at the smaller sizes, of which the target has every second.
  private func curvesOfWhichTheTargetHasHalf() -> RunTable {
    var runs = Fixture.curves()
    let mixtures = distinctMixtures(runs)
    runs.rows.removeAll {
      $0.size == "16M" && mixtures.firstIndex(of: $0.mixture)! % 2 == 0
    }
    return runs
  }

  @Test("admit mixtures that were run at smaller sizes only")
  func admitMixturesThatWereRunAtSmallerSizesOnly() throws {
    let runs = curvesOfWhichTheTargetHasHalf()
    let strict = try table(runs)
    #expect(strict.count == 12 && strict.pool.mixtures.count == 12)
    #expect(strict.notes[0] == "12 mixtures that were not measured at the target left out")
    let wide = try table(runs, .init(target: "16M", admitsCheapMixtures: true))
    #expect(wide.count == 12 && wide.pool.mixtures.count == 24 && wide.values == strict.values)
    #expect(Array(wide.pool.mixtures.prefix(12)) == strict.pool.mixtures)
    #expect(wide.pool.reach.dropFirst(12).allSatisfy { $0 == [3, 3, nil] })
    #expect(wide.notes[0].hasSuffix("can be run at other sizes and lengths only"))
  }

  /// As in RegMix's tables, where no mixture of the largest size was run at another.
  @Test(
    "search where no mixture of the target was run at smaller sizes",
    arguments: ["scale-bo", "screen", "random", "hyperband", "uniform"])
  func searchWhereNoMixtureOfTheTargetWasRunAtSmallerSizes(name: String) throws {
    var runs = Fixture.curves()
    let mixtures = distinctMixtures(runs)
    // The nearest to equal shares is one of the target's.
    let even = Mixture.uniform(over: Fixture.domains).nearest(of: mixtures)!
    let place = mixtures.firstIndex(of: even)!
    runs.rows.removeAll {
      (mixtures.firstIndex(of: $0.mixture)! % 2 == place % 2) != ($0.size == "16M")
    }
    let table = try table(runs, .init(target: "16M", admitsCheapMixtures: true))
    #expect(table.pool.reach[0] == [nil, nil, 3])
    let trace = try replay(table, budget: 3).trace(of: .init(method: name), seed: 2)
    #expect(trace.compute <= 3 + 1e-9)
    #expect(trace.points.allSatisfy { $0.handedOver.map(table.values.contains) ?? true })
    if name == "scale-bo" { #expect(trace.spend[0] > 0 && trace.spend[2] > 0) }
  }

  @Test(
    "hand over what the target has, where it has some of the mixtures only",
    arguments: methodsWithoutModels + ["scale-bo", "mfms"])
  func handOverWhatTheTargetHasWhereItHasSomeOfTheMixturesOnly(name: String) throws {
    let table = try table(
      curvesOfWhichTheTargetHasHalf(), .init(target: "16M", admitsCheapMixtures: true))
    let trace = try replay(table, budget: 3).trace(of: .init(method: name), seed: 2)
    // What is nearest to equal shares need not be one of the target's.
    #expect(trace.compute <= 3 + 1e-9 && trace.compute > (name == "uniform" ? 0 : 1.5))
    #expect(trace.points.allSatisfy { $0.handedOver.map(table.values.contains) ?? true })
    // What is handed over is never nothing again.
    let first = trace.points.firstIndex { $0.handedOver != nil } ?? trace.points.count
    #expect(trace.points.dropFirst(first).allSatisfy { $0.handedOver != nil })
  }

  @Test("keep to their budget", arguments: methodsWithoutModels)
  func keepToTheirBudget(name: String) throws {
    let table = try table(Fixture.curves(count: 16))
    let replay = replay(table, budget: 5)
    let variant = FidelityVariant(method: name)
    let trace = try replay.trace(of: variant, seed: 3)
    #expect(try replay.trace(of: variant, seed: 3) == trace)
    // Equal shares are one run.
    #expect(trace.compute <= 5 + 1e-9 && trace.compute > (name == "uniform" ? 0.9 : 2))
    #expect(abs(trace.spend.reduce(0, +) - trace.compute) < 1e-9)
    #expect(abs(trace.duration - trace.compute) < 1e-9)
    #expect(zip(trace.points, trace.points.dropFirst()).allSatisfy { $0.compute < $1.compute })
    #expect(trace.points.allSatisfy { $0.handedOver.map(table.values.contains) ?? true })
    let ran = trace.points.compactMap(\.ran)
    #expect(zip(ran, ran.dropFirst()).allSatisfy { $0 >= $1 })
    // Beside each other runs take less time and cost the same or a little more.
    let three = try self.replay(table, budget: 5, workers: 3).trace(of: variant, seed: 3)
    #expect(three.duration < trace.duration)
    #expect(three.compute <= 5 + 1e-9)
  }

  @Test("give credit for what is paused") func giveCreditForWhatIsPaused() throws {
    let replay = replay(try table(Fixture.curves()), budget: 8)
    let with = try replay.trace(of: .init(method: "hyperband"), seed: 1)
    let without = try replay.trace(
      of: try FidelityVariant(parsing: "hyperband+no-resume-credit"), seed: 1)
    #expect(with.resumed > 0)
    #expect(without.method == "hyperband+no-resume-credit")
    #expect(with.runs + with.resumed > without.runs + without.resumed)
    #expect(throws: ReplayError.unknownAblation(name: "last-point")) {
      try FidelityVariant(parsing: "hyperband+last-point")
    }
  }

  @Test("tell random search from others") func tellRandomSearchFromOthers() throws {
    let table = try table(Fixture.curves(count: 40))
    let replay = replay(table, budget: 20)
    var traces: [FidelityTrace] = []
    for seed in 1...8 as ClosedRange<UInt64> {
      for name in ["random", "hyperband-sizes", "asha-sizes"] {
        traces.append(try replay.trace(of: .init(method: name), seed: seed))
      }
    }
    let summary = FidelitySummary(
      configuration: replay.configuration, table: table, tolerance: 1e-4,
      traces: traces.reversed())
    #expect(summary.methods.last?.method == "random")
    let speedUp = try #require(summary.speedUp(of: "asha-sizes", over: "random", .handedOver))
    #expect(speedUp.ratio > 3 && speedUp.low > 1 && speedUp.low <= speedUp.ratio)
    for method in summary.methods {
      #expect(abs(method.shares.reduce(0, +) - 1) < 1e-9)
      for point in method.curve { #expect(point.low <= point.regret && point.regret <= point.high) }
      #expect(method.curve.last?.arrived == Double(method.handedOver.count) / 8)
    }
    // Without a seed's noise the tolerance is from the mixtures' spread.
    let plain = FidelitySummary(
      configuration: replay.configuration, table: table, traces: traces)
    #expect(plain.tolerance > 0 && plain.goodMixtures >= 1)
  }

  @Test("count arrivals that last") func countArrivalsThatLast() throws {
    let table = try table(Fixture.curves())
    let replay = replay(table, budget: 10)
    let (best, bad) = (table.values.min()!, table.values.max()!)
    func trace(_ method: String, _ seed: UInt64, _ values: [(Double, Double?, Double?)])
      -> FidelityTrace
    {
      FidelityTrace(
        method: method, seed: seed,
        points: values.map { .init(compute: $0.0, handedOver: $0.1, ran: $0.2) }, compute: 10,
        spend: [1, 2, 7], runs: 5, resumed: 1, duration: 10)
    }
    let summary = FidelitySummary(
      configuration: replay.configuration, table: table, tolerance: 1e-9,
      traces: [
        trace("random", 1, [(1, best, nil), (2, bad, bad), (4, best, best)]),
        trace("random", 2, [(1, bad, bad), (8, best, best)]),
        trace("random", 3, [(1, bad, bad)]),
        trace("asha", 1, [(1, nil, nil), (2, best, nil)]),
        trace("asha", 2, [(1, bad, bad), (2, best, bad)]),
        trace("asha", 3, [(1, bad, bad), (4, best, best)]),
      ])
    let random = try #require(summary.methods.first { $0.method == "random" })
    let asha = try #require(summary.methods.first { $0.method == "asha" })
    #expect(random.handedOver.seeds == [4, 8, nil])
    #expect(random.handedOver.median == 8)
    #expect(random.handedOver.high == nil)
    #expect(asha.handedOver.seeds == [2, 2, 4])
    #expect(asha.ran.seeds == [nil, nil, 4])
    #expect(asha.ran.median == nil)
    let speedUp = try #require(summary.speedUp(of: "asha", over: "random", .handedOver))
    #expect(speedUp.ratio == 4 && !speedUp.isAtLeast)
    #expect(summary.speedUp(of: "asha", over: "random", .ran) == nil)
    // Before anything is handed over, a mixture at random is what one has.
    let mean = Statistics.mean(table.values)
    #expect(abs(asha.curve[0].regret - ((mean - best) + 2 * (bad - best)) / 3) < 1e-9)
    #expect(random.shares == [0.1, 0.2, 0.7])
  }

  @Test("go between the mixtures of the table") func goBetweenTheMixturesOfTheTable() throws {
    let real = try table(Fixture.curves(count: 30, steps: [30, 300]))
    let emulator = try FidelityEmulator(fittedTo: real, count: 80) { count, body in
      for index in 0..<count { try body(index) }
    }
    #expect(emulator.qualities.count == 6)
    #expect(emulator.qualities.contains { $0.landscape.objective > 0.95 })
    let table = emulator.table
    #expect(table.count == 80)
    #expect(table.grid == real.grid)
    #expect(Array(table.pool.mixtures.prefix(30)) == real.pool.mixtures)
    let hull = MixtureHull(of: real.pool.mixtures.map(\.weights))
    for mixture in table.pool.mixtures.dropFirst(30) {
      let inside = hull.projection(of: mixture.weights)
      #expect(zip(inside, mixture.weights).allSatisfy { abs($0 - $1) < 1e-3 })
    }
    for (mixture, value) in zip(table.pool.mixtures, table.values) {
      let truth = Fixture.losses(mixture.weights).reduce(0, +) / 3 + 0.01 + 300.squareRoot() / 300
      #expect(abs(value - truth) < 0.03, "\(value) \(truth)")
    }
    let trace = try replay(table).trace(of: .init(method: "bohb"), seed: 1)
    #expect(trace.points.last?.handedOver != nil)
  }
}
