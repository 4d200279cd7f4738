import Mixtures

/// Chooses the next mixture from what is known of the others.
package protocol MixtureMethod: Sendable {
  /// Takes in trials that have finished since the last call, in the order of their proposals.
  mutating func update(with observations: [Observation])
  /// The mixture to try next; nil when there is nothing more to try. Suggesting is not observing:
  /// the method's state stays as it is.
  ///
  /// - Parameters:
  ///   - pending: Proposed earlier and not observed yet.
  ///   - ordinal: The how-manieth proposal it is, from 0.
  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion?
  /// The mixtures that it would hand over, best first.
  func recommendations(_ count: Int) -> [Recommendation]
}

package struct Suggestion: Sendable, Hashable {
  package var mixture: Mixture

  package init(mixture: Mixture) { self.mixture = mixture }
}

package struct Recommendation: Sendable, Hashable {
  package var mixture: Mixture

  package init(mixture: Mixture) { self.mixture = mixture }
}

package struct MethodContext: Sendable {
  package var domains: [String]
  package var availableTokens: [Int]
  package var objective: Objective
  package var seed: UInt64
  package var initialTrials: Int

  package init(
    domains: [String], availableTokens: [Int], objective: Objective, seed: UInt64,
    initialTrials: Int
  ) {
    self.domains = domains
    self.availableTokens = availableTokens
    self.objective = objective
    self.seed = seed
    self.initialTrials = initialTrials
  }
}
