import COpenBLAS
import Foundation
import Kernels

// M rows (tokens of a micro-batch), T positions, C channels, F hidden channels, H heads, V vocabulary
// entries.

/// A decoder of Llama's kind with its parameters: RMSNorm, rotary positions, SwiGLU, the embedding
/// tied to the output layer, no biases.
package final class ProxyModel: @unchecked Sendable {
  package let layout: ParameterLayout
  let kernels: KernelTable
  let parameters: FloatBuffer
  /// The ways forward and back of a model whose products are of bfloat16; nil for one of single precision.
  let bfloat16: BFloat16Passes?

  struct Layer {
    let attention: WeightMatrix
    let attentionOutput: WeightMatrix
    let gates: WeightMatrix
    let down: WeightMatrix
  }
  let layers: [Layer]
  let head: OutputLayer
  /// (T, D/2) each.
  private let cosines: FloatBuffer
  private let sines: FloatBuffer
  private let panelMemory: FloatBuffer

  package static let normEpsilon: Float = 1e-5
  package static let rotaryBase = 10_000.0

  /// A model whose parameters are all zero until they are set.
  ///
  /// - Parameters:
  ///   - kernels, engine: of single precision.
  ///   - bfloat16: kernels for products of bfloat16, nil for single precision.
  package init(
    size: ModelSize, vocabularySize: Int, kernels: KernelTable, engine: ProductEngine = .automatic,
    bfloat16: BFloat16Kernels? = nil
  ) {
    // Of matrices that OpenBLAS multiplies, no panels are kept; those of bfloat16 are another's.
    let engine = bfloat16 == nil ? engine : .blas
    let layout = ParameterLayout(size: size, vocabularySize: vocabularySize)
    self.layout = layout
    self.kernels = kernels
    parameters = FloatBuffer(count: layout.count)
    let (c, f) = (size.width, size.hiddenWidth)
    func carve(_ carver: inout Carver) -> [Layer] {
      func matrix(_ outputs: Int, _ inputs: Int, _ offset: Int) -> WeightMatrix {
        WeightMatrix(
          outputs: outputs, inputs: inputs, offset: offset, kernels: kernels, engine: engine,
          carver: &carver)
      }
      return layout.layers.map { layer in
        Layer(
          attention: matrix(3 * c, c, layer.attention),
          attentionOutput: matrix(c, c, layer.attentionOutput),
          gates: matrix(2 * f, c, layer.gates), down: matrix(c, f, layer.down))
      }
    }
    var measure = Carver()
    _ = carve(&measure)
    panelMemory = FloatBuffer(count: measure.used)
    var carver = Carver(panelMemory.base)
    layers = carve(&carver)
    head = OutputLayer(
      vocabularySize: vocabularySize, channels: c, offset: layout.embedding, kernels: kernels,
      engine: engine)

    let half = size.headSize / 2
    cosines = FloatBuffer(count: size.contextLength * half)
    sines = FloatBuffer(count: size.contextLength * half)
    for position in 0..<size.contextLength {
      for d in 0..<half {
        let frequency = pow(Self.rotaryBase, -Double(2 * d) / Double(size.headSize))
        cosines.base[position * half + d] = Float(cos(Double(position) * frequency))
        sines.base[position * half + d] = Float(sin(Double(position) * frequency))
      }
    }
    let (parameters, cosines, sines) = (parameters, cosines, sines)
    self.bfloat16 = bfloat16.map {
      BFloat16Passes(
        layout: layout, kernels: $0, parameters: parameters.base, cosines: cosines.base,
        sines: sines.base)
    }
  }

  /// What decides the bits of a step besides the parameters and the text: a twin has its level's name.
  var kernelName: String {
    guard let bfloat16 else { return kernels.level.rawValue }
    let level = bfloat16.kernels.level
    return "\(level.rawValue), revision \(Precision(level).revision)"
  }

  /// Memory for one worker's micro-batches.
  ///
  /// - Parameters:
  ///   - sequences: of `positions` tokens, the most that a micro-batch has.
  ///   - training: whether there is a way back.
  ///   - keepsHeadSlopes: whether the output layer's part of the embedding's gradient waits for its turn at
  ///     the end of the way back.
  package func workspace(
    sequences: Int, positions: Int, training: Bool, keepsHeadSlopes: Bool = false
  ) -> Workspace {
    Workspace(
      layout: layout, sequences: sequences, positions: positions, training: training,
      keepsHeadSlopes: keepsHeadSlopes, precision: bfloat16 == nil ? .fp32 : .bf16)
  }

  /// To be called whenever parameters have changed, before the next pass.
  func parametersChanged(workers: Int = 1) {
    if let bfloat16 { return bfloat16.parametersChanged(workers: workers) }
    for layer in layers {
      layer.attention.pack(parameters.base, kernels)
      layer.attentionOutput.pack(parameters.base, kernels)
      layer.gates.pack(parameters.base, kernels)
      layer.down.pack(parameters.base, kernels)
    }
  }

  /// Replaces all parameters, in the order of the layout.
  package func setParameters(_ values: [Float]) {
    precondition(
      values.count == layout.count, "expected \(layout.count) parameters, found \(values.count)")
    _ = parameters.elements.update(fromContentsOf: values)
    parametersChanged()
  }

  package func copyParameters() -> [Float] { Array(parameters.elements) }

  /// The loss of each target token, without gradients.
  ///
  /// - Parameters:
  ///   - windows: `sequences` windows of T + 1 tokens, one after the other.
  ///   - body: is given T losses for each window, in nats.
  package func evaluate(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, workspace: Workspace,
    _ body: (UnsafeBufferPointer<Float>) -> Void
  ) {
    let rows = sequences * positions
    if let bfloat16 {
      bfloat16.evaluate(
        windows: windows, sequences: sequences, positions: positions, workspace: workspace)
    } else {
      _ = forward(
        windows: windows, sequences: sequences, positions: positions, workspace: workspace)
      headLoss(rows: rows, workspace: workspace)
    }
    body(UnsafeBufferPointer(start: workspace.losses, count: rows))
  }

  /// Adds the gradient of `scale` times the summed loss; returns the summed loss in nats.
  ///
  /// - Parameter turn: of the micro-batch, where others add to the same gradients.
  package func train(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, scale: Float,
    gradients: UnsafeMutablePointer<Float>, workspace: Workspace
  ) -> Double {
    train(
      windows: windows, sequences: sequences, positions: positions, scale: scale,
      gradients: gradients, turn: nil, workspace: workspace)
  }

  func train(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, scale: Float,
    gradients: UnsafeMutablePointer<Float>, turn: GradientTurns.Turn?, workspace: Workspace
  ) -> Double {
    let rows = sequences * positions
    if let bfloat16 {
      bfloat16.train(
        windows: windows, sequences: sequences, positions: positions, scale: scale,
        gradients: gradients, turn: turn, workspace: workspace)
    } else {
      _ = forward(
        windows: windows, sequences: sequences, positions: positions, workspace: workspace)
      headGradient(
        rows: rows, scale: scale, gradients: gradients, turn: turn, workspace: workspace)
      backward(
        sequences: sequences, positions: positions, gradients: gradients, turn: turn,
        workspace: workspace)
    }
    var sum = 0.0
    for row in 0..<rows { sum += Double(workspace.losses[row]) }
    return sum
  }

  /// The logits of one window's positions, (T, V): for tests and comparisons.
  package func logits(tokens: [UInt16]) -> [Float] {
    precondition(!tokens.isEmpty && tokens.count <= layout.size.contextLength)
    let workspace = workspace(sequences: 1, positions: tokens.count, training: false)
    if let bfloat16 {
      var result = [Float](repeating: 0, count: tokens.count * layout.vocabularySize)
      bfloat16.logits(windows: tokens + [0], positions: tokens.count, workspace: workspace) {
        result[$0 * layout.vocabularySize + $1] = $2
      }
      return result
    }
    let rows = forward(
      windows: tokens + [0], sequences: 1, positions: tokens.count, workspace: workspace)
    let w = workspace
    var result: [Float] = []
    var first = 0
    while first < rows {
      let count = min(w.headRows, rows - first)
      let start = result.count
      result += [Float](repeating: 0, count: count * layout.vocabularySize)
      head.logits(
        parameters.base, tokens: count, x: w.finalNorm + first * w.widthStride,
        xStride: w.widthStride, workspace: w
      ) { entries in
        for (place, entry) in entries.enumerated() {
          for row in 0..<count {
            result[start + row * layout.vocabularySize + entry] =
              w.logits[place * w.logitStride + row]
          }
        }
      }
      first += count
    }
    return result
  }

  /// Runs all layers and the last norm; returns the number of rows.
  private func forward(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, workspace w: Workspace
  ) -> Int {
    w.profile?.start()
    let rows = sequences * positions
    let (c, heads, headSize) = (layout.size.width, layout.size.heads, layout.size.headSize)
    precondition(rows <= w.rows, "expected at most \(w.rows) rows, found \(rows)")
    let p = UnsafePointer(parameters.base)
    w.embed(
      windows, sequences: sequences, positions: positions, p, of: layout, into: w.layers[0].input,
      stride: w.widthStride)
    for (index, layer) in layers.enumerated() {
      let kept = w.layers[index]
      let offsets = layout.layers[index]
      if index > 0 || !w.project(into: kept.attention, stride: w.attentionStride, count: rows) {
        kernels.normalize(
          rows, c, kept.input, w.widthStride, p + offsets.attentionGain, Self.normEpsilon,
          kept.attentionNorm, w.widthStride, kept.attentionInverse)
        w.profile?.mark(.elementwise)
        layer.attention.forward(
          p, kernels, rows: rows, x: kept.attentionNorm, xStride: w.widthStride, y: kept.attention,
          yStride: w.attentionStride, scratch: w.matrixPanels)
        w.profile?.mark(.products)
      }
      for sequence in 0..<sequences {
        let first = sequence * positions
        for head in 0..<heads {
          let queries = kept.attention + (first * w.attentionStride + head * headSize)
          kernels.attend(
            positions, headSize, queries, queries + c, queries + 2 * c, w.attentionStride,
            cosines.base, sines.base, kept.mixed + (first * w.widthStride + head * headSize),
            w.widthStride, kept.logSums + (first * heads + head * positions), w.scratch)
        }
      }
      w.profile?.mark(.attention)
      layer.attentionOutput.forward(
        p, kernels, rows: rows, x: kept.mixed, xStride: w.widthStride, addend: kept.input,
        y: kept.middle, yStride: w.widthStride, scratch: w.matrixPanels)
      w.profile?.mark(.products)
      kernels.normalize(
        rows, c, kept.middle, w.widthStride, p + offsets.hiddenGain, Self.normEpsilon,
        kept.hiddenNorm, w.widthStride, kept.hiddenInverse)
      w.profile?.mark(.elementwise)
      layer.gates.forward(
        p, kernels, rows: rows, x: kept.hiddenNorm, xStride: w.widthStride, y: kept.gates,
        yStride: w.gateStride, scratch: w.matrixPanels)
      w.profile?.mark(.products)
      kernels.gate(
        rows, layout.size.hiddenWidth, kept.gates, w.gateStride, w.hidden, w.hiddenStride)
      w.profile?.mark(.elementwise)
      layer.down.forward(
        p, kernels, rows: rows, x: w.hidden, xStride: w.hiddenStride, addend: kept.middle,
        y: index + 1 < layers.count ? w.layers[index + 1].input : w.output, yStride: w.widthStride,
        scratch: w.matrixPanels)
      w.profile?.mark(.products)
    }
    kernels.normalize(
      rows, c, w.output, w.widthStride, p + layout.finalGain, Self.normEpsilon, w.finalNorm,
      w.widthStride, w.finalInverse)
    w.profile?.mark(.elementwise)
    return rows
  }

  private func headLoss(rows: Int, workspace w: Workspace) {
    w.targets.withUnsafeBufferPointer { targets in
      for first in stride(from: 0, to: rows, by: w.headRows) {
        head.forward(
          parameters.base, tokens: min(w.headRows, rows - first),
          x: w.finalNorm + first * w.widthStride, xStride: w.widthStride,
          targets: targets.baseAddress! + first, losses: w.losses + first, keeping: false,
          logits: w.logits, workspace: w)
      }
    }
    w.profile?.mark(.head)
  }

  /// The output layer forward and back, by blocks of rows; leaves the gradient of the last norm's
  /// output in `dBranch`.
  private func headGradient(
    rows: Int, scale: Float, gradients: UnsafeMutablePointer<Float>, turn: GradientTurns.Turn?,
    workspace w: Workspace
  ) {
    if !w.keepsHeadSlopes { turn?.begin(.embedding, w.profile) }
    w.targets.withUnsafeBufferPointer { targets in
      for first in stride(from: 0, to: rows, by: w.headRows) {
        let count = min(w.headRows, rows - first)
        let x = w.finalNorm + first * w.widthStride
        let targets = targets.baseAddress! + first
        head.forward(
          parameters.base, tokens: count, x: x, xStride: w.widthStride, targets: targets,
          losses: w.losses + first, keeping: true, logits: w.logits(ofRow: first), workspace: w)
        head.backward(
          parameters.base, tokens: count, dx: w.dBranch + first * w.widthStride,
          dxStride: w.widthStride, targets: targets, scale: scale,
          logits: w.logits(ofRow: first), workspace: w
        ) { block in
          guard !w.keepsHeadSlopes else { return }
          head.accumulate(
            gradients, block: block, tokens: count, x: x, xStride: w.widthStride,
            logits: w.logits(ofRow: first), stride: w.logitStride)
        }
      }
    }
    w.profile?.mark(.head)
  }

  /// What `headGradient` has left of the embedding's gradient, in the same order.
  private func headAccumulation(
    rows: Int, gradients: UnsafeMutablePointer<Float>, workspace w: Workspace
  ) {
    for first in stride(from: 0, to: rows, by: w.headRows) {
      for block in (0..<head.blocks).reversed() {
        head.accumulate(
          gradients, block: block, tokens: min(w.headRows, rows - first),
          x: w.finalNorm + first * w.widthStride, xStride: w.widthStride,
          logits: w.logits(ofRow: first), stride: w.logitStride)
      }
    }
    w.profile?.mark(.head)
  }

  private func backward(
    sequences: Int, positions: Int, gradients: UnsafeMutablePointer<Float>,
    turn: GradientTurns.Turn?, workspace w: Workspace
  ) {
    let rows = sequences * positions
    let (c, heads, headSize) = (layout.size.width, layout.size.heads, layout.size.headSize)
    let p = UnsafePointer(parameters.base)
    w.dResidual.update(repeating: 0, count: rows * w.widthStride)
    turn?.begin(.finalGain, w.profile)
    kernels.normalizeBackward(
      rows, c, w.output, w.widthStride, p + layout.finalGain, w.finalInverse, w.dBranch,
      w.widthStride, w.dResidual, w.widthStride, gradients + layout.finalGain)
    w.profile?.mark(.elementwise)
    turn?.end(.finalGain, w.profile)
    for index in layers.indices.reversed() {
      turn?.begin(.layer(index), w.profile)
      let layer = layers[index]
      let kept = w.layers[index]
      let offsets = layout.layers[index]
      layer.down.backward(
        p, kernels, rows: rows, dy: w.dResidual, dyStride: w.widthStride, dx: w.hidden,
        dxStride: w.hiddenStride, scratch: w.matrixPanels)
      w.profile?.mark(.products)
      kernels.gateBackward(
        rows, layout.size.hiddenWidth, kept.gates, w.gateStride, w.hidden, w.hiddenStride)
      w.profile?.mark(.elementwise)
      layer.down.accumulate(
        gradients, kernels, rows: rows, dy: w.dResidual, dyStride: w.widthStride, x: w.hidden,
        xStride: w.hiddenStride)
      layer.gates.backward(
        p, kernels, rows: rows, dy: kept.gates, dyStride: w.gateStride, dx: w.dBranch,
        dxStride: w.widthStride, scratch: w.matrixPanels)
      layer.gates.accumulate(
        gradients, kernels, rows: rows, dy: kept.gates, dyStride: w.gateStride, x: kept.hiddenNorm,
        xStride: w.widthStride)
      w.profile?.mark(.products)
      kernels.normalizeBackward(
        rows, c, kept.middle, w.widthStride, p + offsets.hiddenGain, kept.hiddenInverse, w.dBranch,
        w.widthStride, w.dResidual, w.widthStride, gradients + offsets.hiddenGain)
      w.profile?.mark(.elementwise)

      layer.attentionOutput.backward(
        p, kernels, rows: rows, dy: w.dResidual, dyStride: w.widthStride, dx: w.dBranch,
        dxStride: w.widthStride, scratch: w.matrixPanels)
      layer.attentionOutput.accumulate(
        gradients, kernels, rows: rows, dy: w.dResidual, dyStride: w.widthStride, x: kept.mixed,
        xStride: w.widthStride)
      w.profile?.mark(.products)
      for sequence in 0..<sequences {
        let first = sequence * positions
        for head in 0..<heads {
          let column = first * w.attentionStride + head * headSize
          let queries = kept.attention + column
          let dQueries = w.dAttention + column
          let mixed = first * w.widthStride + head * headSize
          kernels.attendBackward(
            positions, headSize, queries, queries + c, queries + 2 * c, w.attentionStride,
            cosines.base, sines.base, kept.mixed + mixed, w.dBranch + mixed, w.widthStride,
            kept.logSums + (first * heads + head * positions), dQueries, dQueries + c,
            dQueries + 2 * c, w.attentionStride, w.scratch)
        }
      }
      w.profile?.mark(.attention)
      layer.attention.backward(
        p, kernels, rows: rows, dy: w.dAttention, dyStride: w.attentionStride, dx: w.dBranch,
        dxStride: w.widthStride, scratch: w.matrixPanels)
      layer.attention.accumulate(
        gradients, kernels, rows: rows, dy: w.dAttention, dyStride: w.attentionStride,
        x: kept.attentionNorm, xStride: w.widthStride)
      w.profile?.mark(.products)
      kernels.normalizeBackward(
        rows, c, kept.input, w.widthStride, p + offsets.attentionGain, kept.attentionInverse,
        w.dBranch, w.widthStride, w.dResidual, w.widthStride, gradients + offsets.attentionGain)
      w.profile?.mark(.elementwise)
      turn?.end(.layer(index), w.profile)
    }
    if w.keepsHeadSlopes {
      turn?.begin(.embedding, w.profile)
      headAccumulation(rows: rows, gradients: gradients, workspace: w)
    }
    for row in 0..<rows {
      let gradient = gradients + Int(w.inputs[row]) * c
      let source = w.dResidual + row * w.widthStride
      for i in 0..<c { gradient[i] += source[i] }
    }
    w.profile?.mark(.elementwise)
    turn?.end(.embedding, w.profile)
  }
}
