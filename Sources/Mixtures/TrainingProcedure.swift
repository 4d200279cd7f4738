/// What a run does besides training at the mixture that it is given: it reweighs the domains while it
/// trains and recommends a mixture at its end, or keeps what it makes of single held-out tokens.
package enum TrainingProcedure: String, Sendable, Hashable, Codable, CaseIterable {
  /// DoReMi: a reference model on the trial's mixture, then a model whose weights follow the loss above
  /// the reference's.
  case doremi
  /// Online data mixing with EXP3.
  case odm
  /// Aioli.
  case aioli
  /// A data expert, trained on one domain, whose held-out token losses are kept.
  case mde

  /// What it takes, in runs of the same scale at fixed weights, evaluation aside.
  ///
  /// DoReMi trains twice, and the reference's losses on the second run's batches are a third of a
  /// training. Aioli's probes are part of its run; the held-out losses that they are judged by come on
  /// top, a twentieth or so.
  package var runs: Double {
    switch self {
    case .doremi: 2 + 1.0 / 3
    case .odm, .mde: 1
    case .aioli: 1.05
    }
  }
}

/// Weights at a step of a run.
package struct WeightPoint: Sendable, Hashable, Codable {
  package var step: Int
  package var weights: [Double]

  package init(step: Int, weights: [Double]) {
    self.step = step
    self.weights = weights
  }
}
