import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// What a surrogate would try next, and what it would hand over.
struct ModelProposer {
  let surrogate: CompositeSurrogate
  let coefficients: [Double]
  let seed: UInt64

  /// Observed mixtures that could be the best, up to so many, enter the acquisition's joint draws.
  private static let contenders = 12

  struct Proposal {
    var mixture: [Double]
    var objective: Prediction
    var logImprovement: Double
  }

  /// The mixture of the largest noisy expected improvement over observed and pending ones.
  func proposal(pending: [[Double]]) -> Proposal? {
    let base = contenders() + distinct(pending, tolerance: 1e-6)
    guard
      let joint = JointObjective(
        surrogate, coefficients: coefficients,
        base: Array(distinct(base, tolerance: 1e-6).suffix(SobolSequence.maximumDimensions))),
      let acquisition = NoisyExpectedImprovement(joint, seed: seed)
    else { return nil }
    let search = search()
    let found = search.maxima(
      parts: surrogate.data.parts, exponent: surrogate.exponent,
      incumbents: Array(base.prefix(6)), seed: seed,
      score: { acquisition.values(at: $0) }, evaluate: { acquisition.evaluate(at: $0) })
    guard let best = found.first else { return nil }
    return Proposal(
      mixture: best.mixture,
      objective: surrogate.weightedSum(coefficients, at: [best.mixture])[0],
      logImprovement: best.value)
  }

  /// The mixtures of the lowest posterior mean, among those observed and all others.
  func recommendations(
    _ count: Int, domains: [String], results: ObservedMixtures
  ) -> [Recommendation] {
    guard count > 0 else { return [] }
    var candidates = results.entries.map(\.mixture)
    let base = contenders()
    if let joint = JointObjective(
      surrogate, coefficients: coefficients, base: Array(base.prefix(1)))
    {
      let found = search().maxima(
        parts: surrogate.data.parts, exponent: surrogate.exponent,
        incumbents: Array(base.prefix(6)), seed: seed,
        score: { joint.values(at: $0).means.map { -$0 } },
        evaluate: { points in
          joint.evaluate(at: points) { _, mean, _, covariances in
            (-mean, -1, 0, covariances.map { _ in 0 })
          }
        })
      candidates += found.map { Mixture(domains: domains, proportionalTo: $0.mixture) }
    }
    let predictions = surrogate.weightedSum(coefficients, at: candidates.map(\.weights))
    let order = candidates.indices.sorted {
      predictions[$0].mean != predictions[$1].mean
        ? predictions[$0].mean < predictions[$1].mean : $0 < $1
    }
    var chosen: [Recommendation] = []
    for index in order where chosen.count < count {
      let isNew = chosen.allSatisfy {
        totalVariation($0.mixture.weights, candidates[index].weights) > 0.02
      }
      guard isNew else { continue }
      chosen.append(
        Recommendation(
          mixture: candidates[index], predicted: predictions[index],
          observed: results.value(of: candidates[index])))
    }
    return chosen
  }

  /// Observed mixtures by how low their objective could be, the best first.
  private func contenders() -> [[Double]] {
    let observed = distinct(surrogate.data.mixtures, tolerance: 1e-6)
    let predictions = surrogate.weightedSum(coefficients, at: observed)
    let scores = predictions.map { $0.mean - $0.deviation }
    let order = observed.indices.sorted {
      scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1
    }
    return order.prefix(Self.contenders).map { observed[$0] }
  }

  /// Fewer candidates and ascents where each costs more.
  private func search() -> MixtureSearch {
    var search = MixtureSearch()
    let parts = surrogate.data.parts
    search.candidates = parts <= 6 ? 1024 : 2048
    search.starts = surrogate.data.count > 200 ? 8 : 10
    return search
  }

  private func distinct(_ mixtures: [[Double]], tolerance: Double) -> [[Double]] {
    var kept: [[Double]] = []
    for mixture in mixtures
    where kept.allSatisfy({ totalVariation($0, mixture) > tolerance }) { kept.append(mixture) }
    return kept
  }
}

/// Half the sum of the weights' differences: the share of tokens that would have to move.
package func totalVariation(_ a: [Double], _ b: [Double]) -> Double {
  0.5 * zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) }
}
