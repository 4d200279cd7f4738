import Foundation
import Kernels
import Testing

// T positions, D channels of the head.

/// Causal attention of one head and its slopes in double precision, with what the kernels round rounded:
/// the factors of every product.
private struct RoundedAttention {
  var output: [[Double]] = []
  var logSums: [Double] = []
  var (dQueries, dKeys, dValues): ([[Double]], [[Double]], [[Double]])

  init(
    q: [[Double]], k: [[Double]], v: [[Double]], dOutput: [[Double]],
    rounding round: (Double) -> Double
  ) {
    let size = q[0].count
    let scale = 1 / Double(size).squareRoot()
    let zero = [[Double]](repeating: [Double](repeating: 0, count: size), count: q.count)
    (dQueries, dKeys, dValues) = (zero, zero, zero)
    func turned(_ x: [[Double]], _ direction: Double, _ scale: Double) -> [[Double]] {
      x.enumerated().map { t, row in
        (0..<size).map { d in
          let half = size / 2
          let angle = Double(t) * pow(10_000, -2 * Double(d % half) / Double(size))
          let other = d < half ? -row[d + half] : row[d - half]
          return scale * (row[d] * cos(angle) + direction * other * sin(angle))
        }
      }
    }
    func rounded(_ x: [[Double]]) -> [[Double]] { x.map { $0.map(round) } }
    func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let (q, k) = (rounded(turned(q, 1, scale)), rounded(turned(k, 1, 1)))
    let (v, slopesAbove) = (rounded(v), rounded(dOutput))
    for t in q.indices {
      let scores = (0...t).map { dot(q[t], k[$0]) }
      let most = scores.max()!
      let terms = scores.map { exp($0 - most) }
      let sum = terms.reduce(0, +)
      logSums.append(most + log(sum))
      output.append(
        (0..<size).map { d in (0...t).reduce(0) { $0 + round(terms[$1]) * v[$1][d] } / sum })
      let slopes = (0...t).map { dot(slopesAbove[t], v[$0]) }
      let mean = dot(dOutput[t], output[t])
      for s in 0...t {
        let share = terms[s] / sum
        let slope = round(share * (slopes[s] - mean))
        for d in 0..<size {
          dValues[s][d] += round(share) * slopesAbove[t][d]
          dQueries[t][d] += slope * k[s][d]
          dKeys[s][d] += slope * q[t][d]
        }
      }
    }
    (dQueries, dKeys) = (turned(dQueries, -1, scale), turned(dKeys, -1, 1))
    (dQueries, dKeys, dValues) = (rounded(dQueries), rounded(dKeys), rounded(dValues))
  }
}

/// What a kernel of attention gives forward and back.
private struct Found: Equatable {
  var output: [Float]
  var rows: [UInt32]
  var pairs: [UInt32]
  var logSums: [UInt32]
  var slopes: [UInt32]
  var slopePairs: [UInt32]
  var heads: [UInt32]
}

@Suite("Attention of bfloat16") struct AttentionOfBfloat16Tests {
  static let shapes: [(positions: Int, size: Int)] = [
    (1, 16), (2, 32), (7, 16), (8, 64), (9, 16), (63, 32), (64, 16), (65, 16), (100, 48),
    (131, 32), (33, 16), (80, 80), (49, 32), (48, 16),
  ]

  private static func run(
    _ kernels: BFloat16Kernels, _ positions: Int, _ size: Int, x: [Float], stride: Int,
    dOutput: [Float], outStride: Int
  ) -> Found {
    let even = (positions + 1) / 2 * 2
    let half = size / 2
    let angles = (0..<positions * half).map { i in
      Double(i / half) * pow(10_000, -2 * Double(i % half) / Double(size))
    }
    let cosines = Guarded(angles.map { Float(cos($0)) })
    let sines = Guarded(angles.map { Float(sin($0)) })
    func words(_ count: Int) -> Guarded<UInt32> {
      Guarded([UInt32](repeating: 0xffff_ffff, count: count))
    }
    let input = Guarded(x)
    let output = Guarded([Float](repeating: 7, count: positions * outStride - 16))
    let heads = words(even * 3 * half)
    let (rows, pairs) = (words(even * half), words(even / 2 * size))
    let logSums = Guarded([Float](repeating: 0, count: positions))
    let scratch = words(BFloat16Kernels.attentionScratch(positions: positions, headSize: size))
    kernels.attend(
      positions, size, input.base + 16, input.base + 16 + size, input.base + 16 + 2 * size, stride,
      cosines.base, sines.base, heads.base, half, 3 * half, output.base + 16, outStride, rows.base,
      half, pairs.base, size, logSums.base, scratch.base)
    // Whatever is left over from the way forward must not matter.
    for i in 0..<scratch.count { scratch.base[i] = 0xffff_ffff }
    let above = Guarded(dOutput)
    let (slopes, slopePairs) = (words(even * 3 * half), words(even / 2 * 3 * size))
    kernels.attendBackward(
      positions, size, heads.base, half, 3 * half, cosines.base, sines.base, output.base + 16,
      above.base + 16, outStride, logSums.base, slopes.base, 3 * half, slopePairs.base, 3 * size,
      scratch.base)
    #expect(output.isFrameWhole && scratch.isFrameWhole && logSums.isFrameWhole)
    for buffer in [heads, rows, pairs, slopes, slopePairs] { #expect(buffer.isFrameWhole) }
    // Other heads' columns are theirs.
    for t in 0..<positions {
      #expect(output.values[t * outStride..<t * outStride + 16].allSatisfy { $0 == 7 })
    }
    return Found(
      output: (0..<positions).flatMap { t in
        Array(output.values[t * outStride + 16..<t * outStride + 16 + size])
      }, rows: rows.values, pairs: pairs.values, logSums: logSums.values.bits,
      slopes: slopes.values, slopePairs: slopePairs.values, heads: heads.values)
  }

  /// The mean square of the difference over that of the expected numbers, by its root.
  private static func error(_ found: [Float], _ expected: [[Double]]) -> Double {
    let flat = expected.flatMap(\.self)
    let squares = zip(found, flat).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }
    return (squares / max(flat.reduce(0) { $0 + $1 * $1 }, 1e-20)).squareRoot()
  }

  @Test(
    "and its way back agree with formulas that round where it does", arguments: BFloat16Kind.all,
    shapes)
  func andItsWayBackAgreeWithFormulasThatRoundWhereItDoes(
    kind: BFloat16Kind, shape: (positions: Int, size: Int)
  ) {
    let (positions, size) = shape
    // A head in the middle of wider rows.
    let (stride, outStride) = (3 * size + 48, size + 32)
    let x = random(positions * stride, seed: 1, scale: 1.5)
    let dOut = random(positions * outStride, seed: 2)
    let found = Self.run(
      kind.kernels, positions, size, x: x, stride: stride, dOutput: dOut, outStride: outStride)
    func rows(_ values: [Float], _ first: Int, _ stride: Int) -> [[Double]] {
      (0..<positions).map { t in
        values[t * stride + first..<t * stride + first + size].map(Double.init)
      }
    }
    func attention(_ rounding: (Double) -> Double) -> RoundedAttention {
      RoundedAttention(
        q: rows(x, 16, stride), k: rows(x, 16 + size, stride), v: rows(x, 16 + 2 * size, stride),
        dOutput: rows(dOut, 16, outStride), rounding: rounding)
    }
    let expected = attention { nearest($0) }
    #expect(Self.error(found.output, expected.output) < 2e-4)
    let logSums = found.logSums.map { Float(bitPattern: $0) }
    #expect(difference(logSums, expected.logSums) < 2e-5)
    let slopes = numbers(found.slopes)
    let parts = [expected.dQueries, expected.dKeys, expected.dValues]
    for (part, expected) in parts.enumerated() {
      var columns: [Float] = []
      for t in 0..<positions {
        let start = t * 3 * size + part * size
        columns += slopes[start..<start + size]
      }
      // One position has no choice, and so no slope but rounding.
      if positions == 1, part < 2 {
        #expect(columns.allSatisfy { abs($0) < 0.02 })
      } else {
        #expect(Self.error(columns, expected) < 1e-3, "part \(part)")
      }
    }
    if positions > 30 {
      // What is not rounded is farther: the agreement is not by chance.
      let plain = attention { $0 }
      #expect(Self.error(found.output, plain.output) > 1e-3)
    }
    // The rows are the output rounded, and pairs of rows are the same numbers.
    let (outputs, outputPairs) = (numbers(found.rows), numbers(found.pairs))
    let slopePairs = numbers(found.slopePairs)
    for t in 0..<positions {
      let rounded = found.output[t * size..<(t + 1) * size].map { nearest($0) }
      #expect(Array(outputs[t * size..<(t + 1) * size]) == rounded)
      #expect((0..<size).map { outputPairs[2 * (t / 2 * size + $0) + t % 2] } == rounded)
      let place = t / 2 * 3 * size
      #expect(
        (0..<3 * size).map { slopePairs[2 * (place + $0) + t % 2] }
          == Array(slopes[t * 3 * size..<(t + 1) * 3 * size]))
    }
  }

  @Test("gives the same bits by its twin", arguments: BFloat16Level.supported, shapes)
  func givesTheSameBitsByItsTwin(
    level: BFloat16Level, shape: (positions: Int, size: Int)
  ) {
    let (positions, size) = shape
    let (stride, outStride) = (3 * size + 48, size + 32)
    let x = random(positions * stride, seed: 1, scale: 1.5)
    let dOut = random(positions * outStride, seed: 2)
    let found = [false, true].map {
      Self.run(
        BFloat16Kernels(level: level, isTwin: $0), positions, size, x: x, stride: stride,
        dOutput: dOut, outStride: outStride)
    }
    #expect(found[0] == found[1])
  }
}
