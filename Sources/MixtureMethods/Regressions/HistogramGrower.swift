import Foundation

/// Residuals, and what is needed to grow the next of ``HistogramTrees`` on them.
struct HistogramGrower {
  private let settings: HistogramTrees.Settings
  private let features: [FeatureBins]
  private var residuals: [Double]

  init(_ inputs: [[Double]], residuals: [Double], _ settings: HistogramTrees.Settings) {
    self.settings = settings
    self.residuals = residuals
    features = (inputs.first ?? []).indices.map { feature in
      FeatureBins(
        inputs.map { $0[feature] }, most: settings.bins, least: settings.binSize)
    }
  }

  private struct Split {
    var feature: Int
    /// The last bin that goes to the first child.
    var bin: Int
    var gain: Double
  }

  private struct Leaf {
    var node: Int
    var depth: Int
    var members: [Int]
    var sum: Double
    var split: Split?
    /// Features with a split that gains. With penalties a feature may have none; then LightGBM does not try it in
    /// the children either (`is_splittable` in `src/treelearner/serial_tree_learner.cpp`).
    var features: [Int] = []
  }

  /// - Returns: false where not even the root can be split; then nothing is added.
  mutating func grow(into nodes: inout [TreeNode]) -> Bool {
    let all = Array(residuals.indices)
    var leaves = [leaf(nodes.count, 0, all, trying: Array(features.indices))]
    guard leaves[0].split != nil else { return false }
    nodes.append(.emptyLeaf)
    while leaves.count < settings.leaves {
      var best: Int?
      for (index, leaf) in leaves.enumerated() {
        guard let split = leaf.split else { continue }
        guard let other = best.flatMap({ leaves[$0].split }) else {
          best = index
          continue
        }
        if split.gain > other.gain
          || (split.gain == other.gain && split.feature < other.feature)
        {
          best = index
        }
      }
      guard let best, let split = leaves[best].split else { break }
      let parent = leaves[best]
      let bins = features[split.feature]
      let child = nodes.count
      nodes[parent.node] = .init(
        feature: Int32(split.feature), threshold: bins.bounds[split.bin], child: Int32(child))
      nodes.append(.emptyLeaf)
      nodes.append(.emptyLeaf)
      let below = parent.members.filter { bins.places[$0] <= split.bin }
      let above = parent.members.filter { bins.places[$0] > split.bin }
      leaves[best] = leaf(child, parent.depth + 1, below, trying: parent.features)
      leaves.append(leaf(child + 1, parent.depth + 1, above, trying: parent.features))
    }
    for leaf in leaves {
      let output =
        settings.rate * threshold(leaf.sum) / (Double(leaf.members.count) + settings.lambda2)
      nodes[leaf.node].threshold = output
      for member in leaf.members { residuals[member] -= output }
    }
    return true
  }

  /// A leaf with the best split that it can have.
  private func leaf(
    _ node: Int, _ depth: Int, _ members: [Int], trying candidates: [Int]
  ) -> Leaf {
    let sum = members.reduce(0) { $0 + residuals[$1] }
    var leaf = Leaf(node: node, depth: depth, members: members, sum: sum, split: nil)
    guard members.count >= 2 * settings.leafSize, settings.depth.map({ depth < $0 }) ?? true
    else { return leaf }
    let whole = gain(sum, members.count)
    for feature in candidates where features[feature].count > 1 {
      let bins = features[feature]
      var gains = false
      var sums = [Double](repeating: 0, count: bins.count)
      var counts = [Int](repeating: 0, count: bins.count)
      for member in members {
        sums[bins.places[member]] += residuals[member]
        counts[bins.places[member]] += 1
      }
      var (above, aboveCount) = (0.0, 0)
      for bin in (1..<bins.count).reversed() {
        above += sums[bin]
        aboveCount += counts[bin]
        guard aboveCount >= settings.leafSize else { continue }
        let belowCount = members.count - aboveCount
        guard belowCount >= settings.leafSize else { break }
        let found = gain(above, aboveCount) + gain(sum - above, belowCount)
        // Of equal splits the one with the highest bin, and of equal features the first.
        guard found > whole else { continue }
        gains = true
        if found - whole > leaf.split?.gain ?? 0 {
          leaf.split = Split(feature: feature, bin: bin - 1, gain: found - whole)
        }
      }
      if gains { leaf.features.append(feature) }
    }
    return leaf
  }

  private func threshold(_ sum: Double) -> Double {
    let size = max(abs(sum) - settings.lambda1, 0)
    return sum < 0 ? -size : size
  }

  private func gain(_ sum: Double, _ count: Int) -> Double {
    let held = threshold(sum)
    return held * held / (Double(count) + settings.lambda2)
  }
}
