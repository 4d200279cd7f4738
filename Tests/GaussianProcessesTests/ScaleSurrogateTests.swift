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
  return ScaleForm(mixture: mixture)
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
  var base: [Double] { Array(logs.dropLast(11)) }
  var extra: [Double] { Array(logs.suffix(11)) }

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

  func covariance(_ a: Point, _ b: Point) -> Double {
    func embedded(_ point: Point) -> EmbeddedMixtures {
      EmbeddedMixtures([point.weights], parts: point.weights.count, exponent: form.mixture.exponent)
    }
    let hyperparameters = Hyperparameters(logs: base)
    let f =
      Kernel(form: form.mixture, hyperparameters: hyperparameters)
      .covariance(embedded(a), embedded(b)).values[0, 0] - 9
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
      value +=
        exp(extra[9]) * (decay(a.length + b.length) - decay(a.length) * decay(b.length))
      if a.rung == b.rung { value += exp(extra[10]) + 1e-6 }
    }
    return value
  }

  func covariance(_ a: [Point], _ b: [Point]) -> Matrix {
    Matrix(columns: b.map { y in a.map { covariance($0, y) } })
  }
}

@Suite struct `Compressed learning curves` {
  @Test(arguments: [SurrogateForm.Law.shared, .own, .exponential], [false, true])
  func `say what all measurements say`(law: SurrogateForm.Law, slope: Bool) throws {
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

  @Test(arguments: [SurrogateForm.Law.shared, .exponential], [1, 2, 3])
  func `have a likelihood that slopes as finite differences do`(
    law: SurrogateForm.Law, seed: UInt64
  ) throws {
    let data = ScaleLandscape().data(count: 9, seed: seed)
    let form = form(law, hasNoiseSlope: seed == 2)
    let posterior = ScaleMarginalPosterior(
      form: form, inputs: ScaleInputs(data, exponent: 0.5), outcomes: standardized(data, 1),
      own: data.ownDomains[1])
    let start = logs(posterior.priors, seed: seed)
    let found = try #require(posterior.value(at: start))
    for (i, prior) in posterior.priors.enumerated() where !prior.isFixed {
      let h = 2e-4
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

@Suite struct `A scale surrogate` {
  private func surrogate(_ data: ScaleData) throws -> ScaleSurrogate {
    let fit = try #require(ScaleFit.selected(for: data))
    return try #require(ScaleSurrogate(data: data, fit: fit))
  }

  private let mean = LossFunction(coefficients: [0.3, 0.3, 0.4])

  @Test func `predicts the target from smaller and shorter runs`() throws {
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

  @Test func `learns what all curves share`() throws {
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

  @Test(arguments: [
    (1, [1e5], 1...1), (5, [4e5], 6...6), (6, [5e4], 2...2), (8, [5e4, 4e5], 6...6),
  ])
  func `makes do with a single size or length`(
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

  @Test func `leaves a run out as if it had never been`() throws {
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

@Suite struct `Information about the target` {
  private let one = LossFunction(coefficients: [1])

  private func belief(_ count: Int) throws -> (TargetBelief, ScaleData) {
    let data = ScaleLandscape().data(count: count, rungs: 1...4).selecting(outputs: [1])
    let fit = try #require(ScaleFit.selected(for: data))
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    let mixtures =
      data.runs.map(\.weights)
      + SobolSequence.simplexPoints(parts: 4, start: 90, count: 6, seed: 3)
    return (try #require(TargetBelief(surrogate, one, mixtures: mixtures)), data)
  }

  /// Contrasts once the candidate's measurements are there; their values do not matter for it.
  private func after(_ candidate: CurveCandidate, _ belief: TargetBelief, _ data: ScaleData) throws
    -> Matrix
  {
    var more = data
    let losses = candidate.tokens.map { _ in [3.0] }
    if let run = candidate.run {
      more.runs[run].tokens += candidate.tokens
      more.runs[run].losses += losses
    } else {
      more.runs.append(
        .init(
          weights: belief.mixtures[candidate.mixture], parameters: candidate.parameters,
          tokens: candidate.tokens, losses: losses))
    }
    let surrogate = try #require(ScaleSurrogate(data: more, fit: belief.surrogate.fit))
    var contrasts = try #require(
      TargetBelief(surrogate, one, mixtures: belief.mixtures)
    ).contrasts
    for at in contrasts.elements.indices { contrasts.elements[at] /= surrogate.varianceFactor }
    return contrasts
  }

  /// Slopes from standardized values to losses move with the values: identity leaves them out.
  private func linear(_ belief: TargetBelief, _ data: ScaleData) throws -> TargetBelief {
    let form = ScaleForm(mixture: SurrogateForm(exponent: 0.5, link: .identity, law: .shared))
    let fit = try #require(ScaleFit(form, to: data))
    let surrogate = try #require(ScaleSurrogate(data: data, fit: fit))
    return try #require(TargetBelief(surrogate, one, mixtures: belief.mixtures))
  }

  @Test func `explains what conditioning on the run takes away`() throws {
    let (first, data) = try belief(10)
    let belief = try linear(first, data)
    let candidates = [
      CurveCandidate(mixture: 11, parameters: 1e5, tokens: [2e6, 4e6, 6e6]),
      CurveCandidate(mixture: 12, parameters: 4e5, tokens: [8e6]),
      CurveCandidate(mixture: 3, parameters: 4e5, tokens: [4e6, 8e6]),
      // The first runs have been seen at 8e6/6 and its multiples.
      CurveCandidate(mixture: 0, parameters: 5e4, tokens: [3e6, 5e6], run: 0),
      CurveCandidate(mixture: 1, parameters: 1e5, tokens: [5e6, 6e6, 8e6], run: 1),
    ]
    let explained = belief.explained(by: candidates)
    for (x, candidate) in candidates.enumerated() {
      let left = try after(candidate, belief, data)
      for m in belief.mixtures.indices {
        let before = belief.contrasts[m, m] / belief.surrogate.varianceFactor
        #expect(relativeDifference(1 - left[m, m] / before, explained[m, x]) < 1e-6)
        #expect(explained[m, x] >= 0 && explained[m, x] < 1)
      }
      #expect(explained[candidate.mixture, x] > 0)
    }
    // Going on tells less of a mixture than a whole run at the target would.
    #expect(explained[0, 3] < explained[12, 1])
  }

  @Test(arguments: [(-1.5, 0.6), (0.3, 0.9), (2, 0.5), (0, 0)])
  func `agrees with Monte Carlo`(gap: Double, explained: Double) {
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

@Suite struct `Surrogates of end points` {
  @Test(arguments: [EndpointForm.product, .linearTruncated])
  func `slope as finite differences do`(form: EndpointForm) throws {
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

  @Test func `weigh a lower fidelity as BoTorch's linear truncated kernel`() {
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

  @Test(arguments: [EndpointForm.product, .linearTruncated])
  func `predict between what they have seen`(form: EndpointForm) throws {
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
