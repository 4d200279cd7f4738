import GaussianProcesses
import Mixtures

/// Whatever brings a run of a mixture, a size and a seed to a rung, and measures it there.
package protocol FidelityEvaluator: Sendable {
  /// Takes one run on, on the calling thread, from where it is paused; many calls run at once, one a
  /// worker, never two for the same run.
  ///
  /// - Parameter control: its checkpoint folder is the run's own, and stays from call to call.
  /// - Returns: what was measured beyond the rung that the run was paused at, from short to long, up to the
  ///   goal, the same bits for the same task however often it was stopped; after a divergence nothing more.
  /// - Throws: `CancellationError` when `control` asks to stop.
  func measure(_ task: FidelityTask, control: TrialControl) throws -> [RungOutcome]
}

/// A part of one run: from where it is paused, or its beginning, to a rung.
package struct FidelityTask: Sendable, Hashable, Codable {
  package enum Purpose: String, Sendable, Codable {
    /// A step of the search.
    case search
    /// The recommended mixture at the target, with a seed that no search has seen.
    case confirmation
  }

  /// Counts up from 0 in the order of the journal.
  package var id: Int
  package var purpose: Purpose
  /// Counts up from 0 in the order in which runs begin.
  package var run: Int
  package var mixture: Mixture
  /// The size, of the grid's levels.
  package var level: Int
  package var seed: UInt64
  /// The rung at which the run is paused; nil for a new one.
  package var from: Int?
  /// The rung that it goes to.
  package var goal: Int
  /// Whether every rung on the way is measured, or the last alone.
  package var measuresOnTheWay: Bool
  /// In runs of the target.
  package var cost: Double
  /// When it begins, on a clock on which a task takes as long as it costs.
  package var begins: Double
  /// How many tasks had ended on that clock when it was proposed.
  package var known: Int

  /// On the same clock.
  package var ends: Double { begins + cost }

  package init(
    id: Int, purpose: Purpose, run: Int, mixture: Mixture, level: Int, seed: UInt64,
    from: Int? = nil, goal: Int, measuresOnTheWay: Bool, cost: Double, begins: Double, known: Int
  ) {
    self.id = id
    self.purpose = purpose
    self.run = run
    self.mixture = mixture
    self.level = level
    self.seed = seed
    self.from = from
    self.goal = goal
    self.measuresOnTheWay = measuresOnTheWay
    self.cost = cost
    self.begins = begins
    self.known = known
  }
}

/// What a run gave at a rung.
package struct RungOutcome: Sendable, Hashable, Codable {
  package var rung: Int
  package var outcome: TrialOutcome

  package init(rung: Int, outcome: TrialOutcome) {
    self.rung = rung
    self.outcome = outcome
  }
}

/// The mixture that a search would have handed over once a task had ended.
package struct FidelityIncumbent: Sendable, Hashable, Codable {
  /// The task.
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
