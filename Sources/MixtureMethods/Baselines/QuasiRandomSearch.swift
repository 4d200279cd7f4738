import Mixtures

/// Random search as it should be done: Sobol points, mapped to the simplex by sorted spacings.
struct QuasiRandomSearch: MixtureMethod {
  let context: MethodContext
  private var results: ObservedMixtures

  init(context: MethodContext) {
    self.context = context
    results = ObservedMixtures(objective: context.objective)
  }

  mutating func update(with observations: [Observation]) { results.append(observations) }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    Suggestion(mixture: context.quasiRandomMixture(ordinal), reason: .quasiRandom)
  }

  func recommendations(_ count: Int) -> [Recommendation] { results.best(count) }
}
