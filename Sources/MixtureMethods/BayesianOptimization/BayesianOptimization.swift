import GaussianProcesses
import Mixtures
import Numerics

/// Bayesian optimization with a composite surrogate and noisy expected improvement: `bo`.
struct BayesianOptimization: MixtureMethod {
  let context: MethodContext
  private var history: ModelHistory
  private var results: ObservedMixtures

  init(context: MethodContext) {
    self.context = context
    history = ModelHistory(outputs: context.objective.targets, domains: context.domains)
    results = ObservedMixtures(objective: context.objective)
  }

  mutating func update(with observations: [Observation]) {
    history.append(observations)
    results.append(observations)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard ordinal >= context.initialTrials, let surrogate = history.surrogate() else {
      return Suggestion(mixture: context.quasiRandomMixture(ordinal), reason: .quasiRandom)
    }
    let proposer = ModelProposer(
      surrogate: surrogate, coefficients: context.objective.weights,
      seed: context.seed &+ UInt64(ordinal))
    guard let proposal = proposer.proposal(pending: pending.map(\.weights)) else {
      return Suggestion(mixture: context.quasiRandomMixture(ordinal), reason: .quasiRandom)
    }
    return Suggestion(
      mixture: Mixture(domains: context.domains, proportionalTo: proposal.mixture),
      reason: .expectedImprovement(
        objective: proposal.objective, logImprovement: proposal.logImprovement))
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard let surrogate = history.surrogate() else { return results.best(count) }
    return ModelProposer(
      surrogate: surrogate, coefficients: context.objective.weights, seed: context.seed
    ).recommendations(count, domains: context.domains, results: results)
  }

  func insight(comparing candidates: [Mixture]) -> Insight? {
    guard let best = recommendations(1).first else { return nil }
    let measured = history.measuredDomains
    let targets = context.objective.targets
    // Every domain that was measured, the objective's first.
    let outputs = targets + measured.filter { !targets.contains($0) }
    guard
      let surrogate =
        outputs == targets ? history.surrogate() : history.reread(outputs: outputs).surrogate()
    else { return nil }
    return Insight(
      surrogate: surrogate, outputs: outputs,
      coefficients: context.objective.weights + outputs.dropFirst(targets.count).map { _ in 0 },
      domains: context.domains, optimum: best, candidates: candidates, seed: context.seed)
  }
}
