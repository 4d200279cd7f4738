import Foundation
import Numerics

/// The logarithm of the marginal likelihood of one output's measurements times the priors' density; or of
/// several outputs', as if all had the same hyperparameters.
package struct ScaleMarginalPosterior: LogPosterior {
  private let form: ScaleForm
  private let inputs: ScaleInputs
  /// Of each output, each run at each rung, standardized.
  private let outcomes: [[[Double]]]
  /// What each output's likelihood counts: less than one where they say the same.
  let share: Double
  package let priors: [HyperparameterPrior]

  /// Of one output.
  package init(form: ScaleForm, inputs: ScaleInputs, outcomes: [[Double]], own: Int?) {
    self.init(form: form, inputs: inputs, pooling: [outcomes], own: own)
  }

  /// Of several outputs at once. Outputs that go together are no evidence each: of d outputs whose correlations
  /// are rᵢⱼ, all together count as d² / Σ rᵢⱼ².
  package init(
    form: ScaleForm, inputs: ScaleInputs, pooling outcomes: [[[Double]]], own: Int? = nil
  ) {
    self.form = form
    self.inputs = inputs
    self.outcomes = outcomes
    share = Self.share(of: outcomes, inputs)
    priors = form.priorList(own: own, inputs: inputs)
  }

  /// d / Σ rᵢⱼ², the correlations those of the runs' ends as mixtures move them: beside straight lines in ln N
  /// and ln D.
  private static func share(of outcomes: [[[Double]]], _ inputs: ScaleInputs) -> Double {
    let ends = inputs.patternOf.map { inputs.patterns[$0] }.map { log($0[$0.count - 1]) }
    let lines = Lines([inputs.logSizeRatios, ends])
    let residuals = outcomes.map { runs in lines.residuals(runs.map { $0[$0.count - 1] }) }
    let squares = residuals.map { dot($0, $0) }
    var sum = 0.0
    for a in outcomes.indices {
      for b in outcomes.indices {
        let product = dot(residuals[a], residuals[b])
        sum += a == b ? 1 : product * product / max(squares[a] * squares[b], 1e-300)
      }
    }
    return Double(outcomes.count) / sum
  }

  /// Value and gradient in the flat hyperparameters; nil where a covariance cannot be factored.
  package func value(at logs: [Double]) -> (value: Double, gradient: [Double])? {
    guard logs.allSatisfy({ abs($0) < 30 || $0 == -.infinity }) else { return nil }
    let hyperparameters = ScaleHyperparameters(logs: logs)
    guard
      let system = ScaleSystem(inputs: inputs, form: form, hyperparameters: hyperparameters)
    else { return nil }
    var weights: [[Double]] = []
    var value = 0.0
    for output in outcomes {
      let (numbers, logRest) = system.compressed(output)
      weights.append(system.cholesky.solve(numbers))
      value +=
        share
        * (-0.5 * dot(numbers, weights[weights.count - 1]) - 0.5 * system.cholesky.logDeterminant
          - 0.5 * Double(numbers.count) * log(2 * Double.pi) + logRest)
    }
    var gradient = [Double](repeating: 0, count: logs.count)
    addKernelGradient(system, weights, to: &gradient)
    addCurveGradient(system, weights, to: &gradient)
    addPriors(at: logs, to: &value, &gradient)
    return value.isFinite ? (value, gradient) : nil
  }

  /// Of the latent covariance's own hyperparameters.
  private func addKernelGradient(
    _ system: ScaleSystem, _ weights: [[Double]], to gradient: inout [Double]
  ) {
    let n = inputs.count
    let hyperparameters = system.kernel.hyperparameters
    let first = hyperparameters.first
    typealias Index = ScaleHyperparameters.Index
    // ½ (α αᵀ - C⁻¹) of all outputs, both triangles, then Rᵀ that R: the adjoints of the latent covariance.
    var adjoints = system.cholesky.inverse()
    let columns = Matrix(columns: weights)
    let products = columns.times(columns, transposingOther: true)
    for at in adjoints.elements.indices {
      adjoints.elements[at] =
        0.5 * share * (products.elements[at] - Double(weights.count) * adjoints.elements[at])
    }
    let values = inputs.logSizeRatios.map {
      system.kernel.factors(logSizeRatio: $0, isAmplitude: false)
    }
    let trends = ScaleHyperparameters.trends
    let unique = inputs.points.count
    var level = Matrix(rows: unique, columns: unique)
    var shape = Matrix(rows: unique, columns: unique)
    var deficits = [Double](repeating: 0, count: n)
    var noise = [Double](repeating: 0, count: unique)
    let phi = hyperparameters.amplitudeFactor
    let rho = hyperparameters.sizeFactor
    for j in 0..<n {
      let (placeJ, uJ, sJ) = (inputs.places[j], values[j].level, values[j].deficit)
      let rowsJ = system.compressions[inputs.patternOf[j]].rows
      for i in 0..<n {
        let (placeI, uI, sI) = (inputs.places[i], values[i].level, values[i].deficit)
        var both = 0.0  // value of i, value of j
        var mixed = 0.0  // value of i, amplitude of j
        var amplitudes = 0.0
        for (r, rowI) in system.compressions[inputs.patternOf[i]].rows.enumerated() {
          for (c, rowJ) in rowsJ.enumerated() {
            let adjoint = adjoints[system.offsets[i] + r, system.offsets[j] + c]
            both += adjoint * rowI.value * rowJ.value
            mixed += adjoint * rowI.value * rowJ.amplitude
            amplitudes += adjoint * rowI.amplitude * rowJ.amplitude
          }
        }
        let f = system.pair.level[placeI, placeJ]
        let m = system.pair.shape[placeI, placeJ]
        let c = hyperparameters.biasFactor(sI, sJ)
        // The mixed block stands for its transpose too; both orders of i and j meet here.
        let pull = phi * mixed * uI
        level[placeI, placeJ] += both * uI * uJ + pull + phi * phi * amplitudes
        level[placeJ, placeI] += pull
        shape[placeI, placeJ] +=
          hyperparameters.squaredBias * both * c
          + hyperparameters.squaredAmplitudeSpread * amplitudes
        gradient[first + Index.sizeFactor] += 2 * (both * uJ + mixed * phi) * sI * f
        gradient[first + Index.amplitudeFactor] += 2 * (mixed * uI + phi * amplitudes) * f
        gradient[first + Index.bias] += 2 * hyperparameters.squaredBias * both * c * m
        gradient[first + Index.amplitudeSpread] +=
          2 * hyperparameters.squaredAmplitudeSpread * amplitudes * m
        gradient[first + Index.biasShare] +=
          hyperparameters.squaredBias * both * m * hyperparameters.biasFactorShareSlope(sI, sJ)
        deficits[i] +=
          2 * both
          * (trends.valueBySize * trends.valueBySize * sJ + rho * uJ * f + hyperparameters
            .squaredBias * m * hyperparameters.biasFactorSlope(sI, sJ))
          + 2 * mixed * rho * phi * f
          + 2 * amplitudes * trends.amplitudeBySize * trends.amplitudeBySize * sJ
        if i == j {
          noise[placeI] += both
          gradient[first + Index.amplitudeNoise] += amplitudes * hyperparameters.amplitudeNoise
        }
      }
    }
    for i in 0..<n {
      gradient[first + Index.sizeExponent] +=
        deficits[i] * hyperparameters.deficitSlope(inputs.logSizeRatios[i])
    }
    gradient[first + Index.residual] +=
      2 * hyperparameters.squaredResidual * level.diagonal.reduce(0, +)
    let laws = system.kernel.lawGradient(of: level, at: inputs.points)
    gradient[first + Index.law] += laws.amplitude
    gradient[first + Index.floor] += laws.floor
    addNoiseGradient(noise, hyperparameters.mixture, to: &gradient)
    var own = [Double](repeating: 0, count: first)
    system.kernel.level.addHyperparameterGradient(
      of: level, at: inputs.points, covariance: system.pair.raw.level,
      slopes: system.pair.slopes.level, to: &own)
    for i in 0..<first { gradient[i] += own[i] }
    var shared = [Double](repeating: 0, count: first)
    system.kernel.shape.addHyperparameterGradient(
      of: shape, at: inputs.points, covariance: system.pair.raw.shape,
      slopes: system.pair.slopes.shape, to: &shared)
    gradient[Hyperparameters.Index.lengthscale] += shared[Hyperparameters.Index.lengthscale]
    for j in 0..<inputs.points.parts {
      let index = Hyperparameters.Index.relevance(j, inputs.points.parts)
      gradient[index] += shared[index]
    }
  }

  private func addNoiseGradient(
    _ adjoints: [Double], _ mixture: Hyperparameters, to gradient: inout [Double]
  ) {
    let variances = mixture.noiseVariances(at: inputs.points)
    for (i, adjoint) in adjoints.enumerated() {
      let pull = (variances[i] - Hyperparameters.leastNoise) * adjoint
      gradient[Hyperparameters.Index.noise] += pull
      if form.mixture.hasNoiseSlope {
        gradient[Hyperparameters.Index.noiseSlope] += pull * inputs.points.unevenness(i)
      }
    }
  }

  /// Of the curve's hyperparameters, which the compression depends on.
  ///
  /// As if nothing had been compressed: with D = ½ (a aᵀ - C⁻¹), a = C⁻¹ y over all measurements, the adjoint of
  /// run i's residual covariance V is its block of D, and that of its design H is a mᵀ - V⁻¹ H S, where m and S
  /// are mean and covariance of its (value, amplitude) given the measurements. Both need no more than V and what
  /// was compressed: a = V⁻¹ (y - H m), and the block of C⁻¹ is V⁻¹ - V⁻¹ H S Hᵀ V⁻¹.
  private func addCurveGradient(
    _ system: ScaleSystem, _ weights: [[Double]], to gradient: inout [Double]
  ) {
    let n = inputs.count
    let hyperparameters = system.kernel.hyperparameters
    let first = hyperparameters.first + ScaleHyperparameters.Index.curve
    guard !(0..<4).allSatisfy({ priors[first + $0].isFixed }) else { return }
    let means = weights.map { system.projected.times($0, transposingSelf: true) }
    let solved = system.cholesky.solveLower(system.projected)
    func column(_ index: Int) -> ArraySlice<Double> {
      solved.elements[index * solved.rows..<(index + 1) * solved.rows]
    }
    func product(_ i: Int, _ j: Int) -> Double {
      var sum = 0.0
      for (a, b) in zip(column(i), column(j)) { sum += a * b }
      return sum
    }
    for (p, lengths) in inputs.patterns.enumerated() {
      let compression = system.compressions[p]
      let count = lengths.count
      let inverse = compression.cholesky.inverse()
      let drawn = inverse.times(compression.design)  // V⁻¹ H
      var covariance = Matrix(rows: count, columns: count)
      var excesses = [Double](repeating: 0, count: count)
      for i in 0..<n where inputs.patternOf[i] == p {
        let spread = Matrix(rows: [
          [system.latent[i, i] - product(i, i), system.latent[i, n + i] - product(i, n + i)],
          [
            system.latent[n + i, i] - product(n + i, i),
            system.latent[n + i, n + i] - product(n + i, n + i),
          ],
        ])
        let pulled = drawn.times(spread)  // V⁻¹ H S
        let explained = pulled.times(drawn, transposingOther: true)
        for (output, means) in zip(outcomes, means) {
          let mean = [means[i], means[n + i]]
          let fitted = compression.design.times(mean)
          let a = inverse.times(zip(output[i], fitted).map { $0 - $1 })
          for c in 0..<count {
            for r in 0..<count {
              covariance[r, c] += 0.5 * share * (a[r] * a[c] - inverse[r, c] + explained[r, c])
            }
            excesses[c] += share * (a[c] * mean[1] - pulled[c, 1])
          }
        }
      }
      hyperparameters.curve.addGradient(
        of: covariance, excesses, at: lengths, to: &gradient, first: first)
    }
  }

  /// The priors' centers.
  package var coldStart: [Double] { priors.map(\.start) }
}
