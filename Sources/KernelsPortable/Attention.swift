// Causal attention of one head over one sequence, with rotary positions. T positions, D channels of
// the head; D is a multiple of sixteen. Queries, keys and values are columns of wider rows, as the
// projection left them; the copies made here are small enough for the caches of one core.

/// Rows of the score matrix that the way back holds at once.
@inline(__always) var attentionBlock: Int { 64 }

/// Columns of a row of scores: T rounded up to whole panels of any level.
@inline(__always) func scoreStride(_ positions: Int) -> Int { (positions &+ 31) & ~31 }

/// Numbers of scratch memory that `attend` needs.
package func attendScratch(positions: Int, headSize: Int) -> Int {
  2 &* positions &* headSize &+ (headSize &+ 8) &* scoreStride(positions) &+ 16
}

/// Numbers of scratch memory that `attendBackward` needs.
package func attendBackwardScratch(positions: Int, headSize: Int) -> Int {
  4 &* positions &* headSize &+ 2 &* (headSize &+ attentionBlock) &* scoreStride(positions)
}

/// Turns each row's pairs (d, d + D/2) by the angle of its position: the rotary embedding of Su et
/// al., [RoFormer](https://arxiv.org/abs/2104.09864), equation 34, with the halves paired as Hugging
/// Face's Llama does. `direction` is 1, or -1 for the way back.
@inline(__always)
func rotate(
  positions: Int, headSize: Int, x: UnsafePointer<Float>, xStride: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, direction: Float, scale: Float,
  y: UnsafeMutablePointer<Float>, yStride: Int
) {
  let half = headSize &>> 1
  for position in 0..<positions {
    let low = x + position &* xStride
    let high = low + half
    let cosine = cosines + position &* half
    let sine = sines + position &* half
    let yLow = y + position &* yStride
    let yHigh = yLow + half
    for d in 0..<half {
      let a = low[d] * scale
      let b = high[d] * scale
      let s = sine[d] * direction
      yLow[d] = a * cosine[d] - b * s
      yHigh[d] = b * cosine[d] + a * s
    }
  }
}

/// `output = softmax(Q·Kᵀ/√D, causal)·V` after rotation of Q and K.
///
/// - Parameters:
///   - cosines, sines: (T, D/2), of position times frequency.
///   - logSums: T numbers, the logarithm of each row's sum of exponentials, for the way back.
///   - logSumStride: from one position's number to the next.
///   - scratch: `attendScratch` numbers.
package func attend(
  positions: Int, headSize: Int, queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
  values: UnsafePointer<Float>, stride: Int, cosines: UnsafePointer<Float>,
  sines: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, outputStride: Int,
  logSums: UnsafeMutablePointer<Float>, logSumStride: Int, scratch: UnsafeMutablePointer<Float>
) {
  let width = scoreStride(positions)
  let q = scratch
  let k = q + positions &* headSize
  let keyPanels = k + positions &* headSize
  let scores = keyPanels + headSize &* width
  let shares = scores + 8 &* width
  rotate(
    positions: positions, headSize: headSize, x: queries, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: 1 / Float(headSize).squareRoot(), y: q, yStride: headSize)
  rotate(
    positions: positions, headSize: headSize, x: keys, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: 1, y: k, yStride: headSize)
  packPanels(
    depth: headSize, columns: positions, source: k, rowStride: 1, columnStride: headSize,
    panels: keyPanels)
  var first = 0
  while first < positions {
    let rows = min(8, positions &- first)
    let seen = first &+ rows
    multiplyPanels(
      rows: rows, columns: seen, depth: headSize, a: q + first &* headSize, aStride: headSize,
      panels: keyPanels, addend: nil, addendStride: 0, c: scores, cStride: width)
    let padded = (seen &+ 15) & ~15
    for row in 0..<rows {
      let scores = scores + row &* width
      let (largest, sum) = softmaxParts(
        scores, count: first &+ row &+ 1, padded: padded, writing: true)
      logSums[(first &+ row) &* logSumStride] = largest + logarithm(sum)
      shares[row] = 1 / sum
    }
    multiplyRows(
      rows: rows, columns: headSize, depth: seen, a: scores, aStride: width, b: values,
      bStride: stride, c: output + first &* outputStride, cStride: outputStride)
    // The few channels of the result are scaled rather than the many scores.
    for row in 0..<rows {
      let output = output + (first &+ row) &* outputStride
      let share = Lane(repeating: shares[row])
      var i = 0
      while i < headSize {
        store(load(output + i) * share, output + i)
        i &+= laneWidth
      }
    }
    first &+= 8
  }
}

/// The way back of `attend`: gradients of queries, keys and values from that of the output. The
/// probabilities are computed again from `logSums`, block by block of rows, so that they are never
/// stored whole (algorithm 4 of Dao et al., [FlashAttention](https://arxiv.org/abs/2205.14135)).
///
/// - Parameter scratch: `attendBackwardScratch` numbers.
package func attendBackward(
  positions: Int, headSize: Int, queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
  values: UnsafePointer<Float>, stride: Int, cosines: UnsafePointer<Float>,
  sines: UnsafePointer<Float>, output: UnsafePointer<Float>, dOutput: UnsafePointer<Float>,
  outputStride: Int, logSums: UnsafePointer<Float>, logSumStride: Int,
  dQueries: UnsafeMutablePointer<Float>, dKeys: UnsafeMutablePointer<Float>,
  dValues: UnsafeMutablePointer<Float>, dStride: Int, scratch: UnsafeMutablePointer<Float>
) {
  let width = scoreStride(positions)
  let size = positions &* headSize
  let q = scratch
  let k = q + size
  let dQ = k + size
  let dK = dQ + size
  let keyPanels = dK + size
  let valuePanels = keyPanels + headSize &* width
  let shares = valuePanels + headSize &* width
  let slopes = shares + attentionBlock &* width
  let scale = 1 / Float(headSize).squareRoot()
  rotate(
    positions: positions, headSize: headSize, x: queries, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: scale, y: q, yStride: headSize)
  rotate(
    positions: positions, headSize: headSize, x: keys, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: 1, y: k, yStride: headSize)
  packPanels(
    depth: headSize, columns: positions, source: k, rowStride: 1, columnStride: headSize,
    panels: keyPanels)
  packPanels(
    depth: headSize, columns: positions, source: values, rowStride: 1, columnStride: stride,
    panels: valuePanels)
  for position in 0..<positions {
    let keys = dK + position &* headSize
    let values = dValues + position &* dStride
    var i = 0
    while i < headSize {
      store(.zero, keys + i)
      store(.zero, values + i)
      i &+= laneWidth
    }
  }

  var block = 0
  while block < positions {
    let blockEnd = min(block &+ attentionBlock, positions)
    var first = block
    while first < blockEnd {
      let rows = min(8, blockEnd &- first)
      let seen = first &+ rows
      let padded = (seen &+ 15) & ~15
      let shares = shares + (first &- block) &* width
      let slopes = slopes + (first &- block) &* width
      multiplyPanels(
        rows: rows, columns: seen, depth: headSize, a: q + first &* headSize, aStride: headSize,
        panels: keyPanels, addend: nil, addendStride: 0, c: shares, cStride: width)
      multiplyPanels(
        rows: rows, columns: seen, depth: headSize, a: dOutput + first &* outputStride,
        aStride: outputStride, panels: valuePanels, addend: nil, addendStride: 0, c: slopes,
        cStride: width)
      for row in 0..<rows {
        let position = first &+ row
        let out = output + position &* outputStride
        let dOut = dOutput + position &* outputStride
        var dots = Lane.zero
        var i = 0
        while i < headSize {
          dots = dots.adding(load(out + i), times: load(dOut + i))
          i &+= laneWidth
        }
        let dot = Lane(repeating: dots.total)
        let logSum = Lane(repeating: logSums[position &* logSumStride])
        let shares = shares + row &* width
        let slopes = slopes + row &* width
        i = position &+ 1
        while i < padded {
          shares[i] = -.infinity
          slopes[i] = 0
          i &+= 1
        }
        i = 0
        while i < padded {
          let share = exponential(load(shares + i) - logSum)
          store(share, shares + i)
          store(share * (load(slopes + i) - dot), slopes + i)
          i &+= laneWidth
        }
      }
      multiplyRows(
        rows: rows, columns: headSize, depth: seen, a: slopes, aStride: width, b: k,
        bStride: headSize, c: dQ + first &* headSize, cStride: headSize)
      first &+= 8
    }
    var key = 0
    while key < blockEnd {
      let rows = min(8, blockEnd &- key)
      let from = max(block, key)
      let offset = (from &- block) &* width &+ key
      accumulateTransposed(
        rows: rows, columns: headSize, depth: blockEnd &- from, a: slopes + offset, aStride: width,
        b: q + from &* headSize, bStride: headSize, c: dK + key &* headSize, cStride: headSize)
      accumulateTransposed(
        rows: rows, columns: headSize, depth: blockEnd &- from, a: shares + offset, aStride: width,
        b: dOutput + from &* outputStride, bStride: outputStride, c: dValues + key &* dStride,
        cStride: dStride)
      key &+= 8
    }
    block = blockEnd
  }
  rotate(
    positions: positions, headSize: headSize, x: dQ, xStride: headSize, cosines: cosines,
    sines: sines, direction: -1, scale: scale, y: dQueries, yStride: dStride)
  rotate(
    positions: positions, headSize: headSize, x: dK, xStride: headSize, cosines: cosines,
    sines: sines, direction: -1, scale: 1, y: dKeys, yStride: dStride)
}
