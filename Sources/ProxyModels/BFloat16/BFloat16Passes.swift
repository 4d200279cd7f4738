import Foundation
import Kernels

// M rows (tokens of a micro-batch), T positions, C channels, F hidden channels.

/// The ways of a model forward and back in bfloat16: the factors of all products are rounded where they
/// come into being, and every sum is of single precision, as are norms, softmax, gates and losses, the
/// parameters and their gradients.
final class BFloat16Passes: @unchecked Sendable {
  private struct Layer {
    let attention: BFloat16Matrix
    let attentionOutput: BFloat16Matrix
    let gates: BFloat16Matrix
    let down: BFloat16Matrix
  }

  let kernels: BFloat16Kernels
  private let layout: ParameterLayout
  private let layers: [Layer]
  private let head: BFloat16OutputLayer
  private let parameters: UnsafeMutablePointer<Float>
  /// (T, D/2) each.
  private let cosines: UnsafePointer<Float>
  private let sines: UnsafePointer<Float>
  private let memory: FloatBuffer

  /// Whoever calls keeps the pointers' memory.
  init(
    layout: ParameterLayout, kernels: BFloat16Kernels, parameters: UnsafeMutablePointer<Float>,
    cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>
  ) {
    self.layout = layout
    self.kernels = kernels
    self.parameters = parameters
    self.cosines = cosines
    self.sines = sines
    let (c, f) = (layout.size.width, layout.size.hiddenWidth)
    func carve(_ carver: inout Carver) -> ([Layer], BFloat16OutputLayer) {
      func matrix(_ outputs: Int, _ inputs: Int, _ offset: Int) -> BFloat16Matrix {
        BFloat16Matrix(
          outputs: outputs, inputs: inputs, offset: offset, kernels: kernels, carver: &carver)
      }
      let layers = layout.layers.map { layer in
        Layer(
          attention: matrix(3 * c, c, layer.attention),
          attentionOutput: matrix(c, c, layer.attentionOutput),
          gates: matrix(2 * f, c, layer.gates), down: matrix(c, f, layer.down))
      }
      return (
        layers,
        BFloat16OutputLayer(
          vocabularySize: layout.vocabularySize, channels: c, offset: layout.embedding,
          kernels: kernels, carver: &carver)
      )
    }
    var measure = Carver()
    _ = carve(&measure)
    memory = FloatBuffer(count: measure.used)
    var carver = Carver(memory.base)
    (layers, head) = carve(&carver)
  }

  /// To be called whenever parameters have changed: rounds and packs what products take.
  func parametersChanged(workers: Int) {
    nonisolated(unsafe) let (layers, head, p) = (layers, head, UnsafePointer(parameters))
    concurrently(workers: workers, items: 4 * layers.count + 1) { _, item in
      guard item < 4 * layers.count else { return head.pack(p) }
      let layer = layers[item / 4]
      switch item % 4 {
      case 0: layer.attention.pack(p)
      case 1: layer.attentionOutput.pack(p)
      case 2: layer.gates.pack(p)
      default: layer.down.pack(p)
      }
    }
  }

  /// Rows are paired within a sequence, so those of an odd length go through one by one.
  private static func groups(_ sequences: Int, _ positions: Int) -> [(first: Int, count: Int)] {
    positions & 1 == 0 ? [(0, sequences)] : (0..<sequences).map { ($0, 1) }
  }

  /// The first layer's queries, keys and values of rows of numbers, see ``TokenProjections``.
  func firstProjections(
    rows: Int, x: UnsafePointer<Float>, xStride: Int, to: UnsafeMutablePointer<Float>,
    stride: Int, workspace w: Workspace
  ) {
    let (m, s, p) = (w.bfloat16!, w.bfloat16!.strides, UnsafePointer(parameters))
    kernels.normalize(
      rows, layout.size.width, x, xStride, p + layout.layers[0].attentionGain,
      ProxyModel.normEpsilon, m.rowWords, s.widthRows, nil, s.width, m.layers[0].attentionInverse)
    layers[0].attention.forward(
      p, rows: rows, x: m.rowWords, xStride: s.widthRows, y: to, yStride: stride,
      scratch: m.matrixPanels)
  }

  /// The loss of each target token, in the workspace.
  func evaluate(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, workspace w: Workspace
  ) {
    for group in Self.groups(sequences, positions) {
      let first = group.first * positions
      let rows = forward(
        windows: windows + group.first * (positions + 1), sequences: group.count,
        positions: positions, training: false, workspace: w)
      headPass(rows: rows, losses: w.losses + first, gradients: nil, scale: 0, workspace: w)
    }
  }

  /// Adds the gradient of `scale` times the summed loss; leaves the losses in the workspace.
  func train(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, scale: Float,
    gradients: UnsafeMutablePointer<Float>, turn: GradientTurns.Turn?, workspace w: Workspace
  ) {
    precondition(
      turn == nil || sequences == 1 || positions & 1 == 0,
      "expected one sequence of an odd length for each turn, found \(sequences)")
    for group in Self.groups(sequences, positions) {
      let first = group.first * positions
      let rows = forward(
        windows: windows + group.first * (positions + 1), sequences: group.count,
        positions: positions, training: true, workspace: w)
      if !w.keepsHeadSlopes { turn?.begin(.embedding, w.profile) }
      headPass(
        rows: rows, losses: w.losses + first, gradients: gradients, scale: scale, workspace: w)
      backward(
        sequences: group.count, positions: positions, gradients: gradients, turn: turn,
        workspace: w)
    }
  }

  /// The logits of one window's positions: `body` is given row, entry and logit.
  func logits(
    windows: UnsafePointer<UInt16>, positions: Int, workspace w: Workspace,
    body: (_ row: Int, _ entry: Int, _ logit: Float) -> Void
  ) {
    let m = w.bfloat16!
    let rows = forward(
      windows: windows, sequences: 1, positions: positions, training: false, workspace: w)
    for first in stride(from: 0, to: rows, by: m.headRows) {
      let count = min(m.headRows, rows - first)
      head.logits(
        tokens: count, x: m.finalRows + first * m.strides.widthRows, xStride: m.strides.widthRows,
        memory: m
      ) { entries in
        for (place, entry) in entries.enumerated() {
          for row in 0..<count { body(first + row, entry, m.logits[place * m.logitStride + row]) }
        }
      }
    }
  }

  /// Runs all layers and the last norm; returns the number of rows.
  private func forward(
    windows: UnsafePointer<UInt16>, sequences: Int, positions: Int, training: Bool,
    workspace w: Workspace
  ) -> Int {
    w.profile?.start()
    let (m, s) = (w.bfloat16!, w.bfloat16!.strides)
    let rows = sequences * positions
    let (c, f) = (layout.size.width, layout.size.hiddenWidth)
    let (heads, headSize) = (layout.size.heads, layout.size.headSize)
    precondition(rows <= w.rows, "expected at most \(w.rows) rows, found \(rows)")
    let p = UnsafePointer(parameters)
    w.embed(
      windows, sequences: sequences, positions: positions, p, of: layout, into: m.layers[0].input,
      stride: s.width)
    for (index, layer) in layers.enumerated() {
      let kept = m.layers[index]
      let offsets = layout.layers[index]
      if index > 0 || !w.project(into: m.attention, stride: s.attention, count: rows) {
        kernels.normalize(
          rows, c, kept.input, s.width, p + offsets.attentionGain, ProxyModel.normEpsilon,
          m.rowWords, s.widthRows, training ? kept.attentionPairs : nil, s.width,
          kept.attentionInverse)
        w.profile?.mark(.elementwise)
        layer.attention.forward(
          p, rows: rows, x: m.rowWords, xStride: s.widthRows, y: m.attention, yStride: s.attention,
          scratch: m.matrixPanels)
        w.profile?.mark(.products)
      }
      for sequence in 0..<sequences {
        let first = sequence * positions
        for head in 0..<heads {
          let column = head * headSize
          let queries = m.attention + (first * s.attention + column)
          kernels.attend(
            positions, headSize, queries, queries + c, queries + 2 * c, s.attention, cosines,
            sines, kept.heads + (first * s.heads + column / 2), c / 2, s.heads,
            kept.mixed + (first * s.width + column), s.width,
            m.rowWords + (first * s.widthRows + column / 2), s.widthRows,
            kept.mixedPairs + (first / 2 * s.width + column), s.width,
            kept.logSums + (first * heads + head * positions), m.scratch)
        }
      }
      w.profile?.mark(.attention)
      layer.attentionOutput.forward(
        p, rows: rows, x: m.rowWords, xStride: s.widthRows, addend: kept.input, y: kept.middle,
        yStride: s.width, scratch: m.matrixPanels)
      w.profile?.mark(.products)
      kernels.normalize(
        rows, c, kept.middle, s.width, p + offsets.hiddenGain, ProxyModel.normEpsilon, m.rowWords,
        s.widthRows, training ? kept.hiddenPairs : nil, s.width, kept.hiddenInverse)
      w.profile?.mark(.elementwise)
      layer.gates.forward(
        p, rows: rows, x: m.rowWords, xStride: s.widthRows, y: kept.gates, yStride: s.gates,
        scratch: m.matrixPanels)
      w.profile?.mark(.products)
      kernels.gate(rows, f, kept.gates, s.gates, m.rowWords, s.hiddenRows)
      w.profile?.mark(.elementwise)
      layer.down.forward(
        p, rows: rows, x: m.rowWords, xStride: s.hiddenRows, addend: kept.middle,
        y: index + 1 < layers.count ? m.layers[index + 1].input : m.output, yStride: s.width,
        scratch: m.matrixPanels)
      w.profile?.mark(.products)
    }
    kernels.normalize(
      rows, c, m.output, s.width, p + layout.finalGain, ProxyModel.normEpsilon, m.finalRows,
      s.widthRows, training ? m.finalPairs : nil, s.width, m.finalInverse)
    w.profile?.mark(.elementwise)
    return rows
  }

  /// The output layer forward and, where there are gradients, back, by blocks of rows; leaves the gradient
  /// of the last norm's output in `dBranch`.
  private func headPass(
    rows: Int, losses: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>?,
    scale: Float, workspace w: Workspace
  ) {
    let (m, s) = (w.bfloat16!, w.bfloat16!.strides)
    w.targets.withUnsafeBufferPointer { targets in
      for first in stride(from: 0, to: rows, by: m.headRows) {
        let count = min(m.headRows, rows - first)
        let targets = targets.baseAddress! + first
        head.forward(
          tokens: count, x: m.finalRows + first * s.widthRows, xStride: s.widthRows,
          targets: targets, losses: losses + first, keeping: gradients != nil, memory: m)
        if let gradients {
          head.backward(
            row: first, tokens: count, dx: m.dBranch + first * s.width, dxStride: s.width,
            targets: targets, scale: scale, memory: m
          ) { block in
            guard !w.keepsHeadSlopes else { return }
            accumulateHead(gradients, block: block, row: first, tokens: count, memory: m)
          }
        }
      }
    }
    w.profile?.mark(.head)
  }

  private func accumulateHead(
    _ gradients: UnsafeMutablePointer<Float>, block: Int, row: Int, tokens: Int,
    memory m: BFloat16Memory
  ) {
    head.accumulate(
      gradients, block: block, row: row, tokens: tokens,
      xPairs: m.finalPairs + row / 2 * m.strides.width, xPairStride: m.strides.width, memory: m)
  }

  private func backward(
    sequences: Int, positions: Int, gradients: UnsafeMutablePointer<Float>,
    turn: GradientTurns.Turn?, workspace w: Workspace
  ) {
    let (m, s) = (w.bfloat16!, w.bfloat16!.strides)
    let rows = sequences * positions
    let (c, f) = (layout.size.width, layout.size.hiddenWidth)
    let (heads, headSize) = (layout.size.heads, layout.size.headSize)
    let p = UnsafePointer(parameters)
    m.dResidual.update(repeating: 0, count: rows * s.width)
    func normBackward(
      _ x: UnsafePointer<Float>, _ gain: Int, _ inverse: UnsafePointer<Float>
    ) {
      kernels.normalizeBackward(
        rows, c, x, s.width, p + gain, inverse, m.dBranch, s.width, m.dResidual, s.width,
        gradients + gain, m.dResidualRows, s.widthRows, m.dResidualPairs, s.width)
      w.profile?.mark(.elementwise)
    }
    turn?.begin(.finalGain, w.profile)
    normBackward(m.output, layout.finalGain, m.finalInverse)
    turn?.end(.finalGain, w.profile)
    for index in layers.indices.reversed() {
      turn?.begin(.layer(index), w.profile)
      let layer = layers[index]
      let kept = m.layers[index]
      let offsets = layout.layers[index]
      layer.down.backward(
        p, rows: rows, dy: m.dResidualRows, dyStride: s.widthRows, dx: m.dHidden,
        dxStride: s.hidden, scratch: m.matrixPanels)
      w.profile?.mark(.products)
      kernels.gateBackward(
        rows, f, kept.gates, s.gates, m.dHidden, s.hidden, m.dWideRows, s.gateRows, m.dWidePairs,
        s.gates, m.hiddenPairs, s.hidden)
      w.profile?.mark(.elementwise)
      layer.down.accumulate(
        gradients, rows: rows, dy: m.dResidualPairs, dyStride: s.width, x: m.hiddenPairs,
        xStride: s.hidden)
      layer.gates.backward(
        p, rows: rows, dy: m.dWideRows, dyStride: s.gateRows, dx: m.dBranch, dxStride: s.width,
        scratch: m.matrixPanels)
      layer.gates.accumulate(
        gradients, rows: rows, dy: m.dWidePairs, dyStride: s.gates, x: kept.hiddenPairs,
        xStride: s.width)
      w.profile?.mark(.products)
      normBackward(kept.middle, offsets.hiddenGain, kept.hiddenInverse)

      layer.attentionOutput.backward(
        p, rows: rows, dy: m.dResidualRows, dyStride: s.widthRows, dx: m.dBranch,
        dxStride: s.width, scratch: m.matrixPanels)
      layer.attentionOutput.accumulate(
        gradients, rows: rows, dy: m.dResidualPairs, dyStride: s.width, x: kept.mixedPairs,
        xStride: s.width)
      w.profile?.mark(.products)
      for sequence in 0..<sequences {
        let first = sequence * positions
        for head in 0..<heads {
          let column = head * headSize
          let mixed = first * s.width + column
          kernels.attendBackward(
            positions, headSize, kept.heads + (first * s.heads + column / 2), c / 2, s.heads,
            cosines, sines, kept.mixed + mixed, m.dBranch + mixed, s.width,
            kept.logSums + (first * heads + head * positions),
            m.dWideRows + (first * s.heads + column / 2), s.heads,
            m.dWidePairs + (first / 2 * s.attention + column), s.attention, m.scratch)
        }
      }
      w.profile?.mark(.attention)
      layer.attention.backward(
        p, rows: rows, dy: m.dWideRows, dyStride: s.heads, dx: m.dBranch, dxStride: s.width,
        scratch: m.matrixPanels)
      layer.attention.accumulate(
        gradients, rows: rows, dy: m.dWidePairs, dyStride: s.attention, x: kept.attentionPairs,
        xStride: s.width)
      w.profile?.mark(.products)
      normBackward(kept.input, offsets.attentionGain, kept.attentionInverse)
      turn?.end(.layer(index), w.profile)
    }
    if w.keepsHeadSlopes {
      turn?.begin(.embedding, w.profile)
      // What the output layer has left of the embedding's gradient, in the same order.
      for first in stride(from: 0, to: rows, by: m.headRows) {
        for block in (0..<head.blocks).reversed() {
          accumulateHead(
            gradients, block: block, row: first, tokens: min(m.headRows, rows - first), memory: m)
        }
      }
      w.profile?.mark(.head)
    }
    for row in 0..<rows {
      let gradient = gradients + Int(w.inputs[row]) * c
      let source = m.dResidual + row * s.width
      for i in 0..<c { gradient[i] += source[i] }
    }
    w.profile?.mark(.elementwise)
    turn?.end(.embedding, w.profile)
  }
}
