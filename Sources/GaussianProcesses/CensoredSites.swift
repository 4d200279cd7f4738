import Foundation
import Numerics

/// What it says of a latent function that runs diverged: it is above a threshold there, by how much is
/// unknown. Expectation propagation (Rasmussen and Williams, section 3.6, with a step for the likelihood)
/// turns each into a normal pseudo-observation.
struct CensoredSites {
  /// Pseudo-outcomes and their variances; a variance beyond 1e6 says nothing.
  let outcomes: [Double]
  let variances: [Double]

  /// - Parameters:
  ///   - means, covariance: of the function at the diverged mixtures, given the finished runs.
  ///   - threshold: what it exceeds there.
  init(means: [Double], covariance: Matrix, threshold: Double) {
    let count = means.count
    var precision = [Double](repeating: 0, count: count)
    var shift = [Double](repeating: 0, count: count)
    for _ in 0..<20 {
      for i in 0..<count {
        let (mean, variance) = Self.marginal(i, means, covariance, precision, shift)
        let cavityPrecision = max(1 / variance - precision[i], 1e-9)
        let cavityVariance = 1 / cavityPrecision
        let cavityMean = cavityVariance * (mean / variance - shift[i])
        // Moments of the normal cut off below the threshold.
        let deviation = cavityVariance.squareRoot()
        let z = (cavityMean - threshold) / deviation
        let slope = Normal.logCumulativeSlope(z)
        let newMean = cavityMean + deviation * slope
        let newVariance = max(cavityVariance * (1 - slope * (slope + z)), 1e-6 * cavityVariance)
        precision[i] = max(1 / newVariance - cavityPrecision, 1e-6)
        shift[i] = newMean / newVariance - cavityMean * cavityPrecision
      }
    }
    variances = precision.map { 1 / $0 }
    outcomes = zip(shift, precision).map { $0 / $1 }
  }

  /// The function's marginal at one point, all sites taken in.
  private static func marginal(
    _ index: Int, _ means: [Double], _ covariance: Matrix, _ precision: [Double], _ shift: [Double]
  ) -> (mean: Double, variance: Double) {
    // In B = I + S½ C S½ nothing is inverted that could be zero.
    let roots = precision.map { $0.squareRoot() }
    let count = means.count
    var b = covariance
    for i in 0..<count {
      for j in 0..<count { b[i, j] = roots[i] * covariance[i, j] * roots[j] + (i == j ? 1 : 0) }
    }
    guard let cholesky = Cholesky(factoring: b) else {
      return (means[index], max(covariance[index, index], 1e-12))
    }
    let column = (0..<count).map { roots[$0] * covariance[$0, index] }
    let solved = cholesky.solve(column)
    // Σ (ν - T m) through the same factor: m + C (ν - T m) less its part that S already explains.
    let residual = (0..<count).map { shift[$0] - precision[$0] * means[$0] }
    let drawn = covariance.times(residual)
    let correction = dot(solved, (0..<count).map { roots[$0] * drawn[$0] })
    return (
      means[index] + drawn[index] - correction,
      max(covariance[index, index] - dot(column, solved), 1e-12)
    )
  }
}
