/// Manual pages in the `man` macros as running text.
enum RoffText {
  /// Requests that say how, not what.
  private static let ignored: [StaticString] = [
    ".\\\"", "'\\\"", ".TH", ".de", ".if", ".ie", ".el", ".nr", ".ds", ".ad", ".hy", ".nh", ".in",
    ".ta", ".so", ".\\}",
  ]
  private static let breaks = [
    "PP", "P", "LP", "TP", "IP", "sp", "br", "RS", "RE", "HP", "Pp",
  ]
  /// Requests that set their words in turn in two fonts, without spaces.
  private static let alternating = ["BR", "RB", "IR", "RI", "BI", "IB"]

  static func text(of page: [UInt8]) -> [UInt8] {
    var lines: [[UInt8]] = []
    page.forEachLine { line in
      if ignored.contains(where: { page.has($0, at: line.lowerBound) }) { return }
      guard let request = Request(page, line) else {
        lines.append(Array(page[line]))
        return
      }
      let words = request.argument
      switch request.name {
      case "SH", "SS": lines += [[], words, []]
      case let name where breaks.contains(name):
        lines.append([])
        if let first = words.first, !first.isDigit { lines.append(words) }
      case let name where !words.isEmpty:
        lines.append(alternating.contains(name) ? words.filter { !isBlank($0) } : words)
      default: break
      }
    }
    var text = unescaped(Array(lines.joined(separator: [.newline])))
    // The translators' notice is the same on every page.
    for heading in ["\nÜBERSETZUNG\n", "\nCOPYRIGHT\n"] as [StaticString] {
      if let end = text.find(heading) { text.removeSubrange(end...) }
    }
    return joiningLines(text)
  }

  private struct Request {
    let name: String
    /// Without quotation marks.
    let argument: [UInt8]

    init?(_ page: [UInt8], _ line: Range<Int>) {
      guard let first = page[line].first, first == UInt8(ascii: ".") || first == UInt8(ascii: "'")
      else { return nil }
      var end = line.lowerBound + 1
      while end < line.upperBound, page[end].isWord { end += 1 }
      guard end > line.lowerBound + 1 else { return nil }
      name = String(decoding: page[line.lowerBound + 1..<end], as: UTF8.self)
      while end < line.upperBound, isBlank(page[end]) { end += 1 }
      argument = page[end..<line.upperBound].filter { $0 != UInt8(ascii: "\"") }
    }
  }

  /// `\` and one character.
  private static let short: [UInt8: StaticString] = [
    UInt8(ascii: "-"): "-", UInt8(ascii: "e"): "\\", UInt8(ascii: "&"): "", UInt8(ascii: "|"): "",
    UInt8(ascii: ":"): "", UInt8(ascii: " "): " ", UInt8(ascii: "~"): " ", UInt8(ascii: "c"): "",
    UInt8(ascii: ","): "", UInt8(ascii: "/"): "",
  ]
  /// `\(` and two characters.
  private static let special: [String: StaticString] = [
    "bu": "-", "co": "(c)", "aq": "'", "dq": "\"", "lq": "\"", "rq": "\"", "em": "--", "en": "-",
  ]

  private static func unescaped(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var brackets = RepeatedSearch(for: "]")
    var i = 0
    while i < text.count {
      guard text[i] == UInt8(ascii: "\\"), i + 1 < text.count else {
        result.append(text[i])
        i += 1
        continue
      }
      let kind = text[i + 1]
      if kind == UInt8(ascii: "f") {
        i = endOfName(text, i + 2)
      } else if kind == UInt8(ascii: "s"), let end = endOfSize(text, i + 2) {
        i = end
      } else if kind == UInt8(ascii: "("), i + 4 <= text.count,
        let replacement = special[String(decoding: text[i + 2..<i + 4], as: UTF8.self)]
      {
        result.append(replacement)
        i += 4
      } else if text.has("[u", at: i + 1), let end = brackets.next(in: text, from: i), end < i + 16,
        let value = UInt32(String(decoding: text[i + 3..<end], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(value)
      {
        result.append(scalar)
        i = end + 1
      } else if let replacement = short[kind] {
        result.append(replacement)
        i += 2
      } else {
        result.append(text[i])
        i += 1
      }
    }
    return result
  }

  /// The end of a font's name: one character, two after `(`, or any in brackets.
  private static func endOfName(_ text: [UInt8], _ start: Int) -> Int {
    guard start < text.count else { return text.count }
    switch text[start] {
    case UInt8(ascii: "("): return min(start + 3, text.count)
    case UInt8(ascii: "["):
      return (text.find(UInt8(ascii: "]"), from: start) ?? text.count - 1) + 1
    default: return start + 1
    }
  }

  private static func endOfSize(_ text: [UInt8], _ start: Int) -> Int? {
    var i = start
    if i < text.count, text[i] == UInt8(ascii: "-") || text[i] == UInt8(ascii: "+") { i += 1 }
    return i < text.count && text[i].isDigit ? i + 1 : nil
  }

  /// Lines within a paragraph become one.
  private static func joiningLines(_ text: [UInt8]) -> [UInt8] {
    var result = text
    for i in text.indices
    where text[i] == .newline && i > 0 && text[i - 1] != .newline && i + 1 < text.count
      && text[i + 1] != .newline
    {
      result[i] = .space
    }
    return result
  }
}
