import Storage
import TextSources

/// Which documents are held out: decided by a hash of where they come from, so that it does not
/// depend on the order of files and hardly changes when some are added.
package struct HeldOutSplit {
  /// What stays on one side as a whole.
  package enum Unit: String, Codable, Sendable {
    /// All pieces of a source file.
    case file
    /// Each document for itself, where the domain's files are too few or too large to divide.
    case document
    /// Nothing is divided: all that was taken is held out.
    case all
  }

  /// What keeps a document out of the held-out part when training has it too.
  package enum Comparison: String, Codable, Sendable {
    /// The whole text, or any paragraph of 80 bytes or more.
    case paragraphs
    /// The whole text alone: where paragraphs repeat by nature, as the licences of code do.
    case documents
  }

  /// What is known of a document without its text.
  struct Entry {
    /// Decides the side; equal for pieces of one unit.
    var key: UInt64
    var ownKey: UInt64
    var bytes: Int
    var text: UInt64
    /// Whether it goes on where the document before it ended.
    var follows: Bool

    /// - Parameter isText: else its bytes are tokens, of which none is white space.
    init(_ document: Document, index: Int, isText: Bool = true) {
      key = stableHash(document.splitKey.utf8)
      ownKey = stableHash("\(document.splitKey)\u{0}\(index)".utf8)
      bytes = document.text.count
      follows = document.follows
      text = document.text.withUnsafeBufferPointer {
        stableHash(isText ? HeldOutSplit.trimmed($0) : $0)
      }
    }
  }

  /// The documents on either side, by index, in the source's order.
  var training: [Int]
  var heldOut: [Int]
  var unit: Unit

  /// Takes units in the order of their hashes until `bytes` are held out, and leaves those that
  /// would take it beyond `limit`.
  ///
  /// - Parameter most: what a unit counts at most: more units are taken where some are large.
  init(entries: [Entry], bytes: Int, limit: Int, most: Int) {
    self.init(
      entries: entries, keys: entries.map(\.key), unit: .file, bytes: bytes, limit: limit,
      most: most)
    let wanted = min(bytes, limit)
    let held = heldOut.reduce(0) { $0 + entries[$1].bytes }
    if 2 * held < wanted {
      let other = HeldOutSplit(
        entries: entries, keys: entries.map(\.ownKey), unit: .document, bytes: bytes, limit: limit,
        most: most)
      if other.heldOut.reduce(0, { $0 + entries[$1].bytes }) > held { self = other }
    }
  }

  private init(
    entries: [Entry], keys: [UInt64], unit: Unit, bytes: Int, limit: Int, most: Int = .max
  ) {
    let order = entries.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    // Beside one huge document all others would be a tenth of the bytes; training needs them too.
    let mostUnits = unit == .all ? Int.max : max(Set(keys).count / 2, 1)
    var units = 0
    var held = 0
    var counted = 0
    var isHeldOut = [Bool](repeating: false, count: entries.count)
    var start = 0
    while start < order.count, counted < bytes, units < mostUnits {
      var end = start
      var size = 0
      while end < order.count, keys[order[end]] == keys[order[start]] {
        size += entries[order[end]].bytes
        end += 1
      }
      if held + size <= limit {
        held += size
        units += 1
        counted += min(size, most)
        for place in start..<end { isHeldOut[order[place]] = true }
      }
      start = end
    }
    training = entries.indices.filter { !isHeldOut[$0] }
    heldOut = entries.indices.filter { isHeldOut[$0] }
    self.unit = unit
  }

  /// All of a domain, or of what fits into `limit` bytes, held out.
  init(holdingOut entries: [Entry], limit: Int) {
    self.init(entries: entries, keys: entries.map(\.key), unit: .all, bytes: limit, limit: limit)
    if heldOut.isEmpty {
      self.init(
        entries: entries, keys: entries.map(\.ownKey), unit: .all, bytes: limit, limit: limit)
    }
    training = []
  }

  /// The bytes of a unit that each unit may give, so that all give `bytes` together: the least that does,
  /// or all that the largest has.
  package static func largestShare(of sizes: [Int], giving bytes: Int) -> Int {
    var left = bytes
    for (index, size) in sizes.sorted().enumerated() {
      let units = sizes.count - index
      if size * units >= left { return (left + units - 1) / units }
      left -= size
    }
    return sizes.max() ?? 0
  }

  /// A stretch of whole lines, at most `length` bytes long, somewhere in a text: `key` says where. Without
  /// line ends it is cut between characters; tokens, of more bytes than one, between tokens.
  package static func stretch(
    of text: UnsafeBufferPointer<UInt8>, length: Int, key: UInt64, unitBytes: Int = 1
  ) -> Range<Int> {
    guard text.count > length else { return 0..<text.count }
    let first = Int(key % UInt64(text.count - length + 1))
    let last = first + length
    if unitBytes > 1 {
      return first / unitBytes * unitBytes..<(first + length) / unitBytes * unitBytes
    }
    let newline = UInt8(ascii: "\n")
    let start = first == 0 ? 0 : text[(first - 1)..<last].firstIndex(of: newline).map { $0 + 1 }
    let end = text[first..<last].lastIndex(of: newline).map { $0 + 1 }
    if let start, let end, start < end { return start..<end }
    func boundary(_ place: Int) -> Int {
      text[place...].firstIndex { $0 & 0xc0 != 0x80 } ?? text.count
    }
    return boundary(first)..<boundary(last)
  }

  package static func stretch(of text: [UInt8], length: Int, key: UInt64) -> Range<Int> {
    text.withUnsafeBufferPointer { stretch(of: $0, length: length, key: key) }
  }

  static func trimmed(
    _ text: UnsafeBufferPointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    var start = text.startIndex
    var end = text.endIndex
    while start < end, isSpace(text[start]) { start += 1 }
    while start < end, isSpace(text[end - 1]) { end -= 1 }
    return UnsafeBufferPointer(rebasing: text[start..<end])
  }

  /// Runs of lines between blank lines, trimmed, of 80 bytes or more.
  static func longParagraphs(
    _ whole: UnsafeBufferPointer<UInt8>
  ) -> [UnsafeBufferPointer<UInt8>] {
    let text = trimmed(whole)
    var paragraphs: [UnsafeBufferPointer<UInt8>] = []
    var start = 0
    var lineIsBlank = true
    func close(at end: Int) {
      let paragraph = trimmed(UnsafeBufferPointer(rebasing: text[start..<end]))
      if paragraph.count >= 80 { paragraphs.append(paragraph) }
      start = end
    }
    for index in text.indices {
      if text[index] == UInt8(ascii: "\n") {
        if lineIsBlank { close(at: index) }
        lineIsBlank = true
      } else if !isSpace(text[index]) {
        lineIsBlank = false
      }
    }
    close(at: text.count)
    return paragraphs
  }

  @inline(__always)
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte &- 9 < 5 }
}

/// FNV-1a, with its bits stirred once more since order goes by the upper ones: the same on every
/// machine and at every start.
func stableHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
  hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
  return hash ^ (hash >> 31)
}
