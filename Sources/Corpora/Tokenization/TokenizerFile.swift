import Foundation

/// What is read of a `tokenizer.json`.
struct TokenizerFile: Decodable {
  /// A normalizer or a pre-tokenizer.
  struct Kind: Decodable {
    struct Pattern: Decodable {
      var regex: String?
      var string: String?

      enum CodingKeys: String, CodingKey {
        case regex = "Regex"
        case string = "String"
      }
    }
    var type: String
    var prefixesSpace: Bool?
    var usesPattern: Bool?
    var pattern: Pattern?
    var behavior: String?
    var invert: Bool?
    var individualDigits: Bool?
    var preTokenizers: [Kind]?
    var normalizers: [Kind]?

    enum CodingKeys: String, CodingKey {
      case type, behavior, invert, normalizers
      case pattern
      case prefixesSpace = "add_prefix_space"
      case usesPattern = "use_regex"
      case individualDigits = "individual_digits"
      case preTokenizers = "pretokenizers"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      type = try values.decode(String.self, forKey: .type)
      behavior = try values.decodeIfPresent(String.self, forKey: .behavior)
      invert = try values.decodeIfPresent(Bool.self, forKey: .invert)
      normalizers = try values.decodeIfPresent([Kind].self, forKey: .normalizers)
      prefixesSpace = try values.decodeIfPresent(Bool.self, forKey: .prefixesSpace)
      usesPattern = try values.decodeIfPresent(Bool.self, forKey: .usesPattern)
      individualDigits = try values.decodeIfPresent(Bool.self, forKey: .individualDigits)
      preTokenizers = try values.decodeIfPresent([Kind].self, forKey: .preTokenizers)
      // Other kinds have a pattern that is a string, or none.
      pattern = try? values.decodeIfPresent(Pattern.self, forKey: .pattern)
    }
  }
  struct Pair: Decodable {
    var left: String
    var right: String

    /// `"a b"`, or `["a", "b"]` as newer versions write it.
    init(from decoder: any Decoder) throws {
      let sides: [String]
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        sides = text.split(separator: " ").map(String.init)
      } else {
        sides = try decoder.singleValueContainer().decode([String].self)
      }
      guard sides.count == 2 else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "expected two tokens"))
      }
      (left, right) = (sides[0], sides[1])
    }
  }
  struct Model: Decodable {
    var type: String?
    var dropout: Double?
    var subwordPrefix: String?
    var wordSuffix: String?
    var ignoresMerges: Bool?
    var fallsBackToBytes: Bool?
    var vocabulary: [String: Int]
    var merges: [Pair]

    enum CodingKeys: String, CodingKey {
      case type, dropout, merges
      case subwordPrefix = "continuing_subword_prefix"
      case wordSuffix = "end_of_word_suffix"
      case ignoresMerges = "ignore_merges"
      case fallsBackToBytes = "byte_fallback"
      case vocabulary = "vocab"
    }
  }

  var addedTokens: [AddedToken]?
  var normalizer: Kind?
  var preTokenizer: Kind?
  var model: Model

  enum CodingKeys: String, CodingKey {
    case normalizer, model
    case addedTokens = "added_tokens"
    case preTokenizer = "pre_tokenizer"
  }

  /// What a file is that is no BPE: a model of another kind keeps its vocabulary in another form.
  static func kind(of json: Data) -> String? {
    struct Other: Decodable {
      struct Model: Decodable { var type: String }
      var model: Model
    }
    guard let type = (try? JSONDecoder().decode(Other.self, from: json))?.model.type, type != "BPE"
    else { return nil }
    return "a model '\(type)'"
  }

  /// - Throws: what `refuse` makes of a kind that is not byte-level BPE.
  func check(_ refuse: (String) -> CorpusError) throws {
    if let type = model.type, type != "BPE" { throw refuse("a model '\(type)'") }
    if model.fallsBackToBytes == true {
      throw refuse("a BPE of characters that falls back to bytes, as SentencePiece's")
    }
    guard model.subwordPrefix ?? "" == "", model.wordSuffix ?? "" == "", model.dropout ?? 0 == 0
    else { throw refuse("a BPE with dropout or affixes") }
  }

  /// The steps of the pre-tokenizer.
  func preTokenizerSteps(_ refuse: (String) -> CorpusError) throws -> PreTokenizer {
    guard let preTokenizer else { throw refuse("no pre-tokenizer") }
    var result = PreTokenizer(steps: [], composes: try composes(normalizer, refuse))
    var isByteLevel = false
    for kind in try flattened(preTokenizer, refuse) {
      if isByteLevel { throw refuse("a pre-tokenizer '\(kind.type)' behind ByteLevel") }
      switch kind.type {
      case "ByteLevel":
        // Its default is to add a space, as that of GPT-2's pattern is to be used.
        if kind.prefixesSpace != false {
          throw refuse("a pre-tokenizer ByteLevel that puts a space before the text")
        }
        if kind.usesPattern != false { result.steps.append(.gpt2) }
        isByteLevel = true
      case "Digits":
        result.steps.append(.digits(individual: kind.individualDigits ?? false))
      case "Split": result.steps.append(try split(kind, refuse))
      default: throw refuse("a pre-tokenizer '\(kind.type)'")
      }
    }
    guard isByteLevel else { throw refuse("a pre-tokenizer other than ByteLevel") }
    return result
  }

  private func flattened(
    _ kind: Kind, _ refuse: (String) -> CorpusError
  ) throws -> [Kind] {
    guard kind.type == "Sequence" else { return [kind] }
    return try (kind.preTokenizers ?? []).flatMap { try flattened($0, refuse) }
  }

  private func split(
    _ kind: Kind, _ refuse: (String) -> CorpusError
  ) throws -> PreTokenizer.Step {
    let dropsGaps = kind.behavior == "Removed" && kind.invert == true
    guard kind.behavior == "Isolated" || dropsGaps else {
      throw refuse("a Split with the behaviour '\(kind.behavior ?? "none")'")
    }
    guard let pattern = kind.pattern, let source = pattern.regex ?? pattern.string.map(Self.quoted)
    else { throw refuse("a Split without a pattern") }
    do {
      return .split(try SplitPattern(source), dropsGaps: dropsGaps)
    } catch {
      throw refuse("a Split whose pattern has \(error.reason)")
    }
  }

  /// A string as a pattern that matches it.
  private static func quoted(_ text: String) -> String {
    text.unicodeScalars.map {
      "\\^$.|?*+()[]{}".unicodeScalars.contains($0) ? "\\\($0)" : String($0)
    }.joined()
  }

  private func composes(_ kind: Kind?, _ refuse: (String) -> CorpusError) throws -> Bool {
    guard let kind else { return false }
    switch kind.type {
    case "NFC": return true
    case "Sequence":
      return try (kind.normalizers ?? []).map { try composes($0, refuse) }.contains(true)
    default: throw refuse("a normalizer '\(kind.type)'")
    }
  }
}
