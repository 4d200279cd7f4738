/// Source code worth reading: without the licence at its top; nothing of generated or minified files
/// and tables of numbers.
enum SourceCode {
  static func text(of file: [UInt8]) -> [UInt8]? {
    let text = withoutLicense(file)
    guard text.characterCount() >= 200 else { return nil }
    var lines = 0
    var longest = 0
    text.forEachLine { line in
      lines += 1
      longest = max(longest, line.count)
    }
    // Few bytes a character here: lines that long are data in any script.
    if longest > 2000 || text.count > 120 * lines { return nil }
    let digits = text.reduce(into: 0) { $0 += $1.isDigit ? 1 : 0 }
    if digits * 4 > text.count { return nil }
    if isGenerated(text) { return nil }
    return text
  }

  /// "Code generated ... DO NOT EDIT" on a line near the top, as Go's tools agreed.
  private static func isGenerated(_ text: [UInt8]) -> Bool {
    let end = min(text.count, 2000)
    guard let start = text.find("Code generated ", to: end) else { return false }
    let lineEnd = text.find(.newline, from: start, to: end) ?? end
    return text.find(" DO NOT EDIT", from: start, to: lineEnd) != nil
  }

  /// Takes comments off the top of the file as long as they speak of copyright or licence.
  static func withoutLicense(_ text: [UInt8]) -> [UInt8] {
    var start = 0
    while let end = endOfComment(text, from: start) {
      let comment = Array(text[start..<end])
      let isLegal =
        ([
          "copyright", "license", "licence", "spdx", "all rights reserved",
        ] as [StaticString]).contains { comment.findIgnoringCase($0) != nil }
      guard isLegal else { break }
      start = end
    }
    return start == 0 ? text : Array(text[start...])
  }

  /// The end of the comment that `text` begins with: `/* */`, or lines of `//` or of `#` with a space
  /// or nothing behind; a `#!` line may come before.
  private static func endOfComment(_ text: [UInt8], from start: Int) -> Int? {
    var i = start
    func skipBlanks() { while i < text.count, isBlank(text[i]) { i += 1 } }
    skipBlanks()
    if text.has("#!", at: i), let end = text.find(.newline, from: i) {
      i = end + 1
      skipBlanks()
    }
    if text.has("/*", at: i) { return text.find("*/", from: i + 2).map { $0 + 2 } }
    let first = i
    while text.has("//", at: i) || text.has("# ", at: i) || text.has("#\n", at: i),
      let end = text.find(.newline, from: i)
    {
      i = end + 1
    }
    return i > first ? i : nil
  }
}

/// A dictionary of the DICT protocol from its first entry on, without the lines that only name a
/// source, as `[1913 Webster]`.
func dictionaryText(_ file: [UInt8]) -> [UInt8] {
  let text = file.find("\nA \\").map { Array(file[$0...]) } ?? file
  let sources: [StaticString] = [
    "1913 Webster", "PJC", "WordNet 1.5", "AS", "RP", "GG", "JDD", "BIV", "MW10",
    "Century Dict. 1906", "RH", "AHD",
  ]
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  text.forEachLine { line in
    let content = text.trimmed(line)
    let isSource =
      !content.isEmpty && text[content.lowerBound] == UInt8(ascii: "[")
      && text.find(UInt8(ascii: "]"), from: content.lowerBound, to: content.upperBound)
        == content.upperBound - 1
      && sources.contains { text.has($0, at: content.lowerBound + 1) }
    if !isSource { result.append(contentsOf: text[line]) }
    result.append(.newline)
  }
  result.removeLast()
  return result.limitingNewlines()
}

/// A Metamath database without proofs, which are an incompressible code, without who contributed
/// what, and without rulers.
func metamathText(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count / 2)
  let credits: [StaticString] = [
    "Contributed", "Revised", "Proof shortened", "Proof modification", "New usage",
  ]
  var proofEnds = RepeatedSearch(for: "$.")
  var i = 0
  while i < text.count {
    let byte = text[i]
    if byte == UInt8(ascii: "$"), text.has("$=", at: i),
      let end = proofEnds.next(in: text, from: i + 2)
    {
      result.append("$.")
      i = end + 2
      continue
    }
    if byte == UInt8(ascii: "("), credits.contains(where: { text.has($0, at: i + 1) }),
      let end = endOfParenthesis(text, from: i + 1)
    {
      i = end
      continue
    }
    if isRuler(byte) {
      var end = i + 1
      while end < text.count, isRuler(text[end]) { end += 1 }
      if end - i < 20 { result.append(contentsOf: text[i..<end]) }
      i = end
      continue
    }
    result.append(byte)
    i += 1
  }
  // Rulers leave blanks at the ends of lines.
  return cleaned(result)
}

private func isRuler(_ byte: UInt8) -> Bool { "#*=-.".utf8.contains(byte) }

/// The end of the parenthesis that was opened before `start`, which may hold others, but none in
/// those.
private func endOfParenthesis(_ text: [UInt8], from start: Int) -> Int? {
  var depth = 1
  var i = start
  while i < text.count {
    switch text[i] {
    case UInt8(ascii: "("):
      depth += 1
      if depth > 2 { return nil }
    case UInt8(ascii: ")"):
      depth -= 1
      if depth == 0 { return i + 1 }
    default: break
    }
    i += 1
  }
  return nil
}
