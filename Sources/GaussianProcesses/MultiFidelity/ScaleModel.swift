import Foundation
import Numerics

// n measurements, q queries, d outputs.

/// The processes of all outputs with one draw of the hyperparameters, conditioned on measurements.
struct ScaleModel: Sendable {
  let kernel: ScaleKernel
  let inputs: ScaleInputs
  /// What the draw counts among all.
  let weight: Double
  /// Of the measurements, (n, n).
  let cholesky: Cholesky
  /// L⁻¹ y of each output: what is left of each measurement once those before it are known, in units of what was
  /// expected to be left, (n, d).
  let innovations: Matrix
  /// How outputs go together, (d, d): the innovations' covariance, drawn toward unit variances and correlations of
  /// one half as by ``ScalePosterior/priorRuns`` more of them.
  let spread: Matrix

  init?(
    draw: ScaleFit.Draw, of fit: ScaleFit, inputs: ScaleInputs, outcomes: Matrix, expected: Matrix
  ) {
    kernel = ScaleKernel(
      hyperparameters: ScaleHyperparameters(logs: draw.logs), unit: fit.unit, law: fit.law,
      level: fit.level)
    self.inputs = inputs
    weight = draw.weight
    guard let cholesky = Cholesky(factoring: kernel.covariance(inputs, inputs)) else { return nil }
    self.cholesky = cholesky
    let growths = inputs.growths(kernel.hyperparameters)
    var left = outcomes
    for d in 0..<left.columns {
      for i in 0..<left.rows { left[i, d] -= growths[i] * expected[i, d] }
    }
    innovations = cholesky.solveLower(left)
    var spread = innovations.times(innovations, transposingSelf: true)
    let prior = ScalePosterior.priorRuns
    let total = Double(inputs.count) + prior
    for b in 0..<spread.columns {
      for a in 0..<spread.rows {
        spread[a, b] = (spread[a, b] + prior * (a == b ? 1 : 0.5)) / total
      }
    }
    self.spread = spread
  }

  /// K⁻¹ y of each output, (n, d).
  var coefficients: Matrix { cholesky.solveUpper(innovations) }

  /// What is believed at some queries, standardized.
  struct Posterior {
    /// (q, d).
    var means: Matrix
    /// Of an output of variance one, (q, q); or variances alone, (q, 1).
    var covariance: Matrix
    /// L⁻¹ K(measurements, queries), (n, q).
    var solved: Matrix
    /// What contrasts have grown to at each query.
    var growths: [Double]
  }

  /// k between the mixtures of the measurements and those of queries, and among these: the same at any fidelity.
  struct Blocks {
    var cross: Matrix
    var own: Matrix
  }

  func blocks(_ mixtures: EmbeddedMixtures) -> Blocks {
    Blocks(
      cross: kernel.mixtures(inputs.mixtures, mixtures).values,
      own: kernel.mixtures(mixtures, mixtures).values)
  }

  func posterior(_ queries: ScaleInputs, isJoint: Bool, blocks: Blocks? = nil) -> Posterior {
    let solved = cholesky.solveLower(
      kernel.covariance(inputs, queries, weights: blocks?.cross))
    let means = solved.times(innovations, transposingSelf: true)
    let growths = queries.growths(kernel.hyperparameters)
    guard isJoint else {
      let priors = kernel.variances(queries)
      var variances = Matrix(rows: queries.count, columns: 1)
      solved.elements.withUnsafeBufferPointer { elements in
        for q in 0..<queries.count {
          var sum = 0.0
          for at in q * solved.rows..<(q + 1) * solved.rows { sum += elements[at] * elements[at] }
          variances[q, 0] = max(priors[q] - sum, 1e-12)
        }
      }
      return Posterior(means: means, covariance: variances, solved: solved, growths: growths)
    }
    var covariance =
      kernel.covariance(queries, queries, weights: blocks?.own)
      - solved.times(solved, transposingSelf: true)
    for q in 0..<queries.count { covariance[q, q] = max(covariance[q, q], 1e-12) }
    return Posterior(means: means, covariance: covariance, solved: solved, growths: growths)
  }

  /// From what a function's slopes are in each output, (q, d), the factors of covariances among queries:
  /// Σ s(q, d) S(d, e) s(q', e).
  func factors(_ a: Matrix, _ b: Matrix) -> Matrix {
    a.times(spread).times(b, transposingOther: true)
  }
}

extension ScaleModel {
  /// How much of the variance of what some queries at the target share is of the level rather than of contrasts and noise,
  /// 0 to 1: the square of their correlation.
  ///
  /// - Parameters:
  ///   - solved: L⁻¹ K(measurements, queries), the mean over queries, n.
  ///   - variance: of that mean.
  func levelShare(solved: [Double], variance: Double) -> Double {
    let toTarget = kernel.levels(inputs.cells, [.target]).values
    let prior = kernel.levels([.target], [.target]).values[0, 0]
    let own = cholesky.solveLower(
      Matrix(columns: [inputs.points.map { toTarget[$0.cell, 0] }])
    ).column(0)
    let left = prior - dot(own, own)
    let common = prior - dot(own, solved)
    guard left > 1e-12 * prior, variance > 0 else { return 0 }
    return min(common * common / (left * variance), 1)
  }
}

extension ScaleModel.Posterior {
  /// A function of the losses at the means, and what a standardized deviation of each output adds to it, (q, d).
  func linearized(
    _ fit: ScaleFit, _ function: LossFunction, _ queries: [ScaleQuery]
  ) -> (means: [Double], slopes: Matrix) {
    let (count, outputs) = (means.rows, means.columns)
    var losses = (0..<outputs).map { _ in [Double](repeating: 0, count: count) }
    var slopes = Matrix(rows: count, columns: outputs)
    let priors = fit.priors(queries)
    var trends = [Double](repeating: 0, count: count)
    for q in 0..<count {
      // Most queries are of one fidelity.
      trends[q] =
        q > 0 && queries[q].cell == queries[q - 1].cell
        ? trends[q - 1] : fit.trend(queries[q].cell)
    }
    for d in 0..<outputs {
      for q in 0..<count {
        let found = fit.loss(d, means[q, d] + growths[q] * priors[q, d], trend: trends[q])
        losses[d][q] = found.loss
        slopes[q, d] = found.slope
      }
    }
    let gradients = function.gradients(of: losses, adjoints: (0..<count).map { _ in 1 })
    for d in 0..<outputs { for q in 0..<count { slopes[q, d] *= gradients[d][q] } }
    return (function.values(of: losses), slopes)
  }

  /// The function's covariance, or variances alone as those of the outputs are.
  func covariance(slopes: Matrix, _ model: ScaleModel) -> Matrix {
    var result = covariance
    if covariance.columns == covariance.rows {
      let factors = model.factors(slopes, slopes)
      for at in result.elements.indices { result.elements[at] *= factors.elements[at] }
    } else {
      let pulled = slopes.times(model.spread)
      for q in 0..<slopes.rows {
        var sum = 0.0
        for d in 0..<slopes.columns { sum += pulled[q, d] * slopes[q, d] }
        result[q, 0] *= sum
      }
    }
    return result
  }
}

extension ScaleKernel {
  /// Of each point by itself.
  func variances(_ points: ScaleInputs) -> [Double] {
    let weights = points.mixtures.count == 0 ? [] : mixtureVariances(points.mixtures)
    let common = points.cells.map { levels([$0], [$0]).values[0, 0] }
    let growths = points.cells.map { pow(hyperparameters.growth($0), 2) }
    let contrasts = points.cells.map { self.contrasts([$0], [$0]).values[0, 0] }
    return points.points.map { point in
      var value =
        growths[point.cell] * contrasts[point.cell] * weights[point.mixture] + common[point.cell]
      if point.run != nil {
        value +=
          growths[point.cell] * noise(points.mixtures, point.mixture) + hyperparameters.jitter
      }
      return value
    }
  }

  private func mixtureVariances(_ points: EmbeddedMixtures) -> [Double] {
    let h = hyperparameters
    let even = 1 / Double(max(points.parts, 1))
    let laws = laws(points).values
    return (0..<points.count).map { index in
      let law = laws.column(index)
      let line = (0..<points.parts).reduce(0) { $0 + pow(points.weights[$1, index] - even, 2) }
      return h.squaredAmplitude + h.squaredResidual + h.squaredLaw * even * dot(law, law)
        + h.squaredLinear * Double(points.parts) * line
    }
  }
}
