import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Testing

@Suite struct MethodsTests {
  @Test("all exist and others are refused with what was probably meant")
  func allExistAndOthersAreRefusedWithWhatWasProbablyMeant() throws {
    let context = SyntheticTrainer.context(seed: 1)
    for (name, summary) in methodNames {
      let method = try makeMethod(named: name, context: context)
      #expect(!summary.isEmpty)
      #expect(method.recommendations(3).isEmpty)
      let first = try #require(method.suggest(pending: [], ordinal: 0)).mixture
      #expect(first.domains == context.domains)
      #expect(abs(first.weights.reduce(0, +) - 1) < 1e-12)
    }
    #expect {
      try makeMethod(named: "sobel", context: context)
    } throws: {
      "\($0)".contains("did you mean 'sobol'?") && "\($0)".contains("bo, bo-raw")
    }
    var other = context
    other.domains = ["a", "b", "c", "d", "e"]
    #expect(throws: MixtureError.self) { try makeMethod(named: "llama", context: other) }
  }

  @Test("fixed mixtures are tried once and handed over")
  func fixedMixturesAreTriedOnceAndHandedOver() throws {
    let trainer = SyntheticTrainer(seed: 1)
    for (name, expected) in [
      ("uniform", [0.2, 0.2, 0.2, 0.2, 0.2]), ("natural", [0.0625, 0.5, 0.25, 0.125, 0.0625]),
    ] {
      var method = try makeMethod(named: name, context: SyntheticTrainer.context(seed: 1))
      let observations = trainer.run(&method, trials: 5)
      #expect(observations.count == 1)
      #expect(zip(observations[0].mixture.weights, expected).allSatisfy { abs($0 - $1) < 1e-12 })
      let recommended = method.recommendations(3)
      #expect(recommended.map(\.mixture) == [observations[0].mixture])
      #expect(recommended[0].observed != nil && recommended[0].predicted == nil)
    }
  }

  @Test("share their quasi random start") func shareTheirQuasiRandomStart() throws {
    let context = SyntheticTrainer.context(seed: 7, initialTrials: 6)
    let methods = try ["bo", "bo-raw-tuned", "sobol"].map {
      try makeMethod(named: $0, context: context)
    }
    for ordinal in 0..<6 {
      let first = methods.map { $0.suggest(pending: [], ordinal: ordinal) }
      #expect(first[0] == first[1] && first[1] == first[2])
    }
    let reseeded = try makeMethod(
      named: "sobol", context: SyntheticTrainer.context(seed: 8, initialTrials: 6))
    #expect(
      reseeded.suggest(pending: [], ordinal: 0) != methods[2].suggest(pending: [], ordinal: 0))
  }

  @Test("random search hands over the best mixtures that it has seen")
  func randomSearchHandsOverTheBestMixturesThatItHasSeen() throws {
    let trainer = SyntheticTrainer(seed: 2, noise: 0)
    let context = SyntheticTrainer.context(seed: 3)
    var method = try makeMethod(named: "sobol", context: context)
    let observations = trainer.run(&method, trials: 12)
    let values = observations.map { context.objective.value(of: $0)! }.sorted()
    #expect(method.recommendations(3).map(\.observed) == values.prefix(3).map { $0 })
  }

  @Test("a resumed study proposes what it would have proposed", arguments: ["bo", "bo-raw"])
  func aResumedStudyProposesWhatItWouldHaveProposed(name: String) throws {
    let trainer = SyntheticTrainer(seed: 4)
    let context = SyntheticTrainer.context(seed: 5)
    var running = try makeMethod(named: name, context: context)
    let observations = trainer.run(&running, trials: 13, workers: 2)
    let pending = [Mixture.uniform(over: context.domains)]
    let next = running.suggest(pending: pending, ordinal: 13)
    #expect(running.suggest(pending: pending, ordinal: 13) == next)
    // All at once, as after a restart.
    var resumed = try makeMethod(named: name, context: context)
    resumed.update(with: observations)
    #expect(resumed.suggest(pending: pending, ordinal: 13) == next)
    #expect(resumed.recommendations(3) == running.recommendations(3))
    // A copy that has seen more does not disturb the original.
    var copy = running
    copy.update(with: [trainer.observation(next!.mixture, seed: 1)])
    _ = copy.suggest(pending: [], ordinal: 14)
    #expect(running.suggest(pending: pending, ordinal: 13) == next)
  }

  @Test("proposals keep away from those that are pending")
  func proposalsKeepAwayFromThoseThatArePending() throws {
    let trainer = SyntheticTrainer(seed: 6)
    var method = try makeMethod(named: "bo", context: SyntheticTrainer.context(seed: 6))
    _ = trainer.run(&method, trials: 16)
    var pending: [Mixture] = []
    for ordinal in 16..<20 {
      let next = try #require(method.suggest(pending: pending, ordinal: ordinal)).mixture
      for other in pending { #expect(totalVariation(other.weights, next.weights) > 0.01) }
      pending.append(next)
    }
  }

  @Test("diverged trials are taken in and not gone back to")
  func divergedTrialsAreTakenInAndNotGoneBackTo() throws {
    let trainer = SyntheticTrainer(seed: 7)
    let context = SyntheticTrainer.context(seed: 7)
    var method = try makeMethod(named: "bo", context: context)
    let observations = trainer.run(&method, trials: 10)
    let proposed = try #require(method.suggest(pending: [], ordinal: 10)).mixture
    method.update(with: [
      Observation(
        mixture: proposed, outcome: .unexplained)
    ])
    let next = try #require(method.suggest(pending: [], ordinal: 10)).mixture
    #expect(totalVariation(next.weights, proposed.weights) > 0.05)
    var allDiverged = try makeMethod(named: "bo", context: context)
    allDiverged.update(
      with: observations.map {
        Observation(mixture: $0.mixture, outcome: .unexplained)
      })
    #expect(allDiverged.suggest(pending: [], ordinal: 10)?.reason == .quasiRandom)
    #expect(allDiverged.recommendations(2).isEmpty)
  }

  @Test("hands over distinct mixtures with what they are predicted to reach")
  func handsOverDistinctMixturesWithWhatTheyArePredictedToReach() throws {
    let trainer = SyntheticTrainer(seed: 8)
    let context = SyntheticTrainer.context(seed: 8)
    var method = try makeMethod(named: "bo", context: context)
    _ = trainer.run(&method, trials: 20)
    let recommended = method.recommendations(4)
    #expect(recommended.count == 4)
    for (i, a) in recommended.enumerated() {
      let prediction = try #require(a.predicted)
      let truth = trainer.objective(a.mixture, context.objective)
      #expect(abs(prediction.mean - truth) < 0.05)
      #expect(prediction.interval.upperBound - prediction.interval.lowerBound < 0.3)
      for b in recommended[..<i] {
        #expect(totalVariation(a.mixture.weights, b.mixture.weights) > 0.02)
        #expect(b.predicted!.mean <= prediction.mean)
      }
    }
  }
}

/// What no study should be stopped by.
@Suite struct OddObservationsTests {
  private func context(_ domains: [String], targets: [String]) -> MethodContext {
    MethodContext(
      domains: domains, availableTokens: domains.map { _ in 1 }, objective: .mean(of: targets),
      seed: 3, initialTrials: 4)
  }

  private func observation(_ mixture: Mixture, _ losses: [(String, Double)]) -> Observation {
    Observation(
      mixture: mixture,
      outcome: .losses(
        losses.map { DomainLoss(domain: $0, loss: $1, standardError: 0, bitsPerByte: 0) }))
  }

  /// Constant losses, negative ones, and ones of which a tenth are far off.
  private static let losses: [@Sendable ([Double], Int) -> Double] = [
    { _, _ in 2.5 }, { w, _ in w[0] * w[0] - 3 },
    { w, i in 3 + exp(-5 * w[0]) + (i % 10 == 7 ? 40 : 0) },
  ]

  @Test("of one two or twenty domains", arguments: [1, 2, 20], losses)
  func ofOneTwoOrTwentyDomains(
    parts: Int, loss: @Sendable ([Double], Int) -> Double
  ) throws {
    let domains = (0..<parts).map { "d\($0)" }
    let context = context(domains, targets: ["d0", "other"])
    for name in ["bo", "bo-raw"] where parts > 1 || name == "bo" {
      var method = try makeMethod(named: name, context: context)
      for ordinal in 0..<11 {
        let next = try #require(method.suggest(pending: [], ordinal: ordinal)).mixture
        #expect(next.weights.allSatisfy { $0 >= 0 && $0.isFinite })
        method.update(with: [
          observation(
            next, [("d0", loss(next.weights, ordinal)), ("other", 1 + Double(ordinal % 3))])
        ])
      }
      #expect(!method.recommendations(2).isEmpty)
      #expect(method.suggest(pending: [.uniform(over: domains)], ordinal: 11) != nil)
      if name == "bo" && parts > 1 { #expect(method.insight(comparing: []) != nil) }
    }
  }

  @Test("replicates of one mixture show the noise") func replicatesOfOneMixtureShowTheNoise() throws
  {
    let domains = ["d0", "d1", "d2"]
    var method = try makeMethod(named: "bo", context: context(domains, targets: ["d0"]))
    var generator = SeededGenerator(seed: 5)
    for weights in SobolSequence.simplexPoints(parts: 3, count: 6, seed: 1) {
      let mixture = Mixture(domains: domains, proportionalTo: weights)
      for _ in 0..<4 {
        method.update(with: [
          observation(mixture, [("d0", 3 - weights[0] + 0.1 * generator.normal())])
        ])
      }
    }
    let insight = try #require(method.insight(comparing: []))
    #expect(insight.noise > 0.06 && insight.noise < 0.16)
    #expect(insight.leaveOneOut.count == 24)
  }

  @Test("trials without a target or not finite are passed over")
  func trialsWithoutATargetOrNotFiniteArePassedOver() throws {
    let domains = ["d0", "d1"]
    var method = try makeMethod(named: "bo", context: context(domains, targets: ["d0", "d1"]))
    let mixture = Mixture.uniform(over: domains)
    for _ in 0..<5 {
      method.update(with: [
        observation(mixture, [("d0", 1)]), observation(mixture, [("d0", .nan), ("d1", 2)]),
      ])
    }
    #expect(method.suggest(pending: [], ordinal: 9)?.reason == .quasiRandom)
  }
}

@Suite struct BayesianOptimizationTests {
  /// Mean regret of what is handed over after 24 trials, on landscapes that differ.
  @Test("beats quasi random search and raw weights") func beatsQuasiRandomSearchAndRawWeights()
    throws
  {
    var regrets: [String: Double] = [:]
    for seed in UInt64(1)...4 {
      let trainer = SyntheticTrainer(seed: seed)
      let context = SyntheticTrainer.context(seed: seed)
      let best = SobolSequence.simplexPoints(parts: 5, count: 8192, seed: 99).map {
        trainer.objective(
          Mixture(domains: context.domains, proportionalTo: $0), context.objective)
      }.min()!
      for name in ["bo", "bo-raw", "sobol"] {
        var method = try makeMethod(named: name, context: context)
        _ = trainer.run(&method, trials: 24)
        let pick = try #require(method.recommendations(1).first).mixture
        regrets[name, default: 0] += (trainer.objective(pick, context.objective) - best) / 4
      }
    }
    let (bo, raw, sobol) = (regrets["bo"]!, regrets["bo-raw"]!, regrets["sobol"]!)
    #expect(bo < 0.01)
    #expect(bo < 0.4 * sobol)
    #expect(bo < raw + 0.002)
  }

  @Test("tells what each domain is worth") func tellsWhatEachDomainIsWorth() throws {
    let trainer = SyntheticTrainer(seed: 9, noise: 0.003)
    let context = SyntheticTrainer.context(seed: 9)
    var method = try makeMethod(named: "bo", context: context)
    _ = trainer.run(&method, trials: 32)
    let best = try #require(method.recommendations(1).first).mixture
    let uniform = Mixture.uniform(over: context.domains)
    let insight = try #require(method.insight(comparing: [uniform]))
    #expect(insight.optimum.mixture == best)
    #expect(insight.effects.count == 5 * 7 && insight.slices.count == 5)
    var covered = 0
    for effect in insight.effects {
      let j = context.domains.firstIndex(of: effect.domain)!
      let weights = best.weights.enumerated().map { i, w in
        i == j
          ? w + effect.weightChange
          : w * (1 - best.weights[j] - effect.weightChange) / (1 - best.weights[j])
      }
      let moved = Mixture(domains: context.domains, proportionalTo: weights)
      let d = SyntheticTrainer.heldOut.firstIndex(of: effect.heldOut)!
      let truth = trainer.losses(moved)[d] - trainer.losses(best)[d]
      if effect.lossChange.interval.contains(truth) { covered += 1 }
      // A domain's own text helps it.
      if effect.domain == effect.heldOut { #expect(effect.lossChange.mean < 0) }
    }
    #expect(covered >= 26)
    #expect(insight.candidates.map(\.mixture) == [best, uniform])
    #expect(insight.candidates[0].probabilityOfBest > 0.5)
    #expect(insight.candidates[0].expectedRegret < insight.candidates[1].expectedRegret)
    let inside = insight.leaveOneOut.filter { $0.predicted.interval.contains($0.observed) }
    #expect(inside.count >= 28)
    #expect(insight.noise > 0 && insight.noise < 0.05)
  }
}

@Suite struct ObjectivesThatAreNoSumsTests {
  private func context(_ text: String, limits: [String] = []) throws -> MethodContext {
    var context = SyntheticTrainer.context(seed: 3)
    context.objective = try ObjectiveSpecification(parsing: text).resolved(
      over: SyntheticTrainer.heldOut, targets: SyntheticTrainer.domains,
      limits: limits.map { try Objective.Limit(parsing: $0) })
    return context
  }

  private func pick(_ context: MethodContext, _ trainer: SyntheticTrainer) throws -> Recommendation
  {
    var method = try makeMethod(named: "bo", context: context)
    _ = trainer.run(&method, trials: 22)
    let pick = try #require(method.recommendations(1).first)
    let predicted = try #require(pick.predicted)
    #expect(abs(predicted.mean - trainer.objective(pick.mixture, context.objective)) < 0.1)
    #expect(pick.losses.map(\.domain) == context.objective.domains)
    return pick
  }

  @Test("are minimized themselves not the mean") func areMinimizedThemselvesNotTheMean() throws {
    let trainer = SyntheticTrainer(seed: 3)
    let worst = try context("worst")
    let (forMean, forWorst) = (
      try pick(try context("mean"), trainer), try pick(worst, trainer)
    )
    let best = SobolSequence.simplexPoints(parts: 5, count: 8192, seed: 99).map {
      trainer.objective(Mixture(domains: worst.domains, proportionalTo: $0), worst.objective)
    }.min()!
    let found = trainer.objective(forWorst.mixture, worst.objective)
    #expect(found < trainer.objective(forMean.mixture, worst.objective) - 0.005)
    #expect(found < best + 0.03)
  }

  @Test("keep what is guarded") func keepWhatIsGuarded() throws {
    let trainer = SyntheticTrainer(seed: 3)
    let mean = try pick(try context("mean"), trainer).mixture
    let free = trainer.losses(mean)[6]
    // The docs' loss is to be .05 below what the mean's optimum has.
    let guarded = try context("mean", limits: ["docs<=\(free - 0.05)"])
    // What the model says of any mixture is said of the objective, its limits included.
    var method = try makeMethod(named: "bo", context: guarded)
    let observations = trainer.run(&method, trials: 8)
    let left = try #require(method.leaveOneOut())
    #expect(left.map(\.observed) == observations.map { guarded.objective.value(of: $0)! })
    let said = try #require(method.predictions(at: [mean], ofRuns: true))[0]
    #expect(abs(said.mean - trainer.objective(mean, guarded.objective)) < 0.4)
    let kept = try pick(guarded, trainer)
    #expect(trainer.losses(kept.mixture)[6] < free - 0.035)
  }

  @Test("tell what each domain is worth too") func tellWhatEachDomainIsWorthToo() throws {
    let trainer = SyntheticTrainer(seed: 4)
    let context = try context("worst-excess:books=3.3,web=3.4,docs=3.9")
    var method = try makeMethod(named: "bo", context: context)
    _ = trainer.run(&method, trials: 14)
    let insight = try #require(method.insight(comparing: []))
    #expect(insight.objectiveEffects.count == 5 && insight.averageEffects.count == 5 * 7)
    #expect(insight.leaveOneOut.count == 14 && insight.noise > 0)
    let covered = insight.leaveOneOut.count { $0.predicted.interval.contains($0.observed) }
    #expect(covered >= 10)
  }
}

@Suite struct WhatIsHandedOverTests {
  @Test("comes with its chances and the method says how sure it is")
  func comesWithItsChancesAndTheMethodSaysHowSureItIs() throws {
    let trainer = SyntheticTrainer(seed: 5)
    var method = try makeMethod(named: "bo", context: SyntheticTrainer.context(seed: 5))
    _ = trainer.run(&method, trials: 10)
    let early = try #require(method.certainty())
    let assessed = method.assessed(method.recommendations(3))
    #expect(abs(assessed.reduce(0) { $0 + $1.probabilityOfBest! } - 1) < 1e-9)
    #expect(assessed[0].expectedRegret! <= assessed[2].expectedRegret!)
    #expect(assessed[0].losses.count == 7)
    _ = trainer.run(&method, trials: 30)
    let late = try #require(method.certainty())
    #expect(late.expectedRegret < early.expectedRegret)
    #expect(late.noise > 0.0005 && late.noise < 0.02)
    #expect(!Certainty(expectedRegret: 0.01, noise: 0.018).suffices(runs: 4))
    #expect(Certainty(expectedRegret: 0.01, noise: 0.022).suffices(runs: 4))
  }

  @Test("is of the pool where there is one") func isOfThePoolWhereThereIsOne() throws {
    let trainer = SyntheticTrainer(seed: 6)
    var context = SyntheticTrainer.context(seed: 6)
    let pool = SobolSequence.simplexPoints(parts: 5, count: 24, seed: 77).map {
      Mixture(domains: context.domains, proportionalTo: $0)
    }
    context.pool = pool
    for name in ["bo", "bo-raw", "sobol"] {
      var method = try makeMethod(named: name, context: context)
      let observations = trainer.run(&method, trials: 30)
      #expect(observations.count == 24)
      #expect(Set(observations.map(\.mixture)) == Set(pool))
      let pick = try #require(method.recommendations(1).first)
      #expect(pool.contains(pick.mixture))
    }
  }

  @Test("is tried again where noise hides which is best")
  func isTriedAgainWhereNoiseHidesWhichIsBest() throws {
    var context = SyntheticTrainer.context(seed: 7)
    context.replicates = true
    let noisy = SyntheticTrainer(seed: 7, noise: 0.5)
    var method = try makeMethod(named: "bo", context: context)
    var replications = 0
    for ordinal in 0..<36 {
      let next = try #require(method.suggest(pending: [], ordinal: ordinal))
      if case .replication = next.reason { replications += 1 }
      method.update(with: [noisy.observation(next.mixture, seed: UInt64(ordinal))])
    }
    #expect(replications > 0)
  }
}

private let methodsThatSearch = methodNames.map(\.name).filter {
  MixturePreset(rawValue: $0) == nil && !needsTrainer($0)
}

@Suite struct MethodsUnderConstraintsTests {
  @Test("try and hand over what is feasible", arguments: methodsThatSearch)
  func tryAndHandOverWhatIsFeasible(name: String) throws {
    let trainer = SyntheticTrainer(seed: 8)
    var context = SyntheticTrainer.context(seed: 8)
    context.trials = 14
    context.trainingTokens = 20
    let texts = ["code<=0.1", "books+chat=0.25..0.5", "domains<=4"]
    context.feasible = try FeasibleMixtures(
      texts.map { try MixtureConstraint(parsing: $0) }, domains: context.domains,
      availableTokens: context.availableTokens, trainingTokens: 20)
    var method = try makeMethod(named: name, context: context)
    let observations = trainer.run(&method, trials: 14, workers: 2)
    #expect(observations.count == 14)
    for mixture in observations.map(\.mixture) + method.recommendations(3).map(\.mixture) {
      #expect(context.feasible.contains(mixture.weights, tolerance: 1e-9), "\(mixture.weights)")
    }
    #expect(!method.recommendations(1).isEmpty)
  }
}
