// Rows of numbers or of pairs of channels on their way to rows of pairs of neighbouring rows.

@inline(__always)
private func loadHalf(_ address: UnsafePointer<UInt32>) -> SIMD8<UInt32> {
  UnsafeRawPointer(address).loadUnaligned(as: SIMD8<UInt32>.self)
}

/// Two rows of numbers as products take them; the second is zeros where there is none.
@inline(__always)
func writeBoth(
  _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>?, channels: Int,
  rows: UnsafeMutablePointer<UInt32>, rowStride: Int, pairs: UnsafeMutablePointer<UInt32>
) {
  var i = 0
  while i < channels {
    var b = Lane.zero
    if let second { b = load(second + i) }
    let both = rounded(load(first + i), b)
    storeRows(both, rows + (i &>> 1), rows + (rowStride &+ (i &>> 1)))
    store(paired(both), pairs + i)
    i &+= laneWidth
  }
}

/// Rows of pairs of channels as rows of pairs of rows, (rows/2, channels) words; after an odd number the
/// last is paired with zeros.
@inline(__always)
func pairRows(
  _ source: UnsafePointer<UInt32>, _ stride: Int, rows: Int, channels: Int,
  pairs: UnsafeMutablePointer<UInt32>
) {
  var row = 0
  var to = pairs
  while row < rows {
    let first = source + row &* stride
    let hasSecond = row &+ 1 < rows
    var i = 0
    while i < channels {
      let place = i &>> 1
      var second = SIMD8<UInt32>.zero
      if hasSecond { second = loadHalf(first + (stride &+ place)) }
      store(paired(FactorLane(lowHalf: loadHalf(first + place), highHalf: second)), to + i)
      i &+= laneWidth
    }
    to += channels
    row &+= 2
  }
}
