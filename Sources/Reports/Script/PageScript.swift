/// What a page does besides being read: nothing in it is needed for that. Plain JavaScript, one file a
/// concern; a page holds those that it has a use for, and asks nothing of any network.
enum PageScript: Hashable, CaseIterable {
  case base, tips, tables, contents, surrogate, target, panel, ternary, pareto, live

  /// What every page has.
  static let common: [PageScript] = [.base, .tips, .tables, .contents]

  var text: String {
    switch self {
    case .base: Self.baseText
    case .tips: Self.tipsText
    case .tables: Self.tablesText
    case .contents: Self.contentsText
    case .surrogate: Self.surrogateText
    case .target: Self.targetText
    case .panel: Self.panelText
    case .ternary: Self.ternaryText
    case .pareto: Self.paretoText
    case .live: Self.liveText
    }
  }

  /// As one element. The comments make of it what both HTML and XML take for text.
  static func markup(_ scripts: [PageScript]) -> Markup {
    let text = scripts.map { "{\n\($0.text)\n}" }.joined(separator: "\n")
    return Markup("script", nodes: [.raw("//<![CDATA[\n'use strict';\n\(text)\n//]]>")])
  }

  /// Values for scripts to read. `<`, `>` and `&` are escaped as JSON does it, so that nothing in a name
  /// can end the element.
  static func data(id: String, json: String) -> Markup {
    var safe = ""
    for scalar in json.unicodeScalars {
      switch scalar {
      case "<": safe += "\\u003c"
      case ">": safe += "\\u003e"
      case "&": safe += "\\u0026"
      default: safe.unicodeScalars.append(scalar)
      }
    }
    return Markup("script", ["type": "application/json", "id": id], nodes: [.raw(safe)])
  }
}
