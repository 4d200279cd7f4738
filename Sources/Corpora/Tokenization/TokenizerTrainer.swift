/// Learns which bytes to merge: again and again the most frequent pair of neighbours.
///
/// R. Sennrich, B. Haddow and A. Birch, *Neural Machine Translation of Rare Words with Subword
/// Units* (2016), Algorithm 1, with counts that are updated where a merge changed them instead of
/// counted anew.
package struct TokenizerTrainer {
  private var pieces = PieceTable()
  /// How often each piece came.
  private var counts: [Int] = []
  /// Pieces of the domain at hand, by their numbers, and how often each came there.
  private var domainCounts: [Int] = []

  /// A pair that came once is no pattern.
  private static let leastCount = 2

  package init() {}

  /// Takes in one domain's sample, and counts it as if it were `weight` bytes long, so that domains
  /// of different sizes have the same say.
  package mutating func add(_ documents: some Sequence<[UInt8]>, weight: Int) {
    domainCounts = [Int](repeating: 0, count: counts.count)
    var byteCount = 0
    for document in documents {
      byteCount += document.count
      document.withUnsafeBufferPointer { text in
        var scanner = PieceScanner(text)
        while let range = scanner.next() {
          let piece = UnsafeBufferPointer(rebasing: text[range])
          let hash = PieceTable.hash(piece)
          if let index = pieces.find(piece, hash: hash) {
            domainCounts[index] += 1
          } else {
            _ = pieces.insert(piece, hash: hash)
            domainCounts.append(1)
          }
        }
      }
    }
    counts += [Int](repeating: 0, count: domainCounts.count - counts.count)
    for (index, count) in domainCounts.enumerated() where count > 0 {
      counts[index] += max((count * weight + byteCount / 2) / byteCount, 1)
    }
  }

  /// The vocabulary; smaller than `vocabularySize` where the text has too few pairs.
  ///
  /// - Throws: ``CorpusError/vocabularySize(asked:lowest:highest:)``.
  package func train(vocabularySize: Int) throws(CorpusError) -> Tokenizer {
    guard
      (Tokenizer.smallestVocabulary...Tokenizer.largestTrained).contains(vocabularySize)
    else {
      throw .vocabularySize(
        asked: vocabularySize, lowest: Tokenizer.smallestVocabulary,
        highest: Tokenizer.largestTrained)
    }
    var merging = Merging(pieces: pieces, counts: counts)
    var merged: [(left: UInt32, right: UInt32)] = []
    while merged.count < vocabularySize - Tokenizer.smallestVocabulary,
      let pair = merging.mostFrequentPair(atLeast: Self.leastCount)
    {
      merging.merge(pair, into: UInt32(Tokenizer.smallestVocabulary + merged.count))
      merged.append((UInt32(pair >> 32), UInt32(truncatingIfNeeded: pair)))
    }
    return Tokenizer(merging: merged)
  }
}

/// The pieces as merges so far have left them.
private struct Merging {
  /// A pair and how often it came when this was pushed.
  private struct Candidate: Comparable {
    var count: Int
    var pair: UInt64

    /// The most frequent first; among equals the pair of the lowest tokens.
    static func < (a: Candidate, b: Candidate) -> Bool {
      a.count != b.count ? a.count > b.count : a.pair < b.pair
    }
  }

  /// All pieces' symbols end to end; a piece shrinks in its place.
  private var symbols: [UInt32] = []
  private var starts: [Int] = []
  private var lengths: [Int] = []
  private let pieceCounts: [Int]
  private var pairs = PairTable()
  private var pairCounts: [Int] = []
  /// Pieces where each pair came at some time, some more than once.
  private var places: [[UInt32]] = []
  private var heap = BinaryHeap<Candidate>()

  init(pieces: PieceTable, counts: [Int]) {
    pieceCounts = counts
    for index in 0..<pieces.count {
      starts.append(symbols.count)
      pieces.withPiece(index) { symbols.append(contentsOf: $0.lazy.map { UInt32($0) }) }
      lengths.append(symbols.count - starts[index])
    }
    for index in 0..<pieces.count {
      for place in starts[index]..<starts[index] + lengths[index] - 1 {
        change(symbols[place], symbols[place + 1], by: counts[index], in: index)
      }
    }
    heap = BinaryHeap(
      pairs.pairs.indices.map { Candidate(count: pairCounts[$0], pair: pairs.pairs[$0]) })
  }

  mutating func mostFrequentPair(atLeast least: Int) -> UInt64? {
    while let candidate = heap.pop() {
      let count = pairCounts[pairs.find(candidate.pair)!]
      if count == candidate.count { return count >= least ? candidate.pair : nil }
      // Its count fell since it was pushed; it never rises.
      if count > 0 {
        heap.push(Candidate(count: count, pair: candidate.pair))
      }
    }
    return nil
  }

  mutating func merge(_ pair: UInt64, into token: UInt32) {
    let left = UInt32(pair >> 32)
    let right = UInt32(truncatingIfNeeded: pair)
    let number = pairs.find(pair)!
    let firstNew = pairs.pairs.count
    for piece in places[number] {
      let piece = Int(piece)
      let start = starts[piece]
      let count = pieceCounts[piece]
      let end = start + lengths[piece]
      // One pass: what is kept moves to the left as far as merges have made room.
      var to = start
      var from = start
      while from < end {
        guard from + 1 < end, symbols[from] == left, symbols[from + 1] == right else {
          symbols[to] = symbols[from]
          to += 1
          from += 1
          continue
        }
        if to > start {
          change(symbols[to - 1], left, by: -count, in: piece)
          change(symbols[to - 1], token, by: count, in: piece)
        }
        if from + 2 < end {
          change(right, symbols[from + 2], by: -count, in: piece)
          change(token, symbols[from + 2], by: count, in: piece)
        }
        symbols[to] = token
        to += 1
        from += 2
      }
      lengths[piece] = to - start
    }
    pairCounts[number] = 0
    places[number] = []
    // Only pairs with the new token can have become more frequent, and they are all new.
    for number in firstNew..<pairs.pairs.count where pairCounts[number] > 0 {
      heap.push(Candidate(count: pairCounts[number], pair: pairs.pairs[number]))
    }
  }

  private mutating func change(_ left: UInt32, _ right: UInt32, by count: Int, in piece: Int) {
    let number = pairs.number(PairTable.key(left, right))
    if number == pairCounts.count {
      pairCounts.append(0)
      places.append([])
    }
    pairCounts[number] += count
    if count > 0, places[number].last != UInt32(piece) { places[number].append(UInt32(piece)) }
  }
}
