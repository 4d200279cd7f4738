import Mixtures
import Numerics

/// One law for each of the objective's targets.
package struct LawModel: LossModel {
  package enum Law: Sendable, Hashable {
    case exponential(ExponentialLaw)
    /// On the weight of the training domain with this index.
    case bivariate(BivariateLaw, domain: Int)
    /// A target that no training domain is: BiMix has no law for it, and its loss counts as what it was
    /// on average.
    case constant(Double)

    package func loss(at weights: [Double]) -> Double {
      switch self {
      case .exponential(let law): law.loss(at: weights)
      case .bivariate(let law, let domain): law.loss(at: weights[domain])
      case .constant(let loss): loss
      }
    }

    package func addGradient(
      at weights: [Double], times factor: Double, to gradient: inout [Double]
    ) {
      switch self {
      case .exponential(let law):
        for (index, slope) in law.gradient(at: weights).enumerated() {
          gradient[index] += factor * slope
        }
      case .bivariate(let law, let domain):
        gradient[domain] += factor * law.slope(at: weights[domain])
      case .constant: break
      }
    }
  }

  /// In the order of the objective's targets.
  package var laws: [Law]
  package var target: Objective

  package init(laws: [Law], target: Objective) {
    self.laws = laws
    self.target = target
  }

  package func losses(at weights: [Double]) -> [Double]? { laws.map { $0.loss(at: weights) } }

  package func objective(at weights: [Double]) -> Double {
    target.value(of: laws.map { $0.loss(at: weights) })
  }

  /// The mixture of the lowest objective within the bounds, from the middle, the corners' neighbours and
  /// an even spread; a law that is convex has one such mixture.
  package func minimum(parts: Int, lower: [Double]? = nil, upper: [Double]? = nil) -> [Double] {
    let middle = [Double](repeating: 1 / Double(parts), count: parts)
    var starts = [middle]
    for part in 0..<parts {
      starts.append(middle.enumerated().map { 0.3 * $0.element + ($0.offset == part ? 0.7 : 0) })
    }
    starts += SobolSequence.simplexPoints(parts: parts, count: 8, seed: 0)
    var best: (point: [Double], value: Double)?
    for start in starts {
      let found = SimplexDescent().minimize(from: start, lower: lower, upper: upper) { weights in
        var gradient = [Double](repeating: 0, count: parts)
        for (law, weight) in zip(laws, target.weights) {
          law.addGradient(at: weights, times: weight, to: &gradient)
        }
        return (objective(at: weights), gradient)
      }
      if found.value < best?.value ?? .infinity { best = found }
    }
    return best?.point ?? middle
  }
}

extension LawModel {
  /// Which law, and how it is fitted.
  package enum Family: Sendable, Hashable {
    case bimix
    case dataMixingLaws
    case olmix

    /// Trials below which there is nothing to fit.
    var minimumTrials: Int { self == .bimix ? 3 : 4 }
  }

  /// - Returns: nil with too few finished trials.
  init?(
    _ family: Family, to data: LawData, domains: [String], objective: Objective, seed: UInt64
  ) {
    guard data.count >= family.minimumTrials else { return nil }
    target = objective
    laws = objective.targets.enumerated().map { index, name in
      let losses = data.losses[index]
      switch family {
      case .bimix:
        guard let domain = domains.firstIndex(of: name),
          let law = BivariateLaw.fit(weights: data.mixtures.map { $0[domain] }, losses: losses)
        else { return .constant(Statistics.mean(losses)) }
        return .bivariate(law, domain: domain)
      case .dataMixingLaws, .olmix:
        return .exponential(
          ExponentialLaw.fit(
            data.mixtures, losses: losses, fitting: family == .olmix ? .olmix : .dataMixingLaws,
            seed: seed))
      }
    }
  }
}
