import MixtureMethods
import Mixtures

/// What a search handed over.
package struct ComparisonPick: Sendable, Hashable, Codable {
  /// Of its note in the journal.
  package static let topic = "pick"

  package var method: String
  package var replicate: Int
  /// After so many trials of the search.
  package var trials: Int
  /// Whether the search had ended.
  package var isFinal: Bool
  /// Nil where it had nothing to hand over, all its trials having diverged.
  package var mixture: Mixture?
  /// What it handed over where that is no fixed mixture: a training that begins at the mixture.
  package var procedure: TrainingProcedure?
  /// The objective that its model predicts for the mixture; nil without a model.
  package var predicted: Double?
  /// How its law or regression fits its trials; nil for methods without one, and before the end.
  package var fit: FitReport?

  package init(
    method: String, replicate: Int, trials: Int, isFinal: Bool, mixture: Mixture?,
    procedure: TrainingProcedure? = nil, predicted: Double?, fit: FitReport? = nil
  ) {
    self.method = method
    self.replicate = replicate
    self.trials = trials
    self.isFinal = isFinal
    self.mixture = mixture
    self.procedure = procedure
    self.predicted = predicted
    self.fit = fit
  }
}
