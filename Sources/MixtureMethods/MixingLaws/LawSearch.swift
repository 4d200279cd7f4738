import GaussianProcesses
import Mixtures
import Numerics
import Synchronization

/// Fits a mixing law to an even spread of mixtures and hands over the law's optimum: `bimix`, `mixlaws`
/// and `olmix`.
///
/// The spread is the one that random search tries, as in Lindenau's comparison, so that their trials are
/// the same runs.
struct LawSearch: PredictsLosses {
  let family: LawModel.Family
  let context: MethodContext
  private var observations: [Observation] = []
  private var results: ObservedMixtures
  private var model = Remembered<LawModel?>()

  init(_ family: LawModel.Family, context: MethodContext) {
    self.family = family
    self.context = context
    results = ObservedMixtures(objective: context.objective)
  }

  mutating func update(with observations: [Observation]) {
    guard !observations.isEmpty else { return }
    self.observations += observations
    results.append(observations)
    model = Remembered()
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    context.quasiRandomMixture(ordinal, taken: observations.map(\.mixture) + pending).map {
      Suggestion(mixture: $0, reason: .quasiRandom)
    }
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard let model = fitted() else { return results.best(count) }
    // Olmix proposes within what the domains' text allows; the others know no limits.
    let upper = family == .olmix ? context.tokenCaps : nil
    let optimum = context.handedOver(
      model.minimum(
        parts: context.domains.count, upper: upper,
        nearest: context.feasible.isWholeSimplex ? nil : { context.feasible.nearest(to: $0) }),
      by: model)
    return results.recommendations(count, optimum: optimum, model: model)
  }

  func lossModel() -> (any LossModel)? { fitted() }

  private func fitted() -> LawModel? {
    model.value {
      LawModel(
        family, to: LawData(observations, objective: context.objective), domains: context.domains,
        objective: context.objective, seed: context.seed)
    }
  }
}

/// A value computed when it is first asked for, by whichever copy asks.
final class Remembered<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)

  func value(_ make: () -> Value) -> Value {
    stored.withLock { stored in
      if let stored { return stored }
      let made = make()
      stored = made
      return made
    }
  }
}

extension ObservedMixtures {
  /// A model's optimum first, then the mixtures that were tried, by what the model says of them. The
  /// deviation of a prediction is the root of the mean squared residual: a law gives no other.
  func recommendations(
    _ count: Int, optimum: Mixture, model: any LossModel
  ) -> [Recommendation] {
    let residuals = entries.map { entry in
      value(of: entry.mixture)! - model.objective(at: entry.mixture.weights)
    }
    let deviation =
      residuals.isEmpty
      ? 0 : (residuals.reduce(0) { $0 + $1 * $1 } / Double(residuals.count)).squareRoot()
    func recommendation(_ mixture: Mixture) -> Recommendation {
      Recommendation(
        mixture: mixture,
        predicted: Prediction(mean: model.objective(at: mixture.weights), deviation: deviation),
        observed: value(of: mixture))
    }
    let tried = entries.map { recommendation($0.mixture) }.enumerated().sorted {
      ($0.element.predicted!.mean, $0.offset) < ($1.element.predicted!.mean, $1.offset)
    }.map(\.element)
    var chosen: [Recommendation] = []
    for candidate in [recommendation(optimum)] + tried where chosen.count < count {
      let isNew = chosen.allSatisfy {
        totalVariation($0.mixture.weights, candidate.mixture.weights) > 0.02
      }
      if isNew { chosen.append(candidate) }
    }
    return chosen
  }
}

extension MethodContext {
  /// A model's optimum as it may be handed over: the nearest feasible mixture, or of a pool the one that
  /// the model holds best.
  func handedOver(_ weights: [Double], by model: any LossModel) -> Mixture {
    if let pool {
      let best = pool.filter { feasible.contains($0.weights) }.enumerated().min {
        let (a, b) = (
          model.objective(at: $0.element.weights), model.objective(at: $1.element.weights)
        )
        return a != b ? a < b : $0.offset < $1.offset
      }
      if let best { return best.element }
    }
    return feasibleMixture(weights)
  }

  private func feasibleMixture(_ weights: [Double]) -> Mixture {
    let nearest = feasible.isWholeSimplex ? weights : feasible.nearest(to: weights)
    return Mixture(domains: domains, proportionalTo: nearest.map { max($0, 0) })
  }

  /// A mixture of a method's own design as it may be tried: the nearest feasible one, or of a pool the
  /// nearest (Euclid) that is not taken; nil where the pool has no other.
  func proposed(_ weights: [Double], taken: [Mixture]) -> Mixture? {
    guard let pool else { return feasibleMixture(weights) }
    func distance(_ mixture: Mixture) -> Double {
      zip(mixture.weights, weights).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    return untried(in: pool, besides: taken).enumerated().min {
      let (a, b) = (distance($0.element), distance($1.element))
      return a != b ? a < b : $0.offset < $1.offset
    }?.element
  }

  /// How often a domain's text may be gone through without losing much: Muennighoff et al., [Scaling
  /// Data-Constrained Language Models](https://arxiv.org/abs/2305.16264), section 5.
  static let harmlessEpochs = 4.0

  /// The largest weight that each domain's text allows at ``harmlessEpochs``; nil where a run's tokens
  /// are not known. Where even all caps together do not fill a run, they are raised alike.
  package var tokenCaps: [Double]? {
    guard let tokens = trainingTokens, tokens > 0 else { return nil }
    let caps = availableTokens.map { Self.harmlessEpochs * Double($0) / Double(tokens) }
    let sum = caps.reduce(0) { $0 + min($1, 1) }
    guard sum > 0 else { return nil }
    return caps.map { min(min($0, 1) / min(sum, 1), 1) }
  }
}
