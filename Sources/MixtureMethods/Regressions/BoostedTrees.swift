import Numerics

/// Gradient-boosted regression trees for squared error: Friedman, *Greedy Function Approximation: A
/// Gradient Boosting Machine* (Annals of Statistics 29, 2001), each tree on a seeded subsample without
/// replacement (*Stochastic Gradient Boosting*, Computational Statistics & Data Analysis 38, 2002).
///
/// Splits are exact, among the midpoints between neighbouring values, and leaves are split best first
/// as in LightGBM, which RegMix and CLIMB use.
package struct BoostedTrees: Sendable {
  package struct Settings: Sendable, Hashable {
    /// Trees at most; how many are kept is chosen by cross-validation.
    package var rounds = 1000
    package var shrinkage = 0.05
    /// Leaves of a tree at most.
    package var leaves = 8
    /// Runs in a leaf at least; LightGBM's 20 would leave a study of 64 runs hardly a split.
    package var leafSize = 3
    /// Share of the runs that each tree sees.
    package var subsample = 0.8
    /// Parts of the cross-validation; one keeps all rounds.
    package var folds = 5
    /// Rounds without a better cross-validated error before the search for their number ends.
    package var patience = 50

    package init() {}
  }

  private var nodes: [TreeNode] = []
  private var roots: [Int] = []
  private let base: Double

  /// How many trees there are.
  package var count: Int { roots.count }

  /// - Parameters:
  ///   - inputs: (n, k).
  ///   - seed: of the subsamples and of the folds.
  /// - Precondition: there is an input, and all numbers are finite.
  package init(
    _ inputs: [[Double]], targets: [Double], settings: Settings = Settings(), seed: UInt64
  ) {
    precondition(!inputs.isEmpty && inputs.count == targets.count)
    let rounds = Self.chosenRounds(inputs, targets: targets, settings: settings, seed: seed)
    self.init(base: Statistics.mean(targets))
    var grower = Grower(inputs, targets: targets, base: base, settings: settings, seed: seed)
    for _ in 0..<rounds { add(&grower) }
  }

  private init(base: Double) { self.base = base }

  private mutating func add(_ grower: inout Grower) {
    roots.append(nodes.count)
    grower.grow(into: &nodes)
  }

  package func callAsFunction(_ input: [Double]) -> Double {
    input.withUnsafeBufferPointer { input in
      nodes.withUnsafeBufferPointer { nodes in
        var sum = base
        for root in roots { sum += TreeNode.output(of: root, nodes, input) }
        return sum
      }
    }
  }

  // MARK: - How many

  /// Trees grown without some of the runs, and what they predict of those.
  private struct Fold {
    var trees: BoostedTrees
    var grower: Grower
    var test: [Int]
    var predictions: [Double]

    mutating func grow(on inputs: [[Double]]) {
      trees.add(&grower)
      for (place, row) in test.enumerated() {
        predictions[place] += inputs[row].withUnsafeBufferPointer { input in
          trees.nodes.withUnsafeBufferPointer {
            TreeNode.output(of: trees.roots[trees.roots.count - 1], $0, input)
          }
        }
      }
    }
  }

  /// The number of trees of the least squared error on left-out folds, all folds together.
  private static func chosenRounds(
    _ inputs: [[Double]], targets: [Double], settings: Settings, seed: UInt64
  ) -> Int {
    let folds = min(settings.folds, inputs.count)
    guard folds > 1 else { return settings.rounds }
    var generator = SeededGenerator(seed: seed, stream: "folds")
    var order = Array(inputs.indices)
    generator.shuffle(&order)
    var parts = (0..<folds).map { fold in
      let test = order.indices.filter { $0 % folds == fold }.map { order[$0] }
      let train = order.indices.filter { $0 % folds != fold }.map { order[$0] }
      let targetsHere = train.map { targets[$0] }
      let base = Statistics.mean(targetsHere)
      return Fold(
        trees: BoostedTrees(base: base),
        grower: Grower(
          train.map { inputs[$0] }, targets: targetsHere, base: base, settings: settings,
          seed: seed &+ UInt64(fold) &+ 1), test: test, predictions: test.map { _ in base })
    }
    func error() -> Double {
      parts.reduce(0) { sum, fold in
        zip(fold.test, fold.predictions).reduce(sum) {
          $0 + (targets[$1.0] - $1.1) * (targets[$1.0] - $1.1)
        }
      }
    }
    var best = (rounds: 0, error: error())
    for round in 1...max(settings.rounds, 1) {
      for index in parts.indices { parts[index].grow(on: inputs) }
      let error = error()
      if error < best.error { best = (round, error) }
      if round - best.rounds >= settings.patience { break }
    }
    return best.rounds
  }

  // MARK: - Growing

  /// Residuals, and what is needed to grow the next tree on them.
  private struct Grower {
    let inputs: [[Double]]
    let settings: Settings
    var residuals: [Double]
    var generator: SeededGenerator
    /// The runs by each feature's value.
    let sorted: [[Int]]

    init(
      _ inputs: [[Double]], targets: [Double], base: Double, settings: Settings, seed: UInt64
    ) {
      self.inputs = inputs
      self.settings = settings
      residuals = targets.map { $0 - base }
      generator = SeededGenerator(seed: seed, stream: "boosting")
      sorted = (inputs.first ?? []).indices.map { feature in
        inputs.indices.sorted { (inputs[$0][feature], $0) < (inputs[$1][feature], $1) }
      }
    }

    private struct Split {
      var feature: Int
      var threshold: Double
      var gain: Double
    }

    private struct Leaf {
      var node: Int
      var members: [Int]
      var split: Split?
    }

    mutating func grow(into nodes: inout [TreeNode]) {
      var chosen = Array(inputs.indices)
      if settings.subsample < 1 {
        generator.shuffle(&chosen)
        let size = max(Int((settings.subsample * Double(inputs.count)).rounded()), 1)
        chosen = chosen.prefix(size).sorted()
      }
      let root = nodes.count
      nodes.append(.emptyLeaf)
      var leaves = [Leaf(node: root, members: chosen, split: split(chosen))]
      while leaves.count < settings.leaves {
        var best: Int?
        for (index, leaf) in leaves.enumerated() {
          guard let gain = leaf.split?.gain else { continue }
          if gain > best.flatMap({ leaves[$0].split?.gain }) ?? 0 { best = index }
        }
        guard let best, let split = leaves[best].split else { break }
        let leaf = leaves[best]
        let child = nodes.count
        nodes[leaf.node] = TreeNode(
          feature: Int32(split.feature), threshold: split.threshold, child: Int32(child))
        nodes.append(.emptyLeaf)
        nodes.append(.emptyLeaf)
        let below = leaf.members.filter { inputs[$0][split.feature] <= split.threshold }
        let above = leaf.members.filter { inputs[$0][split.feature] > split.threshold }
        leaves[best] = Leaf(node: child, members: below, split: self.split(below))
        leaves.append(Leaf(node: child + 1, members: above, split: self.split(above)))
      }
      for leaf in leaves {
        let sum = leaf.members.reduce(0) { $0 + residuals[$1] }
        nodes[leaf.node].threshold = settings.shrinkage * sum / Double(max(leaf.members.count, 1))
      }
      for row in inputs.indices {
        residuals[row] -= inputs[row].withUnsafeBufferPointer { input in
          nodes.withUnsafeBufferPointer { TreeNode.output(of: root, $0, input) }
        }
      }
    }

    /// The split of the largest fall of squared error; nil where none helps.
    private func split(_ members: [Int]) -> Split? {
      guard members.count >= 2 * settings.leafSize else { return nil }
      var isMember = [Bool](repeating: false, count: inputs.count)
      for member in members { isMember[member] = true }
      let total = members.reduce(0) { $0 + residuals[$1] }
      let whole = total * total / Double(members.count)
      var best: Split?
      for (feature, order) in sorted.enumerated() {
        var sum = 0.0
        var count = 0
        var last: Int?
        for row in order where isMember[row] {
          if let last, count >= settings.leafSize, members.count - count >= settings.leafSize,
            inputs[last][feature] < inputs[row][feature]
          {
            let rest = total - sum
            let gain =
              sum * sum / Double(count) + rest * rest / Double(members.count - count) - whole
            if gain > max(best?.gain ?? 0, 1e-14) {
              best = Split(
                feature: feature,
                threshold: splitThreshold(inputs[last][feature], inputs[row][feature]), gain: gain)
            }
          }
          sum += residuals[row]
          count += 1
          last = row
        }
      }
      return best
    }
  }
}
