/// An element of HTML or SVG with what is in it. Text is escaped as it is written, so that nothing a
/// domain or a folder is called can become markup; the result is well-formed XML.
package struct Markup: Sendable, Hashable {
  package enum Node: Sendable, Hashable {
    case element(Markup)
    case text(String)
    /// Written as it is; for a stylesheet of our own only.
    case raw(String)
  }

  package struct Attribute: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  package var name: String
  package var attributes: [Attribute]
  package var children: [Node]

  package init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], _ children: [Markup] = []
  ) {
    self.name = name
    self.attributes = attributes.map { Attribute(name: $0.key, value: $0.value) }
    self.children = children.map(Node.element)
  }

  package init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String
  ) {
    self.init(name, attributes)
    children = [.text(text)]
  }

  /// Text with elements in it.
  package init(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:], nodes: [Node]
  ) {
    self.init(name, attributes)
    children = nodes
  }

  package mutating func append(_ child: Markup) { children.append(.element(child)) }

  /// Elements whose contents may stand on lines of their own without a space being seen.
  private static let blocks: Set<String> = [
    "html", "head", "body", "main", "header", "section", "footer", "nav", "div", "table", "thead",
    "tbody", "ul", "ol", "dl", "svg", "g", "figure", "details",
  ]
  /// Elements that HTML does not close.
  private static let voids: Set<String> = ["meta", "br", "hr", "img"]

  package var text: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to result: inout String) {
    result += "<\(name)"
    for attribute in attributes {
      result += " \(attribute.name)=\"\(escaped(attribute.value))\""
    }
    if children.isEmpty && Self.voids.contains(name) {
      result += "/>"
      return
    }
    result += ">"
    let breaks = Self.blocks.contains(name)
    if breaks { result += "\n" }
    for child in children {
      switch child {
      case .element(let element): element.write(to: &result)
      case .text(let text): result += escaped(text)
      case .raw(let text): result += text
      }
      if breaks { result += "\n" }
    }
    result += "</\(name)>"
  }
}

/// Text as it may stand in XML, within an element or an attribute. Characters that XML cannot hold
/// at all become the replacement character.
package func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
      result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
