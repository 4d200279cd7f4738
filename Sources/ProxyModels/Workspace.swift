import Kernels

// M rows (tokens of a micro-batch), T positions, C channels, F hidden channels, H heads, V vocabulary
// entries.

/// What one worker needs to run a micro-batch forward and back: allocated once, never in a step.
package final class Workspace: @unchecked Sendable {
  /// What a layer keeps of its way forward.
  struct Layer {
    /// The residual stream as it enters, (M, C).
    let input: UnsafeMutablePointer<Float>
    let attentionNorm: UnsafeMutablePointer<Float>
    /// Query, key and value, (M, 3C); rotated where attention has been.
    let attention: UnsafeMutablePointer<Float>
    /// What the heads put out, (M, C).
    let mixed: UnsafeMutablePointer<Float>
    /// The residual stream between the halves, (M, C).
    let middle: UnsafeMutablePointer<Float>
    let hiddenNorm: UnsafeMutablePointer<Float>
    /// Gate and up, (M, 2F).
    let gates: UnsafeMutablePointer<Float>
    /// 1/rms of each row, (M), before each half.
    let attentionInverse: UnsafeMutablePointer<Float>
    let hiddenInverse: UnsafeMutablePointer<Float>
    /// (sequences, H, T), see `attend`.
    let logSums: UnsafeMutablePointer<Float>
  }

  let rows: Int
  let headRows: Int
  /// Whether the slopes of all rows' logits are kept to the end of the way back.
  let keepsHeadSlopes: Bool
  let layers: [Layer]
  /// The residual stream as it leaves the last layer, (M, C).
  let output: UnsafeMutablePointer<Float>
  let finalNorm: UnsafeMutablePointer<Float>
  let finalInverse: UnsafeMutablePointer<Float>
  /// The gated unit's inside, (M, F), and its gradient.
  let hidden: UnsafeMutablePointer<Float>
  /// Gradient of the residual stream, (M, C).
  let dResidual: UnsafeMutablePointer<Float>
  /// Gradient of what a product or norm put out, (M, C).
  let dBranch: UnsafeMutablePointer<Float>
  /// (M, 3C).
  let dAttention: UnsafeMutablePointer<Float>
  /// Logits of a block of rows, (V, headRows), and then what `softmaxBlock` makes of them; without a
  /// way back, of one block of the vocabulary; of all blocks of rows where slopes are kept.
  let logits: UnsafeMutablePointer<Float>
  /// One for each row of such a block.
  let largestLogits: UnsafeMutablePointer<Float>
  let logitSums: UnsafeMutablePointer<Float>
  let reachedLogits: UnsafeMutablePointer<Float>
  /// (blocks of the vocabulary, headRows).
  let logitShifts: UnsafeMutablePointer<Float>
  /// A block of rows of the output layer's input, packed, and a block of its matrix.
  let tokenPanels: UnsafeMutablePointer<Float>
  let entryPanels: UnsafeMutablePointer<Float>
  /// Some rows of a large matrix, packed.
  let matrixPanels: UnsafeMutablePointer<Float>
  /// The loss of each row, (M).
  let losses: UnsafeMutablePointer<Float>
  let scratch: UnsafeMutablePointer<Float>
  var inputs: [UInt16]
  var targets: [UInt16]
  /// All but the tokens and their losses, where products are of bfloat16.
  let bfloat16: BFloat16Memory?
  /// Of the parameters that are measured, where there is no way back.
  var projections: TokenProjections?
  /// Told after each part, where there is one.
  package var profile: Profile?
  private let memory: FloatBuffer
  /// From one block of rows' logits to the next, zero where they share memory.
  private let rowLogits: Int

  // Strides are an odd number of cache lines: rows a power of two apart share a few sets of the
  // cache and drive each other out.
  let widthStride: Int
  let attentionStride: Int
  let hiddenStride: Int
  let gateStride: Int
  let logitStride: Int

  static func oddLines(_ count: Int) -> Int { ((count + 15) / 16 | 1) * 16 }

  /// - Parameters:
  ///   - sequences: of `positions` tokens, the most that a micro-batch has.
  ///   - training: whether the layers keep what the way back needs; otherwise all share one memory.
  ///   - keepsHeadSlopes: whether the output layer keeps, of all rows, what its matrix's gradient needs.
  package init(
    layout: ParameterLayout, sequences: Int, positions: Int, training: Bool,
    keepsHeadSlopes: Bool = false, precision: Precision = .fp32
  ) {
    self.keepsHeadSlopes = keepsHeadSlopes
    let allRows = sequences * positions
    bfloat16 =
      precision == .fp32
      ? nil
      : BFloat16Memory(
        layout: layout, rows: allRows, positions: positions, training: training,
        keepsHeadSlopes: keepsHeadSlopes)
    let (c, f) = (layout.size.width, layout.size.hiddenWidth)
    // What follows is of single precision.
    let rows = precision == .fp32 ? allRows : 0
    let vocabulary = layout.vocabularySize
    let headRows = OutputLayer.blockTokens(vocabularySize: vocabulary, rows: rows)
    let blockEntries = OutputLayer.blockEntries(channels: c)
    // Whole panels of any level.
    let headColumns = (headRows + 31) / 32 * 32
    let headBlocks = keepsHeadSlopes && rows > 0 ? (rows + headRows - 1) / headRows : 1
    let widthStride = Self.oddLines(c)
    let attentionStride = Self.oddLines(3 * c)
    let hiddenStride = Self.oddLines(f)
    let gateStride = Self.oddLines(2 * f)
    let logitStride = Self.oddLines(headColumns)

    func carve(_ carver: inout Carver, then body: (inout Carver) -> Void) -> [Layer] {
      func layer() -> Layer {
        Layer(
          input: carver.take(rows * widthStride), attentionNorm: carver.take(rows * widthStride),
          attention: carver.take(rows * attentionStride), mixed: carver.take(rows * widthStride),
          middle: carver.take(rows * widthStride), hiddenNorm: carver.take(rows * widthStride),
          gates: carver.take(rows * gateStride), attentionInverse: carver.take(rows),
          hiddenInverse: carver.take(rows), logSums: carver.take(rows * layout.size.heads))
      }
      let layers: [Layer]
      if training {
        layers = (0..<layout.size.layers).map { _ in layer() }
      } else {
        layers = Array(repeating: layer(), count: layout.size.layers)
      }
      body(&carver)
      return layers
    }
    // The largest matrix's inputs are the most of any.
    let matrixColumns =
      WeightMatrix.isLarge(outputs: c, inputs: f)
      ? max(c, f)
      : WeightMatrix.isLarge(outputs: max(3 * c, 2 * f), inputs: c) ? c : 0
    let counts = [
      rows * widthStride, rows * widthStride, rows, rows * hiddenStride,
      training ? rows * widthStride : 0, training ? rows * widthStride : 0,
      training ? rows * attentionStride : 0, allRows + 16,
      (training ? headBlocks * vocabulary : blockEntries) * logitStride, headColumns, headColumns,
      headColumns,
      (training ? (vocabulary + blockEntries - 1) / blockEntries : 1) * logitStride,
      headColumns * c,
      training && rows > 0 ? blockEntries * ((c + 31) / 32 * 32) : 0,
      rows > 0
        ? KernelTable.attentionScratch(positions: positions, headSize: layout.size.headSize) : 0,
      WeightMatrix.packedRows * ((matrixColumns + 31) / 32 * 32),
    ]
    var measure = Carver()
    _ = carve(&measure) { carver in for count in counts { _ = carver.take(count) } }
    memory = FloatBuffer(count: measure.used)
    var carver = Carver(memory.base)
    var parts: [UnsafeMutablePointer<Float>] = []
    layers = carve(&carver) { carver in parts = counts.map { carver.take($0) } }
    // Without a way back the residual stream needs no more than its two halves.
    output = training ? parts[0] : layers[0].input
    finalNorm = parts[1]
    finalInverse = parts[2]
    hidden = parts[3]
    dResidual = parts[4]
    dBranch = parts[5]
    dAttention = parts[6]
    losses = parts[7]
    logits = parts[8]
    largestLogits = parts[9]
    logitSums = parts[10]
    reachedLogits = parts[11]
    logitShifts = parts[12]
    tokenPanels = parts[13]
    entryPanels = parts[14]
    scratch = parts[15]
    matrixPanels = parts[16]
    inputs = Array(repeating: 0, count: allRows)
    targets = Array(repeating: 0, count: allRows)
    self.rows = allRows
    self.headRows = headRows
    self.widthStride = widthStride
    self.attentionStride = attentionStride
    self.hiddenStride = hiddenStride
    self.gateStride = gateStride
    self.logitStride = logitStride
    rowLogits = keepsHeadSlopes && rows > 0 ? vocabulary * logitStride : 0
  }

  /// The logits of the block of rows that begins with a row.
  func logits(ofRow row: Int) -> UnsafeMutablePointer<Float> {
    logits + row / max(headRows, 1) * rowLogits
  }
}

extension Workspace {
  /// Takes in windows of tokens: what each position sees and what it is to predict, and the embedding of what
  /// it sees.
  ///
  /// - Parameters:
  ///   - windows: `sequences` windows of `positions` + 1 tokens.
  ///   - parameters: of a model of the layout; the embedding comes first.
  ///   - rows: one for each position, a multiple of `stride` apart.
  func embed(
    _ windows: UnsafePointer<UInt16>, sequences: Int, positions: Int,
    _ parameters: UnsafePointer<Float>, of layout: ParameterLayout,
    into rows: UnsafeMutablePointer<Float>, stride: Int
  ) {
    let c = layout.size.width
    inputs.withUnsafeMutableBufferPointer { inputs in
      targets.withUnsafeMutableBufferPointer { targets in
        for sequence in 0..<sequences {
          let window = windows + sequence * (positions + 1)
          for position in 0..<positions {
            let row = sequence * positions + position
            let token = Int(window[position])
            precondition(token < layout.vocabularySize, "token \(token) is not in the vocabulary")
            inputs[row] = window[position]
            targets[row] = window[position + 1]
            (rows + row * stride).update(from: parameters + token * c, count: c)
          }
        }
      }
    }
  }

  /// The first layer's queries, keys and values of the rows that `embed` took in, from the table; false where
  /// there is none.
  func project(into rows: UnsafeMutablePointer<Float>, stride: Int, count: Int) -> Bool {
    guard let projections else { return false }
    inputs.withUnsafeBufferPointer { inputs in
      projections.gather(
        UnsafeBufferPointer(rebasing: inputs[..<count]), into: rows, stride: stride)
    }
    profile?.mark(.products)
    return true
  }
}
