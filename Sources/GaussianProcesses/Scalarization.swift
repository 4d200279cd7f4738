import Numerics

/// One number made of several losses, whose lowest point is on their Pareto front: the augmented Chebyshev function
/// max λᵢ (Lᵢ - zᵢ)/sᵢ + ρ Σ λᵢ (Lᵢ - zᵢ)/sᵢ, with z the lowest loss of each and s how far losses go on the front.
///
/// Each λ has another point of the front, also where it is not convex; ρ leaves out points that are better in one loss
/// only by being much worse in the other. Equation 2 of Knowles, ParEGO: A Hybrid Algorithm With On-Line Landscape
/// Approximation for Expensive Multiobjective Optimization Problems, IEEE Transactions on Evolutionary Computation 10
/// (2006), with its ρ of .05.
package struct Scalarization: Sendable, Hashable {
  static let augmentation = 0.05

  /// Those of the losses that count.
  package let outputs: [Int]
  /// λ of each; they sum to one.
  package let weights: [Double]
  /// z and s of each.
  package let lowest: [Double]
  package let spans: [Double]

  /// - Parameters:
  ///   - points: losses that are known or expected, by which losses are made comparable: [point][loss].
  /// - Precondition: a point.
  package init(outputs: [Int], weights: [Double], points: [[Double]]) {
    precondition(outputs.count == weights.count && !points.isEmpty)
    self.outputs = outputs
    self.weights = weights
    let values = points.map { point in outputs.map { point[$0] } }
    let front = Pareto.front(of: values).map { values[$0] }
    lowest = outputs.indices.map { i in values.map { $0[i] }.min()! }
    spans = outputs.indices.map { i in
      func range(_ values: [[Double]]) -> Double {
        values.map { $0[i] }.max()! - values.map { $0[i] }.min()!
      }
      // A front of one point, or nearly, says nothing of how far losses go.
      let span = max(range(front), 0.05 * range(values))
      return span > 1e-12 ? span : 1
    }
  }

  /// As a function of so many losses.
  package func function(outputs count: Int) -> LossFunction {
    var function = LossFunction(coefficients: [Double](repeating: 0, count: count))
    for (i, output) in outputs.enumerated() {
      let slope = weights[i] / spans[i]
      function.coefficients[output] += Self.augmentation * slope
      function.constant -= Self.augmentation * slope * lowest[i]
      function.worst.append(.init(output: output, loss: lowest[i], factor: slope))
    }
    return function
  }

  /// Weights of two losses for the n-th step of a search: steps of the golden ratio, so that any number of them in a row
  /// lies evenly between one loss alone and the other.
  package static func weights(ofStep step: Int) -> [Double] {
    let first = (0.5 + Double(step) * goldenRatio).truncatingRemainder(dividingBy: 1)
    return [first, 1 - first]
  }
}
