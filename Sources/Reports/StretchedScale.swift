import Foundation

/// An axis from zero on which what is near zero has room: linear below `unit`, logarithmic far above it.
package struct StretchedScale: Sendable, Hashable {
  package let unit: Double
  package let limit: Double

  /// - Parameters:
  ///   - limit: the largest value.
  ///   - unit: below which differences matter no more.
  /// - Precondition: both are positive.
  package init(limit: Double, unit: Double) {
    precondition(limit > 0 && unit > 0 && limit.isFinite, "expected positive bounds")
    self.limit = limit
    self.unit = unit
  }

  /// 0 at zero, 1 at the limit.
  package func fraction(_ value: Double) -> Double { asinh(value / unit) / asinh(limit / unit) }

  /// Zero, and 1, 3, 10, 30, … times a power of ten from about the unit to the limit.
  package var ticks: [Double] {
    var ticks = [0.0]
    var exponent = Int(floor(log10(unit)))
    while ticks.count < 30 {
      for lead in [1.0, 3] {
        let tick =
          exponent < 0 ? lead / pow(10, Double(-exponent)) : lead * pow(10, Double(exponent))
        if tick > limit { return ticks }
        if tick >= unit { ticks.append(tick) }
      }
      exponent += 1
    }
    return ticks
  }
}
