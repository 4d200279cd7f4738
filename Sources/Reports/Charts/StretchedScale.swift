import Foundation

/// An axis on which what is near zero has room: linear within `unit` of it, logarithmic far away.
package struct StretchedScale: Sendable, Hashable {
  package let unit: Double
  package let least: Double
  package let limit: Double

  /// - Parameters:
  ///   - least: the smallest value.
  ///   - limit: the largest value.
  ///   - unit: below which differences matter no more.
  /// - Precondition: unit and limit are positive, the smallest value is not.
  package init(least: Double = 0, limit: Double, unit: Double) {
    precondition(
      limit > 0 && unit > 0 && limit.isFinite && least <= 0 && least.isFinite,
      "expected bounds around zero, found \(least) and \(limit)")
    self.least = least
    self.limit = limit
    self.unit = unit
  }

  /// 0 at the smallest value, 1 at the limit.
  package func fraction(_ value: Double) -> Double {
    let low = asinh(least / unit)
    return (asinh(value / unit) - low) / (asinh(limit / unit) - low)
  }

  /// Zero, and 1, 3, 10, 30, … times a power of ten from about the unit to either end, in order; from less
  /// than that where there would be no other number than zero.
  package var ticks: [Double] {
    for least in [unit, unit / 10, unit / 100] {
      let found = ticks(from: least)
      if found.count > 2 || least < unit && found.count > 1 { return found }
    }
    return ticks(from: unit)
  }

  private func ticks(from first: Double) -> [Double] {
    ticks(from: first, to: -least).dropFirst().reversed().map { -$0 }
      + ticks(from: first, to: limit)
  }

  private func ticks(from unit: Double, to limit: Double) -> [Double] {
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
