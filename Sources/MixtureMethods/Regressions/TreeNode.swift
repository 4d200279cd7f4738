/// A node of boosted trees that stand one after the other, each with its root first.
struct TreeNode: Sendable {
  /// Below zero for a leaf.
  var feature: Int32
  /// Of a leaf, what it adds.
  var threshold: Double
  /// Where the first child is; the second follows it.
  var child: Int32

  static let emptyLeaf = TreeNode(feature: -1, threshold: 0, child: 0)

  /// What the tree with this root adds at an input.
  static func output(
    of root: Int, _ nodes: UnsafeBufferPointer<TreeNode>, _ input: UnsafeBufferPointer<Double>
  ) -> Double {
    var place = root
    while true {
      let node = nodes[place]
      if node.feature < 0 { return node.threshold }
      place = Int(node.child) + (input[Int(node.feature)] <= node.threshold ? 0 : 1)
    }
  }
}
