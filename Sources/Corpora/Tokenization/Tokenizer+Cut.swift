import Foundation

extension Tokenizer {
  /// The tokenizer with fewer tokens: a proxy model of some 100,000 parameters has no room for a row for
  /// each of 128,000.
  ///
  /// What is cut is always a whole's last merge, so that nothing is lost: a text that was one token is
  /// then the two or more that it was merged from, down to its bytes. A loss is therefore that of the
  /// whole text, and in bits for each byte it compares with that of any other vocabulary. Kept are the
  /// tokens that would come most often if nothing were merged beyond them, which includes what each
  /// kept token is made of.
  ///
  /// - Parameter counts: how often each token came in a sample, (vocabularySize).
  /// - Throws: `CorpusError.vocabularySize` where not even bytes fit.
  func cut(to size: Int, counts: [Int]) throws -> Tokenizer {
    guard size < vocabularySize || vocabularySize > Self.largestTrained else { return self }
    let needed: Set<UInt32> = Set(byteTokens).union([endOfText])
    guard size >= needed.count, size <= Self.largestTrained else {
      throw CorpusError.vocabularySize(
        asked: size, lowest: needed.count, highest: Self.largestTrained)
    }
    // From the last merge to the first: each token's count goes to its parts as well.
    var sums = counts
    var isMade = [Bool](repeating: false, count: vocabularySize)
    for merge in merges.reversed() where !isMade[Int(merge.result)] {
      isMade[Int(merge.result)] = true
      sums[Int(merge.left)] += sums[Int(merge.result)]
      sums[Int(merge.right)] += sums[Int(merge.result)]
    }
    let rankOfToken = Dictionary(
      merges.enumerated().map { ($1.result, $0) }, uniquingKeysWith: { first, _ in first })
    let candidates = tokens.indices.filter { id in
      !tokens[id].isEmpty && !needed.contains(UInt32(id))
        && (rankOfToken[UInt32(id)] != nil || wholePieces != nil
          || addedTokens.contains { $0.id == id && !$0.isSpecial })
    }
    let order = candidates.sorted {
      (-sums[$0], rankOfToken[UInt32($0)] ?? .max, $0)
        < (-sums[$1], rankOfToken[UInt32($1)] ?? .max, $1)
    }
    let kept = Set(order.prefix(size - needed.count).map { UInt32($0) }).union(needed)
    return try restricted(to: kept)
  }

  /// - Parameter kept: all bytes and the end of a text among them. Tokens keep their order and are
  ///   numbered anew.
  private func restricted(to kept: Set<UInt32>) throws -> Tokenizer {
    let ids = kept.sorted()
    let number = Dictionary(uniqueKeysWithValues: zip(ids, (0..<ids.count).map { UInt32($0) }))
    let keptMerges = merges.compactMap { merge -> Merge? in
      guard let left = number[merge.left], let right = number[merge.right],
        let result = number[merge.result]
      else { return nil }
      return Merge(left: left, right: right, result: result)
    }
    let added = addedTokens.compactMap { token -> AddedToken? in
      guard let id = number[UInt32(token.id)] else { return nil }
      var token = token
      token.id = Int(id)
      return token
    }
    return Tokenizer(
      tokens: ids.map { tokens[Int($0)] }, merges: keptMerges, endOfText: number[endOfText]!,
      byteTokens: byteTokens.map { number[$0]! }, preTokenizer: preTokenizer, addedTokens: added,
      ignoresMerges: wholePieces != nil,
      file: try file.map { try restrictedFile($0, number: number) }, endOfTextName: endOfTextName)
  }

  /// The `tokenizer.json` of fewer tokens: all else as it was, but for what names tokens by number.
  private func restrictedFile(_ file: Data, number: [UInt32: UInt32]) throws -> Data {
    guard var root = try? JSONSerialization.jsonObject(with: file) as? [String: Any],
      var model = root["model"] as? [String: Any],
      let vocabulary = model["vocab"] as? [String: Int]
    else { return file }
    var kept: [String: Int] = [:]
    for (name, id) in vocabulary {
      if let id = number[UInt32(id)] { kept[name] = Int(id) }
    }
    model["vocab"] = kept
    let merges = model["merges"] as? [Any] ?? []
    model["merges"] = merges.filter { entry in
      let sides =
        entry as? [String] ?? (entry as? String ?? "").split(separator: " ").map(String.init)
      return sides.count == 2 && kept[sides[0]] != nil && kept[sides[1]] != nil
        && kept[sides[0] + sides[1]] != nil
    }
    root["model"] = model
    let added = root["added_tokens"] as? [[String: Any]] ?? []
    root["added_tokens"] = added.compactMap { token -> [String: Any]? in
      guard let id = token["id"] as? Int, let new = number[UInt32(id)] else { return nil }
      var token = token
      token["id"] = Int(new)
      return token
    }
    // It puts tokens around a text by number, which only the end of a text is left of.
    root["post_processor"] = NSNull()
    return try JSONSerialization.data(
      withJSONObject: root, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
  }
}
