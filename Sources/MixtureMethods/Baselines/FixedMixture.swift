import Mixtures

/// One mixture that needs no search.
struct FixedMixture: MixtureMethod {
  let mixture: Mixture
  private var results: ObservedMixtures

  init(_ mixture: Mixture, objective: Objective) {
    self.mixture = mixture
    results = ObservedMixtures(objective: objective)
  }

  mutating func update(with observations: [Observation]) { results.append(observations) }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    ordinal == 0 ? Suggestion(mixture: mixture, reason: .fixed) : nil
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    results.best(1).isEmpty || count < 1
      ? [] : [Recommendation(mixture: mixture, observed: results.best(1)[0].observed)]
  }
}
