import Foundation
import Kernels
import Testing

// N rows, C channels, V vocabulary entries.

@Suite struct ElementwiseKernelsTests {
  static let widths = [16, 48, 80, 176]

  @Test("normalize rows and add the slopes", arguments: KernelLevel.available, widths)
  func normalizeRowsAndAddTheSlopes(level: KernelLevel, c: Int) {
    let kernels = KernelTable(level: level)
    let (rows, stride) = (5, c + 16)
    let x = random(rows * stride, seed: 1)
    let gain = random(c, seed: 2)
    let dy = random(rows * stride, seed: 3)
    let before = random(rows * stride, seed: 4)
    let y = Guarded([Float](repeating: 0, count: rows * stride))
    let inverse = Guarded([Float](repeating: 0, count: rows))
    let dx = Guarded(before)
    let dGain = Guarded(random(c, seed: 5))
    let dGainBefore = dGain.values
    kernels.normalize(rows, c, x, stride, gain, 1e-5, y.base, stride, inverse.base)
    kernels.normalizeBackward(
      rows, c, x, stride, gain, inverse.base, dy, stride, dx.base, stride, dGain.base)
    var expectedGain = dGainBefore.map(Double.init)
    for row in 0..<rows {
      let at = { (values: [Float], i: Int) in Double(values[row * stride + i]) }
      let squares = (0..<c).reduce(0) { $0 + at(x, $1) * at(x, $1) }
      let r = 1 / (squares / Double(c) + 1e-5).squareRoot()
      let dot = (0..<c).reduce(0) { $0 + at(dy, $1) * Double(gain[$1]) * at(x, $1) }
      let expected = (0..<c).map { at(x, $0) * r * Double(gain[$0]) }
      let slopes = (0..<c).map {
        at(before, $0) + r * at(dy, $0) * Double(gain[$0])
          - at(x, $0) * r * r * r * dot / Double(c)
      }
      for i in 0..<c { expectedGain[i] += at(dy, i) * at(x, i) * r }
      #expect(difference(Array(y.values[row * stride..<row * stride + c]), expected) < 1e-6)
      #expect(difference(Array(dx.values[row * stride..<row * stride + c]), slopes) < 2e-6)
    }
    #expect(difference(dGain.values, expectedGain) < 2e-6)
    #expect(y.isFrameWhole && inverse.isFrameWhole && dx.isFrameWhole && dGain.isFrameWhole)
  }

  @Test("gate and gate back", arguments: KernelLevel.available, widths)
  func gateAndGateBack(level: KernelLevel, f: Int) {
    let kernels = KernelTable(level: level)
    let (rows, stride, gateStride) = (3, f + 16, 2 * f + 16)
    var gates = random(rows * gateStride, seed: 1, scale: 3)
    // Far out, where e⁻ˣ overflows or vanishes.
    gates[0] = 200
    gates[1] = -200
    gates[2] = 0
    let slopes = random(rows * stride, seed: 2)
    let y = Guarded([Float](repeating: 0, count: rows * stride))
    kernels.gate(rows, f, gates, gateStride, y.base, stride)
    let dGates = Guarded(gates)
    let dy = Guarded(slopes)
    kernels.gateBackward(rows, f, dGates.base, gateStride, dy.base, stride)
    for row in 0..<rows {
      var (out, dg, du) = ([Double](), [Double](), [Double]())
      for i in 0..<f {
        let g = Double(gates[row * gateStride + i])
        let u = Double(gates[row * gateStride + f + i])
        let d = Double(slopes[row * stride + i])
        let open = 1 / (1 + exp(-g))
        out.append(g * open * u)
        dg.append(d * u * open * (1 + g * (1 - open)))
        du.append(d * g * open)
      }
      let hidden = row * stride..<row * stride + f
      let place = row * gateStride
      #expect(difference(Array(y.values[hidden]), out) < 1e-6)
      #expect(difference(Array(dy.values[hidden]), out) < 1e-6)
      #expect(difference(Array(dGates.values[place..<place + f]), dg) < 2e-6)
      #expect(difference(Array(dGates.values[place + f..<place + 2 * f]), du) < 1e-6)
    }
    #expect(y.isFrameWhole && dGates.isFrameWhole && dy.isFrameWhole)
  }
}

@Suite struct OptimizerKernelsTests {
  @Test(
    "merge gradients and their norm and leave none behind", arguments: KernelLevel.available,
    [16, 4096, 4112, 10_000])
  func mergeGradientsAndTheirNormAndLeaveNoneBehind(level: KernelLevel, count: Int) {
    let kernels = KernelTable(level: level)
    let parts = (0..<3).map { random(count + 32, seed: UInt64($0)) }
    let buffers = parts.map { Guarded($0) }
    let others = buffers.dropFirst().map(\.base)
    let squares = kernels.mergeGradients(count, buffers[0].base + 32, others, 2, 32)
    let expected = (0..<count).map { i in parts.reduce(0) { $0 + Double($1[32 + i]) } }
    #expect(difference(Array(buffers[0].values[32...]), expected) < 1e-6)
    #expect(Array(buffers[0].values[..<32]) == Array(parts[0][..<32]))
    for (buffer, part) in zip(buffers, parts).dropFirst() {
      #expect(buffer.values[32...].allSatisfy { $0 == 0 })
      #expect(Array(buffer.values[..<32]) == Array(part[..<32]))
    }
    let sum = expected.reduce(0) { $0 + $1 * $1 }
    #expect(abs(squares - sum) < 1e-5 * sum)
    #expect(buffers.allSatisfy { $0.isFrameWhole })
  }

  @Test("step as AdamW's formula does", arguments: KernelLevel.available)
  func stepAsAdamWsFormulaDoes(level: KernelLevel) {
    let kernels = KernelTable(level: level)
    let count = 48
    var gradient = random(count, seed: 1)
    gradient[0] = 0
    gradient[1] = 1e-15
    gradient[2] = 1e8
    let start = random(count, seed: 2)
    var m = random(count, seed: 3)
    var v = random(count, seed: 4).map { $0 * $0 }
    (m[0], v[0]) = (0, 0)
    let buffers = [start, gradient, m, v].map { Guarded($0) }
    let (rate, decay, clip, step) = (3e-3, 0.1, 0.5, 7.0)
    let correction = (1 - pow(0.9, step), 1 - pow(0.95, step))
    kernels.adamStep(
      count, buffers[0].base, buffers[1].base, buffers[2].base, buffers[3].base, Float(clip), 0.9,
      0.95, Float(rate / correction.0), Float(1 / correction.1), 1e-8, Float(1 - rate * decay))
    for i in 0..<count {
      let g = Double(gradient[i]) * clip
      let first = 0.9 * Double(m[i]) + 0.1 * g
      let second = 0.95 * Double(v[i]) + 0.05 * g * g
      let move = rate * (first / correction.0) / ((second / correction.1).squareRoot() + 1e-8)
      let expected = Double(start[i]) * (1 - rate * decay) - move
      #expect(abs(Double(buffers[0].values[i]) - expected) < 3e-7 * (1 + abs(expected)))
      #expect(abs(Double(buffers[2].values[i]) - first) <= 1e-6 * abs(first))
      #expect(abs(Double(buffers[3].values[i]) - second) <= 1e-6 * abs(second))
    }
    #expect(buffers[1].values.allSatisfy { $0 == 0 })
    #expect(buffers.allSatisfy { $0.isFrameWhole })
  }
}
