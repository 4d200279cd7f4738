import Numerics

/// Regression trees on samples with replacement (Breiman, *Random Forests*, Machine Learning 45, 2001), each grown
/// until its leaves hold one run or equal values, with all features at every split: the settings of SMAC3's
/// hyperparameter facade (version 2.2.0: ten trees, bootstrap, `ratio_features` 1, `min_samples_leaf` 1).
package struct RegressionForest: Sendable {
  private struct Node: Sendable {
    /// Below zero for a leaf.
    var feature: Int
    var threshold: Double
    /// Where the second child is; the first follows this node.
    var second: Int
    var mean: Double
    var variance: Double
  }

  private var trees: [[Node]] = []

  /// - Parameters:
  ///   - inputs: (n, k).
  ///   - seed: of the samples.
  /// - Precondition: there is an input.
  package init(_ inputs: [[Double]], targets: [Double], trees count: Int = 10, seed: UInt64) {
    precondition(!inputs.isEmpty && inputs.count == targets.count)
    var generator = SeededGenerator(seed: seed, stream: "forest")
    for _ in 0..<count {
      let sample = inputs.map { _ in generator.integer(below: inputs.count) }
      var nodes: [Node] = []
      Self.grow(sample, inputs, targets, into: &nodes)
      trees.append(nodes)
    }
  }

  private static func grow(
    _ members: [Int], _ inputs: [[Double]], _ targets: [Double], into nodes: inout [Node]
  ) {
    let values = members.map { targets[$0] }
    let mean = Statistics.mean(values)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let place = nodes.count
    nodes.append(
      Node(
        feature: -1, threshold: 0, second: 0, mean: mean,
        variance: square / Double(values.count)))
    guard let split = split(members, inputs, targets), square > 1e-16 else { return }
    nodes[place].feature = split.feature
    nodes[place].threshold = split.threshold
    let below = members.filter { inputs[$0][split.feature] <= split.threshold }
    let above = members.filter { inputs[$0][split.feature] > split.threshold }
    grow(below, inputs, targets, into: &nodes)
    nodes[place].second = nodes.count
    grow(above, inputs, targets, into: &nodes)
  }

  private static func split(
    _ members: [Int], _ inputs: [[Double]], _ targets: [Double]
  ) -> (feature: Int, threshold: Double)? {
    let total = members.reduce(0) { $0 + targets[$1] }
    var best: (feature: Int, threshold: Double, gain: Double)?
    for feature in inputs[0].indices {
      let order = members.sorted { (inputs[$0][feature], $0) < (inputs[$1][feature], $1) }
      var sum = 0.0
      for (index, (row, next)) in zip(order, order.dropFirst()).enumerated() {
        sum += targets[row]
        guard inputs[row][feature] < inputs[next][feature] else { continue }
        let count = Double(index + 1)
        let rest = total - sum
        let gain = sum * sum / count + rest * rest / (Double(order.count) - count)
        if gain > best?.gain ?? -.infinity {
          let threshold = splitThreshold(inputs[row][feature], inputs[next][feature])
          best = (feature, threshold, gain)
        }
      }
    }
    return best.map { ($0.feature, $0.threshold) }
  }

  /// Mean and variance over the trees, the variance within their leaves included (Hutter et al., *Algorithm Runtime
  /// Prediction*, Artificial Intelligence 206, 2014, section 4.3).
  package func callAsFunction(_ input: [Double]) -> (mean: Double, variance: Double) {
    var (means, squares) = (0.0, 0.0)
    for nodes in trees {
      var place = 0
      while nodes[place].feature >= 0 {
        let node = nodes[place]
        place = input[node.feature] <= node.threshold ? place + 1 : node.second
      }
      means += nodes[place].mean
      squares += nodes[place].variance + nodes[place].mean * nodes[place].mean
    }
    let count = Double(trees.count)
    let mean = means / count
    return (mean, max(squares / count - mean * mean, 0))
  }
}
