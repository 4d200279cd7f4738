/// What a method learns from one trial that has ended.
package struct Observation: Sendable, Hashable {
  package var mixture: Mixture
  /// A diverged run says that its mixture is bad, but gives no number.
  package var outcome: RunOutcome
  /// What the run did besides training at the mixture; nil for one that did no more.
  package var procedure: TrainingProcedure?

  package init(mixture: Mixture, outcome: RunOutcome, procedure: TrainingProcedure? = nil) {
    self.mixture = mixture
    self.outcome = outcome
    self.procedure = procedure
  }

  /// The loss of a domain, nil where the run diverged or the domain was not measured.
  package func loss(of domain: String) -> Double? {
    outcome.result?.losses.first { $0.domain == domain }?.loss
  }
}
