import Kernels

// M rows (tokens of a micro-batch), T positions, C channels, F hidden channels, H heads, V vocabulary
// entries. Words are pairs of bfloat16: a row of pairs of channels, or a row of pairs of two rows.

/// What one worker needs to run a micro-batch forward and back in bfloat16.
final class BFloat16Memory: @unchecked Sendable {
  /// What a layer keeps of its way forward.
  struct Layer {
    /// The residual stream as it enters, (M, C), and between the halves.
    let input: UnsafeMutablePointer<Float>
    let middle: UnsafeMutablePointer<Float>
    /// What the halves' first products take, as pairs of rows, (M/2, C) words.
    let attentionPairs: UnsafeMutablePointer<UInt32>
    let hiddenPairs: UnsafeMutablePointer<UInt32>
    /// Query and key, rotated, and value, as pairs of channels, (M, 3C/2) words.
    let heads: UnsafeMutablePointer<UInt32>
    /// What the heads put out, (M, C), and as pairs of rows.
    let mixed: UnsafeMutablePointer<Float>
    let mixedPairs: UnsafeMutablePointer<UInt32>
    /// Gate and up, (M, 2F).
    let gates: UnsafeMutablePointer<Float>
    /// 1/rms of each row, (M), before each half.
    let attentionInverse: UnsafeMutablePointer<Float>
    let hiddenInverse: UnsafeMutablePointer<Float>
    /// (sequences, H, T), see `attend`.
    let logSums: UnsafeMutablePointer<Float>

    fileprivate init(_ carver: inout Carver, rows: Int, heads headCount: Int, strides s: Strides) {
      input = carver.take(rows * s.width)
      middle = carver.take(rows * s.width)
      attentionPairs = carver.takeWords(rows / 2 * s.width)
      hiddenPairs = carver.takeWords(rows / 2 * s.width)
      heads = carver.takeWords(rows * s.heads)
      mixed = carver.take(rows * s.width)
      mixedPairs = carver.takeWords(rows / 2 * s.width)
      gates = carver.take(rows * s.gates)
      attentionInverse = carver.take(rows)
      hiddenInverse = carver.take(rows)
      logSums = carver.take(rows * headCount)
    }
  }

  /// From one row to the next, in numbers or words: an odd number of cache lines, since rows a power of two
  /// apart share a few sets of the cache and drive each other out.
  struct Strides {
    /// C numbers, or pairs of rows of as many channels.
    let width: Int
    /// C/2 words.
    let widthRows: Int
    /// 3C numbers, or pairs of rows.
    let attention: Int
    /// 3C/2 words.
    let heads: Int
    /// F numbers, or pairs of rows.
    let hidden: Int
    /// F/2 words.
    let hiddenRows: Int
    /// 2F numbers, or pairs of rows.
    let gates: Int
    /// F words: 2F channels.
    let gateRows: Int

    init(width c: Int, hidden f: Int) {
      width = Workspace.oddLines(c)
      widthRows = Workspace.oddLines(c / 2)
      attention = Workspace.oddLines(3 * c)
      heads = Workspace.oddLines(3 * c / 2)
      hidden = Workspace.oddLines(f)
      hiddenRows = Workspace.oddLines(f / 2)
      gates = Workspace.oddLines(2 * f)
      gateRows = Workspace.oddLines(f)
    }
  }

  let strides: Strides
  let layers: [Layer]
  /// What a product of the way forward takes, as pairs of channels.
  let rowWords: UnsafeMutablePointer<UInt32>
  /// Query, key and value, (M, 3C).
  let attention: UnsafeMutablePointer<Float>
  /// The residual stream as it leaves the last layer, (M, C).
  let output: UnsafeMutablePointer<Float>
  let finalRows: UnsafeMutablePointer<UInt32>
  let finalPairs: UnsafeMutablePointer<UInt32>
  let finalInverse: UnsafeMutablePointer<Float>
  /// Gradient of the residual stream, (M, C), and as products take it.
  let dResidual: UnsafeMutablePointer<Float>
  let dResidualRows: UnsafeMutablePointer<UInt32>
  let dResidualPairs: UnsafeMutablePointer<UInt32>
  /// Gradient of what a product or norm put out, (M, C).
  let dBranch: UnsafeMutablePointer<Float>
  /// Gradient of the gated unit's inside, (M, F), and the inside itself, as pairs of rows.
  let dHidden: UnsafeMutablePointer<Float>
  let hiddenPairs: UnsafeMutablePointer<UInt32>
  /// Gradients of gate and up, 2F channels, or of query, key and value, 3C channels.
  let dWideRows: UnsafeMutablePointer<UInt32>
  let dWidePairs: UnsafeMutablePointer<UInt32>
  /// Logits of a block of rows, (V, tokens), and then what `softmaxBlock` makes of them; without a way
  /// back, of one block of the vocabulary.
  let logits: UnsafeMutablePointer<Float>
  let largestLogits: UnsafeMutablePointer<Float>
  let logitSums: UnsafeMutablePointer<Float>
  let reachedLogits: UnsafeMutablePointer<Float>
  /// (blocks of the vocabulary, tokens).
  let logitShifts: UnsafeMutablePointer<Float>
  /// Gradients of a block's logits, (entries, tokens/2) words and (entries/2, tokens); where they are kept,
  /// the former of all blocks of rows and entries.
  let slopes: UnsafeMutablePointer<UInt32>
  let slopePairs: UnsafeMutablePointer<UInt32>
  /// A block of rows of the output layer's input, packed.
  let tokenPanels: UnsafeMutablePointer<UInt32>
  /// Some rows of a large matrix, packed.
  let matrixPanels: UnsafeMutablePointer<UInt32>
  let scratch: UnsafeMutablePointer<UInt32>
  let headRows: Int
  let logitStride: Int
  let slopeStride: Int
  /// From one block of rows' slopes to the next, and from one entry's; zero where blocks share memory.
  private let rowSlopes: Int
  private let entrySlopes: Int
  private let buffer: FloatBuffer

  /// - Parameters:
  ///   - rows: of `positions` tokens each, the most that a micro-batch has.
  ///   - training: whether the layers keep what the way back needs; otherwise all share one memory.
  ///   - keepsHeadSlopes: as in ``Workspace``.
  init(
    layout: ParameterLayout, rows: Int, positions: Int, training: Bool,
    keepsHeadSlopes: Bool = false
  ) {
    let (c, f) = (layout.size.width, layout.size.hiddenWidth)
    let even = (rows + 1) & ~1
    let vocabulary = layout.vocabularySize
    let strides = Strides(width: c, hidden: f)
    let headRows = OutputLayer.blockTokens(vocabularySize: vocabulary, rows: rows)
    let blockEntries = OutputLayer.blockEntries(channels: c)
    let headColumns = (headRows + 31) / 32 * 32
    let logitStride = Workspace.oddLines(headColumns)
    let slopeStride = Workspace.oddLines(headColumns / 2)
    let rowSlopes = keepsHeadSlopes ? (vocabulary + 1) * slopeStride : 0
    let slopeCount =
      keepsHeadSlopes
      ? (rows + headRows - 1) / headRows * rowSlopes : (blockEntries + 1) * slopeStride
    let matrixColumns =
      [(3 * c, c), (c, c), (2 * f, c), (c, f)]
      .filter { BFloat16Matrix.isLarge(outputs: $0.0, inputs: $0.1) }.map(\.1).max() ?? 0
    let back = training ? even : 0
    let counts = [
      even * max(strides.widthRows, strides.hiddenRows), even * strides.attention,
      training ? even * strides.width : 0, even * strides.widthRows, even / 2 * strides.width,
      even, back * strides.width, back * strides.widthRows, back / 2 * strides.width,
      back * strides.width, back * strides.hidden, back / 2 * strides.hidden,
      back * max(strides.gateRows, strides.heads),
      back / 2 * max(strides.gates, strides.attention),
      (training ? vocabulary : blockEntries) * logitStride, headColumns, headColumns, headColumns,
      (training ? (vocabulary + blockEntries - 1) / blockEntries : 1) * logitStride,
      training ? slopeCount : 0,
      training ? (blockEntries + 1) / 2 * logitStride : 0, headColumns * c / 2,
      max(BFloat16Matrix.packedRows * BFloat16Matrix.padded(matrixColumns) / 2, 0),
      BFloat16Kernels.attentionScratch(positions: positions, headSize: layout.size.headSize),
    ]
    func carve(_ carver: inout Carver) -> ([Layer], [UnsafeMutablePointer<Float>]) {
      let heads = layout.size.heads
      let layers =
        training
        ? (0..<layout.size.layers).map { _ in
          Layer(&carver, rows: even, heads: heads, strides: strides)
        }
        : Array(
          repeating: Layer(&carver, rows: even, heads: heads, strides: strides),
          count: layout.size.layers)
      return (layers, counts.map { carver.take($0) })
    }
    var measure = Carver()
    _ = carve(&measure)
    buffer = FloatBuffer(count: measure.used)
    var carver = Carver(buffer.base)
    let (layers, parts) = carve(&carver)
    func words(_ index: Int) -> UnsafeMutablePointer<UInt32> {
      UnsafeMutableRawPointer(parts[index]).assumingMemoryBound(to: UInt32.self)
    }
    self.layers = layers
    rowWords = words(0)
    attention = parts[1]
    // Without a way back the residual stream needs no more than its two halves.
    output = training ? parts[2] : layers[0].input
    finalRows = words(3)
    finalPairs = words(4)
    finalInverse = parts[5]
    dResidual = parts[6]
    dResidualRows = words(7)
    dResidualPairs = words(8)
    dBranch = parts[9]
    dHidden = parts[10]
    hiddenPairs = words(11)
    dWideRows = words(12)
    dWidePairs = words(13)
    logits = parts[14]
    largestLogits = parts[15]
    logitSums = parts[16]
    reachedLogits = parts[17]
    logitShifts = parts[18]
    slopes = words(19)
    slopePairs = words(20)
    tokenPanels = words(21)
    matrixPanels = words(22)
    scratch = words(23)
    self.strides = strides
    self.headRows = headRows
    self.logitStride = logitStride
    self.slopeStride = slopeStride
    self.rowSlopes = rowSlopes
    entrySlopes = keepsHeadSlopes ? slopeStride : 0
  }

  /// The slopes of the block of rows that begins with `row` and the block of entries that begins with `entry`.
  func slopes(ofRow row: Int, entry: Int) -> UnsafeMutablePointer<UInt32> {
    slopes + row / headRows * rowSlopes + entry * entrySlopes
  }
}
