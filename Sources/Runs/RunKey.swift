import Mixtures

/// What many runs have in common: all that their results depend on besides mixture, seed, procedure and
/// length.
package struct RunConditions: Sendable, Hashable, Codable {
  /// The digest of the corpus, or of the table.
  package var corpus: String
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// The ladder's name of the model size, e.g. `100k`.
  package var size: String
  package var parameters: Int
  package var evaluator: EvaluatorIdentity

  package init(
    corpus: String, domains: [String], size: String, parameters: Int, evaluator: EvaluatorIdentity
  ) {
    self.corpus = corpus
    self.domains = domains
    self.size = size
    self.parameters = parameters
    self.evaluator = evaluator
  }
}

/// Everything that a run's results depend on but the length at which it is measured: what runs of equal
/// keys measure at equal lengths is equal to the bit.
///
/// A run that trains at fixed weights is the beginning of every longer one, and at a rung it gives what
/// a run that ends there gives. So its key does not say how long it is: a trial of a million tokens and
/// the first rung of a longer run are the same work. Of a run to which that does not apply the key names
/// the length: one that reweighs domains, or that repeats text as a longer run will.
package struct RunKey: Sendable, Hashable {
  package var conditions: RunConditions
  package var mixture: Mixture
  package var seed: UInt64
  /// What the run does besides training at the mixture; nil for one that does no more.
  package var procedure: TrainingProcedure?
  /// Tokens of the whole run, where what it gives on the way depends on them; nil where it does not.
  package var length: Int?

  /// - Parameter length: needed with a procedure, and where epochs are matched.
  package init(
    conditions: RunConditions, mixture: Mixture, seed: UInt64,
    procedure: TrainingProcedure? = nil, length: Int? = nil
  ) {
    precondition(
      mixture.domains == conditions.domains,
      "expected a mixture of \(conditions.domains), found \(mixture.domains)")
    precondition(
      length != nil || !Self.needsLength(procedure, conditions),
      "expected the length of a run that reweighs domains or matches epochs")
    self.conditions = conditions
    self.mixture = mixture
    self.seed = seed
    self.procedure = procedure
    self.length = length
  }

  /// Whether what a run gives on the way depends on where it ends.
  package static func needsLength(
    _ procedure: TrainingProcedure?, _ conditions: RunConditions
  ) -> Bool {
    procedure != nil || conditions.evaluator.matching != nil
  }

  package func scale(at tokens: Int) -> Scale {
    Scale(size: conditions.size, parameters: conditions.parameters, tokens: tokens)
  }
}
