import GaussianProcesses
import Mixtures

/// Bayesian optimization whose prior mean is what data experts say, `bo-mde`: a run on each domain alone
/// first, then as ``BayesianOptimization`` with fewer quasi-random mixtures to begin with, so that the model
/// proposes from the same trial on.
struct ExpertOptimization: MixtureMethod {
  /// Runs that a model needs at least.
  private static let fewestTrials = 4

  private let context: MethodContext
  private var experts: [Observation] = []
  private var search: BayesianOptimization?
  /// What finished before all experts had, if anything did.
  private var early: [Observation] = []

  init(context: MethodContext) { self.context = context }

  private var count: Int { context.domains.count }

  /// The prior mean is known once all experts are.
  var waitsForOutcomes: Bool { search == nil }

  mutating func update(with observations: [Observation]) {
    for observation in observations {
      if observation.procedure != .mde {
        if search == nil { early.append(observation) } else { search!.update(with: [observation]) }
        continue
      }
      experts.append(observation)
      guard experts.count == count else { continue }
      var context = context
      context.initialTrials = max(context.initialTrials - count, Self.fewestTrials)
      // Without experts that can be used the model learns laws of its own.
      search = BayesianOptimization(context: context, given: ExpertLosses(experts))
      search!.update(with: early)
    }
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    guard ordinal >= count else { return context.expert(ordinal) }
    return search?.suggest(pending: pending, ordinal: ordinal - count)
  }

  func recommendations(_ count: Int) -> [Recommendation] { search?.recommendations(count) ?? [] }

  func assessed(_ recommendations: [Recommendation]) -> [Recommendation] {
    search?.assessed(recommendations) ?? recommendations
  }

  func certainty() -> Certainty? { search?.certainty() }

  func insight(comparing candidates: [Mixture]) -> Insight? {
    search?.insight(comparing: candidates)
  }

  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    search?.predictions(at: mixtures, ofRuns: ofRuns)
  }

  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? { search?.leaveOneOut() }
}
