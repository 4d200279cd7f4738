/// Links keep their words, emphasis loses its marks.
func markdownText(_ text: [UInt8]) -> [UInt8] {
  withoutEmphasis(withoutLinks(text))
}

/// `[words](address)` as `words`.
private func withoutLinks(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var brackets = RepeatedSearch(for: "]")
  var parentheses = RepeatedSearch(for: ")")
  var i = 0
  while i < text.count {
    if text[i] == UInt8(ascii: "["), let end = brackets.next(in: text, from: i),
      text.has("](", at: end), let close = parentheses.next(in: text, from: end)
    {
      result.append(contentsOf: text[i + 1..<end])
      i = close + 1
    } else {
      result.append(text[i])
      i += 1
    }
  }
  return result
}

/// `*words*`, `**words**`, `_words_` and `__words__` as `words`; no word begins with a space.
private func withoutEmphasis(_ text: [UInt8]) -> [UInt8] {
  func isMark(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "*") || byte == UInt8(ascii: "_") }
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var i = 0
  while i < text.count {
    guard isMark(text[i]) else {
      result.append(text[i])
      i += 1
      continue
    }
    var start = i
    while start < text.count, isMark(text[start]) { start += 1 }
    let next = text[start...].firstIndex(where: isMark)
    guard start < text.count, !isBlank(text[start]), var end = next else {
      result.append(contentsOf: text[i..<start])
      i = start
      continue
    }
    // Of a longer run of marks only the last two belong to the words.
    result.append(contentsOf: text[i..<max(i, start - 2)])
    result.append(contentsOf: text[text.trimmed(start..<end)])
    end += 1
    if end < text.count, isMark(text[end]) { end += 1 }
    i = end
  }
  return result
}

/// R's lazy-load database (`.rdb`): values one after the other, each a length and a zlib stream that
/// holds R's serialization in XDR (R Internals, section 1.8).
enum RData {
  /// The lines of every character vector that has no attributes before it; other values are skipped.
  static func characterVectors(_ file: [UInt8]) throws -> [[[UInt8]]] {
    var vectors: [[[UInt8]]] = []
    try file.withUnsafeBytes { bytes in
      var position = 0
      while position < bytes.count {
        position += 4
        let value = try unzlib(bytes, at: &position)
        if let vector = try characterVector(value) { vectors.append(vector) }
      }
    }
    return vectors
  }

  private static func characterVector(_ value: [UInt8]) throws -> [[UInt8]]? {
    func word(_ offset: Int) throws -> UInt32 {
      guard offset + 4 <= value.count else { throw InflateError.truncated }
      return value[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard value.has("X\n", at: 0) else { throw InflateError.unsupported("R data but for XDR") }
    // Version 3 adds the native encoding's name to the header.
    var position = 14
    if try word(2) == 3 { position += 4 + Int(try word(14)) }
    // The low byte of the flags is the type: 16 is a character vector, 9 one of its strings.
    guard try word(position) & 0xff == 16 else { return nil }
    let count = Int(try word(position + 4))
    position += 8
    var strings: [[UInt8]] = []
    for _ in 0..<count {
      guard try word(position) & 0xff == 9 else {
        throw InflateError.corrupt("something but strings in a character vector")
      }
      let length = Int(Int32(bitPattern: try word(position + 4)))
      position += 8
      // -1 is NA.
      if length < 0 { continue }
      guard position + length <= value.count else { throw InflateError.truncated }
      strings.append(Array(value[position..<position + length]))
      position += length
    }
    return strings
  }
}

/// The novel cut before each line that begins a chapter; nothing where the lines are no novel.
func chapters(ofNovel lines: [[UInt8]]) -> [[UInt8]] {
  let text = Array(lines.joined(separator: [.newline]))
  guard text.characterCount() >= 100_000 else { return [] }
  var chapters: [[UInt8]] = []
  var start = 0
  var i = 0
  while let end = text.find(.newline, from: i) {
    i = end + 1
    if text.has("CHAPTER ", at: i) || text.has("Chapter ", at: i) || text.has("VOLUME ", at: i) {
      chapters.append(Array(text[start..<end]))
      start = i
    }
  }
  return chapters + [Array(text[start...])]
}

/// SWORD's zText: `x.bzs` lists the blocks of `x.bzz` as offset, size and full size, little-endian
/// 32-bit numbers; a block is a zlib stream of OSIS, a document each chapter.
func extractSword(_ files: [PackageFile], _ emit: (String, [UInt8]) throws -> Void) throws {
  for index in files where index.name.hasSuffix(".bzs") {
    let name = String(index.name.dropLast()) + "z"
    guard let data = files.first(where: { $0.name == name }) else {
      throw TextSourceError.damaged(path: index.name, reason: "\(name) is not beside it")
    }
    let blocks = try index.read()
    let packed = try data.read()
    var number = 0
    do {
      try packed.withUnsafeBytes { packed in
        for block in 0..<blocks.count / 12 {
          let (offset, size) = blocks.withUnsafeBytes {
            (
              Int($0.littleEndian(UInt32.self, at: 12 * block)),
              Int($0.littleEndian(UInt32.self, at: 12 * block + 4))
            )
          }
          if size == 0 { continue }
          guard offset + size <= packed.count else { throw InflateError.truncated }
          var position = 0
          let text = try unzlib(
            UnsafeRawBufferPointer(rebasing: packed[offset..<offset + size]), at: &position)
          for chapter in osisChapters(text) {
            number += 1
            try emit("\(name)#\(number)", chapter)
          }
        }
      }
    } catch let error as InflateError {
      throw TextSourceError.damaged(path: name, reason: error.description)
    }
  }
}

/// The chapters of a book in OSIS as plain lines, without notes and titles.
private func osisChapters(_ text: [UInt8]) -> [[UInt8]] {
  var chapters: [[UInt8]] = []
  // What stands before the first chapter is not wanted.
  var current: [UInt8]?
  func close() {
    guard let chapter = current else { return }
    chapters.append(collapsedLines(HTMLText.unescaped(chapter)))
  }
  var tagEnds = RepeatedSearch(for: ">")
  var noteEnds = RepeatedSearch(for: "</note>")
  var titleEnds = RepeatedSearch(for: "</title>")
  var i = 0
  while i < text.count {
    guard text[i] == UInt8(ascii: "<"), let end = tagEnds.next(in: text, from: i) else {
      current?.append(text[i])
      i += 1
      continue
    }
    func isTag(_ name: StaticString, with attribute: StaticString? = nil) -> Bool {
      text.has(name, at: i + 1) && !text[i + 1 + name.utf8CodeUnitCount].isWord
        && (attribute.map { text.find($0, from: i, to: end) != nil } ?? true)
    }
    if isTag("note"), let close = noteEnds.next(in: text, from: i) {
      i = close + 7
      continue
    }
    if isTag("title"), let close = titleEnds.next(in: text, from: i) {
      i = close + 8
      continue
    }
    if isTag("chapter", with: "sID") {
      close()
      current = []
    } else if isTag("div", with: "type=\"x-p\"") || isTag("lb") || isTag("l", with: "eID") {
      current?.append(.newline)
    }
    i = end + 1
  }
  close()
  return chapters
}

/// Blanks and newlines in a row as one: a newline where there is one among them, else a space.
private func collapsedLines(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  var i = 0
  while i < text.count {
    var end = i
    var hasNewline = false
    while end < text.count, text[end] == 32 || text[end] == 9 || text[end] == 10 {
      if text[end] == 10 { hasNewline = true }
      end += 1
    }
    if end > i {
      result.append(hasNewline ? .newline : .space)
      i = end
    } else {
      result.append(text[i])
      i += 1
    }
  }
  return result
}
