import Foundation
import Numerics

/// One domain's loss as a power of its own weight: `L = a / (w^b + 1e-6)`.
///
/// BiMix (Ge et al., [arXiv 2405.14908](https://arxiv.org/abs/2405.14908)) at one scale, where its
/// power of the steps is a constant, in the form and with the limits of Lindenau's comparison: fitted
/// on weights between .05 and .9. It knows of no help that one domain gives another.
package struct BivariateLaw: Sendable, Hashable {
  package static let epsilon = 1e-6
  static let fittedWeights = 0.05...0.9

  /// `a`, the loss with nothing but the domain's own text, nats per token.
  package var level: Double
  /// `b`, positive.
  package var power: Double

  package init(level: Double, power: Double) {
    self.level = level
    self.power = power
  }

  package func loss(at weight: Double) -> Double { level / (pow(weight, power) + Self.epsilon) }

  /// The loss's slope in the weight; at a weight of zero that of 1e-12.
  func slope(at weight: Double) -> Double {
    let weight = max(weight, 1e-12)
    let base = pow(weight, power)
    return -level * power * base / weight / ((base + Self.epsilon) * (base + Self.epsilon))
  }

  /// Least squares of the loss, from the line through the logarithms.
  ///
  /// Where fewer than three weights lie between the limits, all positive ones are used; nil where
  /// even those are fewer than two.
  package static func fit(weights: [Double], losses: [Double]) -> BivariateLaw? {
    let all = zip(weights, losses).filter { $0.0 > 0 && $0.1 > 0 }
    let within = all.filter { fittedWeights.lowerBound < $0.0 && $0.0 < fittedWeights.upperBound }
    let points = within.count >= 3 ? within : all
    guard points.count >= 2 else { return nil }
    let x = points.map { log($0.0) }
    let y = points.map { log($0.1) }
    let (centerX, centerY) = (Statistics.mean(x), Statistics.mean(y))
    let spread = x.reduce(0) { $0 + ($1 - centerX) * ($1 - centerX) }
    let slope =
      spread > 0
      ? zip(x, y).reduce(0) { $0 + ($1.0 - centerX) * ($1.1 - centerY) } / spread : -0.1
    let power = max(-slope, 1e-3)
    var search = LimitedMemoryBFGS()
    search.gradientTolerance = 1e-10
    search.valueTolerance = 1e-14
    // Logarithms of both keep them positive.
    let found = search.minimize(from: [centerY + power * centerX, log(power)]) { parameters in
      let law = BivariateLaw(level: exp(parameters[0]), power: exp(parameters[1]))
      var sum = 0.0
      var gradient = [0.0, 0.0]
      for (weight, loss) in points {
        let base = pow(weight, law.power)
        let predicted = law.level / (base + epsilon)
        let residual = predicted - loss
        sum += 0.5 * residual * residual
        gradient[0] += residual * predicted
        gradient[1] -=
          residual * predicted * base / (base + epsilon) * log(weight) * law.power
      }
      let share = 1 / Double(points.count)
      return (sum * share, gradient.map { $0 * share })
    }
    return BivariateLaw(level: exp(found.point[0]), power: exp(found.point[1]))
  }
}
