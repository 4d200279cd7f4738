import Numerics
import ProxyModels

/// The whole model over one window in double precision, of the layers in ReferenceLayers.swift.
struct ReferenceModel {
  var layout: ParameterLayout
  var parameters: [Double]
  /// Of the factors of all products.
  var rounding = FactorRounding()

  /// Parameters drawn at random, of a size at which no layer is nearly linear or saturated.
  init(layout: ParameterLayout, seed: UInt64) {
    self.layout = layout
    var generator = SeededGenerator(seed: seed, stream: "reference")
    parameters = layout.tensors.flatMap { tensor in
      (0..<tensor.count).map { _ in
        // Exact in single precision, so that both models hold the same numbers.
        let value =
          tensor.kind == .gain
          ? 1 + 0.3 * generator.normal()
          : generator.normal() * (tensor.kind == .embedding ? 0.3 : 1)
            / (tensor.kind == .embedding ? 1 : Double(tensor.shape[1])).squareRoot()
        return Double(Float(value))
      }
    }
  }

  private func part(_ offset: Int, _ count: Int) -> [Double] {
    Array(parameters[offset..<offset + count])
  }

  /// The summed loss of one window of T + 1 tokens, its gradient, and the logits (T, V).
  func run(_ window: [UInt16]) -> (loss: Double, gradients: [Double], logits: [Double]) {
    let size = layout.size
    let (c, f) = (size.width, size.hiddenWidth)
    let tokens = window.dropLast().map(Int.init)
    let norm = ReferenceNorm()
    let attention = ReferenceAttention(
      heads: size.heads, headSize: size.headSize, rounded: rounding)
    let gate = ReferenceGate(hidden: f)
    let (toAttention, fromAttention) = (
      ReferenceLinear(inputs: c, outputs: 3 * c, rounded: rounding),
      ReferenceLinear(inputs: c, outputs: c, rounded: rounding)
    )
    let (toHidden, fromHidden) = (
      ReferenceLinear(inputs: c, outputs: 2 * f, rounded: rounding),
      ReferenceLinear(inputs: f, outputs: c, rounded: rounding)
    )
    let toLogits = ReferenceLinear(inputs: c, outputs: layout.vocabularySize, rounded: rounding)
    let embedding = part(0, layout.vocabularySize * c)

    var x = tokens.flatMap { embedding[$0 * c..<($0 + 1) * c] }
    var undo: [(inout [Double], inout [Double]) -> Void] = []
    for layer in layout.layers {
      let gain = part(layer.attentionGain, c)
      let (wIn, wOut) = (part(layer.attention, 3 * c * c), part(layer.attentionOutput, c * c))
      let input = x
      let normed = norm.forward(input, gain)
      let projected = toAttention.forward(normed, wIn)
      let mixed = attention.forward(projected)
      x = sum(x, fromAttention.forward(mixed, wOut))
      undo.append { dx, gradients in
        let out = fromAttention.backward(mixed, wOut, dx)
        let projection = attention.backward(projected, out.dx)
        let back = toAttention.backward(normed, wIn, projection)
        let normBack = norm.backward(input, gain, back.dx)
        dx = sum(dx, normBack.dx)
        add(out.dw, at: layer.attentionOutput, to: &gradients)
        add(back.dw, at: layer.attention, to: &gradients)
        add(normBack.dGain, at: layer.attentionGain, to: &gradients)
      }
      let hiddenGain = part(layer.hiddenGain, c)
      let (wGates, wDown) = (part(layer.gates, 2 * f * c), part(layer.down, c * f))
      let middle = x
      let hiddenNormed = norm.forward(middle, hiddenGain)
      let gates = toHidden.forward(hiddenNormed, wGates)
      let hidden = gate.forward(gates)
      x = sum(x, fromHidden.forward(hidden, wDown))
      undo.append { dx, gradients in
        let down = fromHidden.backward(hidden, wDown, dx)
        let back = toHidden.backward(hiddenNormed, wGates, gate.backward(gates, down.dx))
        let normBack = norm.backward(middle, hiddenGain, back.dx)
        dx = sum(dx, normBack.dx)
        add(down.dw, at: layer.down, to: &gradients)
        add(back.dw, at: layer.gates, to: &gradients)
        add(normBack.dGain, at: layer.hiddenGain, to: &gradients)
      }
    }
    let finalGain = part(layout.finalGain, c)
    let normed = norm.forward(x, finalGain)
    let logits = toLogits.forward(normed, embedding)
    let entropy = ReferenceCrossEntropy(targets: window.dropFirst().map(Int.init))

    var gradients = [Double](repeating: 0, count: layout.count)
    let head = toLogits.backward(normed, embedding, entropy.backward(logits))
    add(head.dw, at: 0, to: &gradients)
    let normBack = norm.backward(x, finalGain, head.dx)
    add(normBack.dGain, at: layout.finalGain, to: &gradients)
    var dx = normBack.dx
    for step in undo.reversed() { step(&dx, &gradients) }
    for (row, token) in tokens.enumerated() {
      for i in 0..<c { gradients[token * c + i] += dx[row * c + i] }
    }
    return (entropy.forward(logits).reduce(0, +), gradients, logits)
  }
}

private func sum(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

private func add(_ values: [Double], at offset: Int, to gradients: inout [Double]) {
  for (i, value) in values.enumerated() { gradients[offset + i] += value }
}
