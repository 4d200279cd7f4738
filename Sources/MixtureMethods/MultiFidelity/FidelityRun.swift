import Mixtures

/// A run as far as it is known.
package struct FidelityRun: Sendable, Hashable {
  /// What was measured at a rung.
  package struct Measurement: Sendable, Hashable {
    package var rung: Int
    /// Of the objective's held-out domains, in its order, nats per token.
    package var losses: [Double]

    package init(rung: Int, losses: [Double]) {
      self.rung = rung
      self.losses = losses
    }
  }

  /// Its number, from 0: its place among all runs, in the order in which they began.
  package var id: Int
  package var mixture: Mixture
  package var level: Int
  package var seed: UInt64
  /// From short to long.
  package var measurements: [Measurement]
  /// The rung at which it is paused; nil where it has reached none yet.
  package var reached: Int?
  /// The rung that it is under way to; nil where it is paused or has ended.
  package var goal: Int?
  /// It cannot be resumed. What was measured before stays true.
  package var hasDiverged: Bool

  package init(
    id: Int, mixture: Mixture, level: Int, seed: UInt64, measurements: [Measurement] = [],
    reached: Int? = nil, goal: Int? = nil, hasDiverged: Bool = false
  ) {
    self.id = id
    self.mixture = mixture
    self.level = level
    self.seed = seed
    self.measurements = measurements
    self.reached = reached
    self.goal = goal
    self.hasDiverged = hasDiverged
  }

  package var isUnderWay: Bool { goal != nil }

  /// The losses measured at a rung; nil where it was not measured there.
  package func losses(at rung: Int) -> [Double]? {
    measurements.first { $0.rung == rung }?.losses
  }
}
