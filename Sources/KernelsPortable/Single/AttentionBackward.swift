import CProcessor

/// Numbers of scratch memory that `attendBackward` needs.
package func attendBackwardScratch(positions: Int, headSize: Int) -> Int {
  2 &* headSize &* paddedPositions(positions) &+ positions &* (headSize &+ 2 &* attentionStride)
    &+ (headSize &+ 2) &* widestPanel
}

/// The way back of `attend`: gradients of queries, keys and values from that of the output. The
/// probabilities are computed again from `logSums`, block by block of queries, so that they are never
/// stored whole (algorithm 4 of Dao et al., [FlashAttention](https://arxiv.org/abs/2205.14135)).
///
/// - Parameters:
///   - queries, keys: as `attend` left them.
///   - scratch: `attendBackwardScratch` numbers.
package func attendBackward(
  positions: Int, headSize: Int, queries: UnsafePointer<Float>, keys: UnsafePointer<Float>,
  values: UnsafePointer<Float>, stride: Int, cosines: UnsafePointer<Float>,
  sines: UnsafePointer<Float>, output: UnsafePointer<Float>, dOutput: UnsafePointer<Float>,
  outputStride: Int, logSums: UnsafePointer<Float>, dQueries: UnsafeMutablePointer<Float>,
  dKeys: UnsafeMutablePointer<Float>, dValues: UnsafeMutablePointer<Float>, dStride: Int,
  scratch: UnsafeMutablePointer<Float>
) {
  let width = panelWidth()
  let line = attentionStride
  let queryPanels = scratch
  let slopePanels = queryPanels + headSize &* paddedPositions(positions)
  let dK = slopePanels + headSize &* paddedPositions(positions)
  let shares = dK + positions &* headSize
  let slopes = shares + positions &* line
  let dQ = slopes + positions &* line
  let logs = dQ + headSize &* widestPanel
  let dots = logs + widestPanel
  let half = headSize &>> 1
  packPanels(
    depth: headSize, columns: positions, source: queries, rowStride: 1, columnStride: stride,
    panels: queryPanels)
  packPanels(
    depth: headSize, columns: positions, source: dOutput, rowStride: 1,
    columnStride: outputStride, panels: slopePanels)

  var block = 0
  while block < positions {
    let blockEnd = min(block &+ attentionBlock, positions)
    var first = block
    while first < blockEnd {
      let count = min(width, blockEnd &- first)
      let both = first &+ min(count, laneWidth)
      let end = first &+ count
      let shares = shares + (first &- block)
      let slopes = slopes + (first &- block)
      score(
        first: first, count: count, depth: headSize, keys: keys, stride: stride,
        panel: queryPanels + first &* headSize, scores: shares, scoreStride: line)
      score(
        first: first, count: count, depth: headSize, keys: values, stride: stride,
        panel: slopePanels + first &* headSize, scores: slopes, scoreStride: line)
      for i in 0..<width {
        logs[i] = 0
        dots[i] = 0
      }
      for i in 0..<count {
        let out = output + (first &+ i) &* outputStride
        let dOut = dOutput + (first &+ i) &* outputStride
        var sum = Lane.zero
        var d = 0
        while d < headSize {
          sum = sum.adding(load(out + d), times: load(dOut + d))
          d &+= laneWidth
        }
        // The next head's columns lie beside these.
        let place = (first &+ i) &* stride &+ headSize
        d = 0
        while d < headSize {
          mixpipe_prefetch_far(queries + (place &+ d))
          mixpipe_prefetch_far(keys + (place &+ d))
          mixpipe_prefetch_far(values + (place &+ d))
          mixpipe_prefetch_far(out + (headSize &+ d))
          d &+= 16
        }
        dots[i] = sum.total
        logs[i] = logSums[first &+ i]
      }
      let (leftLog, leftDot) = (load(logs), load(dots))
      let (rightLog, rightDot) = (load(logs + laneWidth), load(dots + laneWidth))
      var share = shares
      var slope = slopes
      for _ in 0..<first {
        soften(load(share), leftLog, leftDot, share, slope)
        soften(
          load(share + laneWidth), rightLog, rightDot, share + laneWidth, slope + laneWidth)
        share += line
        slope += line
      }
      for key in first..<both {
        soften(masked(load(share), after: key &- first), leftLog, leftDot, share, slope)
        soften(
          load(share + laneWidth), rightLog, rightDot, share + laneWidth, slope + laneWidth)
        share += line
        slope += line
      }
      share += laneWidth
      slope += laneWidth
      for key in both..<end {
        soften(masked(load(share), after: key &- both), rightLog, rightDot, share, slope)
        share += line
        slope += line
      }
      var query = 0
      while query < count {
        let rows = min(queryGroup, count &- query)
        multiplyBlock(
          rows: rows, columns: headSize, depth: first &+ query &+ rows, a: slopes + query, aRow: 1,
          aColumn: line, b: keys, bRow: stride, bPanel: width, addend: nil, addendStride: 0,
          c: dQ + query &* headSize, cStride: headSize)
        query &+= queryGroup
      }
      rotate(
        positions: count, headSize: headSize, x: dQ, xStride: headSize,
        cosines: cosines + first &* half, sines: sines + first &* half, direction: -1,
        scale: 1 / Float(headSize).squareRoot(), y: dQueries + first &* dStride, yStride: dStride)
      first &+= width
    }

    let depth = blockEnd &- block
    multiplyBlock(
      rows: block, columns: headSize, depth: depth, a: slopes, aRow: line, aColumn: 1,
      b: queries + block &* stride, bRow: stride, bPanel: width, addend: UnsafePointer(dK),
      addendStride: headSize,
      c: dK, cStride: headSize)
    multiplyBlock(
      rows: block, columns: headSize, depth: depth, a: shares, aRow: line, aColumn: 1,
      b: dOutput + block &* outputStride, bRow: outputStride, bPanel: width,
      addend: UnsafePointer(dValues),
      addendStride: dStride, c: dValues, cStride: dStride)
    // The block's own keys are seen here first.
    var key = block
    while key < blockEnd {
      let rows = min(queryGroup, blockEnd &- key)
      let corner = key &* line &+ (key &- block)
      multiplyBlock(
        rows: rows, columns: headSize, depth: blockEnd &- key, a: slopes + corner, aRow: line,
        aColumn: 1, b: queries + key &* stride, bRow: stride, bPanel: width, addend: nil,
        addendStride: 0,
        c: dK + key &* headSize, cStride: headSize)
      multiplyBlock(
        rows: rows, columns: headSize, depth: blockEnd &- key, a: shares + corner, aRow: line,
        aColumn: 1, b: dOutput + key &* outputStride, bRow: outputStride, bPanel: width,
        addend: nil,
        addendStride: 0, c: dValues + key &* dStride, cStride: dStride)
      key &+= queryGroup
    }
    block = blockEnd
  }
  rotate(
    positions: positions, headSize: headSize, x: dK, xStride: headSize, cosines: cosines,
    sines: sines, direction: -1, scale: 1, y: dKeys, yStride: dStride)
}

/// Turns a lane of scores into probabilities, and the slopes of those into the scores'; `dot` is the
/// output's slope along itself.
@inline(__always)
private func soften(
  _ scores: Lane, _ logSum: Lane, _ dot: Lane, _ shares: UnsafeMutablePointer<Float>,
  _ slopes: UnsafeMutablePointer<Float>
) {
  let share = exponential(scores - logSum)
  store(share, shares)
  store(share * (load(slopes) - dot), slopes)
}
