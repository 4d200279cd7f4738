import GaussianProcesses
import Mixtures
import Numerics

/// Bayesian optimization as Lindenau ran it: one Gaussian process of the objective on the k - 1 free raw
/// weights (Matérn-5/2 with a lengthscale for each, Gamma priors: BoTorch 0.11's SingleTaskGP), noisy
/// expected improvement in logarithms: `bo-raw`.
struct RawWeightOptimization: MixtureMethod {
  let context: MethodContext
  private var results: ObservedMixtures
  private var observations: [Observation] = []

  init(context: MethodContext) {
    self.context = context
    results = ObservedMixtures(
      objective: context.objective, feasible: context.feasible)
  }

  mutating func update(with observations: [Observation]) {
    results.append(observations)
    self.observations += observations
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    let taken = observations.map(\.mixture) + pending
    guard ordinal >= context.initialTrials, let surrogate = surrogate(),
      let proposal = proposer(surrogate, seed: context.seed &+ UInt64(ordinal))
        .proposal(pending: pending.map(\.weights), taken: taken)
    else { return context.quasiRandom(ordinal, taken: taken) }
    return Suggestion(mixture: proposal.mixture, reason: proposal.reason)
  }

  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    surrogate()?.predictions(
      of: LossFunction(coefficients: [1]), at: mixtures.map(\.weights), ofRuns: ofRuns)
  }

  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? {
    surrogate()?.leftOut(LossFunction(coefficients: [1]))
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard let surrogate = surrogate() else { return results.best(count) }
    return proposer(surrogate, seed: context.seed)
      .recommendations(count, results: results)
  }

  private func proposer(_ surrogate: CompositeSurrogate, seed: UInt64) -> ModelProposer {
    ModelProposer(
      context: context, surrogate: surrogate, function: LossFunction(coefficients: [1]), seed: seed)
  }

  /// Diverged trials are left out, as his were.
  private func surrogate() -> CompositeSurrogate? {
    let finished = observations.compactMap { observation in
      context.objective.value(of: observation).map { (observation.mixture.weights, $0) }
    }.filter(\.1.isFinite)
    guard finished.count >= 4 else { return nil }
    let data = SurrogateData(
      mixtures: finished.map(\.0), losses: Matrix(columns: [finished.map(\.1)]), ownDomains: [nil])
    return SurrogateFit(.rawWeights, to: data, starts: 2, iterations: 60).flatMap {
      CompositeSurrogate(data: data, fit: $0)
    }
  }
}
