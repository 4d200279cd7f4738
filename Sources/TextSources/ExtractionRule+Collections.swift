/// MEDLINE's articles out of gzipped XML, which is read in pieces: a quarter of a gigabyte would lie
/// about for 30 MB of abstracts.
func extractMedline(_ file: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
  var buffer: [UInt8] = []
  // What stands before the first article is not wanted.
  var isInside = false
  /// Up to where there is no beginning of an article.
  var searched = 0
  func articles(isLast: Bool) throws {
    var start = 0
    while let end = buffer.find("<PubmedArticle>", from: max(start, searched)) {
      if isInside { try medlineArticle(buffer, start..<end).map(emit) }
      isInside = true
      start = end + 15
    }
    if isLast, isInside { try medlineArticle(buffer, start..<buffer.count).map(emit) }
    buffer.removeSubrange(..<start)
    searched = max(buffer.count - 14, 0)
  }
  try file.withUnsafeBytes { bytes in
    try gunzip(bytes) { piece in
      buffer.append(contentsOf: piece)
      try articles(isLast: false)
      let limit = ReadingLimits().entryBytes
      if buffer.count > limit { throw InflateError.tooLarge(limit) }
    }
  }
  try articles(isLast: true)
}

/// Title, blank line, abstract; a labelled section of it on a line of its own. Nil where the article
/// is not in English or has no abstract.
private func medlineArticle(_ text: [UInt8], _ range: Range<Int>) -> [UInt8]? {
  guard text.find("<Language>eng", from: range.lowerBound, to: range.upperBound) != nil,
    let start = text.find("<Abstract>", from: range.lowerBound, to: range.upperBound),
    let end = text.find("</Abstract>", from: start, to: range.upperBound)
  else { return nil }
  var result: [UInt8] = []
  if let (_, title) = element("ArticleTitle", text, range.lowerBound..<range.upperBound) {
    result += plain(text, title)
  }
  result.append("\n\n")
  var position = start
  var isFirst = true
  while let (attributes, content) = element("AbstractText", text, position..<end) {
    if !isFirst { result.append(.newline) }
    isFirst = false
    if let label = text.find("Label=\"", from: attributes.lowerBound, to: attributes.upperBound),
      let close = text.find(
        UInt8(ascii: "\""), from: label + 7, to: attributes.upperBound), close > label + 7
    {
      let words = String(decoding: text[label + 7..<close], as: UTF8.self).lowercased()
      result.append(contentsOf: (words.prefix(1).uppercased() + words.dropFirst() + ": ").utf8)
    }
    result += plain(text, content)
    position = content.upperBound
  }
  return withoutTruncationNotice(result)
}

/// The next element of that name: where its attributes and its content are.
private func element(
  _ name: StaticString, _ text: [UInt8], _ range: Range<Int>
) -> (attributes: Range<Int>, content: Range<Int>)? {
  var i = range.lowerBound
  while let open = text.find(name, from: i, to: range.upperBound) {
    i = open + name.utf8CodeUnitCount
    guard text[open - 1] == UInt8(ascii: "<"), !text[i].isWord,
      let start = text.find(UInt8(ascii: ">"), from: i, to: range.upperBound)
    else { continue }
    var close = start
    while let end = text.find(name, from: close, to: range.upperBound) {
      if text[end - 1] == UInt8(ascii: "/"), text[end - 2] == UInt8(ascii: "<") {
        return (i..<start, start + 1..<end - 2)
      }
      close = end + 1
    }
    return nil
  }
  return nil
}

/// Without tags, references resolved twice (MEDLINE escapes twice at times), white space collapsed.
private func plain(_ text: [UInt8], _ range: Range<Int>) -> [UInt8] {
  HTMLText.unescaped(HTMLText.unescaped(HTMLText.withoutTags(Array(text[range]))))
    .collapsingWhiteSpace()
}

/// Old abstracts end in "(ABSTRACT TRUNCATED AT 250 WORDS)".
private func withoutTruncationNotice(_ text: [UInt8]) -> [UInt8] {
  guard let start = text.find("(ABSTRACT TRUNCATED AT ") else { return text }
  var end = start + 23
  while end < text.count, text[end].isDigit { end += 1 }
  guard text.has(" WORDS)", at: end) else { return text }
  return Array(text[..<start] + text[(end + 7)...])
}

/// Conversations of the BYU chit-chat collection: the topic, then a line a message, its speaker as a
/// letter in the order of their first words.
func extractChitchat(_ file: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
  try file.withUnsafeBytes { bytes in
    var scanner = JSONScanner(bytes)
    try scanner.members { scanner, _ in
      var topic: [UInt8] = []
      var lines: [UInt8] = []
      var speakers: [[UInt8]] = []
      try scanner.members { scanner, name in
        switch name {
        case Array("prompt".utf8):
          if scanner.peek() == UInt8(ascii: "\"") {
            topic = try scanner.string()
          } else {
            try scanner.skip()
          }
        case Array("messages".utf8):
          try scanner.elements { turn in
            try turn.elements { message in
              var sender: [UInt8] = []
              var text: [UInt8] = []
              try message.members { scanner, name in
                if name == Array("text".utf8) {
                  text = try scanner.string()
                } else if name == Array("sender".utf8) {
                  sender = try scanner.string()
                } else {
                  try scanner.skip()
                }
              }
              if !speakers.contains(sender) { speakers.append(sender) }
              lines.append(65 + UInt8(speakers.firstIndex(of: sender)! % 26))
              lines.append(": ")
              lines += text.collapsingWhiteSpace()
              lines.append(.newline)
            }
          }
        default: try scanner.skip()
        }
      }
      if !topic.isEmpty {
        topic = Array("Topic: ".utf8) + topic[topic.trimmed(topic.indices)] + [.newline]
      }
      try emit(topic + lines)
    }
    try scanner.end()
  }
}

/// News out of the tables in a zip file: title, subtitle where there is one, text. Paragraphs of the
/// text are run together with " - " between them.
func extractNews(_ file: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
  try file.withUnsafeBytes { bytes in
    let zip = try ZipArchive(bytes)
    for entry in zip.entries {
      var table = try CSVTable(
        try zip.contents(of: entry), columns: ["title", "subtitle", "text"])
      while let row = try table.next() {
        var text = row[0]
        text.append("\n\n")
        if !row[1].isEmpty, row[1] != Array("NA".utf8) {
          text += row[1]
          text.append("\n\n")
        }
        try emit(text + newsParagraphs(row[2]))
      }
    }
  }
}

private func newsParagraphs(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var i = 0
  while i < text.count {
    // A quotation mark that went wrong twice.
    if text.has("?\"\"", at: i) {
      result.append(UInt8(ascii: "\""))
      i += 3
      continue
    }
    if text.whiteSpace(at: i) > 0 {
      let dash = endOfWhiteSpace(text, i)
      let end =
        dash < text.count && text[dash] == UInt8(ascii: "-")
        ? endOfWhiteSpace(text, dash + 1) : dash
      if end > dash + 1, end < text.count,
        text[end] &- 65 < 26 || text[end] == UInt8(ascii: "\"") || text.has("\u{201c}", at: end)
          || text.has("?\"\"", at: end)
      {
        result.append("\n\n")
        i = end
      } else {
        result.append(contentsOf: text[i..<dash])
        i = dash
      }
      continue
    }
    result.append(text[i])
    i += 1
  }
  return result
}

private func endOfWhiteSpace(_ text: [UInt8], _ start: Int) -> Int {
  var i = start
  while i < text.count {
    let length = text.whiteSpace(at: i)
    if length == 0 { break }
    i += length
  }
  return i
}

/// Film reviews; `<br />` ends a paragraph. Rows from elsewhere than IMDb are single sentences.
func extractReviews(_ file: [UInt8], _ emit: ([UInt8]) throws -> Void) throws {
  var table = try CSVTable(file, columns: ["source", "text"])
  while let row = try table.next() {
    guard row[0] == Array("imdb".utf8) else { continue }
    try emit(HTMLText.unescaped(breakingLines(row[1])))
  }
}

/// Each run of `<br>` and the white space behind as one blank line.
private func breakingLines(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var i = 0
  var isAfterBreak = false
  while i < text.count {
    if text.has("<br", at: i) {
      var end = endOfWhiteSpace(text, i + 3)
      if end < text.count, text[end] == UInt8(ascii: "/") { end += 1 }
      if end < text.count, text[end] == UInt8(ascii: ">") {
        if !isAfterBreak { result.append("\n\n") }
        isAfterBreak = true
        i = endOfWhiteSpace(text, end + 1)
        continue
      }
    }
    isAfterBreak = false
    result.append(text[i])
    i += 1
  }
  return result
}
