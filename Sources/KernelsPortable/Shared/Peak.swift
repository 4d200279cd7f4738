/// Multiplies and adds in registers alone, `times` on each of twelve lanes: the most that the processor can do.
/// A product is to be measured against it. Twelve are enough to hide what an instruction takes, and few enough
/// for the registers of any processor.
///
/// - Parameters:
///   - sums: twelve lanes to begin and end with.
///   - factors: two lanes.
package func multiplyInRegisters(
  times: Int, sums: UnsafeMutablePointer<Float>, factors: UnsafePointer<Factor>
) {
  let (a, b) = (load(factors), load(factors + laneWidth))
  var (s0, s1, s2) = (load(sums), load(sums + laneWidth), load(sums + 2 &* laneWidth))
  var (s3, s4) = (load(sums + 3 &* laneWidth), load(sums + 4 &* laneWidth))
  var (s5, s6) = (load(sums + 5 &* laneWidth), load(sums + 6 &* laneWidth))
  var (s7, s8) = (load(sums + 7 &* laneWidth), load(sums + 8 &* laneWidth))
  var (s9, s10) = (load(sums + 9 &* laneWidth), load(sums + 10 &* laneWidth))
  var s11 = load(sums + 11 &* laneWidth)
  for _ in 0..<times {
    s0 = s0.adding(a, times: b)
    s1 = s1.adding(a, times: b)
    s2 = s2.adding(a, times: b)
    s3 = s3.adding(a, times: b)
    s4 = s4.adding(a, times: b)
    s5 = s5.adding(a, times: b)
    s6 = s6.adding(a, times: b)
    s7 = s7.adding(a, times: b)
    s8 = s8.adding(a, times: b)
    s9 = s9.adding(a, times: b)
    s10 = s10.adding(a, times: b)
    s11 = s11.adding(a, times: b)
  }
  store(s0, sums)
  store(s1, sums + laneWidth)
  store(s2, sums + 2 &* laneWidth)
  store(s3, sums + 3 &* laneWidth)
  store(s4, sums + 4 &* laneWidth)
  store(s5, sums + 5 &* laneWidth)
  store(s6, sums + 6 &* laneWidth)
  store(s7, sums + 7 &* laneWidth)
  store(s8, sums + 8 &* laneWidth)
  store(s9, sums + 9 &* laneWidth)
  store(s10, sums + 10 &* laneWidth)
  store(s11, sums + 11 &* laneWidth)
}
