import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// What a surrogate would try next, and what it would hand over.
struct ModelProposer {
  let context: MethodContext
  let surrogate: CompositeSurrogate
  /// The same, for what people are told.
  private var reported: CompositeSurrogate { surrogate.reported }
  /// What is minimized, as a function of the surrogate's outputs.
  let function: LossFunction
  /// Names of the outputs; empty where they are no held-out domains.
  var outputs: [String] = []
  let seed: UInt64

  /// Observed mixtures that could be the best, up to so many, enter the acquisition's joint draws.
  private static let contenders = 12

  struct Proposal {
    var mixture: Mixture
    var reason: Suggestion.Reason
  }

  /// The mixture of the largest noisy expected improvement over observed and pending ones, or one of those
  /// observed if another run of it says more.
  ///
  /// - Parameter taken: what a pool has no more.
  func proposal(pending: [[Double]], taken: [Mixture]) -> Proposal? {
    let base = contenders() + distinct(pending, tolerance: 1e-6)
    guard
      let acquisition = improvement(
        over: Array(
          distinct(base, tolerance: 1e-6).suffix(64)))
    else { return nil }
    let best: (mixture: Mixture, value: Double)
    if let pool = context.pool {
      let rest = context.untried(in: pool, besides: taken)
      let values = acquisition.values(at: rest.map(\.weights))
      guard let place = values.indices.max(by: { values[$0] < values[$1] }) else { return nil }
      best = (rest[place], values[place])
    } else {
      let all = maxima(of: acquisition, from: base)
      guard let found = all.first(where: { !divergesAround($0.mixture) }) ?? all.first else {
        return nil
      }
      best = (mixture(found.mixture), found.value)
      if context.replicates, let again = replicate(insteadOf: best.mixture) { return again }
    }
    return Proposal(
      mixture: best.mixture,
      reason: .expectedImprovement(
        objective: reported.values(of: function, at: [best.mixture.weights])[0],
        logImprovement: best.value))
  }

  private func improvement(over base: [[Double]]) -> (any Acquisition)? {
    if function.isLinear {
      return JointObjective(
        surrogate, coefficients: function.coefficients, base: base, pull: context.feasible.pull
      ).flatMap { NoisyExpectedImprovement($0, seed: seed) }
    }
    return JointSamples(surrogate, function, base: base, pull: context.feasible.pull, seed: seed)
      .map(SampledImprovement.init)
  }

  private func maxima(
    of acquisition: any Acquisition, from base: [[Double]]
  ) -> [(mixture: [Double], value: Double)] {
    search().maxima(
      over: context.feasible, exponent: surrogate.exponent, incumbents: Array(base.prefix(6)),
      seed: seed, score: { acquisition.values(at: $0) },
      evaluate: { acquisition.evaluate(at: $0) })
  }

  /// What leaving a reference costs.
  private func cost(_ weights: [Double]) -> Double {
    context.feasible.pull?.value(at: weights) ?? 0
  }

  private func mixture(_ weights: [Double]) -> Mixture {
    Mixture(domains: context.domains, proportionalTo: weights)
  }

  /// An observed mixture that is worth more to run again, with another seed, than a new one is to run.
  private func replicate(insteadOf new: Mixture) -> Proposal? {
    guard function.isLinear else { return nil }
    let observed = contenders().filter { context.feasible.contains($0) }
    let all = observed + [new.weights]
    guard
      let joint = JointObjective(
        surrogate, coefficients: function.coefficients, base: all, pull: context.feasible.pull)
    else { return nil }
    let noise = surrogate.noiseDeviation(
      function, losses: surrogate.losses(at: [new.weights])[0].map(\.mean))
    let gains = all.indices.map { i in
      let variance = joint.baseCovariance[i, i] + noise * noise
      return KnowledgeGradient.gain(
        means: joint.baseMeans,
        slopes: joint.baseCovariance.column(i).map { $0 / variance.squareRoot() })
    }
    guard let place = gains.indices.max(by: { gains[$0] < gains[$1] }), place < observed.count,
      gains[place] > gains[observed.count]
    else { return nil }
    return Proposal(
      mixture: mixture(observed[place]),
      reason: .replication(
        objective: reported.values(of: function, at: [observed[place]])[0],
        logGain: log(gains[place])))
  }

  /// The feasible mixtures of the lowest posterior mean, among those observed and all others.
  func recommendations(_ count: Int, results: ObservedMixtures) -> [Recommendation] {
    guard count > 0 else { return [] }
    var candidates = results.entries.map(\.mixture)
      .filter { context.feasible.contains($0.weights) }
    let base = contenders()
    if let pool = context.pool {
      candidates += context.untried(in: pool, besides: candidates)
    } else if let acquisition = posteriorMean(Array(base.prefix(1))) {
      candidates += maxima(of: acquisition, from: base).map { mixture($0.mixture) }
    }
    let sound = candidates.filter { !divergesAround($0.weights) }
    if !sound.isEmpty { candidates = sound }
    let predictions = surrogate.values(of: function, at: candidates.map(\.weights))
    let scores = candidates.indices.map { predictions[$0].mean + cost(candidates[$0].weights) }
    let order = candidates.indices.sorted {
      scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1
    }
    var chosen: [Int] = []
    for index in cautious(order, candidates, observed: results.entries.map(\.mixture))
    where chosen.count < count {
      let isNew = chosen.allSatisfy {
        totalVariation(candidates[$0].weights, candidates[index].weights) > 0.02
      }
      if isNew { chosen.append(index) }
    }
    let weights = chosen.map { candidates[$0].weights }
    let losses = outputs.isEmpty ? chosen.map { _ in [] } : reported.losses(at: weights)
    // Limits decide what is handed over; what is told of it is the objective alone.
    let told = reported.values(of: function.unguarded, at: weights)
    return zip(zip(chosen, told), losses).map { choice, losses in
      let (index, predicted) = choice
      return Recommendation(
        mixture: candidates[index], predicted: predicted,
        observed: results.value(of: candidates[index]),
        losses: zip(outputs, losses).map { .init(domain: $0, loss: $1) })
    }
  }

  /// Whether more runs diverged around a mixture than not, two at least, each counted by how near it is
  /// (a normal kernel of a twentieth of the tokens), and one more as if it had finished; or whether it is among those that
  /// did, however far off. A single run that diverged never decides.
  private func divergesAround(_ weights: [Double]) -> Bool {
    func count(_ mixtures: [[Double]]) -> Double {
      mixtures.reduce(0) { sum, mixture in
        let distance = totalVariation(mixture, weights) / 0.05
        return sum + exp(-0.5 * distance * distance)
      }
    }
    guard surrogate.data.diverged.count > 1 else { return false }
    let diverged = count(surrogate.data.diverged)
    return diverged >= 1.5 && diverged > count(surrogate.data.mixtures) + 1
      || isAmongDiverged(
        weights, diverged: surrogate.data.diverged, ended: surrogate.data.mixtures)
  }

  /// With fewer runs than this a model's lowest mean of many mixtures is often lower than it should be.
  private static let fewRuns = 10
  /// How many deviations better than the best that was run one must then be that was not.
  private static let caution = 0.5

  /// The order with the best mixture that was run before those that were not, where runs are few and it is not clearly
  /// worse than them.
  private func cautious(_ order: [Int], _ candidates: [Mixture], observed: [Mixture]) -> [Int] {
    let seen = Set(observed)
    guard surrogate.data.count < Self.fewRuns, let first = order.first,
      !seen.contains(candidates[first]),
      let known = order.first(where: { seen.contains(candidates[$0]) })
    else { return order }
    let pair = [candidates[known].weights, candidates[first].weights]
    let gap =
      function.isLinear
      ? surrogate.contrasts(at: pair, [[1, -1]], coefficients: function.coefficients)?.first?.sum
      : nil
    if let gap, gap.mean > Self.caution * gap.deviation { return order }
    return [known] + order.filter { $0 != known }
  }

  private func posteriorMean(_ base: [[Double]]) -> (any Acquisition)? {
    if function.isLinear {
      return JointObjective(
        surrogate, coefficients: function.coefficients, base: base, pull: context.feasible.pull
      ).map(PosteriorMean.init)
    }
    return JointSamples(surrogate, function, base: base, pull: context.feasible.pull, seed: seed)
      .map(SampledMean.init)
  }

  /// The same with their chances of being the best of them, and their expected regrets.
  func assessed(_ recommendations: [Recommendation]) -> [Recommendation] {
    guard !recommendations.isEmpty,
      let chances = reported.chances(
        of: recommendations.map(\.mixture.weights), in: function, feasible: context.feasible,
        pool: context.pool?.map(\.weights), seed: seed)
    else { return recommendations }
    return zip(recommendations, chances).map { recommendation, chance in
      var result = recommendation
      result.probabilityOfBest = chance.probabilityOfBest
      result.expectedRegret = chance.expectedRegret
      return result
    }
  }

  /// How sure the choice of the first recommendation is.
  func certainty(of recommendations: [Recommendation]) -> Certainty? {
    guard let best = assessed(Array(recommendations.prefix(1))).first,
      let regret = best.expectedRegret
    else { return nil }
    return Certainty(
      expectedRegret: regret,
      noise: surrogate.noiseDeviation(
        function, losses: surrogate.losses(at: [best.mixture.weights])[0].map(\.mean)))
  }

  /// Observed mixtures by how low their objective could be, the best first.
  private func contenders() -> [[Double]] {
    let observed = distinct(surrogate.data.mixtures, tolerance: 1e-6)
    let predictions = surrogate.values(of: function, at: observed)
    let scores = zip(observed, predictions).map { $1.mean - $1.deviation + cost($0) }
    // A mixture that may not be handed over is nothing to improve on.
    let allowed = observed.indices.filter { context.feasible.contains(observed[$0]) }
    let order = (allowed.isEmpty ? Array(observed.indices) : allowed).sorted {
      scores[$0] != scores[$1] ? scores[$0] < scores[$1] : $0 < $1
    }
    return order.prefix(Self.contenders).map { observed[$0] }
  }

  /// Fewer candidates and ascents where each costs more.
  private func search() -> MixtureSearch {
    var search = MixtureSearch()
    let parts = surrogate.data.parts
    search.candidates = MixtureSearch.affordable(
      min(2048, 256 + 128 * (parts - 2)), outputs: surrogate.outputs, parts: parts)
    search.starts = surrogate.isWide ? 6 : surrogate.data.count > 200 ? 8 : 10
    return search
  }

  private func distinct(_ mixtures: [[Double]], tolerance: Double) -> [[Double]] {
    var kept: [[Double]] = []
    for mixture in mixtures
    where kept.allSatisfy({ totalVariation($0, mixture) > tolerance }) { kept.append(mixture) }
    return kept
  }
}
