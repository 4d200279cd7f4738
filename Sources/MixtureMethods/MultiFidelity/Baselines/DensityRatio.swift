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
    good = SimplexDensity(
      order.prefix(goodCount).evenly(atMost: Self.mostKernels).map { known[$0].weights })
    bad = SimplexDensity(
      order.suffix(badCount).evenly(atMost: Self.mostKernels).map { known[$0].weights })
  }

  /// On either side so many kernels at most: over sizes a bracket may begin with thousands of configurations.
  private static let mostKernels = 192

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

  /// For each center ln of what its kernel is multiplied by.
  private let constants: [Double]

  /// - Precondition: there is a point.
  init(_ centers: [[Double]]) {
    precondition(!centers.isEmpty)
    self.centers = centers
    let logs = centers.map(Self.logarithms)
    // Each center's share-weighted logarithms of each point; a bandwidth only divides them.
    let affinities = logs.map { logs in centers.map { dot($0, logs) } }
    let candidates = Self.bandwidths.map { bandwidth in
      let constants = centers.map { Self.constant($0, bandwidth) }
      let likelihood = centers.indices.reduce(0) { sum, left in
        var kernels: [Double] = []
        for other in centers.indices where other != left {
          kernels.append(constants[other] + affinities[left][other] / bandwidth)
        }
        return sum + Self.logarithm(kernels, parts: centers[left].count)
      }
      return (bandwidth: bandwidth, constants: constants, likelihood: likelihood)
    }
    let best = candidates.indices.max {
      (candidates[$0].likelihood, -$0) < (candidates[$1].likelihood, -$1)
    }!
    (bandwidth, constants) = (candidates[best].bandwidth, candidates[best].constants)
  }

  func logarithm(at weights: [Double]) -> Double {
    let logs = Self.logarithms(weights)
    return Self.logarithm(
      zip(centers, constants).map { $1 + dot($0, logs) / bandwidth }, parts: weights.count)
  }

  private static func logarithms(_ weights: [Double]) -> [Double] {
    weights.map { log(max($0, leastWeight)) }
  }

  /// Of the Dirichlet distribution of parameters 1 + c/h.
  private static func constant(_ center: [Double], _ bandwidth: Double) -> Double {
    var value = logGamma(Double(center.count) + center.reduce(0, +) / bandwidth)
    for share in center where share > 0 { value -= logGamma(1 + share / bandwidth) }
    return value
  }

  /// The mean of kernels and one even part.
  private static func logarithm(_ kernels: [Double], parts: Int) -> Double {
    logSumExp(kernels + [logGamma(Double(parts))]) - log(Double(kernels.count + 1))
  }

  func sample(widened factor: Double, using generator: inout SeededGenerator) -> [Double] {
    let center = centers[generator.integer(below: centers.count)]
    return Simplex.dirichlet(
      concentrations: center.map { 1 + $0 / (bandwidth * factor) }, using: &generator)
  }
}
