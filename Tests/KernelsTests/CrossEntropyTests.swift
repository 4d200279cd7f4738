import Foundation
import Kernels
import Testing

// M tokens, V vocabulary entries.

@Suite struct SoftmaxAndCrossEntropyTests {
  /// Blocks of the vocabulary go through one after the other; the results are those of one piece.
  @Test(
    "of blocks of logits are those of the whole",
    arguments: KernelLevel.available,
    [(tokens: 1, v: 2, block: 256), (5, 16, 16), (33, 37, 8), (40, 1030, 256), (64, 100, 64)])
  func ofBlocksOfLogitsAreThoseOfTheWhole(
    level: KernelLevel, shape: (tokens: Int, v: Int, block: Int)
  ) {
    let kernels = KernelTable(level: level)
    let (tokens, v, block) = shape
    let width = kernels.panelWidth
    let padded = (tokens + width - 1) / width * width
    let stride = padded + 16
    var logits = random(v * stride, seed: 1, scale: 4)
    // Far out, late in the vocabulary and early: what came before counts for nothing, or comes to count.
    for entry in 0..<v { logits[entry * stride] += 1000 }
    logits[(v - 1) * stride + tokens / 2] = 90
    logits[tokens - 1] = 90
    let targets = (0..<tokens).map { UInt16(($0 * 7 + v - 1) % v) }
    let blocks = (v + block - 1) / block

    let terms = Guarded(logits)
    let largest = Guarded([Float](repeating: -.infinity, count: padded))
    let sums = Guarded([Float](repeating: 0, count: padded))
    let reached = Guarded([Float](repeating: 0, count: padded))
    let losses = Guarded([Float](repeating: 0, count: padded))
    let shifts = Guarded([Float](repeating: .nan, count: blocks * padded))
    for index in 0..<blocks {
      let first = index * block
      for token in Swift.stride(from: 0, to: tokens, by: width) {
        targets.withUnsafeBufferPointer {
          kernels.softmaxBlock(
            min(block, v - first), first, min(width, tokens - token),
            terms.base + first * stride + token, stride, $0.baseAddress! + token,
            reached.base + token, largest.base + token, sums.base + token,
            shifts.base + index * padded + token)
        }
      }
    }
    kernels.crossEntropy(tokens, largest.base, sums.base, reached.base, losses.base)
    for index in 0..<blocks {
      let first = index * block
      kernels.softmaxSlopes(
        min(block, v - first), first, tokens, terms.base + first * stride, stride, targets,
        shifts.base + index * padded, largest.base, sums.base, 0.25)
    }

    for token in 0..<tokens {
      let z = (0..<v).map { Double(logits[$0 * stride + token]) }
      let most = z.max()!
      let logSum = most + log(z.reduce(0) { $0 + exp($1 - most) })
      let target = Int(targets[token])
      let loss = logSum - z[target]
      #expect(abs(Double(losses.values[token]) - loss) < 1e-5 * (1 + loss))
      let worst = (0..<v).map { entry in
        let slope = 0.25 * (exp(z[entry] - logSum) - (entry == target ? 1 : 0))
        return abs(Double(terms.base[entry * stride + token]) - slope)
      }
      // Of a quarter: a block's terms are added one by one.
      #expect(worst.max()! < 5e-7)
    }
    for buffer in [terms, largest, sums, reached, losses, shifts] { #expect(buffer.isFrameWhole) }
  }

  @Test("pass on what is not a number", arguments: KernelLevel.available)
  func passOnWhatIsNotANumber(level: KernelLevel) {
    let kernels = KernelTable(level: level)
    let width = kernels.panelWidth
    for spoiled in [0, 1] {
      let logits = Guarded([Float](repeating: 0, count: 2 * width))
      logits.base[spoiled * width] = .nan
      let largest = Guarded([Float](repeating: -.infinity, count: width))
      let buffers = (0..<4).map { _ in Guarded([Float](repeating: 0, count: width)) }
      let (sums, reached, shifts, losses) = (buffers[0], buffers[1], buffers[2], buffers[3])
      kernels.softmaxBlock(
        2, 0, 2, logits.base, width, [0, 0], reached.base, largest.base, sums.base, shifts.base)
      kernels.crossEntropy(2, largest.base, sums.base, reached.base, losses.base)
      #expect(losses.values[0].isNaN)
      #expect(abs(losses.values[1] - Float(log(2.0))) < 1e-6)
    }
  }
}
