// Softmax and cross-entropy of the output layer. Logits are kept as (entries, tokens): what is summed
// or sought for each token then goes lane by lane. The vocabulary is worked off in blocks, whose
// terms are exponentials less the largest logit so far (Milakov and Gimelshein, [Online normalizer
// calculation for softmax](https://arxiv.org/abs/1805.02867)), so that each logit is written once and
// read once.

/// Takes in a block of logits (entries, two lanes of tokens), which become e^(logit - shift).
///
/// - Parameters:
///   - firstEntry: the block's first entry of the vocabulary.
///   - tokens: how many of the lanes' tokens there are.
///   - reached: for each token whose target lies in this block, its logit.
///   - largest, sums: of each token, over the blocks so far; -∞ and zero before the first. The sum is
///     of e^(logit - largest).
///   - shifts: what was taken from this block's logits.
package func softmaxBlock(
  entries: Int, firstEntry: Int, tokens: Int, logits: UnsafeMutablePointer<Float>, stride: Int,
  targets: UnsafePointer<UInt16>, reached: UnsafeMutablePointer<Float>,
  largest: UnsafeMutablePointer<Float>, sums: UnsafeMutablePointer<Float>,
  shifts: UnsafeMutablePointer<Float>
) {
  for token in 0..<tokens {
    let entry = Int(targets[token]) &- firstEntry
    if entry >= 0 && entry < entries { reached[token] = logits[entry &* stride &+ token] }
  }
  var left = load(largest)
  var right = load(largest + laneWidth)
  var row = logits
  for _ in 0..<entries {
    left = left.larger(load(row))
    right = right.larger(load(row + laneWidth))
    row += stride
  }
  // Each block's sum by itself: fewer additions one after the other, less rounding.
  var leftSum = Lane.zero
  var rightSum = Lane.zero
  row = logits
  for _ in 0..<entries {
    let a = exponential(load(row) - left)
    let b = exponential(load(row + laneWidth) - right)
    leftSum += a
    rightSum += b
    store(a, row)
    store(b, row + laneWidth)
    row += stride
  }
  let leftBefore = load(sums) * exponential(load(largest) - left)
  let rightBefore = load(sums + laneWidth) * exponential(load(largest + laneWidth) - right)
  store(leftBefore + leftSum, sums)
  store(rightBefore + rightSum, sums + laneWidth)
  store(left, largest)
  store(right, largest + laneWidth)
  store(left, shifts)
  store(right, shifts + laneWidth)
}

/// The cross-entropy of each token in nats, from what `softmaxBlock` found over all blocks.
///
/// All arrays have room for whole lanes.
package func crossEntropy(
  tokens: Int, largest: UnsafePointer<Float>, sums: UnsafePointer<Float>,
  reached: UnsafePointer<Float>, losses: UnsafeMutablePointer<Float>
) {
  var token = 0
  while token < tokens {
    let loss = load(largest + token) - load(reached + token) + logarithm(load(sums + token))
    store(loss, losses + token)
    token &+= laneWidth
  }
}
