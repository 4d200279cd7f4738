import Storage
import TextSources

/// One domain's documents while a corpus is built: the text in a spool, the rest in memory.
struct DomainText {
  let name: String
  let isTrained: Bool
  let spool: TextSpool
  private(set) var entries: [HeldOutSplit.Entry] = []
  private(set) var training: [Int] = []
  private(set) var heldOut: [Int] = []
  /// What is measured on of each held-out document, as bytes of it.
  private(set) var stretches: [Range<Int>] = []
  /// Documents of the held-out side that training has too.
  private(set) var dropped = 0
  private(set) var unit = HeldOutSplit.Unit.file
  private(set) var comparison: HeldOutSplit.Comparison
  private(set) var counts = ReadingCounts()
  /// Documents whose text an earlier document of the domain has.
  private(set) var copies = 0
  /// Whether an earlier document has the text of this one; empty where none has.
  private var isCopy: [Bool] = []
  /// Bytes that make one unit of the text: 4 where it is tokens.
  let unitBytes: Int

  /// - Parameter folder: where the spool is.
  init(
    reading domain: CorpusBuilder.Domain, in folder: String, dropsCopies: Bool = false
  ) throws {
    name = domain.name
    isTrained = domain.isTrained
    comparison = domain.comparison
    unitBytes = domain.unitBytes
    let spool = try TextSpool(in: folder)
    self.spool = spool
    var entries: [HeldOutSplit.Entry] = []
    var seen: Set<UInt64> = []
    var dropped = 0
    try domain.source.documents(counting: &counts) { document in
      guard !document.text.isEmpty else { return }
      let entry = HeldOutSplit.Entry(
        document, index: entries.count, isText: domain.unitBytes == 1)
      if dropsCopies, !seen.insert(entry.text).inserted {
        dropped += 1
        return
      }
      entries.append(entry)
      try spool.append(document.text)
    }
    counts.copies += dropped
    try spool.finish()
    guard !entries.isEmpty else { throw CorpusError.emptyDomain(domain: name) }
    self.entries = entries
    if !dropsCopies { joinCopies() }
  }

  /// Puts all documents of one text on one side of the split: that of the first of them.
  private mutating func joinCopies() {
    let order = entries.indices.sorted { (entries[$0].text, $0) < (entries[$1].text, $1) }
    var first = 0
    for place in order.indices.dropFirst() {
      let (original, index) = (order[first], order[place])
      guard entries[index].text == entries[original].text else {
        first = place
        continue
      }
      if isCopy.isEmpty { isCopy = [Bool](repeating: false, count: entries.count) }
      isCopy[index] = true
      copies += 1
      entries[index].key = entries[original].key
      entries[index].ownKey = entries[original].ownKey
    }
  }

  /// More bytes than a token has as a rule, so that the tokens asked for are there.
  private static let bytesPerToken = 5
  /// Bytes that a file may give in any case: some windows' worth.
  private static let leastShare = 4096

  /// Divides all domains, and takes out of their held-out sides what any training side has.
  ///
  /// Where duplicates leave too little, more is held out and compared again.
  ///
  /// - Parameter others: domains that are divided already, where some are added to a corpus.
  static func split(
    _ parts: inout [DomainText], settings: CorpusSettings, others: [DividedText] = [], workers: Int
  ) throws {
    let wanted = settings.heldOutTokens * bytesPerToken
    var asked = [Int](repeating: wanted, count: parts.count)
    for _ in 0..<4 {
      for index in parts.indices { parts[index].divide(bytes: asked[index], settings: settings) }
      let seen = TrainedText.hashes(in: parts, others: others, workers: workers)
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
    if !others.isEmpty {
      let measured = others.reduce(into: Set<UInt64>()) { $0.formUnion($1.heldOutHashes()) }
      for index in parts.indices { parts[index].keepFromTraining(measured) }
    }
    for index in parts.indices { parts[index].shorten(toBytes: wanted) }
    for part in parts {
      if part.heldOut.isEmpty || (part.isTrained && part.training.isEmpty) {
        throw CorpusError.cannotHoldOut(
          domain: part.name, documents: part.entries.count, duplicates: part.dropped)
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
      : HeldOutSplit(holdingOut: entries, limit: settings.heldOutOnlyBytes * unitBytes)
    (training, heldOut, unit) = (split.training, split.heldOut, split.unit)
    // Measuring the same text twice says nothing new.
    if !isCopy.isEmpty { heldOut = heldOut.filter { !isCopy[$0] } }
  }

  /// Keeps of each held-out file what brings all to `bytes`: a few large files would otherwise be most of
  /// what the domain is measured on. What is left of them is on neither side.
  private mutating func shorten(toBytes bytes: Int) {
    guard isTrained else {
      stretches = heldOut.map { 0..<entries[$0].bytes }
      return
    }
    let keys = heldOut.map { unit == .file ? entries[$0].key : entries[$0].ownKey }
    var sizes: [UInt64: Int] = [:]
    for (key, index) in zip(keys, heldOut) { sizes[key, default: 0] += entries[index].bytes }
    let share = max(
      HeldOutSplit.largestShare(of: Array(sizes.values), giving: bytes), Self.leastShare)
    stretches = zip(keys, heldOut).map { key, index in
      let count = entries[index].bytes
      let size = sizes[key]!
      guard size > share else { return 0..<count }
      // Each piece of a file gives as much of itself as the others do.
      let length = Int(Double(share) * Double(count) / Double(size))
      return HeldOutSplit.stretch(
        of: spool[index], length: length, key: entries[index].ownKey, unitBytes: unitBytes)
    }
    let kept = heldOut.indices.filter { !stretches[$0].isEmpty }
    (heldOut, stretches) = (kept.map { heldOut[$0] }, kept.map { stretches[$0] })
  }

  /// Leaves out of training what another domain measures on.
  private mutating func keepFromTraining(_ measured: Set<UInt64>) {
    training = training.filter { index in
      !measured.contains(entries[index].text)
        && (comparison == .documents
          || !paragraphs(of: index).contains(where: measured.contains))
    }
  }

  private mutating func dropDuplicates(_ seen: Set<UInt64>) {
    func kept(_ comparison: HeldOutSplit.Comparison) -> [Int] {
      heldOut.filter { index in
        !seen.contains(entries[index].text)
          && (comparison == .documents || !paragraphs(of: index).contains(where: seen.contains))
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

  /// The hashes of a document's long paragraphs; tokens have none.
  func paragraphs(of index: Int) -> [UInt64] {
    if unitBytes > 1 { return [] }
    return HeldOutSplit.longParagraphs(spool[index]).map(stableHash)
  }

  /// The texts of one side, in order: pieces of one document that follow each other are one again, as
  /// far as it is not too long to be handed over at once.
  func texts(ofTraining isTraining: Bool) -> [TextRun] {
    var runs: [TextRun] = []
    let indices = isTraining ? training : heldOut
    for (place, index) in indices.enumerated() {
      let range = isTraining ? 0..<entries[index].bytes : stretches[place]
      let start = (index == 0 ? 0 : spool.ends[index - 1]) + range.lowerBound
      let end = start + range.count
      if let last = runs.last, place > 0, indices[place - 1] == index - 1, entries[index].follows,
        last.range.upperBound == start
      {
        if end - last.range.lowerBound <= TextRun.longest {
          runs[runs.count - 1].range = last.range.lowerBound..<end
          continue
        }
        runs[runs.count - 1].isEnded = false
      }
      runs.append(TextRun(range: start..<end))
    }
    return runs
  }
}

/// A text to be encoded: bytes of a spool.
struct TextRun {
  static let longest = 1 << 20

  var range: Range<Int>
  /// Whether an end of text follows.
  var isEnded = true
}
