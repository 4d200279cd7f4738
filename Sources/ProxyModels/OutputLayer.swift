import COpenBLAS
import Kernels

// M tokens, C channels, V vocabulary entries.

/// The output layer, whose matrix (V, C) is the embedding: logits, cross-entropy and the way back.
///
/// Logits are kept as (entries, tokens) and worked off by blocks of entries. Each block of the matrix
/// then serves all tokens of a micro-batch while it is in the second-level cache, and needs no panels
/// packed for the way forward.
struct OutputLayer {
  let vocabularySize: Int
  let channels: Int
  let offset: Int
  let kernels: KernelTable
  let usesKernels: Bool

  init(
    vocabularySize: Int, channels: Int, offset: Int, kernels: KernelTable, engine: ProductEngine
  ) {
    self.vocabularySize = vocabularySize
    self.channels = channels
    self.offset = offset
    self.kernels = kernels
    usesKernels = engine.packs(outputs: vocabularySize, inputs: channels, level: kernels.level)
  }

  /// Entries of a block: the block of the matrix and its logits are to stay in the second-level cache.
  static func blockEntries(channels: Int) -> Int { min(max((64 << 10) / channels & ~7, 64), 256) }

  /// Tokens whose logits are held at once: what they share of the matrix's way through the caches
  /// does not grow much beyond 256; a vast vocabulary holds fewer.
  static func blockTokens(vocabularySize: Int, rows: Int) -> Int {
    min(rows, min(max((2 << 20) / vocabularySize & ~31, 32), 256))
  }

  private var blockEntries: Int { Self.blockEntries(channels: channels) }
  var blocks: Int { (vocabularySize + blockEntries - 1) / blockEntries }

  private func entries(ofBlock block: Int) -> Range<Int> {
    block * blockEntries..<min((block + 1) * blockEntries, vocabularySize)
  }

  /// The loss of each of `tokens` rows `x`, in nats.
  ///
  /// - Parameters:
  ///   - keeping: whether all blocks of logits are kept for `backward`.
  ///   - logits: where they go.
  func forward(
    _ parameters: UnsafePointer<Float>, tokens: Int, x: UnsafePointer<Float>, xStride: Int,
    targets: UnsafePointer<UInt16>, losses: UnsafeMutablePointer<Float>, keeping: Bool,
    logits all: UnsafeMutablePointer<Float>, workspace w: Workspace
  ) {
    let width = kernels.panelWidth
    let padded = (tokens + width - 1) / width * width
    w.largestLogits.update(repeating: -.infinity, count: padded)
    w.logitSums.update(repeating: 0, count: padded)
    for block in 0..<blocks {
      let entries = entries(ofBlock: block)
      let logits = all + (keeping ? entries.lowerBound * w.logitStride : 0)
      let shifts = w.logitShifts + (keeping ? block * w.logitStride : 0)
      multiply(
        parameters, block: block, tokens: tokens, x: x, xStride: xStride, logits: logits,
        workspace: w
      ) { token in
        kernels.softmaxBlock(
          entries.count, entries.lowerBound, min(width, tokens - token), logits + token,
          w.logitStride, targets + token, w.reachedLogits + token, w.largestLogits + token,
          w.logitSums + token, shifts + token)
      }
    }
    kernels.crossEntropy(tokens, w.largestLogits, w.logitSums, w.reachedLogits, losses)
  }

  /// The logits of `tokens` rows `x`: `body` is given each block of them, (entries, tokens) with rows
  /// of the workspace's stride.
  func logits(
    _ parameters: UnsafePointer<Float>, tokens: Int, x: UnsafePointer<Float>, xStride: Int,
    workspace w: Workspace, body: (Range<Int>) -> Void
  ) {
    for block in 0..<blocks {
      multiply(
        parameters, block: block, tokens: tokens, x: x, xStride: xStride, logits: w.logits,
        workspace: w)
      body(entries(ofBlock: block))
    }
  }

  /// A block of logits, (entries, tokens); `body` is called for each panel of tokens, by its first,
  /// while the panel is in the first-level cache.
  private func multiply(
    _ parameters: UnsafePointer<Float>, block: Int, tokens: Int, x: UnsafePointer<Float>,
    xStride: Int, logits: UnsafeMutablePointer<Float>, workspace w: Workspace,
    body: (Int) -> Void = { _ in }
  ) {
    let width = kernels.panelWidth
    let entries = entries(ofBlock: block)
    let weights = parameters + (offset + entries.lowerBound * channels)
    if !usesKernels {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, blasint(entries.count), blasint(tokens),
        blasint(channels), 1, weights, blasint(channels), x, blasint(xStride), 0, logits,
        blasint(w.logitStride))
    } else if block == 0 {
      kernels.packPanels(channels, tokens, x, 1, xStride, w.tokenPanels)
    }
    for token in stride(from: 0, to: tokens, by: width) {
      if usesKernels {
        kernels.multiplyPanels(
          entries.count, width, channels, weights, channels, w.tokenPanels + token * channels, nil,
          0, logits + token, w.logitStride)
      }
      body(token)
    }
  }

  /// After `forward` of the same rows: the gradient of `scale` times their summed loss, in `dx` and in place
  /// of the logits, from which `body` adds that of the matrix by `accumulate`, block by block.
  func backward(
    _ parameters: UnsafePointer<Float>, tokens: Int, dx: UnsafeMutablePointer<Float>,
    dxStride: Int, targets: UnsafePointer<UInt16>, scale: Float,
    logits all: UnsafeMutablePointer<Float>, workspace w: Workspace, body: (Int) -> Void
  ) {
    dx.update(repeating: 0, count: tokens * dxStride)
    // Last block first: it is still in the cache.
    for block in (0..<blocks).reversed() {
      let (first, entries) = (entries(ofBlock: block).lowerBound, entries(ofBlock: block).count)
      let logits = all + first * w.logitStride
      let weights = parameters + (offset + first * channels)
      kernels.softmaxSlopes(
        entries, first, tokens, logits, w.logitStride, targets,
        w.logitShifts + block * w.logitStride, w.largestLogits, w.logitSums, scale)
      if usesKernels {
        let width = kernels.panelWidth
        kernels.packPanels(entries, channels, weights, channels, 1, w.entryPanels)
        kernels.accumulate(
          tokens, channels, entries, logits, 1, w.logitStride, w.entryPanels, width,
          entries * width, dx, dxStride)
      } else {
        cblas_sgemm(
          CblasRowMajor, CblasTrans, CblasNoTrans, blasint(tokens), blasint(channels),
          blasint(entries), 1, logits, blasint(w.logitStride), weights, blasint(channels), 1, dx,
          blasint(dxStride))
      }
      body(block)
    }
  }

  /// Adds a block of entries' part of the matrix's gradient, after `backward` of the same rows `x`.
  func accumulate(
    _ gradients: UnsafeMutablePointer<Float>, block: Int, tokens: Int, x: UnsafePointer<Float>,
    xStride: Int, logits: UnsafePointer<Float>, stride: Int
  ) {
    let entries = entries(ofBlock: block)
    let logits = logits + entries.lowerBound * stride
    let slopes = gradients + (offset + entries.lowerBound * channels)
    if usesKernels {
      kernels.accumulate(
        entries.count, channels, tokens, logits, stride, 1, x, xStride, kernels.panelWidth, slopes,
        channels)
    } else {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(entries.count), blasint(channels),
        blasint(tokens), 1, logits, blasint(stride), x, blasint(xStride), 1, slopes,
        blasint(channels))
    }
  }
}
