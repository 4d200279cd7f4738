import Foundation
import Kernels

extension ParameterLayout {
  /// What one stretch of the way back adds gradients to.
  enum Part {
    case embedding
    case layer(Int)
    case finalGain
  }

  var partCount: Int { layers.count + 2 }

  func index(of part: Part) -> Int {
    switch part {
    case .embedding: 0
    case .layer(let index): 1 + index
    case .finalGain: 1 + layers.count
    }
  }

  /// Parts lie one after the other.
  func range(of part: Part) -> Range<Int> {
    let starts = [embedding] + layers.map(\.attentionGain) + [finalGain, count]
    return starts[index(of: part)]..<starts[index(of: part) + 1]
  }
}

/// Lets the micro-batches of a step add to the same gradients one after the other, part by part: while one
/// adds to a layer, the next is anywhere before that.
///
/// Gradients are then added up in the order in which one worker would do it, so that they have the same bits
/// for any number of workers, and take the memory of two models for any number: the sum of the shards that are
/// complete, and the shard under way.
final class GradientTurns: @unchecked Sendable {
  private let layout: ParameterLayout
  private let sum: UnsafeMutablePointer<Float>
  private let shard: UnsafeMutablePointer<Float>
  private let merge: @Sendable (Range<Int>) -> Void
  private let condition = NSCondition()
  /// The micro-batch whose turn it is at each part.
  private var turns: [Int]

  /// - Parameters:
  ///   - sum, shard: as many numbers as the layout has, zero before the step.
  ///   - merge: adds a range of `shard` to `sum`, and makes it zero.
  init(
    layout: ParameterLayout, sum: UnsafeMutablePointer<Float>,
    shard: UnsafeMutablePointer<Float>, merge: @escaping @Sendable (Range<Int>) -> Void
  ) {
    self.layout = layout
    self.sum = sum
    self.shard = shard
    self.merge = merge
    turns = Array(repeating: 0, count: layout.partCount)
  }

  /// A micro-batch's place in the order.
  struct Turn {
    fileprivate let turns: GradientTurns
    /// From 0, over all shards.
    let microBatch: Int
    /// Its gradients are the sum's from the start.
    let isOfFirstShard: Bool
    let isLastOfShard: Bool

    /// Where its gradients are added.
    var gradients: UnsafeMutablePointer<Float> { isOfFirstShard ? turns.sum : turns.shard }

    /// Waits until all micro-batches before this one have added to a part.
    func begin(_ part: ParameterLayout.Part, _ profile: Profile?) {
      turns.wait(for: microBatch, at: turns.layout.index(of: part))
      profile?.mark(.other)
    }

    /// Nothing more will be added to the part.
    func end(_ part: ParameterLayout.Part, _ profile: Profile?) {
      if isLastOfShard && !isOfFirstShard {
        turns.merge(turns.layout.range(of: part))
        profile?.mark(.elementwise)
      }
      turns.pass(at: turns.layout.index(of: part))
    }
  }

  func turn(ofMicroBatch index: Int, isOfFirstShard: Bool, isLastOfShard: Bool) -> Turn {
    Turn(
      turns: self, microBatch: index, isOfFirstShard: isOfFirstShard, isLastOfShard: isLastOfShard)
  }

  private func wait(for microBatch: Int, at part: Int) {
    condition.lock()
    while turns[part] != microBatch { condition.wait() }
    condition.unlock()
  }

  private func pass(at part: Int) {
    condition.lock()
    turns[part] += 1
    condition.broadcast()
    condition.unlock()
  }
}
