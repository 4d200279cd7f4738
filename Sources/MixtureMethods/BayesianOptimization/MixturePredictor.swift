import GaussianProcesses
import Mixtures
import Numerics

/// What is expected of one mixture, in nats per token, the noise of a run not included.
package struct MixturePrediction: Sendable {
  package var mixture: Mixture
  package var objective: Prediction
  /// In the order of ``MixturePredictor/outputs``.
  package var losses: [Prediction]
  /// That of the objective and of each loss, minus those of another mixture; nil where it is that one.
  package var change: (objective: Prediction, losses: [Prediction])?
}

/// Predicts the losses and the objective of any mixture, at the size and length that are asked about.
package protocol MixturePredictor: Sendable {
  var domains: [String] { get }
  /// Held-out domains.
  var outputs: [String] { get }
  var feasible: FeasibleMixtures { get }
  /// The only mixtures that there are; nil for all that are feasible.
  var pool: [Mixture]? { get }
  /// How many it has learned from.
  var runs: Int { get }

  /// - Parameter reference: what changes are counted from.
  func predictions(of mixtures: [Mixture], against reference: Mixture?) -> [MixturePrediction]
  /// The objective at each mixture.
  func objectives(at weights: [[Double]]) -> [Prediction]
  /// The objective's mean at each mixture.
  func means(at weights: [[Double]]) -> [Double]
  /// Each loss at each mixture, [mixture][output].
  func losses(at weights: [[Double]]) -> [[Prediction]]
}

extension MixturePredictor {
  /// The objective along a line for each domain, on which its weight goes from none to all and the others keep the
  /// proportions that they have at `center`.
  package func slices(through center: Mixture) -> [Insight.Slice] {
    // Finer at the ends, where a first little of a domain may be worth much.
    let grid = [0, 0.01, 0.025] + (1...19).map { Double($0) / 20 } + [0.975, 0.99, 1]
    return domains.indices.map { j in
      let mixtures = grid.map { Insight.moved(center.weights, j, to: $0) }
      return Insight.Slice(
        domain: domains[j], points: zip(grid, objectives(at: mixtures)).map { ($0, $1) })
    }
  }
}
