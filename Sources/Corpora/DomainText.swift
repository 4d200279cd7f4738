import TextSources

/// One domain's documents while a corpus is built.
struct DomainText {
  let name: String
  let isTrained: Bool
  private(set) var documents: [[UInt8]] = []
  private(set) var entries: [HeldOutSplit.Entry] = []
  private(set) var training: [Int] = []
  private(set) var heldOut: [Int] = []
  /// What is measured on of each held-out document.
  private(set) var stretches: [Range<Int>] = []
  /// Documents of the held-out side that training has too.
  private(set) var dropped = 0
  private(set) var unit = HeldOutSplit.Unit.file
  private(set) var comparison: HeldOutSplit.Comparison

  init(reading domain: CorpusBuilder.Domain) throws {
    name = domain.name
    isTrained = domain.isTrained
    comparison = domain.comparison
    try domain.source.documents { document in
      guard !document.text.isEmpty else { return }
      entries.append(HeldOutSplit.Entry(document, index: documents.count))
      documents.append(document.text)
    }
    guard !documents.isEmpty else { throw CorpusError.emptyDomain(domain: name) }
  }

  /// More bytes than a token has as a rule, so that the tokens asked for are there.
  private static let bytesPerToken = 5
  /// Bytes that a file may give in any case: some windows' worth.
  private static let leastShare = 4096

  /// Divides all domains, and takes out of their held-out sides what any training side has.
  ///
  /// Where duplicates leave too little, more is held out and compared again.
  static func split(_ parts: inout [DomainText], settings: CorpusSettings) throws {
    let wanted = settings.heldOutTokens * bytesPerToken
    var asked = [Int](repeating: wanted, count: parts.count)
    for _ in 0..<4 {
      for index in parts.indices { parts[index].divide(bytes: asked[index], settings: settings) }
      let seen = trainingHashes(parts)
      for index in parts.indices { parts[index].dropDuplicates(seen) }
      var isEnough = true
      for index in parts.indices where parts[index].isTrained {
        let kept = parts[index].heldOutBytes
        let limit = Int(Double(parts[index].totalBytes) * settings.heldOutShare)
        if kept < wanted, asked[index] < limit {
          asked[index] = min(asked[index] + 2 * (wanted - kept), limit)
          isEnough = false
        }
      }
      if isEnough { break }
    }
    for index in parts.indices { parts[index].shorten(toBytes: wanted) }
    for part in parts {
      if part.heldOut.isEmpty || (part.isTrained && part.training.isEmpty) {
        throw CorpusError.cannotHoldOut(
          domain: part.name, documents: part.documents.count, duplicates: part.dropped)
      }
    }
  }

  private var totalBytes: Int { entries.reduce(0) { $0 + $1.bytes } }
  private var heldOutBytes: Int { heldOut.reduce(0) { $0 + entries[$1].bytes } }

  private mutating func divide(bytes: Int, settings: CorpusSettings) {
    let split =
      isTrained
      ? HeldOutSplit(
        entries: entries, bytes: bytes, limit: Int(Double(totalBytes) * settings.heldOutShare),
        most: max(bytes / settings.heldOutFiles, Self.leastShare))
      : HeldOutSplit(holdingOut: entries, limit: settings.heldOutOnlyBytes)
    (training, heldOut, unit) = (split.training, split.heldOut, split.unit)
  }

  /// Keeps of each held-out file what brings all to `bytes`: a few large files would otherwise be most of
  /// what the domain is measured on. What is left of them is on neither side.
  private mutating func shorten(toBytes bytes: Int) {
    guard isTrained else {
      stretches = heldOut.map { documents[$0].indices }
      return
    }
    let keys = heldOut.map { unit == .file ? entries[$0].key : entries[$0].ownKey }
    var sizes: [UInt64: Int] = [:]
    for (key, index) in zip(keys, heldOut) { sizes[key, default: 0] += entries[index].bytes }
    let share = max(
      HeldOutSplit.largestShare(of: Array(sizes.values), giving: bytes), Self.leastShare)
    stretches = zip(keys, heldOut).map { key, index in
      let text = documents[index]
      let size = sizes[key]!
      guard size > share else { return text.indices }
      // Each piece of a file gives as much of itself as the others do.
      let length = Int(Double(share) * Double(text.count) / Double(size))
      return HeldOutSplit.stretch(of: text, length: length, key: entries[index].ownKey)
    }
    let kept = heldOut.indices.filter { !stretches[$0].isEmpty }
    (heldOut, stretches) = (kept.map { heldOut[$0] }, kept.map { stretches[$0] })
  }

  /// The text of the held-out side.
  var heldOutTexts: [[UInt8]] {
    zip(heldOut, stretches).map { Array(documents[$0][$1]) }
  }

  private static func trainingHashes(_ parts: [DomainText]) -> Set<UInt64> {
    var seen: Set<UInt64> = []
    for part in parts {
      for index in part.training {
        seen.insert(part.entries[index].text)
        seen.formUnion(part.entries[index].paragraphs)
      }
    }
    return seen
  }

  private mutating func dropDuplicates(_ seen: Set<UInt64>) {
    func kept(_ comparison: HeldOutSplit.Comparison) -> [Int] {
      heldOut.filter { index in
        !seen.contains(entries[index].text)
          && (comparison == .documents || !entries[index].paragraphs.contains(where: seen.contains))
      }
    }
    var rest = kept(comparison)
    // Where most documents repeat a paragraph it is boilerplate, and says nothing of the rest.
    if comparison == .paragraphs, 2 * rest.count < heldOut.count {
      let whole = kept(.documents)
      if whole.count > rest.count {
        comparison = .documents
        rest = whole
      }
    }
    dropped = heldOut.count - rest.count
    heldOut = rest
  }
}
