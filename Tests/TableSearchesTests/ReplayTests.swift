import Foundation
import Mixtures
import Numerics
import RunTables
import TableSearches
import Testing

@Suite struct ReplaysOfAPoolTests {
  private func pool(_ count: Int = 80) throws -> RunPool {
    let table = try Fixture.table(count: count)
    return try RunPool(table, objective: .mean(of: table.targets))
  }

  private func configuration(
    _ pool: RunPool, initial: Int = 6, budget: Int = 20, noise: Double = 0
  ) -> ReplayConfiguration {
    ReplayConfiguration(
      kind: .pool, fingerprint: pool.fingerprint, objective: "mean", initial: initial,
      budget: budget, noise: noise)
  }

  @Test("hold each mixture once") func holdEachMixtureOnce() throws {
    var table = try Fixture.table(count: 12, empty: 1)
    var again = table.rows[2]
    again.losses = again.losses.map { $0! + 0.2 }
    table.rows.append(again)
    table.rows[4].status = .diverged
    table.rows[5].losses[0] = nil
    let pool = try RunPool(table, objective: .mean(of: table.targets))
    #expect(pool.count == 9)
    #expect(pool.omitted == 3)
    #expect(pool.repeated == 1)
    let first = Fixture.losses(table.rows[2].mixture.weights).reduce(0, +) / 3
    #expect(abs(pool.values[2] - first - 0.1) < 1e-12)
    #expect(throws: ReplayError.tooFewRuns(found: 7)) {
      try RunPool(Fixture.table(count: 7), objective: .mean(of: table.targets))
    }
  }

  @Test("tell a search from chance") func tellASearchFromChance() throws {
    let pool = try pool()
    let replay = PoolReplay(pool: pool, configuration: configuration(pool))
    var traces: [ReplayTrace] = []
    for seed in 1...6 as ClosedRange<UInt64> {
      for method in ["bo", "random"] { traces.append(try replay.trace(of: method, seed: seed)) }
    }
    for trace in traces {
      let tried = try #require(trace.tried)
      #expect(tried.count == 20 && Set(tried).count == 20)
      #expect(trace.values == tried.map { pool.values[$0] })
      #expect(trace.recommended.count == 15)
      // The same start for all.
      #expect(tried.prefix(6) == traces.first { $0.seed == trace.seed }!.tried!.prefix(6))
    }
    let summary = ReplaySummary(
      configuration: replay.configuration, values: pool.values, best: pool.values[pool.best],
      traces: traces.reversed())
    #expect(summary.methods.map(\.method) == ["bo", "random"])
    #expect(summary.best == pool.values.min())
    let bo = summary.methods[0]
    #expect(bo.curve.map(\.runs) == Array(6...20))
    #expect(try #require(bo.medianRunsToBest) <= 14)
    #expect(try #require(bo.point(after: 20)).regret < 0.002)
    for point in bo.curve {
      #expect(point.low <= point.regret && point.regret <= point.high)
      #expect(point.simpleRegret >= 0)
    }
    #expect(try #require(summary.methods[1].point(after: 20)).regret > bo.curve.last!.regret)
  }

  @Test("are the same in any order and with noise") func areTheSameInAnyOrderAndWithNoise() throws {
    let pool = try pool(40)
    let replay = PoolReplay(pool: pool, configuration: configuration(pool, budget: 12, noise: 0.02))
    let one = try replay.trace(of: "bo", seed: 3)
    _ = try replay.trace(of: "sobol", seed: 4)
    #expect(try replay.trace(of: "bo", seed: 3) == one)
    let clean = PoolReplay(pool: pool, configuration: configuration(pool, budget: 12))
    #expect(try clean.trace(of: "bo", seed: 3).tried?.prefix(6) == one.tried?.prefix(6))
    #expect(try clean.trace(of: "bo", seed: 3) != one)
    // Recommendations are judged by what is true, not by what was seen.
    #expect(one.recommended.allSatisfy { pool.values.contains($0) })
  }

  /// Laws take the run that they hold best.
  @Test("take laws at their predictions", arguments: ["bimix", "mixlaws"])
  func takeLawsAtTheirPredictions(law: String) throws {
    let pool = try pool(60)
    let replay = PoolReplay(pool: pool, configuration: configuration(pool, initial: 8, budget: 11))
    let trace = try replay.trace(of: law, seed: 2)
    #expect(trace.moved == 0)
    #expect(Set(try #require(trace.tried)).count == 11)
    #expect(try replay.trace(of: law, seed: 2) == trace)
    let check = PredictionCheck(pool: pool, trainingRuns: 24)
    let split = try #require(try check.split(1, method: law))
    #expect(split.covered == nil)
    #expect(try #require(split.spearman) > 0.8)
  }

  @Test("are stopped and refuse what does not search") func areStoppedAndRefuseWhatDoesNotSearch()
    throws
  {
    let pool = try pool(20)
    let replay = PoolReplay(pool: pool, configuration: configuration(pool, budget: 10))
    #expect(throws: CancellationError.self) {
      try replay.trace(of: "random", seed: 1, isCancelled: { true })
    }
    #expect(throws: ReplayError.noSearch(method: "uniform")) {
      try replay.trace(of: "uniform", seed: 1)
    }
  }

  @Test("keep their traces in a folder and go on with them")
  func keepTheirTracesInAFolderAndGoOnWithThem() throws {
    let pool = try pool(20)
    let asked = configuration(pool, budget: 8)
    let path = NSTemporaryDirectory() + "replay-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let trace = try PoolReplay(pool: pool, configuration: asked).trace(of: "random", seed: 1)
    do {
      let folder = try ReplayFolder(at: path, configuration: asked)
      #expect(folder.traces.isEmpty)
      try folder.append(trace)
    }
    #expect(try ReplayFolder(at: path, configuration: asked).traces == [trace])
    var other = asked
    other.budget = 9
    #expect {
      try ReplayFolder(at: path, configuration: other)
    } throws: {
      "\($0)".contains("budget is 8, expected 9")
    }
  }

  @Test("check predictions") func checkPredictions() throws {
    let pool = try pool(60)
    let check = PredictionCheck(pool: pool, trainingRuns: 24)
    let splits = try (1...3).map { try #require(try check.split($0, method: "bo")) }
    for split in splits {
      #expect(split.tested == 36)
      #expect(split.relativeError < 0.2)
      #expect(try #require(split.spearman) > 0.97)
    }
    let quality = PredictionQuality.summaries(of: splits)
    #expect(quality.count == 1)
    #expect(try #require(quality[0].coverage) > 0.85)
    #expect(try #require(quality[0].leaveOneOutCoverage) > 0.85)
    #expect(try check.split(1, method: "sobol") == nil)
  }
}

@Suite struct SummariesTests {
  /// Two seeds by hand.
  @Test("count runs and regrets") func countRunsAndRegrets() {
    let configuration = ReplayConfiguration(
      kind: .pool, fingerprint: "", objective: "", initial: 2, budget: 4, noise: 0)
    let traces = [
      ReplayTrace(
        method: "a", seed: 1, tried: [0, 1, 2, 3], values: [5, 4, 1, 3], recommended: [4, 4, 1],
        moved: 0),
      ReplayTrace(
        method: "a", seed: 2, tried: [4, 1, 0, 3], values: [6, 4, 5, 3], recommended: [4, 3, 3],
        moved: 2),
    ]
    let summary = ReplaySummary(
      configuration: configuration, values: [5, 4, 1, 3, 6], best: 1, traces: traces)
    let method = summary.methods[0]
    #expect(method.curve.map(\.regret) == [3, 2.5, 1])
    #expect(method.curve.map(\.simpleRegret) == [3, 1.5, 1])
    #expect(method.runsToBest == [3, nil])
    #expect(method.medianRunsToBest == nil)
    #expect(method.allFoundBy == nil)
    #expect(method.moved == 2)
    #expect(summary.checkpoints == [2, 4])
    let found = ReplaySummary(
      configuration: configuration, values: [5, 4, 1, 3, 6], best: 1, traces: [traces[0]])
    #expect(found.methods[0].medianRunsToBest == 3)
    #expect(found.methods[0].allFoundBy == 3)
  }
}

@Suite struct LandscapesTests {
  @Test("stay within the hull") func stayWithinTheHull() {
    let hull = MixtureHull(of: [[1, 0, 0], [0, 1, 0], [0.2, 0.2, 0.6]])
    let inside = [0.5, 0.3, 0.2]
    #expect(zip(hull.projection(of: inside), inside).allSatisfy { abs($0 - $1) < 1e-4 })
    // Beyond the third corner the nearest point is that corner.
    let corner = hull.projection(of: [0, 0, 1])
    #expect(zip(corner, [0.2, 0.2, 0.6]).allSatisfy { abs($0 - $1) < 1e-4 })
    // Of the two corners' edge, its middle.
    let middle = MixtureHull(of: [[1, 0, 0], [0, 1, 0]]).projection(of: [0.3, 0.3, 0.4])
    #expect(zip(middle, [0.5, 0.5, 0]).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test("have a minimum where a bowl has it") func haveAMinimumWhereABowlHasIt() {
    let hull = MixtureHull(of: [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.4, 0.3, 0.3]])
    let center = [0.25, 0.6, 0.15]
    let found = hull.minimize(from: [0, 0, 1]) { w in
      zip(w, center).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    #expect(zip(found.mixture, center).allSatisfy { abs($0 - $1) < 1e-3 })
    #expect(found.value < 1e-6)
  }

  @Test("follow the table and order methods as it does")
  func followTheTableAndOrderMethodsAsItDoes() throws {
    let table = try Fixture.table(count: 60)
    let pool = try RunPool(table, objective: .mean(of: table.targets))
    let landscape = Landscape(fittedTo: pool)
    #expect(landscape.quality.objective > 0.98)
    #expect(landscape.quality.outputs.allSatisfy { $0 > 0.98 })
    for index in [0, 17, 41] {
      #expect(abs(landscape.value(at: pool.mixtures[index].weights) - pool.values[index]) < 0.01)
    }
    let best = landscape.minimum(starts: 8)
    #expect(best.value <= pool.values.map { $0 }.min()! + 0.005)
    #expect(pool.mixtures.allSatisfy { landscape.value(at: $0.weights) >= best.value - 1e-6 })
    let replay = LandscapeReplay(
      pool: pool, landscape: landscape,
      configuration: ReplayConfiguration(
        kind: .landscape, fingerprint: pool.fingerprint, objective: "", initial: 6, budget: 14,
        noise: 0))
    let traces = try ["bo", "random"].flatMap { method in
      try [1, 2, 3].map { try replay.trace(of: method, seed: $0) }
    }
    let summary = ReplaySummary(
      configuration: replay.configuration, values: pool.values, best: best.value, tolerance: 0.002,
      traces: traces)
    #expect(summary.methods.map(\.method) == ["bo", "random"])
    #expect(summary.methods[0].curve.last!.regret < 0.003)
    #expect(try replay.trace(of: "bo", seed: 2) == traces[1])
  }

  @Test("know an exponential law when they see one") func knowAnExponentialLawWhenTheySeeOne() {
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: 40, seed: 2)
    func law(_ w: [Double]) -> Double { 2 + exp(-0.5 * w[0] - 3 * w[1] + 0.4 * w[2] - w[3]) }
    let fit = LandscapeLaw(
      mixtures: mixtures, losses: mixtures.map(law), counts: mixtures.map { _ in 1 })
    for w in SobolSequence.simplexPoints(parts: 4, count: 10, seed: 3) {
      #expect(abs(fit.loss(at: w) - law(w)) < 0.01)
    }
  }
}
