import Foundation
import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

@Suite struct `MFMS as its authors have it` {
  private static let inputs: [FixedNoiseProcess.Input] = [
    .init(weights: [0.2, 0.5, 0.3], size: 0.25, length: 0.1),
    .init(weights: [0.6, 0.1, 0.3], size: 1, length: 0.4),
    .init(weights: [0.1, 0.1, 0.8], size: 0.5, length: 1),
    .init(weights: [0.3, 0.4, 0.3], size: 1, length: 1),
    .init(weights: [0.45, 0.45, 0.1], size: 0.25, length: 0.6),
  ]
  private static let outcomes = [3.1, 2.9, 2.7, 2.5, 3.0]
  private static let process = FixedNoiseProcess(
    lengthscales: [0.7, 0.5, 0.9], slopes: [0.3, -0.2, 0.1, -0.4, -0.25], intercept: 2.9)

  /// SciPy 1.17.1: `multivariate_normal.logpdf` over five outcomes, and the conditional distribution by hand.
  @Test("likelihood, posterior and improvement agree with SciPy's")
  func likelihoodPosteriorAndImprovementAgreeWithSciPys() throws {
    let (value, _) = try #require(Self.process.likelihood(Self.inputs, Self.outcomes))
    #expect(abs(value - -0.8368344178449656) < 1e-12)
    let posterior = try #require(
      FixedNoiseProcess.Posterior(Self.process, Self.inputs, Self.outcomes))
    let place = FixedNoiseProcess.Input(weights: [0.25, 0.25, 0.5], size: 1, length: 1)
    #expect(abs(posterior(place).mean - 2.526403755706841) < 1e-12)
    #expect(abs(posterior(place).deviation - 0.5042885322841336) < 1e-12)
    #expect(abs(posterior.improvement(place) - 0.1882558369266519) < 1e-12)
  }

  @Test("the likelihood's gradient is that of differences, and fitting climbs it")
  func theLikelihoodsGradientIsThatOfDifferencesAndFittingClimbsIt() throws {
    let (value, gradient) = try #require(Self.process.likelihood(Self.inputs, Self.outcomes))
    let step = 1e-5
    func moved(_ at: Int, _ by: Double) -> Double {
      var process = Self.process
      switch at {
      case 0..<3:
        let raw = log(expm1(process.lengthscales[at])) + by
        process.lengthscales[at] = log1p(exp(raw))
      case 3..<8: process.slopes[at - 3] += by
      default: process.intercept += by
      }
      return process.likelihood(Self.inputs, Self.outcomes)!.value
    }
    for at in gradient.indices {
      let difference = (moved(at, step) - moved(at, -step)) / (2 * step)
      #expect(abs(difference - gradient[at]) < 1e-8, "\(at)")
    }
    var fitted = Self.process
    fitted.fit(Self.inputs, Self.outcomes)
    #expect(fitted.likelihood(Self.inputs, Self.outcomes)!.value > value)
  }

  private static let domains = ["books", "web", "code"]

  private static func context(_ pool: [Mixture]?, seed: UInt64 = 2) -> FidelityContext {
    let levels = [1, 4].map { size in
      [2, 6, 60, 120, 197].map { tokens in
        FidelityGrid.Rung(
          scale: Scale(size: "\(size)", parameters: size, tokens: tokens),
          trunkCost: Double(size * tokens))
      }
    }
    return FidelityContext(
      domains: domains, objective: .mean(of: domains),
      grid: FidelityGrid(levels: levels, target: .init(level: 1, rung: 4)),
      pool: pool.map { FidelityPool(mixtures: $0, reach: $0.map { _ in [4, 4] }) }, seed: seed,
      budget: 20)
  }

  /// Runs until a budget is spent, one at a time.
  private static func run(_ context: FidelityContext, steps: Int) -> (
    [FidelityRun], PublishedMFMS
  ) {
    var method = PublishedMFMS(context: context)
    var runs: [FidelityRun] = []
    var left = context.budget
    for _ in 0..<steps {
      guard let step = method.next(runs: runs, budgetLeft: left) else { break }
      left -= context.cost(of: step, runs: runs, measuringOnTheWay: true)
      let id: Int
      let goal: Int
      switch step {
      case .start(let mixture, let point):
        id = runs.count
        goal = point.rung
        runs.append(FidelityRun(id: id, mixture: mixture, level: point.level, seed: 0))
      case .resume(let run, let rung):
        id = run
        goal = rung
      }
      for rung in ((runs[id].reached ?? -1) + 1)...goal {
        let loss = runs[id].mixture.weights.map {
          2 + 0.5 * exp(-4 * $0) + 1 / Double(runs[id].level + rung + 1)
        }
        runs[id].measurements.append(.init(rung: rung, losses: loss))
      }
      runs[id].reached = goal
    }
    return (runs, method)
  }

  @Test("begins with twenty short runs of any size, then takes three lengths")
  func beginsWithTwentyShortRunsOfAnySizeThenTakesThreeLengths() throws {
    let context = Self.context(nil)
    let (runs, _) = Self.run(context, steps: 30)
    let first = runs.prefix(20)
    #expect(first.allSatisfy { $0.reached! <= 1 })
    #expect(Set(first.map(\.level)).count == 2)
    #expect(runs.dropFirst(20).allSatisfy { [2, 3, 4].contains($0.reached!) })
    #expect(runs.count > 20)
  }

  @Test("hands over the mixture of the lowest loss at any size and length")
  func handsOverTheMixtureOfTheLowestLossAtAnySizeAndLength() throws {
    let (runs, method) = Self.run(Self.context(nil), steps: 26)
    var best = (value: Double.infinity, mixture: runs[0].mixture)
    for run in runs {
      for measurement in run.measurements {
        let value = Statistics.mean(measurement.losses)
        if value < best.value { best = (value, run.mixture) }
      }
    }
    var asked = method
    #expect(asked.recommendation(runs: runs)?.mixture == best.mixture)
  }

  @Test("one made anew with the same runs proposes the same")
  func oneMadeAnewWithTheSameRunsProposesTheSame() throws {
    let pool = SobolSequence.simplexPoints(parts: 3, count: 30, seed: 5).map {
      Mixture(domains: Self.domains, proportionalTo: $0)
    }
    for context in [Self.context(nil), Self.context(pool)] {
      for steps in [5, 20, 27] {
        var (runs, method) = Self.run(context, steps: steps)
        var fresh = PublishedMFMS(context: context)
        #expect(
          method.next(runs: runs, budgetLeft: 5) == fresh.next(runs: runs, budgetLeft: 5))
        runs[runs.count - 1].hasDiverged = true
        _ = fresh.next(runs: runs, budgetLeft: 5)
      }
    }
  }
}

@Suite struct `A forest of regression trees` {
  @Test("finds steps, and is unsure where its trees disagree")
  func findsStepsAndIsUnsureWhereItsTreesDisagree() {
    var generator = SeededGenerator(seed: 3)
    let inputs = (0..<80).map { _ in [generator.uniform(), generator.uniform()] }
    let targets = inputs.map { $0[0] > 0.5 ? 2.0 : 1.0 }
    let forest = RegressionForest(inputs, targets: targets, seed: 1)
    #expect(forest([0.1, 0.5]) == (1, 0) && forest([0.9, 0.5]) == (2, 0))
    #expect(RegressionForest([[0.3]], targets: [4], seed: 1)([0.9]) == (4, 0))
    let noisy = RegressionForest(
      inputs, targets: targets.map { $0 + 0.3 * generator.normal() }, seed: 1)
    #expect(inputs.contains { noisy($0).variance > 1e-3 })
    // At its own runs it is near to them.
    let error = zip(inputs, targets).reduce(0) { $0 + abs(forest($1.0).mean - $1.1) } / 80
    #expect(error < 0.05)
  }

  /// Weights that were divided by sums of their own differ in the last bit.
  @Test("splits between neighbours among the numbers", arguments: [0.1, 0.3, 0.7, 1 / 3.0])
  func splitsBetweenNeighboursAmongTheNumbers(start: Double) {
    var inputs: [[Double]] = []
    for _ in 0..<24 { inputs.append([(inputs.last?[0] ?? start).nextUp]) }
    let targets = inputs.indices.map { Double($0 % 2) }
    for seed in 1...8 as ClosedRange<UInt64> {
      let forest = RegressionForest(inputs, targets: targets, seed: seed)
      let error = zip(inputs, targets).reduce(0) { $0 + abs(forest($1.0).mean - $1.1) } / 24
      // Of a run that is in no sample of a tree, its neighbours say the opposite; a tree without splits is off by .5.
      #expect(error < 0.4)
    }
  }
}
