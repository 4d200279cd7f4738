import GaussianProcesses
import Mixtures
import Numerics

/// A surrogate with the names of what goes in and comes out: it predicts the losses and the objective of any
/// mixture.
package struct ObjectiveModel: MixturePredictor {
  package let domains: [String]
  /// Held-out domains, in the order of the surrogate's outputs.
  package let outputs: [String]
  package let surrogate: CompositeSurrogate
  /// The objective, of the outputs.
  package let function: LossFunction
  package let feasible: FeasibleMixtures
  /// The only mixtures that there are; nil for all that are feasible.
  package let pool: [Mixture]?

  package var runs: Int { surrogate.data.count }

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

  package func objectives(at weights: [[Double]]) -> [Prediction] {
    surrogate.values(of: function, at: weights)
  }

  package func means(at weights: [[Double]]) -> [Double] {
    objectives(at: weights).map(\.mean)
  }

  package func losses(at weights: [[Double]]) -> [[Prediction]] {
    surrogate.losses(at: weights)
  }
}
