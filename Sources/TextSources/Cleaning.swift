/// Repairs that every text from a package needs: UTF-8 only, lines ended by one newline and no blanks
/// before it, no control characters but tab and newline, no soft hyphens and byte order marks, plain
/// spaces for no-break ones, and at most one blank line in a row.
func cleaned(_ text: [UInt8]) -> [UInt8] {
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  /// Newlines and blanks that count only if something else follows.
  var newlines = 0
  var blanks: [UInt8] = []
  func emit(_ count: Int, at i: Int) {
    if newlines > 0 {
      if !result.isEmpty {
        result.append(.newline)
        if newlines > 1 { result.append(.newline) }
      }
      newlines = 0
    }
    if !blanks.isEmpty {
      result.append(contentsOf: blanks)
      blanks.removeAll(keepingCapacity: true)
    }
    for k in 0..<count { result.append(text[i + k]) }
  }
  var i = 0
  while i < text.count {
    let byte = text[i]
    if byte &- 33 < 94 {
      if newlines > 0 || !blanks.isEmpty { emit(1, at: i) } else { result.append(byte) }
      i += 1
      continue
    }
    switch byte {
    case 32, 9:
      blanks.append(byte)
      i += 1
    case 10, 13:
      blanks.removeAll(keepingCapacity: true)
      newlines += 1
      i += byte == 13 && i + 1 < text.count && text[i + 1] == 10 ? 2 : 1
    case 0..<32, 127: i += 1
    default:
      let length = sequenceLength(text, at: i)
      guard length > 0 else {
        i += 1
        continue
      }
      switch (byte, text[i + 1]) {
      case (0xc2, 0xa0): blanks.append(.space)
      case (0xc2, 0xad), (0xc2, 0x80..<0xa0): break
      case (0xef, 0xbb) where text[i + 2] == 0xbf: break
      case (0xef, 0xbf) where text[i + 2] == 0xbd: break
      default: emit(length, at: i)
      }
      i += length
    }
  }
  // Blanks at the very end have no newline to take them away.
  if newlines == 0, !result.isEmpty { result.append(contentsOf: blanks) }
  return result
}

/// The length of the well-formed UTF-8 sequence of two and more bytes at `i`; zero where there is
/// none (Unicode 15, table 3-7).
func sequenceLength(_ text: [UInt8], at i: Int) -> Int {
  let first = text[i]
  let length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  guard length > 0, i + length <= text.count else { return 0 }
  let second = text[i + 1]
  let allowed: ClosedRange<UInt8> =
    switch first {
    case 0xe0: 0xa0...0xbf
    case 0xed: 0x80...0x9f
    case 0xf0: 0x90...0xbf
    case 0xf4: 0x80...0x8f
    default: 0x80...0xbf
    }
  guard allowed.contains(second) else { return 0 }
  for k in 2..<max(length, 2) where text[i + k] & 0xc0 != 0x80 { return 0 }
  return length
}

/// `text` cut at blank lines into pieces of about `size` characters: each as short as can be without
/// falling below it, but for the last.
func piecesAtBlankLines(_ text: [UInt8], size: Int) -> [[UInt8]] {
  var pieces: [[UInt8]] = []
  var start = 0
  var paragraph = 0
  var characters = 0
  while true {
    let end = text.find("\n\n", from: paragraph)
    characters += text.characterCount(in: paragraph..<(end ?? text.count)) + 2
    if end == nil || characters >= size {
      pieces.append(Array(text[start..<(end ?? text.count)]))
      start = (end ?? text.count) + 2
      characters = 0
    }
    guard let end else { break }
    paragraph = end + 2
  }
  return pieces
}

/// 128 bits that stand for a text; two texts among millions share them by accident with a chance
/// below 1e-24.
struct ContentHash: Hashable {
  private let a: UInt64
  private let b: UInt64

  init(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
    let range = range ?? 0..<bytes.count
    (a, b) = bytes.withUnsafeBytes { all in
      let part = UnsafeRawBufferPointer(rebasing: all[range])
      return (Self.mix(part, 0x9e37_79b9_7f4a_7c15), Self.mix(part, 0xd1b5_4a32_d192_ed03))
    }
  }

  /// Eight bytes at a time: exclusive or, multiply to 128 bits, fold.
  private static func mix(_ bytes: UnsafeRawBufferPointer, _ seed: UInt64) -> UInt64 {
    func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
      let product = x.multipliedFullWidth(by: y)
      return product.high ^ product.low
    }
    var state = seed ^ UInt64(bytes.count)
    var i = 0
    while i + 8 <= bytes.count {
      state = fold(
        state ^ bytes.littleEndian(UInt64.self, at: i), 0xa076_1d64_78bd_642f ^ seed)
      i += 8
    }
    var last: UInt64 = 0
    while i < bytes.count {
      last = last << 8 | UInt64(bytes[i])
      i += 1
    }
    return fold(fold(state ^ last, 0xe703_7ed1_a0b4_28db ^ seed), 0x8ebc_6af0_9c88_c6e3)
  }
}

/// Lines that stand on many pages of a package: navigation, not text.
struct NavigationLines {
  private var pagesOfLine: [ContentHash: Int] = [:]
  private var pages = 0

  /// Counts a page's lines, each once.
  mutating func count(_ page: [UInt8]) {
    pages += 1
    var seen: Set<ContentHash> = []
    page.forEachLine { line in
      let line = page.trimmed(line)
      if line.isEmpty { return }
      let hash = ContentHash(page, line)
      if seen.insert(hash).inserted { pagesOfLine[hash, default: 0] += 1 }
    }
  }

  /// The page without the lines that stand on more than max(12, 2 %) of all pages counted.
  func removed(from page: [UInt8]) -> [UInt8] {
    let limit = max(12, Double(pages) * 0.02)
    var result: [UInt8] = []
    result.reserveCapacity(page.count)
    page.forEachLine { line in
      let content = page.trimmed(line)
      if !content.isEmpty, Double(pagesOfLine[ContentHash(page, content)] ?? 0) > limit { return }
      result.append(contentsOf: page[line])
      result.append(.newline)
    }
    _ = result.popLast()
    return result
  }
}

/// Without the lines that lead to other pages, and the pilcrows that lead to headings.
func withoutPageLinks(_ text: [UInt8]) -> [UInt8] {
  let words: [StaticString] = ["Next", "Previous", "Prev", "Up", "Home", "Last updated"]
  var result: [UInt8] = []
  result.reserveCapacity(text.count)
  text.forEachLine { line in
    var start = line.lowerBound
    while start < line.upperBound, text[start] == .space { start += 1 }
    let isLink = words.contains { word in
      let end = start + word.utf8CodeUnitCount
      return text.has(word, at: start) && (end >= text.count || !text[end].isWord)
        && text.characterCount(in: end..<max(line.upperBound, end)) <= 200
    }
    if !isLink {
      var end = line.upperBound
      if end - line.lowerBound >= 2, text[end - 2] == 0xc2, text[end - 1] == 0xb6 { end -= 2 }
      result.append(contentsOf: text[line.lowerBound..<end])
    }
    result.append(.newline)
  }
  _ = result.popLast()
  return result
}

/// What a domain has had already.
struct Repetitions {
  /// Shorter paragraphs repeat themselves in good text too.
  private static let shortest = 80
  private var paragraphs: Set<ContentHash> = []
  private var documents: Set<ContentHash> = []

  /// The text without the paragraphs that an earlier one had.
  mutating func removeParagraphs(from text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var start = 0
    while start <= text.count {
      let end = text.find("\n\n", from: start) ?? text.count
      let content = text.trimmed(start..<end)
      if text.characterCount(in: content) < Self.shortest
        || paragraphs.insert(ContentHash(text, content)).inserted
      {
        if !result.isEmpty { result.append("\n\n") }
        result.append(contentsOf: text[start..<end])
      }
      start = end + 2
    }
    return result.limitingNewlines().trimmingNewlines()
  }

  mutating func isNew(_ document: [UInt8]) -> Bool {
    documents.insert(ContentHash(document)).inserted
  }
}
