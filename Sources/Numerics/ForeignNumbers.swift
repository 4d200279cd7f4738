// Numbers that come from files may be anything that a Double can be, and Swift stops the process where
// one is no Int or two make no range.

extension Int {
  /// The whole part of a number, the nearest integer there is where it is beyond them; 0 for NaN.
  package init(clamping value: Double) {
    // 2⁶³ is the first Double that is too large.
    if value >= 0x1p63 {
      self = .max
    } else if value <= -0x1p63 {
      self = .min
    } else {
      self = value.isNaN ? 0 : Int(value)
    }
  }
}

extension ClosedRange<Double> {
  /// From the smaller to the larger of two numbers; all numbers where one of them is none.
  package init(between a: Double, and b: Double) {
    self = a.isNaN || b.isNaN ? -.infinity ... .infinity : Swift.min(a, b)...Swift.max(a, b)
  }
}
