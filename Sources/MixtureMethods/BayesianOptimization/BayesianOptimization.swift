import GaussianProcesses
import Mixtures
import Numerics

/// Bayesian optimization with a composite surrogate and noisy expected improvement: `bo`.
struct BayesianOptimization: MixtureMethod {
  let context: MethodContext
  private var history: ModelHistory
  private var results: ObservedMixtures

  /// - Parameter given: what data experts say of each domain, as the model's prior mean; nil for laws that
  ///   it learns.
  init(context: MethodContext, given: (any PriorLosses)? = nil) {
    self.context = context
    history = ModelHistory(
      outputs: context.objective.domains, domains: context.domains, given: given,
      shares: context.shares)
    results = ObservedMixtures(
      objective: context.objective, feasible: context.feasible)
  }

  mutating func update(with observations: [Observation]) {
    history.append(observations)
    results.append(observations)
  }

  /// What diverged is as good as under way: it may be as good as any, but is not to be tried next.
  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    let taken = history.observations.map(\.mixture) + pending
    guard ordinal >= context.initialTrials, let surrogate = history.surrogate(),
      let proposal = proposer(surrogate, seed: context.seed &+ UInt64(ordinal))
        .proposal(pending: surrogate.data.diverged + pending.map(\.weights), taken: taken)
    else { return context.quasiRandom(ordinal, taken: taken) }
    return Suggestion(mixture: proposal.mixture, reason: proposal.reason)
  }

  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    history.surrogate()?.reported.predictions(
      of: function, at: mixtures.map(\.weights), ofRuns: ofRuns)
  }

  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? {
    history.surrogate()?.reported.leftOut(function)
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard let surrogate = history.surrogate() else { return results.best(count) }
    return proposer(surrogate, seed: context.seed).recommendations(count, results: results)
  }

  /// The objective, of the model's outputs.
  private var function: LossFunction { context.objective.lossFunction(of: history.outputs) }

  private func proposer(_ surrogate: CompositeSurrogate, seed: UInt64) -> ModelProposer {
    ModelProposer(
      context: context, surrogate: surrogate, function: function, outputs: history.outputs,
      seed: seed)
  }

  func assessed(_ recommendations: [Recommendation]) -> [Recommendation] {
    guard let surrogate = history.surrogate() else { return recommendations }
    return proposer(surrogate, seed: context.seed).assessed(recommendations)
  }

  func certainty() -> Certainty? {
    guard let surrogate = history.surrogate() else { return nil }
    return proposer(surrogate, seed: context.seed).certainty(of: recommendations(1))
  }

  func insight(comparing candidates: [Mixture]) -> Insight? {
    guard let best = recommendations(1).first else { return nil }
    let measured = history.measuredDomains
    let own = context.objective.domains
    // Every domain that was measured, the objective's first.
    let outputs = own + measured.filter { !own.contains($0) }
    guard
      let surrogate =
        outputs == own ? history.surrogate() : history.reread(outputs: outputs).surrogate()
    else { return nil }
    return Insight(
      surrogate: surrogate.reported, outputs: outputs,
      function: context.objective.lossFunction(of: outputs), context: context, optimum: best,
      candidates: candidates)
  }
}
