import Foundation

/// Text out of HTML and its XML relatives, by a scanner that knows tags and character references and
/// nothing of documents: what pages of packages need, however broken.
enum HTMLText {
  /// Elements that hold no text of the page.
  private static let dropped: [StaticString] = [
    "script", "style", "head", "nav", "header", "aside", "footer", "svg",
  ]
  private static let blocks: [StaticString] = [
    "p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "pre",
    "dt", "dd", "dl", "section", "blockquote", "hr", "title", "chapter", "verse", "l", "lg",
  ]

  /// The page's text: a line for each block, tabs between the cells of a row, white space collapsed
  /// but for `<pre>`.
  static func text(of html: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(html.count / 2)
    var i = 0
    /// Where the present `<pre>` ends; zero outside.
    var preformattedEnd = 0
    var afterSpace = false
    // Each is searched for until there is no more of it, so that a page of openings without ends takes
    // no more time than another.
    var ends = Ends(html)
    while i < html.count {
      let byte = html[i]
      if byte == UInt8(ascii: "<") {
        if html.has("<!--", at: i), let end = ends.comment(from: i + 4) {
          i = end
          continue
        }
        guard let tag = Tag(html, at: i, &ends) else {
          text.append(byte)
          afterSpace = false
          i += 1
          continue
        }
        if !tag.isClosing {
          if let name = dropped.first(where: { tag.isNamed($0, in: html) }),
            let end = ends.element(name, from: tag.nameEnd)
          {
            i = end
            continue
          }
          if preformattedEnd <= i, tag.isNamed("pre", in: html) {
            preformattedEnd = ends.element("pre", from: tag.end) ?? 0
          }
        }
        if tag.isClosing, tag.isNamed("td", in: html) || tag.isNamed("th", in: html) {
          text.append(UInt8(ascii: "\t"))
        } else if blocks.contains(where: { tag.isNamed($0, in: html) }) {
          text.append(.newline)
        }
        afterSpace = false
        i = tag.end
        continue
      }
      if i >= preformattedEnd {
        let length = html.whiteSpace(at: i)
        if length > 0 {
          if !afterSpace { text.append(.space) }
          afterSpace = true
          i += length
          continue
        }
      }
      afterSpace = false
      if byte == UInt8(ascii: "&") {
        i = appendReference(html, at: i, to: &text)
      } else {
        text.append(byte)
        i += 1
      }
    }
    return text
  }

  /// All tags taken out, nothing put in their place.
  static func withoutTags(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var ends = Ends(text)
    var i = 0
    while i < text.count {
      if text[i] == UInt8(ascii: "<"), let tag = Tag(text, at: i, &ends) {
        i = tag.end
      } else {
        result.append(text[i])
        i += 1
      }
    }
    return result
  }

  /// Character references as what they stand for. Those of unknown names stay as they are.
  static func unescaped(_ text: [UInt8]) -> [UInt8] {
    guard text.find(UInt8(ascii: "&")) != nil else { return text }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var i = 0
    while i < text.count {
      if text[i] == UInt8(ascii: "&") {
        i = appendReference(text, at: i, to: &result)
      } else {
        result.append(text[i])
        i += 1
      }
    }
    return result
  }

  /// Finds where things end, and remembers of what there is no more.
  private struct Ends {
    private let html: [UInt8]
    private var comments = RepeatedSearch(for: "-->")
    private var tags = RepeatedSearch(for: ">")
    /// Elements that are not closed any more, by the addresses of their names.
    private var unclosed: [UnsafePointer<UInt8>] = []

    init(_ html: [UInt8]) { self.html = html }

    /// Behind the next `-->`.
    mutating func comment(from start: Int) -> Int? {
      comments.next(in: html, from: start).map { $0 + 3 }
    }

    /// The next `>`.
    mutating func tag(from start: Int) -> Int? { tags.next(in: html, from: start) }

    /// The end of `</name >`, from `from` on.
    mutating func element(_ name: StaticString, from: Int) -> Int? {
      if unclosed.contains(name.utf8Start) { return nil }
      var i = from
      while let start = html.find("</", from: i) {
        var end = start + 2 + name.utf8CodeUnitCount
        if html.has(name, at: start + 2, ignoringCase: true) {
          while end < html.count, isBlank(html[end]) { end += 1 }
          if end < html.count, html[end] == UInt8(ascii: ">") { return end + 1 }
        }
        // What was looked through holds no other beginning.
        i = max(start + 2, end - name.utf8CodeUnitCount)
      }
      unclosed.append(name.utf8Start)
      return nil
    }
  }

  /// A tag, comment or declaration: `<` with a letter, `/`, `!` or `?` behind it, up to the next `>`.
  /// A lone `<` is text.
  private struct Tag {
    let isClosing: Bool
    private let nameStart: Int
    let nameEnd: Int
    let end: Int

    init?(_ html: [UInt8], at start: Int, _ ends: inout Ends) {
      guard start + 1 < html.count else { return nil }
      let next = html[start + 1]
      isClosing = next == UInt8(ascii: "/")
      guard
        next.isLetter || isClosing || next == UInt8(ascii: "!") || next == UInt8(ascii: "?"),
        let end = ends.tag(from: start + 2)
      else { return nil }
      nameStart = start + (isClosing ? 2 : 1)
      var nameEnd = nameStart
      while nameEnd < end, html[nameEnd].isWord { nameEnd += 1 }
      self.nameEnd = nameEnd
      self.end = end + 1
    }

    func isNamed(_ name: StaticString, in html: [UInt8]) -> Bool {
      nameEnd - nameStart == name.utf8CodeUnitCount
        && html.has(name, at: nameStart, ignoringCase: true)
    }
  }

  /// Appends what the reference at `start` stands for, or `&`; returns where to go on.
  private static func appendReference(
    _ text: [UInt8], at start: Int, to result: inout [UInt8]
  ) -> Int {
    var i = start + 1
    if i < text.count, text[i] == UInt8(ascii: "#") {
      i += 1
      let isHex = i < text.count && text[i] | 32 == UInt8(ascii: "x")
      if isHex { i += 1 }
      let digits = i
      var value: UInt32 = 0
      while i < text.count {
        let byte = text[i]
        let digit: UInt8
        if byte.isDigit {
          digit = byte - 48
        } else if isHex, (byte | 32) &- 97 < 6 {
          digit = (byte | 32) - 87
        } else {
          break
        }
        value = min(value * (isHex ? 16 : 10) + UInt32(digit), 0x110000)
        i += 1
      }
      if i == digits {
        result.append(UInt8(ascii: "&"))
        return start + 1
      }
      if i < text.count, text[i] == UInt8(ascii: ";") { i += 1 }
      if value &- 128 < 32 { value = HTMLEntities.windows[Int(value - 128)] }
      result.append(value == 0 ? "\u{fffd}" : Unicode.Scalar(value) ?? "\u{fffd}")
      return i
    }
    while i < text.count, i - start <= 32, text[i].isDigit || text[i].isLetter { i += 1 }
    let name = String(decoding: text[start + 1..<i], as: UTF8.self)
    if i < text.count, text[i] == UInt8(ascii: ";"), let scalar = HTMLEntities.all[name] {
      result.append(scalar)
      return i + 1
    }
    // Without its semicolon: the longest historic name that it begins with.
    var length = min(name.utf8.count, 6)
    while length >= 2 {
      if let scalar = HTMLEntities.historic[String(name.prefix(length))] {
        result.append(scalar)
        return start + 1 + length
      }
      length -= 1
    }
    result.append(UInt8(ascii: "&"))
    return start + 1
  }
}
