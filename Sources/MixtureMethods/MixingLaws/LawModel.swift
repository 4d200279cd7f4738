import Foundation
import Mixtures
import Numerics

/// One law for each of the objective's domains.
package struct LawModel: LossModel {
  package enum Law: Sendable, Hashable {
    case exponential(ExponentialLaw)
    /// On the weight of the training domain with this index.
    case bivariate(BivariateLaw, domain: Int)
    /// A target that no training domain is: BiMix has no law for it, and its loss counts as what it was
    /// on average.
    case constant(Double)
    /// On what data experts make of the domain's tokens.
    case experts(ExpertLaw)

    package func loss(at weights: [Double]) -> Double {
      switch self {
      case .exponential(let law): law.loss(at: weights)
      case .bivariate(let law, let domain): law.loss(at: weights[domain])
      case .constant(let loss): loss
      case .experts(let law): law.loss(at: weights)
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
      case .experts(let law): law.addGradient(at: weights, times: factor, to: &gradient)
      }
    }
  }

  /// In the order of the objective's domains.
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

  /// The mixture of the lowest objective, from the middle, the corners' neighbours and an even spread; a
  /// law that is convex has one such mixture.
  ///
  /// - Parameters:
  ///   - upper: the largest weight of each domain; ones if nil.
  ///   - nearest: the nearest mixture that may be handed over, where not all may.
  ///   - pull: what is added to the objective; nil for nothing.
  package func minimum(
    parts: Int, upper: [Double]? = nil, nearest: (([Double]) -> [Double])? = nil,
    pull: DivergencePull? = nil
  ) -> [Double] {
    let middle = [Double](repeating: 1 / Double(parts), count: parts)
    var starts = [middle]
    for part in 0..<parts {
      starts.append(middle.enumerated().map { 0.3 * $0.element + ($0.offset == part ? 0.7 : 0) })
    }
    starts += SobolSequence.simplexPoints(parts: parts, count: 8, seed: 0)
    func project(_ point: [Double]) -> [Double] {
      let bounded = Simplex.projection(of: point, upper: upper)
      return nearest.map { $0(bounded) } ?? bounded
    }
    // A descent ends at any edge; so edges are rounded, less and less.
    let temperatures = target.isLinear ? [0] : [0.3, 0.1, 0.03, 0.01, 0.003, 0.001]
    var best: (point: [Double], value: Double)?
    for start in starts {
      var point = start
      for temperature in temperatures {
        point =
          SimplexDescent().minimize(from: point, projectingBy: project) { weights in
            let (value, slopes) = rounded(
              laws.map { $0.loss(at: weights) }, temperature: temperature)
            var gradient = [Double](repeating: 0, count: parts)
            for (law, slope) in zip(laws, slopes) where slope != 0 {
              law.addGradient(at: weights, times: slope, to: &gradient)
            }
            pull?.addGradient(at: weights, to: &gradient)
            return (value + (pull?.value(at: weights) ?? 0), gradient)
          }.point
      }
      let value = objective(at: point) + (pull?.value(at: point) ?? 0)
      if value < best?.value ?? .infinity { best = (point, value) }
    }
    return best?.point ?? middle
  }

  /// The objective of the losses with its edges rounded over about `temperature`, in nats per token, and
  /// its slope in each loss: the largest as the logarithm of a sum of exponentials, a limit's penalty as
  /// that of one and an exponential.
  private func rounded(
    _ losses: [Double], temperature: Double
  ) -> (value: Double, slopes: [Double]) {
    var slopes = [Double](repeating: 0, count: losses.count)
    let excesses = target.targets.indices.map { losses[$0] - (target.references?[$0] ?? 0) }
    var value = 0.0
    switch target.aggregate {
    case .mean:
      for (index, weight) in target.weights.enumerated() {
        value += weight * excesses[index]
        slopes[index] = weight
      }
    case .worst:
      let total = logSumExp(excesses.map { $0 / temperature })
      value = temperature * total
      for (index, excess) in excesses.enumerated() {
        slopes[index] = exp(excess / temperature - total)
      }
    }
    for limit in target.limits {
      let index = target.domains.firstIndex(of: limit.domain)!
      let beyond = (losses[index] - limit.loss) / temperature
      let soft = beyond > 30 ? beyond : log1p(exp(beyond))
      value += Objective.penalty * temperature * soft
      slopes[index] += Objective.penalty / (1 + exp(-beyond))
    }
    return (value, slopes)
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
    laws = objective.domains.enumerated().map { index, name in
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
