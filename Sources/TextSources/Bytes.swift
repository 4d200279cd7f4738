import Foundation

// Text is worked on as UTF-8 bytes: every rule looks for ASCII, and ASCII bytes never occur inside
// a longer character.

extension [UInt8] {
  /// Where `needle` next occurs as a whole in `from..<to`.
  func find(_ needle: StaticString, from: Int = 0, to: Int? = nil) -> Int? {
    let to = to ?? count
    guard from < to else { return nil }
    return withUnsafeBytes { bytes in
      let base = bytes.baseAddress!
      let length = needle.utf8CodeUnitCount
      var start = from
      while start + length <= to {
        guard
          let hit = memchr(base + start, Int32(needle.utf8Start[0]), to - length + 1 - start)
        else { return nil }
        if memcmp(hit, needle.utf8Start, length) == 0 { return UnsafeRawPointer(hit) - base }
        start = UnsafeRawPointer(hit) - base + 1
      }
      return nil
    }
  }

  func find(_ byte: UInt8, from: Int = 0, to: Int? = nil) -> Int? {
    let to = to ?? count
    guard from < to else { return nil }
    return withUnsafeBytes { bytes in
      let base = bytes.baseAddress!
      return memchr(base + from, Int32(byte), to - from).map { UnsafeRawPointer($0) - base }
    }
  }

  /// As `find`, for an ASCII needle in lower case whatever the case of the text.
  func findIgnoringCase(_ needle: StaticString, from: Int = 0) -> Int? {
    var i = from
    let first = needle.utf8Start[0]
    let isLetter = first &- 97 < 26
    while i + needle.utf8CodeUnitCount <= count {
      if self[i] == first || (isLetter && self[i] | 32 == first),
        has(needle, at: i, ignoringCase: true)
      {
        return i
      }
      i += 1
    }
    return nil
  }

  func has(_ needle: StaticString, at position: Int, ignoringCase: Bool = false) -> Bool {
    let length = needle.utf8CodeUnitCount
    guard position + length <= count else { return false }
    for i in 0..<length {
      let wanted = needle.utf8Start[i]
      let found = self[position + i]
      if found == wanted { continue }
      guard ignoringCase, wanted &- 97 < 26, found | 32 == wanted else { return false }
    }
    return true
  }

  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    append(contentsOf: UTF8.encode(scalar)!)
  }

  /// The lines without their newlines, as ranges. Text that ends in a newline has an empty last line.
  func forEachLine(in range: Range<Int>? = nil, _ body: (Range<Int>) throws -> Void) rethrows {
    let range = range ?? 0..<count
    var start = range.lowerBound
    while let end = find(.newline, from: start, to: range.upperBound) {
      try body(start..<end)
      start = end + 1
    }
    try body(start..<range.upperBound)
  }

  /// The length in bytes of the white space character at `i`, zero where there is another: ASCII's,
  /// the no-break space and the other spaces of Unicode.
  @inline(__always)
  func whiteSpace(at i: Int) -> Int {
    let byte = self[i]
    if byte <= 32 { return byte == 32 || byte &- 9 < 5 || byte &- 28 < 4 ? 1 : 0 }
    if byte < 0xc2 || byte > 0xe3 { return 0 }
    return wideWhiteSpace(at: i)
  }

  private func wideWhiteSpace(at i: Int) -> Int {
    if self[i] == 0xc2 {
      return i + 1 < count && (self[i + 1] == 0x85 || self[i + 1] == 0xa0) ? 2 : 0
    }
    guard i + 2 < count else { return 0 }
    let isSpace =
      switch (self[i], self[i + 1], self[i + 2]) {
      case (0xe1, 0x9a, 0x80), (0xe2, 0x81, 0x9f), (0xe3, 0x80, 0x80): true
      case (0xe2, 0x80, 0x80...0x8a), (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9), (0xe2, 0x80, 0xaf):
        true
      default: false
      }
    return isSpace ? 3 : 0
  }

  /// `range` without ASCII white space at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(self[start]) { start += 1 }
    while end > start, isBlank(self[end - 1]) { end -= 1 }
    return start..<end
  }

  /// Each run of white space as one space, none at the ends.
  func collapsingWhiteSpace() -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var i = 0
    var gap = false
    while i < count {
      let length = whiteSpace(at: i)
      if length > 0 {
        gap = !result.isEmpty
        i += length
        continue
      }
      if gap { result.append(.space) }
      gap = false
      result.append(self[i])
      i += 1
    }
    return result
  }

  /// Characters, not bytes.
  func characterCount(in range: Range<Int>? = nil) -> Int {
    let range = range ?? 0..<count
    return withUnsafeBufferPointer { bytes in
      var total = 0
      for i in range where bytes[i] & 0xc0 != 0x80 { total &+= 1 }
      return total
    }
  }

  /// With `count` newlines at most in a row.
  func limitingNewlines(to limit: Int = 2) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var run = 0
    for byte in self {
      run = byte == .newline ? run + 1 : 0
      if run <= limit { result.append(byte) }
    }
    return result
  }

  func trimmingNewlines() -> [UInt8] {
    guard first == .newline || last == .newline else { return self }
    guard let start = firstIndex(where: { $0 != .newline }) else { return [] }
    return Array(self[start...lastIndex(where: { $0 != .newline })!])
  }
}

/// Looks for a needle from one place after another, and remembers when there is no more of it: text of
/// openings without ends then takes no more time than another.
struct RepeatedSearch {
  private let needle: StaticString
  private var isOver = false

  init(for needle: StaticString) { self.needle = needle }

  /// Where it next occurs.
  ///
  /// - Parameter start: no earlier than in the calls before.
  mutating func next(in text: [UInt8], from start: Int) -> Int? {
    if isOver { return nil }
    let found = text.find(needle, from: start)
    isOver = found == nil
    return found
  }
}

extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")

  var isDigit: Bool { self &- 48 < 10 }
  var isLetter: Bool { (self | 32) &- 97 < 26 }
  /// Part of a word, as far as ASCII goes.
  var isWord: Bool { isDigit || isLetter || self == 95 || self >= 128 }
}

func isBlank(_ byte: UInt8) -> Bool { byte == 32 || byte &- 9 < 5 }
