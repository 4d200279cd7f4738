import Mixtures

/// A mixture of data experts: one run on each domain alone, and the mixture of the lowest loss when
/// the experts' probabilities of each held-out token are mixed by it; see ``ExpertLaw``.
///
/// The experts are trained on their domains whatever the constraints; only what is handed over keeps to
/// them.
struct ExpertSearch: PredictsLosses {
  enum Minimizer: Sendable {
    /// The minimum itself, Belenki et al.'s mixture of data experts: `mde`.
    case exact
    /// MixMin (Thudi et al., [MixMin](https://arxiv.org/abs/2502.10510); `Anvith-Thudi/MixMin`,
    /// `LLM_DataMixing/mixmin_gen.py`): up to a hundred steps of exponentiated gradient at a rate of one from equal
    /// shares, ended where no slope exceeds 1e-4: `mixmin`.
    case exponentiatedGradient
  }

  private let minimizer: Minimizer
  let context: MethodContext
  private var results: ObservedMixtures
  private var experts: [Observation] = []
  private var model = Remembered<LawModel?>()

  init(_ minimizer: Minimizer, context: MethodContext) {
    self.minimizer = minimizer
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
      context.handedOver(minimum(of: model), by: model)
    }
  }

  private func minimum(of model: LawModel) -> [Double] {
    switch minimizer {
    case .exact:
      model.minimum(
        parts: context.domains.count,
        nearest: context.feasible.isWholeSimplex ? nil : { context.feasible.nearest(to: $0) })
    case .exponentiatedGradient: model.mixMin(parts: context.domains.count)
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
