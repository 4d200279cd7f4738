import ArgumentParsing
import Corpora
import Foundation
import Storage
import TextSources

extension TokenFileFormat: ArgumentValue {
  package init(argument: String) throws {
    guard let format = Self(rawValue: argument) else { throw UnreadableArgument() }
    self = format
  }
  package static var argumentChoices: [String] { allCases.map(\.rawValue) }
  package var argumentText: String { rawValue }
}

extension TokenType: ArgumentValue {
  package init(argument: String) throws {
    guard let type = Self(rawValue: argument) else { throw UnreadableArgument() }
    self = type
  }
  package static var argumentChoices: [String] { allCases.map(\.rawValue) }
  package var argumentText: String { rawValue }
}

/// Another's tokenizer, and how token shards are read.
struct TokenArguments: ArgumentGroup {
  @Option(
    "A tokenizer.json of byte-level BPE to use in place of one that is learned.", value: "file",
    completion: .files)
  var tokenizer: String?
  @Option(
    """
    The token between documents: its name in the tokenizer, or its number in token shards. The usual \
    one where not given.
    """, value: "token")
  var endOfText: String?
  @Option("Format of token shards, where they do not show it themselves.", value: "format")
  var tokenFormat: TokenFileFormat?
  @Option("Type of a token in shards that do not tell; uint16 where not given.", value: "type")
  var tokenType: TokenType?
  @Option("Tokens of the shards are below this number; the largest and one if not given.")
  var tokenVocabulary: Int?

  /// A given vocabulary of at most as many tokens is kept whole.
  static let mostKept = 8192
  static let cutSize = 4096

  func validate() throws {
    if let tokenVocabulary, !(1...1 << 22).contains(tokenVocabulary) {
      throw ValidationError(
        "Found '--token-vocabulary \(tokenVocabulary)', expected 1 to 4194304")
    }
  }

  func readTokenizer() throws -> Tokenizer? {
    guard let tokenizer else { return nil }
    return try Tokenizer(at: tokenizer, findsSpecialTokens: true, endOfText: endOfTextName)
  }

  var endOfTextName: String? { endOfText.flatMap { UInt32($0) == nil ? $0 : nil } }

  func tokenizerDigest() throws -> String? {
    try tokenizer.map { try SHA256.hexadecimal(ofFileAt: $0) }
  }

  /// How large a vocabulary is where nothing is asked for.
  func defaultVocabulary(of tokenizer: Tokenizer?, _ tokens: [DomainFiles]) -> Int {
    if let tokenizer {
      return tokenizer.vocabularySize <= Self.mostKept ? tokenizer.vocabularySize : Self.cutSize
    }
    if tokens.isEmpty { return CorpusSettings().vocabularySize }
    // The end of a text comes besides.
    return tokenVocabulary.map { $0 < Self.mostKept ? $0 + 1 : Self.cutSize } ?? Self.cutSize
  }

  func reading(with tokenizer: Tokenizer?) throws -> TokenReading {
    var reading = TokenReading()
    reading.format = tokenFormat
    reading.type = tokenType
    reading.vocabularySize = tokenVocabulary
    if let number = endOfText.flatMap({ UInt32($0) }) {
      reading.end = number
    } else if let tokenizer {
      reading.end = tokenizer.endOfText
    } else if let endOfText {
      throw ValidationError(
        "Found '--end-of-text \(endOfText)' without '--tokenizer', expected a number")
    }
    return reading
  }
}
