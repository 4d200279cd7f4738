/// A byte-level byte-pair encoding: any bytes to tokens and back.
///
/// P. Gage, *A new algorithm for data compression* (1994), within the pieces of ``PieceScanner``;
/// bytes rather than characters as in GPT-2, so that nothing is ever unknown.
package struct Tokenizer: Sendable {
  /// Two tokens that become one.
  package struct Merge: Sendable, Equatable {
    package var left: UInt16
    package var right: UInt16
    package var result: UInt16
  }

  /// The bytes of each token, (vocabularySize); none for the end of a text.
  package let tokens: [[UInt8]]
  /// In order of priority: the first applies before all others.
  package let merges: [Merge]
  /// Stands between documents; ordinary text never becomes this token.
  package let endOfText: UInt16
  /// The token of each byte, (256).
  let byteTokens: [UInt16]
  /// Numbers each merge's pair by its place in `merges`.
  let ranks: PairTable

  package var vocabularySize: Int { tokens.count }
  package var tokenByteCounts: [Int] { tokens.map(\.count) }

  static let endOfTextName = "<|endoftext|>"
  /// The bytes and the end of a text; a vocabulary without merges.
  static let smallestVocabulary = 257
  static let largestVocabulary = 1 << 16

  /// Bytes are tokens 0 to 255, the end of a text is 256, and each merge makes the next.
  init(merging pairs: [(left: UInt16, right: UInt16)]) {
    var tokens = (0...255).map { [UInt8($0)] } + [[]]
    var merges: [Merge] = []
    for pair in pairs {
      merges.append(
        Merge(left: pair.left, right: pair.right, result: UInt16(tokens.count)))
      tokens.append(tokens[Int(pair.left)] + tokens[Int(pair.right)])
    }
    self.init(
      tokens: tokens, merges: merges, endOfText: 256, byteTokens: (0...255).map { UInt16($0) })
  }

  init(tokens: [[UInt8]], merges: [Merge], endOfText: UInt16, byteTokens: [UInt16]) {
    precondition(byteTokens.count == 256, "expected 256 byte tokens, found \(byteTokens.count)")
    precondition(
      tokens.count <= Self.largestVocabulary,
      "expected at most \(Self.largestVocabulary) tokens, found \(tokens.count)")
    self.tokens = tokens
    self.merges = merges
    self.endOfText = endOfText
    self.byteTokens = byteTokens
    var ranks = PairTable()
    for (rank, merge) in merges.enumerated() {
      let number = ranks.number(PairTable.key(merge.left, merge.right))
      precondition(number == rank, "expected each merge once, found merge \(rank) again")
    }
    self.ranks = ranks
  }

  /// The tokens of a text. For many texts keep a ``TokenEncoder``, which remembers pieces.
  package func encode(_ text: some Sequence<UInt8>) -> [UInt16] {
    var encoder = TokenEncoder(self)
    var result: [UInt16] = []
    encoder.encode(text, into: &result)
    return result
  }

  package func encode(_ text: String) -> [UInt16] { encode(text.utf8) }

  /// The bytes that tokens stand for; ends of text stand for none.
  package func decode(_ tokens: some Sequence<UInt16>) -> [UInt8] {
    tokens.flatMap { self.tokens[Int($0)] }
  }
}
