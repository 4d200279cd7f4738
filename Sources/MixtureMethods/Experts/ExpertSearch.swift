import Mixtures

/// A mixture of data experts, `mde`: one run on each domain alone, and the mixture of the lowest loss when
/// the experts' probabilities of each held-out token are mixed by it; see ``ExpertLaw``.
///
/// The experts are trained on their domains whatever the constraints; only what is handed over keeps to
/// them.
struct ExpertSearch: PredictsLosses {
  let context: MethodContext
  private var results: ObservedMixtures
  private var experts: [Observation] = []
  private var model = Remembered<LawModel?>()

  init(context: MethodContext) {
    self.context = context
    results = ObservedMixtures(objective: context.objective)
  }

  /// The mixture depends on all experts.
  var waitsForOutcomes: Bool { true }

  mutating func update(with observations: [Observation]) {
    for observation in observations {
      if observation.procedure == .mde {
        experts.append(observation)
        model = Remembered()
      } else {
        results.append([observation])
      }
    }
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    if ordinal < context.domains.count { return context.expert(ordinal) }
    guard ordinal == context.domains.count else { return nil }
    return optimum.map { Suggestion(mixture: $0, reason: .fixed) }
  }

  private var optimum: Mixture? {
    fitted().flatMap { model in
      context.handedOver(
        model.minimum(
          parts: context.domains.count,
          nearest: context.feasible.isWholeSimplex ? nil : { context.feasible.nearest(to: $0) }),
        by: model)
    }
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard count > 0, let model = fitted(), let optimum else { return [] }
    return results.recommendations(count, optimum: optimum, model: model)
  }

  func lossModel() -> (any LossModel)? { fitted() }

  /// Nil before every expert has finished with all that the objective depends on.
  private func fitted() -> LawModel? {
    model.value {
      guard experts.count == context.domains.count else { return nil }
      let losses = ExpertLosses(experts)
      let laws = context.objective.domains.compactMap { losses?[$0] }
      guard laws.count == context.objective.domains.count else { return nil }
      return LawModel(laws: laws.map { .experts($0) }, target: context.objective)
    }
  }
}
