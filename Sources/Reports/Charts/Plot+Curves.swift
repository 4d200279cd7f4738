// Curves and areas: as wide as the chart, whatever that is. Lengths along it are stretched, lines are not.

extension Plot {
  /// - Parameters: `x` as fractions of the width, `y` in pixels from the top.
  package mutating func curve(
    _ points: [(x: Double, y: Double)], class style: String, tip: String? = nil,
    clips: Bool = false
  ) {
    addStretched(
      Markup(
        "polyline",
        ["class": style, "vector-effect": "non-scaling-stroke", "points": Self.list(points)]),
      tip: tip, clips: clips)
  }

  /// What lies between two curves over the same places.
  package mutating func area(
    upper: [(x: Double, y: Double)], lower: [(x: Double, y: Double)], class style: String,
    tip: String? = nil, clips: Bool = false
  ) {
    addStretched(
      Markup("polygon", ["class": style, "points": Self.list(upper + lower.reversed())]), tip: tip,
      clips: clips)
  }

  private static func list(_ points: [(x: Double, y: Double)]) -> String {
    points.map { Format.number($0.x * 1000, 1) + "," + Format.number($0.y, 1) }.joined(
      separator: " ")
  }

  /// - Parameter clips: whether what lies outside the chart is cut off.
  mutating func addStretched(_ mark: Markup, tip: String?, clips: Bool = false) {
    var mark = mark
    if let tip { mark.append(Markup("title", text: tip)) }
    add(
      Markup(
        "svg",
        [
          "width": "100%", "height": Format.number(height),
          "viewBox": "0 0 1000 \(Format.number(height))", "preserveAspectRatio": "none",
          "overflow": clips ? "hidden" : "visible",
        ], [mark]))
  }
}
