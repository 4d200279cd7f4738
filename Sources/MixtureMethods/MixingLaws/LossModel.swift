import GaussianProcesses
import Mixtures
import Numerics

/// A fitted model that gives a held-out loss to every mixture.
package protocol LossModel: Sendable {
  /// What is to be minimized, nats per token.
  func objective(at weights: [Double]) -> Double
  /// The loss of each of the objective's domains, in their order, nats per token; nil for a model of
  /// the objective alone.
  func losses(at weights: [Double]) -> [Double]?
}

/// A method whose model predicts the loss of any mixture, and not only of those it would try.
package protocol PredictsLosses: MixtureMethod {
  /// Nil before enough trials have finished.
  func lossModel() -> (any LossModel)?
}

extension PredictsLosses {
  /// What the model says of the objective. It gives no deviations, of runs or otherwise.
  package func predictions(at mixtures: [Mixture], ofRuns: Bool) -> [Prediction]? {
    lossModel().map { model in
      mixtures.map { Prediction(mean: model.objective(at: $0.weights), deviation: .nan) }
    }
  }

  /// How the model fits the trials that it was made from, and where it leads; nil without a model.
  package func fitReport(of observations: [Observation], objective: Objective) -> FitReport? {
    lossModel().flatMap { FitReport(of: $0, to: observations, objective: objective) }
  }
}

/// How well a loss model fits trials.
package struct FitReport: Sendable, Hashable, Codable {
  package struct Output: Sendable, Hashable, Codable {
    /// A target, or `objective`.
    package var name: String
    /// The share of the variance that the model explains; nil where the losses do not vary.
    package var rSquared: Double?
    /// Root of the mean squared residual, nats per token.
    package var error: Double
    /// Observed less predicted, in the order of the trials, nats per token.
    package var residuals: [Double]
  }

  /// The objective's domains where the model predicts them, then the objective.
  package var outputs: [Output]

  /// - Returns: nil where no trial has all losses.
  package init?(of model: any LossModel, to observations: [Observation], objective: Objective) {
    let data = LawData(observations, objective: objective)
    guard data.count > 0 else { return nil }
    outputs = []
    let losses = data.mixtures.compactMap { model.losses(at: $0) }
    if losses.count == data.count {
      for (index, name) in objective.domains.enumerated() {
        outputs.append(
          Output(name, observed: data.losses[index], predicted: losses.map { $0[index] }))
      }
    }
    outputs.append(
      Output(
        "objective", observed: data.objectives,
        predicted: data.mixtures.map { model.objective(at: $0) }))
  }

  package var objective: Output { outputs[outputs.count - 1] }

  package var isFinite: Bool {
    outputs.allSatisfy { $0.error.isFinite && ($0.rSquared ?? 0).isFinite }
  }
}

extension FitReport.Output {
  init(_ name: String, observed: [Double], predicted: [Double]) {
    self.name = name
    residuals = zip(observed, predicted).map { $0 - $1 }
    error = Statistics.rootMeanSquare(residuals)
    rSquared = Statistics.determination(of: observed, by: predicted)
  }
}

/// What laws and regressions are fitted to: the trials that finished with a loss for every domain that
/// the objective depends on.
struct LawData: Sendable {
  private(set) var mixtures: [[Double]] = []
  /// By the objective's domains, then by trial.
  private(set) var losses: [[Double]]
  /// By trial.
  private(set) var objectives: [Double] = []

  var count: Int { mixtures.count }

  init(_ observations: some Sequence<Observation>, objective: Objective) {
    let domains = objective.domains
    losses = domains.map { _ in [] }
    for observation in observations {
      let values = domains.compactMap { observation.loss(of: $0) }
      guard values.count == domains.count, values.allSatisfy(\.isFinite) else { continue }
      mixtures.append(observation.mixture.weights)
      for (index, value) in values.enumerated() { losses[index].append(value) }
      objectives.append(objective.value(of: values))
    }
  }

  init(mixtures: [[Double]], losses: [[Double]], objective: Objective) {
    self.mixtures = mixtures
    self.losses = losses
    objectives = mixtures.indices.map { row in objective.value(of: losses.map { $0[row] }) }
  }
}
