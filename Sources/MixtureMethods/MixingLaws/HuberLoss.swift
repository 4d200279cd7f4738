import Foundation

/// The loss of Huber, *Robust Estimation of a Location Parameter* (Annals of Mathematical Statistics
/// 35, 1964): squares up to `threshold`, straight lines beyond.
package struct HuberLoss: Sendable, Hashable {
  package var threshold: Double

  package init(threshold: Double) { self.threshold = threshold }

  /// The loss and its slope at a residual.
  package func callAsFunction(_ residual: Double) -> (value: Double, slope: Double) {
    if abs(residual) <= threshold { return (0.5 * residual * residual, residual) }
    let sign: Double = residual < 0 ? -1 : 1
    return (threshold * (abs(residual) - 0.5 * threshold), sign * threshold)
  }
}
