import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

/// Losses that fall as powers of parameters and tokens, mixtures that help their own domain, and what they help changes
/// a little with size.
private enum Planted {
  static let domains = ["books", "web", "code"]

  static func losses(_ w: [Double], _ parameters: Double, _ tokens: Double) -> [Double] {
    let level = 1.7 + 4.6 * pow(parameters / 1e6, -0.28) + 3.1 * pow(tokens / 1e8, -0.3)
    return w.enumerated().map { d, weight in
      level * (1 + 0.12 * exp(-7 * weight)) + 0.01 * log(1e9 / parameters) * w[(d + 1) % 3]
    }
  }

  static func runs(
    count: Int, sizes: [Double], noise: Double = 0.002, seed: UInt64 = 3
  ) -> [ScaleData.Run] {
    var generator = SeededGenerator(seed: seed)
    let mixtures = SobolSequence.simplexPoints(parts: 3, count: count, seed: seed)
    return sizes.flatMap { size in
      mixtures.map { weights in
        let tokens = 20 * size
        let offset = noise * generator.normal()
        return ScaleData.Run(
          weights: weights, parameters: size, tokens: [tokens],
          losses: [losses(weights, size, tokens).map { $0 + offset }])
      }
    }
  }

  static func question(
    _ runs: [ScaleData.Run], parameters: Double = 1e9, tokens: Double = 2e10,
    given: [Mixture] = [], guards: [Objective.Limit] = [], front: [String]? = nil
  ) -> ForecastQuestion {
    ForecastQuestion(
      domains: domains, outputs: domains, objective: .mean(of: domains),
      data: ScaleData(
        runs: runs, target: .init(parameters: parameters, tokens: tokens), ownDomains: [0, 1, 2]),
      feasible: .all(over: domains), given: given, guards: guards, front: front)
  }

  static func value(_ w: [Double]) -> Double { Statistics.mean(losses(w, 1e9, 2e10)) }
}

@Suite struct ForecastsTests {
  /// Over plants of several seeds, levels, differences and the order at seventeen times the largest size.
  @Test("hold what comes at a size that nobody ran") func holdWhatComesAtASizeThatNobodyRan() throws
  {
    var (levels, differences, count) = (0, 0, 0)
    for seed in 1...6 {
      let runs = Planted.runs(count: 15, sizes: [2e7, 6e7], seed: UInt64(seed))
      let even = Mixture.uniform(over: Planted.domains)
      let corner = Mixture(domains: Planted.domains, proportionalTo: [8, 1, 1])
      let forecast = try #require(ScaleForecast(Planted.question(runs, given: [even, corner])))
      let best = forecast.items[0]
      #expect(Planted.value(best.mixture.weights) < Planted.value(corner.weights))
      for item in forecast.items {
        let truth = Planted.value(item.mixture.weights)
        count += 1
        if (item.objective.low...item.objective.high).contains(truth) { levels += 1 }
        let gap = truth - Planted.value(best.mixture.weights)
        if item.difference.low - 1e-9 <= gap && gap <= item.difference.high + 1e-9 {
          differences += 1
        }
      }
      #expect(forecast.items.contains { $0.mixture == even && $0.origin == .given })
      let total = forecast.items.reduce(0) { $0 + $1.probabilityOfBest }
      #expect(total <= 1 + 1e-9 && total > 0)
      #expect(forecast.items.allSatisfy { $0.expectedRegret >= 0 })
      #expect(forecast.checks.count == 1)
    }
    #expect(Double(levels) > 0.8 * Double(count), "\(levels) of \(count)")
    #expect(Double(differences) > 0.85 * Double(count), "\(differences) of \(count)")
  }

  /// Nobody ran equal shares, which are the best here by less than half a deviation.
  @Test("hand over equal shares where they are expected to be the best")
  func handOverEqualSharesWhereTheyAreExpectedToBeTheBest() throws {
    let even = Mixture.uniform(over: Planted.domains)
    var handed = 0
    for seed in 1...6 {
      let runs = Planted.runs(count: 24, sizes: [2e7, 6e7], seed: UInt64(seed))
      // All that were considered.
      let forecast = try #require(ScaleForecast(Planted.question(runs), shown: 100))
      #expect(forecast.items.count == forecast.considered)
      let least = try #require(forecast.items.map(\.objective.mean).min())
      let gap = forecast.items[0].objective.mean - least
      #expect(abs(gap - (forecast.withheld ?? 0)) < 1e-9)
      let item = try #require(forecast.items.first { $0.mixture == even })
      let run = try #require(
        forecast.items.filter { $0.origin == .run }.map(\.objective.mean).min())
      guard item.objective.mean < run else { continue }
      handed += 1
      #expect(forecast.items[0].origin != .run)
    }
    #expect(handed > 0)
  }

  @Test("tell how likely guards hold and who is on the front")
  func tellHowLikelyGuardsHoldAndWhoIsOnTheFront() throws {
    let runs = Planted.runs(count: 15, sizes: [2e7, 6e7])
    let even = Mixture.uniform(over: Planted.domains)
    let typical = Planted.losses(even.weights, 1e9, 2e10)[2]
    let forecast = try #require(
      ScaleForecast(
        Planted.question(
          runs, given: [even],
          guards: [
            .init(domain: "code", loss: 3 * typical), .init(domain: "code", loss: typical / 3),
          ],
          front: ["books", "code"])))
    for item in forecast.items {
      #expect(item.guards[0] > 0.9 && item.guards[1] < 0.1)
      #expect((0...1).contains(try #require(item.front)))
    }
    // Without any web both books and code fare better than with web alone.
    #expect(forecast.items.contains { $0.front! > 0.1 && $0.mixture.weights[1] < 0.2 })
  }

  @Test("know what was run, and where") func knowWhatWasRunAndWhere() throws {
    var runs = Planted.runs(count: 15, sizes: [2e7, 6e7])
    // One mixture at the smaller size alone.
    let small = runs[3].weights
    runs.removeAll { $0.weights == small && $0.parameters > 3e7 }
    func named(_ weights: [Double]) -> Mixture {
      Mixture(domains: Planted.domains, proportionalTo: weights)
    }
    let forecast = try #require(
      ScaleForecast(
        Planted.question(runs, given: [named(small), named(runs[5].weights)]), shown: 100))
    func item(_ weights: [Double]) -> ScaleForecast.Item? {
      forecast.items.first { totalVariation($0.mixture.weights, weights) < 1e-9 }
    }
    #expect(item(small)?.largestRun == 2e7 && item(small)?.origin == .given)
    #expect(item(runs[5].weights)?.largestRun == 6e7)
    #expect(item([1, 1, 1].map { $0 / 3 })?.largestRun == nil)
    for found in forecast.items where found.origin == .run { #expect(found.largestRun == 6e7) }
  }

  /// The best of those that were run, and equal shares: neither is told of once a run of it has diverged, unless asked for.
  @Test("hand over nothing that diverged") func handOverNothingThatDiverged() throws {
    let runs = Planted.runs(count: 15, sizes: [2e7, 6e7])
    let even = [1, 1, 1].map { $0 / 3.0 }
    let first = try #require(
      ScaleForecast(Planted.question(runs), shown: 100)?.items.first { $0.origin == .run })
    var question = Planted.question(runs)
    question.diverged = [first.mixture.weights, even]
    func tells(_ weights: [Double]) throws -> Bool {
      try #require(ScaleForecast(question, shown: 100)).items.contains {
        totalVariation($0.mixture.weights, weights) < 1e-9
      }
    }
    #expect(try !tells(first.mixture.weights))
    #expect(try !tells(even))
    question.given = [first.mixture]
    #expect(try tells(first.mixture.weights))
    // Where nothing else is left something is handed over all the same.
    question.given = []
    question.diverged = SobolSequence.simplexPoints(parts: 3, count: 400, seed: 9) + [even]
    question.data.runs = Array(runs.filter { $0.parameters > 3e7 })
    question.diverged += question.data.runs.map(\.weights)
    #expect(try #require(ScaleForecast(question)).items.count > 1)
  }

  @Test("hand over what keeps guards as likely as not, or else is likeliest to")
  func handOverWhatKeepsGuards() throws {
    let runs = Planted.runs(count: 15, sizes: [2e7, 6e7])
    let much = Mixture(domains: Planted.domains, proportionalTo: [1, 8, 1])
    let free = try #require(ScaleForecast(Planted.question(runs, given: [much])))
    #expect(free.keepsGuards == nil)
    let told = try #require(free.items.first { $0.mixture == much }).losses[1]
    #expect(free.items[0].mixture.weights[1] < 0.6)
    func guarded(_ loss: Double) throws -> ScaleForecast {
      try #require(
        ScaleForecast(
          Planted.question(runs, given: [much], guards: [.init(domain: "web", loss: loss)]),
          shown: 100))
    }
    // What web fares with where there is much of it.
    let near = try guarded(told.mean)
    #expect(near.items[0].guards[0] >= 0.5 && near.keepsGuards == near.items[0].guards[0])
    #expect(near.items[0].mixture.weights[1] > free.items[0].mixture.weights[1])
    let never = try guarded(told.low / 2)
    let most = try #require(never.items.map { $0.guards[0] }.max())
    #expect(never.items[0].guards[0] == most && most < 0.5)
    #expect(try guarded(told.high * 2).items[0].mixture == free.items[0].mixture)
  }

  /// All runs with more than half of one domain diverged: what lies beyond them, which nobody ran, is no better.
  @Test("hand over nothing among what diverged") func handOverNothingAmongWhatDiverged() throws {
    let mixtures = SobolSequence.simplexPoints(parts: 3, count: 40, seed: 3)
    var runs: [ScaleData.Run] = []
    for size in [2e7, 6e7] {
      for weights in mixtures {
        let loss = 3 - 0.2 * log10(size / 1e7) - 0.3 * weights[0]
        runs.append(
          ScaleData.Run(
            weights: weights, parameters: size, tokens: [20 * size],
            losses: [[loss, loss + 0.1, loss + 0.2]]))
      }
    }
    let free = try #require(ScaleForecast(Planted.question(runs)))
    #expect(free.items[0].mixture.weights[0] > 0.8)
    var question = Planted.question(runs.filter { $0.weights[0] < 0.5 })
    question.diverged = mixtures.filter { $0[0] >= 0.5 }
    let forecast = try #require(ScaleForecast(question, shown: 100))
    #expect(forecast.items.allSatisfy { $0.mixture.weights[0] < 0.65 })
  }

  @Test("know how far they reach") func knowHowFarTheyReach() {
    func reach(_ sizes: [Double], _ parameters: Double, mixtures: Int = 10) -> ForecastReach {
      ForecastReach(
        Planted.question(
          Planted.runs(count: mixtures, sizes: sizes), parameters: parameters,
          tokens: 20 * parameters
        ).data)
    }
    let near = reach([2e7, 6e7], 1e9)
    #expect(near.objection == nil)
    #expect(abs(near.parameters - 1e9 / 6e7) < 1e-9 && abs(near.span - 3) < 1e-9)
    #expect(reach([2e7, 6e7], 1e10).objection != nil)
    #expect(reach([2e7], 1e9).objection != nil)
    #expect(reach([2e7], 1e8).objection == nil)
    #expect(reach([2e7, 6e7], 1e8, mixtures: 4).objection != nil)
  }

  @Test("count what earlier ones missed") func countWhatEarlierOnesMissed() throws {
    func check(_ level: Double, _ contrast: Double) -> ForecastCheck {
      ForecastCheck(
        parameters: 1, tokens: 1, reach: 2, means: [1, 2, 3, 4, 5],
        covariance: Matrix(rows: (0..<5).map { i in (0..<5).map { i == $0 ? 0.05 : 0.04 } }),
        truths: [1, 2, 3, 4, 5].enumerated().map {
          $1 + level + ($0 % 2 == 0 ? contrast : -contrast)
        })
    }
    let right = ForecastCheck.factors([check(0.2, 0.1)])
    #expect(right.level < 1.2 && right.contrast < 1.2)
    let wrong = ForecastCheck.factors([check(1, 0.5)])
    #expect(wrong.level > 3 && wrong.contrast > 3)
    #expect(ForecastCheck.factors([]).level == 1)
    // Levels may be told more surely for it, contrasts may not.
    let sure = ForecastCheck.factors([check(0, 0.001), check(0, 0.001)])
    #expect(sure.level < 0.8 && sure.contrast == 1)
    // Contenders may, and where the best were missed the rest do not make up for it.
    #expect(ForecastCheck.factors([]).contender == 0.5)
    #expect(sure.contender < 0.4 && wrong.contender > 3)
    let bad = ForecastCheck(
      parameters: 1, tokens: 1, reach: 2, means: [1, 2, 3, 4, 5, 6],
      covariance: Matrix(rows: (0..<6).map { i in (0..<6).map { i == $0 ? 0.01 : 0 } }),
      truths: [1, 2, 3, 4, 5, 9])
    let good = ForecastCheck.factors([bad])
    #expect(good.contrast > 10 && good.contender < 0.5)
    let found = check(0.2, 0.1)
    #expect(found.rank! > 0.9 && found.regret >= 0 && found.mixtures == 5)
    #expect(abs(found.levelError + 0.22) < 1e-9)
  }
}
