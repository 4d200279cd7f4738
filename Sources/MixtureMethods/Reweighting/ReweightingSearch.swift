import Mixtures

/// Methods that reweigh the domains while a model trains. What is handed over is the fixed mixture that such a
/// run recommends, or the training itself: an online model is what its authors of online methods report.
struct ReweightingSearch: MixtureMethod {
  struct Design: Sendable, Hashable {
    var procedure: TrainingProcedure
    /// What the first run begins at: DoReMi's reference model, the first weights of an online method.
    var start: MixturePreset
    /// Runs after another at most, each beginning at what the one before it recommends, until the weights move by
    /// less than 1e-3 or the budget ends (Xie et al., [DoReMi](https://arxiv.org/abs/2305.10429), section 3.3:
    /// "iterated DoReMi").
    var rounds = 1
    /// Whether the training is handed over, not a mixture.
    var isOnline = false
  }

  static let settled = 1e-3

  let design: Design
  let context: MethodContext
  private let start: Mixture
  private var results: ObservedMixtures
  /// What the runs recommended, in their order; nil for one that diverged.
  private var answers: [Mixture?] = []
  /// The objective of the last such run itself; nil where it was not measured.
  private var own: Double?

  init(_ design: Design, context: MethodContext) throws(MixtureError) {
    self.design = design
    self.context = context
    start = try design.start.mixture(
      over: context.domains, availableTokens: context.availableTokens)
    results = ObservedMixtures(objective: context.objective)
  }

  /// Each step depends on what the one before it found.
  var waitsForOutcomes: Bool { true }

  mutating func update(with observations: [Observation]) {
    for observation in observations {
      guard observation.procedure == design.procedure else {
        results.append([observation])
        continue
      }
      answers.append(
        observation.outcome.result?.recommended.map {
          Mixture(domains: context.domains, proportionalTo: $0)
        })
      own = context.objective.value(of: observation).flatMap { $0.isFinite ? $0 : nil }
    }
  }

  /// Whether there is nothing more to reweigh: then the answer is trained as it is.
  private var isSettled: Bool {
    guard let last = answers.last else { return false }
    guard design.rounds > 1, let last else { return true }
    let base = answers.count > 1 ? answers[answers.count - 2] : start
    return answers.count >= rounds
      || base.map { totalVariation($0.weights, last.weights) < Self.settled } ?? true
  }

  /// As many as the budget allows besides the run at the answer, one at least.
  private var rounds: Int {
    let budget = context.trials.map { Double($0 - 1) / design.procedure.runs } ?? .infinity
    return max(min(design.rounds, Int(min(budget, 100))), 1)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard ordinal == answers.count else { return nil }
    if !isSettled {
      return Suggestion(
        mixture: answers.last.flatMap(\.self) ?? start, reason: .design,
        procedure: design.procedure)
    }
    // What an online model is worth its own run has measured.
    guard !design.isOnline, let answer = answers.last.flatMap(\.self) else { return nil }
    return Suggestion(mixture: answer, reason: .fixed)
  }

  func recommendations(_ count: Int) -> [Recommendation] {
    guard count > 0, let answer = answers.last.flatMap(\.self) else { return [] }
    return design.isOnline
      ? [Recommendation(mixture: start, procedure: design.procedure, observed: own)]
      : [Recommendation(mixture: answer, observed: results.value(of: answer))]
  }
}
