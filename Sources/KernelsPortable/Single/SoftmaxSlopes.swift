/// Turns a block of `softmaxBlock`'s terms (entries, tokens) into the gradient of `scale` times the
/// summed cross-entropy.
///
/// - Parameters:
///   - shifts: of this block; overwritten.
///   - largest, sums: over all blocks.
/// All arrays and rows have room for whole lanes.
package func softmaxSlopes(
  entries: Int, firstEntry: Int, tokens: Int, logits: UnsafeMutablePointer<Float>, stride: Int,
  targets: UnsafePointer<UInt16>, shifts: UnsafeMutablePointer<Float>,
  largest: UnsafePointer<Float>, sums: UnsafePointer<Float>, scale: Float
) {
  var token = 0
  while token < tokens {
    let share = exponential(load(shifts + token) - load(largest + token))
    store(share * scale / load(sums + token), shifts + token)
    token &+= laneWidth
  }
  var row = logits
  for _ in 0..<entries {
    token = 0
    while token < tokens {
      store(load(row + token) * load(shifts + token), row + token)
      token &+= laneWidth
    }
    row += stride
  }
  for token in 0..<tokens {
    let entry = Int(targets[token]) &- firstEntry
    if entry >= 0 && entry < entries { logits[entry &* stride &+ token] -= scale }
  }
}
