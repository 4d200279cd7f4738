import Foundation

/// A byte-level byte-pair encoding: any bytes to tokens and back.
///
/// P. Gage, *A new algorithm for data compression* (1994), within the pieces of a ``PreTokenizer``;
/// bytes rather than characters as in GPT-2, so that nothing is ever unknown.
package struct Tokenizer: Sendable {
  /// Two tokens that become one.
  package struct Merge: Sendable, Equatable {
    package var left: UInt32
    package var right: UInt32
    package var result: UInt32
  }

  /// The bytes of each token, (vocabularySize); none for the end of a text.
  package let tokens: [[UInt8]]
  /// In order of priority: the first applies before all others.
  package let merges: [Merge]
  /// Stands between documents.
  package let endOfText: UInt32
  /// The token of each byte, (256).
  let byteTokens: [UInt32]
  /// Numbers each merge's pair by its place in `merges`.
  let ranks: PairTable
  /// How text is cut before merging.
  let preTokenizer: PreTokenizer
  /// Tokens that are found as they are spelled; without those that only stand between texts.
  package let addedTokens: [AddedToken]
  /// The token of a piece that is one as a whole, whatever the merges say; nil where merges decide.
  let wholePieces: WholePieces?
  /// The file that it was read from; nil for one that was learned here.
  let file: Data?
  /// How `endOfText` is spelled in the tokenizer's file.
  package let endOfTextName: String

  package var vocabularySize: Int { tokens.count }
  package var tokenByteCounts: [Int] { tokens.map(\.count) }

  static let endOfTextName = "<|endoftext|>"
  /// The bytes and the end of a text; a vocabulary without merges.
  static let smallestVocabulary = 257
  /// What shards of 16 bits hold.
  package static let largestTrained = 1 << 16
  /// Far more than any tokenizer has.
  static let largestVocabulary = 1 << 22

  /// Bytes are tokens 0 to 255, the end of a text is 256, and each merge makes the next.
  init(merging pairs: [(left: UInt32, right: UInt32)]) {
    var tokens = (0...255).map { [UInt8($0)] } + [[]]
    var merges: [Merge] = []
    for pair in pairs {
      merges.append(
        Merge(left: pair.left, right: pair.right, result: UInt32(tokens.count)))
      tokens.append(tokens[Int(pair.left)] + tokens[Int(pair.right)])
    }
    self.init(
      tokens: tokens, merges: merges, endOfText: 256, byteTokens: (0...255).map { UInt32($0) })
  }

  init(
    tokens: [[UInt8]], merges: [Merge], endOfText: UInt32, byteTokens: [UInt32],
    preTokenizer: PreTokenizer = .gpt2, addedTokens: [AddedToken] = [],
    ignoresMerges: Bool = false, file: Data? = nil, endOfTextName: String = Self.endOfTextName
  ) {
    precondition(byteTokens.count == 256, "expected 256 byte tokens, found \(byteTokens.count)")
    precondition(
      tokens.count <= Self.largestVocabulary,
      "expected at most \(Self.largestVocabulary) tokens, found \(tokens.count)")
    self.tokens = tokens
    self.merges = merges
    self.endOfText = endOfText
    self.byteTokens = byteTokens
    self.preTokenizer = preTokenizer
    self.addedTokens = addedTokens
    self.file = file
    self.endOfTextName = endOfTextName
    var ranks = PairTable()
    for (rank, merge) in merges.enumerated() {
      let number = ranks.number(PairTable.key(merge.left, merge.right))
      precondition(number == rank, "expected each merge once, found merge \(rank) again")
    }
    self.ranks = ranks
    wholePieces =
      ignoresMerges
      ? WholePieces(tokens, except: Set(addedTokens.map { UInt32($0.id) } + [endOfText])) : nil
  }

  /// The tokens of a text. For many texts keep a ``TokenEncoder``, which remembers pieces.
  package func encode<Token: FixedWidthInteger>(_ text: some Sequence<UInt8>) -> [Token] {
    var encoder = TokenEncoder(self)
    var result: [Token] = []
    encoder.encode(text, into: &result)
    return result
  }

  package func encode<Token: FixedWidthInteger>(_ text: String) -> [Token] { encode(text.utf8) }

  /// The bytes that tokens stand for; ends of text stand for none.
  package func decode(_ tokens: some Sequence<some FixedWidthInteger>) -> [UInt8] {
    tokens.flatMap { self.tokens[Int($0)] }
  }
}

/// Tokens by their bytes.
struct WholePieces: Sendable {
  private var pieces = PieceTable()
  private var ids: [UInt32] = []

  init(_ tokens: [[UInt8]], except: Set<UInt32>) {
    for (id, bytes) in tokens.enumerated() where !bytes.isEmpty && !except.contains(UInt32(id)) {
      bytes.withUnsafeBufferPointer { piece in
        let hash = PieceTable.hash(piece)
        if pieces.find(piece, hash: hash) == nil {
          _ = pieces.insert(piece, hash: hash)
          ids.append(UInt32(id))
        }
      }
    }
  }

  func find(_ piece: UnsafeBufferPointer<UInt8>, hash: UInt64) -> UInt32? {
    pieces.find(piece, hash: hash).map { ids[$0] }
  }
}
