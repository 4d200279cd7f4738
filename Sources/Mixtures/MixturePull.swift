import Foundation

/// What it costs to leave a reference mixture: strength · KL(w ‖ reference), in the objective's unit. Olmix
/// (arXiv 2602.12237) adds the same term to its fitted objective, with the natural mixture as the reference.
package struct MixturePull: Sendable, Hashable {
  /// One share for each domain; they sum to one.
  package let reference: [Double]
  package let strength: Double

  package init(toward reference: [Double], strength: Double) {
    let sum = reference.reduce(0, +)
    precondition(sum > 0 && strength >= 0, "expected a mixture and a strength")
    // Of a domain without any text, a little would cost without bound.
    let kept = reference.map { max($0 / sum, 1e-9) }
    let total = kept.reduce(0, +)
    self.reference = kept.map { $0 / total }
    self.strength = strength
  }

  package func value(at weights: [Double]) -> Double {
    var sum = 0.0
    for (weight, share) in zip(weights, reference) where weight > 0 {
      sum += weight * log(weight / share)
    }
    return strength * sum
  }

  /// In the weights; where one vanishes, as at a millionth.
  package func gradient(at weights: [Double]) -> [Double] {
    zip(weights, reference).map { strength * (log(max($0, 1e-6) / $1) + 1) }
  }
}
