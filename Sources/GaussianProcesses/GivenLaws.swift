import Foundation
import Numerics

/// Losses that another model gives every mixture.
package protocol LossPredictor: Sendable {
  /// Of one output at k weights, positive, nats per token.
  func loss(_ output: Int, at weights: [Double]) -> Double
  /// Adds `factor` times its gradient in the weights.
  func addGradient(
    _ output: Int, at weights: [Double], times factor: Double, to gradient: inout [Double])
}

/// The logarithms of another model's losses as the law of each output, less their mean over all mixtures
/// and over their standard deviation: a surrogate finds out how much they count.
package struct GivenLaws: Sendable {
  private let predictor: any LossPredictor
  private let centers: [Double]
  private let spreads: [Double]

  package var outputs: Int { centers.count }

  /// - Parameter parts: weights of a mixture.
  package init(_ predictor: any LossPredictor, outputs: Int, parts: Int) {
    self.predictor = predictor
    let mixtures = SobolSequence.simplexPoints(parts: parts, count: 128, seed: 0)
    let values = (0..<outputs).map { output in
      mixtures.map { log(predictor.loss(output, at: $0)) }
    }
    centers = values.map(Statistics.mean)
    spreads = values.map { max((Statistics.variance($0) ?? 0).squareRoot(), 1e-6) }
  }

  func value(_ output: Int, at weights: [Double]) -> Double {
    (log(predictor.loss(output, at: weights)) - centers[output]) / spreads[output]
  }

  func addGradient(
    _ output: Int, at weights: [Double], times factor: Double, to gradient: inout [Double]
  ) {
    let loss = predictor.loss(output, at: weights)
    predictor.addGradient(
      output, at: weights, times: factor / (loss * spreads[output]), to: &gradient)
  }
}
