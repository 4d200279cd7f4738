import Numerics

/// How a scalar of the posterior at each of p points changes with the point: the sum of what it owes to
/// each model.
struct PosteriorGradient {
  private let surrogate: CompositeSurrogate
  /// The points and the base mixtures in each member's coordinates.
  private let points: [EmbeddedMixtures]
  private let base: [EmbeddedMixtures]
  private var toCoordinates: [Matrix]
  private var toWeights: Matrix

  init(
    of surrogate: CompositeSurrogate, at points: [EmbeddedMixtures], base: [EmbeddedMixtures]
  ) {
    self.surrogate = surrogate
    self.points = points
    self.base = base
    toCoordinates = points.map { Matrix(rows: $0.parts, columns: $0.count) }
    toWeights = Matrix(rows: points[0].parts, columns: points[0].count)
  }

  /// Adds what one model gives to it.
  ///
  /// - Parameters:
  ///   - means: the scalar's slope in the model's posterior mean at its point, standardized, p.
  ///   - variances: that in the posterior variance, p.
  ///   - covariances: that in the posterior covariances with the base, (b, p).
  ///   - projection: K⁻¹ k(runs, base), (n, b).
  ///   - solved: K⁻¹ k(runs, points), (n, p).
  ///   - slopes: of the kernel between the runs and the points, (n, p), and the base and the points,
  ///     (b, p).
  mutating func add(
    _ model: OutputModel, means: [Double], variances: [Double], covariances: Matrix,
    projection: Matrix, solved: Matrix, slopes: (runs: Matrix, base: Matrix)
  ) {
    // In the prior covariances with the runs: through the mean, the variance and the base.
    var runAdjoints = projection.times(covariances)
    let rows = runAdjoints.rows
    runAdjoints.elements.withUnsafeMutableBufferPointer { adjoints in
      solved.elements.withUnsafeBufferPointer { solved in
        for x in means.indices {
          for i in 0..<rows {
            let at = i + x * rows
            adjoints[at] =
              means[x] * model.weights[i] - 2 * variances[x] * solved[at] - adjoints[at]
          }
        }
      }
    }
    let own = points[model.member]
    model.kernel.addGradient(
      of: runAdjoints, between: surrogate.inputs[model.member], and: own, slopes: slopes.runs,
      toCoordinates: &toCoordinates[model.member], toWeights: &toWeights)
    model.kernel.addGradient(
      of: covariances, between: base[model.member], and: own, slopes: slopes.base,
      toCoordinates: &toCoordinates[model.member], toWeights: &toWeights)
    model.kernel.addVarianceGradient(
      of: variances, at: own, toCoordinates: &toCoordinates[model.member], toWeights: &toWeights)
  }

  /// In the coordinates of `points`, as it continues off the simplex, (k, p).
  func total(in points: EmbeddedMixtures) -> Matrix {
    points.gradient(
      toWeights: toWeights, toCoordinates: toCoordinates, exponents: self.points.map(\.exponent))
  }
}
