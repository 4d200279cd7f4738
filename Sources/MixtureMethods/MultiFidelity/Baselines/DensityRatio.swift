import Foundation
import Mixtures
import Numerics

/// Where good configurations are dense and others are not: what BOHB proposes from (Falkner, Klein and
/// Hutter, *BOHB: Robust and Efficient Hyperparameter Optimization at Scale*, ICML 2018, section 3.2).
///
/// Their Gaussian kernels leave the simplex; these are Dirichlet's (Aitchison and Lauder, *Kernel Density
/// Estimation for Compositional Data*, Applied Statistics 34, 1985).
struct DensityRatio {
  private let good: SimplexDensity
  private let bad: SimplexDensity

  private static let samples = 64
  private static let goodShare = 0.15
  /// By which the kernels are widened where samples are drawn.
  private static let widening = 3.0

  /// - Returns: nil for fewer than d + 3 configurations, with d = k - 1 free weights: d + 1 on either side,
  ///   two more in all.
  init?(_ known: [(weights: [Double], value: Double)]) {
    guard let parts = known.first?.weights.count, known.count >= parts + 2 else { return nil }
    let order = known.indices.sorted { (known[$0].value, $0) < (known[$1].value, $1) }
    let goodCount = max(parts, Int(Self.goodShare * Double(known.count)))
    let badCount = max(parts, known.count - goodCount)
    good = SimplexDensity(order.prefix(goodCount).map { known[$0].weights })
    bad = SimplexDensity(order.suffix(badCount).map { known[$0].weights })
  }

  /// The sample of the highest ratio.
  ///
  /// - Parameter pool: what there is to choose from; nil for any feasible mixture.
  /// - Returns: nil where the pool is empty.
  func best(
    of pool: [Mixture]?, context: FidelityContext, using generator: inout SeededGenerator
  ) -> Mixture? {
    let candidates: [Mixture]
    if var pool {
      generator.shuffle(&pool)
      candidates = Array(pool.prefix(Self.samples))
    } else {
      let spread = FeasibleSpread(context.feasible)
      candidates = (0..<Self.samples).map { _ in
        Mixture(
          domains: context.domains,
          proportionalTo: spread.drawn(good.sample(widened: Self.widening, using: &generator)))
      }
    }
    let ratios = candidates.map { good.logarithm(at: $0.weights) - bad.logarithm(at: $0.weights) }
    return ratios.indices.max { (ratios[$0], -$0) < (ratios[$1], -$1) }.map { candidates[$0] }
  }
}

/// A density on the simplex: around each point c a Dirichlet distribution of parameters 1 + c/h, and one
/// even part besides, so that it vanishes nowhere.
struct SimplexDensity {
  let centers: [[Double]]
  /// h, of the highest likelihood of each point under the others.
  let bandwidth: Double

  private static let bandwidths = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64]
  /// Weights below it count as this: at a face the densities of all others vanish.
  private static let leastWeight = 1e-4

  /// - Precondition: there is a point.
  init(_ centers: [[Double]]) {
    precondition(!centers.isEmpty)
    self.centers = centers
    let likelihoods = Self.bandwidths.map { bandwidth in
      centers.indices.reduce(0) { sum, left in
        var others = centers
        others.remove(at: left)
        return sum + Self.logarithm(at: centers[left], others, bandwidth)
      }
    }
    bandwidth =
      Self.bandwidths[
        likelihoods.indices.max { (likelihoods[$0], -$0) < (likelihoods[$1], -$1) }!]
  }

  func logarithm(at weights: [Double]) -> Double {
    Self.logarithm(at: weights, centers, bandwidth)
  }

  private static func logarithm(
    at weights: [Double], _ centers: [[Double]], _ bandwidth: Double
  ) -> Double {
    let parts = Double(weights.count)
    let logs = weights.map { log(max($0, leastWeight)) }
    let kernels = centers.map { center -> Double in
      var value = logGamma(parts + center.reduce(0, +) / bandwidth)
      for (share, log) in zip(center, logs) where share > 0 {
        value += share / bandwidth * log - logGamma(1 + share / bandwidth)
      }
      return value
    }
    return logSumExp(kernels + [logGamma(parts)]) - log(Double(centers.count + 1))
  }

  func sample(widened factor: Double, using generator: inout SeededGenerator) -> [Double] {
    let center = centers[generator.integer(below: centers.count)]
    return Simplex.dirichlet(
      concentrations: center.map { 1 + $0 / (bandwidth * factor) }, using: &generator)
  }
}
