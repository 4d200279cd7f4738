import Numerics
import ProxyModels
import Testing

/// Central differences of `loss` along every number of `x`, against `gradient`.
private func expectSlopes(
  _ gradient: [Double], at x: [Double], step: Double = 1e-5, tolerance: Double = 1e-7,
  sourceLocation: SourceLocation = #_sourceLocation, of loss: ([Double]) -> Double
) {
  #expect(gradient.count == x.count, sourceLocation: sourceLocation)
  let scale = gradient.map(abs).max() ?? 0
  #expect(scale > 1e-3, "a gradient of nothing proves nothing", sourceLocation: sourceLocation)
  var moved = x
  for i in x.indices {
    moved[i] = x[i] + step
    let above = loss(moved)
    moved[i] = x[i] - step
    let below = loss(moved)
    moved[i] = x[i]
    let slope = (above - below) / (2 * step)
    #expect(
      abs(slope - gradient[i]) <= tolerance * (scale + abs(slope)), "number \(i)",
      sourceLocation: sourceLocation)
  }
}

private func random(_ count: Int, _ seed: UInt64) -> [Double] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in generator.normal() }
}

@Suite struct ReferenceSlopesAsFiniteDifferencesDoTests {
  @Test("for a linear map") func forALinearMap() {
    let layer = ReferenceLinear(inputs: 5, outputs: 3)
    let (x, w, dy) = (random(20, 1), random(15, 2), random(12, 3))
    let (dx, dw) = layer.backward(x, w, dy)
    expectSlopes(dx, at: x) { dot(layer.forward($0, w), dy) }
    expectSlopes(dw, at: w) { dot(layer.forward(x, $0), dy) }
  }

  @Test("for the norm") func forTheNorm() {
    let norm = ReferenceNorm()
    let (x, gain, dy) = (random(21, 1), random(7, 2), random(21, 3))
    let (dx, dGain) = norm.backward(x, gain, dy)
    expectSlopes(dx, at: x) { dot(norm.forward($0, gain), dy) }
    expectSlopes(dGain, at: gain) { dot(norm.forward(x, $0), dy) }
  }

  @Test("for rotary attention", arguments: [(1, 1, 2), (5, 2, 4), (7, 3, 2)])
  func forRotaryAttention(shape: (positions: Int, heads: Int, headSize: Int)) {
    let attention = ReferenceAttention(heads: shape.heads, headSize: shape.headSize)
    let width = shape.heads * shape.headSize
    let (x, dy) = (random(shape.positions * 3 * width, 1), random(shape.positions * width, 2))
    expectSlopes(attention.backward(x, dy), at: x) { dot(attention.forward($0), dy) }
  }

  @Test("for the gated unit") func forTheGatedUnit() {
    let gate = ReferenceGate(hidden: 3)
    let (x, dy) = (random(24, 1), random(12, 2))
    expectSlopes(gate.backward(x, dy), at: x) { dot(gate.forward($0), dy) }
  }

  @Test("for cross entropy") func forCrossEntropy() {
    let entropy = ReferenceCrossEntropy(targets: [0, 4, 2])
    let logits = random(15, 1)
    expectSlopes(entropy.backward(logits), at: logits) { entropy.forward($0).reduce(0, +) }
  }

  @Test("for the whole model tensor by tensor") func forTheWholeModelTensorByTensor() {
    let size = ModelSize(
      name: "test", layers: 2, width: 16, heads: 1, hiddenWidth: 16, contextLength: 6)
    let layout = ParameterLayout(size: size, vocabularySize: 7)
    let model = ReferenceModel(layout: layout, seed: 3)
    let window: [UInt16] = [3, 1, 4, 1, 5, 0, 6]
    let gradients = model.run(window).gradients
    var generator = SeededGenerator(seed: 4)
    for tensor in layout.tensors {
      // A few numbers of each, since each takes two passes.
      let chosen = (0..<5).map { _ in tensor.offset + generator.integer(below: tensor.count) }
      expectSlopes(
        chosen.map { gradients[$0] }, at: chosen.map { model.parameters[$0] }, tolerance: 1e-6
      ) { values in
        var moved = model
        for (place, value) in zip(chosen, values) where value != model.parameters[place] {
          moved.parameters[place] = value
        }
        return moved.run(window).loss
      }
    }
  }
}
