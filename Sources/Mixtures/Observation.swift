/// What a method learns from one finished trial.
package struct Observation: Sendable, Hashable {
  package var mixture: Mixture
  package var scale: Scale
  package var seed: UInt64
  package var outcome: Outcome
  /// What the run did besides training at the mixture; nil for one that did no more.
  package var procedure: TrainingProcedure?
  /// The mixture that such a run recommends, weights in the order of the mixture's; nil for others.
  package var recommended: [Double]?
  /// What a data expert makes of single held-out tokens; nil for other runs.
  package var tokenLosses: TokenLosses?

  /// A diverged run says that its mixture is bad, but gives no number.
  package enum Outcome: Sendable, Hashable {
    case losses([DomainLoss])
    case diverged
  }

  package init(
    mixture: Mixture, scale: Scale, seed: UInt64, outcome: Outcome,
    procedure: TrainingProcedure? = nil, recommended: [Double]? = nil,
    tokenLosses: TokenLosses? = nil
  ) {
    self.mixture = mixture
    self.scale = scale
    self.seed = seed
    self.outcome = outcome
    self.procedure = procedure
    self.recommended = recommended
    self.tokenLosses = tokenLosses
  }

  /// The loss of a domain, nil where the run diverged or the domain was not measured.
  package func loss(of domain: String) -> Double? {
    guard case .losses(let losses) = outcome else { return nil }
    return losses.first { $0.domain == domain }?.loss
  }
}

/// How large a run is.
package struct Scale: Sendable, Hashable, Codable {
  /// The ladder's name of the model size, e.g. `100k`.
  package var size: String
  /// Parameters of the model, embeddings included.
  package var parameters: Int
  /// Tokens that it trains on.
  package var tokens: Int

  package init(size: String, parameters: Int, tokens: Int) {
    self.size = size
    self.parameters = parameters
    self.tokens = tokens
  }
}
