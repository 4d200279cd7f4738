import Mixtures

/// Methods that reweigh the domains while a model trains: `doremi`, `odm` and `aioli`. What such a run
/// recommends is then trained as a fixed mixture.
///
/// DoReMi goes through rounds, each with the last one's answer as the mixture of its reference model (Xie
/// et al., [DoReMi](https://arxiv.org/abs/2305.10429), section 3.3: "iterated DoReMi"), until the weights
/// move by less than 1e-3 or three rounds are over. The first reference model has equal weights.
struct ReweightingSearch: MixtureMethod {
  static let mostRounds = 3
  static let settled = 1e-3

  let procedure: TrainingProcedure
  let context: MethodContext
  private var results: ObservedMixtures
  /// What the runs recommended, in their order; nil for one that diverged.
  private var answers: [Mixture?] = []

  init(_ procedure: TrainingProcedure, context: MethodContext) {
    self.procedure = procedure
    self.context = context
    results = ObservedMixtures(objective: context.objective)
  }

  /// Each step depends on what the one before it found.
  var waitsForOutcomes: Bool { true }

  mutating func update(with observations: [Observation]) {
    for observation in observations {
      guard observation.procedure == procedure else {
        results.append([observation])
        continue
      }
      answers.append(
        observation.outcome.result?.recommended.map {
          Mixture(domains: context.domains, proportionalTo: $0)
        })
    }
  }

  /// Whether there is nothing more to reweigh: then the answer is trained as it is.
  private var isSettled: Bool {
    guard let last = answers.last else { return false }
    guard procedure == .doremi, let last else { return true }
    let base =
      answers.count > 1 ? answers[answers.count - 2] : .uniform(over: context.domains)
    return answers.count >= rounds
      || base.map { totalVariation($0.weights, last.weights) < Self.settled } ?? true
  }

  /// As many as the budget allows besides the run at the answer, one at least.
  private var rounds: Int {
    guard procedure == .doremi else { return 1 }
    let budget = context.trials.map { Double($0 - 1) / procedure.runs } ?? .infinity
    return max(min(Self.mostRounds, Int(min(budget, 100))), 1)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    if ordinal == answers.count, !isSettled {
      return Suggestion(
        mixture: answers.last.flatMap(\.self) ?? .uniform(over: context.domains),
        reason: .design, procedure: procedure)
    }
    guard ordinal == answers.count, let answer = answers.last.flatMap(\.self) else { return nil }
    return Suggestion(mixture: answer, reason: .fixed)
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard count > 0, let answer = answers.last.flatMap(\.self) else { return [] }
    return [Recommendation(mixture: answer, observed: results.value(of: answer))]
  }
}
