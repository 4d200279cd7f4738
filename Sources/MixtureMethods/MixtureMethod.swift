import GaussianProcesses
import Mixtures
import Numerics

/// Something that proposes mixtures and learns from what became of them.
///
/// What it proposes is a function of its context, the observations in their order, the mixtures under way
/// and the ordinal alone: a study that was killed and is resumed proposes what it would have proposed.
package protocol MixtureMethod: Sendable {
  /// Takes in trials that have finished since the last call.
  mutating func update(with observations: [Observation])

  /// The mixture to try next; changes no state.
  ///
  /// - Parameters:
  ///   - pending: the mixtures of this method's trials that are under way.
  ///   - ordinal: the how-manieth trial of this method it will be, from 0.
  /// - Returns: nil when a fixed method has nothing more to try.
  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion?

  /// The mixtures that it would hand over now, best first, no two alike.
  ///
  /// - Returns: at most `count`; none before anything has finished.
  func recommendations(_ count: Int) -> [Recommendation]

  /// What its model has learned of the domains; nil where it has no model.
  ///
  /// - Parameter candidates: mixtures to be compared, e.g. the finalists.
  func insight(comparing candidates: [Mixture]) -> Insight?
}

extension MixtureMethod {
  package func insight(comparing candidates: [Mixture]) -> Insight? { nil }
}

/// A mixture to be tried, and why.
package struct Suggestion: Sendable, Hashable {
  package enum Reason: Sendable, Hashable {
    /// The method's only mixture.
    case fixed
    /// A point of an even spread over all mixtures.
    case quasiRandom
    /// The model expects the most of it: the objective predicted, and how far it is expected to fall
    /// below the best so far (natural logarithm, nats per token).
    case expectedImprovement(objective: Prediction, logImprovement: Double)
  }

  package var mixture: Mixture
  package var reason: Reason

  package init(mixture: Mixture, reason: Reason) {
    self.mixture = mixture
    self.reason = reason
  }
}

/// A mixture that a method would hand over.
package struct Recommendation: Sendable, Hashable {
  package var mixture: Mixture
  /// The objective that the model predicts for it, noise of a run not included; nil without a model.
  package var predicted: Prediction?
  /// The mean objective over the trials of this very mixture; nil where it was not tried.
  package var observed: Double?

  package init(mixture: Mixture, predicted: Prediction? = nil, observed: Double? = nil) {
    self.mixture = mixture
    self.predicted = predicted
    self.observed = observed
  }
}

/// What every method is made from.
package struct MethodContext: Sendable, Hashable {
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// Training tokens that each has.
  package var availableTokens: [Int]
  package var objective: Objective
  package var seed: UInt64
  /// Quasi-random mixtures that a Bayesian method starts with.
  package var initialTrials: Int

  package init(
    domains: [String], availableTokens: [Int], objective: Objective, seed: UInt64,
    initialTrials: Int
  ) {
    precondition(domains.count == availableTokens.count && !domains.isEmpty)
    self.domains = domains
    self.availableTokens = availableTokens
    self.objective = objective
    self.seed = seed
    self.initialTrials = initialTrials
  }

  /// Point `ordinal` of the even spread that all methods share, so that their trials can be shared too.
  func quasiRandomMixture(_ ordinal: Int) -> Mixture {
    let weights = SobolSequence.simplexPoints(
      parts: domains.count, start: ordinal, count: 1, seed: seed)[0]
    return Mixture(domains: domains, proportionalTo: weights)
  }
}
