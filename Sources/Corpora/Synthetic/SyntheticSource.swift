import Foundation
import Numerics
import Storage
import TextSources

/// One domain of ``SyntheticText``, generated anew each time it is read.
struct SyntheticSource: DocumentSource {
  let text: SyntheticText
  let domain: Int

  func provenance() throws -> [Provenance] {
    [
      Provenance(
        name: "generated", version: nil, sha256: SHA256.hexadecimal(of: try encodeLine(text)),
        license: "CC0-1.0", note: "seed \(text.seed)")
    ]
  }

  func documents(_ body: (Document) throws -> Void) throws {
    let topics = text.topics.map { SyntheticTopic($0, seed: text.seed) }
    let name = text.domains[domain].name
    let shares = WeightedChoice(text.domains[domain].shares)
    var generator = SeededGenerator(seed: text.seed, stream: "text of \(name)")
    var written = 0
    var number = 0
    while written < text.bytesPerDomain {
      var bytes: [UInt8] = []
      // From half to one and a half of the length asked for.
      let length = text.bytesPerDocument / 2 + generator.integer(below: text.bytesPerDocument + 1)
      // One paragraph at least, however short a document is to be.
      repeat {
        for sentence in 0..<3 + generator.integer(below: 5) {
          if sentence > 0 { bytes.append(UInt8(ascii: " ")) }
          topics[shares.choose(using: &generator)].appendSentence(to: &bytes, using: &generator)
        }
        bytes += [UInt8(ascii: "\n"), UInt8(ascii: "\n")]
      } while bytes.count < length
      bytes.removeLast()
      written += bytes.count
      try body(Document(source: "generated", splitKey: "\(name)/\(number)", text: bytes))
      number += 1
    }
  }
}

/// A topic's words and how they follow each other.
private struct SyntheticTopic {
  private let words: [[UInt8]]
  private let frequencies: WeightedChoice
  /// The words that like to follow each word, (words, successors).
  private let successors: [Int]
  private let description: SyntheticText.Topic

  init(_ description: SyntheticText.Topic, seed: UInt64) {
    self.description = description
    var generator = SeededGenerator(seed: seed, stream: "topic \(description.name)")
    // Each topic has its own sounds, so that its words can be told by their letters.
    var syllables = "bcdfghjklmnprstvwz".flatMap { start in
      "aeiou".flatMap { vowel in
        ["", "n", "r", "s", "l"].map { Array("\(start)\(vowel)\($0)".utf8) }
      }
    }
    generator.shuffle(&syllables)
    let sounds = Array(syllables.prefix(60))
    var words: [[UInt8]] = []
    var seen: Set<[UInt8]> = []
    while words.count < description.words {
      // Frequent words are short.
      let count = words.count < 20 ? 1 : words.count < 400 ? 2 : 3
      let word = (0..<count).flatMap { _ in sounds[generator.integer(below: sounds.count)] }
      if seen.insert(word).inserted { words.append(word) }
    }
    let frequencies = WeightedChoice(
      (1...description.words).map { pow(Double($0), -description.exponent) })
    successors = (0..<description.words * description.successors).map { _ in
      frequencies.choose(using: &generator)
    }
    self.words = words
    self.frequencies = frequencies
  }

  /// Appends four to fourteen words and a full stop.
  func appendSentence(to bytes: inout [UInt8], using generator: inout SeededGenerator) {
    var word = frequencies.choose(using: &generator)
    for place in 0..<4 + generator.integer(below: 11) {
      if place > 0 {
        bytes.append(UInt8(ascii: " "))
        word =
          generator.uniform() < description.predictability
          ? successors[
            word * description.successors + generator.integer(below: description.successors)]
          : frequencies.choose(using: &generator)
      }
      bytes += words[word]
    }
    bytes.append(UInt8(ascii: "."))
  }
}

/// Chooses an index with a chance in proportion to its weight.
private struct WeightedChoice {
  /// Running sums of the weights in millionths of the largest. As integers they are the same with
  /// every library of mathematics.
  private let sums: [Int]

  init(_ weights: [Double]) {
    let largest = weights.max()!
    var sum = 0
    sums = weights.map { weight in
      sum += Int((weight / largest * 1e6).rounded())
      return sum
    }
  }

  func choose(using generator: inout SeededGenerator) -> Int {
    let target = generator.integer(below: sums.last!)
    var low = 0
    var high = sums.count - 1
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > target { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
