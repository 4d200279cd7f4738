import Foundation
import Numerics

/// Gradient-boosted trees for squared error as LightGBM grows them (Ke et al., *LightGBM: A Highly Efficient
/// Gradient Boosting Decision Tree*, NIPS 2017): values in bins, leaves split best first, and nothing random.
///
/// RegMix and CLIMB use LightGBM; with the same settings these trees predict what LightGBM 4.7.0 does to
/// six digits, on tables without missing values and with weights that are not negative.
package struct HistogramTrees: Sendable {
  /// Names and defaults are LightGBM's, with its parameter in parentheses.
  package struct Settings: Sendable, Hashable {
    /// Trees at most (`num_iterations`).
    package var rounds = 100
    /// What each tree counts (`learning_rate`).
    package var rate = 0.1
    /// Leaves of a tree at most (`num_leaves`).
    package var leaves = 31
    /// Splits from the root to a leaf at most; nil for any number (`max_depth`).
    package var depth: Int?
    /// Runs in a leaf at least (`min_data_in_leaf`).
    package var leafSize = 20
    /// Penalties on leaves (`lambda_l1`, `lambda_l2`).
    package var lambda1 = 0.0
    package var lambda2 = 0.0
    /// Bins of a feature at most, and runs in a bin at least (`max_bin`, `min_data_in_bin`).
    package var bins = 255
    package var binSize = 3
    /// Rounds without a lower error on the runs held out before growing ends; nil for no such end
    /// (`early_stopping`).
    package var patience: Int?

    package init() {}

    /// RegMix's notebook `regression.ipynb`: 1,000 rounds at .01, ended by three without gain.
    package static var regMix: Settings {
      var settings = Settings()
      (settings.rounds, settings.rate, settings.patience) = (1000, 0.01, 3)
      return settings
    }

    /// CLIMB, section 3 of the paper: depth 4, five runs a leaf, L1 and L2, 1,000 rounds ended by twenty
    /// without gain.
    package static var climb: Settings {
      var settings = regMix
      (settings.depth, settings.leafSize, settings.patience) = (4, 5, 20)
      (settings.lambda1, settings.lambda2) = (1, 1)
      return settings
    }
  }

  private var nodes: [TreeNode] = []
  private var roots: [Int] = []
  private let base: Double

  /// How many trees there are.
  package var count: Int { roots.count }

  /// - Parameters:
  ///   - inputs: (n, k), none negative.
  ///   - heldOut: runs that decide after how many trees growing ends; without them all rounds are grown.
  /// - Precondition: there is an input, and all numbers are finite.
  package init(
    _ inputs: [[Double]], targets: [Double], settings: Settings,
    heldOut: (inputs: [[Double]], targets: [Double])? = nil
  ) {
    precondition(!inputs.isEmpty && inputs.count == targets.count)
    base = Statistics.mean(targets)
    var grower = HistogramGrower(inputs, residuals: targets.map { [base] in $0 - base }, settings)
    var stopping = heldOut.flatMap { held in
      settings.patience.map { EarlyStopping(held.targets, start: base, patience: $0) }
    }
    while roots.count < settings.rounds {
      let root = nodes.count
      // Where no split is allowed LightGBM ends too: later trees would find none either.
      guard grower.grow(into: &nodes) else { break }
      roots.append(root)
      guard let held = heldOut, stopping != nil else { continue }
      let gains = held.inputs.map { output(of: root, at: $0) }
      if let best = stopping!.end(after: roots.count, adding: gains) {
        roots.removeLast(roots.count - best)
        return
      }
    }
    if let best = stopping?.bestAtTheEnd { roots.removeLast(roots.count - best) }
  }

  package func callAsFunction(_ input: [Double]) -> Double {
    roots.reduce(base) { $0 + output(of: $1, at: input) }
  }

  private func output(of root: Int, at input: [Double]) -> Double {
    nodes.withUnsafeBufferPointer { nodes in
      input.withUnsafeBufferPointer { TreeNode.output(of: root, nodes, $0) }
    }
  }
}

/// When to stop growing: as soon as one of the mean absolute and the mean squared error of the runs held out has
/// not fallen for some rounds; the number of trees at its lowest is kept. RegMix's metrics, in its order.
private struct EarlyStopping {
  private let targets: [Double]
  private let patience: Int
  private var predictions: [Double]
  private var best = [(rounds: Int, error: Double)](repeating: (0, .infinity), count: 2)

  init(_ targets: [Double], start: Double, patience: Int) {
    self.targets = targets
    self.patience = patience
    predictions = targets.map { _ in start }
  }

  /// - Returns: how many trees to keep; nil where growing goes on.
  mutating func end(after rounds: Int, adding gains: [Double]) -> Int? {
    for index in predictions.indices { predictions[index] += gains[index] }
    let errors = zip(targets, predictions).map { $0 - $1 }
    let means = [
      errors.reduce(0) { $0 + abs($1) } / Double(max(errors.count, 1)),
      errors.reduce(0) { $0 + $1 * $1 } / Double(max(errors.count, 1)),
    ]
    for index in best.indices {
      if means[index] < best[index].error { best[index] = (rounds, means[index]) }
      if rounds - best[index].rounds >= patience { return best[index].rounds }
    }
    return nil
  }

  var bestAtTheEnd: Int? { best[0].rounds > 0 ? best[0].rounds : nil }
}
