import Kernels

// M tokens, C channels, V vocabulary entries.

/// The output layer in bfloat16: as ``OutputLayer``, with softmax and cross-entropy in single precision.
struct BFloat16OutputLayer {
  let vocabularySize: Int
  let channels: Int
  let offset: Int
  let kernels: BFloat16Kernels
  /// The matrix rounded, (V, C/2) words.
  private let rows: UnsafeMutablePointer<UInt32>
  /// Each block of entries as panels of pairs of entries.
  private let panels: UnsafeMutablePointer<UInt32>

  init(
    vocabularySize: Int, channels: Int, offset: Int, kernels: BFloat16Kernels,
    carver: inout Carver
  ) {
    self.vocabularySize = vocabularySize
    self.channels = channels
    self.offset = offset
    self.kernels = kernels
    rows = carver.takeWords(vocabularySize * channels / 2)
    panels = carver.takeWords((vocabularySize + 1) / 2 * BFloat16Matrix.padded(channels))
  }

  private var blockEntries: Int { OutputLayer.blockEntries(channels: channels) }
  var blocks: Int { (vocabularySize + blockEntries - 1) / blockEntries }

  private func entries(ofBlock block: Int) -> Range<Int> {
    block * blockEntries..<min((block + 1) * blockEntries, vocabularySize)
  }

  /// Blocks begin at even entries.
  private func panels(ofBlock block: Int) -> UnsafeMutablePointer<UInt32> {
    panels + block * blockEntries / 2 * BFloat16Matrix.padded(channels)
  }

  /// Rounds the matrix as both products take it.
  func pack(_ parameters: UnsafePointer<Float>) {
    kernels.roundRows(vocabularySize * channels, parameters + offset, rows)
    for block in 0..<blocks {
      let entries = entries(ofBlock: block)
      kernels.packRounded(
        entries.count, channels, parameters + (offset + entries.lowerBound * channels), false,
        panels(ofBlock: block))
    }
  }

  /// The loss of each of `tokens` rows `x` of words, in nats.
  ///
  /// - Parameter keeping: whether all blocks of logits are kept for `backward`.
  func forward(
    tokens: Int, x: UnsafePointer<UInt32>, xStride: Int, targets: UnsafePointer<UInt16>,
    losses: UnsafeMutablePointer<Float>, keeping: Bool, memory m: BFloat16Memory
  ) {
    let width = kernels.panelWidth
    let padded = (tokens + width - 1) / width * width
    m.largestLogits.update(repeating: -.infinity, count: padded)
    m.logitSums.update(repeating: 0, count: padded)
    for block in 0..<blocks {
      let entries = entries(ofBlock: block)
      let logits = m.logits + (keeping ? entries.lowerBound * m.logitStride : 0)
      let shifts = m.logitShifts + (keeping ? block * m.logitStride : 0)
      multiply(
        block: block, tokens: tokens, x: x, xStride: xStride, logits: logits, memory: m
      ) { token in
        kernels.softmaxBlock(
          entries.count, entries.lowerBound, min(width, tokens - token), logits + token,
          m.logitStride, targets + token, m.reachedLogits + token, m.largestLogits + token,
          m.logitSums + token, shifts + token)
      }
    }
    kernels.crossEntropy(tokens, m.largestLogits, m.logitSums, m.reachedLogits, losses)
  }

  /// The logits of `tokens` rows `x`: `body` is given each block of them, (entries, tokens) with rows
  /// of the memory's stride.
  func logits(
    tokens: Int, x: UnsafePointer<UInt32>, xStride: Int, memory m: BFloat16Memory,
    body: (Range<Int>) -> Void
  ) {
    for block in 0..<blocks {
      multiply(block: block, tokens: tokens, x: x, xStride: xStride, logits: m.logits, memory: m)
      body(entries(ofBlock: block))
    }
  }

  /// A block of logits, (entries, tokens); `body` is called for each panel of tokens, by its first,
  /// while the panel is in the first-level cache.
  private func multiply(
    block: Int, tokens: Int, x: UnsafePointer<UInt32>, xStride: Int,
    logits: UnsafeMutablePointer<Float>, memory m: BFloat16Memory, body: (Int) -> Void = { _ in }
  ) {
    let width = kernels.panelWidth
    let entries = entries(ofBlock: block)
    let words = channels / 2
    if block == 0 { kernels.packPanels(words, tokens, x, 1, xStride, m.tokenPanels) }
    for token in stride(from: 0, to: tokens, by: width) {
      kernels.multiplyPanels(
        entries.count, width, words, rows + entries.lowerBound * words, words,
        m.tokenPanels + token * words, nil, 0, logits + token, m.logitStride)
      body(token)
    }
  }

  /// After `forward` of the same rows, which begin with `row`: the gradient of `scale` times their summed
  /// loss, in `dx` and in the memory's slopes, from which `body` adds that of the matrix by `accumulate`, block
  /// by block.
  func backward(
    row: Int, tokens: Int, dx: UnsafeMutablePointer<Float>, dxStride: Int,
    targets: UnsafePointer<UInt16>, scale: Float, memory m: BFloat16Memory, body: (Int) -> Void
  ) {
    let width = kernels.panelWidth
    dx.update(repeating: 0, count: tokens * dxStride)
    // Last block first: it is still in the cache.
    for block in (0..<blocks).reversed() {
      let (first, entries) = (entries(ofBlock: block).lowerBound, entries(ofBlock: block).count)
      kernels.softmaxSlopes(
        entries, first, tokens, m.logits + first * m.logitStride, m.logitStride, targets,
        m.logitShifts + block * m.logitStride, m.largestLogits, m.logitSums, scale,
        m.slopes(ofRow: row, entry: first), m.slopeStride, m.slopePairs, m.logitStride)
      let depth = (entries + 1) / 2
      kernels.accumulate(
        tokens, channels, depth, m.slopePairs, 1, m.logitStride, panels(ofBlock: block), width,
        depth * width, dx, dxStride)
      body(block)
    }
  }

  /// Adds a block of entries' part of the matrix's gradient, after `backward` of the same rows.
  ///
  /// - Parameter xPairs: the rows as pairs of rows, (tokens/2, C) words.
  func accumulate(
    _ gradients: UnsafeMutablePointer<Float>, block: Int, row: Int, tokens: Int,
    xPairs: UnsafePointer<UInt32>, xPairStride: Int, memory m: BFloat16Memory
  ) {
    let entries = entries(ofBlock: block)
    kernels.accumulate(
      entries.count, channels, (tokens + 1) / 2, m.slopes(ofRow: row, entry: entries.lowerBound),
      m.slopeStride, 1, xPairs, xPairStride, kernels.panelWidth,
      gradients + (offset + entries.lowerBound * channels), channels)
  }
}
