import Foundation
import Storage

/// What the tokens of a corpus stand for: pieces of text, or the tokens of a vocabulary that only its
/// numbers are known of.
package enum Vocabulary: Sendable {
  case tokenizer(Tokenizer)
  case cut(TokenCut)

  package var size: Int {
    switch self {
    case .tokenizer(let tokenizer): tokenizer.vocabularySize
    case .cut(let cut): cut.vocabularySize
    }
  }

  package var endOfText: UInt32 {
    switch self {
    case .tokenizer(let tokenizer): tokenizer.endOfText
    case .cut(let cut): cut.endOfText
    }
  }

  /// The units of the source that each token ends, (size): bytes of text, or source tokens.
  package var unitCounts: [Int] {
    switch self {
    case .tokenizer(let tokenizer): tokenizer.tokenByteCounts
    case .cut(let cut): cut.tokenCounts
    }
  }

  var fileName: String {
    switch self {
    case .tokenizer: "tokenizer.json"
    case .cut: "vocabulary.json"
    }
  }

  func encoded() throws -> Data {
    switch self {
    case .tokenizer(let tokenizer): tokenizer.json()
    case .cut(let cut): try encodeLine(cut)
    }
  }
}

/// Encodes one worker's texts, out of a spool's bytes.
enum UnitEncoder {
  case text(TokenEncoder)
  case tokens(TokenCut.Table)

  init(_ vocabulary: Vocabulary) {
    switch vocabulary {
    case .tokenizer(let tokenizer): self = .text(TokenEncoder(tokenizer))
    case .cut(let cut): self = .tokens(cut.table())
    }
  }

  mutating func encode(_ bytes: UnsafeBufferPointer<UInt8>, into tokens: inout [UInt16]) {
    switch self {
    case .text(var encoder):
      // Taken out, so that what it remembers is not copied.
      self = .tokens(.none)
      encoder.encode(bytes, into: &tokens)
      self = .text(encoder)
    case .tokens(let table):
      let raw = UnsafeRawBufferPointer(bytes)
      for offset in stride(from: 0, to: raw.count, by: 4) {
        table.append(
          UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)),
          to: &tokens)
      }
    }
  }
}
