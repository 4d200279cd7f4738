import GaussianProcesses
import Mixtures
import Numerics

/// A surrogate with the names of what goes in and comes out: it predicts the losses and the objective of any
/// mixture.
package struct ObjectiveModel: Sendable {
  package let domains: [String]
  /// Held-out domains, in the order of the surrogate's outputs.
  package let outputs: [String]
  package let surrogate: CompositeSurrogate
  /// The objective, of the outputs.
  package let function: LossFunction
  package let feasible: FeasibleMixtures
  /// The only mixtures that there are; nil for all that are feasible.
  package let pool: [Mixture]?

  /// What is expected of one mixture, in nats per token, the noise of a run not included.
  package struct MixturePrediction: Sendable {
    package var mixture: Mixture
    package var objective: Prediction
    /// In the order of ``ObjectiveModel/outputs``.
    package var losses: [Prediction]
    /// That of the objective and of each loss, minus those of another mixture; nil where it is that one.
    package var change: (objective: Prediction, losses: [Prediction])?
  }

  /// - Parameter reference: what changes are counted from.
  package func predictions(
    of mixtures: [Mixture], against reference: Mixture?
  ) -> [MixturePrediction] {
    let weights = mixtures.map(\.weights)
    let objectives = surrogate.values(of: function, at: weights)
    let losses = surrogate.losses(at: weights)
    return mixtures.indices.map { i in
      var prediction = MixturePrediction(
        mixture: mixtures[i], objective: objectives[i], losses: losses[i])
      if let reference, reference != mixtures[i],
        let found = surrogate.change(over: [(reference.weights, weights[i])], in: function)
      {
        prediction.change = (found.function, found.outputs)
      }
      return prediction
    }
  }

  /// The objective's mean at each mixture.
  package func means(at weights: [[Double]]) -> [Double] {
    surrogate.values(of: function, at: weights).map(\.mean)
  }
}
