import Foundation
import Mixtures
import Storage

/// Findings for people to read: a page of HTML that needs nothing beside it, and the same as Markdown.
package protocol Report {
  var name: String { get }
  var html: String { get }
  var markdown: String { get }
}

extension Report {
  /// Writes `report.html` and `report.md` into a folder, each as a whole.
  ///
  /// - Returns: their paths.
  package func write(to folder: String) throws(StorageError) -> [String] {
    let files = [(folder + "/report.html", html), (folder + "/report.md", markdown)]
    for (path, text) in files { try replaceFile(at: path, with: Data(text.utf8)) }
    return files.map(\.0)
  }

  /// What a report is called that a folder holds.
  static func name(ofFolder path: String) -> String {
    let name = (path as NSString).standardizingPath.split(separator: "/").last
    return name.map(String.init) ?? path
  }

  // MARK: - What pages are made of

  /// One page of HTML that needs nothing beside it. Apart from the first line it is XML.
  func page(title: String, _ contents: [Markup]) -> String {
    let page = Markup(
      "html", ["lang": "en"],
      [
        Markup(
          "head", [:],
          [
            Markup("meta", ["charset": "utf-8"]),
            Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
            Markup("meta", ["name": "color-scheme", "content": "light dark"]),
            Markup("title", text: title), Markup("style", nodes: [.raw(reportStylesheet)]),
          ]),
        Markup("body", [:], contents),
      ])
    return "<!DOCTYPE html>\n" + page.text + "\n"
  }

  /// - Parameter missing: what is still to be done, if anything.
  func pageHeader(kicker: String, verdict: String, missing: String? = nil) -> Markup {
    var header = Markup(
      "header", [:],
      [
        Markup("p", ["class": "kicker"], text: kicker), Markup("h1", text: name),
        Markup("p", ["class": "verdict"], text: verdict),
      ])
    if let missing {
      header.append(
        Markup(
          "p", ["class": "missing"],
          nodes: [.element(Markup("strong", text: "Still open.")), .text(" " + missing)]))
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
        [StudyReport.shellQuoted(StudyReport.specification(mixture))],
        label: "For the command line"))
    return section
  }

  func heading(_ title: String, _ lead: String?) -> Markup {
    var section = Markup("section", [:], [Markup("h2", text: title)])
    if let lead { section.append(Markup("p", ["class": "lead"], text: lead)) }
    return section
  }

  func figure(_ plot: Plot, key: [(Plot.Shape, String, String)]) -> Markup {
    var figure = Markup("figure")
    if !key.isEmpty {
      figure.append(
        Markup(
          "ul", ["class": "legend"],
          key.map { shape, style, name in
            Markup(
              "li", [:],
              [
                Markup(
                  "svg",
                  ["width": "14", "height": "14", "viewBox": "-7 -7 14 14", "aria-hidden": "true"],
                  [Markup("path", ["class": style, "d": shape.path])]),
                Markup("span", text: name),
              ])
          }))
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

  func details(_ summary: String, _ contents: [Markup], isOpen: Bool = false) -> Markup {
    var details = Markup(
      "details", isOpen ? ["open": "open"] : [:], [Markup("summary", text: summary)])
    for content in contents { details.append(content) }
    return details
  }

  func scrolling(_ table: TextTable) -> Markup {
    func style(_ index: Int) -> String {
      table.columns[index].alignment == .left ? "text" : "number"
    }
    return Markup(
      "div", ["class": "scroll", "tabindex": "0"],
      [
        Markup(
          "table", [:],
          [
            Markup(
              "thead", [:],
              [
                Markup(
                  "tr", [:],
                  table.columns.enumerated().map { index, column in
                    Markup("th", ["scope": "col", "class": style(index)], text: column.title)
                  })
              ]),
            Markup(
              "tbody", [:],
              table.rows.map { row in
                Markup(
                  "tr", [:],
                  row.enumerated().map { index, cell in
                    index == 0
                      ? Markup("th", ["scope": "row", "class": style(index)], text: cell)
                      : Markup("td", ["class": style(index)], text: cell)
                  })
              }),
          ])
      ])
  }
}
