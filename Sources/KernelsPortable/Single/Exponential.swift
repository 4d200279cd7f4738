// Exponentials in single precision, of any width of lanes.

/// eˣ to about 1e-7 of itself; zero below -87.3, where the result would be subnormal.
///
/// Cody and Waite's reduction to |r| ≤ ln(2)/2 and the degree-5 polynomial of Moshier's Cephes
/// (`expf.c`). Rounding to an integer is done by adding 1.5·2²³, which leaves the integer in the low
/// bits: SIMD types round and convert one number at a time.
///
/// - Precondition: `x` ≤ 88.
@inline(__always) func exponential(_ x: Lane) -> Lane {
  let magic = Lane(repeating: 12_582_912)
  let shifted = magic.adding(x, times: Lane(repeating: 1.442_695_04))
  let n = shifted - magic
  var r = x.adding(n, times: Lane(repeating: -0.693_359_375))
  r = r.adding(n, times: Lane(repeating: 2.121_944_40e-4))
  var p = Lane(repeating: 1.987_569_15e-4)
  p = Lane(repeating: 1.398_199_950_7e-3).adding(p, times: r)
  p = Lane(repeating: 8.333_451_907_3e-3).adding(p, times: r)
  p = Lane(repeating: 4.166_579_589_4e-2).adding(p, times: r)
  p = Lane(repeating: 1.666_666_545_9e-1).adding(p, times: r)
  p = Lane(repeating: 5.000_000_120_1e-1).adding(p, times: r)
  let y = (r + Lane(repeating: 1)).adding(p, times: r * r)
  let power =
    unsafeBitCast(shifted, to: IntegerLane.self) &<< IntegerLane(repeating: 23)
    &+ IntegerLane(repeating: 0x3f80_0000)
  return (y * unsafeBitCast(power, to: Lane.self))
    .replacing(with: 0, where: x .< Lane(repeating: -87.3))
}
