/// A chart as inline SVG that is as wide as its place: positions along it are percentages, those up
/// and down are pixels, so that letters keep their size on a phone as on a wall.
///
/// The SVG is the plotting area itself; the labels stand outside it, in the margins that the element
/// around it leaves.
package struct Plot: Sendable {
  package struct Margins: Sendable {
    package var top = 12.0
    package var right = 16.0
    package var bottom = 40.0
    package var left = 56.0

    /// On a narrow screen, where that is another.
    package var narrowLeft: Double?

    package init(top: Double = 12, right: Double = 16, bottom: Double = 40, left: Double = 56) {
      self.top = top
      self.right = right
      self.bottom = bottom
      self.left = left
    }
  }

  package enum Shape: Int, Sendable, CaseIterable {
    case circle, square, triangle, diamond, plus, bar, cross, arrow, rightArrow

    /// Around the origin, about ten pixels across.
    var path: String {
      switch self {
      case .circle: "M-4.8 0a4.8 4.8 0 1 0 9.6 0a4.8 4.8 0 1 0 -9.6 0z"
      case .square: "M-4.3 -4.3h8.6v8.6h-8.6z"
      case .triangle: "M0 -5.4L5.2 4.1H-5.2z"
      case .diamond: "M0 -5.8L5.3 0L0 5.8L-5.3 0z"
      case .plus: "M-1.7 -5.2h3.4v3.5h3.5v3.4h-3.5v3.5h-3.4v-3.5h-3.5v-3.4h3.5z"
      case .bar: "M-2.2 -5.6h4.4v11.2h-4.4z"
      case .cross: "M-4.5 -4.5L4.5 4.5M-4.5 4.5L4.5 -4.5"
      case .arrow: "M0 -5L4.4 1H1.4V5H-1.4V1H-4.4z"
      case .rightArrow: "M5 0L-1 4.4V1.4H-5V-1.4H-1V-4.4z"
      }
    }

    /// Shapes that tell series apart.
    static let series: [Shape] = [.circle, .square, .triangle, .diamond, .plus, .bar]
  }

  /// Names the chart for those who cannot see it, and its parts in the page.
  package let id: String
  package let title: String
  package let summary: String
  package let height: Double
  package var margins: Margins
  /// Stand in the page's own text around the chart, so that they wrap where it is narrow.
  package var horizontalName: String?
  package var verticalName: String?
  /// Whether it is no wider than high; for charts whose axes have one scale.
  package var isSquare = false
  /// Whether a narrow screen shows the names at the series' ends above the chart, the last first, which leaves it their
  /// room.
  package var hasNamesAboveWhenNarrow = false
  private var marks: [Markup] = []
  private var ends: [(shape: Shape, style: String, name: String)] = []

  /// - Parameters:
  ///   - id: unique in the page.
  ///   - title: what the chart is.
  ///   - summary: what it shows, in a sentence or two.
  ///   - height: of the plotting area, in pixels.
  package init(
    id: String, title: String, summary: String, height: Double, margins: Margins = Margins()
  ) {
    self.id = id
    self.title = title
    self.summary = summary
    self.height = height
    self.margins = margins
  }

  // MARK: Positions

  static func percent(_ fraction: Double) -> String { Format.number(fraction * 100, 3) + "%" }

  // MARK: Marks

  package mutating func add(_ mark: Markup) { marks.append(mark) }

  /// - Parameters: `x` as fractions of the width, `y` in pixels from the top.
  package mutating func line(
    from a: (x: Double, y: Double), to b: (x: Double, y: Double), class style: String,
    shift: Double = 0, tip: String? = nil
  ) {
    var line = Markup(
      "line",
      [
        "class": style, "x1": Self.percent(a.x), "y1": Format.number(a.y), "x2": Self.percent(b.x),
        "y2": Format.number(b.y),
      ])
    if shift != 0 {
      line.attributes.append(
        .init(name: "transform", value: "translate(\(Format.number(shift)) 0)"))
    }
    if let tip { line.append(Markup("title", text: tip)) }
    marks.append(line)
  }

  package mutating func rectangle(
    x: ClosedRange<Double>, y: ClosedRange<Double>, class style: String, tip: String? = nil
  ) {
    var rectangle = Markup(
      "rect",
      [
        "class": style, "x": Self.percent(x.lowerBound), "y": Format.number(y.lowerBound),
        "width": Self.percent(x.upperBound - x.lowerBound),
        "height": Format.number(y.upperBound - y.lowerBound),
      ])
    if let tip { rectangle.append(Markup("title", text: tip)) }
    marks.append(rectangle)
  }

  package mutating func mark(
    _ shape: Shape, x: Double, y: Double, class style: String, shift: Double = 0,
    tip: String? = nil, trial: String? = nil
  ) {
    var path = Markup("path", ["class": style, "d": shape.path])
    if let trial { path.attributes.append(.init(name: "data-trial", value: trial)) }
    if shift != 0 {
      path.attributes.append(
        .init(name: "transform", value: "translate(\(Format.number(shift)) 0)"))
    }
    if let tip { path.append(Markup("title", text: tip)) }
    // A path knows no percentages; a viewport of its own stands where they say.
    marks.append(
      Markup("svg", ["x": Self.percent(x), "y": Format.number(y), "overflow": "visible"], [path]))
  }

  /// A name at a series' end, after the mark that the series has elsewhere.
  ///
  /// - Parameter name: the whole of it, where the text is cut.
  package mutating func seriesLabel(
    _ text: String, x: Double, y: Double, shape: Shape, class style: String, name: String? = nil,
    tip: String? = nil
  ) {
    let path = Markup(
      "path", ["class": style + " end", "d": shape.path, "transform": "translate(12 0)"])
    marks.append(
      Markup("svg", ["x": Self.percent(x), "y": Format.number(y), "overflow": "visible"], [path]))
    let isBest = style.split(separator: " ").contains("best")
    label(
      text, x: x, y: y, dx: 21, class: isBest ? "label best end" : "label end",
      tip: tip ?? name)
    ends.append((shape, style, name ?? text))
  }

  /// A row's name, left of it; see ``rowMargins(_:top:right:bottom:)``. On a narrow screen as much of it as has room.
  package mutating func rowLabel(_ name: String, y: Double, class style: String = "label") {
    let wide = Self.fitted(name, width: margins.left)
    let narrow = Self.fitted(name, width: margins.narrowLeft ?? margins.left)
    for (text, place) in wide == narrow
      ? [(wide, "")] : [(wide, " wide-only"), (narrow, " narrow-only")]
    {
      label(text, x: 0, y: y, dx: -12, anchor: "end", class: style + place, tip: name)
    }
  }

  package mutating func label(
    _ text: String, x: Double, y: Double, dx: Double = 0, anchor: String = "start",
    class style: String = "label", tip: String? = nil
  ) {
    var label = Markup(
      "text",
      [
        "class": style, "x": Self.percent(x), "y": Format.number(y), "dx": Format.number(dx),
        "text-anchor": anchor, "dominant-baseline": "central",
      ], text: text)
    if let tip { label.append(Markup("title", text: tip)) }
    marks.append(label)
  }

  /// Dots of many trials in one path, for charts of more marks than can stand alone: as wide as the chart,
  /// each of them found again by its trial's number.
  ///
  /// - Parameter points: `x` as fractions of the width, `y` in pixels from the top.
  package mutating func dots(
    _ points: [(x: Double, y: Double, trial: String)], class style: String
  ) {
    guard !points.isEmpty else { return }
    let path = points.map { "M\(Format.number($0.x * 1000, 1)) \(Format.number($0.y, 1))h0" }
      .joined()
    addStretched(
      Markup(
        "path",
        [
          "class": "dots \(style)", "vector-effect": "non-scaling-stroke", "d": path,
          "data-trials": points.map(\.trial).joined(separator: " "),
        ]), tip: nil)
  }

  // MARK: Result

  package var markup: Markup {
    let m = margins
    var svg = Markup(
      "svg",
      [
        "role": "img", "aria-labelledby": "\(id)-title \(id)-desc", "width": "100%",
        "height": Format.number(height), "overflow": "visible",
      ],
      [
        Markup("title", ["id": "\(id)-title"], text: title),
        Markup("desc", ["id": "\(id)-desc"], text: summary),
      ])
    for mark in marks { svg.append(mark) }
    let top = verticalName == nil ? m.top : 4
    let bottom = horizontalName == nil ? m.bottom : 0
    var style = zip(["top", "right", "bottom", "left"], [top, m.right, bottom, m.left]).map {
      "--\($0):\(Format.number($1))px"
    }.joined(separator: ";")
    var kinds = ["plot"]
    if let narrow = m.narrowLeft, narrow < m.left {
      style += ";--narrow-left:\(Format.number(narrow))px"
      kinds.append("rows")
    }
    let areNamesAbove = hasNamesAboveWhenNarrow && !ends.isEmpty
    if areNamesAbove { kinds.append("named") }
    if isSquare { style += ";max-width:\(Format.number(height + m.left + m.right))px" }
    var plot = Markup("div", ["class": kinds.joined(separator: " "), "style": style])
    if areNamesAbove { plot.append(Self.key(ends.reversed(), class: "legend narrow-only")) }
    if let verticalName {
      plot.append(Markup("p", ["class": "axis-name up"], text: verticalName))
    }
    plot.append(svg)
    if let horizontalName {
      plot.append(Markup("p", ["class": "axis-name across"], text: horizontalName))
    }
    return plot
  }
}

extension Plot {
  /// What marks stand for, a line of them.
  static func key(
    _ items: [(shape: Shape, style: String, name: String)], class style: String = "legend"
  ) -> Markup {
    Markup(
      "ul", ["class": style],
      items.map { shape, style, name in
        Markup(
          "li", [:],
          [
            Markup(
              "svg",
              ["width": "14", "height": "14", "viewBox": "-7 -7 14 14", "aria-hidden": "true"],
              [Markup("path", ["class": style, "d": shape.path])]),
            Markup("span", text: name),
          ])
      })
  }
}

/// A chart's height at which so many labels, one below the other, stay within it.
package func chartHeight(atLeast height: Double, labels count: Int, gap: Double = 16) -> Double {
  max(height, gap * Double(count - 1))
}

/// Heights for labels beside a chart that do not cover each other: as near as can be to where they
/// belong, in the same order, at least `gap` apart, within `bounds` where there is room.
package func spread(_ heights: [Double], gap: Double, within bounds: ClosedRange<Double>)
  -> [Double]
{
  let order = heights.indices.sorted { (heights[$0], $0) < (heights[$1], $1) }
  // Pool adjacent violators: after taking off each label's place in the queue, the heights have
  // only to be in order, and the nearest such heights are means over blocks.
  var blocks: [(sum: Double, count: Int)] = []
  for (place, index) in order.enumerated() {
    blocks.append((heights[index] - Double(place) * gap, 1))
    while blocks.count > 1 {
      let last = blocks[blocks.count - 1]
      let before = blocks[blocks.count - 2]
      guard before.sum / Double(before.count) > last.sum / Double(last.count) else { break }
      blocks.removeLast()
      blocks[blocks.count - 1] = (before.sum + last.sum, before.count + last.count)
    }
  }
  let lower = bounds.lowerBound
  let upper = max(bounds.upperBound - Double(max(heights.count - 1, 0)) * gap, lower)
  var result = heights
  var place = 0
  for block in blocks {
    let base = min(max(block.sum / Double(block.count), lower), upper)
    for _ in 0..<block.count {
      result[order[place]] = base + Double(place) * gap
      place += 1
    }
  }
  return result
}
