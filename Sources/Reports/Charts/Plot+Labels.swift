// Names beside a chart.

extension Plot {
  /// A pixel width that holds a label beside a chart.
  static func labelWidth(_ names: [String], limit: Double = 150) -> Double {
    let longest = names.map(displayWidth).max() ?? 0
    return min(Double(longest) * 7 + 18, limit)
  }

  /// As many letters as fit there.
  static func fitted(_ name: String, width: Double) -> String {
    Format.shortened(name, to: Int((width - 16) / 7))
  }
}
