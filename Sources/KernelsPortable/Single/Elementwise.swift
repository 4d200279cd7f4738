import CProcessor

// N rows (tokens), C channels, F hidden channels. C and F are multiples of sixteen; a stride is from
// one row to the next.

/// Root-mean-square normalization, `y = x / rms(x) · gain` (equation 4 of Zhang and Sennrich,
/// [Root Mean Square Layer Normalization](https://arxiv.org/abs/1910.07467)), with `epsilon` added to
/// the mean square. Keeps 1/rms of each row for the way back.
package func normalize(
  rows: Int, channels: Int, x: UnsafePointer<Float>, xStride: Int, gain: UnsafePointer<Float>,
  epsilon: Float, y: UnsafeMutablePointer<Float>, yStride: Int,
  inverse: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let x = x + row &* xStride
    let y = y + row &* yStride
    var squares = Lane.zero
    var i = 0
    while i < channels {
      let value = load(x + i)
      squares = squares.adding(value, times: value)
      i &+= laneWidth
    }
    let scale = 1 / (squares.total / Float(channels) + epsilon).squareRoot()
    inverse[row] = scale
    let scales = Lane(repeating: scale)
    i = 0
    while i < channels {
      store(load(x + i) * scales * load(gain + i), y + i)
      i &+= laneWidth
    }
  }
}

/// The way back of `normalize`: adds to the gradient of `x` (whose rows already hold what came past
/// the norm) and of the gain.
package func normalizeBackward(
  rows: Int, channels: Int, x: UnsafePointer<Float>, xStride: Int, gain: UnsafePointer<Float>,
  inverse: UnsafePointer<Float>, dy: UnsafePointer<Float>, dyStride: Int,
  dx: UnsafeMutablePointer<Float>, dxStride: Int, dGain: UnsafeMutablePointer<Float>
) {
  for row in 0..<rows {
    let x = x + row &* xStride
    let dy = dy + row &* dyStride
    let dx = dx + row &* dxStride
    let scale = inverse[row]
    var dot = Lane.zero
    var i = 0
    while i < channels {
      mixpipe_prefetch(x + (xStride &+ i))
      let slope = load(dy + i)
      let value = load(x + i)
      dot = dot.adding(slope * load(gain + i), times: value)
      store(load(dGain + i).adding(slope, times: value * scale), dGain + i)
      i &+= laneWidth
    }
    let along = Lane(repeating: -dot.total * scale * scale * scale / Float(channels))
    let across = Lane(repeating: scale)
    i = 0
    while i < channels {
      let straight = load(dx + i).adding(load(dy + i) * load(gain + i), times: across)
      store(straight.adding(load(x + i), times: along), dx + i)
      i &+= laneWidth
    }
  }
}

/// SwiGLU (Shazeer, [GLU Variants Improve Transformer](https://arxiv.org/abs/2002.05202), equation
/// 6): `y = g·sigmoid(g)·u`, with each row of `gates` holding g (F) and then u (F).
package func gate(
  rows: Int, hidden: Int, gates: UnsafePointer<Float>, gateStride: Int,
  y: UnsafeMutablePointer<Float>, yStride: Int
) {
  for row in 0..<rows {
    let g = gates + row &* gateStride
    let u = g + hidden
    let y = y + row &* yStride
    var i = 0
    while i < hidden {
      let value = load(g + i)
      store(value * sigmoid(value) * load(u + i), y + i)
      i &+= laneWidth
    }
  }
}

/// The way back of `gate`, in place: `gates` becomes its own gradient, and `dy` becomes `y`, which is
/// computed again rather than kept.
package func gateBackward(
  rows: Int, hidden: Int, gates: UnsafeMutablePointer<Float>, gateStride: Int,
  dy: UnsafeMutablePointer<Float>, dyStride: Int
) {
  let one = Lane(repeating: 1)
  for row in 0..<rows {
    let g = gates + row &* gateStride
    let u = g + hidden
    let dy = dy + row &* dyStride
    var i = 0
    while i < hidden {
      // Kept since the way forward, so no longer near.
      mixpipe_prefetch(g + (gateStride &+ i))
      mixpipe_prefetch(u + (gateStride &+ i))
      let value = load(g + i)
      let other = load(u + i)
      let slope = load(dy + i)
      let open = sigmoid(value)
      let silu = value * open
      store(slope * silu, u + i)
      store(slope * other * open.adding(silu, times: one - open), g + i)
      store(silu * other, dy + i)
      i &+= laneWidth
    }
  }
}
