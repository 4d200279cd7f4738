/// Turns a block of `softmaxBlock`'s terms (entries, tokens) into the gradient of `scale` times the
/// summed cross-entropy, as products take it.
///
/// - Parameters:
///   - shifts: of this block; overwritten.
///   - largest, sums: over all blocks.
///   - slopes: (entries, tokens/2) words, with room for one more row.
///   - pairs: (entries/2, tokens) words.
/// All arrays and rows have room for whole lanes.
package func softmaxSlopes(
  entries: Int, firstEntry: Int, tokens: Int, terms: UnsafePointer<Float>, stride: Int,
  targets: UnsafePointer<UInt16>, shifts: UnsafeMutablePointer<Float>,
  largest: UnsafePointer<Float>, sums: UnsafePointer<Float>, scale: Float,
  slopes: UnsafeMutablePointer<UInt32>, slopeStride: Int, pairs: UnsafeMutablePointer<UInt32>,
  pairStride: Int
) {
  var token = 0
  while token < tokens {
    let share = exponential(load(shifts + token) - load(largest + token))
    store(share * scale / load(sums + token), shifts + token)
    token &+= laneWidth
  }
  var entry = 0
  while entry < entries {
    let first = terms + entry &* stride
    let hasSecond = entry &+ 1 < entries
    let slopes = slopes + entry &* slopeStride
    let pairs = pairs + (entry &>> 1) &* pairStride
    token = 0
    while token < tokens {
      let share = load(shifts + token)
      let a = load(first + token) * share
      let b = hasSecond ? load(first + (stride &+ token)) * share : Lane.zero
      let both = rounded(a, b)
      storeRows(both, slopes + (token &>> 1), slopes + (slopeStride &+ (token &>> 1)))
      store(paired(both), pairs + token)
      token &+= laneWidth
    }
    entry &+= 2
  }
  for token in 0..<tokens {
    let entry = Int(targets[token]) &- firstEntry
    guard entry >= 0 && entry < entries else { continue }
    let slope = halfWord(terms[entry &* stride &+ token] * shifts[token] - scale)
    setHalf(slopes + (entry &* slopeStride &+ (token &>> 1)), isUpper: token & 1 == 1, slope)
    setHalf(
      pairs + ((entry &>> 1) &* pairStride &+ token), isUpper: entry & 1 == 1, slope)
  }
}

@inline(__always) private func halfWord(_ x: Float) -> UInt32 {
  rounded(Lane(repeating: x), .zero)[0] & 0xffff
}

@inline(__always)
private func setHalf(_ word: UnsafeMutablePointer<UInt32>, isUpper: Bool, _ half: UInt32) {
  word.pointee = isUpper ? word.pointee & 0xffff | half &<< 16 : word.pointee & 0xffff_0000 | half
}
