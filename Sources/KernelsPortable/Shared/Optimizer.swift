/// The sum of several gradients, written over the first and taken from the others, which become zero
/// for the next step. Returns the sum of the result's squares.
///
/// - Precondition: `count` is a multiple of sixteen.
package func mergeGradients(
  count: Int, sum: UnsafeMutablePointer<Float>,
  others: UnsafePointer<UnsafeMutablePointer<Float>>, otherCount: Int, offset: Int
) -> Double {
  var total = 0.0
  var start = 0
  while start < count {
    // Blocks of one lane's worth of float sums, then on in double: a sum of millions of squares in
    // float would lose the small ones.
    let end = min(start &+ 4096, count)
    var squares = Lane.zero
    var i = start
    while i < end {
      var value = load(sum + i)
      for other in 0..<otherCount {
        let address = others[other] + (offset &+ i)
        value += load(address)
        store(.zero, address)
      }
      store(value, sum + i)
      squares = squares.adding(value, times: value)
      i &+= laneWidth
    }
    total += Double(squares.total)
    start = end
  }
  return total
}

/// One step of AdamW (algorithm 2 of Loshchilov and Hutter, [Decoupled Weight Decay
/// Regularization](https://arxiv.org/abs/1711.05101)) over `count` parameters; the gradient, scaled
/// by `clip` first, becomes zero for the next step.
///
/// - Parameters:
///   - rate: the learning rate over the first moment's bias correction, 1 - β₁ᵗ.
///   - secondCorrection: 1 / (1 - β₂ᵗ).
///   - kept: what weight decay leaves of a parameter, 1 - learning rate · decay.
/// - Precondition: `count` is a multiple of sixteen.
package func adamStep(
  count: Int, parameters: UnsafeMutablePointer<Float>, gradients: UnsafeMutablePointer<Float>,
  first: UnsafeMutablePointer<Float>, second: UnsafeMutablePointer<Float>, clip: Float,
  firstDecay: Float, secondDecay: Float, rate: Float, secondCorrection: Float, epsilon: Float,
  kept: Float
) {
  let newFirst = Lane(repeating: (1 - firstDecay) * clip)
  let newSecond = Lane(repeating: (1 - secondDecay) * clip * clip)
  var i = 0
  while i < count {
    let gradient = load(gradients + i)
    store(.zero, gradients + i)
    let m = (load(first + i) * firstDecay).adding(gradient, times: newFirst)
    let v = (load(second + i) * secondDecay).adding(gradient * gradient, times: newSecond)
    store(m, first + i)
    store(v, second + i)
    let size = root(v * secondCorrection) + epsilon
    store(load(parameters + i) * kept - m * rate / size, parameters + i)
    i &+= laneWidth
  }
}
