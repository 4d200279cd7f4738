import Numerics

/// What is minimized, as a function of the outputs' losses:
/// constant + Σ cᵈ Lᵈ + max fᵈ (Lᵈ - rᵈ) + Σ p max(Lᵈ - limitᵈ, 0), each part where there is one.
package struct LossFunction: Sendable, Hashable {
  package struct Level: Sendable, Hashable {
    package var output: Int
    package var loss: Double
    /// What a nat beyond it counts, where the largest excess counts.
    package var factor: Double

    package init(output: Int, loss: Double, factor: Double = 1) {
      self.output = output
      self.loss = loss
      self.factor = factor
    }

    func excess(_ value: Double) -> Double { factor * (value - loss) }
  }

  package var constant: Double
  /// What each output counts.
  package var coefficients: [Double]
  /// Outputs of which the largest excess over a level counts.
  package var worst: [Level]
  /// What losses should not exceed, and what each nat above costs.
  package var limits: [Level]
  package var penalty: Double

  package init(
    constant: Double = 0, coefficients: [Double], worst: [Level] = [], limits: [Level] = [],
    penalty: Double = 0
  ) {
    self.constant = constant
    self.coefficients = coefficients
    self.worst = worst
    self.limits = limits
    self.penalty = penalty
  }

  /// The same without limits.
  package var unguarded: LossFunction {
    var function = self
    function.limits = []
    return function
  }

  /// Whether it stays normal where losses are.
  package var isLinear: Bool { worst.isEmpty && limits.isEmpty }

  /// At many points: one array for each output, all of one length.
  package func values(of losses: [[Double]]) -> [Double] {
    let count = losses[0].count
    var result = [Double](repeating: constant, count: count)
    for (coefficient, output) in zip(coefficients, losses) where coefficient != 0 {
      for i in 0..<count { result[i] += coefficient * output[i] }
    }
    if let first = worst.first {
      var largest = losses[first.output].map { first.excess($0) }
      for level in worst.dropFirst() {
        let output = losses[level.output]
        for i in 0..<count { largest[i] = max(largest[i], level.excess(output[i])) }
      }
      for i in 0..<count { result[i] += largest[i] }
    }
    for level in limits {
      let output = losses[level.output]
      for i in 0..<count { result[i] += penalty * max(output[i] - level.loss, 0) }
    }
    return result
  }

  /// The derivatives in each output's loss times `adjoints`, in the shape of `losses`; at a corner, those
  /// of one side.
  package func gradients(of losses: [[Double]], adjoints: [Double]) -> [[Double]] {
    let count = adjoints.count
    var result = coefficients.map { coefficient in adjoints.map { coefficient * $0 } }
    if !worst.isEmpty {
      for i in 0..<count {
        var largest = worst[0]
        for level in worst.dropFirst()
        where level.excess(losses[level.output][i]) > largest.excess(losses[largest.output][i]) {
          largest = level
        }
        result[largest.output][i] += largest.factor * adjoints[i]
      }
    }
    for level in limits {
      for i in 0..<count where losses[level.output][i] > level.loss {
        result[level.output][i] += penalty * adjoints[i]
      }
    }
    return result
  }

  /// At one point.
  package func value(of losses: [Double]) -> Double { values(of: losses.map { [$0] })[0] }
}
