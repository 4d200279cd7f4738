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
  /// Zero between steps. One for each shard of the batch; of a large model, where each takes as much
  /// memory as the model, one for each worker and one for what is merged already.
  let gradients: [FloatBuffer]
  /// Shards whose gradients are taken before the next merge, and the buffer of the first of them: the
  /// order of additions is the same for any waves.
  let waves: [(shards: Range<Int>, firstBuffer: Int)]

  /// Parameters from which a model counts as large.
  static let largeCount = 4_000_000

  private let blocks: [Block]
  private var squares: [Double]
  private var configuration: TrainingConfiguration
  private let model: ProxyModel
  private let others: UnsafeMutablePointer<UnsafeMutablePointer<Float>>

  init(model: ProxyModel, configuration: TrainingConfiguration, workers: Int) {
    self.model = model
    self.configuration = configuration
    let count = model.layout.count
    first = FloatBuffer(count: count)
    second = FloatBuffer(count: count)
    let shards = configuration.gradientShards
    if count < Self.largeCount || shards <= workers {
      waves = [(0..<shards, 0)]
    } else {
      waves =
        [(0..<workers, 0)]
        + stride(from: workers, to: shards, by: workers).map {
          ($0..<min($0 + workers, shards), 1)
        }
    }
    gradients = (0..<waves.map { $0.firstBuffer + $0.shards.count }.max()!).map { _ in
      FloatBuffer(count: count)
    }
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

  /// Merges the gradients of a wave of shards with those before it; returns the norm of the sum. The order
  /// of additions does not depend on the number of workers.
  ///
  /// - Parameter wave: the last if nil.
  @discardableResult
  func mergeGradients(ofWave wave: Int? = nil, workers: Int) -> Double {
    let wave = waves[wave ?? waves.count - 1]
    let merge = model.bfloat16?.kernels.mergeGradients ?? model.kernels.mergeGradients
    let (blocks, sum) = (blocks, gradients[0])
    squares.withUnsafeMutableBufferPointer { squares in
      nonisolated(unsafe) let (squares, others) = (squares, others)
      let otherCount = wave.firstBuffer + wave.shards.count - 1
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
