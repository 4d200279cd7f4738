// Names beside a chart.

extension Plot {
  /// A letter's width in a label, of the wider ones among browsers' own fonts.
  private static let letter = 7.8

  /// A pixel width that holds a label beside a chart.
  static func labelWidth(_ names: [String], limit: Double = 150) -> Double {
    let longest = names.map(displayWidth).max() ?? 0
    return min(Double(longest) * letter + 18, limit)
  }

  /// Margins with room for rows' names at the left, less of it on a narrow screen.
  static func rowMargins(
    _ names: [String], top: Double = 4, right: Double = 24, bottom: Double = 44
  ) -> Margins {
    var margins = Margins(
      top: top, right: right, bottom: bottom, left: labelWidth(names, limit: 240))
    margins.narrowLeft = labelWidth(names, limit: 150)
    return margins
  }

  /// As many letters as fit there.
  static func fitted(_ name: String, width: Double) -> String {
    Format.shortened(name, to: Int((width - 16) / letter))
  }
}
