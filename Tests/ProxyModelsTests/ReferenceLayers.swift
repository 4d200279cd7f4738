import Foundation
import Numerics

// The reference: every layer in double precision, by plain loops over the formulas, with nothing
// blocked, packed or fused. Its gradients are checked against finite differences; the trainer's, in
// single precision, are checked against it.
// N rows, T positions, C channels, I inputs, O outputs, H heads, D channels of a head, V vocabulary.

func dot(_ a: some Sequence<Double>, _ b: some Sequence<Double>) -> Double {
  zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
}

/// What becomes of the factors of a product.
struct FactorRounding {
  /// Whether they are rounded to bfloat16: to nearest, of two as near the one whose last bit is zero.
  var isOn = false

  func callAsFunction(_ x: Double) -> Double {
    guard isOn else { return x }
    let bits = Float(x).bitPattern
    let odd = bits >> 16 & 1
    return Double(Float(bitPattern: (bits &+ 0x7fff &+ odd) & 0xffff_0000))
  }

  func callAsFunction(_ x: [Double]) -> [Double] { isOn ? x.map { self($0) } : x }
}

/// `y = x·Wᵀ` with x (N, I) and W (O, I).
struct ReferenceLinear {
  var inputs: Int
  var outputs: Int
  var rounded = FactorRounding()

  func forward(_ x: [Double], _ w: [Double]) -> [Double] {
    let rows = x.count / inputs
    let (x, w) = (rounded(x), rounded(w))
    var y = [Double](repeating: 0, count: rows * outputs)
    for n in 0..<rows {
      for o in 0..<outputs {
        for i in 0..<inputs { y[n * outputs + o] += x[n * inputs + i] * w[o * inputs + i] }
      }
    }
    return y
  }

  func backward(_ x: [Double], _ w: [Double], _ dy: [Double]) -> (dx: [Double], dw: [Double]) {
    let rows = x.count / inputs
    let (x, w, dy) = (rounded(x), rounded(w), rounded(dy))
    var dx = [Double](repeating: 0, count: x.count)
    var dw = [Double](repeating: 0, count: w.count)
    for n in 0..<rows {
      for o in 0..<outputs {
        for i in 0..<inputs {
          dx[n * inputs + i] += dy[n * outputs + o] * w[o * inputs + i]
          dw[o * inputs + i] += dy[n * outputs + o] * x[n * inputs + i]
        }
      }
    }
    return (dx, dw)
  }
}

/// `y = x / √(mean(x²) + ε) · gain` by rows of C.
struct ReferenceNorm {
  var epsilon = 1e-5

  func forward(_ x: [Double], _ gain: [Double]) -> [Double] {
    let c = gain.count
    var y = x
    for start in stride(from: 0, to: x.count, by: c) {
      let inverse = inverseRoot(x[start..<start + c])
      for i in 0..<c { y[start + i] = x[start + i] * inverse * gain[i] }
    }
    return y
  }

  func backward(
    _ x: [Double], _ gain: [Double], _ dy: [Double]
  ) -> (dx: [Double], dGain: [Double]) {
    let c = gain.count
    var dx = x
    var dGain = [Double](repeating: 0, count: c)
    for start in stride(from: 0, to: x.count, by: c) {
      let r = inverseRoot(x[start..<start + c])
      var dot = 0.0
      for i in 0..<c {
        dot += dy[start + i] * gain[i] * x[start + i]
        dGain[i] += dy[start + i] * x[start + i] * r
      }
      for i in 0..<c {
        dx[start + i] = r * dy[start + i] * gain[i] - x[start + i] * r * r * r * dot / Double(c)
      }
    }
    return (dx, dGain)
  }

  private func inverseRoot(_ x: ArraySlice<Double>) -> Double {
    1 / (x.reduce(0) { $0 + $1 * $1 } / Double(x.count) + epsilon).squareRoot()
  }
}

/// Causal attention of H heads over one sequence, queries and keys rotated: (T, 3C) to (T, C).
struct ReferenceAttention {
  var heads: Int
  var headSize: Int
  var rounded = FactorRounding()

  private var width: Int { heads * headSize }

  private func angle(_ position: Int, _ d: Int) -> Double {
    Double(position) * pow(10_000, -2 * Double(d) / Double(headSize))
  }

  /// One head's columns of `x`, turned by each position's angle.
  private func turned(_ x: [Double], _ column: Int, _ direction: Double) -> [[Double]] {
    let half = headSize / 2
    return (0..<x.count / (3 * width)).map { t in
      let row = x[(t * 3 * width + column)..<(t * 3 * width + column + headSize)]
      let v = Array(row)
      return (0..<headSize).map { d -> Double in
        let a = angle(t, d % half)
        let partner = d < half ? -v[d + half] : v[d - half]
        return v[d] * cos(a) + direction * partner * sin(a)
      }
    }
  }

  /// Each position's terms e^(score - largest) and their sum.
  private func terms(_ q: [[Double]], _ k: [[Double]]) -> [(terms: [Double], sum: Double)] {
    q.indices.map { t in
      let scores = (0...t).map { s in dot(q[t], k[s]) }
      let most = scores.max()!
      let terms = scores.map { exp($0 - most) }
      return (terms, terms.reduce(0, +))
    }
  }

  /// Queries, turned and over the root of the head's size, and keys, as products take them.
  private func turnedPair(_ x: [Double], _ column: Int) -> (q: [[Double]], k: [[Double]]) {
    let scale = 1 / Double(headSize).squareRoot()
    let q = turned(x, column, 1).map { rounded($0.map { $0 * scale }) }
    return (q, turned(x, width + column, 1).map { rounded($0) })
  }

  func forward(_ x: [Double]) -> [Double] {
    let positions = x.count / (3 * width)
    var y = [Double](repeating: 0, count: positions * width)
    for head in 0..<heads {
      let column = head * headSize
      let (q, k) = turnedPair(x, column)
      for (t, (terms, sum)) in terms(q, k).enumerated() {
        for s in 0...t {
          let share = rounded(terms[s]) / sum
          for d in 0..<headSize {
            y[t * width + column + d] += share * rounded(x[s * 3 * width + 2 * width + column + d])
          }
        }
      }
    }
    return y
  }

  func backward(_ x: [Double], _ dy: [Double]) -> [Double] {
    var dx = [Double](repeating: 0, count: x.count)
    let output = forward(x)
    for head in 0..<heads {
      let column = head * headSize
      let (q, k) = turnedPair(x, column)
      for (t, (terms, sum)) in terms(q, k).enumerated() {
        let row = t * width + column..<t * width + column + headSize
        let above = rounded(Array(dy[row]))
        let mean = dot(dy[row], output[row])
        for s in 0...t {
          let value = s * 3 * width + 2 * width + column
          let share = terms[s] / sum
          let slope = dot(above, rounded(Array(x[value..<value + headSize])))
          let score = rounded(share * (slope - mean))
          for d in 0..<headSize {
            dx[value + d] += rounded(share) * above[d]
            dx[t * 3 * width + column + d] += score * k[s][d] / Double(headSize).squareRoot()
            dx[s * 3 * width + width + column + d] += score * q[t][d]
          }
        }
      }
      // The gradient of a rotation is the rotation back.
      for part in [column, width + column] {
        for (t, row) in turned(dx, part, -1).enumerated() {
          for d in 0..<headSize { dx[t * 3 * width + part + d] = row[d] }
        }
      }
    }
    return dx
  }
}

/// `y = silu(g)·u` with rows of g (F) and u (F).
struct ReferenceGate {
  var hidden: Int

  func forward(_ x: [Double]) -> [Double] {
    (0..<x.count / 2).map { i in
      let (g, u) = pair(x, i)
      return g / (1 + exp(-g)) * u
    }
  }

  func backward(_ x: [Double], _ dy: [Double]) -> [Double] {
    var dx = x
    for i in dy.indices {
      let (g, u) = pair(x, i)
      let open = 1 / (1 + exp(-g))
      let place = i / hidden * 2 * hidden + i % hidden
      dx[place] = dy[i] * u * open * (1 + g * (1 - open))
      dx[place + hidden] = dy[i] * g * open
    }
    return dx
  }

  private func pair(_ x: [Double], _ i: Int) -> (Double, Double) {
    let place = i / hidden * 2 * hidden + i % hidden
    return (x[place], x[place + hidden])
  }
}

/// Softmax and cross-entropy of rows of V logits, in nats.
struct ReferenceCrossEntropy {
  var targets: [Int]

  func forward(_ logits: [Double]) -> [Double] {
    let v = logits.count / targets.count
    return targets.enumerated().map { row, target in
      let z = logits[row * v..<(row + 1) * v]
      let most = z.max()!
      return most + log(z.reduce(0) { $0 + exp($1 - most) }) - z[row * v + target]
    }
  }

  /// The gradient of the sum of the losses.
  func backward(_ logits: [Double]) -> [Double] {
    let v = logits.count / targets.count
    let losses = forward(logits)
    return logits.indices.map { i in
      let (row, token) = (i / v, i % v)
      let logSum = losses[row] + logits[row * v + targets[row]]
      return exp(logits[i] - logSum) - (token == targets[row] ? 1 : 0)
    }
  }
}
