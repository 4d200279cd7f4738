import Foundation
import Numerics

extension ScaleSurrogate {
  /// What variances at the target are multiplied by, for what came of earlier predictions: of what all mixtures share
  /// there, and of what tells them apart.
  package struct VarianceFactors: Sendable, Hashable {
    package var level: Double
    package var contrast: Double
    /// Of what tells those apart that may be the best, for how likely each is: what is told of single differences is
    /// not narrowed by it.
    package var contender: Double

    package static let contenderPrior = 0.5

    package init(level: Double = 1, contrast: Double = 1, contender: Double = contenderPrior) {
      self.level = level
      self.contrast = contrast
      self.contender = contender
    }

    /// A calibrated draw of several mixtures with contenders' deviations from their means.
    package func contended(_ draw: [Double], means: [Double]) -> [Double] {
      let narrowing = (contender / contrast).squareRoot()
      return zip(means, draw).map { $0 + narrowing * ($1 - $0) }
    }

    /// The covariance of g m + h (f - m) and g m + h (f' - m), with g² and h² the factors and m the mean of all.
    ///
    /// - Parameters:
    ///   - covariance: of f and f'.
    ///   - sums: of f and m, plus that of f' and m.
    ///   - shared: the variance of m.
    package func applied(
      to covariance: Double, with sums: Double, shared: Double
    ) -> Double {
      let (g, h) = (level.squareRoot(), contrast.squareRoot())
      return h * h * covariance + h * (g - h) * sums + (g - h) * (g - h) * shared
    }
  }

  /// Joint draws of every output's loss at some queries, over the draws of the hyperparameters: [draw][query][output].
  ///
  /// Queries and outputs go together as K ⊗ S. K is taken as the sum of what its mean says of all queries together
  /// and of what is left, which is what decides on their differences. As far as the former is the level, outputs go
  /// together by ``ScaleFit/levels`` instead.
  ///
  /// - Precondition: queries at the target.
  /// - Returns: nil where a covariance cannot be factored.
  package func samples(
    _ count: Int, at queries: [ScaleQuery], factors: VarianceFactors = VarianceFactors(),
    seed: UInt64
  ) -> [[[Double]]]? {
    var generator = SeededGenerator(seed: seed, stream: "joint losses")
    let inputs = inputs(queries)
    let total = Double(queries.count * queries.count)
    let priors = fit.priors(queries)
    let trends = queries.map { fit.trend($0.cell) }
    var result: [[[Double]]] = []
    var reached = 0.0
    for (share, model) in zip(shares, models) {
      reached += share
      let wanted = Int((reached * Double(count)).rounded()) - result.count
      guard wanted > 0 else { continue }
      let posterior = model.posterior(inputs, isJoint: true)
      let common = max(posterior.covariance.elements.reduce(0, +) / total, 0)
      var centered = TargetBelief.centered(posterior.covariance)
      for at in centered.elements.indices { centered.elements[at] *= factors.contrast }
      guard let own = Cholesky(factoring: centered)?.factor ?? Self.none(centered),
        let across = Cholesky(factoring: model.spread)?.factor,
        let levels = Cholesky(factoring: fit.levels)?.factor
      else { return nil }
      let mean = posterior.solved.times(
        [Double](repeating: 1 / Double(queries.count), count: queries.count))
      let ofLevel = model.levelShare(solved: mean, variance: common)
      let scale = stretch * (common * factors.level).squareRoot()
      let (level, rest) = (scale * ofLevel.squareRoot(), scale * (1 - ofLevel).squareRoot())
      for _ in 0..<wanted {
        let normals = Matrix(
          rows: queries.count, columns: outputs,
          elements: (0..<queries.count * outputs).map { _ in generator.normal() })
        let shared = [level, rest].map { deviation in
          Matrix(
            rows: 1, columns: outputs,
            elements: (0..<outputs).map { _ in deviation * generator.normal() })
        }
        let apart = own.times(normals).times(across, transposingOther: true)
        let ofLevels = shared[0].times(levels, transposingOther: true)
        let ofOthers = shared[1].times(across, transposingOther: true)
        result.append(
          queries.indices.map { q in
            (0..<outputs).map { d in
              let together = ofLevels[0, d] + ofOthers[0, d]
              let value = posterior.means[q, d] + stretch * apart[q, d] + together
              return fit.loss(d, value + posterior.growths[q] * priors[q, d], trend: trends[q]).loss
            }
          })
      }
    }
    return result
  }

  /// Of one query nothing is left beside what all share.
  private static func none(_ matrix: Matrix) -> Matrix? {
    matrix.elements.allSatisfy { abs($0) < 1e-9 }
      ? Matrix(rows: matrix.rows, columns: matrix.columns) : nil
  }
}
