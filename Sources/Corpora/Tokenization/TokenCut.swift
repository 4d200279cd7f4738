import Foundation
import Storage

/// Tokens of another's vocabulary, of which neither text nor merges are known, in a vocabulary that a small
/// model has room for.
///
/// The most frequent keep a number each. All others are written with digits: of a vocabulary of V, the
/// R = V − kept others are numbered by how often they came, and each is d digits in base ⌈R^(1/d)⌉; each
/// place has digits of its own, so that a sequence reads in one way only. Nothing is dropped and nothing
/// made equal. The loss of a text is the sum over its tokens, by the chain rule whatever the digits are, so
/// that losses of a text compare for any two vocabularies when they are divided by the number of its own
/// tokens; a stand-in such as `<unk>` would make text of rare words look easy.
package struct TokenCut: Sendable, Codable, Equatable {
  /// How many tokens the shards may name: one more than the largest.
  package let sourceVocabulary: Int
  /// What ends a document in the shards; nil where nothing does.
  package let sourceEnd: UInt32?
  /// The source's number of each token that keeps one; the end of a text is not among them.
  package let kept: [UInt32]
  /// All others, in the order of their numbers in digits.
  let others: [UInt32]
  /// Digits of a token that has none of its own: 0 where all have.
  package let digits: Int
  package let base: Int

  /// The end of a text is 0; then the kept tokens; then the digits of each place.
  package var vocabularySize: Int { 1 + kept.count + digits * base }
  package var endOfText: UInt32 { 0 }

  /// How many of the source's tokens each token ends: what a loss is divided by. The last digit counts as
  /// the token, the others as nothing.
  package var tokenCounts: [Int] {
    [0] + [Int](repeating: 1, count: kept.count)
      + (0..<digits).flatMap { place in
        [Int](repeating: place == digits - 1 ? 1 : 0, count: base)
      }
  }

  /// Chooses what is kept, and how many digits the rest has: as gives the fewest tokens.
  ///
  /// - Parameters:
  ///   - counts: how often each token came, by the source's numbers.
  ///   - size: of the vocabulary at most.
  package init(counts: [Int], sourceEnd: UInt32?, size: Int) throws {
    sourceVocabulary = counts.count
    self.sourceEnd = sourceEnd
    let order = counts.indices.filter { UInt32($0) != sourceEnd }.sorted {
      (-counts[$0], $0) < (-counts[$1], $1)
    }.map { UInt32($0) }
    guard order.count + 1 > size else {
      kept = order.sorted()
      others = []
      digits = 0
      base = 0
      return
    }
    var sums = [0]
    for id in order { sums.append(sums.last! + counts[Int(id)]) }
    var best: (tokens: Int, digits: Int, base: Int, kept: Int)?
    for digits in 2...4 {
      // The more are kept the smaller the base can be, so the largest that fits is looked for.
      for base in stride(from: 2, through: size, by: 1) {
        let room = size - 1 - digits * base
        guard room >= 0 else { break }
        let rest = order.count - room
        guard Self.power(base, digits) >= rest else { continue }
        let tokens = sums[room] + (sums.last! - sums[room]) * digits
        if tokens < best?.tokens ?? .max { best = (tokens, digits, base, room) }
        break
      }
    }
    guard let best else {
      throw CorpusError.vocabularySize(
        asked: size, lowest: 64, highest: Tokenizer.largestTrained)
    }
    kept = order.prefix(best.kept).sorted()
    others = Array(order.dropFirst(best.kept))
    digits = best.digits
    base = best.base
  }

  private init() {
    sourceVocabulary = 0
    sourceEnd = nil
    kept = []
    others = []
    digits = 0
    base = 0
  }

  private static func power(_ base: Int, _ exponent: Int) -> Int {
    (0..<exponent).reduce(1) { product, _ in min(product * base, 1 << 40) }
  }

  /// What each of the source's tokens becomes: an index into `places` times `digits`, or a kept one.
  package func table() -> Table { Table(self) }

  /// The tokens of each source token, looked up.
  package struct Table: Sendable {
    /// The kept token, or the place among the others with the upper bit set.
    private var entries: [UInt32]
    private let cut: TokenCut

    /// Of no vocabulary.
    static let none = Table()

    private init() {
      entries = []
      cut = TokenCut()
    }

    init(_ cut: TokenCut) {
      self.cut = cut
      entries = [UInt32](repeating: 0, count: cut.sourceVocabulary)
      for (index, id) in cut.kept.enumerated() { entries[Int(id)] = UInt32(index + 1) }
      for (index, id) in cut.others.enumerated() { entries[Int(id)] = 1 << 31 | UInt32(index) }
    }

    /// - Parameter id: below the source's vocabulary. Its end of text is 0, as that of this one.
    @inline(__always)
    package func append(_ id: UInt32, to tokens: inout [UInt16]) {
      let entry = entries[Int(id)]
      guard entry >> 31 == 1 else { return tokens.append(UInt16(truncatingIfNeeded: entry)) }
      var rest = Int(entry & 0x7fff_ffff)
      let first = 1 + cut.kept.count
      let start = tokens.count
      for place in 0..<cut.digits {
        tokens.append(
          UInt16(truncatingIfNeeded: first + (cut.digits - 1 - place) * cut.base + rest % cut.base))
        rest /= cut.base
      }
      tokens[start...].reverse()
    }
  }

  /// Sees that what a file says can be.
  func check(path: String) throws(CorpusError) {
    let all = kept.count + others.count + (sourceEnd == nil ? 0 : 1)
    guard (1...Tokenizer.largestVocabulary).contains(sourceVocabulary), all == sourceVocabulary,
      (kept + others).allSatisfy({ $0 < sourceVocabulary }),
      Set(kept + others).count == kept.count + others.count,
      others.isEmpty ? digits == 0 && base == 0 : (1...8).contains(digits) && base > 0,
      base <= Tokenizer.largestTrained, vocabularySize <= Tokenizer.largestTrained,
      others.isEmpty || Self.power(base, digits) >= others.count
    else { throw .damagedRecord(path: path, found: "a vocabulary that cannot be") }
  }

  /// The source's tokens again; ends of texts as its end, or left out where it has none.
  package func decode(_ tokens: some Sequence<UInt16>) -> [UInt32] {
    var result: [UInt32] = []
    var number = 0
    for token in tokens {
      let token = Int(token)
      if token == 0 {
        if let sourceEnd { result.append(sourceEnd) }
      } else if token <= kept.count {
        result.append(kept[token - 1])
      } else {
        let (place, digit) = (token - 1 - kept.count).quotientAndRemainder(dividingBy: base)
        number = place == 0 ? digit : number * base + digit
        if place == digits - 1 { result.append(others[number]) }
      }
    }
    return result
  }
}
