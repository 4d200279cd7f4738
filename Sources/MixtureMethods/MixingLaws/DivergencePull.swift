import Foundation

/// A price on leaving a mixture: `strength` times the Kullback–Leibler divergence KL(w ‖ center), nats per token.
package struct DivergencePull: Sendable, Hashable {
  package let strength: Double
  private let center: [Double]

  /// Shares below it count as this, as in Olmix.
  private static let least = 1e-12
  /// Where the slope, infinite at zero, is taken for weights below.
  private static let leastWeight = 1e-9

  package init(strength: Double, center: [Double]) {
    self.strength = strength
    let raised = center.map { max($0, Self.least) }
    let sum = raised.reduce(0, +)
    self.center = raised.map { $0 / sum }
  }

  package func value(at weights: [Double]) -> Double {
    strength
      * zip(weights, center).reduce(0) { $1.0 > 0 ? $0 + $1.0 * log($1.0 / $1.1) : $0 }
  }

  package func addGradient(at weights: [Double], to gradient: inout [Double]) {
    for index in weights.indices {
      gradient[index] +=
        strength * (log(max(weights[index], Self.leastWeight) / center[index]) + 1)
    }
  }
}
