import Mixtures

/// The mixture that a search would have handed over once a part of a run had ended.
package struct FidelityIncumbent: Sendable, Hashable, Codable {
  /// Of its note in the journal.
  package static let topic = "incumbent"

  /// The part.
  package var after: Int
  package var mixture: Mixture
  /// The objective at the target that the method's model predicts, a run's own noise not included; nil
  /// without a model.
  package var predicted: Prediction?
  /// That it is the best of all feasible mixtures at the target; nil without a model.
  package var probabilityOfBest: Double?
  /// How much it is expected to lose against the best, nats per token; nil without a model.
  package var expectedRegret: Double?

  package init(
    after: Int, mixture: Mixture, predicted: Prediction? = nil, probabilityOfBest: Double? = nil,
    expectedRegret: Double? = nil
  ) {
    self.after = after
    self.mixture = mixture
    self.predicted = predicted
    self.probabilityOfBest = probabilityOfBest
    self.expectedRegret = expectedRegret
  }
}
