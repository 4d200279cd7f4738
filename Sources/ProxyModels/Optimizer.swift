import Foundation
import Kernels

/// AdamW over the flat vector of parameters, with gradients summed over shards and clipped.
final class Optimizer: @unchecked Sendable {
  /// Parameters that share their learning rate and decay, cut into blocks that workers share out.
  private struct Block {
    var offset: Int
    var count: Int
    var kind: ParameterLayout.Kind
  }

  let first: FloatBuffer
  let second: FloatBuffer
  /// Zero between steps. One for each shard of the batch; where they are shared, the sum of the shards
  /// that are complete and the one under way.
  let gradients: [FloatBuffer]
  /// Whether shards share their gradients' memory, see ``GradientTurns``: those of a large model take as
  /// much as the model each.
  let sharesGradients: Bool

  /// Parameters from which a model counts as large.
  static let largeCount = 4_000_000

  private let blocks: [Block]
  private var squares: [Double]
  private var configuration: TrainingConfiguration
  private let model: ProxyModel
  private let others: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

  /// - Parameter sharesGradients: by the model's size if nil; the bits are the same.
  init(model: ProxyModel, configuration: TrainingConfiguration, sharesGradients: Bool? = nil) {
    self.model = model
    self.configuration = configuration
    let count = model.layout.count
    first = FloatBuffer(count: count)
    second = FloatBuffer(count: count)
    let shards = configuration.gradientShards
    let isShared = sharesGradients ?? (count >= Self.largeCount)
    self.sharesGradients = isShared
    gradients = (0..<(isShared ? min(shards, 2) : shards)).map { _ in FloatBuffer(count: count) }
    var runs: [Block] = []
    for tensor in model.layout.tensors {
      if let last = runs.last, last.kind == tensor.kind {
        runs[runs.count - 1].count += tensor.count
      } else {
        runs.append(Block(offset: tensor.offset, count: tensor.count, kind: tensor.kind))
      }
    }
    blocks = runs.flatMap { run in
      stride(from: 0, to: run.count, by: 1 << 15).map { start in
        Block(
          offset: run.offset + start, count: min(1 << 15, run.count - start), kind: run.kind)
      }
    }
    squares = Array(repeating: 0, count: blocks.count)
    others = .allocate(capacity: max(gradients.count - 1, 1))
    for (index, gradient) in gradients.dropFirst().enumerated() {
      (others + index).initialize(to: gradient.base)
    }
  }

  deinit { others.deallocate() }

  /// See ``TrainingRun/aim(atSteps:)``.
  func aim(atSteps steps: Int) { configuration.steps = steps }

  /// The turns of a step's micro-batches at gradients that are shared.
  func turns() -> GradientTurns {
    let merge = model.bfloat16?.kernels.mergeGradients ?? model.kernels.mergeGradients
    let (sum, shard) = (gradients[0], gradients[gradients.count - 1])
    nonisolated(unsafe) let others = others
    return GradientTurns(layout: model.layout, sum: sum.base, shard: shard.base) { range in
      _ = merge(range.count, sum.base + range.lowerBound, others, 1, range.lowerBound)
    }
  }

  /// Forgets the gradients of a step that is not taken.
  func clearGradients() {
    for gradient in gradients { gradient.elements.update(repeating: 0) }
  }

  /// Gives back the memory of gradients, which are zero, until they are written again.
  func releaseGradients() {
    for gradient in gradients { gradient.releaseZeros() }
  }

  /// Merges the gradients of the shards, unless that is done already; returns the norm of the sum. The order
  /// of additions does not depend on the number of workers.
  func mergeGradients(workers: Int) -> Double {
    let merge = model.bfloat16?.kernels.mergeGradients ?? model.kernels.mergeGradients
    let (blocks, sum) = (blocks, gradients[0])
    let otherCount = sharesGradients ? 0 : gradients.count - 1
    squares.withUnsafeMutableBufferPointer { squares in
      nonisolated(unsafe) let (squares, others) = (squares, others)
      concurrently(workers: workers, items: blocks.count) { _, index in
        let block = blocks[index]
        squares[index] = merge(
          block.count, sum.base + block.offset, others, otherCount, block.offset)
      }
    }
    return squares.reduce(0, +).squareRoot()
  }

  /// Changes the parameters by the merged gradient, which becomes zero.
  func step(_ step: Int, norm: Double, workers: Int) {
    let c = configuration
    let change = model.bfloat16?.kernels.adamStep ?? model.kernels.adamStep
    let (blocks, gradient) = (blocks, gradients[0])
    let (parameters, first, second) = (model.parameters, first, second)
    let clip = norm > c.clipNorm ? c.clipNorm / norm : 1
    let share = c.rateShare(step: step)
    let widthScale = TrainingConfiguration.baseWidth / Double(c.size.width)
    let firstCorrection = 1 / (1 - pow(c.firstDecay, Double(step + 1)))
    let secondCorrection = 1 / (1 - pow(c.secondDecay, Double(step + 1)))
    concurrently(workers: workers, items: blocks.count) { _, index in
      let block = blocks[index]
      let rate =
        share * (block.kind == .matrix ? c.learningRate * widthScale : c.embeddingRate)
      let decay = block.kind == .matrix ? c.weightDecay : 0
      change(
        block.count, parameters.base + block.offset, gradient.base + block.offset,
        first.base + block.offset, second.base + block.offset, Float(clip), Float(c.firstDecay),
        Float(c.secondDecay), Float(rate * firstCorrection), Float(secondCorrection),
        Float(c.epsilon), Float(1 - rate * decay))
    }
    model.parametersChanged(workers: workers)
  }
}
