// Causal attention of one head over one sequence, with rotary positions. T positions, D channels of
// the head; D is a multiple of sixteen. Queries, keys and values are columns of wider rows, as the
// projection left them.

/// Numbers of scratch memory that `attend` needs.
package func attendScratch(positions: Int, headSize: Int) -> Int {
  headSize &* paddedPositions(positions) &+ positions &* widestPanel &+ 2 &* widestPanel
}

/// Turns each row's pairs (d, d + D/2) by the angle of its position: the rotary embedding of Su et
/// al., [RoFormer](https://arxiv.org/abs/2104.09864), equation 34, with the halves paired as Hugging
/// Face's Llama does. `direction` is 1, or -1 for the way back. `y` may be `x`.
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
    var d = 0
    while d &+ laneWidth <= half {
      let a = load(low + d) * scale
      let b = load(high + d) * scale
      let c = load(cosine + d)
      let s = load(sine + d) * direction
      store((a * c).adding(-b, times: s), yLow + d)
      store((b * c).adding(a, times: s), yHigh + d)
      d &+= laneWidth
    }
    #if KERNELS_LANE16
      // Half a lane of a head of sixteen channels, or of 48, 80, …
      if d < half {
        let a = loadHalf(low + d) * scale
        let b = loadHalf(high + d) * scale
        let c = loadHalf(cosine + d)
        let s = loadHalf(sine + d) * direction
        storeHalf((a * c).addingProduct(-b, s), yLow + d)
        storeHalf((b * c).addingProduct(a, s), yHigh + d)
      }
    #endif
  }
}

/// `output = softmax(Q·Kᵀ/√D, causal)·V` after rotation of Q and K, which become rotated, and Q
/// scaled by 1/√D, as `attendBackward` takes them.
///
/// - Parameters:
///   - cosines, sines: (T, D/2), of position times frequency.
///   - logSums: T numbers, the logarithm of each row's sum of exponentials, for the way back.
///   - scratch: `attendScratch` numbers.
package func attend(
  positions: Int, headSize: Int, queries: UnsafeMutablePointer<Float>,
  keys: UnsafeMutablePointer<Float>, values: UnsafePointer<Float>, stride: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>,
  output: UnsafeMutablePointer<Float>, outputStride: Int, logSums: UnsafeMutablePointer<Float>,
  scratch: UnsafeMutablePointer<Float>
) {
  let width = panelWidth()
  let panels = scratch
  let scores = panels + headSize &* paddedPositions(positions)
  let shares = scores + positions &* widestPanel
  let logs = shares + widestPanel
  rotate(
    positions: positions, headSize: headSize, x: queries, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: 1 / Float(headSize).squareRoot(), y: queries,
    yStride: stride)
  rotate(
    positions: positions, headSize: headSize, x: keys, xStride: stride, cosines: cosines,
    sines: sines, direction: 1, scale: 1, y: keys, yStride: stride)
  packPanels(
    depth: headSize, columns: positions, source: queries, rowStride: 1, columnStride: stride,
    panels: panels)
  var first = 0
  while first < positions {
    let count = min(width, positions &- first)
    let both = first &+ min(count, laneWidth)
    let end = first &+ count
    score(
      first: first, count: count, depth: headSize, keys: keys, stride: stride,
      panel: panels + first &* headSize, scores: scores, scoreStride: width)
    var left = Lane(repeating: -.infinity)
    var right = left
    var row = scores
    for _ in 0..<first {
      left = left.larger(load(row))
      right = right.larger(load(row + laneWidth))
      row += width
    }
    for key in first..<both {
      left = left.larger(masked(load(row), after: key &- first))
      right = right.larger(load(row + laneWidth))
      row += width
    }
    for key in both..<end {
      right = right.larger(masked(load(row + laneWidth), after: key &- both))
      row += width
    }
    var leftSum = Lane.zero
    var rightSum = Lane.zero
    row = scores
    for _ in 0..<first {
      let a = exponential(load(row) - left)
      let b = exponential(load(row + laneWidth) - right)
      leftSum += a
      rightSum += b
      store(a, row)
      store(b, row + laneWidth)
      row += width
    }
    for key in first..<both {
      let a = exponential(masked(load(row), after: key &- first) - left)
      let b = exponential(load(row + laneWidth) - right)
      leftSum += a
      rightSum += b
      store(a, row)
      store(b, row + laneWidth)
      row += width
    }
    for key in both..<end {
      let b = exponential(masked(load(row + laneWidth), after: key &- both) - right)
      rightSum += b
      store(b, row + laneWidth)
      row += width
    }
    store(Lane(repeating: 1) / leftSum, shares)
    store(Lane(repeating: 1) / rightSum, shares + laneWidth)
    store(left + logarithm(leftSum), logs)
    store(right + logarithm(rightSum), logs + laneWidth)
    for i in 0..<count { logSums[first &+ i] = logs[i] }
    var query = 0
    while query < count {
      let rows = min(queryGroup, count &- query)
      let output = output + (first &+ query) &* outputStride
      multiplyBlock(
        rows: rows, columns: headSize, depth: first &+ query &+ rows, a: scores + query, aRow: 1,
        aColumn: width, b: values, bRow: stride, bPanel: width, addend: nil, addendStride: 0,
        c: output,
        cStride: outputStride)
      // The few channels of the result are scaled rather than the many scores.
      for row in 0..<rows {
        let output = output + row &* outputStride
        let share = Lane(repeating: shares[query &+ row])
        var i = 0
        while i < headSize {
          store(load(output + i) * share, output + i)
          i &+= laneWidth
        }
      }
      query &+= queryGroup
    }
    first &+= width
  }
}
