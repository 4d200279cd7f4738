import Foundation
import Kernels
import Testing

// N rows, C channels.

/// Rows written as pairs of channels and as pairs of rows are the same numbers; after an odd number of
/// rows there are zeros.
private func expectSameNumbers(
  rows: [UInt32], stride: Int, pairs: [UInt32], pairStride: Int, count: Int, channels: Int,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let byRows = numbers(rows)
  let byPairs = numbers(pairs)
  var different: [(row: Int, channel: Int)] = []
  for row in 0..<(count + 1) / 2 * 2 {
    for i in 0..<channels {
      let number = byRows[row * 2 * stride + i]
      let other = byPairs[2 * (row / 2 * pairStride + i) + row % 2]
      if number != other || row >= count && number != 0 { different.append((row, i)) }
    }
  }
  #expect(different.isEmpty, sourceLocation: sourceLocation)
}

/// Each number is as near the expected one as rounding and a little error before it allow.
private func expectNear(
  _ found: some Collection<Float>, _ expected: [Double], beside: Double = 1e-6,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(found.count == expected.count, sourceLocation: sourceLocation)
  let scale = expected.map(abs).max() ?? 1
  let far = zip(found, expected).first { a, b in
    !(abs(Double(a) - b) <= abs(b) / 256 + beside * scale)
  }
  #expect(far == nil, sourceLocation: sourceLocation)
}

@Suite("Elementwise kernels of bfloat16") struct ElementwiseKernelsOfBfloat16Tests {
  static let widths = [16, 48, 80, 176]
  static let counts = [1, 4, 5]

  @Test("normalize rows and add the slopes", arguments: BFloat16Kind.all, widths)
  func normalizeRowsAndAddTheSlopes(kind: BFloat16Kind, c: Int) {
    for rows in Self.counts { normalize(kind: kind, c: c, rows: rows) }
  }

  private func normalize(kind: BFloat16Kind, c: Int, rows: Int) {
    let kernels = kind.kernels
    let (stride, half) = (c + 16, c / 2 + 8)
    let even = (rows + 1) / 2
    let x = Guarded(Array(random(rows * stride, seed: 1).dropLast(16)))
    let gain = Guarded(random(c, seed: 2))
    let dy = Guarded(Array(random(rows * stride, seed: 3).dropLast(16)))
    let before = random(rows * stride, seed: 4)
    let dx = Guarded(before)
    let inverse = Guarded([Float](repeating: 0, count: rows))
    let dGain = Guarded(random(c, seed: 5))
    let dGainBefore = dGain.values
    func words(_ count: Int) -> Guarded<UInt32> { Guarded([UInt32](repeating: 0, count: count)) }
    let (y, pairs) = (words(2 * even * half), words(even * stride))
    let (alone, slopes, slopePairs) = (
      words(2 * even * half), words(2 * even * half), words(even * stride)
    )
    kernels.normalize(
      rows, c, x.base, stride, gain.base, 1e-5, y.base, half, pairs.base, stride, inverse.base)
    kernels.normalize(
      rows, c, x.base, stride, gain.base, 1e-5, alone.base, half, nil, 0, inverse.base)
    #expect(alone.values == y.values)
    kernels.normalizeBackward(
      rows, c, x.base, stride, gain.base, inverse.base, dy.base, stride, dx.base, stride,
      dGain.base, slopes.base, half, slopePairs.base, stride)
    var expectedGain = dGainBefore.map(Double.init)
    for row in 0..<rows {
      let at = { (values: [Float], i: Int) in Double(values[row * stride + i]) }
      let (x, dy, gain) = (x.values, dy.values, gain.values)
      let squares = (0..<c).reduce(0) { $0 + at(x, $1) * at(x, $1) }
      let r = 1 / (squares / Double(c) + 1e-5).squareRoot()
      let dot = (0..<c).reduce(0) { $0 + at(dy, $1) * Double(gain[$1]) * at(x, $1) }
      let expected = (0..<c).map { at(x, $0) * r * Double(gain[$0]) }
      let expectedSlopes = (0..<c).map {
        at(before, $0) + r * at(dy, $0) * Double(gain[$0]) - at(x, $0) * r * r * r * dot / Double(c)
      }
      for i in 0..<c { expectedGain[i] += at(dy, i) * at(x, i) * r }
      expectNear(numbers(y.values)[row * 2 * half..<row * 2 * half + c], expected)
      #expect(difference(Array(dx.values[row * stride..<row * stride + c]), expectedSlopes) < 2e-6)
      let rounded = dx.values[row * stride..<row * stride + c].map { nearest($0) }
      #expect(Array(numbers(slopes.values)[row * 2 * half..<row * 2 * half + c]) == rounded)
    }
    #expect(difference(dGain.values, expectedGain) < 2e-6)
    expectSameNumbers(
      rows: y.values, stride: half, pairs: pairs.values, pairStride: stride, count: rows,
      channels: c)
    expectSameNumbers(
      rows: slopes.values, stride: half, pairs: slopePairs.values, pairStride: stride, count: rows,
      channels: c)
    for buffer in [y, pairs, alone, slopes, slopePairs] { #expect(buffer.isFrameWhole) }
    #expect(dx.isFrameWhole && dGain.isFrameWhole && inverse.isFrameWhole)
  }

  @Test("gate and gate back", arguments: BFloat16Kind.all, widths)
  func gateAndGateBack(kind: BFloat16Kind, f: Int) {
    for rows in Self.counts { gate(kind: kind, f: f, rows: rows) }
  }

  private func gate(kind: BFloat16Kind, f: Int, rows: Int) {
    let kernels = kind.kernels
    let (stride, gateStride, half) = (f + 16, 2 * f + 16, f / 2 + 8)
    let even = (rows + 1) / 2
    var values = random(rows * gateStride, seed: 1, scale: 3)
    // Far out, where e⁻ˣ overflows or vanishes.
    (values[0], values[1], values[2]) = (200, -200, 0)
    let gates = Guarded(Array(values.dropLast(16)))
    let dy = Guarded(Array(random(rows * stride, seed: 2).dropLast(16)))
    func words(_ count: Int) -> Guarded<UInt32> { Guarded([UInt32](repeating: 0, count: count)) }
    let y = words(rows * half)
    let (dGates, dPairs, hidden) = (
      words(2 * even * (f + 8)), words(even * gateStride), words(even * stride)
    )
    kernels.gate(rows, f, gates.base, gateStride, y.base, half)
    kernels.gateBackward(
      rows, f, gates.base, gateStride, dy.base, stride, dGates.base, f + 8, dPairs.base,
      gateStride, hidden.base, stride)
    var again = [UInt32](repeating: 0, count: 2 * even * half)
    for row in 0..<rows {
      var (out, dg, du) = ([Double](), [Double](), [Double]())
      for i in 0..<f {
        let g = Double(values[row * gateStride + i])
        let u = Double(values[row * gateStride + f + i])
        let d = Double(dy.values[row * stride + i])
        let open = 1 / (1 + exp(-g))
        out.append(g * open * u)
        dg.append(d * u * open * (1 + g * (1 - open)))
        du.append(d * g * open)
      }
      expectNear(numbers(y.values)[row * 2 * half..<row * 2 * half + f], out)
      let slopes = numbers(dGates.values).dropFirst(row * 2 * (f + 8))
      expectNear(slopes.prefix(f), dg, beside: 2e-6)
      expectNear(slopes.dropFirst(f).prefix(f), du)
      for i in 0..<half { again[row * half + i] = y.values[row * half + i] }
    }
    expectSameNumbers(
      rows: dGates.values, stride: f + 8, pairs: dPairs.values, pairStride: gateStride,
      count: rows, channels: 2 * f)
    // The output of the way back is that of the way forward.
    expectSameNumbers(
      rows: again, stride: half, pairs: hidden.values, pairStride: stride, count: rows, channels: f)
    for buffer in [y, dGates, dPairs, hidden] { #expect(buffer.isFrameWhole) }
  }

  /// The terms of a block whose largest logit is zero are the exponentials of its logits.
  @Test("exponentials are near the true ones and vanish below normal numbers")
  func exponentialsAreNearTheTrueOnesAndVanishBelowNormalNumbers() throws {
    var exponents = (0..<20_000).map { -Float($0) / 180 }
    // Where the nearest 32nd of a power of two changes, and the last that are not zero.
    exponents += (0..<3000).flatMap { place in
      let middle = -(Float(place) + 0.5) * Float(log(2.0)) / 32
      return [middle.nextDown, middle, middle.nextUp]
    }
    exponents += [-87.29999, -87.3, -87.30001, -1e30, -.infinity, -1e-30, -0.0, .nan]
    exponents.append(Float(bitPattern: 0x7fc1_2345))
    var bits: [[UInt32]] = []
    for kind in BFloat16Kind.all {
      let width = kind.kernels.panelWidth
      let rows = (exponents.count + width - 1) / width
      let logits = Guarded(
        [Float](repeating: 0, count: width) + exponents
          + [Float](repeating: 0, count: rows * width - exponents.count))
      // What is not a number is taken for the largest by none.
      let buffers = (0..<4).map { _ in Guarded([Float](repeating: 0, count: width)) }
      kind.kernels.softmaxBlock(
        rows + 1, 0, width, logits.base, width, [UInt16](repeating: 0, count: width),
        buffers[0].base, buffers[1].base, buffers[2].base, buffers[3].base)
      for buffer in buffers + [logits] { #expect(buffer.isFrameWhole) }
      let found = Array(logits.values[width..<width + exponents.count])
      bits.append(found.bits)
      let wrong = zip(exponents, found).first { x, y in
        if x.isNaN { return !y.isNaN }
        if x < -87.3 { return y != 0 }
        let expected = exp(Double(x))
        return !(abs(Double(y) - expected) <= expected * (2e-7 + 3.5e-8 * abs(Double(x))))
      }
      #expect(wrong == nil, "\(kind)")
    }
    let first = try #require(bits.first)
    #expect(bits.allSatisfy { $0 == first })
  }

  /// Against the slopes of single precision, which are checked against the formula.
  @Test(
    "give the slopes of softmax and cross-entropy rounded",
    arguments: BFloat16Kind.all,
    [(tokens: 1, v: 2, block: 256), (5, 16, 16), (33, 37, 8), (40, 103, 64), (64, 99, 64)])
  func giveTheSlopesOfSoftmaxAndCrossentropyRounded(
    kind: BFloat16Kind, shape: (tokens: Int, v: Int, block: Int)
  ) {
    let kernels = kind.kernels
    let single = KernelTable(level: .portable)
    let (tokens, v, block) = shape
    let padded = (tokens + 31) / 32 * 32
    let stride = padded + 16
    let logits = random(v * stride, seed: 1, scale: 4)
    let targets = (0..<tokens).map { UInt16(($0 * 7 + v - 1) % v) }
    let terms = Guarded(logits)
    let largest = Guarded([Float](repeating: -.infinity, count: padded))
    let sums = Guarded([Float](repeating: 0, count: padded))
    let reached = Guarded([Float](repeating: 0, count: padded))
    let losses = Guarded([Float](repeating: 0, count: padded))
    let blocks = (v + block - 1) / block
    let shifts = Guarded([Float](repeating: .nan, count: blocks * padded))
    for index in 0..<blocks {
      for token in Swift.stride(from: 0, to: tokens, by: 32) {
        targets.withUnsafeBufferPointer {
          kernels.softmaxBlock(
            min(block, v - index * block), index * block, min(32, tokens - token),
            terms.base + index * block * stride + token, stride, $0.baseAddress! + token,
            reached.base + token, largest.base + token, sums.base + token,
            shifts.base + index * padded + token)
        }
      }
    }
    kernels.crossEntropy(tokens, largest.base, sums.base, reached.base, losses.base)
    for token in 0..<tokens {
      let z = (0..<v).map { Double(logits[$0 * stride + token]) }
      let loss = log(z.reduce(0) { $0 + exp($1) }) - z[Int(targets[token])]
      #expect(abs(Double(losses.values[token]) - loss) < 1e-5 * (1 + loss))
    }
    for index in 0..<blocks {
      let (first, entries) = (index * block, min(block, v - index * block))
      let half = padded / 2 + 8
      let slopes = Guarded([UInt32](repeating: 7, count: (entries + 1) / 2 * 2 * half))
      let pairs = Guarded([UInt32](repeating: 7, count: (entries + 1) / 2 * stride))
      let plain = Guarded(Array(terms.values[first * stride..<(first + entries) * stride]))
      let plainShifts = Guarded(Array(shifts.values[index * padded..<(index + 1) * padded]))
      kernels.softmaxSlopes(
        entries, first, tokens, terms.base + first * stride, stride, targets,
        shifts.base + index * padded, largest.base, sums.base, 0.25, slopes.base, half, pairs.base,
        stride)
      single.softmaxSlopes(
        entries, first, tokens, plain.base, stride, targets, plainShifts.base, largest.base,
        sums.base, 0.25)
      for entry in 0..<entries {
        expectNear(
          numbers(slopes.values)[entry * 2 * half..<entry * 2 * half + tokens],
          plain.values[entry * stride..<entry * stride + tokens].map(Double.init), beside: 1e-6)
      }
      expectSameNumbers(
        rows: slopes.values, stride: half, pairs: pairs.values, pairStride: stride,
        count: entries, channels: tokens)
      #expect(slopes.isFrameWhole && pairs.isFrameWhole)
    }
  }
}
