/// A ``LossFunction`` as another program reads it: see `PageScript`.
package struct LossFunctionExport: Sendable, Encodable {
  /// `factor` times what a loss is above `loss`.
  package struct Level: Sendable, Encodable {
    package var output: Int
    package var loss: Double
    package var factor: Double

    init(_ level: LossFunction.Level) {
      (output, loss, factor) = (level.output, level.loss, level.factor)
    }
  }

  package var constant: Double
  package var coefficients: [Double]
  package var worst: [Level]
  package var limits: [Level]
  package var penalty: Double

  init(_ function: LossFunction) {
    constant = function.constant
    coefficients = function.coefficients
    worst = function.worst.map(Level.init)
    limits = function.limits.map(Level.init)
    penalty = function.penalty
  }
}
