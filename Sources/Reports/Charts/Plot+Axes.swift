import Foundation

/// A place on an axis with the number that stands there.
package struct AxisTick: Sendable, Hashable {
  /// Of the axis' length.
  package var fraction: Double
  package var text: String
  /// Whether it is the zero of an axis of differences.
  package var isZero: Bool

  package init(fraction: Double, text: String, isZero: Bool = false) {
    self.fraction = fraction
    self.text = text
    self.isZero = isZero
  }
}

extension Plot {
  /// What a page leaves for a chart and its margins, in pixels: on a phone of 360 pixels, and just above
  /// the width at which the stylesheet changes.
  private static let narrowWidth = 328.0
  private static let middleWidth = 590.0
  /// A digit's width at a tick's size, generously.
  private static let tickLetter = 6.9

  /// Lines across the chart at the ticks, their numbers below, and the axis' name.
  ///
  /// Numbers that would run into each other are left out, on narrow screens more of them; the lines stay.
  package mutating func horizontalAxis(_ ticks: [AxisTick], name: String) {
    horizontalName = name
    let wide = Self.shown(ticks, width: Self.middleWidth - margins.left - margins.right)
    let narrow = Self.shown(
      ticks,
      width: Self.narrowWidth - (margins.narrowLeft ?? margins.left)
        - (hasNamesAboveWhenNarrow ? 16 : margins.right))
    for (index, tick) in ticks.enumerated() {
      line(
        from: (tick.fraction, 0), to: (tick.fraction, height), class: tick.isZero ? "zero" : "grid")
      guard wide.contains(index) || narrow.contains(index) else { continue }
      let style =
        !narrow.contains(index)
        ? "tick wide-only" : wide.contains(index) ? "tick" : "tick narrow-only"
      label(
        tick.text, x: tick.fraction, y: height + 14, anchor: "middle", class: style)
    }
  }

  /// The ticks whose numbers fit beside each other: every one, every second, every third and so on,
  /// counted from zero where there is one.
  private static func shown(_ ticks: [AxisTick], width: Double) -> Set<Int> {
    guard !ticks.isEmpty else { return [] }
    let anchor = ticks.firstIndex(where: \.isZero) ?? 0
    for step in 1...ticks.count {
      let kept = ticks.indices.filter { abs($0 - anchor) % step == 0 }
      let fits = zip(kept, kept.dropFirst()).allSatisfy { a, b in
        let room = (ticks[b].fraction - ticks[a].fraction) * width
        let letters = Double(displayWidth(ticks[a].text) + displayWidth(ticks[b].text)) / 2
        return room >= letters * tickLetter + 6
      }
      if fits { return Set(kept) }
    }
    return [anchor]
  }

  /// As ``horizontalAxis(_:name:)``, upwards. Its name stands above.
  package mutating func verticalAxis(_ ticks: [AxisTick], name: String) {
    verticalName = name
    var last: Double?
    for tick in ticks {
      let y = height * (1 - tick.fraction)
      line(from: (0, y), to: (1, y), class: tick.isZero ? "zero" : "grid")
      if let last, abs(last - y) < 15 { continue }
      last = y
      label(tick.text, x: 0, y: y, dx: -8, anchor: "end", class: "tick")
    }
  }

  package mutating func horizontalAxis(
    _ scale: LinearScale, name: String, count: Int = 5, isDifference: Bool = false,
    wholeNumbers: Bool = false
  ) {
    guard wholeNumbers else {
      return horizontalAxis(
        scale.axisTicks(count: count, isDifference: isDifference), name: name)
    }
    // Of a short range all whole numbers, however few.
    let step = max(scale.step(count: count), 1)
    let first = (scale.bounds.lowerBound / step - 1e-9).rounded(.up)
    let last = (scale.bounds.upperBound / step + 1e-9).rounded(.down)
    let values = first <= last ? Array(stride(from: first, through: last, by: 1)) : []
    horizontalAxis(
      values.map { value in
        AxisTick(
          fraction: scale.fraction(value * step), text: Format.fixed(value * step, 0),
          isZero: isDifference && value == 0)
      }, name: name)
  }

  package mutating func verticalAxis(
    _ scale: LinearScale, name: String, count: Int = 5, isDifference: Bool = false
  ) {
    verticalAxis(scale.axisTicks(count: count, isDifference: isDifference), name: name)
  }
}

extension LinearScale {
  func axisTicks(count: Int = 5, isDifference: Bool = false) -> [AxisTick] {
    let decimals = Self.decimals(ofStep: step(count: count))
    return ticks(count: count).map { tick in
      let text = Format.fixed(tick, decimals)
      return AxisTick(
        fraction: fraction(tick), text: isDifference && tick > 0 ? "+" + text : text,
        isZero: tick == 0 && isDifference)
    }
  }
}

extension StretchedScale {
  /// - Parameter zero: what stands at zero.
  func axisTicks(isDifference: Bool, zero: String = "0") -> [AxisTick] {
    ticks.map { tick in
      let text = Format.number(abs(tick), 6)
      let sign = tick < 0 ? "−" : isDifference ? "+" : ""
      return AxisTick(
        fraction: fraction(tick), text: tick == 0 ? zero : sign + text, isZero: tick == 0)
    }
  }
}

/// A scale for differences around zero: linear where they are of one size, stretched toward zero where a
/// few are so large that the others could not be told apart.
enum DifferenceScale {
  case linear(LinearScale)
  case stretched(StretchedScale)

  /// - Parameters:
  ///   - values: what the scale must hold.
  ///   - precision: what differences below it are worth, such as half an interval's width.
  init(holding values: [Double], precision: Double? = nil) {
    let known = values.filter(\.isFinite)
    let sizes = known.map { abs($0) }.filter { $0 > 0 }.sorted()
    let largest = sizes.last ?? 1
    let middle = sizes.isEmpty ? 1 : sizes[sizes.count / 2]
    guard largest > 8 * middle else {
      self = .linear(LinearScale(holding: [0] + known))
      return
    }
    let unit = max(min(middle, precision.map { $0 * 4 } ?? middle), largest / 300)
    self = .stretched(
      StretchedScale(
        least: min(known.min() ?? 0, 0) * 1.15, limit: max(known.max() ?? 0, unit) * 1.15,
        unit: unit))
  }

  var isStretched: Bool { if case .stretched = self { true } else { false } }

  func fraction(_ value: Double) -> Double {
    switch self {
    case .linear(let scale): scale.fraction(value)
    case .stretched(let scale): scale.fraction(value)
    }
  }

  var ticks: [AxisTick] {
    switch self {
    case .linear(let scale): scale.axisTicks(isDifference: true)
    case .stretched(let scale): scale.axisTicks(isDifference: true)
    }
  }
}
