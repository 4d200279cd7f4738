import CProcessor

/// From one key's row of probabilities to the next, in words: an odd number of cache lines.
@inline(__always) private var line: Int { attentionBlock / 2 &+ 16 }

/// Words of scratch memory that `attendBackward` needs.
package func attendBackwardScratch(positions: Int, headSize: Int) -> Int {
  let even = (positions &+ 1) & ~1
  return headSize &* paddedPositions(positions) &+ 2 &* even &* headSize
    &+ 2 &* even &* headSize &+ 2 &* even &* line &+ 5 &* even / 2 &* widestPanel
    &+ paddedPositions(positions) &+ (headSize &+ 1) &* widestPanel
}

/// The way back of `attend`: gradients of queries, keys and values from that of the output. The
/// probabilities are computed again from `logSums`, block by block of queries, so that they are never
/// stored whole (algorithm 4 of Dao et al., [FlashAttention](https://arxiv.org/abs/2205.14135)).
///
/// - Parameters:
///   - heads, headPart, headStride: as `attend` left them.
///   - output, dOutput: (T, D), columns of wider rows.
///   - dRows: where the gradients go as rows of pairs of channels, that of K and V `headPart` and twice
///     `headPart` words after that of Q; `dPairs` the same as pairs of rows, twice as far apart.
///   - scratch: `attendBackwardScratch` words.
package func attendBackward(
  positions: Int, headSize: Int, heads: UnsafePointer<UInt32>, headPart: Int, headStride: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, output: UnsafePointer<Float>,
  dOutput: UnsafePointer<Float>, outputStride: Int, logSums: UnsafePointer<Float>,
  dRows: UnsafeMutablePointer<UInt32>, dRowStride: Int, dPairs: UnsafeMutablePointer<UInt32>,
  dPairStride: Int, scratch: UnsafeMutablePointer<UInt32>
) {
  let width = panelWidth()
  let half = (positions &+ 1) &>> 1
  let even = 2 &* half
  let words = headSize / 2
  let queryPanels = scratch
  let slopePanels = queryPanels + words &* paddedPositions(positions)
  let dOutputRows = slopePanels + words &* paddedPositions(positions)
  let dOutputPairs = dOutputRows + even &* words
  let queryPairs = dOutputPairs + even &* words
  let keyPairs = queryPairs + even &* words
  let dK = numbers(keyPairs + even &* words)
  let dV = dK + even &* headSize
  let shares = UnsafeMutableRawPointer(dV + even &* headSize)
    .assumingMemoryBound(to: UInt32.self)
  let slopes = shares + even &* line
  let slopePairs = slopes + even &* line
  let scores = numbers(slopePairs + half &* width)
  let outputScores = scores + even &* width
  let dots = outputScores + even &* width
  let dQ = dots + paddedPositions(positions)
  let logs = dQ + headSize &* width
  let halfHead = headSize &>> 1
  let keys = heads + headPart
  let values = keys + headPart

  var position = 0
  while position < positions {
    let first = dOutput + position &* outputStride
    let second = position &+ 1 < positions ? first + outputStride : nil
    writeBoth(
      first, second, channels: headSize, rows: dOutputRows + position &* words, rowStride: words,
      pairs: dOutputPairs + (position &>> 1) &* headSize)
    dots[position] = along(first, output + position &* outputStride, headSize)
    if let second {
      dots[position &+ 1] = along(second, output + (position &+ 1) &* outputStride, headSize)
    }
    position &+= 2
  }
  for position in positions..<paddedPositions(positions) { dots[position] = 0 }
  packPanels(
    depth: words, columns: positions, source: heads, rowStride: 1, columnStride: headStride,
    panels: queryPanels)
  packPanels(
    depth: words, columns: positions, source: dOutputRows, rowStride: 1, columnStride: words,
    panels: slopePanels)
  pairRows(heads, headStride, rows: positions, channels: headSize, pairs: queryPairs)
  pairRows(keys, headStride, rows: positions, channels: headSize, pairs: keyPairs)

  var block = 0
  while block < positions {
    let blockEnd = min(block &+ attentionBlock, positions)
    var first = block
    while first < blockEnd {
      let count = min(width, blockEnd &- first)
      let both = first &+ min(count, laneWidth)
      let end = first &+ count
      score(
        first: first, count: count, depth: words, keys: keys, stride: headStride,
        panel: queryPanels + first &* words, scores: scores, scoreStride: width)
      score(
        first: first, count: count, depth: words, keys: values, stride: headStride,
        panel: slopePanels + first &* words, scores: outputScores, scoreStride: width)
      for i in 0..<width { logs[i] = i < count ? logSums[first &+ i] : 0 }
      let (leftLog, leftDot) = (load(logs), load(dots + first))
      let (rightLog, rightDot) = (load(logs + laneWidth), load(dots + (first &+ laneWidth)))
      var score = scores
      var slope = outputScores
      let place = (first &- block) &>> 1
      var share = shares + place
      var row = slopes + place
      var pair = slopePairs
      var key = 0
      while key < end {
        // Keys after the left lane's last query are none of its.
        if key < both {
          let isMasked = key >= first
          let hasSecond = key &+ 1 < both
          soften(
            isMasked ? masked(load(score), after: key &- first) : load(score),
            !hasSecond
              ? Lane(repeating: -.infinity)
              : isMasked
                ? masked(load(score + width), after: key &+ 1 &- first) : load(score + width),
            load(slope), hasSecond ? load(slope + width) : .zero, leftLog, leftDot, share, row,
            pair)
        }
        let isMasked = key >= both
        let hasSecond = key &+ 1 < end
        let (a, b) = (score + laneWidth, score + (width &+ laneWidth))
        soften(
          isMasked ? masked(load(a), after: key &- both) : load(a),
          !hasSecond
            ? Lane(repeating: -.infinity)
            : isMasked ? masked(load(b), after: key &+ 1 &- both) : load(b),
          load(slope + laneWidth), hasSecond ? load(slope + (width &+ laneWidth)) : .zero, rightLog,
          rightDot, share + laneWidth / 2, row + laneWidth / 2, pair + laneWidth)
        score += 2 &* width
        slope += 2 &* width
        share += 2 &* line
        row += 2 &* line
        pair += width
        key &+= 2
      }
      var query = 0
      while query < count {
        let group = min(queryGroup, count &- query)
        multiplyBlock(
          rows: group, columns: headSize, depth: (first &+ query &+ group &+ 1) &>> 1,
          a: slopePairs + query, aRow: 1, aColumn: width, b: keyPairs, bRow: headSize,
          bPanel: width, addend: nil, addendStride: 0, c: dQ + query &* headSize,
          cStride: headSize)
        query &+= queryGroup
      }
      rotateBack(
        positions: count, headSize: headSize, x: dQ, xStride: headSize,
        cosines: cosines + first &* halfHead, sines: sines + first &* halfHead,
        scale: 1 / Float(headSize).squareRoot(), rows: dRows + first &* dRowStride,
        rowStride: dRowStride, pairs: dPairs + (first &>> 1) &* dPairStride,
        pairStride: dPairStride)
      first &+= width
    }

    let depth = (blockEnd &- block &+ 1) &>> 1
    let pairsBefore = (block &>> 1) &* headSize
    multiplyBlock(
      rows: block, columns: headSize, depth: depth, a: slopes, aRow: line, aColumn: 1,
      b: queryPairs + pairsBefore, bRow: headSize, bPanel: width, addend: UnsafePointer(dK),
      addendStride: headSize, c: dK, cStride: headSize)
    multiplyBlock(
      rows: block, columns: headSize, depth: depth, a: shares, aRow: line, aColumn: 1,
      b: dOutputPairs + pairsBefore, bRow: headSize, bPanel: width, addend: UnsafePointer(dV),
      addendStride: headSize, c: dV, cStride: headSize)
    // The block's own keys are seen here first.
    var key = block
    while key < blockEnd {
      let group = min(queryGroup, blockEnd &- key)
      let corner = key &* line &+ ((key &- block) &>> 1)
      let depth = (blockEnd &- key &+ 1) &>> 1
      let place = (key &>> 1) &* headSize
      multiplyBlock(
        rows: group, columns: headSize, depth: depth, a: slopes + corner, aRow: line, aColumn: 1,
        b: queryPairs + place, bRow: headSize, bPanel: width, addend: nil, addendStride: 0,
        c: dK + key &* headSize, cStride: headSize)
      multiplyBlock(
        rows: group, columns: headSize, depth: depth, a: shares + corner, aRow: line, aColumn: 1,
        b: dOutputPairs + place, bRow: headSize, bPanel: width, addend: nil, addendStride: 0,
        c: dV + key &* headSize, cStride: headSize)
      key &+= queryGroup
    }
    block = blockEnd
  }
  rotateBack(
    positions: positions, headSize: headSize, x: dK, xStride: headSize, cosines: cosines,
    sines: sines, scale: 1, rows: dRows + headPart, rowStride: dRowStride,
    pairs: dPairs + 2 &* headPart, pairStride: dPairStride)
  position = 0
  while position < positions {
    let first = dV + position &* headSize
    writeBoth(
      first, position &+ 1 < positions ? UnsafePointer(first + headSize) : nil, channels: headSize,
      rows: dRows + (2 &* headPart &+ position &* dRowStride), rowStride: dRowStride,
      pairs: dPairs + (4 &* headPart &+ (position &>> 1) &* dPairStride))
    position &+= 2
  }
}

/// The sum of the products of two rows.
@inline(__always)
private func along(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
  var sum = Lane.zero
  var d = 0
  while d < count {
    sum = sum.adding(load(a + d), times: load(b + d))
    d &+= laneWidth
  }
  return sum.total
}

/// Turns a lane of scores of two keys into probabilities, and the slopes of those into the scores', both
/// as rows of pairs of queries and the slopes as pairs of keys too; `dot` is the output's slope along
/// itself.
@inline(__always)
private func soften(
  _ first: Lane, _ second: Lane, _ firstSlope: Lane, _ secondSlope: Lane, _ logSum: Lane,
  _ dot: Lane, _ shares: UnsafeMutablePointer<UInt32>, _ slopes: UnsafeMutablePointer<UInt32>,
  _ pairs: UnsafeMutablePointer<UInt32>
) {
  let a = exponential(first - logSum)
  let b = exponential(second - logSum)
  storeRows(rounded(a, b), shares, shares + line)
  let both = rounded(a * (firstSlope - dot), b * (secondSlope - dot))
  storeRows(both, slopes, slopes + line)
  store(paired(both), pairs)
}
