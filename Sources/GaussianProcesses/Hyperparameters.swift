import Foundation
import Numerics

/// The hyperparameters of one output's Gaussian process, all as logarithms, for outcomes of mean zero
/// and variance one.
///
/// The covariance of two mixtures is
/// c² + A² M(‖(z - z')/ℓⱼ‖) + B² (z - z̄)·(z' - z̄) + C² u u', plus the noise where they are the same run:
/// M is Matérn's function of smoothness 5/2, ℓⱼ = ℓ exp(-rⱼ), and u is the mixing law. Either it is BiMix's
/// L = A w^-b (arXiv 2405.14908), widened by the text of other domains that is worth tⱼ of an output's own:
/// u = ln((floor + Σⱼ tⱼ wⱼ^q) / (floor + .2)). Or it is Data Mixing Laws' L = c + k exp(-Σⱼ tⱼ wⱼ) (arXiv
/// 2403.16952): u = ln(1 + floor exp(-Σⱼ tⱼ wⱼ^q)), where the floor is k/c if logarithms are modelled. With
/// q = 1 the weights sum to one, so that rates of either sign differ from such ones by a factor of k alone.
package struct Hyperparameters: Sendable, Hashable {
  package static let constantDeviation = 3.0
  /// What the noise variance cannot fall below, of the outcome's variance.
  static let leastNoise = 1e-6

  /// The flat form: amplitude A, lengthscale ℓ, noise variance, B, C, floor, the noise's slope (itself, not
  /// its logarithm), then tⱼ, then rⱼ.
  package var logs: [Double]

  package init(logs: [Double]) { self.logs = logs }

  var parts: Int { (logs.count - Index.count(0)) / 2 }

  package var amplitude: Double { exp(logs[Index.amplitude]) }
  package var lengthscale: Double { exp(logs[Index.lengthscale]) }
  /// Where the mixture is as uneven as one drawn at random.
  package var noiseVariance: Double { exp(logs[Index.noise]) + Self.leastNoise }
  package var noiseSlope: Double { logs[Index.noiseSlope] }
  package var linearAmplitude: Double { exp(logs[Index.linear]) }
  package var lawAmplitude: Double { exp(logs[Index.law]) }
  package var lawFloor: Double { exp(logs[Index.floor]) }
  /// What a token of each domain is worth to this output, of one of the output's own domain.
  package var affinities: [Double] { (0..<parts).map { exp(logs[Index.affinity($0)]) } }
  /// 1/ℓⱼ² for each domain.
  var inverseSquaredLengths: [Double] {
    (0..<parts).map { exp(2 * (logs[Index.relevance($0, parts)] - logs[Index.lengthscale])) }
  }

  enum Index {
    static let amplitude = 0
    static let lengthscale = 1
    static let noise = 2
    static let linear = 3
    static let law = 4
    static let floor = 5
    static let noiseSlope = 6
    static func affinity(_ j: Int) -> Int { 7 + j }
    static func relevance(_ j: Int, _ parts: Int) -> Int { 7 + parts + j }
    static func count(_ parts: Int) -> Int { 7 + 2 * parts }
  }

  /// The noise's variance at each mixture: runs on one domain alone differ more from seed to seed than
  /// those on many.
  func noiseVariances(at points: EmbeddedMixtures) -> [Double] {
    (0..<points.count).map {
      exp(logs[Index.noise] + noiseSlope * points.unevenness($0)) + Self.leastNoise
    }
  }
}

/// What is believed of a hyperparameter's logarithm before the data.
package enum HyperparameterPrior: Sendable, Hashable {
  case normal(mean: Double, deviation: Double)
  /// Gamma, of exp(power · logarithm), as a density over that exponential (GPyTorch's convention).
  case gamma(shape: Double, rate: Double, power: Double)
  case fixed(Double)

  /// The logarithm of the density (up to a constant that does not depend on `x`) and its slope.
  package func logDensity(_ x: Double) -> (value: Double, slope: Double) {
    switch self {
    case .normal(let mean, let deviation):
      let u = (x - mean) / deviation
      return (-0.5 * u * u - log(deviation), -u / deviation)
    case .gamma(let shape, let rate, let power):
      let v = exp(power * x)
      return (
        (shape - 1) * power * x - rate * v + shape * log(rate) - lgamma(shape),
        (shape - 1) * power - rate * power * v
      )
    case .fixed: return (0, 0)
    }
  }

  package var start: Double {
    switch self {
    case .normal(let mean, _): mean
    case .gamma(let shape, let rate, let power): log(shape / rate) / power
    case .fixed(let value): value
    }
  }

  package var isFixed: Bool {
    if case .fixed = self { true } else { false }
  }
}

extension SurrogateForm {
  /// The prior of each hyperparameter, in the flat order.
  ///
  /// - Parameter own: the training domain that an output is the held-out part of, if any.
  package func priorList(parts: Int, own: Int?) -> [HyperparameterPrior] {
    var list = [HyperparameterPrior](
      repeating: .fixed(0), count: Hyperparameters.Index.count(parts))
    switch priors {
    case .simplex:
      let dimension = EmbeddedMixtures.effectiveDimension(parts: parts, exponent: exponent)
      list[Hyperparameters.Index.amplitude] = .normal(mean: 0, deviation: 1)
      // Hvarfner et al., arXiv 2402.02229, with the simplex's effective dimension.
      list[Hyperparameters.Index.lengthscale] = .normal(
        mean: 2.0.squareRoot() + 0.5 * log(dimension), deviation: 3.0.squareRoot())
      list[Hyperparameters.Index.noise] = .normal(mean: -4, deviation: 1)
      if hasNoiseSlope { list[Hyperparameters.Index.noiseSlope] = .normal(mean: 0, deviation: 2) }
      if hasLinear { list[Hyperparameters.Index.linear] = .normal(mean: 0, deviation: 1) }
      if law == .shared || law == .exponential || (law == .own && own != nil) {
        list[Hyperparameters.Index.law] = .normal(mean: 0, deviation: 1)
        list[Hyperparameters.Index.floor] = .normal(
          mean: law == .exponential ? 0 : log(0.01), deviation: 1.5)
      } else if law == .given {
        list[Hyperparameters.Index.law] = .normal(mean: 0, deviation: 1)
      } else {
        list[Hyperparameters.Index.law] = .fixed(-.infinity)
      }
      switch law {
      case .none, .exponential, .given: break
      case .own:
        for j in 0..<parts {
          list[Hyperparameters.Index.affinity(j)] = .fixed(j == own ? 0 : -.infinity)
        }
      case .shared:
        for j in 0..<parts {
          // A token of another domain is believed to be worth a twentieth of an own one, give or take.
          list[Hyperparameters.Index.affinity(j)] =
            .normal(mean: j == own ? 0 : -3, deviation: 2)
        }
      }
      if law == .exponential {
        // Own text alone takes about three e-foldings off what it can take off.
        for j in 0..<parts {
          list[Hyperparameters.Index.affinity(j)] =
            .normal(mean: j == own ? log(3) : log(0.3), deviation: 1.5)
        }
      }
      if hasRelevances {
        for j in 0..<parts {
          list[Hyperparameters.Index.relevance(j, parts)] = .normal(
            mean: j == own ? ownRelevance : 0, deviation: 1)
        }
      }
    case .gamma:
      list[Hyperparameters.Index.amplitude] = .gamma(shape: 2, rate: 0.15, power: 2)
      list[Hyperparameters.Index.noise] = .gamma(shape: 1.1, rate: 0.05, power: 1)
      for j in 0..<(omitsLastWeight ? parts - 1 : parts) {
        list[Hyperparameters.Index.relevance(j, parts)] = .gamma(shape: 3, rate: 6, power: -1)
      }
      if omitsLastWeight {
        list[Hyperparameters.Index.relevance(parts - 1, parts)] = .fixed(-.infinity)
      }
    }
    return list
  }
}
