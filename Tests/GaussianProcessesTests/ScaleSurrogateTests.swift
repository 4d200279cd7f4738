import Foundation
import Mixtures
import Numerics
import Testing

@testable import GaussianProcesses

private func posterior(
  _ data: ScaleData, link: SurrogateForm.Link = .logarithm, repetition: Repetition? = nil
) -> ScalePosterior {
  let contrasts = (0..<data.outputs).map { data.contrasts($0, link: link) }
  var fit = ScaleFit(
    link: link, standards: contrasts.map { .init(location: $0.location, scale: $0.scale) },
    unit: 1 / contrasts[0].scale,
    draws: [], mode: [])
  fit.repetition = repetition
  return ScalePosterior(
    inputs: ScaleInputs(data, repetition),
    outcomes: (0..<data.outputs).map { fit.standardized(data, output: $0) },
    expected: fit.priors(of: data),
    contrasts: contrasts.map { contrast in contrast.values.map { $0 / contrast.scale } },
    unit: fit.unit)
}

@Suite struct PosteriorsOverMixturesSizesAndLengthsTests {
  /// - Parameter text: of the first domain, in tokens of the target's run: all of it, or so little that runs repeat it.
  @Test(
    "slope as finite differences do", arguments: [UInt64(1), 2, 3], [(1, 1.0), (3, 1), (2, 0.1)])
  func slopeAsFiniteDifferencesDo(seed: UInt64, of: (outputs: Int, text: Double)) throws {
    let data = ScaleLandscape().data(count: 14).selecting(outputs: Array(0..<of.outputs))
    for law in ScaleLaw.allCases {
      var posterior = posterior(
        data, repetition: of.text < 1 ? Repetition(text: [of.text, 9, 9, 9]) : nil)
      posterior.law = law
      let start = logs(posterior.priors, seed: seed)
      let found = try #require(posterior.value(at: start))
      for i in start.indices {
        let h = 2e-4
        func value(_ step: Double) -> Double {
          var moved = start
          moved[i] += step
          return posterior.value(at: moved)!.value
        }
        let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
        #expect(
          relativeDifference(found.gradient[i], difference) < 1e-5, "hyperparameter \(i), \(law)")
      }
    }
  }

  /// All together as one part in so many of one of them.
  @Test("count outputs that are the same for little", arguments: [2, 5])
  func countOutputsThatAreTheSameForLittle(copies: Int) throws {
    let data = ScaleLandscape().data(count: 14)
    let one = posterior(data.selecting(outputs: [1]))
    let same = posterior(data.selecting(outputs: [Int](repeating: 1, count: copies)))
    let start = logs(one.priors, seed: 4)
    #expect(one.priors == same.priors)
    let (value, other) = (try #require(one.value(at: start)), try #require(same.value(at: start)))
    let priors = zip(one.priors, start).map { $0.logDensity($1) }
    let likelihood = value.value - priors.reduce(0) { $0 + $1.0 }
    let expected = other.value - priors.reduce(0) { $0 + $1.0 }
    #expect(abs(likelihood - Double(copies) * expected) < 1e-9 * abs(likelihood))
    for (i, prior) in priors.enumerated() where !one.priors[i].isFixed {
      let (slope, part) = (value.gradient[i] - prior.1, other.gradient[i] - prior.1)
      #expect(abs(slope - Double(copies) * part) < 1e-6 * max(abs(slope), 1))
    }
  }

  /// What counts of a run's mixture is another at each of its lengths, and so is how uneven it is.
  @Test("are symmetric where text repeats") func areSymmetricWhereTextRepeats() throws {
    let data = ScaleLandscape().data(count: 14)
    var logs = posterior(data).coldStart
    logs[ScaleHyperparameters.Index.noise] = 0
    logs[ScaleHyperparameters.Index.noiseSlope] = 1.5
    let kernel = ScaleKernel(hyperparameters: ScaleHyperparameters(logs: logs), unit: 20)
    let inputs = ScaleInputs(data, Repetition(text: [0.05, 0.1, 9, 9]))
    #expect(inputs.mixtures.count > ScaleInputs(data).mixtures.count)
    let covariance = kernel.covariance(inputs, inputs)
    for i in 0..<inputs.count {
      for j in 0..<i {
        #expect(abs(covariance[i, j] - covariance[j, i]) < 1e-12 * covariance[i, i])
        #expect(pow(covariance[i, j], 2) < covariance[i, i] * covariance[j, j])
      }
    }
  }

  @Test("have a variance that is their covariance with themselves", arguments: ScaleLaw.allCases)
  func haveAVarianceThatIsTheirCovarianceWithThemselves(law: ScaleLaw) {
    let data = ScaleLandscape().data(count: 12)
    let logs = posterior(data).coldStart
    let kernel = ScaleKernel(
      hyperparameters: ScaleHyperparameters(logs: logs), unit: 20, law: law)
    let inputs = ScaleInputs(data)
    let covariance = kernel.covariance(inputs, inputs)
    for (i, variance) in kernel.variances(inputs).enumerated() {
      #expect(abs(variance - covariance[i, i]) < 1e-9 * variance, "point \(i)")
    }
  }

  /// Student's density with its scale integrated out numerically.
  @Test("integrates the variance out") func integratesTheVarianceOut() throws {
    let data = ScaleLandscape().data(count: 5, rungs: 1...1).selecting(outputs: [0])
    let posterior = posterior(data)
    let logs = posterior.coldStart
    let kernel = ScaleKernel(
      hyperparameters: ScaleHyperparameters(logs: logs), unit: posterior.unit)
    let inputs = ScaleInputs(data)
    let cholesky = try #require(Cholesky(factoring: kernel.covariance(inputs, inputs)))
    let contrasts = data.contrasts(0, link: .logarithm)
    let fit = ScaleFit(
      link: .logarithm, standards: [.init(location: contrasts.location, scale: contrasts.scale)],
      unit: posterior.unit,
      draws: [], mode: [])
    func logarithm(_ factor: Double) -> Double {
      let y = fit.standardized(data, output: 0).map { $0 * factor }
      let white = cholesky.solveLower(y)
      let (n, a) = (Double(y.count), ScalePosterior.priorRuns)
      // Inverse gamma of shape a/2 and scale a/2 over variances, in steps of their logarithm.
      var sum = 0.0
      for step in -4000..<4000 {
        let v = exp(Double(step) * 0.005)
        sum += exp(
          -0.5 * n * log(v) - 0.5 * dot(white, white) / v - 0.5 * a * log(v) - 0.5 * a / v)
      }
      return log(sum) - 0.5 * cholesky.logDeterminant
    }
    // Up to a constant that does not depend on the outcomes.
    func told(_ factor: Double) throws -> Double {
      let moved = ScalePosterior(
        inputs: inputs, outcomes: [fit.standardized(data, output: 0).map { $0 * factor }],
        expected: Matrix(rows: inputs.count, columns: 1),
        contrasts: [contrasts.values], unit: posterior.unit)
      return try #require(moved.value(at: logs)).value
    }
    #expect(abs(try told(3) - told(1) - (logarithm(3) - logarithm(1))) < 1e-3)
  }

  @Test("holds contrasts farther apart for less alike")
  func holdsContrastsFartherApartForLessAlike() {
    let kernel = ScaleKernel(
      hyperparameters: ScaleHyperparameters(
        logs: ScaleHyperparameters.priors.map(\.start)), unit: 30)
    let cells = [0.0, 0.5, 1, 2, 4].map { ScaleCell(size: $0, length: 0) }
    let shorter = [0.0, 0.5, 1, 2, 4].map { ScaleCell(size: 0, length: $0) }
    let bySize = kernel.correlations([.target], cells).values.row(0)
    let byLength = kernel.correlations([.target], shorter).values.row(0)
    #expect(bySize[0] == 1 && byLength[0] == 1)
    #expect(zip(bySize, bySize.dropFirst()).allSatisfy { $0 > $1 })
    #expect(zip(byLength, byLength.dropFirst()).allSatisfy { $0 > $1 })
    // More in tokens than in parameters.
    #expect(zip(bySize, byLength).dropFirst().allSatisfy { $0 > $1 })
  }

  @Test("may let small models change less with length")
  func mayLetSmallModelsChangeLessWithLength() {
    var logs = ScaleHyperparameters.priors.map(\.start)
    logs[ScaleHyperparameters.Index.lengthBySize] = 0.4
    let kernel = ScaleKernel(hyperparameters: ScaleHyperparameters(logs: logs), unit: 30)
    func alike(_ a: ScaleCell, _ b: ScaleCell) -> Double {
      kernel.correlations([a], [b]).values[0, 0]
    }
    func ofLengths(size: Double) -> Double {
      alike(ScaleCell(size: size, length: 0), ScaleCell(size: size, length: 2))
    }
    #expect(ofLengths(size: 3) > ofLengths(size: 1))
    #expect(ofLengths(size: 1) > ofLengths(size: 0))
    logs[ScaleHyperparameters.Index.lengthBySize] = 0
    let even = ScaleKernel(hyperparameters: ScaleHyperparameters(logs: logs), unit: 30)
    let small = ScaleCell(size: 3, length: 0)
    #expect(alike(.target, small) == even.correlations([.target], [small]).values[0, 0])
  }

  @Test("are fitted to a sample that keeps what ended at the target")
  func areFittedToASampleThatKeepsWhatEndedAtTheTarget() {
    func run(_ weight: Double, _ parameters: Double, _ tokens: [Double]) -> ScaleData.Run {
      .init(
        weights: [weight, 1 - weight], parameters: parameters, tokens: tokens,
        losses: tokens.map { _ in [3] })
    }
    let small = (0..<60).map { run(Double($0) / 100, 1e6, [1e7]) }
    let both = (0..<20).flatMap { i in [1e6, 1e7].map { run(0.005 + Double(i) / 50, $0, [2e7]) } }
    let final = (0..<7).map { run(0.9 + Double($0) / 100, 1e8, [1e8, 1e9]) }
    let data = ScaleData(
      runs: small + final + both, target: .init(parameters: 1e8, tokens: 1e9), ownDomains: [nil])
    let sample = data.thinned(to: 30)
    #expect(sample.count == 30)
    #expect(sample.runs.filter(data.isAtTarget) == final)
    let scarce = data.thinned(to: 10)
    #expect(scarce.count == 10 && scarce.runs.count(where: data.isAtTarget) == 5)
    // Of the rest most are of mixtures that have two sizes, in pairs.
    let pairs = sample.runs.filter { run in
      sample.runs.count { $0.weights == run.weights && !data.isAtTarget($0) } == 2
    }
    #expect(pairs.count >= 14)
  }
}

@Suite struct RepetitionTests {
  /// Muennighoff et al.: to the fourth epoch text is nearly as good as new, at last it is worth 1 + R times itself.
  @Test("counts text the less the more often it was read")
  func countsTextTheLessTheMoreOftenItWasRead() {
    let repetition = Repetition(text: [0.1, 10], decay: 15.39)
    func counted(_ weight: Double, length: Double = 0) -> [Double] {
      repetition.effective([weight, 1 - weight], at: ScaleCell(size: 0, length: length))
    }
    #expect(counted(0.1) == [0.1, 0.9])
    let fourth = counted(0.4)[0]
    #expect(fourth < 0.4 && fourth > 0.36)
    #expect(counted(1)[0] < 0.1 * 16.39)
    #expect(counted(0.9)[0] - counted(0.8)[0] < counted(0.5)[0] - counted(0.4)[0])
    // A run of a tenth of the tokens does not repeat it, one of ten times as many does so the more.
    #expect(counted(0.9, length: log(10)) == [0.9, 1 - 0.9])
    #expect(counted(0.9, length: -log(10))[0] < counted(0.9)[0])
    #expect(Repetition(text: [0, 1], decay: 5).effective([0, 1], at: .target) == [0, 1])
    #expect(Repetition(text: [0, 1], decay: 5).effective([0.5, 0.5], at: .target)[0] == 0)
  }

  @Test("is only there where text would be read again")
  func isOnlyThereWhereTextWouldBeReadAgain() throws {
    var data = ScaleLandscape().data(count: 12)
    #expect(Repetition(data) == nil)
    data.availableTokens = [1e9, 1e9, 1e9, 1e9]
    #expect(Repetition(data) == nil)
    data.availableTokens = [2e6, 1e9, 1e9, 1e9]
    #expect(try #require(Repetition(data)).text[0] == 2e6 / data.target.tokens)
  }

  /// Of an output whose own domain is read again: what its own text explains is taken off its units, by each decay another part.
  @Test("find how fast text wears out", arguments: Repetition.decays)
  func findHowFastTextWearsOut(decay: Double) throws {
    var found: [Double] = []
    for seed in UInt64(1)...5 {
      var data = ScaleData(
        runs: [], target: .init(parameters: 1e5, tokens: 1e9), ownDomains: [0],
        availableTokens: [3e7, 9e9, 9e9])
      let repetition = Repetition(text: data.availableTokens!.map { $0 / 1e9 }, decay: decay)
      for weights in SobolSequence.simplexPoints(parts: 3, count: 30, seed: seed) {
        let tokens = [2e7, 4e8, 1e9]
        data.runs.append(
          ScaleData.Run(
            weights: weights, parameters: 1e5, tokens: tokens,
            losses: tokens.map { tokens in
              let cell = data.cell(parameters: 1e5, tokens: tokens)
              let counted = repetition.effective(weights, at: cell)[0]
              return [2.5 + 0.1 * cell.length - 0.12 * log(0.02 + counted)]
            }))
      }
      let fit = try #require(ScaleFit.selected(for: data))
      found.append(try #require(fit.repetition).decay)
    }
    #expect(found.count { $0 == decay } >= 4, "\(found)")
  }

  /// Runs that never repeated the first domain say that more of it is better; those of the target would.
  @Test("tells the target from runs that never repeat")
  func tellsTheTargetFromRunsThatNeverRepeat() throws {
    func loss(_ weights: [Double], _ cell: ScaleCell) -> [Double] {
      let counted = Repetition(text: [0.05, 9, 9], decay: 2).effective(weights, at: cell)
      return [2 + 0.3 * exp(-4 * counted[0]) + 0.1 * exp(-2 * counted[1]) + 0.2 * cell.length]
    }
    let much = [[0.9, 0.05, 0.05], [0.1, 0.6, 0.3]]
    let truth = loss(much[0], .target)[0] - loss(much[1], .target)[0]
    /// The logarithm of the density that is told of how much the first of them is above the second.
    func score(_ data: ScaleData) throws -> Double {
      let surrogate = try #require(
        ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
      let told = surrogate.field(
        LossFunction(coefficients: [1]), at: surrogate.targetQueries(much)
      ) { _ in 1 }.differences[0]
      return -log(told.deviation) - 0.5 * pow((told.mean - truth) / told.deviation, 2)
    }
    for seed in UInt64(1)...6 {
      var data = ScaleData(
        runs: [], target: .init(parameters: 1e6, tokens: 1e9), ownDomains: [nil],
        availableTokens: [5e7, 9e9, 9e9])
      let mixtures = SobolSequence.simplexPoints(parts: 3, count: 24, seed: seed)
      for (i, weights) in mixtures.enumerated() {
        let tokens = i % 4 == 0 ? [2e7, 4e8] : [2e7]
        data.runs.append(
          ScaleData.Run(
            weights: weights, parameters: 1e5, tokens: tokens,
            losses: tokens.map { loss(weights, data.cell(parameters: 1e5, tokens: $0)) }))
      }
      var unaware = data
      unaware.availableTokens = nil
      #expect(try score(data) > score(unaware), "seed \(seed)")
    }
  }
}

@Suite struct SurrogatesOfMixtureSizeAndLengthTests {
  private let function = LossFunction(coefficients: [0.5, 0.25, 0.25])

  @Test("draw hyperparameters that count as one") func drawHyperparametersThatCountAsOne() throws {
    let fit = try #require(ScaleFit.selected(for: ScaleLandscape().data(count: 18)))
    #expect(fit.draws.count > 1)
    #expect(abs(fit.draws.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
    #expect(Set(fit.draws.map(\.logs)).count == fit.draws.count)
    let one = try #require(ScaleFit.selected(for: ScaleLandscape().data(count: 18), draws: 1))
    #expect(one.draws.count == 1 && one.draws[0].logs == one.mode)
  }

  /// Of one output the last of its own text is missed most, the other hardly notices.
  @Test("choose a law of more bends where outputs bend otherwise, and predict better by it")
  func chooseALawOfMoreBends() throws {
    func loss(_ w: [Double], _ parameters: Double) -> [Double] {
      let level = 2 + 30 * pow(parameters, -0.3)
      return [level - 0.12 * log(0.0005 + w[0]), level - 0.4 * log(0.4 + w[1])]
    }
    func mixtures(_ start: Int, _ count: Int) -> [[Double]] {
      SobolSequence.simplexPoints(parts: 4, start: start, count: count, seed: 3).map { point in
        // Many with little of the first.
        let own = pow(point[0], 3)
        let rest = (1 - own) / max(1 - point[0], 1e-9)
        return [own] + point.dropFirst().map { $0 * rest }
      }
    }
    let runs = mixtures(0, 36).enumerated().map { i, w in
      let parameters = i % 2 == 0 ? 1e6 : 4e6
      return ScaleData.Run(
        weights: w, parameters: parameters, tokens: [1e8], losses: [loss(w, parameters)])
    }
    let data = ScaleData(
      runs: runs, target: .init(parameters: 4e6, tokens: 1e8), ownDomains: [0, 1])
    var fit = try #require(ScaleFit.selected(for: data))
    #expect(fit.law == .bent)
    let unseen = mixtures(200, 60)
    func error(_ fit: ScaleFit) throws -> Double {
      let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
      return zip(surrogate.targetLosses(at: unseen), unseen).reduce(0) {
        $0 + pow($1.0[0].mean - loss($1.1, 4e6)[0], 2)
      }
    }
    let bent = try error(fit)
    fit.law = .plain
    #expect(try bent < 0.5 * error(fit))
  }

  @Test("predict the target from smaller and shorter runs")
  func predictTheTargetFromSmallerAndShorterRuns() throws {
    let landscape = ScaleLandscape()
    let data = landscape.data(count: 60, sizes: [5e4, 1e5, 2e5])
    let surrogate = try #require(
      ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
    let unseen = SobolSequence.simplexPoints(parts: 4, start: 300, count: 40, seed: 3)
    let truths = unseen.map { function.value(of: landscape.loss($0, parameters: 4e5, tokens: 8e6)) }
    let found = surrogate.targetValues(of: function, at: unseen)
    #expect(try #require(RankCorrelation.spearman(found.map(\.mean), truths)) > 0.9)
    let held = zip(found, truths).count { $0.interval.contains($1) }
    #expect(held >= 36, "\(held) of 40")
    // Every output by itself too.
    let losses = surrogate.targetLosses(at: unseen)
    for d in 0..<3 {
      let own = unseen.map { landscape.loss($0, parameters: 4e5, tokens: 8e6)[d] }
      #expect(zip(losses, own).count { $0[d].interval.contains($1) } >= 34, "output \(d)")
    }
  }

  /// What all mixtures share at a size that nobody ran is uncertain, differences are less so.
  @Test("know differences better than levels") func knowDifferencesBetterThanLevels() throws {
    let data = ScaleLandscape().data(count: 40, sizes: [5e4, 1e5], rungs: 6...6)
    let surrogate = try #require(
      ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
    let mixtures = Array(SobolSequence.simplexPoints(parts: 4, count: 6, seed: 3))
    let field = surrogate.field(function, at: surrogate.targetQueries(mixtures))
    for (place, difference) in field.differences.enumerated() where place != field.reference {
      #expect(difference.deviation < field.values[place].deviation)
    }
    let belief = TargetBelief(surrogate, function, mixtures: mixtures)
    for (place, difference) in field.differences.enumerated() {
      let other = belief.difference(place, field.reference)
      #expect(abs(other.mean - difference.mean) < 1e-9)
      #expect(abs(other.deviation - difference.deviation) < 1e-6)
    }
  }

  @Test("are sure of what was measured and of nothing else")
  func areSureOfWhatWasMeasuredAndOfNothingElse() throws {
    let data = ScaleLandscape().data(count: 30, sizes: [1e5, 4e5], rungs: 6...6, noise: 0.001)
    let surrogate = try #require(
      ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
    for run in data.runs.prefix(4) {
      let found = surrogate.values(
        of: function, at: run.weights, parameters: run.parameters, tokens: run.tokens,
        ofRuns: false)[0]
      #expect(abs(found.mean - function.value(of: run.losses[0])) < 0.01)
      let far = surrogate.values(
        of: function, at: run.weights, parameters: 100 * run.parameters, tokens: run.tokens,
        ofRuns: false)[0]
      #expect(far.deviation > 5 * found.deviation)
    }
  }

  @Test("expect equal shares to do best where nothing was run")
  func expectEqualSharesToDoBestWhereNothingWasRun() throws {
    let fit = ScaleFit(
      link: .logarithm, standards: [.init(location: 1, scale: 0.04)], unit: 25, draws: [], mode: [])
    func prior(_ fit: ScaleFit, _ weights: [Double]) -> Double {
      fit.priors([ScaleQuery(weights: weights, cell: .target)])[0, 0]
    }
    #expect(abs(prior(fit, [0.25, 0.25, 0.25, 0.25])) < 1e-12)
    var last = 0.0
    for share in [0.4, 0.6, 0.8, 1] {
      let rest = (1 - share) / 3
      let found = prior(fit, [share, rest, rest, rest])
      #expect(found > last)
      last = found
    }
    // Of what is no loss nobody knows whether more is better.
    var other = fit
    other.link = .identity
    #expect(prior(other, [1, 0, 0, 0]) == 0)
  }

  /// With factors of 9 and ¼ what all mixtures share is three times as uncertain, and how they differ half.
  @Test("say the same of the target whatever else is asked for")
  func sayTheSameOfTheTargetWhateverElseIsAskedFor() throws {
    let data = ScaleLandscape().data(count: 24, sizes: [5e4, 1e5, 2e5])
    var fit = try #require(ScaleFit.selected(for: data))
    fit.factors.level = 4
    fit.factors.contrast = 2
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    let mixture = [0.4, 0.3, 0.2, 0.1]
    let target = ScaleQuery(weights: mixture, cell: .target, run: nil)
    let small = ScaleQuery(weights: mixture, cell: ScaleCell(size: 1, length: 0.5), run: nil)
    let alone = surrogate.marginals(function, at: [target])[0]
    let both = surrogate.marginals(function, at: [small, target, small])
    #expect(abs(both[1].mean - alone.mean) < 1e-12)
    #expect(abs(both[1].deviation - alone.deviation) < 1e-12)
    fit.factors = .init()
    let plain = try #require(ScaleSurrogate(data: data, fit: fit))
    #expect(alone.deviation > 1.2 * plain.marginals(function, at: [target])[0].deviation)
    #expect(
      abs(both[0].deviation - plain.marginals(function, at: [small])[0].deviation) < 1e-12)
  }

  @Test("are calibrated alike alone, jointly and as differences")
  func areCalibratedAlikeAloneJointlyAndAsDifferences() throws {
    let data = ScaleLandscape().data(count: 40, sizes: [5e4, 1e5], rungs: 6...6)
    var fit = try #require(ScaleFit.selected(for: data))
    let plain = try #require(ScaleSurrogate(data: data, fit: fit))
    fit.factors = .init(level: 9, contrast: 0.25)
    let calibrated = try #require(ScaleSurrogate(data: data, fit: fit))
    var mixtures: [[Double]] = []
    for run in data.runs where mixtures.count < 16 && !mixtures.contains(run.weights) {
      mixtures.append(run.weights)
    }
    let queries = calibrated.targetQueries(mixtures)
    let (before, after) = (
      plain.joint(function, at: queries), calibrated.joint(function, at: queries)
    )
    #expect(before.means == after.means)
    let n = mixtures.count
    // These are the mixtures whose mean stands for what all share.
    let shared = [before, after].map { $0.covariance.elements.reduce(0, +) / Double(n * n) }
    #expect(relativeDifference(shared[1], 9 * shared[0]) < 1e-6)
    let alone = calibrated.marginals(function, at: queries)
    for i in 0..<n {
      #expect(relativeDifference(alone[i].deviation, after.covariance[i, i].squareRoot()) < 1e-6)
      for j in 0..<i {
        func difference(_ joint: ScaleSurrogate.Joint) -> Double {
          joint.covariance[i, i] + joint.covariance[j, j] - 2 * joint.covariance[i, j]
        }
        #expect(abs(difference(after) - 0.25 * difference(before)) < 1e-9)
      }
    }
    let field = calibrated.field(function, at: queries)
    let other = plain.field(function, at: queries)
    for (a, b) in zip(field.differences, other.differences) {
      #expect(abs(a.deviation - 0.5 * b.deviation) < 1e-9)
    }
    #expect(Cholesky(factoring: after.covariance)?.jitter == 0)
  }

  /// Data drawn from the model's own prior: 95 % of intervals hold, whatever was drawn.
  @Test("hold as often as they say") func holdAsOftenAsTheySay() throws {
    var (held, count) = (0, 0)
    for seed in 1...12 {
      var generator = SeededGenerator(seed: UInt64(seed), stream: "prior draws")
      let truth = ScaleHyperparameters(
        logs: ScaleHyperparameters.priors.map { prior in
          guard case .normal(let mean, let deviation) = prior else { return 0 }
          return mean + 0.7 * deviation * generator.normal()
        })
      let kernel = ScaleKernel(hyperparameters: truth, unit: 25)
      var data = ScaleLandscape().data(count: 24, sizes: [1e5, 2e5, 4e5], rungs: 2...4)
        .selecting(outputs: [0])
      let unseen = SobolSequence.simplexPoints(parts: 4, start: 200, count: 10, seed: 3)
      let test = unseen.map { ScaleQuery(weights: $0, cell: .target) }
      let all = ScaleInputs(
        data.runs.enumerated().flatMap { index, run in
          run.tokens.map {
            ScaleQuery(
              weights: run.weights, cell: data.cell(parameters: run.parameters, tokens: $0),
              run: index)
          }
        } + test, parts: 4)
      let factor = try #require(Cholesky(factoring: kernel.covariance(all, all))).factor
      let drawn = factor.times((0..<all.count).map { _ in generator.normal() })
      // What is expected of a mixture before any run, of outcomes that are a twenty-fifth of a logarithm.
      let prior = ScarcityPrior()
      let weights = data.runs.flatMap { run in run.tokens.map { _ in run.weights } } + unseen
      let cells = data.cells + unseen.map { _ in .target }
      func loss(_ place: Int) -> Double {
        let expected = prior.expected(0, ScarcityPrior.variables(weights[place]))
        return exp(1 + 0.04 * (drawn[place] + truth.growth(cells[place]) * expected))
      }
      var place = 0
      for index in data.runs.indices {
        for rung in data.runs[index].tokens.indices {
          data.runs[index].losses[rung] = [loss(place)]
          place += 1
        }
      }
      let surrogate = try #require(
        ScaleFit.selected(for: data).flatMap { ScaleSurrogate(data: data, fit: $0) })
      let found = surrogate.targetValues(of: LossFunction(coefficients: [1]), at: unseen)
      for (prediction, at) in zip(found, place..<all.count) {
        count += 1
        if prediction.interval.contains(loss(at)) { held += 1 }
      }
    }
    #expect(Double(held) > 0.87 * Double(count), "\(held) of \(count)")
  }
}

@Suite struct WhatRunsTellOfTheTargetTests {
  private let one = LossFunction(coefficients: [1])

  private func belief(ofRuns: Bool) throws -> (TargetBelief, ScaleData) {
    var data = ScaleLandscape().data(count: 20).selecting(outputs: [0])
    data.target.isOfRuns = ofRuns
    let fit = try #require(ScaleFit.selected(for: data, draws: 1))
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    var mixtures: [[Double]] = []
    for run in data.runs where !mixtures.contains(run.weights) { mixtures.append(run.weights) }
    // Near the best of those that were run, where another run may well change which it is.
    let known = Array(mixtures.prefix(8))
    let values = surrogate.targetValues(of: one, at: known)
    let best = known[values.indices.min { values[$0].mean < values[$1].mean }!]
    let near = (0..<4).map { j in
      best.enumerated().map { 0.93 * $1 + ($0 == j ? 0.07 : 0) }
    }
    return (TargetBelief(surrogate, one, mixtures: known + near), data)
  }

  @Test("are chances that sum to one") func areChancesThatSumToOne() throws {
    let chances = try #require(try belief(ofRuns: false).0.chances(seed: 3))
    #expect(abs(chances.reduce(0) { $0 + $1.probabilityOfBest } - 1) < 1e-9)
    #expect(chances.allSatisfy { $0.expectedRegret >= -1e-12 })
  }

  /// Of two mixtures it is a normal distribution's, of a deviation that contenders narrow or widen.
  @Test("go by how well contenders are told apart", arguments: [0.04, 0.5, 4])
  func goByHowWellContendersAreToldApart(contender: Double) throws {
    let data = ScaleLandscape().data(count: 20).selecting(outputs: [0])
    var fit = try #require(ScaleFit.selected(for: data, draws: 1))
    fit.factors = .init(contrast: 2, contender: contender)
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    let belief = TargetBelief(
      surrogate, one, mixtures: [[0.4, 0.3, 0.2, 0.1], [0.3, 0.3, 0.2, 0.2]])
    let difference = belief.difference(1 - belief.best, belief.best)
    let expected = Normal.cumulative(
      difference.mean / (difference.deviation * (contender / 2).squareRoot()))
    let count = 4000
    let chances = try #require(belief.chances(draws: count, seed: 5))
    let error = (expected * (1 - expected) / Double(count)).squareRoot()
    #expect(abs(chances[belief.best].probabilityOfBest - expected) < 4 * error + 1e-9)
  }

  /// Where the level is known, a run's gain is how far the lowest mean falls on average once it is there: by
  /// integrating over its outcomes.
  @Test("is by how much the best would be better", arguments: [false, true])
  func isByHowMuchTheBestWouldBeBetter(ofRuns: Bool) throws {
    let (belief, data) = try belief(ofRuns: ofRuns)
    let cell = ScaleCell(size: 0, length: 0)
    let gains = belief.gains(
      of: [(cell: cell, probes: belief.mixtures.indices.map { .init(mixture: $0) })])[0]
    let x = gains.indices.max { gains[$0] < gains[$1] }!
    // Asked alone, so that the others there have no noise.
    let found = belief.gains(of: [(cell: cell, probes: [.init(mixture: x)])])[0][0]
    #expect(found > 0)
    let surrogate = belief.surrogate
    let run = ofRuns ? surrogate.targetQueries(belief.mixtures)[x].run : data.count + 100
    let queries = surrogate.targetQueries(belief.mixtures)
    // All mixtures there, but for what they share, jointly with the target.
    let asked = belief.mixtures.enumerated().map {
      ScaleQuery(weights: $1, cell: cell, run: $0 == x ? run : nil)
    }
    let joint = surrogate.joint(one, at: queries + asked)
    let p = belief.mixtures.count
    func covariance(_ a: [Double], _ b: [Double]) -> Double { dot(a, joint.covariance.times(b)) }
    func contrast(_ place: Int, from offset: Int) -> [Double] {
      (0..<2 * p).map { i in
        (i == place + offset ? 1.0 : 0) - (i >= offset && i < offset + p ? 1 / Double(p) : 0)
      }
    }
    let own = contrast(x, from: p)
    let deviation = covariance(own, own).squareRoot()
    let slopes = (0..<p).map { covariance(contrast($0, from: 0), own) / deviation }
    // Over the outcome's normal number, by the rectangle rule.
    var gain = 0.0
    for step in -8000...8000 {
      let z = Double(step) / 1000
      let fall = belief.means.min()! - (0..<p).map { belief.means[$0] + slopes[$0] * z }.min()!
      gain += fall * Normal.density(z) / 1000
    }
    #expect(gain > 1e-7)
    #expect(abs(found - gain) < 0.02 * gain, "\(found) \(gain)")
  }

  /// Blocks of the kernel are worked out once for all fidelities.
  @Test("is the same from the kernel's blocks") func isTheSameFromTheKernelsBlocks() throws {
    let (belief, data) = try belief(ofRuns: false)
    let model = belief.surrogate.models[0]
    let queries = belief.mixtures.map {
      ScaleQuery(weights: $0, cell: data.cell(parameters: 1e5, tokens: 1e6), run: nil)
    }
    let inputs = belief.surrogate.inputs(queries)
    let plain = model.posterior(inputs, isJoint: true)
    let cached = model.posterior(inputs, isJoint: true, blocks: model.blocks(inputs.mixtures))
    #expect(plain.covariance == cached.covariance && plain.means == cached.means)
  }

  @Test("gain nothing from a run that is there") func gainNothingFromARunThatIsThere() throws {
    let (belief, data) = try belief(ofRuns: true)
    let seen = try #require(
      data.runs.firstIndex { $0.parameters == 4e5 && belief.mixtures.contains($0.weights) })
    let run = data.runs[seen]
    let x = try #require(belief.mixtures.firstIndex(of: run.weights))
    let cell = data.cell(parameters: run.parameters, tokens: run.tokens.last!)
    let other = (x + 1) % belief.mixtures.count
    let gains = belief.gains(
      of: [(cell: cell, probes: [.init(mixture: x, run: seen), .init(mixture: other)])])[0]
    #expect(gains[0] < 0.2 * gains[1] || gains[0] < 2e-5, "\(gains)")
  }

  /// However much of a run's outcome is taken for noise and jitter; what its runs have in common stays uncertain.
  @Test("know what was measured where runs are judged", arguments: [-7.0, -1])
  func knowWhatWasMeasuredWhereRunsAreJudged(jitter: Double) throws {
    var data = ScaleLandscape().data(count: 20, rungs: 4...4).selecting(outputs: [0])
    var fit = try #require(ScaleFit.selected(for: data, draws: 2))
    for at in fit.draws.indices {
      fit.draws[at].logs[ScaleHyperparameters.Index.jitter] = jitter
      fit.draws[at].logs[ScaleHyperparameters.Index.noise] = -1
    }
    // Two runs of one mixture: it is judged by the first.
    let index = try #require(
      data.runs.firstIndex { $0.parameters == data.target.parameters })
    var again = data.runs[index]
    again.losses = again.losses.map { [$0[0] * 1.03] }
    data.runs.append(again)
    let run = data.runs[index]
    for isOfRuns in [true, false] {
      data.target = .init(parameters: run.parameters, tokens: run.tokens.last!, isOfRuns: isOfRuns)
      let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
      let told = surrogate.targetValues(of: one, at: [run.weights])[0]
      let missed = abs(told.mean - run.losses.last![0])
      if isOfRuns {
        #expect(missed < 1e-6 && told.deviation < 1e-5, "\(told)")
      } else {
        #expect(missed > 1e-3 && told.deviation > 1e-3, "\(told)")
      }
      // What a run of another would be is known less well than what such runs have in common.
      let other = surrogate.targetValues(of: one, at: [[0.1, 0.2, 0.3, 0.4]])[0]
      #expect(other.deviation > 1e-3)
    }
  }
}
