// Causal attention of one head over one sequence, with rotary positions, in bfloat16: its products
// take rounded factors and add up in single precision; rotation, softmax and what a head puts out are
// of single precision. T positions, D channels of the head; D is a multiple of sixteen.
//
// Rows that are written in pairs have room for an even number of positions.

/// Words of scratch memory that `attend` needs.
package func attendScratch(positions: Int, headSize: Int) -> Int {
  let half = (positions &+ 1) &>> 1
  return headSize / 2 &* paddedPositions(positions) &+ half &* headSize &+ half &* widestPanel
    &+ positions &* widestPanel &+ 2 &* widestPanel
}

/// `output = softmax(Q·Kᵀ/√D, causal)·V` after rotation of Q and K.
///
/// - Parameters:
///   - queries, keys, values: columns of wider rows of numbers, as the projection left them.
///   - cosines, sines: (T, D/2), of position times frequency.
///   - heads: where the rows of pairs of Q (rotated and scaled by 1/√D), K (rotated) and V go, for the
///     way back; K's and V's columns lie `headPart` and twice `headPart` words after Q's.
///   - output: (T, D) columns of wider rows; `rows` the same as pairs of channels, `pairs` as pairs of
///     rows.
///   - logSums: T numbers, the logarithm of each row's sum of exponentials, for the way back.
///   - scratch: `attendScratch` words.
package func attend(
  positions: Int, headSize: Int, queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
  values: UnsafePointer<Float>, stride: Int, cosines: UnsafePointer<Float>,
  sines: UnsafePointer<Float>, heads: UnsafeMutablePointer<UInt32>, headPart: Int,
  headStride: Int, output: UnsafeMutablePointer<Float>, outputStride: Int,
  rows: UnsafeMutablePointer<UInt32>, rowStride: Int, pairs: UnsafeMutablePointer<UInt32>,
  pairStride: Int, logSums: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<UInt32>
) {
  let width = panelWidth()
  let half = (positions &+ 1) &>> 1
  let panels = scratch
  let valuePairs = panels + headSize / 2 &* paddedPositions(positions)
  let shares = valuePairs + half &* headSize
  let scores = numbers(shares + half &* width)
  let inverse = scores + positions &* width
  let logs = inverse + width
  let keyWords = heads + headPart
  let valueWords = keyWords + headPart
  rotate(
    positions: positions, headSize: headSize, x: queries, xStride: stride, cosines: cosines,
    sines: sines, scale: 1 / Float(headSize).squareRoot(), y: heads, yStride: headStride)
  rotate(
    positions: positions, headSize: headSize, x: keys, xStride: stride, cosines: cosines,
    sines: sines, scale: 1, y: keyWords, yStride: headStride)
  var position = 0
  while position < positions {
    writeBoth(
      values + position &* stride,
      position &+ 1 < positions ? values + (position &+ 1) &* stride : nil, channels: headSize,
      rows: valueWords + position &* headStride, rowStride: headStride,
      pairs: valuePairs + (position &>> 1) &* headSize)
    position &+= 2
  }
  packPanels(
    depth: headSize / 2, columns: positions, source: heads, rowStride: 1,
    columnStride: headStride, panels: panels)
  var first = 0
  while first < positions {
    let count = min(width, positions &- first)
    let both = first &+ min(count, laneWidth)
    let end = first &+ count
    score(
      first: first, count: count, depth: headSize / 2, keys: keyWords, stride: headStride,
      panel: panels + first &* (headSize / 2), scores: scores, scoreStride: width)
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
    var share = shares
    var key = 0
    while key < first {
      let a = exponential(load(row) - left)
      let b = exponential(load(row + laneWidth) - right)
      let c = exponential(load(row + width) - left)
      let d = exponential(load(row + (width &+ laneWidth)) - right)
      leftSum = leftSum + a + c
      rightSum = rightSum + b + d
      store(paired(rounded(a, c)), share)
      store(paired(rounded(b, d)), share + laneWidth)
      row += 2 &* width
      share += width
      key &+= 2
    }
    while key < both {
      let a = exponential(masked(load(row), after: key &- first) - left)
      let b = exponential(load(row + laneWidth) - right)
      var (c, d) = (Lane.zero, Lane.zero)
      if key &+ 1 < both {
        c = exponential(masked(load(row + width), after: key &+ 1 &- first) - left)
        d = exponential(load(row + (width &+ laneWidth)) - right)
      }
      leftSum = leftSum + a + c
      rightSum = rightSum + b + d
      store(paired(rounded(a, c)), share)
      store(paired(rounded(b, d)), share + laneWidth)
      row += 2 &* width
      share += width
      key &+= 2
    }
    while key < end {
      let b = exponential(masked(load(row + laneWidth), after: key &- both) - right)
      var d = Lane.zero
      if key &+ 1 < end {
        d = exponential(
          masked(load(row + (width &+ laneWidth)), after: key &+ 1 &- both) - right)
      }
      rightSum = rightSum + b + d
      store(paired(rounded(b, d)), share + laneWidth)
      row += 2 &* width
      share += width
      key &+= 2
    }
    store(Lane(repeating: 1) / leftSum, inverse)
    store(Lane(repeating: 1) / rightSum, inverse + laneWidth)
    store(left + logarithm(leftSum), logs)
    store(right + logarithm(rightSum), logs + laneWidth)
    for i in 0..<count { logSums[first &+ i] = logs[i] }
    var query = 0
    while query < count {
      let group = min(queryGroup, count &- query)
      let start = first &+ query
      let output = output + start &* outputStride
      multiplyBlock(
        rows: group, columns: headSize, depth: (start &+ group &+ 1) &>> 1, a: shares + query,
        aRow: 1, aColumn: width, b: valuePairs, bRow: headSize, bPanel: width, addend: nil,
        addendStride: 0, c: output, cStride: outputStride)
      // The few channels of the result are scaled rather than the many scores.
      var index = 0
      while index < group {
        let first = output + index &* outputStride
        let second = first + outputStride
        let hasSecond = index &+ 1 < group
        let firstShare = Lane(repeating: inverse[query &+ index])
        let secondShare = Lane(repeating: inverse[query &+ index &+ 1])
        let rows = rows + (start &+ index) &* rowStride
        let pairs = pairs + ((start &+ index) &>> 1) &* pairStride
        var i = 0
        while i < headSize {
          let a = load(first + i) * firstShare
          var b = Lane.zero
          store(a, first + i)
          if hasSecond {
            b = load(second + i) * secondShare
            store(b, second + i)
          }
          let result = rounded(a, b)
          storeRows(result, rows + (i &>> 1), rows + (rowStride &+ (i &>> 1)))
          store(paired(result), pairs + i)
          i &+= laneWidth
        }
        index &+= 2
      }
      query &+= queryGroup
    }
    first &+= width
  }
}
