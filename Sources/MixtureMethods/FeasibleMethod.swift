import GaussianProcesses
import Mixtures

/// A search that knows of no constraints, kept to them: what it would try or hand over is replaced by the
/// nearest feasible mixture.
struct FeasibleMethod: MixtureMethod {
  private var method: any MixtureMethod
  private let feasible: FeasibleMixtures

  init(_ method: any MixtureMethod, _ feasible: FeasibleMixtures) {
    self.method = method
    self.feasible = feasible
  }

  private func nearest(to mixture: Mixture) -> Mixture {
    if feasible.contains(mixture.weights) { return mixture }
    return Mixture(
      domains: mixture.domains, proportionalTo: feasible.nearest(to: mixture.weights))
  }

  var waitsForOutcomes: Bool { method.waitsForOutcomes }

  mutating func update(with observations: [Observation]) { method.update(with: observations) }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    method.suggest(pending: pending, ordinal: ordinal).map {
      Suggestion(
        mixture: nearest(to: $0.mixture), reason: $0.reason, procedure: $0.procedure)
    }
  }

  /// What was predicted for a mixture that had to move is predicted again where it came to lie.
  func recommendations(_ count: Int) -> [Recommendation] {
    var found: [Recommendation] = []
    for recommendation in method.recommendations(count) {
      let mixture = nearest(to: recommendation.mixture)
      guard !found.contains(where: { $0.mixture == mixture }) else { continue }
      found.append(
        mixture == recommendation.mixture
          ? recommendation
          : Recommendation(
            mixture: mixture, procedure: recommendation.procedure,
            predicted: method.predictions(at: [mixture], ofRuns: false)?.first))
    }
    return found
  }

  func assessed(_ recommendations: [Recommendation]) -> [Recommendation] {
    method.assessed(recommendations)
  }

  func certainty() -> Certainty? { method.certainty() }

  func insight(comparing candidates: [Mixture]) -> Insight? {
    method.insight(comparing: candidates)
  }

  func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    method.predictions(at: mixtures, ofRuns: ofRuns)
  }

  func leaveOneOut() -> [(observed: Double, predicted: Prediction)]? { method.leaveOneOut() }
}
