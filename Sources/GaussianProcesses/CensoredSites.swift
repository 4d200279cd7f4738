import Foundation
import Numerics

/// What it says of a latent function that runs diverged: that its mixture was at fault, and the function is
/// high there, or that something else was. The likelihood of a run's diverging is ρ + (1 - ρ) Φ((f - t)/s),
/// of which expectation propagation (Rasmussen and Williams, section 3.6) makes a normal pseudo-observation
/// for each run.
///
/// One such run never says more than that its mixture is 1/ρ times as likely to be a bad one as before:
/// runs diverge for a bad node or an unlucky batch too, and a mixture beside good ones is not to be given up
/// for that. Several near each other say what one cannot.
struct CensoredSites {
  /// Pseudo-outcomes and their variances; a variance beyond 1e6 says nothing.
  let outcomes: [Double]
  let variances: [Double]

  /// ρ: how likely a run is to diverge for no fault of its mixture, against one whose mixture is at fault.
  static let blameless = 0.4
  /// s, in standard deviations of the finished runs' outcomes.
  static let softness = 0.5

  /// - Parameters:
  ///   - means, covariance: of the function at the diverged mixtures, given the finished runs.
  ///   - threshold: t, what it exceeds where the mixture is at fault.
  init(means: [Double], covariance: Matrix, threshold: Double) {
    let count = means.count
    var precision = [Double](repeating: Self.leastPrecision, count: count)
    var shift = [Double](repeating: 0, count: count)
    for _ in 0..<30 {
      for i in 0..<count {
        let (mean, variance) = Self.marginal(i, means, covariance, precision, shift)
        let cavityPrecision = max(1 / variance - precision[i], 1e-9)
        let cavityVariance = 1 / cavityPrecision
        let cavityMean = cavityVariance * (mean / variance - shift[i])
        let (slope, curvature) = Self.logEvidence(
          mean: cavityMean, variance: cavityVariance, threshold: threshold)
        // The tilted moments, from the evidence's derivatives in the cavity's mean. Where doubt makes the
        // density wider than the cavity, no precision is taken away.
        let site = max(-curvature / (1 + cavityVariance * min(curvature, 0)), Self.leastPrecision)
        let newMean = cavityMean + cavityVariance * slope
        let newShift = newMean * (cavityPrecision + site) - cavityMean * cavityPrecision
        // Half a step: full ones may go round in circles.
        precision[i] += 0.5 * (site - precision[i])
        shift[i] += 0.5 * (newShift - shift[i])
      }
    }
    variances = precision.map { 1 / $0 }
    outcomes = zip(shift, precision).map { $0 / $1 }
  }

  /// A site that says next to nothing, in standardized outcomes.
  private static let leastPrecision = 1e-3

  /// First and second derivative of ln ∫ (ρ + (1 - ρ) Φ((f - t)/s)) N(f; mean, variance) df in the mean.
  private static func logEvidence(
    mean: Double, variance: Double, threshold: Double
  ) -> (slope: Double, curvature: Double) {
    let deviation = (variance + softness * softness).squareRoot()
    let z = (mean - threshold) / deviation
    let share = 1 - blameless
    let evidence = blameless + share * Normal.cumulative(z)
    let density = share * Normal.density(z) / deviation
    let slope = density / evidence
    return (slope, -slope * (z / deviation + slope))
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
