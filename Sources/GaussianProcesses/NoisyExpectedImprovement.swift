import Foundation
import Numerics

/// What a search maximizes over mixtures.
package protocol Acquisition: Sendable {
  /// Its value at each mixture.
  func values(at mixtures: [[Double]]) -> [Double]

  /// Its value at each point and its gradient in the point's coordinates, (k, p), as it continues off the
  /// simplex.
  func evaluate(at points: EmbeddedMixtures) -> (values: [Double], gradients: Matrix)
}

/// How far a run's true objective is expected to fall below the best of the base mixtures, in logarithms.
///
/// Which base mixture is best is itself uncertain, as runs are noisy and pending ones unfinished: quasi-
/// random joint draws of the objective at the base mixtures are averaged over, each with the posterior that
/// it leaves at the candidate (noisy expected improvement of Letham et al., arXiv 1706.07094, its
/// logarithm taken as Ament et al., arXiv 2310.20708, do). Deterministic and smooth. The improvement is of
/// the function below the noise: another run at a base mixture would gain nothing by it.
package struct NoisyExpectedImprovement: Acquisition {
  package let posterior: JointObjective
  /// The lowest objective in each draw, m.
  private let best: [Double]
  /// S⁻¹ (draw - mean), (b, m), S the covariance of the base mixtures.
  private let pulls: Matrix
  /// S⁻¹, (b, b).
  private let precision: Matrix
  /// Added to the variance left, so that it stays positive at a base mixture.
  private let leastVariance: Double

  /// - Parameters:
  ///   - posterior: with the observed mixtures that could be best and the pending ones as its base.
  ///   - draws: of the objective at the base mixtures.
  ///   - seed: of the quasi-random numbers.
  /// - Precondition: at least one base mixture.
  package init?(_ posterior: JointObjective, draws: Int = 128, seed: UInt64) {
    let count = posterior.baseMeans.count
    guard let cholesky = Cholesky(factoring: posterior.baseCovariance) else { return nil }
    let sequence = SobolSequence(dimensions: count, scrambledBy: seed)
    let normals = Matrix(
      columns: (0..<draws).map { sequence.point($0).map(Normal.quantile) })
    let deviations = cholesky.factor.times(normals)
    best = (0..<draws).map { j in
      (0..<count).reduce(.infinity) { min($0, posterior.baseMeans[$1] + deviations[$1, j]) }
    }
    pulls = cholesky.solveUpper(normals)
    precision = cholesky.inverse()
    leastVariance =
      1e-10 * posterior.baseCovariance.diagonal.reduce(0, +) / Double(count) + 1e-300
    self.posterior = posterior
  }

  /// Its value at each mixture.
  package func values(at mixtures: [[Double]]) -> [Double] {
    let values = posterior.values(at: mixtures)
    return mixtures.indices.map {
      improvement(
        mean: values.means[$0], variance: values.variances[$0],
        covariances: values.covariances.column($0), wantsGradient: false
      ).value
    }
  }

  /// Its value at each point and its gradient in the point's coordinates, as
  /// ``JointObjective/evaluate(at:_:)`` has them.
  package func evaluate(at points: EmbeddedMixtures) -> (values: [Double], gradients: Matrix) {
    posterior.evaluate(at: points) { _, mean, variance, covariances in
      improvement(mean: mean, variance: variance, covariances: covariances, wantsGradient: true)
    }
  }

  private func improvement(
    mean: Double, variance: Double, covariances: [Double], wantsGradient: Bool
  ) -> (value: Double, mean: Double, variance: Double, covariances: [Double]) {
    let projected = precision.times(covariances)
    let explained = dot(projected, covariances)
    let left = variance - explained
    // max(left, 0) would have a corner where rounding decides on which side a base mixture falls.
    let root = (left * left + leastVariance * leastVariance).squareRoot()
    let smooth = 0.5 * (left + root) + leastVariance
    let deviation = smooth.squareRoot()
    let shifts = pulls.times(covariances, transposingSelf: true)
    var logs = [Double](repeating: 0, count: best.count)
    var slopes = logs
    for j in best.indices {
      let u = (best[j] - mean - shifts[j]) / deviation
      (logs[j], slopes[j]) = Normal.logImprovement(u)
    }
    let total = logSumExp(logs)
    let value = total - log(Double(best.count)) + log(deviation)
    guard wantsGradient else { return (value, 0, 0, []) }
    var byMean = 0.0
    var byDeviation = 1 / deviation
    for j in best.indices {
      let u = (best[j] - mean - shifts[j]) / deviation
      let share = exp(logs[j] - total) * slopes[j] / deviation
      slopes[j] = -share  // from here on: the derivative in the draw's mean
      byMean -= share
      byDeviation -= share * u
    }
    let byVariance = byDeviation / (2 * deviation) * 0.5 * (1 + left / root)
    var byCovariances = pulls.times(slopes)
    for i in byCovariances.indices { byCovariances[i] -= 2 * byVariance * projected[i] }
    return (value, byMean, byVariance, byCovariances)
  }
}
