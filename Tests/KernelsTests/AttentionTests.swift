import Foundation
import Kernels
import Testing

// T positions, D channels of the head.

/// Causal attention of one head and its slopes in double precision, by the formulas.
private struct PlainAttention {
  var output: [[Double]] = []
  var logSums: [Double] = []
  var (dQueries, dKeys, dValues): ([[Double]], [[Double]], [[Double]]) = ([], [], [])

  init(q: [[Double]], k: [[Double]], v: [[Double]], dOutput: [[Double]]) {
    let size = q[0].count
    let scale = 1 / Double(size).squareRoot()
    let zero = [[Double]](repeating: [Double](repeating: 0, count: size), count: q.count)
    (dQueries, dKeys, dValues) = (zero, zero, zero)
    func turned(_ x: [[Double]], _ direction: Double) -> [[Double]] {
      x.enumerated().map { t, row in
        (0..<size).map { d in
          let half = size / 2
          let angle = Double(t) * pow(10_000, -2 * Double(d % half) / Double(size))
          return d < half
            ? row[d] * cos(angle) - direction * row[d + half] * sin(angle)
            : row[d] * cos(angle) + direction * row[d - half] * sin(angle)
        }
      }
    }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (q, k) = (turned(q, 1), turned(k, 1))
    for t in q.indices {
      let scores = (0...t).map { dot(q[t], k[$0]) * scale }
      let most = scores.max()!
      logSums.append(most + log(scores.reduce(0) { $0 + exp($1 - most) }))
      let shares = scores.map { exp($0 - logSums[t]) }
      output.append((0..<size).map { d in (0...t).reduce(0) { $0 + shares[$1] * v[$1][d] } })
      let slopes = (0...t).map { dot(dOutput[t], v[$0]) }
      let mean = dot(slopes, shares)
      for s in 0...t {
        let slope = shares[s] * (slopes[s] - mean) * scale
        for d in 0..<size {
          dValues[s][d] += shares[s] * dOutput[t][d]
          dQueries[t][d] += slope * k[s][d]
          dKeys[s][d] += slope * q[t][d]
        }
      }
    }
    (dQueries, dKeys) = (turned(dQueries, -1), turned(dKeys, -1))
  }
}

@Suite struct AttentionTests {
  static let shapes: [(positions: Int, size: Int)] = [
    (1, 16), (2, 32), (7, 16), (8, 64), (9, 16), (63, 32), (64, 16), (65, 16), (100, 48),
    (131, 32), (200, 64), (33, 16), (80, 80), (49, 32),
  ]

  @Test("and its way back agree with the formulas", arguments: KernelLevel.available, shapes)
  func andItsWayBackAgreeWithTheFormulas(
    level: KernelLevel, shape: (positions: Int, size: Int)
  ) {
    let kernels = KernelTable(level: level)
    let (positions, size) = shape
    // A head in the middle of wider rows.
    let (stride, outStride) = (3 * size + 48, size + 32)
    let x = random(positions * stride, seed: 1, scale: 1.5)
    let dOut = random(positions * outStride, seed: 2)
    let half = size / 2
    let angles = (0..<positions * half).map { i in
      Double(i / half) * pow(10_000, -2 * Double(i % half) / Double(size))
    }
    let (cosines, sines) = (angles.map { Float(cos($0)) }, angles.map { Float(sin($0)) })

    let input = Guarded(x)
    let output = Guarded(random(positions * outStride, seed: 3))
    let beside = output.values
    let logSums = Guarded([Float](repeating: 0, count: positions))
    let scratch = Guarded(
      [Float](
        repeating: .nan,
        count: KernelTable.attentionScratch(positions: positions, headSize: size)))
    kernels.attend(
      positions, size, input.base + 16, input.base + 16 + size, input.base + 16 + 2 * size, stride,
      cosines, sines, output.base + 16, outStride, logSums.base, scratch.base)
    // Whatever is left over from the way forward must not matter.
    for i in 0..<KernelTable.attentionScratch(positions: positions, headSize: size) {
      scratch.base[i] = .nan
    }
    let slopes = Guarded([Float](repeating: 7, count: positions * stride))
    let dOutput = Guarded(dOut)
    kernels.attendBackward(
      positions, size, input.base + 16, input.base + 16 + size, input.base + 16 + 2 * size, stride,
      cosines, sines, output.base + 16, dOutput.base + 16, outStride, logSums.base,
      slopes.base + 16, slopes.base + 16 + size, slopes.base + 16 + 2 * size, stride, scratch.base)

    func columns(_ values: [Float], _ first: Int, _ stride: Int) -> [Float] {
      (0..<positions).flatMap { values[$0 * stride + first..<$0 * stride + first + size] }
    }
    func rows(_ values: [Float], _ first: Int, _ stride: Int) -> [[Double]] {
      (0..<positions).map { t in
        values[t * stride + first..<t * stride + first + size].map(Double.init)
      }
    }
    let plain = PlainAttention(
      q: rows(x, 16, stride), k: rows(x, 16 + size, stride), v: rows(x, 16 + 2 * size, stride),
      dOutput: rows(dOut, 16, outStride))
    func agree(_ found: [Float], _ expected: [[Double]], _ tolerance: Double) -> Bool {
      // One position has no choice, and so no slope but rounding.
      let flat = expected.flatMap(\.self)
      return (flat.map(abs).max() ?? 0) < 1e-12
        ? found.allSatisfy { abs($0) < 1e-5 } : difference(found, flat) < tolerance
    }
    #expect(agree(columns(output.values, 16, outStride), plain.output, 5e-6))
    #expect(
      agree(logSums.values, [plain.logSums], 2e-6))
    #expect(agree(columns(slopes.values, 16, stride), plain.dQueries, 1e-5))
    #expect(agree(columns(slopes.values, 16 + size, stride), plain.dKeys, 1e-5))
    #expect(agree(columns(slopes.values, 16 + 2 * size, stride), plain.dValues, 1e-5))
    // Other heads' columns are theirs.
    for t in 0..<positions {
      #expect(slopes.values[t * stride..<t * stride + 16].allSatisfy { $0 == 7 })
      let place = t * outStride
      #expect(output.values[place..<place + 16] == beside[place..<place + 16])
      #expect(
        output.values[place + 16 + size..<place + outStride]
          == beside[place + 16 + size..<place + outStride])
    }
    // Queries and keys are rotated in place; nothing else of the input changes.
    for t in 0..<positions {
      let untouched = [t * stride..<t * stride + 16, t * stride + 16 + 2 * size..<(t + 1) * stride]
      for range in untouched { #expect(input.values[range] == x[range]) }
    }
    #expect(scratch.isFrameWhole && slopes.isFrameWhole && output.isFrameWhole)
    #expect(logSums.isFrameWhole && input.isFrameWhole)
  }
}
