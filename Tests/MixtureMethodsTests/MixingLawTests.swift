import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Testing

/// Runs whose losses follow a formula without noise.
private func observations(
  _ mixtures: [[Double]], domains: [String], targets: [String],
  _ losses: ([Double]) -> [Double]
) -> [Observation] {
  mixtures.map { weights in
    Observation(
      mixture: Mixture(domains: domains, proportionalTo: weights),
      outcome: .losses(
        zip(targets, losses(weights)).map {
          DomainLoss(domain: $0, loss: $1, standardError: 0.01, bitsPerByte: 1)
        }))
  }
}

private let three = ["a", "b", "c"]

@Suite struct MixingLawsTests {
  @Test("hubers loss is a square up to its threshold and a line beyond without a step")
  func hubersLossIsASquareUpToItsThresholdAndALineBeyondWithoutAStep() {
    let loss = HuberLoss(threshold: 0.5)
    #expect(abs(loss(0.4).value - 0.08) < 1e-15 && loss(0.4).slope == 0.4)
    #expect(loss(-2) == (0.5 * (2 - 0.25), -0.5))
    #expect(abs(loss(0.5).value - loss(0.5 + 1e-12).value) < 1e-11)
  }

  @Test(
    "an exponential law is found again from its own losses",
    arguments: [ExponentialLaw.Fitting.dataMixingLaws, .olmix])
  func anExponentialLawIsFoundAgainFromItsOwnLosses(fitting: ExponentialLaw.Fitting) {
    let law = ExponentialLaw(floor: log(2.1), scale: 0.3, slopes: [-3, -0.5, 0.4])
    let mixtures = SobolSequence.simplexPoints(parts: 3, count: 40, seed: 3)
    let found = ExponentialLaw.fit(
      mixtures, losses: mixtures.map { law.loss(at: $0) }, fitting: fitting, seed: 1)
    for mixture in SobolSequence.simplexPoints(parts: 3, count: 20, seed: 4) {
      #expect(abs(found.loss(at: mixture) - law.loss(at: mixture)) < 1e-4)
    }
  }

  @Test("an outlier hardly moves it") func anOutlierHardlyMovesIt() {
    let law = ExponentialLaw(floor: log(2.5), scale: 0, slopes: [-4, 0.2, -1])
    let mixtures = SobolSequence.simplexPoints(parts: 3, count: 60, seed: 3)
    var losses = mixtures.map { law.loss(at: $0) }
    losses[7] += 3
    let found = ExponentialLaw.fit(mixtures, losses: losses, fitting: .dataMixingLaws, seed: 1)
    for mixture in SobolSequence.simplexPoints(parts: 3, count: 20, seed: 4) {
      #expect(abs(found.loss(at: mixture) - law.loss(at: mixture)) < 0.02)
    }
  }

  @Test("slopes as finite differences do") func slopesAsFiniteDifferencesDo() {
    let laws: [LawModel.Law] = [
      .exponential(ExponentialLaw(floor: 1, scale: -0.2, slopes: [-2, 0.3, 1])),
      .bivariate(BivariateLaw(level: 3, power: 0.2), domain: 1),
    ]
    let point = [0.3, 0.5, 0.2]
    for law in laws {
      var gradient = [0.0, 0.0, 0.0]
      law.addGradient(at: point, times: 2, to: &gradient)
      for index in 0..<3 {
        var (up, down) = (point, point)
        up[index] += 1e-6
        down[index] -= 1e-6
        let expected = 2 * (law.loss(at: up) - law.loss(at: down)) / 2e-6
        #expect(abs(gradient[index] - expected) < 1e-7)
      }
    }
  }

  @Test("bi mixs powers are found again between 05 and 9 only")
  func biMixsPowersAreFoundAgainBetween05And9Only() throws {
    let law = BivariateLaw(level: 3.1, power: 0.17)
    let weights = [0.0, 0.01, 0.06, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95]
    // Outside of the limits the losses are anything.
    let losses = weights.map { (0.05...0.9).contains($0) ? law.loss(at: $0) : 1 }
    let found = try #require(BivariateLaw.fit(weights: weights, losses: losses))
    #expect(abs(found.level - 3.1) < 1e-5 && abs(found.power - 0.17) < 1e-5)
    #expect(BivariateLaw.fit(weights: [0, 0.2], losses: [3, 3]) == nil)
  }

  @Test("bi mixs optimum is where the slopes of all domains are equal")
  func biMixsOptimumIsWhereTheSlopesOfAllDomainsAreEqual() {
    let laws = [
      BivariateLaw(level: 3, power: 0.2), BivariateLaw(level: 2.5, power: 0.1),
      BivariateLaw(level: 4, power: 0.3),
    ]
    let objective = Objective(targets: three, proportionalTo: [1, 2, 1])
    let model = LawModel(
      laws: laws.enumerated().map { .bivariate($0.element, domain: $0.offset) }, target: objective)
    // Of c a b w^-(b + 1) = λ the weight, and of their sum λ by bisection.
    func weights(_ lambda: Double) -> [Double] {
      zip(laws, objective.weights).map { law, c in
        pow(c * law.level * law.power / lambda, 1 / (law.power + 1))
      }
    }
    var (low, high) = (1e-6, 1e6)
    for _ in 0..<200 {
      let middle = (low * high).squareRoot()
      if weights(middle).reduce(0, +) > 1 { low = middle } else { high = middle }
    }
    for (found, expected) in zip(model.minimum(parts: 3), weights(low)) {
      #expect(abs(found - expected) < 1e-5)
    }
  }

  @Test("an optimum in a corner is reached and caps keep it out of there")
  func anOptimumInACornerIsReachedAndCapsKeepItOutOfThere() {
    // More of the first domain helps both targets.
    let model = LawModel(
      laws: [
        .exponential(ExponentialLaw(floor: 0.5, scale: 0, slopes: [-3, 0, -1])),
        .exponential(ExponentialLaw(floor: 0.5, scale: 0, slopes: [-2, 0.5, -1])),
      ], target: Objective(targets: ["a", "b"], proportionalTo: [1, 1]))
    let corner = model.minimum(parts: 3)
    #expect(zip(corner, [1.0, 0, 0]).allSatisfy { abs($0 - $1) < 1e-9 })
    let capped = model.minimum(parts: 3, upper: [0.6, 1, 0.25])
    #expect(zip(capped, [0.6, 0.15, 0.25]).allSatisfy { abs($0 - $1) < 1e-9 })
  }

  @Test("the optimum within caps agrees with a fine grid")
  func theOptimumWithinCapsAgreesWithAFineGrid() {
    let model = LawModel(
      laws: [
        .exponential(ExponentialLaw(floor: 0.5, scale: 0, slopes: [-3, 0, -1])),
        .exponential(ExponentialLaw(floor: 0.5, scale: 0.2, slopes: [0.2, -2.5, -0.5])),
        .exponential(ExponentialLaw(floor: 0.2, scale: 0.1, slopes: [-0.2, 0, -3])),
      ], target: .mean(of: three))
    let found = model.minimum(parts: 3, upper: [0.5, 0.5, 0.3])
    var best = (point: [0.0, 0, 0], value: Double.infinity)
    for i in 0...500 {
      for j in 0...min(500, 1000 - i) where 1000 - i - j <= 300 {
        let point = [Double(i), Double(j), Double(1000 - i - j)].map { $0 / 1000 }
        let value = model.objective(at: point)
        if value < best.value { best = (point, value) }
      }
    }
    #expect(zip(found, best.point).allSatisfy { abs($0 - $1) < 2e-3 })
    #expect(model.objective(at: found) <= best.value + 1e-12)
  }
}

@Suite struct MethodsWithALawOrARegressionTests {
  @Test(
    "learn something predict any mixture and depend on observations alone",
    arguments: [
      "bimix", "mixlaws", "olmix", "regmix", "regmix-tuned", "regmix-linear", "climb",
      "climb-tuned",
    ])
  func learnSomethingPredictAnyMixtureAndDependOnObservationsAlone(
    name: String
  ) throws {
    let trainer = SyntheticTrainer(seed: 11)
    var context = SyntheticTrainer.context(seed: 5)
    // Trees with the authors' settings need leaves of twenty runs, or sums of residuals above a nat.
    let trials = name == "regmix" || name == "climb" ? 256 : 28
    context.trials = trials
    var method = try makeMethod(named: name, context: context)
    #expect((method as? any PredictsLosses)?.lossModel() == nil)
    let observations = trainer.run(&method, trials: trials, workers: 2)
    let law = try #require(method as? any PredictsLosses)
    let report = try #require(law.fitReport(of: observations, objective: context.objective))
    let fit = report.objective
    #expect(fit.residuals.count == trials)
    #expect(try #require(fit.rSquared) > 0.3, "\(name): \(fit)")
    #expect(fit.error < 0.2)

    let recommended = method.recommendations(3)
    #expect(recommended.count == 3)
    let optimum = recommended[0]
    let predicted = try #require(optimum.predicted)
    #expect(predicted.mean == law.lossModel()?.objective(at: optimum.mixture.weights))
    // What is handed over is better than the middle of what was tried.
    let tried = observations.map { trainer.objective($0.mixture, context.objective) }.sorted()
    if name != "bimix" && name != "regmix-linear" {
      #expect(trainer.objective(optimum.mixture, context.objective) < tried[trials / 2], "\(name)")
    }

    var resumed = try makeMethod(named: name, context: context)
    resumed.update(with: observations)
    #expect(resumed.recommendations(3) == recommended)
    for ordinal in [0, 5, 20, trials - 1] {
      #expect(
        resumed.suggest(pending: [], ordinal: ordinal)
          == method.suggest(pending: [], ordinal: ordinal))
    }
  }

  @Test("laws try what random search tries") func lawsTryWhatRandomSearchTries() throws {
    let context = SyntheticTrainer.context(seed: 9)
    let sobol = try makeMethod(named: "sobol", context: context)
    for name in ["bimix", "mixlaws", "olmix"] {
      let law = try makeMethod(named: name, context: context)
      for ordinal in 0..<4 {
        #expect(
          law.suggest(pending: [], ordinal: ordinal) == sobol.suggest(pending: [], ordinal: ordinal)
        )
      }
    }
  }

  @Test("reg mixs design keeps to the text that there is")
  func regMixsDesignKeepsToTheTextThatThereIs() throws {
    let context = SyntheticTrainer.context(seed: 2)
    let both = try ["regmix", "regmix-linear"].map { try makeMethod(named: $0, context: context) }
    let shares = context.textShares
    var smallest = 1.0
    var sum = [0.0, 0, 0, 0, 0]
    for ordinal in 0..<300 {
      let mixture = try #require(both[0].suggest(pending: [], ordinal: ordinal)).mixture
      #expect(both[1].suggest(pending: [], ordinal: ordinal)?.mixture == mixture)
      for (weight, share) in zip(mixture.weights, shares) {
        #expect(weight <= 15 * share + 1e-3)
        if weight > 0 { smallest = min(smallest, weight) }
      }
      for index in sum.indices { sum[index] += mixture.weights[index] / 300 }
    }
    // Multiples of 2e-4, as nearly as a sum of one allows.
    #expect(smallest > 1.99e-4)
    // The mean of a Dirichlet distribution is its concentrations' proportions: shares^.5.
    let roots = shares.map { $0.squareRoot() / shares.reduce(0) { $0 + $1.squareRoot() } }
    #expect(zip(sum, roots).allSatisfy { abs($0 - $1) < 0.07 }, "\(sum) \(roots)")
  }

  @Test("c LIM bs rounds are four to two to one") func cLIMBsRoundsAreFourToTwoToOne() {
    #expect(ClimbRounds.ends(of: 112) == [64, 96, 112])
    #expect(ClimbRounds.ends(of: 64) == [37, 55, 64])
    #expect(ClimbRounds.ends(of: 7) == [4, 6, 7])
    #expect(ClimbRounds.ends(of: 1) == [1, 1, 1])
  }

  @Test("olmix keeps within four epochs of each domains text")
  func olmixKeepsWithinFourEpochsOfEachDomainsText() throws {
    let trainer = SyntheticTrainer(seed: 11)
    var context = SyntheticTrainer.context(seed: 5)
    // 5, 40, 20, 10 and 5 tokens there, so that a run of 100 may take a fifth from the first.
    context.trainingTokens = 100
    var method = try makeMethod(named: "olmix-tuned", context: context)
    _ = trainer.run(&method, trials: 24)
    let weights = try #require(method.recommendations(1).first).mixture.weights
    #expect(zip(weights, [0.2, 1, 0.8, 0.4, 0.2]).allSatisfy { $0 <= $1 + 1e-9 }, "\(weights)")
    // Where all text four times does not fill a run, the caps keep their proportions.
    context.trainingTokens = 1000
    let caps = try #require(context.tokenCaps(at: 1000))
    #expect(zip(caps, [5.0, 40, 20, 10, 5]).allSatisfy { abs($0 - $1 / 80) < 1e-12 })
  }
}

@Suite struct `What draws a law's optimum or descends on it` {
  /// SciPy 1.17.1, SLSQP: the mean of exp(A x) and .05 times the divergence from (.6, .3, .1).
  @Test("Olmix's proposal agrees with SciPy's")
  func olmixsProposalAgreesWithSciPys() {
    let laws = [[0.2, -1.5, -0.4], [-0.8, 0.1, 0.3]].map {
      LawModel.Law.exponential(ExponentialLaw(floor: -20, scale: 0, slopes: $0))
    }
    let model = LawModel(laws: laws, target: .mean(of: ["a", "b"]))
    let found = model.minimum(
      parts: 3, pull: DivergencePull(strength: 0.05, center: [6, 3, 1].map { $0 / 10 }))
    let expected = [0.42353599, 0.57619040, 0.00027360]
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-5 }, "\(found)")
  }

  @Test("a pull draws to its center, and without a law ends there")
  func aPullDrawsToItsCenterAndWithoutALawEndsThere() {
    let flat = LawModel(laws: [.constant(3)], target: .mean(of: ["a"]))
    let center = [0.5, 0.3, 0.2, 0]
    let found = flat.minimum(parts: 4, pull: DivergencePull(strength: 0.1, center: center))
    #expect(zip(found, center).allSatisfy { abs($0 - $1) < 1e-4 }, "\(found)")
    let pull = DivergencePull(strength: 0.1, center: center)
    #expect(abs(pull.value(at: center)) < 1e-9 && pull.value(at: [0.25, 0.25, 0.25, 0.25]) > 0.5)
  }

  /// `loss_fn` and `update_with_stop` of `Anvith-Thudi/MixMin`, version 7212abe, run by JAX 0.10.2 on the losses of
  /// three experts on five examples: the weights after 1, 10 and 100 steps.
  @Test(
    "MixMin's steps are those of the authors' functions",
    arguments: [
      (1, [0.338724826765, 0.417598467578, 0.243676705656]),
      (10, [0.294786100289, 0.631547803628, 0.073666096083]),
      (100, [0.287628418214, 0.664072136117, 0.048299445669]),
    ])
  func mixMinsStepsAreThoseOfTheAuthorsFunctions(steps: Int, expected: [Double]) {
    let losses = [
      [1.2, 3.1, 0.7, 2.2, 4.0], [2.0, 1.1, 1.9, 2.1, 2.5], [3.3, 2.7, 2.8, 0.6, 3.9],
    ]
    let law = ExpertLaw(tokenLosses: losses, losses: losses.map { Statistics.mean($0) })
    let model = LawModel(laws: [.experts(law)], target: .mean(of: ["held out"]))
    let found = model.mixMin(parts: 3, steps: steps)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 2e-6 }, "\(found)")
  }
}

@Suite struct LawsUnderObjectivesAndLimitsOfAnyFormTests {
  private func trained(_ name: String, _ context: MethodContext) throws -> any MixtureMethod {
    let trainer = SyntheticTrainer(seed: 11)
    var method = try makeMethod(named: name, context: context)
    _ = trainer.run(&method, trials: 24)
    return method
  }

  @Test(
    "hand over what is feasible",
    arguments: [
      "bimix", "mixlaws", "olmix", "olmix-tuned", "regmix-linear", "climb", "climb-tuned",
    ])
  func handOverWhatIsFeasible(name: String) throws {
    var context = SyntheticTrainer.context(seed: 5)
    context.trials = 24
    context.feasible = try FeasibleMixtures(
      [.total(domains: ["books", "web"], lower: 0.5, upper: 0.6)], domains: context.domains,
      availableTokens: context.availableTokens, trainingTokens: 100)
    let method = try trained(name, context)
    for ordinal in 0..<24 {
      let proposed = try #require(method.suggest(pending: [], ordinal: ordinal)).mixture
      #expect(context.feasible.contains(proposed.weights, tolerance: 1e-6))
    }
    let optimum = try #require(method.recommendations(1).first).mixture
    #expect(context.feasible.contains(optimum.weights, tolerance: 1e-6), "\(optimum)")
  }

  @Test("find the mixture whose worst domain is best and keep limits")
  func findTheMixtureWhoseWorstDomainIsBestAndKeepLimits() throws {
    let model = LawModel(
      laws: [
        .bivariate(BivariateLaw(level: 3, power: 0.2), domain: 0),
        .bivariate(BivariateLaw(level: 3.3, power: 0.2), domain: 1),
        .bivariate(BivariateLaw(level: 2.5, power: 0.2), domain: 2),
      ],
      target: Objective(targets: three, proportionalTo: [1, 1, 1], aggregate: .worst))
    var best = Double.infinity
    for i in 1..<200 {
      for j in 1..<(200 - i) {
        best = min(
          best,
          model.objective(at: [Double(i), Double(j), Double(200 - i - j)].map { $0 / 200 }))
      }
    }
    #expect(model.objective(at: model.minimum(parts: 3)) < best + 1e-3)

    let observations = observations(
      SobolSequence.simplexPoints(parts: 3, count: 24, seed: 2), domains: three, targets: three
    ) { w in w.map { 3 + 0.8 * exp(-3 * $0) } }
    let limited = Objective(
      targets: ["a"], proportionalTo: [1], limits: [.init(domain: "b", loss: 3.3)])
    let context = MethodContext(
      domains: three, availableTokens: [1, 1, 1], objective: limited, seed: 1, initialTrials: 4)
    var method = try makeMethod(named: "mixlaws", context: context)
    method.update(with: observations)
    let weights = try #require(method.recommendations(1).first).mixture.weights
    // The least of b that keeps its limit: .8 e^(-3 w) = .3.
    #expect(abs(weights[1] - log(0.8 / 0.3) / 3) < 0.03, "\(weights)")
  }
}
