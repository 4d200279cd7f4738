import GaussianProcesses
import Mixtures
import Numerics

/// Bayesian optimization as Lindenau ran it: one Gaussian process of the objective on the k - 1 free raw
/// weights (Matérn-5/2 with a lengthscale for each, Gamma priors: BoTorch 0.11's SingleTaskGP), noisy
/// expected improvement in logarithms: `bo-raw`, and `bo-raw-tuned` with our starts and hand-over.
struct RawWeightOptimization: MixtureMethod {
  enum Design: Sendable {
    /// Half of the trials are quasi-random, 32 at most; the best trial is handed over, luck and all
    /// (`tim200002/lm_mixture_optimization`, `config_bayesian_cc_books_stack_pes2o_reddit.yaml`).
    case published
    /// As many quasi-random trials as for other models; the lowest posterior mean is handed over.
    case tuned
  }

  private static let mostStarts = 32

  private let design: Design
  let context: MethodContext
  private var results: ObservedMixtures
  private var observations: [Observation] = []

  init(_ design: Design, context: MethodContext) {
    self.design = design
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
    guard ordinal >= starts, let surrogate = surrogate(),
      let proposal = proposer(surrogate, seed: context.seed &+ UInt64(ordinal))
        .proposal(pending: pending.map(\.weights), taken: taken)
    else { return context.quasiRandom(ordinal, taken: taken) }
    return Suggestion(mixture: proposal.mixture, reason: proposal.reason)
  }

  private var starts: Int {
    design == .tuned
      ? context.initialTrials : min(Self.mostStarts, max((context.trials ?? 64) / 2, 1))
  }

  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    surrogate()?.predictions(
      of: LossFunction(coefficients: [1]), at: mixtures.map(\.weights), ofRuns: ofRuns)
  }

  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? {
    surrogate()?.leftOut(LossFunction(coefficients: [1]))
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard design == .tuned, let surrogate = surrogate() else { return results.best(count) }
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
