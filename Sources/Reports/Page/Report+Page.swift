extension Report {
  /// One page of HTML that needs nothing beside it and asks nothing of any network, which its security
  /// policy forbids as well. Apart from the first line it is XML.
  ///
  /// - Parameters:
  ///   - main: the page's `main` element; its sections with a heading make the list of contents.
  ///   - before: what stands before it, such as patterns.
  ///   - data: values that scripts read.
  ///   - scripts: besides those that every page has.
  func page(
    title: String, _ main: Markup, before: [Markup] = [], data: [Markup] = [],
    scripts: [PageScript] = []
  ) -> String {
    var main = main
    let refresh = live.map { _ in LiveStatus.refreshSeconds }
    let contents = Self.contents(of: &main)
    var head = Markup(
      "head", [:],
      [
        Markup("meta", ["charset": "utf-8"]),
        Markup(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content":
              "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
              + "base-uri 'none'; form-action 'none'",
          ]),
        Markup("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        Markup("meta", ["name": "color-scheme", "content": "light dark"]),
        Markup("title", text: title), Markup("style", nodes: [.raw(reportStylesheet)]),
      ])
    if let refresh {
      head.append(
        Markup(
          "noscript", [:], [Markup("meta", ["http-equiv": "refresh", "content": "\(refresh)"])]))
    }
    var body = Markup("body", contents == nil ? [:] : ["class": "has-contents"])
    if let refresh { body.attributes.append(.init(name: "data-refresh", value: "\(refresh)")) }
    for part in before { body.append(part) }
    if let contents { body.append(contents) }
    body.append(main)
    for value in data { body.append(value) }
    body.append(
      PageScript.markup(PageScript.common + scripts + (refresh == nil ? [] : [.live])))
    return "<!DOCTYPE html>\n" + Markup("html", ["lang": "en"], [head, body]).text + "\n"
  }

  /// Names every section that has a heading, and lists them; nil where there are too few to need it.
  private static func contents(of main: inout Markup) -> Markup? {
    var items: [Markup] = []
    var taken: Set<String> = []
    for index in main.children.indices {
      guard case .element(var section) = main.children[index], section.name == "section",
        case .element(let heading)? = section.children.first, heading.name == "h2",
        case .text(let title)? = heading.children.first
      else { continue }
      var name = "section-" + slug(title)
      while !taken.insert(name).inserted { name += "-2" }
      section.attributes.append(.init(name: "id", value: name))
      main.children[index] = .element(section)
      items.append(Markup("li", [:], [Markup("a", ["href": "#" + name], text: title)]))
    }
    guard items.count > 2 else { return nil }
    return Markup(
      "nav", ["class": "contents", "aria-label": "Contents"], [Markup("ol", [:], items)])
  }

  /// Small letters and digits with hyphens between.
  static func slug(_ title: String) -> String {
    title.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: "-")
  }
}
