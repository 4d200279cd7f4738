import CProcessor

// Where factors of products are of bfloat16, products take so little time that exponentials would be a
// tenth of a step by a polynomial alone: most of theirs is in a table here, which two registers hold.

/// eˣ to about 2e-7 of itself, and 3e-8 more for each unit of |x|; zero below -87.3, where the result
/// would be subnormal.
///
/// eˣ = 2^n · 2^(i/32) · eʳ with |r| ≤ ln(2)/64 (Tang, [Table-driven implementation of the exponential
/// function](https://doi.org/10.1145/63522.214389)); a polynomial of degree 2 gives eʳ to 5e-8.
///
/// - Precondition: `x` ≤ 88.
@inline(__always) func exponential(_ x: Lane) -> Lane {
  #if KERNELS_BFLOAT16
    mixpipe_exponential(x)
  #else
    let magic = Lane(repeating: 12_582_912)
    let shifted = magic.adding(x, times: Lane(repeating: 0x1.715476p+5))
    let k = shifted - magic
    let r = x.adding(k, times: Lane(repeating: -0x1.62e430p-6))
    let bits = unsafeBitCast(shifted, to: FactorLane.self)
    var root = Lane.zero
    for i in 0..<laneWidth { root[i] = mixpipe_root(bits[i]) }
    let slope = Lane(repeating: 0x1.0000f6p+0).adding(Lane(repeating: 0.5), times: r)
    let y = root.adding(root * r, times: slope)
    // 32 n, whose five lowest bits are zero, to the place of the exponent.
    let power = (bits & FactorLane(repeating: ~31)) &<< FactorLane(repeating: 18)
    return unsafeBitCast(unsafeBitCast(y, to: FactorLane.self) &+ power, to: Lane.self)
      .replacing(with: 0, where: x .< Lane(repeating: -87.3))
      .replacing(with: x, where: x .!= x)
  #endif
}
