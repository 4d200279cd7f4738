import Foundation
import Mixtures
import Numerics

/// The posterior of a weighted sum of losses at any mixture, jointly with that at a few base mixtures,
/// with gradients: what an acquisition function is made of.
package struct JointObjective: Sendable {
  package let surrogate: CompositeSurrogate
  /// What each output counts, d.
  package let coefficients: [Double]
  /// What is known to come on top.
  private let pull: MixturePull?
  /// Posterior means at the base mixtures, b.
  package let baseMeans: [Double]
  /// Posterior covariance at the base mixtures, (b, b).
  package let baseCovariance: Matrix
  /// What each model counts.
  private let weights: [Double]
  /// The members' ``CompositeSurrogate/disagreement(_:)`` at the base mixtures, (members, b).
  private let baseDisagreement: Matrix
  /// The base mixtures in each member's coordinates.
  private let base: [EmbeddedMixtures]
  private let bases: [ModelBase]

  private var baseCount: Int { baseMeans.count }
  private static let partSize = 128

  /// What one model says about the base mixtures, standardized.
  private struct ModelBase: Sendable {
    /// K⁻¹ k(runs, base), (n, b).
    var projection: Matrix
    /// Of the posterior covariance at the base mixtures: A Aᵀ, (b, b).
    var cholesky: Cholesky
    /// A⁻ᵀ Mᵀ, where row i of M is Σₑ R(d, e) gₑ(i) Aₑ(i, ·): from this model's covariances with the
    /// base to the objective's, (b, b).
    var transfer: Matrix
  }

  /// - Returns: nil where the base mixtures' covariance cannot be factored.
  package init?(
    _ surrogate: CompositeSurrogate, coefficients: [Double], base mixtures: [[Double]],
    pull: MixturePull? = nil
  ) {
    self.pull = pull
    self.surrogate = surrogate
    self.coefficients = coefficients
    weights = surrogate.modelCoefficients(coefficients)
    base = (0..<surrogate.members).map { surrogate.embedded(mixtures, member: $0) }
    let count = mixtures.count
    let models = surrogate.models
    var bases: [ModelBase] = []
    var slopes: [[Double]] = []
    // What each member adds to the sum.
    var memberMeans = Matrix(rows: surrogate.members, columns: count)
    // Row m holds model m's factor, its rows scaled by what they count: (models, b · b).
    var scaled = Matrix(rows: models.count, columns: count * count)
    for (m, model) in models.enumerated() {
      let inputs = surrogate.inputs[model.member]
      let points = base[model.member]
      let cross = model.kernel.covariance(inputs, points).values
      let solved = model.cholesky.solveLower(cross)
      let prior = model.kernel.covariance(points, points).values
      let covariance = prior - solved.times(solved, transposingSelf: true)
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      let latent = cross.times(model.weights, transposingSelf: true)
      var slope: [Double] = []
      for i in 0..<count {
        let (mean, scale) = surrogate.loss(
          model, mean: latent[i], variance: max(covariance[i, i], 0))
        memberMeans[model.member, i] += weights[m] * mean
        slope.append(weights[m] * scale)
      }
      slopes.append(slope)
      for j in 0..<count {
        for i in j..<count { scaled[m, i + j * count] = slope[i] * cholesky.factor[i, j] }
      }
      bases.append(
        ModelBase(
          projection: model.cholesky.solveUpper(solved), cholesky: cholesky,
          transfer: Matrix(rows: count, columns: count)))
    }
    let mixed = surrogate.correlation.times(scaled)
    var total = Matrix(rows: count, columns: count)
    for m in models.indices {
      let rows = Matrix(rows: count, columns: count, elements: mixed.row(m))
      bases[m].transfer = bases[m].cholesky.solveUpper(rows.transposed)
      let product = bases[m].cholesky.factor.times(rows, transposingOther: true)
      for j in 0..<count {
        for i in 0..<count { total[i, j] += slopes[m][i] * product[i, j] }
      }
    }
    let apart = Self.disagreement(surrogate, memberMeans)
    for j in 0..<count {
      for i in 0...j {
        let mean = 0.5 * (total[i, j] + total[j, i]) * surrogate.varianceFactor
        let sum = mean + dot(apart.column(i), apart.column(j))
        (total[i, j], total[j, i]) = (sum, sum)
      }
    }
    baseMeans = (0..<count).map {
      memberMeans.column($0).reduce(0, +) + (pull?.value(at: mixtures[$0]) ?? 0)
    }
    baseDisagreement = apart
    baseCovariance = total
    self.bases = bases
  }

  /// - Parameter sums: what each member adds to the sum, (members, p).
  private static func disagreement(_ surrogate: CompositeSurrogate, _ sums: Matrix) -> Matrix {
    Matrix(
      rows: sums.rows, columns: sums.columns,
      elements: (0..<sums.columns).flatMap {
        surrogate.disagreement(ofMembers: sums.column($0))
      })
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

  /// What is kept of a model's forward pass for the backward one.
  private struct Trace {
    /// The kernel's slopes between the runs and the points, (n, p), and the base and the points, (b, p).
    var slopes: Matrix
    var baseSlopes: Matrix
    /// K⁻¹ k(runs, points), (n, p).
    var solved: Matrix
    /// Covariances with the base, A⁻¹ of them, and below them the root of the variance that the base
    /// leaves: (b + 1, p).
    var rows: Matrix
    /// transferᵀ c(base, points), (b, p).
    var transferred: Matrix
    /// Mean loss and its slope in the standardized function, p.
    var means: [Double]
    var slope: [Double]
  }

  package func values(at mixtures: [[Double]]) -> Values {
    // In parts that stay in the cache, where there is much to each.
    if surrogate.isWide, mixtures.count > Self.partSize {
      var whole = Values(means: [], variances: [], covariances: Matrix(rows: baseCount, columns: 0))
      var covariances: [Double] = []
      for start in stride(from: 0, to: mixtures.count, by: Self.partSize) {
        let part = values(
          at: Array(mixtures[start..<min(start + Self.partSize, mixtures.count)]))
        whole.means += part.means
        whole.variances += part.variances
        covariances += part.covariances.elements
      }
      whole.covariances = Matrix(
        rows: baseCount, columns: mixtures.count, elements: covariances)
      return whole
    }
    let points = (0..<surrogate.members).map { surrogate.embedded(mixtures, member: $0) }
    var values = forward(points, keepsTraces: false).values
    if let pull {
      for x in mixtures.indices { values.means[x] += pull.value(at: mixtures[x]) }
    }
    return values
  }

  /// A scalar function of the posterior at each point, with its gradient in the point.
  ///
  /// - Parameters:
  ///   - points: in coordinates y = w^q, q the surrogate's exponent or less.
  ///   - function: from a point's index and its mean, variance and covariances with the base mixtures
  ///     to the function's value and its derivatives in each of them.
  /// - Returns: for each point the value and the gradient in y, of the function as it continues off
  ///   the simplex, (k, p).
  package func evaluate(
    at points: EmbeddedMixtures,
    _ function: (_ index: Int, _ mean: Double, _ variance: Double, _ covariances: [Double]) -> (
      value: Double, mean: Double, variance: Double, covariances: [Double]
    )
  ) -> (values: [Double], gradients: Matrix) {
    let count = points.count
    let b = baseCount
    let mixtures = (0..<count).map { points.weights.column($0) }
    let embedded = (0..<surrogate.members).map { surrogate.embedded(mixtures, member: $0) }
    let (forward, traces, mixed, disagreement) = forward(embedded, keepsTraces: true)
    let factor = surrogate.varianceFactor
    let rootCount = Double(surrogate.members).squareRoot()
    var values: [Double] = []
    // In what a member adds to the mean: directly, and as the members disagree.
    var meanAdjoints = Matrix(rows: surrogate.members, columns: count)
    var varianceAdjoints: [Double] = []
    var covarianceAdjoints = Matrix(rows: b, columns: count)
    var pulls: [Double] = []
    for x in 0..<count {
      let result = function(
        x, forward.means[x] + (pull?.value(at: mixtures[x]) ?? 0), forward.variances[x],
        forward.covariances.column(x))
      values.append(result.value)
      pulls.append(result.mean)
      for m in 0..<surrogate.members {
        meanAdjoints[m, x] =
          result.mean + rootCount
          * (2 * result.variance * disagreement[m, x]
            + dot(result.covariances, baseDisagreement.row(m)))
      }
      varianceAdjoints.append(result.variance * factor)
      for i in 0..<b { covarianceAdjoints[i, x] = result.covariances[i] * factor }
    }
    var gradient = PosteriorGradient(of: surrogate, at: embedded, base: base)
    for (m, model) in surrogate.models.enumerated() {
      let trace = traces[m]
      var rowAdjoints = Matrix(rows: b, columns: count)
      var meanPulls = [Double](repeating: 0, count: count)
      var variancePulls = meanPulls
      var scaledCovariances = covarianceAdjoints
      for x in 0..<count {
        // g is this model's slope times its weight; the variance is Σ gᵈ gᵉ R(d, e) rᵈ·rᵉ over the
        // models' rows r, and `mixed` holds Σₑ R(d, e) gᵉ rᵉ.
        let g = weights[m] * trace.slope[x]
        let v = 2 * varianceAdjoints[x]
        var slopeAdjoint = 0.0
        for i in 0..<b { slopeAdjoint += covarianceAdjoints[i, x] * trace.transferred[i, x] }
        for i in 0...b { slopeAdjoint += v * trace.rows[i, x] * mixed[m, i + x * (b + 1)] }
        let rest = trace.rows[b, x]
        let squareAdjoint = v * g * mixed[m, b + x * (b + 1)] / (2 * rest)
        variancePulls[x] = squareAdjoint
        for i in 0..<b {
          rowAdjoints[i, x] =
            v * g * mixed[m, i + x * (b + 1)] - 2 * squareAdjoint * trace.rows[i, x]
          scaledCovariances[i, x] *= g
        }
        switch surrogate.link {
        case .identity:
          meanPulls[x] = meanAdjoints[model.member, x] * weights[m] * model.scale
        case .logarithm:
          let pull =
            weights[m] * (meanAdjoints[model.member, x] + model.scale * slopeAdjoint)
            * trace.means[x]
          meanPulls[x] = pull * model.scale
          variancePulls[x] += 0.5 * pull * model.scale * model.scale * factor
        case .logit:
          let share = trace.means[x]
          let pull =
            weights[m]
            * (meanAdjoints[model.member, x] + model.scale * slopeAdjoint * (1 - 2 * share))
          meanPulls[x] = pull * share * (1 - share) * model.scale
        }
      }
      var baseAdjoints = bases[m].cholesky.solveUpper(rowAdjoints)
      let direct = bases[m].transfer.times(scaledCovariances)
      for i in baseAdjoints.elements.indices { baseAdjoints.elements[i] += direct.elements[i] }
      gradient.add(
        model, means: meanPulls, variances: variancePulls, covariances: baseAdjoints,
        projection: bases[m].projection, solved: trace.solved,
        slopes: (trace.slopes, trace.baseSlopes))
    }
    var total = gradient.total(in: points)
    if let pull { pull.addGradients(at: points, times: pulls, to: &total) }
    return (values, total)
  }

  /// - Returns: besides the values, if asked for, each model's trace, R times the models' scaled rows,
  ///   (models, (b + 1) · p), and the members' disagreement, (members, p).
  private func forward(
    _ points: [EmbeddedMixtures], keepsTraces: Bool
  ) -> (values: Values, traces: [Trace], mixed: Matrix, disagreement: Matrix) {
    let count = points[0].count
    let b = baseCount
    var traces: [Trace] = []
    var memberMeans = Matrix(rows: surrogate.members, columns: count)
    var covariances = Matrix(rows: b, columns: count)
    // Each model's rows scaled by what they count.
    var scaled = Matrix(rows: surrogate.models.count, columns: (b + 1) * count)
    for (m, model) in surrogate.models.enumerated() {
      let own = points[model.member]
      let (cross, slopes) = model.kernel.covariance(
        surrogate.inputs[model.member], own, wantsSlopes: keepsTraces)
      let half = model.cholesky.solveLower(cross)
      let latent = cross.times(model.weights, transposingSelf: true)
      let (basePrior, baseSlopes) = model.kernel.covariance(
        base[model.member], own, wantsSlopes: keepsTraces)
      let c = basePrior - bases[m].projection.times(cross, transposingSelf: true)
      let solved = bases[m].cholesky.solveLower(c)
      let transferred = bases[m].transfer.times(c, transposingSelf: true)
      let prior = model.kernel.variances(own)
      var rows = Matrix(rows: b + 1, columns: count)
      var losses = [Double](repeating: 0, count: count)
      var lossSlopes = losses
      let n = cross.rows
      let models = surrogate.models.count
      half.elements.withUnsafeBufferPointer { half in
        solved.elements.withUnsafeBufferPointer { solved in
          transferred.elements.withUnsafeBufferPointer { transferred in
            rows.elements.withUnsafeMutableBufferPointer { rows in
              covariances.elements.withUnsafeMutableBufferPointer { covariances in
                scaled.elements.withUnsafeMutableBufferPointer { scaled in
                  for x in 0..<count {
                    var variance = prior[x]
                    for at in x * n..<(x + 1) * n { variance -= half[at] * half[at] }
                    let (mean, slope) = surrogate.loss(
                      model, mean: latent[x], variance: max(variance, 0))
                    losses[x] = mean
                    lossSlopes[x] = slope
                    memberMeans[model.member, x] += weights[m] * mean
                    let g = weights[m] * slope
                    var left = variance
                    let first = x * (b + 1)
                    for i in 0..<b {
                      let row = solved[x * b + i]
                      left -= row * row
                      rows[first + i] = row
                      covariances[x * b + i] += g * transferred[x * b + i]
                    }
                    rows[first + b] = max(left, 1e-12).squareRoot()
                    for i in 0...b { scaled[m + (first + i) * models] = g * rows[first + i] }
                  }
                }
              }
            }
          }
        }
      }
      if keepsTraces, let slopes, let baseSlopes {
        traces.append(
          Trace(
            slopes: slopes, baseSlopes: baseSlopes, solved: model.cholesky.solveUpper(half),
            rows: rows, transferred: transferred, means: losses, slope: lossSlopes))
      }
    }
    let mixed = surrogate.correlation.times(scaled)
    var variances = [Double](repeating: 0, count: count)
    let width = surrogate.models.count * (b + 1)
    for x in 0..<count {
      var sum = 0.0
      for i in x * width..<(x + 1) * width { sum += scaled.elements[i] * mixed.elements[i] }
      variances[x] = sum * surrogate.varianceFactor
    }
    for i in covariances.elements.indices { covariances.elements[i] *= surrogate.varianceFactor }
    let disagreement = Self.disagreement(surrogate, memberMeans)
    for x in 0..<count {
      for m in 0..<surrogate.members {
        variances[x] += disagreement[m, x] * disagreement[m, x]
        for i in 0..<b {
          covariances[i, x] += disagreement[m, x] * baseDisagreement[m, i]
        }
      }
    }
    let means = (0..<count).map { memberMeans.column($0).reduce(0, +) }
    return (
      Values(means: means, variances: variances, covariances: covariances), traces, mixed,
      disagreement
    )
  }
}
