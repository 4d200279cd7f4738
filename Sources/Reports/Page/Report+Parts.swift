import Mixtures
import Processes

/// What pages are made of.
extension Report {
  /// - Parameters:
  ///   - price: what the verdict's gain costs elsewhere, if anything.
  ///   - missing: what is still to be done, if anything.
  ///   - caution: what is to be known before any figure is believed, if anything.
  func pageHeader(
    kicker: String, verdict: String, price: String? = nil, missing: String? = nil,
    caution: String? = nil
  ) -> Markup {
    var header = Markup(
      "header", [:],
      [
        Markup("p", ["class": "kicker"], text: kicker), Markup("h1", text: name),
        Markup("p", ["class": "verdict"], text: Format.unbroken(verdict)),
      ])
    if let price {
      header.append(Markup("p", ["class": "verdict"], text: Format.unbroken(price)))
    }
    if let live { header.append(live.markup) }
    for (label, text) in [("Read with care.", caution), ("Still open.", missing)] {
      guard let text else { continue }
      header.append(
        Markup(
          "p", ["class": "missing"],
          nodes: [.element(Markup("strong", text: label)), .text(" " + text)]))
    }
    return header
  }

  /// The mixture that a study recommends, large, and what is to be known of it.
  func recommendationSection(
    _ mixture: Mixture?, isConfirmed: Bool, figures: [(label: String, value: String, note: String)]
  ) -> Markup {
    var section = Markup("section", ["class": "headline"])
    guard let mixture else {
      section.append(Markup("h2", text: "No mixture to recommend yet"))
      return section
    }
    section.append(
      Markup("h2", text: isConfirmed ? "Recommended mixture" : "Best so far, not confirmed"))
    section.append(
      MixtureStrip.markup(
        mixture, id: "recommended", name: "the recommended mixture", height: 64, hasLabels: true))
    section.append(MixtureStrip.legend(mixture.domains, weights: mixture.weights))
    if let sources = Format.sources(of: mixture) { section.append(Markup("p", text: sources)) }
    section.append(
      Markup(
        "dl", ["class": "figures"],
        figures.map { figure in
          Markup(
            "div", [:],
            [
              Markup("dt", text: figure.label),
              Markup("dd", ["class": "value"], text: figure.value),
              Markup("dd", ["class": "note"], text: figure.note),
            ])
        }))
    section.append(
      code(
        [shellQuoted(Format.specification(mixture))],
        label: "For the command line"))
    return section
  }

  func heading(_ title: String, _ lead: String?) -> Markup {
    var section = Markup("section", [:], [Markup("h2", text: title)])
    if let lead { section.append(Markup("p", ["class": "lead"], text: lead)) }
    return section
  }

  func figure(
    _ plot: Plot, key: [(Plot.Shape, String, String)], caption: String? = nil
  ) -> Markup {
    var figure = Markup("figure")
    if let caption { figure.append(Markup("figcaption", text: caption)) }
    if !key.isEmpty {
      figure.append(Plot.key(key.map { (shape: $0.0, style: $0.1, name: $0.2) }))
    }
    figure.append(plot.markup)
    return figure
  }

  func code(_ lines: [String], label: String) -> Markup {
    Markup(
      "div", ["class": "code"],
      [
        Markup("span", ["class": "code-label"], text: label),
        Markup("pre", [:], [Markup("code", text: lines.joined(separator: "\n"))]),
      ])
  }

  func definitionList(_ items: [(String, String)]) -> Markup {
    Markup(
      "dl", ["class": "facts"],
      items.map { Markup("div", [:], [Markup("dt", text: $0.0), Markup("dd", text: $0.1)]) })
  }

  /// What is folded up until its reader wants it, and unfolded on paper unless it holds hundreds of rows.
  func details(
    _ summary: String, _ contents: [Markup], isOpen: Bool = false, rows: Int = 0
  ) -> Markup {
    var details = Markup(
      "details", isOpen ? ["open": "open"] : [:], [Markup("summary", text: summary)])
    if rows > 300 { details.attributes.append(.init(name: "class", value: "long")) }
    for content in contents { details.append(content) }
    return details
  }
}
