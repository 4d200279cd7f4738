/// Encodes texts one after the other and remembers the tokens of pieces, most of which come again.
///
/// What it remembers never changes what comes out: any number of encoders give the same tokens.
package struct TokenEncoder: Sendable {
  private let tokenizer: Tokenizer
  private var pieces = PieceTable()
  /// End of each remembered piece's tokens in `remembered`.
  private var ends: [Int] = []
  private var remembered: [UInt32] = []
  /// Tokens of the piece at hand.
  private var symbols: [UInt32] = []
  /// Rank of each pair of neighbours in `symbols`.
  private var pairRanks: [Int] = []
  /// Nil for GPT-2's pattern alone, which has a way of its own.
  private var cutter: PieceCutter?
  /// Tokens found in the text as it is, and those found once it is normalized.
  private let plainTokens: AddedTokenFinder
  private let normalizedTokens: AddedTokenFinder

  /// Longer pieces come again too seldom.
  private static let longestRemembered = 48
  /// Enough for all frequent pieces, small enough for a core's cache.
  private static let mostRemembered = 1 << 16
  /// Beyond, searching all neighbours for each merge would cost the square of the length.
  private static let longestSearched = 96

  package init(_ tokenizer: Tokenizer) {
    self.tokenizer = tokenizer
    cutter = tokenizer.preTokenizer.isGPT2 ? nil : PieceCutter(tokenizer.preTokenizer)
    func finder(_ isNormalized: Bool) -> AddedTokenFinder {
      AddedTokenFinder(
        tokenizer.addedTokens.filter { $0.isNormalized == isNormalized }
          .map { ($0, UInt32($0.id)) })
    }
    plainTokens = finder(false)
    normalizedTokens = finder(true)
  }

  package mutating func encode<Token: FixedWidthInteger>(
    _ text: some Sequence<UInt8>, into result: inout [Token]
  ) {
    let done: Void? = text.withContiguousStorageIfAvailable { encode($0, into: &result) }
    if done == nil { Array(text).withUnsafeBufferPointer { encode($0, into: &result) } }
  }

  package mutating func encode<Token: FixedWidthInteger>(
    _ text: UnsafeBufferPointer<UInt8>, into result: inout [Token]
  ) {
    guard !plainTokens.isEmpty else { return encodeNormalized(text, into: &result) }
    var parts: [(UnsafeBufferPointer<UInt8>, UInt32?)] = []
    plainTokens.forEachPart(of: text) { parts.append(($0, $1)) }
    for (between, token) in parts {
      encodeNormalized(between, into: &result)
      if let token { result.append(Token(truncatingIfNeeded: token)) }
    }
  }

  private mutating func encodeNormalized<Token: FixedWidthInteger>(
    _ text: UnsafeBufferPointer<UInt8>, into result: inout [Token]
  ) {
    if tokenizer.preTokenizer.composes, let composed = composed(text) {
      composed.withUnsafeBufferPointer { encodeTokens($0, into: &result) }
    } else {
      encodeTokens(text, into: &result)
    }
  }

  private mutating func encodeTokens<Token: FixedWidthInteger>(
    _ text: UnsafeBufferPointer<UInt8>, into result: inout [Token]
  ) {
    guard !normalizedTokens.isEmpty else { return encodePieces(text, into: &result) }
    var parts: [(UnsafeBufferPointer<UInt8>, UInt32?)] = []
    normalizedTokens.forEachPart(of: text) { parts.append(($0, $1)) }
    for (between, token) in parts {
      encodePieces(between, into: &result)
      if let token { result.append(Token(truncatingIfNeeded: token)) }
    }
  }

  private mutating func encodePieces<Token: FixedWidthInteger>(
    _ text: UnsafeBufferPointer<UInt8>, into result: inout [Token]
  ) {
    guard var cutter else {
      var scanner = PieceScanner(text)
      while let range = scanner.next() {
        append(UnsafeBufferPointer(rebasing: text[range]), to: &result)
      }
      return
    }
    // Taken out while it calls back.
    self.cutter = nil
    cutter.cut(text) { append($0, to: &result) }
    self.cutter = cutter
  }

  @inline(__always)
  private mutating func append<Token: FixedWidthInteger>(
    _ piece: UnsafeBufferPointer<UInt8>, to result: inout [Token]
  ) {
    guard piece.count <= Self.longestRemembered else {
      merge(piece)
      for symbol in symbols { result.append(Token(truncatingIfNeeded: symbol)) }
      return
    }
    let hash = PieceTable.hash(piece)
    if let index = pieces.find(piece, hash: hash) {
      let start = index == 0 ? 0 : ends[index - 1]
      // One by one: most pieces are one to three tokens.
      for place in start..<ends[index] {
        result.append(Token(truncatingIfNeeded: remembered[place]))
      }
    } else {
      merge(piece)
      for symbol in symbols { result.append(Token(truncatingIfNeeded: symbol)) }
      if pieces.count < Self.mostRemembered {
        _ = pieces.insert(piece, hash: hash)
        remembered.append(contentsOf: symbols)
        ends.append(remembered.count)
      }
    }
  }

  /// Makes `symbols` the tokens of one piece: the merge of least rank first, leftmost among equals.
  private mutating func merge(_ piece: UnsafeBufferPointer<UInt8>) {
    symbols.removeAll(keepingCapacity: true)
    if let whole = tokenizer.wholePieces?.find(piece, hash: PieceTable.hash(piece)) {
      symbols.append(whole)
      return
    }
    for byte in piece { symbols.append(tokenizer.byteTokens[Int(byte)]) }
    if piece.count > Self.longestSearched {
      mergeByHeap()
    } else {
      mergeBySearch()
    }
  }

  private func rank(_ left: UInt32, _ right: UInt32) -> Int {
    tokenizer.ranks.find(PairTable.key(left, right)) ?? Int.max
  }

  private mutating func mergeBySearch() {
    guard symbols.count > 1 else { return }
    pairRanks.removeAll(keepingCapacity: true)
    for index in 1..<symbols.count { pairRanks.append(rank(symbols[index - 1], symbols[index])) }
    while true {
      var best = Int.max
      var place = 0
      for index in pairRanks.indices where pairRanks[index] < best {
        best = pairRanks[index]
        place = index
      }
      guard best < Int.max else { return }
      symbols[place] = tokenizer.merges[best].result
      symbols.remove(at: place + 1)
      pairRanks.remove(at: place)
      if place > 0 { pairRanks[place - 1] = rank(symbols[place - 1], symbols[place]) }
      if place < pairRanks.count { pairRanks[place] = rank(symbols[place], symbols[place + 1]) }
    }
  }

  /// A pair that may still stand at `place` when its turn comes.
  private struct Candidate: Comparable {
    var rank: Int
    var place: Int

    static func < (a: Candidate, b: Candidate) -> Bool {
      a.rank != b.rank ? a.rank < b.rank : a.place < b.place
    }
  }

  private mutating func mergeByHeap() {
    let count = symbols.count
    // Neighbours of each symbol; a symbol that was merged into its left neighbour is `gone`.
    var next = Array(1...count)
    var previous = Array(-1..<count - 1)
    var gone = [Bool](repeating: false, count: count)
    var heap = BinaryHeap(
      (0..<count - 1).compactMap { place in
        let rank = rank(symbols[place], symbols[place + 1])
        return rank < Int.max ? Candidate(rank: rank, place: place) : nil
      })
    func candidate(_ place: Int) -> Candidate? {
      guard place >= 0, next[place] < count else { return nil }
      let rank = rank(symbols[place], symbols[next[place]])
      return rank < Int.max ? Candidate(rank: rank, place: place) : nil
    }
    while let best = heap.pop() {
      let place = best.place
      guard !gone[place], candidate(place) == best else { continue }
      let merged = next[place]
      symbols[place] = tokenizer.merges[best.rank].result
      gone[merged] = true
      next[place] = next[merged]
      if next[merged] < count { previous[next[merged]] = place }
      if let pair = candidate(previous[place]) { heap.push(pair) }
      if let pair = candidate(place) { heap.push(pair) }
    }
    symbols = symbols.indices.filter { !gone[$0] }.map { symbols[$0] }
  }
}
