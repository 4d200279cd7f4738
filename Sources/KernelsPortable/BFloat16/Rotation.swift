// Rotary positions, as in single precision, with the result rounded. D channels of a head, half of
// which are a multiple of eight.

/// A row's pairs (d, d + D/2) turned by the angle of its position.
@inline(__always)
private func turned(
  _ a: Lane, _ b: Lane, _ cosine: Lane, _ sine: Lane
) -> (low: Lane, high: Lane) {
  ((a * cosine).adding(-b, times: sine), (b * cosine).adding(a, times: sine))
}

/// The same for eight pairs, both of each in one lane.
@inline(__always)
private func turnedHalf(
  _ low: UnsafePointer<Float>, _ high: UnsafePointer<Float>, _ cosine: UnsafePointer<Float>,
  _ sine: UnsafePointer<Float>, _ scale: Float, _ direction: Float
) -> Lane {
  let (a, b) = (loadHalf(low) * scale, loadHalf(high) * scale)
  let (c, s) = (loadHalf(cosine), loadHalf(sine) * direction)
  return Lane(lowHalf: (a * c).addingProduct(-b, s), highHalf: (b * c).addingProduct(a, s))
}

/// Rotates rows of numbers into rows of pairs of channels.
@inline(__always)
func rotate(
  positions: Int, headSize: Int, x: UnsafePointer<Float>, xStride: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, scale: Float,
  y: UnsafeMutablePointer<UInt32>, yStride: Int
) {
  let half = headSize &>> 1
  for position in 0..<positions {
    let low = x + position &* xStride
    let high = low + half
    let cosine = cosines + position &* half
    let sine = sines + position &* half
    let yLow = y + position &* yStride
    let yHigh = yLow + (half &>> 1)
    var d = 0
    while d &+ laneWidth <= half {
      let (first, second) = turned(
        load(low + d) * scale, load(high + d) * scale, load(cosine + d), load(sine + d))
      storeRows(rounded(first, second), yLow + (d &>> 1), yHigh + (d &>> 1))
      d &+= laneWidth
    }
    if d < half {
      let both = turnedHalf(low + d, high + d, cosine + d, sine + d, scale, 1)
      let words = rounded(both, .zero).lowHalf
      storeQuarter(words.lowHalf, yLow + (d &>> 1))
      storeQuarter(words.highHalf, yHigh + (d &>> 1))
    }
  }
}

/// Rotates rows of numbers back, into rows of pairs of channels and into pairs of rows.
@inline(__always)
func rotateBack(
  positions: Int, headSize: Int, x: UnsafePointer<Float>, xStride: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, scale: Float,
  rows: UnsafeMutablePointer<UInt32>, rowStride: Int, pairs: UnsafeMutablePointer<UInt32>,
  pairStride: Int
) {
  let half = headSize &>> 1
  var position = 0
  while position < positions {
    let low0 = x + position &* xStride
    let hasSecond = position &+ 1 < positions
    let low1 = hasSecond ? low0 + xStride : low0
    let cosine0 = cosines + position &* half
    let sine0 = sines + position &* half
    let cosine1 = hasSecond ? cosine0 + half : cosine0
    let sine1 = hasSecond ? sine0 + half : sine0
    let scale1 = hasSecond ? scale : 0
    let row0 = rows + position &* rowStride
    let row1 = row0 + rowStride
    let pairs = pairs + (position &>> 1) &* pairStride
    let middle = half &>> 1
    var d = 0
    while d &+ laneWidth <= half {
      let first = turned(
        load(low0 + d) * scale, load(low0 + (half &+ d)) * scale, load(cosine0 + d),
        -load(sine0 + d))
      let second = turned(
        load(low1 + d) * scale1, load(low1 + (half &+ d)) * scale1, load(cosine1 + d),
        -load(sine1 + d))
      let low = rounded(first.low, second.low)
      let high = rounded(first.high, second.high)
      storeRows(low, row0 + (d &>> 1), row1 + (d &>> 1))
      storeRows(high, row0 + (middle &+ (d &>> 1)), row1 + (middle &+ (d &>> 1)))
      store(paired(low), pairs + d)
      store(paired(high), pairs + (half &+ d))
      d &+= laneWidth
    }
    if d < half {
      let both = rounded(
        turnedHalf(low0 + d, low0 + (half &+ d), cosine0 + d, sine0 + d, scale, -1),
        turnedHalf(low1 + d, low1 + (half &+ d), cosine1 + d, sine1 + d, scale1, -1))
      let (first, second) = (both.lowHalf, both.highHalf)
      storeQuarter(first.lowHalf, row0 + (d &>> 1))
      storeQuarter(first.highHalf, row0 + (middle &+ (d &>> 1)))
      storeQuarter(second.lowHalf, row1 + (d &>> 1))
      storeQuarter(second.highHalf, row1 + (middle &+ (d &>> 1)))
      let pair = paired(both)
      storeHalf(pair.lowHalf, pairs + d)
      storeHalf(pair.highHalf, pairs + (half &+ d))
    }
    position &+= 2
  }
}
