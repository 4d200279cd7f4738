import Foundation
import Numerics

/// Numbers as the report writes them, everywhere alike.
package enum Format {
  /// A fixed number of decimals with a true minus sign; never "−0.0000".
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "–" : value < 0 ? "−∞" : "∞" }
    let text = String(format: "%.\(decimals)f", abs(value))
    let isZero = text.allSatisfy { $0 == "0" || $0 == "." }
    return (value < 0 && !isZero ? "−" : "") + text
  }

  /// A loss in nats per token.
  package static func loss(_ value: Double) -> String { fixed(value, 4) }

  /// A difference, with its sign.
  package static func difference(_ value: Double) -> String {
    let text = fixed(value, 4)
    return value > 0 && text.contains { $0 != "0" && $0 != "." } ? "+" + text : text
  }

  /// `0.0080 to 0.0166`.
  package static func interval(_ interval: ClosedRange<Double>) -> String {
    "\(difference(interval.lowerBound)) to \(difference(interval.upperBound))"
  }

  /// A sentence in which a value is not parted from what is after its `±`.
  static func unbroken(_ sentence: String) -> String {
    sentence.replacing(" ± ", with: "\u{A0}±\u{A0}")
  }

  /// A share, in per cent: `41.2 %`, `< 0.1 %`.
  package static func share(_ value: Double) -> String {
    if value > 0 && value < 0.0005 { return "<\u{202F}0.1\u{202F}%" }
    return fixed(value * 100, 1) + "\u{202F}%"
  }

  /// `950`, `12.5k`, `2.0M`, `1.3B`.
  package static func count(_ value: Int) -> String { count(Double(value)) }

  package static func count(_ amount: Double) -> String {
    if amount < 1000 || !amount.isFinite { return fixed(amount, 0) }
    for (unit, size) in [("k", 1e3), ("M", 1e6), ("B", 1e9)] where amount < size * 999.5 {
      return fixed(amount / size, amount < size * 99.95 ? 1 : 0) + unit
    }
    return fixed(amount / 1e12, 1) + "T"
  }

  /// A round amount, such as one on an axis or a size by its name: `950`, `20k`, `2.5M`, `1B`.
  package static func tick(_ amount: Double) -> String {
    count(amount).replacing(".0", with: "")
  }

  /// `12 s`, `4 min 10 s`, `1 h 23 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    if seconds < 9.95 { return fixed(seconds, 1) + " s" }
    let whole = Int(clamping: seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 {
      return whole % 60 == 0 ? "\(whole / 60) min" : "\(whole / 60) min \(whole % 60) s"
    }
    let minutes = Int(clamping: (seconds / 60).rounded())
    return minutes % 60 == 0 ? "\(minutes / 60) h" : "\(minutes / 60) h \(minutes % 60) min"
  }

  /// `2026-11-21 04:12 UTC`.
  package static func date(_ secondsSince1970: Double) -> String {
    var time = time_t(secondsSince1970)
    var parts = tm()
    gmtime_r(&time, &parts)
    return String(
      format: "%04d-%02d-%02d %02d:%02d UTC", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
      parts.tm_hour, parts.tm_min)
  }

  /// `1 seed`, `3 seeds`.
  package static func plural(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.joined() }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// A name too long for its place without its middle: names of one kind often differ in their ends.
  package static func shortened(_ name: String, to count: Int) -> String {
    guard name.count > count else { return name }
    let end = max(count - 1, 0) * 2 / 5
    return name.prefix(max(count - 1, 0) - end) + "…" + name.suffix(end)
  }

  /// In plain digits, without trailing zeros.
  package static func number(_ value: Double, _ decimals: Int = 2) -> String {
    var text = Format.fixed(value, decimals).replacing("−", with: "-")
    if text.contains(".") {
      while text.last == "0" { text.removeLast() }
      if text.last == "." { text.removeLast() }
    }
    return text
  }
}
