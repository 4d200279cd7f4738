import Foundation
import Storage

extension Tokenizer {
  /// The tokenizer in the form of Hugging Face's `tokenizers`, which encodes identically with it.
  ///
  /// A text that spells out `<|endoftext|>` is ordinary text here; over there only with
  /// `encode_special_tokens = True`.
  package func json() -> Data {
    let names = tokenNames()
    func quoted(_ name: String) -> String {
      "\""
        + name.replacingOccurrences(of: "\\", with: "\\\\")
        .replacingOccurrences(of: "\"", with: "\\\"") + "\""
    }
    let vocabulary = names.enumerated().map { "      \(quoted($1)): \($0)" }
    let merges = merges.map {
      "      " + quoted("\(names[Int($0.left)]) \(names[Int($0.right)])")
    }
    let byteLevel = """
      {
          "type": "ByteLevel",
          "add_prefix_space": false,
          "trim_offsets": true,
          "use_regex": true
        }
      """
    let text = """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
          {
            "id": \(endOfText),
            "content": "\(Self.endOfTextName)",
            "single_word": false,
            "lstrip": false,
            "rstrip": false,
            "normalized": false,
            "special": true
          }
        ],
        "normalizer": null,
        "pre_tokenizer": \(byteLevel),
        "post_processor": null,
        "decoder": \(byteLevel),
        "model": {
          "type": "BPE",
          "dropout": null,
          "unk_token": null,
          "continuing_subword_prefix": null,
          "end_of_word_suffix": null,
          "fuse_unk": false,
          "byte_fallback": false,
          "ignore_merges": false,
          "vocab": {
      \(vocabulary.joined(separator: ",\n"))
          },
          "merges": [
      \(merges.joined(separator: ",\n"))
          ]
        }
      }

      """
    return Data(text.utf8)
  }

  /// Reads a `tokenizer.json` of a byte-level BPE.
  ///
  /// - Throws: `StorageError` where there is no such file, ``CorpusError/tokenizer(path:found:)``
  ///   where it is of another kind.
  package init(at path: String) throws {
    try self.init(json: try readFile(at: path), path: path)
  }

  package init(json: Data, path: String) throws {
    func refuse(_ found: String) -> CorpusError { .tokenizer(path: path, found: found) }
    let file: TokenizerFile
    do {
      file = try JSONDecoder().decode(TokenizerFile.self, from: json)
    } catch {
      throw refuse("no vocabulary with merges")
    }
    guard file.model.type ?? "BPE" == "BPE" else { throw refuse("a model '\(file.model.type!)'") }
    guard file.preTokenizer?.type == "ByteLevel", file.preTokenizer?.prefixesSpace != true,
      file.preTokenizer?.usesPattern != false
    else { throw refuse("a pre-tokenizer other than ByteLevel with GPT-2's pattern") }
    guard file.normalizer == nil else { throw refuse("a normalizer") }
    guard file.model.ignoresMerges != true, file.model.subwordPrefix ?? "" == "",
      file.model.wordSuffix ?? "" == "", file.model.dropout ?? 0 == 0
    else { throw refuse("a BPE with dropout, affixes or ignored merges") }

    let special = file.addedTokens ?? []
    guard let end = special.first(where: { $0.content == Self.endOfTextName }) else {
      throw refuse("no token '\(Self.endOfTextName)'")
    }
    guard special.count == 1 else { throw refuse("\(special.count) added tokens") }
    let count = max(file.model.vocabulary.values.max() ?? -1, end.id) + 1
    guard count <= Self.largestVocabulary else { throw refuse("\(count) tokens") }

    var tokens = [[UInt8]?](repeating: nil, count: count)
    for (name, id) in file.model.vocabulary where id != end.id {
      guard id >= 0, tokens[id] == nil else { throw refuse("the token number \(id) twice") }
      var bytes: [UInt8] = []
      for scalar in name.unicodeScalars {
        guard let byte = Self.byteOfScalar[scalar.value] else {
          throw refuse("the token '\(name)', which is not in the byte alphabet")
        }
        bytes.append(byte)
      }
      tokens[id] = bytes
    }
    tokens[end.id] = []
    if let missing = tokens.firstIndex(where: { $0 == nil }) {
      throw refuse("no token number \(missing)")
    }
    func token(_ name: some StringProtocol) throws -> UInt16 {
      guard let id = file.model.vocabulary[String(name)] else {
        throw refuse("a merge of '\(name)', which is no token")
      }
      return UInt16(id)
    }
    let byteTokens = try (0...255).map { byte in
      try token(String(Self.scalarOfByte[byte]))
    }
    var merges: [Merge] = []
    var seen: Set<UInt32> = []
    for pair in file.model.merges {
      let merge = Merge(
        left: try token(pair.left), right: try token(pair.right),
        result: try token(pair.left + pair.right))
      guard seen.insert(PairTable.key(merge.left, merge.right)).inserted else {
        throw refuse("the merge of '\(pair.left)' and '\(pair.right)' twice")
      }
      merges.append(merge)
    }
    self.init(
      tokens: tokens.map { $0! }, merges: merges, endOfText: UInt16(end.id), byteTokens: byteTokens)
  }

  /// Each token spelled in the byte alphabet.
  private func tokenNames() -> [String] {
    tokens.enumerated().map { id, bytes in
      if id == Int(endOfText) { return Self.endOfTextName }
      var name = String.UnicodeScalarView()
      for byte in bytes { name.append(Self.scalarOfByte[Int(byte)]) }
      return String(name)
    }
  }

  /// GPT-2's alphabet: printable bytes are themselves, the others follow from U+0100 in order.
  static let scalarOfByte: [Unicode.Scalar] = {
    var unprintable: UInt32 = 0x100
    return (0...255).map { (byte: UInt32) in
      switch byte {
      case 0x21...0x7e, 0xa1...0xac, 0xae...0xff: return Unicode.Scalar(byte)!
      default:
        defer { unprintable += 1 }
        return Unicode.Scalar(unprintable)!
      }
    }
  }()

  private static let byteOfScalar: [UInt32: UInt8] = Dictionary(
    uniqueKeysWithValues: scalarOfByte.enumerated().map { ($1.value, UInt8($0)) })
}

/// What is read of a `tokenizer.json`.
private struct TokenizerFile: Decodable {
  struct AddedToken: Decodable {
    var id: Int
    var content: String
  }
  struct Kind: Decodable {
    var type: String
    var prefixesSpace: Bool?
    var usesPattern: Bool?

    enum CodingKeys: String, CodingKey {
      case type
      case prefixesSpace = "add_prefix_space"
      case usesPattern = "use_regex"
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
    var vocabulary: [String: Int]
    var merges: [Pair]

    enum CodingKeys: String, CodingKey {
      case type, dropout, merges
      case subwordPrefix = "continuing_subword_prefix"
      case wordSuffix = "end_of_word_suffix"
      case ignoresMerges = "ignore_merges"
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
}
