import Foundation
import Numerics

/// The posterior of a weighted sum of losses at any mixture, jointly with that at a few base mixtures,
/// with gradients: what an acquisition function is made of.
package struct JointObjective: Sendable {
  package let surrogate: CompositeSurrogate
  /// What each output counts, d.
  package let coefficients: [Double]
  /// Posterior means at the base mixtures, b.
  package let baseMeans: [Double]
  /// Posterior covariance at the base mixtures, (b, b).
  package let baseCovariance: Matrix
  private let base: EmbeddedMixtures
  private let bases: [OutputBase]

  /// What one output's process says about the base mixtures, standardized.
  private struct OutputBase: Sendable {
    /// K⁻¹ k(runs, base), (n, b).
    var projection: Matrix
    /// Of the posterior covariance at the base mixtures: A Aᵀ, (b, b).
    var cholesky: Cholesky
    /// Row i: Σₑ R(d, e) gₑ(i) Aₑ(i, ·), (b, b).
    var mixed: Matrix
    /// A⁻ᵀ mixedᵀ: from this output's covariances with the base to the objective's, (b, b).
    var transfer: Matrix
  }

  /// - Returns: nil where the base mixtures' covariance cannot be factored.
  package init?(
    _ surrogate: CompositeSurrogate, coefficients: [Double], base mixtures: [[Double]]
  ) {
    precondition(
      coefficients.count == surrogate.outputs,
      "expected \(surrogate.outputs) coefficients, found \(coefficients.count)")
    self.surrogate = surrogate
    self.coefficients = coefficients
    base = surrogate.embedded(mixtures)
    let count = mixtures.count
    var bases: [OutputBase] = []
    var slopes: [[Double]] = []
    var means = [Double](repeating: 0, count: count)
    for (d, model) in surrogate.models.enumerated() {
      let cross = model.kernel.covariance(surrogate.inputs, base).values
      let solved = model.cholesky.solveLower(cross)
      let prior = model.kernel.covariance(base, base).values
      let covariance = prior - solved.times(solved, transposingSelf: true)
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      let latent = cross.times(model.weights, transposingSelf: true)
      var slope: [Double] = []
      for i in 0..<count {
        let (mean, scale) = surrogate.loss(d, mean: latent[i], variance: covariance[i, i])
        means[i] += coefficients[d] * mean
        slope.append(coefficients[d] * scale)
      }
      slopes.append(slope)
      let empty = Matrix(rows: count, columns: count)
      bases.append(
        OutputBase(
          projection: model.cholesky.solveUpper(solved), cholesky: cholesky, mixed: empty,
          transfer: empty))
    }
    var total = Matrix(rows: count, columns: count)
    for d in bases.indices {
      var mixed = Matrix(rows: count, columns: count)
      for e in bases.indices {
        let factor = bases[e].cholesky.factor
        let r = surrogate.correlation[d, e]
        for j in 0..<count {
          for i in j..<count { mixed[i, j] += r * slopes[e][i] * factor[i, j] }
        }
      }
      bases[d].mixed = mixed
      bases[d].transfer = bases[d].cholesky.solveUpper(mixed.transposed)
      let product = bases[d].cholesky.factor.times(mixed, transposingOther: true)
      for j in 0..<count {
        for i in 0..<count { total[i, j] += slopes[d][i] * product[i, j] }
      }
    }
    for j in 0..<count {
      for i in 0..<j {
        let mean = 0.5 * (total[i, j] + total[j, i])
        (total[i, j], total[j, i]) = (mean, mean)
      }
    }
    baseMeans = means
    var scaled = total
    for i in scaled.elements.indices { scaled.elements[i] *= surrogate.varianceFactor }
    baseCovariance = scaled
    self.bases = bases
  }

  /// The posterior at p points.
  package struct Values: Sendable {
    /// p.
    package var means: [Double]
    /// p.
    package var variances: [Double]
    /// With the base mixtures, (b, p).
    package var covariances: Matrix
  }

  /// What is kept of a forward pass for the backward one, for each output.
  private struct Trace {
    /// Slopes of the kernel between the runs and the points, (n, p), and the base and the points, (b, p).
    var slopes: Matrix
    var baseSlopes: Matrix
    /// K⁻¹ k(runs, points), (n, p).
    var solved: Matrix
    /// A⁻¹ c(base, points), (b, p).
    var rows: Matrix
    /// transferᵀ c(base, points), (b, p).
    var transferred: Matrix
    /// Square root of what the base leaves of the variance, p.
    var rest: [Double]
    /// Mean loss and its slope in the standardized function, p.
    var means: [Double]
    var slope: [Double]
  }

  package func values(at mixtures: [[Double]]) -> Values {
    var traces: [Trace] = []
    return forward(surrogate.embedded(mixtures), traces: &traces, keepsTraces: false)
  }

  /// A scalar function of the posterior at each point, with its gradient in the point.
  ///
  /// - Parameters:
  ///   - function: from a point's index and its mean, variance and covariances with the base mixtures
  ///     to the function's value and its derivatives in each of them.
  /// - Returns: for each point the value, and the gradients in z = wᵉ with w held and in w with z held.
  package func evaluate(
    at points: EmbeddedMixtures,
    _ function: (_ index: Int, _ mean: Double, _ variance: Double, _ covariances: [Double]) -> (
      value: Double, mean: Double, variance: Double, covariances: [Double]
    )
  ) -> (values: [Double], coordinateGradients: Matrix, weightGradients: Matrix) {
    var traces: [Trace] = []
    let forward = forward(points, traces: &traces, keepsTraces: true)
    let count = points.count
    let b = base.count
    var values: [Double] = []
    var meanAdjoints: [Double] = []
    var varianceAdjoints: [Double] = []
    var covarianceAdjoints = Matrix(rows: b, columns: count)
    for x in 0..<count {
      let result = function(
        x, forward.means[x], forward.variances[x], forward.covariances.column(x))
      values.append(result.value)
      meanAdjoints.append(result.mean)
      varianceAdjoints.append(result.variance * surrogate.varianceFactor)
      for i in 0..<b { covarianceAdjoints[i, x] = result.covariances[i] * surrogate.varianceFactor }
    }
    var toCoordinates = Matrix(rows: points.parts, columns: count)
    var toWeights = Matrix(rows: points.parts, columns: count)
    for (d, model) in surrogate.models.enumerated() {
      let trace = traces[d]
      var rowAdjoints = Matrix(rows: b, columns: count)
      var meanPulls = [Double](repeating: 0, count: count)
      var variancePulls = [Double](repeating: 0, count: count)
      var scaledCovariances = covarianceAdjoints
      for x in 0..<count {
        // g is this output's slope times its coefficient; the variance is Σ gᵈ gᵉ R (aᵈ·aᵉ + qᵈ qᵉ).
        let g = coefficients[d] * trace.slope[x]
        var slopeAdjoint = 0.0
        var restAdjoint = 0.0
        for i in 0..<b { slopeAdjoint += covarianceAdjoints[i, x] * trace.transferred[i, x] }
        let v = 2 * varianceAdjoints[x]
        for (e, other) in traces.enumerated() {
          let share = v * coefficients[e] * other.slope[x] * surrogate.correlation[d, e]
          var inner = trace.rest[x] * other.rest[x]
          for i in 0..<b {
            inner += trace.rows[i, x] * other.rows[i, x]
            rowAdjoints[i, x] += g * share * other.rows[i, x]
          }
          slopeAdjoint += share * inner
          restAdjoint += g * share * other.rest[x]
        }
        let squareAdjoint = restAdjoint / (2 * trace.rest[x])
        variancePulls[x] = squareAdjoint
        for i in 0..<b {
          rowAdjoints[i, x] -= 2 * squareAdjoint * trace.rows[i, x]
          scaledCovariances[i, x] *= g
        }
        switch surrogate.form.link {
        case .identity:
          meanPulls[x] = meanAdjoints[x] * coefficients[d] * model.scale
        case .logarithm:
          let pull =
            coefficients[d] * (meanAdjoints[x] + model.scale * slopeAdjoint) * trace.means[x]
          meanPulls[x] = pull * model.scale
          variancePulls[x] +=
            0.5 * pull * model.scale * model.scale * surrogate.varianceFactor
        }
      }
      var baseAdjoints = bases[d].cholesky.solveUpper(rowAdjoints)
      let direct = bases[d].transfer.times(scaledCovariances)
      for i in baseAdjoints.elements.indices { baseAdjoints.elements[i] += direct.elements[i] }
      var runAdjoints = bases[d].projection.times(baseAdjoints)
      for x in 0..<count {
        for i in 0..<runAdjoints.rows {
          runAdjoints[i, x] =
            meanPulls[x] * model.weights[i] - 2 * variancePulls[x] * trace.solved[i, x]
            - runAdjoints[i, x]
        }
      }
      model.kernel.addGradient(
        of: runAdjoints, between: surrogate.inputs, and: points, slopes: trace.slopes,
        toCoordinates: &toCoordinates, toWeights: &toWeights)
      model.kernel.addGradient(
        of: baseAdjoints, between: base, and: points, slopes: trace.baseSlopes,
        toCoordinates: &toCoordinates, toWeights: &toWeights)
      model.kernel.addVarianceGradient(
        of: variancePulls, at: points, toCoordinates: &toCoordinates, toWeights: &toWeights)
    }
    return (values, toCoordinates, toWeights)
  }

  private func forward(
    _ points: EmbeddedMixtures, traces: inout [Trace], keepsTraces: Bool
  ) -> Values {
    let count = points.count
    let b = base.count
    var means = [Double](repeating: 0, count: count)
    var variances = [Double](repeating: 0, count: count)
    var covariances = Matrix(rows: b, columns: count)
    // For each output its rows scaled by coefficient and slope, the rest below them: (b + 1, p).
    var scaledRows: [Matrix] = []
    for (d, model) in surrogate.models.enumerated() {
      let (cross, slopes) = model.kernel.covariance(
        surrogate.inputs, points, wantsSlopes: keepsTraces)
      let half = model.cholesky.solveLower(cross)
      let latent = cross.times(model.weights, transposingSelf: true)
      let (basePrior, baseSlopes) = model.kernel.covariance(
        base, points, wantsSlopes: keepsTraces)
      let c = basePrior - bases[d].projection.times(cross, transposingSelf: true)
      let rows = bases[d].cholesky.solveLower(c)
      let transferred = bases[d].transfer.times(c, transposingSelf: true)
      let prior = model.kernel.variances(points)
      var rest = [Double](repeating: 0, count: count)
      var losses = rest
      var lossSlopes = rest
      var scaled = Matrix(rows: b + 1, columns: count)
      for x in 0..<count {
        var variance = prior[x]
        for i in 0..<half.rows { variance -= half[i, x] * half[i, x] }
        var left = variance
        for i in 0..<b { left -= rows[i, x] * rows[i, x] }
        rest[x] = max(left, 1e-12).squareRoot()
        let (mean, slope) = surrogate.loss(d, mean: latent[x], variance: max(variance, 0))
        losses[x] = mean
        lossSlopes[x] = slope
        means[x] += coefficients[d] * mean
        let g = coefficients[d] * slope
        for i in 0..<b {
          covariances[i, x] += g * transferred[i, x]
          scaled[i, x] = g * rows[i, x]
        }
        scaled[b, x] = g * rest[x]
      }
      scaledRows.append(scaled)
      if keepsTraces, let slopes, let baseSlopes {
        traces.append(
          Trace(
            slopes: slopes, baseSlopes: baseSlopes, solved: model.cholesky.solveUpper(half),
            rows: rows, transferred: transferred, rest: rest, means: losses, slope: lossSlopes))
      }
    }
    for d in scaledRows.indices {
      for e in 0...d {
        let r = surrogate.correlation[d, e] * (d == e ? 1 : 2)
        for x in 0..<count {
          var inner = 0.0
          for i in 0...b { inner += scaledRows[d][i, x] * scaledRows[e][i, x] }
          variances[x] += r * inner
        }
      }
    }
    for x in 0..<count { variances[x] *= surrogate.varianceFactor }
    for i in covariances.elements.indices { covariances.elements[i] *= surrogate.varianceFactor }
    return Values(means: means, variances: variances, covariances: covariances)
  }
}

extension CompositeSurrogate {
  /// Joint draws of every output's loss at some mixtures, for objectives that are not sums.
  ///
  /// - Returns: [draw][mixture][output]; nil where the covariance at the mixtures cannot be factored.
  package func samples(
    at mixtures: [[Double]], count: Int, using generator: inout SeededGenerator
  ) -> [[[Double]]]? {
    let points = embedded(mixtures)
    guard let root = Cholesky(factoring: correlation) else { return nil }
    var factors: [Matrix] = []
    var means: [[Double]] = []
    for model in models {
      let (mean, covariance) = model.posterior(at: points, inputs: inputs)
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      factors.append(cholesky.factor)
      means.append(mean)
    }
    let deviation = varianceFactor.squareRoot()
    return (0..<count).map { _ in
      let independent = Matrix(
        rows: outputs, columns: mixtures.count,
        elements: (0..<outputs * mixtures.count).map { _ in generator.normal() })
      let correlated = root.factor.times(independent)
      var losses = mixtures.map { _ in [Double](repeating: 0, count: outputs) }
      for (d, model) in models.enumerated() {
        let draw = factors[d].times(correlated.row(d))
        for x in mixtures.indices {
          let linked = model.location + model.scale * (means[d][x] + deviation * draw[x])
          losses[x][d] = form.link == .logarithm ? exp(linked) : linked
        }
      }
      return losses
    }
  }
}
