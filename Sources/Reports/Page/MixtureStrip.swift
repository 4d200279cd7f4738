import Mixtures

/// A mixture as a strip, a piece for each domain as wide as its weight. Colours go by the place of
/// the domain in the corpus; from the ninth on they come again, hatched.
package enum MixtureStrip {
  static let colourCount = 8

  /// - Parameters:
  ///   - id: unique in the page.
  ///   - name: whose mixture it is, for those who cannot see it.
  ///   - height: in pixels.
  ///   - hasLabels: whether the domains' names stand on the pieces that are wide enough.
  package static func markup(
    _ mixture: Mixture, id: String, name: String, height: Double, hasLabels: Bool = false
  ) -> Markup {
    var plot = Plot(
      id: id, title: "Weights of \(name)", summary: Format.weights(mixture), height: height,
      margins: .init(top: 0, right: 0, bottom: 0, left: 0))
    var start = 0.0
    for (index, (domain, weight)) in zip(mixture.domains, mixture.weights).enumerated() {
      guard weight > 0 else { continue }
      let end = min(start + weight, 1)
      let tip = "\(domain) \(Format.share(weight))"
      plot.rectangle(
        x: start...end, y: 0...height, class: "piece d\(index % colourCount)", tip: tip)
      if let hatch = hatch(index) {
        plot.rectangle(x: start...end, y: 0...height, class: "hatch\(hatch)", tip: tip)
      }
      // Names stand only where they fit: on a phone, or only on wider screens.
      let letters = max(displayWidth(domain), displayWidth(Format.share(weight)) + 1)
      let needed = Double(letters) * 8 + 18
      if hasLabels, weight * 590 > needed {
        // A viewport of its own cuts off what does not fit.
        plot.add(
          Markup(
            "svg",
            [
              "class": weight * 328 > needed ? "" : "wide-only",
              "x": Format.number(start * 100, 3) + "%", "y": "0",
              "width": Format.number(weight * 100 - 0.8, 3) + "%", "height": Format.number(height),
            ],
            [
              Markup(
                "text", ["class": "on-piece", "x": "9", "y": Format.number(height / 2 - 8)],
                text: domain),
              Markup(
                "text",
                ["class": "on-piece strong", "x": "9", "y": Format.number(height / 2 + 13)],
                text: Format.share(weight)),
            ]))
      }
      start = end
    }
    var markup = plot.markup
    markup.attributes[0].value = "plot strip"
    return markup
  }

  /// The colours' meaning, with the weights where there is one mixture.
  package static func legend(_ domains: [String], weights: [Double]? = nil) -> Markup {
    Markup(
      "ul", ["class": "legend"],
      domains.enumerated().map { index, domain in
        var swatch = [
          Markup("rect", ["class": "d\(index % colourCount)", "width": "12", "height": "12"])
        ]
        if let hatch = hatch(index) {
          swatch.append(Markup("rect", ["class": "hatch\(hatch)", "width": "12", "height": "12"]))
        }
        var item = Markup(
          "li", [:],
          [
            Markup("svg", ["width": "12", "height": "12", "aria-hidden": "true"], swatch),
            Markup("span", text: domain),
          ])
        if let weights {
          item.append(Markup("span", ["class": "number"], text: Format.share(weights[index])))
        }
        return item
      })
  }

  private static func hatch(_ index: Int) -> Int? {
    index < colourCount ? nil : (index / colourCount - 1) % 2
  }

  /// The patterns of the hatched pieces: once in a page, before the strips.
  static let patterns = Markup(
    "svg", ["width": "0", "height": "0", "class": "patterns", "aria-hidden": "true"],
    [
      Markup(
        "defs", [:],
        [
          Markup(
            "pattern",
            [
              "id": "stripes", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse",
              "patternTransform": "rotate(45)",
            ], [Markup("rect", ["class": "pattern-ink", "width": "2", "height": "6"])]),
          Markup(
            "pattern",
            ["id": "dots", "width": "6", "height": "6", "patternUnits": "userSpaceOnUse"],
            [Markup("circle", ["class": "pattern-ink", "cx": "3", "cy": "3", "r": "1.5"])]),
        ])
    ])
}
