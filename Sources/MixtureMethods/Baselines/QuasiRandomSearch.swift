import Mixtures

/// Random search as it should be done: Sobol points, mapped to the simplex by sorted spacings.
struct QuasiRandomSearch: MixtureMethod {
  let context: MethodContext
  private var results: ObservedMixtures
  /// Whatever became of them.
  private var tried: [Mixture] = []

  init(context: MethodContext) {
    self.context = context
    results = ObservedMixtures(
      objective: context.objective, feasible: context.feasible)
  }

  mutating func update(with observations: [Observation]) {
    results.append(observations)
    tried += observations.map(\.mixture)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    context.quasiRandom(ordinal, taken: tried + pending)
  }

  func recommendations(_ count: Int) -> [Recommendation] { results.best(count) }
}
