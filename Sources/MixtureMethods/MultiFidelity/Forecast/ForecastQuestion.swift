import GaussianProcesses
import Mixtures

/// What is asked of a forecast.
package struct ForecastQuestion: Sendable {
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// The held-out domains that every run was measured on, in the order of its losses.
  package var outputs: [String]
  package var objective: Objective
  /// Runs of smaller sizes, and what is wanted.
  package var data: ScaleData
  /// Mixtures of which a run diverged, at any size: neither they nor others among them are handed over unless asked for.
  package var diverged: [[Double]]
  package var feasible: FeasibleMixtures
  /// Mixtures to be told of besides those that are found.
  package var given: [Mixture]
  /// Held-out losses that are not to be exceeded: told is how likely that is.
  package var guards: [Objective.Limit]
  /// Two held-out domains that both count: told is how likely no other mixture is better in both.
  package var front: [String]?
  package var seed: UInt64

  package init(
    domains: [String], outputs: [String], objective: Objective, data: ScaleData,
    diverged: [[Double]] = [], feasible: FeasibleMixtures, given: [Mixture] = [],
    guards: [Objective.Limit] = [],
    front: [String]? = nil, seed: UInt64 = 1
  ) {
    self.domains = domains
    self.outputs = outputs
    self.objective = objective
    self.data = data
    self.diverged = diverged
    self.feasible = feasible
    self.given = given
    self.guards = guards
    self.front = front
    self.seed = seed
  }

  var function: LossFunction { objective.lossFunction(of: outputs) }

  /// The same with what guards cost that are exceeded.
  var guarded: LossFunction {
    Objective(
      targets: objective.targets, proportionalTo: objective.weights,
      aggregate: objective.aggregate, references: objective.references, limits: guards
    ).lossFunction(of: outputs)
  }
}
