import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

/// Losses over mixtures, sizes and lengths that the model is not built on.
struct ScaleLandscape {
  let landscape = Landscape(parts: 4, outputs: 3, seed: 5)

  func loss(_ w: [Double], parameters: Double, tokens: Double) -> [Double] {
    landscape.losses(w).enumerated().map { d, loss in
      0.6 * loss + 0.4 * pow(parameters / 4e5, -0.25)
        + (0.15 + 0.1 * Double(d) * w[d]) * pow(tokens / 8e6, -0.4)
        + 0.05 * (log(4e5 / parameters) * w[(d + 1) % 4])
    }
  }

  static let target = ScaleData.Target(parameters: 4e5, tokens: 8e6)

  /// Runs of sizes from the smallest on, with curves of one to six rungs, some mixtures at several sizes.
  func data(
    count: Int, sizes: [Double] = [5e4, 1e5, 2e5, 4e5], rungs: ClosedRange<Int> = 1...6,
    noise: Double = 0.004, seed: UInt64 = 3
  ) -> ScaleData {
    var generator = SeededGenerator(seed: seed, stream: "scale landscape")
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: count, seed: seed)
    let runs = (0..<count).map { i -> ScaleData.Run in
      let weights = mixtures[i % 3 == 2 ? i / 2 : i]
      let parameters = sizes[i % sizes.count]
      let last = rungs.lowerBound + i % rungs.count
      let tokens = (rungs.lowerBound == rungs.upperBound ? last...last : 1...last).map {
        8e6 * Double($0) / 6
      }
      let offset = noise * generator.normal()
      return ScaleData.Run(
        weights: weights, parameters: parameters, tokens: tokens,
        losses: tokens.map { tokens in
          loss(weights, parameters: parameters, tokens: tokens).map {
            $0 + offset + 0.2 * noise * generator.normal()
          }
        })
    }
    return ScaleData(runs: runs, target: Self.target, ownDomains: [0, 1, nil])
  }
}

/// Somewhere in the priors, different for each hyperparameter.
private func logs(_ priors: [HyperparameterPrior], seed: UInt64) -> [Double] {
  var generator = SeededGenerator(seed: seed, stream: "logs")
  return priors.map { prior in
    switch prior {
    case .normal(let mean, let deviation): mean + 0.4 * deviation * generator.normal()
    case .gamma: prior.start + 0.2 * generator.normal()
    case .fixed(let value): value
    }
  }
}

private func form(_ law: SurrogateForm.Law, hasNoiseSlope: Bool = false) -> ScaleForm {
  var mixture = SurrogateForm(exponent: 0.5, link: .logarithm, law: law)
  mixture.hasNoiseSlope = hasNoiseSlope
  return ScaleForm(mixture: mixture, hasDomainLaws: law == .none)
}

/// One output, standardized by its location and scale.
private func standardized(_ data: ScaleData, _ output: Int) -> [[Double]] {
  let (location, scale) = data.standard(output, link: .logarithm)
  return data.runs.map { run in run.losses.map { (log($0[output]) - location) / scale } }
}

/// Every measurement by itself in one dense process, from the formulas.
private struct DenseProcess {
  struct Point {
    var run: Int?
    var weights: [Double]
    var deficit: Double
    var length: Double
    var rung: Int
  }

  let form: ScaleForm
  let logs: [Double]
  let data: ScaleData
  var base: [Double] { Array(logs.dropLast(14)) }
  var extra: [Double] { Array(logs.suffix(14)) }

  func points() -> [Point] {
    data.runs.enumerated().flatMap { i, run in
      run.tokens.enumerated().map { t, tokens in
        point(run.weights, parameters: run.parameters, tokens: tokens, run: i, rung: t)
      }
    }
  }

  func point(
    _ weights: [Double], parameters: Double, tokens: Double, run: Int? = nil, rung: Int = 0
  ) -> Point {
    let delta = exp(extra[5])
    return Point(
      run: run, weights: weights,
      deficit: (pow(data.target.parameters / parameters, delta) - 1) / delta,
      length: tokens / data.target.tokens, rung: rung)
  }

  func decay(_ z: Double) -> Double { pow(exp(extra[8]) / (z + exp(extra[8])), exp(extra[7])) }

  private func laws(_ a: [Double], _ b: [Double]) -> Double {
    let (floor, even) = (exp(extra[13]), 1 / Double(a.count))
    func law(_ weight: Double) -> Double { log((floor + weight) / (floor + even)) }
    return exp(2 * extra[12]) * even * zip(a, b).reduce(0) { $0 + law($1.0) * law($1.1) }
  }

  func covariance(_ a: Point, _ b: Point) -> Double {
    func embedded(_ point: Point) -> EmbeddedMixtures {
      EmbeddedMixtures([point.weights], parts: point.weights.count, exponent: form.mixture.exponent)
    }
    let hyperparameters = Hyperparameters(logs: base)
    let f =
      Kernel(form: form.mixture, hyperparameters: hyperparameters)
      .covariance(embedded(a), embedded(b)).values[0, 0] - 9
      + (a.weights == b.weights ? exp(2 * extra[11]) : 0)
      + (form.hasDomainLaws ? laws(a.weights, b.weights) : 0)
    var plain = form.mixture
    plain.law = .none
    var unit = base
    unit[0] = 0
    let m =
      Kernel(form: plain, hyperparameters: Hyperparameters(logs: unit))
      .covariance(embedded(a), embedded(b)).values[0, 0] - 9
    let (s, t) = (a.deficit, b.deficit)
    let (h, g) = (decay(a.length) - decay(1), decay(b.length) - decay(1))
    let share = 1 / (1 + exp(-extra[6]))
    let c = (1 - share) * (s * t > 0 ? min(abs(s), abs(t)) : 0) + share * s * t
    let levels = ((1 + extra[0] * s + h * extra[1]), (1 + extra[0] * t + g * extra[1]))
    var value =
      100 + 100 * s * t + h * g * (400 + 25 * s * t) + levels.0 * levels.1 * f
      + exp(2 * extra[2]) * c * m + h * g * exp(2 * extra[3]) * m
    if let run = a.run, run == b.run {
      // Σ w² less its mean on the simplex, 2 / (k + 1).
      let unevenness = a.weights.reduce(-2 / Double(a.weights.count + 1)) { $0 + $1 * $1 }
      let slope = form.mixture.hasNoiseSlope ? base[6] : 0
      value += exp(base[2] + slope * unevenness) + 1e-6 + h * g * exp(extra[4])
      func rest(_ z: Double, _ y: Double) -> Double { decay(z + y) - decay(z) * decay(y) }
      value +=
        exp(extra[9])
        * (rest(a.length, b.length) - rest(a.length, 1) * rest(1, b.length) / rest(1, 1))
      if a.rung == b.rung { value += (a.length == 1 ? 0 : exp(extra[10])) + 1e-6 }
    }
    return value
  }

  func covariance(_ a: [Point], _ b: [Point]) -> Matrix {
    Matrix(columns: b.map { y in a.map { covariance($0, y) } })
  }
}

@Suite struct CompressedLearningCurvesTests {
  @Test(
    "say what all measurements say",
    arguments: [SurrogateForm.Law.none, .shared, .own, .exponential], [false, true])
  func sayWhatAllMeasurementsSay(law: SurrogateForm.Law, slope: Bool) throws {
    let data = ScaleLandscape().data(count: 11)
    let form = form(law, hasNoiseSlope: slope)
    for output in [0, 2] {
      let outcomes = standardized(data, output)
      let inputs = ScaleInputs(data, exponent: 0.5)
      let posterior = ScaleMarginalPosterior(
        form: form, inputs: inputs, outcomes: outcomes, own: data.ownDomains[output])
      let logs = logs(posterior.priors, seed: UInt64(output) + 7)
      let (location, scale) = data.standard(output, link: .logarithm)
      let model = try #require(
        ScaleOutputModel(
          form: form, hyperparameters: ScaleHyperparameters(logs: logs), inputs: inputs,
          outcomes: outcomes, location: location, scale: scale))
      let dense = DenseProcess(form: form, logs: logs, data: data)
      let points = dense.points()
      let y = outcomes.flatMap { $0 }
      let factor = try #require(Cholesky(factoring: dense.covariance(points, points)))
      let weights = factor.solve(y)
      let likelihood =
        -0.5 * dot(y, weights) - 0.5 * factor.logDeterminant
        - 0.5 * Double(y.count) * log(2 * Double.pi)
      #expect(relativeDifference(model.logLikelihood, likelihood) < 1e-8)

      // Posteriors of a mixture's target and of a short run of a small model, new and as a run's mixture.
      var fit = try #require(ScaleFit(form, to: data.selecting(outputs: [output]), iterations: 1))
      fit.logs = [logs]
      fit.commons = [CommonCurve()]
      let surrogate = try #require(
        ScaleSurrogate(data: data.selecting(outputs: [output]), fit: fit))
      for weights4 in [[0.1, 0.2, 0.3, 0.4], data.runs[4].weights] {
        for (parameters, tokens) in [(4e5, 8e6), (1e5, 3e6), (5e4, 8e6)] {
          let query = dense.point(weights4, parameters: parameters, tokens: tokens)
          let cross = dense.covariance(points, [query])
          let mean = dot(cross.elements, weights)
          let variance =
            dense.covariance(query, query) - dot(cross.elements, factor.solve(cross.elements))
          let found = surrogate.losses(
            at: weights4, parameters: parameters, tokens: [tokens], ofRuns: false)[0][0]
          #expect(relativeDifference((log(found.mean) - location) / scale, mean) < 1e-8)
          let deviation =
            found.deviation / found.mean / scale / surrogate.varianceFactor.squareRoot()
          #expect(relativeDifference(deviation * deviation, variance) < 1e-8)
        }
      }
    }
  }

  @Test(
    "have a likelihood that slopes as finite differences do",
    arguments: [SurrogateForm.Law.none, .shared, .exponential], [1, 2, 3])
  func haveALikelihoodThatSlopesAsFiniteDifferencesDo(
    law: SurrogateForm.Law, seed: UInt64
  ) throws {
    let data = ScaleLandscape().data(count: 9, seed: seed)
    let form = form(law, hasNoiseSlope: seed == 2)
    let posterior = ScaleMarginalPosterior(
      form: form, inputs: ScaleInputs(data, exponent: 0.5), outcomes: standardized(data, 1),
      own: data.ownDomains[1])
    try check(posterior, seed: seed)
  }

  @Test("have one for all outputs together") func haveOneForAllOutputsTogether() throws {
    let data = ScaleLandscape().data(count: 9, seed: 4)
    let form = form(.none)
    let inputs = ScaleInputs(data, exponent: 0.5)
    let outputs = (0..<3).map { standardized(data, $0) }
    let pooled = ScaleMarginalPosterior(form: form, inputs: inputs, pooling: outputs)
    try check(pooled, seed: 4)
    // Three times the same is no more than once.
    let one = ScaleMarginalPosterior(form: form, inputs: inputs, outcomes: outputs[0], own: nil)
    let same = ScaleMarginalPosterior(
      form: form, inputs: inputs, pooling: [outputs[0], outputs[0], outputs[0]])
    let start = logs(one.priors, seed: 4)
    let (first, second) = (one.value(at: start)!.value, same.value(at: start)!.value)
    #expect(relativeDifference(first, second) < 1e-10)
  }

  private func check(_ posterior: ScaleMarginalPosterior, seed: UInt64) throws {
    let start = logs(posterior.priors, seed: seed)
    let found = try #require(posterior.value(at: start))
    for (i, prior) in posterior.priors.enumerated() where !prior.isFixed {
      let h = 1e-3
      func value(_ step: Double) -> Double {
        var moved = start
        moved[i] += step
        return posterior.value(at: moved)!.value
      }
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      #expect(
        relativeDifference(found.gradient[i], difference) < 1e-6, "hyperparameter \(i)")
    }
  }
}

@Suite struct ScaleSurrogateTests {
  private func surrogate(_ data: ScaleData) throws -> ScaleSurrogate {
    let fit = try #require(ScaleFit.selected(for: data))
    return try #require(ScaleSurrogate(data: data, fit: fit))
  }

  private let mean = LossFunction(coefficients: [0.3, 0.3, 0.4])

  @Test("predicts the target from smaller and shorter runs")
  func predictsTheTargetFromSmallerAndShorterRuns() throws {
    let landscape = ScaleLandscape()
    let data = landscape.data(count: 24, sizes: [5e4, 1e5, 2e5], rungs: 2...5)
    let surrogate = try surrogate(data)
    let unseen = SobolSequence.simplexPoints(parts: 4, start: 200, count: 60, seed: 3)
    let predictions = surrogate.targetValues(of: mean, at: unseen)
    let truths = unseen.map {
      mean.value(of: landscape.loss($0, parameters: 4e5, tokens: 8e6))
    }
    let rank = try #require(RankCorrelation.spearman(predictions.map(\.mean), truths))
    #expect(rank > 0.95)
    let covered = zip(predictions, truths).count { $0.interval.contains($1) }
    #expect(covered >= 54)
  }

  @Test("learns what all curves share") func learnsWhatAllCurvesShare() throws {
    // Every loss is lower by a fortieth of a nat from five sixths of the way on.
    var data = ScaleLandscape().data(count: 18, rungs: 3...6, noise: 0.001)
    for i in data.runs.indices {
      for t in data.runs[i].tokens.indices where data.runs[i].tokens[t] > 6e6 {
        data.runs[i].losses[t] = data.runs[i].losses[t].map { $0 - 0.025 }
      }
    }
    let surrogate = try surrogate(data)
    let weights = data.runs[5].weights
    let found = surrogate.values(
      of: mean, at: weights, parameters: 4e5, tokens: [8e6 * 4 / 6, 8e6 * 5 / 6, 8e6],
      ofRuns: false)
    let truths = [8e6 * 4 / 6, 8e6 * 5 / 6, 8e6].map { tokens in
      mean.value(of: ScaleLandscape().loss(weights, parameters: 4e5, tokens: tokens))
        - (tokens > 6e6 ? 0.025 : 0)
    }
    for i in 1...2 {
      let fall = found[i].mean - found[0].mean
      #expect(abs(fall - (truths[i] - truths[0])) < 0.003)
    }
  }

  @Test(
    "makes do with a single size or length",
    arguments: [
      (1, [1e5], 1...1), (5, [4e5], 6...6), (6, [5e4], 2...2), (8, [5e4, 4e5], 6...6),
    ])
  func makesDoWithASingleSizeOrLength(
    count: Int, sizes: [Double], rungs: ClosedRange<Int>
  ) throws {
    let data = ScaleLandscape().data(count: count, sizes: sizes, rungs: rungs)
    let surrogate = try surrogate(data)
    let predictions = surrogate.targetValues(of: mean, at: data.runs.map(\.weights))
    #expect(predictions.allSatisfy { $0.mean.isFinite && $0.deviation > 0 })
    let left = surrogate.leaveRunOut(mean)
    #expect(left.count == count && left.allSatisfy { $0.mean.isFinite && $0.deviation > 0 })
    let belief = try #require(
      TargetBelief(surrogate, mean, mixtures: data.runs.map(\.weights)))
    #expect(belief.contrasts.elements.allSatisfy { $0.isFinite })
  }

  @Test("leaves a run out as if it had never been") func leavesARunOutAsIfItHadNeverBeen() throws {
    let data = ScaleLandscape().data(count: 10).selecting(outputs: [0])
    let fit = try #require(ScaleFit.selected(for: data))
    let whole = try #require(ScaleSurrogate(data: data, fit: fit))
    let left = whole.leaveRunOut(LossFunction(coefficients: [1]))
    for i in [0, 3, 7] {
      var others = data
      let run = others.runs.remove(at: i)
      let part = try #require(ScaleSurrogate(data: others, fit: fit))
      let expected = part.losses(
        at: run.weights, parameters: run.parameters, tokens: [run.tokens.last!], ofRuns: true)[0][0]
      #expect(relativeDifference(left[i].mean, expected.mean) < 1e-8)
      let ratio = (whole.varianceFactor / part.varianceFactor).squareRoot()
      #expect(abs(left[i].deviation / (expected.deviation * ratio) - 1) < 1e-6)
    }
  }
}

@Suite struct WhatRunsAreWorthTests {
  private let one = LossFunction(coefficients: [1])
  /// Slopes from standardized values to losses move with the values: identity leaves them out.
  private let linear = ScaleForm(
    mixture: SurrogateForm(exponent: 0.5, link: .identity, law: .shared))

  private func belief(ofRuns: Bool) throws -> (TargetBelief, ScaleData) {
    var data = ScaleLandscape().data(count: 10, rungs: 1...4).selecting(outputs: [1])
    data.target.isOfRuns = ofRuns
    let fit = try #require(ScaleFit(linear, to: data))
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    let mixtures =
      data.runs.map(\.weights)
      + SobolSequence.simplexPoints(parts: 4, start: 90, count: 6, seed: 3)
    return (try #require(TargetBelief(surrogate, one, mixtures: unique(mixtures))), data)
  }

  private func unique(_ mixtures: [[Double]]) -> [[Double]] {
    mixtures.enumerated().filter { !mixtures[..<$0.offset].contains($0.element) }.map(\.element)
  }

  /// Belief once a set's runs have given some losses.
  private func after(
    _ set: [CurveCandidate], losses: [[Double]], _ belief: TargetBelief, _ data: ScaleData
  ) throws -> TargetBelief {
    var more = data
    for (candidate, losses) in zip(set, losses) {
      if let run = candidate.run {
        more.runs[run].tokens += candidate.tokens
        more.runs[run].losses += losses.map { [$0] }
      } else {
        more.runs.append(
          .init(
            weights: belief.mixtures[candidate.mixture], parameters: candidate.parameters,
            tokens: candidate.tokens, losses: losses.map { [$0] }))
      }
    }
    let surrogate = try #require(ScaleSurrogate(data: more, fit: belief.surrogate.fit))
    return try #require(TargetBelief(surrogate, one, mixtures: belief.mixtures))
  }

  /// Mixtures from the eighth on have no run yet.
  private func sets(_ belief: TargetBelief, _ data: ScaleData) -> [[CurveCandidate]] {
    func more(_ run: Int, _ tokens: [Double]) -> CurveCandidate {
      CurveCandidate(
        mixture: belief.mixtures.firstIndex(of: data.runs[run].weights)!,
        parameters: data.runs[run].parameters, tokens: tokens, run: run)
    }
    return [
      [CurveCandidate(mixture: 11, parameters: 1e5, tokens: [2e6, 4e6, 6e6])],
      [CurveCandidate(mixture: 10, parameters: 4e5, tokens: [8e6])],
      [CurveCandidate(mixture: 1, parameters: 4e5, tokens: [4e6, 8e6])],
      // The first runs have been seen at 8e6/6 and its multiples.
      [more(0, [3e6, 5e6])],
      [more(3, [7e6, 8e6])],
      [CurveCandidate(mixture: 9, parameters: 4e5, tokens: [8e6]), more(3, [8e6])],
      [
        CurveCandidate(mixture: 8, parameters: 2e5, tokens: [3e6, 8e6]),
        CurveCandidate(mixture: 12, parameters: 2e5, tokens: [8e6]),
      ],
    ]
  }

  @Test("is what conditioning on them takes away", arguments: [false, true])
  func isWhatConditioningOnThemTakesAway(ofRuns: Bool) throws {
    let (belief, data) = try belief(ofRuns: ofRuns)
    #expect(data.runs[3].parameters == 4e5 && belief.mixtures.count == 14)
    for (x, set) in sets(belief, data).enumerated() {
      // Variances do not depend on what is measured.
      let left = try after(set, losses: set.map { $0.tokens.map { _ in 3 } }, belief, data)
      let changes = belief.changes(by: set)
      let scale = belief.contrasts.diagonal.max()! / belief.surrogate.varianceFactor
      for i in belief.mixtures.indices {
        for j in belief.mixtures.indices {
          let taken =
            belief.contrasts[i, j] / belief.surrogate.varianceFactor
            - left.contrasts[i, j] / left.surrogate.varianceFactor
          #expect(
            abs(changes[i, j] / belief.surrogate.varianceFactor - taken) < 1e-6 * scale,
            "set \(x), mixtures \(i) and \(j)")
        }
      }
    }
  }

  @Test("is by how much the best would be better") func isByHowMuchTheBestWouldBeBetter() throws {
    let (belief, data) = try belief(ofRuns: true)
    let sets = sets(belief, data)
    let gains = belief.gains(of: sets)
    // A measurement by itself: the lowest mean once it is known, over its predictive distribution.
    let set = sets[1]
    let predicted = belief.surrogate.losses(
      at: belief.mixtures[10], parameters: 4e5, tokens: [8e6], ofRuns: true)[0][0]
    // The first node alone moves with the factor that variances are multiplied by.
    var (sum, total) = (0.0, 0.0)
    for step in -400...400 {
      let z = Double(step) / 80
      let weight = exp(-z * z / 2)
      let found = try after(
        set, losses: [[predicted.mean + z * predicted.deviation]], belief, data)
      // What all share is left out, as it is of the gain.
      sum += weight * (found.means.min()! - Statistics.mean(found.means))
      total += weight
    }
    let now = belief.means.min()! - Statistics.mean(belief.means)
    #expect(relativeDifference(gains[1], now - sum / total) < 1e-3)

    // Several directions: the principal one is a bound from below, and most of it.
    for (x, set) in sets.enumerated() {
      let factor = try #require(Cholesky(factoring: belief.changes(by: set))).factor
      var generator = SeededGenerator(seed: 5)
      var (sum, squares) = (0.0, 0.0)
      let count = 20_000
      for _ in 0..<count {
        let moves = factor.times(belief.means.map { _ in generator.normal() })
        let lowest = zip(belief.means, moves).map { $0 + $1 }.min()!
        let gain = belief.means.min()! - lowest
        sum += gain
        squares += gain * gain
      }
      let mean = sum / Double(count)
      let error = ((squares / Double(count) - mean * mean) / Double(count)).squareRoot()
      #expect(gains[x] < mean + 4 * error + 1e-9, "set \(x)")
      #expect(gains[x] > 0.5 * (mean - 4 * error), "set \(x)")
    }
  }

  @Test("counts a run at the target as all there is to know where runs are judged")
  func countsARunAtTheTargetAsAllThereIsToKnowWhereRunsAreJudged() throws {
    let (belief, data) = try belief(ofRuns: true)
    let set = sets(belief, data)[1]
    let low = belief.means.min()! - 0.05
    let found = try after(set, losses: [[low]], belief, data)
    #expect(abs(found.means[10] - low) < 0.01)
    // As one of many it counts less.
    let (others, same) = try self.belief(ofRuns: false)
    let drawn = try after(set, losses: [[low]], others, same)
    #expect(drawn.means[10] > found.means[10])
  }

  @Test("agrees with Monte Carlo", arguments: [(-1.5, 0.6), (0.3, 0.9), (2, 0.5), (0, 0)])
  func agreesWithMonteCarlo(gap: Double, explained: Double) {
    // f is standard normal and cut off below -gap; y correlates with it.
    var generator = SeededGenerator(seed: 4)
    let rho = explained.squareRoot()
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    for _ in 0..<400_000 {
      let f = generator.normal()
      let noise = generator.normal()
      guard f > -gap else { continue }
      let y = rho * f + (1 - explained).squareRoot() * noise
      count += 1
      sum += y
      squares += y * y
    }
    let variance = squares / count - (sum / count) * (sum / count)
    let expected = -0.5 * log(variance)
    #expect(
      abs(MaxValueInformation.gain(explained: explained, gaps: [gap]) - expected)
        < 4 / count.squareRoot())
  }
}

@Suite struct SurrogatesOfEndPointsTests {
  @Test("slope as finite differences do", arguments: [EndpointForm.product, .linearTruncated])
  func slopeAsFiniteDifferencesDo(form: EndpointForm) throws {
    let data = ScaleLandscape().data(count: 12)
    let inputs = data.runs.map {
      EndpointKernel.Input(
        .init(weights: $0.weights, parameters: $0.parameters, tokens: $0.tokens.last!),
        target: data.target)
    }
    let values = data.runs.map { 10 * ($0.losses.last![0] - 3) }
    let posterior = EndpointPosterior(form: form, inputs: inputs, outcomes: values)
    let start = logs(posterior.priors, seed: 3)
    let found = try #require(posterior.value(at: start))
    for i in start.indices {
      let h = 2e-4
      func value(_ step: Double) -> Double {
        var moved = start
        moved[i] += step
        return posterior.value(at: moved)!.value
      }
      let difference = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
      #expect(relativeDifference(found.gradient[i], difference) < 1e-6, "hyperparameter \(i)")
    }
  }

  @Test("weigh a lower fidelity as BoTorch's linear truncated kernel")
  func weighALowerFidelityAsBoTorchsLinearTruncatedKernel() {
    // exp(0) amplitude and power one, lengthscales so long that both Matérn functions are one.
    let kernel = EndpointKernel(
      form: .linearTruncated, logs: [0, 0, -4] + [Double](repeating: 9, count: 8), parts: 4)
    func input(_ share: Double) -> EndpointKernel.Input {
      EndpointKernel.Input(
        .init(weights: [0.25, 0.25, 0.25, 0.25], parameters: 4e5 * share, tokens: 8e6),
        target: ScaleLandscape.target)
    }
    for (s, t) in [(1.0, 1.0), (0.2, 1.0), (0.2, 0.5), (0.06, 0.06)] {
      let expected = 9 + 1 + (1 - s) * (1 - t) * (1 + s * t)
      #expect(abs(kernel.covariance(input(s), input(t)) - expected) < 1e-6)
    }
  }

  @Test("predict between what they have seen", arguments: [EndpointForm.product, .linearTruncated])
  func predictBetweenWhatTheyHaveSeen(form: EndpointForm) throws {
    let landscape = ScaleLandscape()
    let data = landscape.data(count: 40, sizes: [1e5, 4e5], rungs: 6...6, noise: 0.001)
    let surrogate = try #require(EndpointSurrogate(form, data: data))
    let function = LossFunction(coefficients: [0.5, 0.25, 0.25])
    let unseen = SobolSequence.simplexPoints(parts: 4, start: 300, count: 40, seed: 3)
    let truths = unseen.map { function.value(of: landscape.loss($0, parameters: 4e5, tokens: 8e6)) }
    let found = surrogate.targetValues(of: function, at: unseen)
    #expect(try #require(RankCorrelation.spearman(found.map(\.mean), truths)) > 0.8)
    #expect(found.allSatisfy { $0.deviation > 0 })
  }
}
