/// What a run does besides training at the mixture that it is given: it reweighs the domains while it
/// trains and recommends a mixture at its end, or keeps what it makes of single held-out tokens.
package enum TrainingProcedure: String, Sendable, Hashable, Codable, CaseIterable {
  /// DoReMi: a reference model on the trial's mixture, then a model whose weights follow the loss above
  /// the reference's.
  case doremi
  /// Online data mixing with the smoothed mean of the exponential of each domain's loss.
  case odm = "odm-smoothed"
  /// Online data mixing with EXP3. The name in journals is older than the other rule.
  case odmEXP3 = "odm"
  /// Aioli with several sweeps of probes a round in random order, and a moving average of what they find.
  case aioli = "aioli-sweeps"
  /// Aioli with one sweep a round in a fixed order, as journals before November 28, 2026 have it.
  case aioliOneSweep = "aioli"
  /// Adaptive data optimization: a scaling law for each domain, fitted while the model trains.
  case ado
  /// A data expert, trained on one domain, whose held-out token losses are kept.
  case mde

  /// What it takes, in runs of the same scale at fixed weights, evaluation aside.
  ///
  /// DoReMi trains twice, and the reference's losses on the second run's batches are a third of a
  /// training. Aioli's probes are part of its run; the held-out losses that they are judged by come on
  /// top, a twentieth or so of one sweep a round, and two fifths of four sweeps.
  package var runs: Double {
    switch self {
    case .doremi: 2 + 1.0 / 3
    case .odm, .odmEXP3, .ado, .mde: 1
    case .aioli: 1.4
    case .aioliOneSweep: 1.05
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
