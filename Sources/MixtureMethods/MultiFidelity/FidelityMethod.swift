import Mixtures

/// What to train next.
package enum FidelityStep: Sendable, Hashable {
  /// A new run of a mixture, up to a rung of a size. The runner gives it the seed that its earlier runs of
  /// the same mixture and size did not have.
  case start(Mixture, at: FidelityPoint)
  /// A paused run, up to a later rung.
  case resume(run: Int, rung: Int)
}

/// The mixture that a method would hand over for the target.
package struct FidelityRecommendation: Sendable, Hashable {
  package var mixture: Mixture
  /// The objective at the target, a run's own noise not included; nil without a model.
  package var predicted: Prediction?
  /// That it is the best of all feasible mixtures at the target, or of the pool; nil without a model.
  package var probabilityOfBest: Double?
  /// How much it is expected to lose against the best at the target, nats per token; nil without a model.
  package var expectedRegret: Double?

  package init(
    mixture: Mixture, predicted: Prediction? = nil, probabilityOfBest: Double? = nil,
    expectedRegret: Double? = nil
  ) {
    self.mixture = mixture
    self.predicted = predicted
    self.probabilityOfBest = probabilityOfBest
    self.expectedRegret = expectedRegret
  }
}

/// Decides which mixture to train next, at what size and for how long, and when to go on with a paused run.
///
/// What it proposes is a function of its context, the runs and what is left of the budget alone: a method
/// may keep what it has worked out, but one made anew and given the same runs proposes the same. So a search
/// that was killed goes on as if nothing had happened.
package protocol FidelityMethod: Sendable {
  /// - Parameters:
  ///   - runs: all that have begun, in their order; `runs[i].id == i`.
  ///   - budgetLeft: in runs of the target; what is under way is paid already.
  /// - Returns: nil where nothing is to be done until a run under way ends; where none is, the search is over.
  ///   A step that costs more than is left ends it too.
  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep?

  /// What it would hand over now; nil before anything was measured.
  mutating func recommendation(runs: [FidelityRun]) -> FidelityRecommendation?

  /// Whether its runs are measured at every rung on the way, and pay for it, or where they pause alone.
  var measuresOnTheWay: Bool { get }
}
