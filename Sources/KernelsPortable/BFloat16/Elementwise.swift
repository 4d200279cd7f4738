import CProcessor

// N rows (tokens), C channels, F hidden channels. C and F are multiples of sixteen; a stride is from
// one row to the next, of numbers or of words.
//
// What a product takes is written as it takes it: by rows, each a row of pairs of channels, for the
// products that sum over channels; and by pairs of rows, each a row of C words, for those that sum
// over tokens. Hence two rows at a time; where their number is odd, the last is paired with zeros,
// and rows written have room for one more.

/// Root-mean-square normalization, as in single precision.
///
/// - Parameters:
///   - y: (N, C/2) words.
///   - pairs: (N/2, C) words, nil where there is no way back.
package func normalize(
  rows: Int, channels: Int, x: UnsafePointer<Float>, xStride: Int, gain: UnsafePointer<Float>,
  epsilon: Float, y: UnsafeMutablePointer<UInt32>, yStride: Int,
  pairs: UnsafeMutablePointer<UInt32>?, pairStride: Int, inverse: UnsafeMutablePointer<Float>
) {
  var row = 0
  while row < rows {
    let first = x + row &* xStride
    // The last of an odd number is taken twice, the second time as zeros.
    let hasSecond = row &+ 1 < rows
    let second = hasSecond ? first + xStride : first
    var firstSquares = Lane.zero
    var secondSquares = Lane.zero
    var i = 0
    while i < channels {
      let (a, b) = (load(first + i), load(second + i))
      firstSquares = firstSquares.adding(a, times: a)
      secondSquares = secondSquares.adding(b, times: b)
      i &+= laneWidth
    }
    let firstScale = 1 / (firstSquares.total / Float(channels) + epsilon).squareRoot()
    var secondScale = 1 / (secondSquares.total / Float(channels) + epsilon).squareRoot()
    inverse[row] = firstScale
    if hasSecond { inverse[row &+ 1] = secondScale } else { secondScale = 0 }
    let (firstScales, secondScales) = (
      Lane(repeating: firstScale), Lane(repeating: secondScale)
    )
    let y = y + row &* yStride
    if let pairs {
      let pairs = pairs + (row &>> 1) &* pairStride
      i = 0
      while i < channels {
        let gains = load(gain + i)
        let both = rounded(
          load(first + i) * firstScales * gains, load(second + i) * secondScales * gains)
        storeRows(both, y + (i &>> 1), y + (yStride &+ (i &>> 1)))
        store(paired(both), pairs + i)
        i &+= laneWidth
      }
    } else {
      i = 0
      while i < channels {
        let gains = load(gain + i)
        let both = rounded(
          load(first + i) * firstScales * gains, load(second + i) * secondScales * gains)
        storeRows(both, y + (i &>> 1), y + (yStride &+ (i &>> 1)))
        i &+= laneWidth
      }
    }
    row &+= 2
  }
}

/// The way back of `normalize`: adds to the gradient of `x` (whose rows already hold what came past
/// the norm) and of the gain.
///
/// - Parameters:
///   - y, pairs: the gradient of `x` as products take it, (N, C/2) and (N/2, C) words.
package func normalizeBackward(
  rows: Int, channels: Int, x: UnsafePointer<Float>, xStride: Int, gain: UnsafePointer<Float>,
  inverse: UnsafePointer<Float>, dy: UnsafePointer<Float>, dyStride: Int,
  dx: UnsafeMutablePointer<Float>, dxStride: Int, dGain: UnsafeMutablePointer<Float>,
  y: UnsafeMutablePointer<UInt32>, yStride: Int, pairs: UnsafeMutablePointer<UInt32>,
  pairStride: Int
) {
  var row = 0
  while row < rows {
    let hasSecond = row &+ 1 < rows
    let (x0, dy0, dx0) = (x + row &* xStride, dy + row &* dyStride, dx + row &* dxStride)
    let x1 = hasSecond ? x0 + xStride : x0
    let dy1 = hasSecond ? dy0 + dyStride : dy0
    let dx1 = hasSecond ? dx0 + dxStride : dx0
    let scale0 = inverse[row]
    let scale1 = hasSecond ? inverse[row &+ 1] : 0
    let (across0, across1) = (Lane(repeating: scale0), Lane(repeating: scale1))
    var dot0 = Lane.zero
    var dot1 = Lane.zero
    var i = 0
    while i < channels {
      mixpipe_prefetch(x1 + (xStride &+ i))
      mixpipe_prefetch(x1 + (2 &* xStride &+ i))
      let gains = load(gain + i)
      let (slope0, slope1) = (load(dy0 + i), load(dy1 + i))
      let (value0, value1) = (load(x0 + i), load(x1 + i))
      dot0 = dot0.adding(slope0 * gains, times: value0)
      dot1 = dot1.adding(slope1 * gains, times: value1)
      let sum = load(dGain + i).adding(slope0, times: value0 * across0)
      store(sum.adding(slope1, times: value1 * across1), dGain + i)
      i &+= laneWidth
    }
    let along0 = Lane(repeating: -dot0.total * scale0 * scale0 * scale0 / Float(channels))
    let along1 = Lane(repeating: -dot1.total * scale1 * scale1 * scale1 / Float(channels))
    let y = y + row &* yStride
    let pairs = pairs + (row &>> 1) &* pairStride
    i = 0
    while i < channels {
      let gains = load(gain + i)
      var first = load(dx0 + i).adding(load(dy0 + i) * gains, times: across0)
      first = first.adding(load(x0 + i), times: along0)
      var second = Lane.zero
      if hasSecond {
        second = load(dx1 + i).adding(load(dy1 + i) * gains, times: across1)
        second = second.adding(load(x1 + i), times: along1)
        store(second, dx1 + i)
      }
      store(first, dx0 + i)
      let both = rounded(first, second)
      storeRows(both, y + (i &>> 1), y + (yStride &+ (i &>> 1)))
      store(paired(both), pairs + i)
      i &+= laneWidth
    }
    row &+= 2
  }
}

/// SwiGLU as in single precision, `y` (N, F/2) words.
package func gate(
  rows: Int, hidden: Int, gates: UnsafePointer<Float>, gateStride: Int,
  y: UnsafeMutablePointer<UInt32>, yStride: Int
) {
  for row in 0..<rows {
    let g = gates + row &* gateStride
    let u = g + hidden
    let y = y + row &* yStride
    var i = 0
    while i &+ 2 &* laneWidth <= hidden {
      let (a, b) = (load(g + i), load(g + (i &+ laneWidth)))
      store(
        rounded(
          a * sigmoid(a) * load(u + i), b * sigmoid(b) * load(u + (i &+ laneWidth))),
        y + (i &>> 1))
      i &+= 2 &* laneWidth
    }
    if i < hidden {
      let a = load(g + i)
      storeHalf(rounded(a * sigmoid(a) * load(u + i), .zero).lowHalf, y + (i &>> 1))
    }
  }
}

/// The way back of `gate`: the gradient of `gates` from that of its output, and the output again.
///
/// - Parameters:
///   - dy: (N, F), the gradient of the output.
///   - dGates, dGatePairs: (N, F) and (N/2, 2F) words.
///   - hiddenPairs: the output, (N/2, F) words.
package func gateBackward(
  rows: Int, hidden: Int, gates: UnsafePointer<Float>, gateStride: Int, dy: UnsafePointer<Float>,
  dyStride: Int, dGates: UnsafeMutablePointer<UInt32>, dGateStride: Int,
  dGatePairs: UnsafeMutablePointer<UInt32>, dGatePairStride: Int,
  hiddenPairs: UnsafeMutablePointer<UInt32>, hiddenPairStride: Int
) {
  var row = 0
  while row < rows {
    let hasSecond = row &+ 1 < rows
    let (g0, dy0) = (gates + row &* gateStride, dy + row &* dyStride)
    let g1 = hasSecond ? g0 + gateStride : g0
    let dy1 = hasSecond ? dy0 + dyStride : dy0
    let kept = Lane(repeating: hasSecond ? 1 : 0)
    let ahead = g1 + gateStride
    let d0 = dGates + row &* dGateStride
    let d1 = d0 + dGateStride
    let pairs = dGatePairs + (row &>> 1) &* dGatePairStride
    let outputs = hiddenPairs + (row &>> 1) &* hiddenPairStride
    var i = 0
    while i < hidden {
      // Kept since the way forward, so no longer near.
      mixpipe_prefetch(ahead + i)
      mixpipe_prefetch(ahead + (hidden &+ i))
      mixpipe_prefetch(ahead + (gateStride &+ i))
      mixpipe_prefetch(ahead + (gateStride &+ hidden &+ i))
      let first = Slopes(load(g0 + i), load(g0 + (hidden &+ i)), load(dy0 + i))
      let second = Slopes(load(g1 + i), load(g1 + (hidden &+ i)), load(dy1 + i) * kept)
      let gate = rounded(first.gate, second.gate)
      storeRows(gate, d0 + (i &>> 1), d1 + (i &>> 1))
      store(paired(gate), pairs + i)
      let up = rounded(first.up, second.up)
      let half = (hidden &+ i) &>> 1
      storeRows(up, d0 + half, d1 + half)
      store(paired(up), pairs + (hidden &+ i))
      store(paired(rounded(first.output, second.output * kept)), outputs + i)
      i &+= laneWidth
    }
    row &+= 2
  }
}

/// A lane of a gated unit and its gradients.
private struct Slopes {
  let gate: Lane
  let up: Lane
  let output: Lane

  @inline(__always) init(_ value: Lane, _ other: Lane, _ slope: Lane) {
    let open = sigmoid(value)
    let silu = value * open
    gate = slope * other * open.adding(silu, times: Lane(repeating: 1) - open)
    up = slope * silu
    output = silu * other
  }
}
