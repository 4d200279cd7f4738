import Foundation
import Numerics

/// One output's process over mixtures, sizes and lengths, conditioned on its measurements. Outcomes are
/// standardized.
package struct ScaleOutputModel: Sendable {
  let system: ScaleSystem
  /// Of each run at each rung.
  let outcomes: [[Double]]
  /// What stands for them, m, and C⁻¹ of it.
  let numbers: [Double]
  let weights: [Double]
  package let location: Double
  package let scale: Double
  /// The logarithm of the marginal likelihood of the standardized outcomes.
  package let logLikelihood: Double

  var kernel: ScaleKernel { system.kernel }
  var inputs: ScaleInputs { system.inputs }

  /// - Returns: nil where a covariance cannot be factored.
  package init?(
    form: ScaleForm, hyperparameters: ScaleHyperparameters, inputs: ScaleInputs,
    outcomes: [[Double]], location: Double, scale: Double
  ) {
    guard
      let system = ScaleSystem(inputs: inputs, form: form, hyperparameters: hyperparameters)
    else { return nil }
    self.init(system: system, outcomes: outcomes, location: location, scale: scale)
  }

  init(system: ScaleSystem, outcomes: [[Double]], location: Double, scale: Double) {
    self.system = system
    self.outcomes = outcomes
    let (numbers, logRest) = system.compressed(outcomes)
    self.numbers = numbers
    weights = system.cholesky.solve(numbers)
    self.location = location
    self.scale = scale
    logLikelihood =
      -0.5 * dot(numbers, weights) - 0.5 * system.cholesky.logDeterminant
      - 0.5 * Double(numbers.count) * log(2 * Double.pi) + logRest
  }

  /// Each run's numbers as the other runs predict them, less what they are, in units of their deviations and
  /// uncorrelated within the run: one or two for each run.
  func leaveRunOutResiduals() -> [[Double]] {
    let inverse = system.cholesky.inverse()
    return (0..<inputs.count).map { i in
      let own = Array(system.offsets[i]..<system.offsets[i + 1])
      // With B the run's block of C⁻¹, its numbers err by B⁻¹ (C⁻¹ y)ᵢ, of covariance B⁻¹ (Rasmussen and
      // Williams, equations 5.12, for several at once).
      guard
        let block = Cholesky(factoring: inverse.submatrix(rows: own, columns: own))
      else { return own.map { _ in 0 } }
      return block.solveLower(own.map { weights[$0] })
    }
  }

  /// Each run's last measurement as the other runs predict it, its noise included: mean and variance.
  func leaveRunOutEnds() -> [(mean: Double, variance: Double)] {
    let inverse = system.cholesky.inverse()
    return (0..<inputs.count).map { i in
      let own = Array(system.offsets[i]..<system.offsets[i + 1])
      let compression = system.compressions[inputs.patternOf[i]]
      let last = outcomes[i].count - 1
      let lengths = inputs.patterns[inputs.patternOf[i]]
      let residual = kernel.hyperparameters.curve.residualCovariance(
        [lengths[last]], [lengths[last]])[0, 0]
      guard
        let block = Cholesky(factoring: inverse.submatrix(rows: own, columns: own))
      else { return (outcomes[i][last], 0) }
      let error = block.solve(own.map { weights[$0] })
      let predicted = zip(own, error).map { numbers[$0] - $1 }
      // The row x with x R = (1, excess): the end's own (value, amplitude) part from the numbers.
      let rows = compression.rows
      let design = (1.0, compression.design[last, 1])
      var x = [design.0 / rows[0].value]
      if rows.count == 2 {
        x.append((design.1 - x[0] * rows[0].amplitude) / rows[1].amplitude)
      }
      let spread = block.inverse().times(x)
      return (dot(x, predicted), dot(x, spread) - dot(x, x) + residual)
    }
  }

  // MARK: Queries

  /// Values and amplitudes of runs at some points, and of runs that are known.
  struct Query: Sendable {
    var points: EmbeddedMixtures
    var latents: [ScaleKernel.Latent]
    /// For each latent the known run that it is of, its noise included; nil for one yet to be made, or of
    /// none.
    var runs: [Int?]
  }

  /// What is known of a query's latents.
  struct Answer: Sendable {
    /// L⁻¹ of their covariances with the runs' numbers, (m, latents).
    var solved: Matrix
    var means: [Double]
    var factors: [ScaleKernel.Factors]
    /// Of f and M among the points.
    var level: Matrix
    var shape: Matrix
    let mixtures: [Int]

    func solved(_ a: Int, _ b: Int) -> Double {
      var sum = 0.0
      let m = solved.rows
      solved.elements.withUnsafeBufferPointer { elements in
        for r in 0..<m { sum += elements[a * m + r] * elements[b * m + r] }
      }
      return sum
    }
  }

  /// - Parameter isJoint: whether covariances of the query's latents will be asked for.
  func answer(_ query: Query, isJoint: Bool = true) -> Answer {
    let n = inputs.count
    let (level, shape) = kernel.covariance(inputs.points, query.points)
    let factors = query.latents.map {
      kernel.factors(logSizeRatio: $0.logSizeRatio, isAmplitude: $0.isAmplitude)
    }
    let values = inputs.logSizeRatios.map {
      kernel.factors(logSizeRatio: $0, isAmplitude: false)
    }
    let amplitudes = inputs.logSizeRatios.map {
      kernel.factors(logSizeRatio: $0, isAmplitude: true)
    }
    var cross = Matrix(rows: numbers.count, columns: query.latents.count)
    for (x, latent) in query.latents.enumerated() {
      if let run = query.runs[x] {
        let column = latent.isAmplitude ? n + run : run
        for i in 0..<numbers.count { cross[i, x] = system.projected[i, column] }
        continue
      }
      for i in 0..<n {
        let f = level[inputs.places[i], latent.mixture]
        let m = shape[inputs.places[i], latent.mixture]
        let value = kernel.covariance(values[i], factors[x], level: f, shape: m)
        let amplitude = kernel.covariance(amplitudes[i], factors[x], level: f, shape: m)
        for (r, row) in system.compressions[inputs.patternOf[i]].rows.enumerated() {
          cross[system.offsets[i] + r, x] = row.value * value + row.amplitude * amplitude
        }
      }
    }
    let none = Matrix(rows: 0, columns: 0)
    let pair = isJoint ? kernel.covariance(query.points, query.points) : (none, none)
    return Answer(
      solved: system.cholesky.solveLower(cross),
      means: cross.times(weights, transposingSelf: true), factors: factors, level: pair.0,
      shape: pair.1, mixtures: query.latents.map(\.mixture))
  }

  /// Prior covariance of two of a query's latents, no run's noise included.
  func prior(_ answer: Answer, _ a: Int, _ b: Int) -> Double {
    kernel.covariance(
      answer.factors[a], answer.factors[b],
      level: answer.level[answer.mixtures[a], answer.mixtures[b]],
      shape: answer.shape[answer.mixtures[a], answer.mixtures[b]])
  }

  /// Posterior covariance of two latents, likewise.
  func covariance(_ answer: Answer, _ a: Int, _ b: Int) -> Double {
    prior(answer, a, b) - answer.solved(a, b)
  }

  /// The values at the target: of runs, where it is of runs, or but for their noise.
  func targetQuery(_ points: EmbeddedMixtures) -> Query {
    Query(
      points: points,
      latents: (0..<points.count).map {
        .init(mixture: $0, logSizeRatio: 0, isAmplitude: false)
      },
      runs: (0..<points.count).map { x in
        inputs.targetRuns.indices.lazy.compactMap { p in
          inputs.targetRuns[p].flatMap { inputs.points.isSame(p, as: x, of: points) ? $0 : nil }
        }.first
      })
  }

  /// The variance of what a run at the target adds to its mixture's value, at each point; none where the target
  /// is not of runs.
  func targetNoise(_ points: EmbeddedMixtures) -> [Double] {
    inputs.targetIsOfRuns
      ? kernel.noise(at: points) : [Double](repeating: 0, count: points.count)
  }

  /// The marginal posterior of the value at the target, standardized.
  func targetMarginals(_ points: EmbeddedMixtures) -> (means: [Double], variances: [Double]) {
    let answer = answer(targetQuery(points), isJoint: false)
    let priors = zip(kernel.targetVariances(points), targetNoise(points)).map { $0 + $1 }
    return (
      answer.means,
      (0..<points.count).map { max(priors[$0] - answer.solved($0, $0), 1e-12) }
    )
  }

  /// Joint posterior of the values at the target, standardized.
  func targetPosterior(_ points: EmbeddedMixtures) -> (means: [Double], covariance: Matrix) {
    let answer = answer(targetQuery(points))
    let explained = answer.solved.times(answer.solved, transposingSelf: true)
    var covariance = Matrix(rows: points.count, columns: points.count)
    for j in 0..<points.count {
      for i in 0..<points.count { covariance[i, j] = prior(answer, i, j) - explained[i, j] }
    }
    for (i, noise) in targetNoise(points).enumerated() { covariance[i, i] += noise }
    return (answer.means, covariance)
  }

  /// The marginal posterior of a run's curve at one mixture and size.
  ///
  /// - Parameters:
  ///   - lengths: in target's tokens.
  ///   - ofRuns: whether the noise of a run is included.
  func curve(
    at point: EmbeddedMixtures, logSizeRatio: Double, lengths: [Double], ofRuns: Bool
  ) -> [(mean: Double, variance: Double)] {
    let answer = answer(
      Query(
        points: point,
        latents: [false, true].map {
          .init(mixture: 0, logSizeRatio: logSizeRatio, isAmplitude: $0)
        }, runs: [nil, nil]))
    let hyperparameters = kernel.hyperparameters
    var (value, amplitude) = (covariance(answer, 0, 0), covariance(answer, 1, 1))
    if ofRuns {
      value += kernel.noise(at: point)[0]
      amplitude += hyperparameters.amplitudeNoise
    }
    let both = covariance(answer, 0, 1)
    return lengths.map { z in
      let h = hyperparameters.curve.excess(z)
      let residual =
        ofRuns ? hyperparameters.curve.residualCovariance([z], [z])[0, 0] : 0
      return (
        answer.means[0] + h * answer.means[1],
        max(value + 2 * h * both + h * h * amplitude + residual, 1e-12)
      )
    }
  }
}
