import Corpora
import Foundation
import Numerics
import Storage
import Testing

@Suite struct TokenizerTests {
  /// A `tokenizer.json` as the newer versions of the library write it.
  static func theirJSON(
    preTokenizer: [String: Any] = [
      "type": "ByteLevel", "add_prefix_space": false, "use_regex": true,
    ],
    end: String = "<|endoftext|>"
  ) throws -> Data {
    let names = Golden.tokens.split(whereSeparator: \.isWhitespace).map(String.init)
    return try JSONSerialization.data(withJSONObject: [
      "version": "1.0", "added_tokens": [["id": 0, "content": end, "special": true]],
      "normalizer": NSNull(), "pre_tokenizer": preTokenizer,
      "model": [
        "type": "BPE", "vocab": Dictionary(uniqueKeysWithValues: zip(names, names.indices)),
        "merges": Golden.merges.map { [$0.0, $0.1] },
      ],
    ])
  }

  static func trained(_ text: String, vocabulary: Int) throws -> Tokenizer {
    var trainer = TokenizerTrainer()
    trainer.add([Array(text.utf8)], weight: text.utf8.count)
    return try trainer.train(vocabularySize: vocabulary)
  }

  @Test("encodes as hugging faces with the vocabulary that one learned")
  func encodesAsHuggingFacesWithTheVocabularyThatOneLearned() throws {
    let tokenizer = try Tokenizer(json: try Self.theirJSON(), path: "tokenizer.json")
    #expect(tokenizer.vocabularySize == 300)
    #expect(tokenizer.endOfText == 0)
    let again = try Tokenizer(json: tokenizer.json(), path: "again.json")
    for (sample, expected) in zip(Golden.samples, Golden.theirs) {
      #expect(tokenizer.encode(sample) == expected)
      #expect(again.encode(sample) == expected)
      #expect(tokenizer.decode(expected) == Array(sample.utf8))
    }
  }

  @Test("learns and encodes what hugging faces reads and encodes identically")
  func learnsAndEncodesWhatHuggingFacesReadsAndEncodesIdentically() throws {
    let tokenizer = try Self.trained(Golden.text, vocabulary: 300)
    for (sample, expected) in zip(Golden.samples, Golden.ours) {
      #expect(tokenizer.encode(sample) == expected)
    }
  }

  @Test("cuts every scalar as hugging faces pattern does")
  func cutsEveryScalarAsHuggingFacesPatternDoes() {
    var (all, known) = (SHA256(), SHA256())
    for value in UInt32(1)..<0x20000 {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let text = Array("a\(scalar)b \(scalar)1  \(scalar)".utf8)
      var lengths: [UInt8] = []
      text.withUnsafeBufferPointer {
        var scanner = PieceScanner($0)
        while let piece = scanner.next() { lengths.append(UInt8(piece.count)) }
      }
      all.update(lengths)
      if let age = scalar.properties.age, age <= (15, 0) { known.update(lengths) }
    }
    #expect(known.hexadecimal() == Golden.piecesOfUnicode15)
    // Swift 6.0 knows no later Unicode.
    #if compiler(>=6.2)
      #expect(all.hexadecimal() == Golden.pieces)
    #endif
  }

  @Test("gives back any bytes") func givesBackAnyBytes() throws {
    let tokenizer = try Self.trained(Golden.text, vocabulary: 320)
    var generator = SeededGenerator(seed: 4)
    var encoder = TokenEncoder(tokenizer)
    let fragments: [[UInt8]] =
      [" ", "\n", "the mixture", "é", "日本", "'ll"].map { Array($0.utf8) }
      + [[0xff], [0xe6, 0x97], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0]]
    for _ in 0..<400 {
      var bytes: [UInt8] = []
      for _ in 0..<generator.integer(below: 60) {
        if generator.uniform() < 0.5 {
          bytes.append(UInt8(generator.integer(below: 256)))
        } else {
          bytes += fragments[generator.integer(below: fragments.count)]
        }
      }
      var tokens: [UInt16] = []
      encoder.encode(bytes, into: &tokens)
      #expect(tokenizer.decode(tokens) == bytes)
      #expect(tokens == tokenizer.encode(bytes) as [UInt16], "remembering must not matter")
      #expect(!tokens.contains(UInt16(tokenizer.endOfText)))
    }
    #expect((tokenizer.encode([UInt8]()) as [UInt16]).isEmpty)
  }

  // Both ways to merge, against the definition.
  @Test(
    "merges the pair of least rank first leftmost among equals",
    arguments: [1, 2, 30, 48, 49, 96, 97, 400])
  func mergesThePairOfLeastRankFirstLeftmostAmongEquals(length: Int) throws {
    let tokenizer = try Self.trained(
      String(repeating: "abab aaab bbba abba aab bababb ", count: 3) + "aaaa abbbb", vocabulary: 275
    )
    #expect(tokenizer.merges.count > 8)
    var generator = SeededGenerator(seed: UInt64(length))
    for _ in 0..<20 {
      let word = (0..<length).map { _ in generator.uniform() < 0.5 ? UInt8(97) : 98 }
      var expected = word.map(UInt32.init)
      while true {
        var best: (rank: Int, place: Int)?
        for place in expected.indices.dropLast() {
          let rank = tokenizer.merges.firstIndex {
            $0.left == expected[place] && $0.right == expected[place + 1]
          }
          if let rank, rank < best?.rank ?? .max { best = (rank, place) }
        }
        guard let best else { break }
        expected[best.place] = tokenizer.merges[best.rank].result
        expected.remove(at: best.place + 1)
      }
      #expect(tokenizer.encode(word) == expected)
    }
  }

  @Test("a run of one character takes time in proportion to its length")
  func longPieces() throws {
    let clock = ContinuousClock()
    var tokens = 0
    let time = try clock.measure {
      tokens = try Self.trained(String(repeating: "&", count: 300_000), vocabulary: 300)
        .vocabularySize
    }
    #expect(tokens > 257 && time < .seconds(5))
  }

  @Test("merges the most frequent pair counted anew after each merge")
  func mergesTheMostFrequentPairCountedAnewAfterEachMerge() throws {
    let words = ["hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5]
    let text = words.sorted { $0.key < $1.key }.map {
      String(repeating: $0.key + ".", count: $0.value)
    }.joined()
    // The example of Hugging Face's course, chapter 6.5: u+g, u+n, h+ug.
    let tokenizer = try Self.trained(text, vocabulary: 260)
    #expect(
      tokenizer.tokens.suffix(3).map { String(decoding: $0, as: UTF8.self) } == ["ug", "un", "hug"])
  }

  @Test("gives every domain the same say") func givesEveryDomainTheSameSay() throws {
    var trainer = TokenizerTrainer()
    trainer.add([Array(String(repeating: "xy.", count: 1000).utf8)], weight: 3000)
    trainer.add([Array(String(repeating: "vw.zz.", count: 10).utf8)], weight: 9000)
    let tokenizer = try trainer.train(vocabularySize: 260)
    #expect(
      tokenizer.tokens.suffix(3).map { String(decoding: $0, as: UTF8.self) } == ["vw", "zz", "xy"])
  }

  @Test("stops where the text has no more pairs") func stopsWhereTheTextHasNoMorePairs() throws {
    #expect(try Self.trained("ab ab", vocabulary: 1000).vocabularySize == 258)
    #expect(throws: CorpusError.vocabularySize(asked: 256, lowest: 257, highest: 65536)) {
      try Self.trained("ab ab", vocabulary: 256)
    }
  }

  @Test("refuses a tokenizer of another kind in one line")
  func refusesATokenizerOfAnotherKindInOneLine() throws {
    func found(_ json: Data) -> String {
      do {
        _ = try Tokenizer(json: json, path: "t.json")
        return ""
      } catch { return "\(error)" }
    }
    #expect(found(Data("{".utf8)).contains("no vocabulary with merges"))
    #expect(
      found(try Self.theirJSON(preTokenizer: ["type": "Whitespace"])).contains("pre-tokenizer"))
    #expect(
      found(try Self.theirJSON(preTokenizer: ["type": "ByteLevel", "add_prefix_space": true]))
        .contains("pre-tokenizer"))
    #expect(found(try Self.theirJSON(end: "over")).contains("<|endoftext|>"))
    #expect(!found(try Self.theirJSON(end: "over")).contains("\n"))
  }
}
