import Foundation
import Storage
import Testing

@testable import Corpora
@testable import TextSources

/// Tokenizers of the field, trained with their own patterns by Hugging Face's `tokenizers` 0.23.3, and what
/// that makes of 5,000 odd strings (the file says how).
@Suite struct ForeignTokenizerTests {
  private struct Golden: Decodable, Sendable {
    var tokenizers: [String: AnyJSON]
    var strings: [String]
    var digests: [String: [String]]
  }

  /// JSON as it is; never changed once it is read.
  private struct AnyJSON: Decodable, @unchecked Sendable {
    let value: Any

    init(from decoder: any Decoder) throws {
      if let values = try? decoder.container(keyedBy: Key.self) {
        value = try Dictionary(
          uniqueKeysWithValues: values.allKeys.map {
            ($0.stringValue, try values.decode(AnyJSON.self, forKey: $0).value)
          })
      } else if var values = try? decoder.unkeyedContainer() {
        var list: [Any] = []
        while !values.isAtEnd { list.append(try values.decode(AnyJSON.self).value) }
        value = list
      } else {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
          value = NSNull()
        } else if let bool = try? single.decode(Bool.self) {
          value = bool
        } else if let number = try? single.decode(Int.self) {
          value = number
        } else {
          value = try single.decode(String.self)
        }
      }
    }

    struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }

  private static let golden: Golden = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    let bytes = try! gunzip(Array(readFile(at: path + "/Golden/tokenizers.json.gz")))
    return try! JSONDecoder().decode(Golden.self, from: Data(bytes))
  }()

  private static func json(_ kind: String) throws -> [String: Any] {
    golden.tokenizers[kind]!.value as! [String: Any]
  }

  private static func tokenizer(_ json: [String: Any]) throws -> Tokenizer {
    try Tokenizer(
      json: JSONSerialization.data(withJSONObject: json), path: "t.json", findsSpecialTokens: true)
  }

  private static func digests(_ tokenizer: Tokenizer) -> [String] {
    var encoder = TokenEncoder(tokenizer)
    return stride(from: 0, to: golden.strings.count, by: 25).map { start in
      var hash = SHA256()
      for text in golden.strings[start..<min(start + 25, golden.strings.count)] {
        var ids: [UInt32] = []
        encoder.encode(Array(text.utf8), into: &ids)
        for value in [UInt32(ids.count)] + ids {
          withUnsafeBytes(of: value.littleEndian) { hash.update($0) }
        }
      }
      return String(hash.hexadecimal().prefix(12))
    }
  }

  @Test(
    "ids are those of tokenizers on five thousand odd strings",
    arguments: [
      "gpt2", "neox", "llama3", "qwen", "qwen35", "o200k", "deepseek", "digits", "removed",
    ])
  func idsAreThoseOfTokenizersOnFiveThousandOddStrings(kind: String) throws {
    let digests = Self.digests(try Self.tokenizer(try Self.json(kind)))
    let wanted = try #require(Self.golden.digests[kind])
    #expect(wanted.count == 200)
    let wrong = wanted.indices.filter { digests[$0] != wanted[$0] }
    #expect(wrong.isEmpty, "first in strings \((wrong.first ?? 0) * 25)…")
  }

  @Test(
    "a tokenizer that is cut reads any text, in more tokens, and says the same bytes",
    arguments: ["gpt2", "llama3", "qwen"])
  func aTokenizerThatIsCutReadsAnyTextInMoreTokensAndSaysTheSameBytes(
    kind: String
  ) throws {
    let whole = try Self.tokenizer(try Self.json(kind))
    var counts = [Int](repeating: 0, count: whole.vocabularySize)
    let text = Array("The mixture of domains decides what a language model learns. ".utf8)
    for id in whole.encode(text) as [UInt32] { counts[Int(id)] += 1 }
    let cut = try whole.cut(to: 300, counts: counts)
    #expect(cut.vocabularySize == 300)
    // What it writes, it reads.
    let again = try Tokenizer(json: cut.json(), path: "cut.json", findsSpecialTokens: true)
    let plain = Self.golden.strings.filter { text in
      !text.contains("<")
        && Array(text.precomposedStringWithCanonicalMapping.utf8) == Array(text.utf8)
    }
    for string in plain.prefix(300) {
      let tokens: [UInt32] = cut.encode(string)
      #expect(tokens == again.encode(string))
      #expect(cut.decode(tokens) == Array(string.utf8))
    }
    let before: [UInt32] = whole.encode(text)
    let after: [UInt32] = cut.encode(text)
    #expect(after.count >= before.count && after.count < text.count)
    #expect(again.endOfTextName == whole.endOfTextName)
  }

  @Test("kinds that cannot be read are refused by name, with the way round")
  func refusals() throws {
    func error(_ change: (inout [String: Any]) -> Void) throws -> String {
      var json = try Self.json("llama3")
      change(&json)
      do {
        _ = try Self.tokenizer(json)
        return "no error"
      } catch { return "\(error)" }
    }
    func model(_ key: String, _ value: Any) -> (inout [String: Any]) -> Void {
      { json in
        var model = json["model"] as! [String: Any]
        model[key] = value
        json["model"] = model
      }
    }
    let cases: [(String, (inout [String: Any]) -> Void)] = [
      ("'Unigram'", { $0["model"] = ["type": "Unigram", "vocab": [["a", -1.5]]] }),
      ("'WordPiece'", { $0["model"] = ["type": "WordPiece", "vocab": ["a": 1]] }),
      ("SentencePiece", model("byte_fallback", true)), ("dropout", model("dropout", 0.1)),
      ("'Metaspace'", { $0["pre_tokenizer"] = ["type": "Metaspace"] }),
      ("'Lowercase'", { $0["normalizer"] = ["type": "Lowercase"] }),
      (
        "a space before",
        { $0["pre_tokenizer"] = ["type": "ByteLevel", "add_prefix_space": true] }
      ),
      (
        "'MergedWithNext'",
        {
          $0["pre_tokenizer"] = [
            "type": "Split", "pattern": ["Regex": "a"], "behavior": "MergedWithNext",
          ]
        }
      ),
      (
        "'\\p{Klingon}'",
        {
          $0["pre_tokenizer"] = [
            "type": "Split", "pattern": ["Regex": "\\p{Klingon}"], "behavior": "Isolated",
          ]
        }
      ),
      ("token number -1", { $0["added_tokens"] = [["id": -1, "content": "<|endoftext|>"]] }),
      ("token number \(Int.max)", { $0["added_tokens"] = [["id": Int.max, "content": "</s>"]] }),
      ("end a text", { $0["added_tokens"] = [] as [Any] }),
    ]
    for (wanted, change) in cases {
      let found = try error(change)
      #expect(found.contains(wanted) && found.contains("--tokens"), "\(found)")
      #expect(!found.contains("\n"))
    }
  }

  @Test(
    "patterns match as Oniguruma does",
    arguments: [
      ("a|ab|b", "abab", [1, 1, 1, 1]), ("ab|a", "aba", [2, 1]), ("a+?b", "aab", [3]),
      ("a{2,3}", "aaaaa", [3, 2]),
      ("a++b|a", "aab", [3]), ("(?i:ab)c?", "AbcaB", [3, 2]), ("\\s+(?!\\S)|\\s+", "   x", [2, 1]),
      ("[^a-c]+|.", "abxyz", [1, 1, 3]), ("(?:ab)+|.", "ababa", [4, 1]),
      ("a(?=b)|.", "aab", [1, 1, 1]),
      ("\\p{Lu}\\p{Ll}*|.", "AbÉéx", [2, 5]), ("[\\p{L}\\p{M}]+", "e\u{301}ä", [5]),
      ("a*b|a", "aaac", [1, 1, 1]), ("[a\\-z]+|.", "a-zb", [3, 1]), ("x{,2}|.", "xxx", [2, 1]),
      ("\\x{1F642}|.", "🙂a", [4, 1]), ("(a|b)*c|.", "abac", [4]), ("[]a]+", "a]a", [3]),
    ] as [(String, String, [Int])])
  func patternsMatchAsOnigurumaDoes(source: String, text: String, lengths: [Int]) throws {
    var matcher = SplitPattern.Matcher(try SplitPattern(source))
    var found: [Int] = []
    Array(text.utf8).withUnsafeBufferPointer { bytes in
      var position = 0
      while position < bytes.count, let end = matcher.match(bytes, at: position), end > position {
        found.append(end - position)
        position = end
      }
    }
    #expect(found == lengths)
  }

  @Test(
    "patterns that are not understood are refused",
    arguments: [
      "a(b", "a)", "[a", "(?<n>a)", "*a", "\\p{X", "[[:alpha:]]", "(a*)*", "\\1", "a{3,2}",
    ])
  func patternsThatAreNotUnderstoodAreRefused(source: String) {
    #expect(throws: SplitPattern.Problem.self) { try SplitPattern(source) }
  }
}
