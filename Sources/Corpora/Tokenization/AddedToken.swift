/// A token that is found in the text before anything else is done with it.
package struct AddedToken: Sendable, Equatable, Codable {
  package var id: Int
  package var content: String
  package var isSpecial: Bool
  /// Whether white space before or behind it becomes a part of it.
  var stripsLeft: Bool
  var stripsRight: Bool
  /// Whether it is looked for after normalization.
  var isNormalized: Bool
  var isWord: Bool?

  enum CodingKeys: String, CodingKey {
    case id, content
    case isSpecial = "special"
    case stripsLeft = "lstrip"
    case stripsRight = "rstrip"
    case isNormalized = "normalized"
    case isWord = "single_word"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(Int.self, forKey: .id)
    content = try values.decode(String.self, forKey: .content)
    isSpecial = try values.decodeIfPresent(Bool.self, forKey: .isSpecial) ?? false
    stripsLeft = try values.decodeIfPresent(Bool.self, forKey: .stripsLeft) ?? false
    stripsRight = try values.decodeIfPresent(Bool.self, forKey: .stripsRight) ?? false
    isNormalized = try values.decodeIfPresent(Bool.self, forKey: .isNormalized) ?? !isSpecial
    isWord = try values.decodeIfPresent(Bool.self, forKey: .isWord)
  }

  init(id: Int, content: String) {
    self.id = id
    self.content = content
    isSpecial = true
    stripsLeft = false
    stripsRight = false
    isNormalized = false
  }
}

/// Finds added tokens in a text: at each place the longest.
struct AddedTokenFinder: Sendable {
  private struct Entry: Sendable {
    let bytes: [UInt8]
    let id: UInt32
    let stripsLeft: Bool
    let stripsRight: Bool
  }

  /// By their first byte, longest first.
  private var entries = [[Entry]](repeating: [], count: 256)
  let isEmpty: Bool

  /// - Parameter ids: of the tokens where they are not the file's own.
  init(_ tokens: [(token: AddedToken, id: UInt32)]) {
    isEmpty = tokens.isEmpty
    for (token, id) in tokens where !token.content.isEmpty {
      let bytes = Array(token.content.utf8)
      entries[Int(bytes[0])].append(
        Entry(bytes: bytes, id: id, stripsLeft: token.stripsLeft, stripsRight: token.stripsRight))
    }
    for byte in entries.indices { entries[byte].sort { $0.bytes.count > $1.bytes.count } }
  }

  /// Calls `body` with what is between the tokens, and the token behind it; nil at the end.
  func forEachPart(
    of text: UnsafeBufferPointer<UInt8>,
    _ body: (_ between: UnsafeBufferPointer<UInt8>, _ token: UInt32?) -> Void
  ) {
    var start = 0
    var position = 0
    while position < text.count {
      let candidates = entries[Int(text[position])]
      guard !candidates.isEmpty,
        let entry = candidates.first(where: { text[position...].starts(with: $0.bytes) })
      else {
        position += 1
        continue
      }
      var end = position + entry.bytes.count
      var from = position
      if entry.stripsLeft {
        while from > start {
          let before = text.scalarStart(before: from)
          guard before >= start, ScalarSet.whiteSpace.contains(text.scalar(at: before).value)
          else { break }
          from = before
        }
      }
      if entry.stripsRight {
        while end < text.count {
          let (value, width) = text.scalar(at: end)
          guard ScalarSet.whiteSpace.contains(value) else { break }
          end += width
        }
      }
      body(UnsafeBufferPointer(rebasing: text[start..<from]), entry.id)
      start = end
      position = end
    }
    body(UnsafeBufferPointer(rebasing: text[start...]), nil)
  }
}
