import Storage

extension CorpusRecord {
  /// More than any corpus has, and far from where sums would trap.
  private static let mostTokens = 1 << 48

  /// Sees that what the file says can be: it may come from elsewhere.
  func check(path: String) throws(CorpusError) {
    func refuse(_ found: String) -> CorpusError { .damagedRecord(path: path, found: found) }
    guard (1...Tokenizer.largestVocabulary).contains(vocabularySize) else {
      throw refuse("a vocabulary of \(vocabularySize) tokens")
    }
    guard domains.contains(where: { $0.training != nil }) else {
      throw refuse("no training domain")
    }
    var names: Set<String> = []
    for domain in domains {
      let name = domain.summary.name
      guard Self.isAllowed(domain: name) else {
        throw refuse(
          "the domain name '\(visible(name))', with control characters or signs of mixtures")
      }
      guard names.insert(name).inserted else { throw refuse("the domain '\(name)' twice") }
      for part in [domain.summary.training, domain.summary.heldOut] {
        for count in [part.documents, part.bytes, part.tokens] {
          guard (0...Self.mostTokens).contains(count) else {
            throw refuse("the count \(count) in the domain '\(name)'")
          }
        }
      }
      guard domain.summary.isTrained == (domain.training != nil) else {
        throw refuse("the domain '\(name)' with and without training text")
      }
      for shard in [domain.training, domain.heldOut].compactMap(\.self) {
        guard !shard.file.contains("/"), !shard.file.hasPrefix(".") else {
          throw refuse("the shard '\(visible(shard.file))', which is not a file of its folder")
        }
      }
      guard domain.heldOut.tokens == domain.summary.heldOut.tokens,
        domain.training?.tokens ?? 0 == domain.summary.training.tokens
      else { throw refuse("two counts of tokens of the domain '\(name)'") }
    }
  }

  /// A name is part of conditions, mixtures, tables and pages; levels are divided by '/'.
  static func isAllowed(domain name: String) -> Bool {
    guard !name.isEmpty, name.utf8.count <= 200, name.first != "-", name.first != "@",
      name == visible(name), name.first?.isWhitespace == false, name.last?.isWhitespace == false
    else { return false }
    if name.contains(where: { "=,\"'`<>\\".contains($0) }) { return false }
    let levels = name.split(separator: "/", omittingEmptySubsequences: false)
    return levels.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// A domain's name as the beginning of a file's: what might be special is written as %XX.
  static func fileName(ofDomain name: String) -> String {
    var result = ""
    for byte in name.utf8 {
      let isPlain =
        (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "-")
        || byte == UInt8(ascii: "_")
      if isPlain {
        result.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return result
  }

  /// What in a folder is no part of a corpus, by name; nil where the folder holds no corpus at all.
  static func foreignFiles(in folder: String, _ names: [String]) -> [String]? {
    guard names.contains("corpus.json"),
      let record = try? decodeDocument(Marker.self, at: folder + "/corpus.json"),
      record.inputs.utf8.count == 64
    else { return nil }
    return names.filter { name in
      let isOwn =
        ["corpus.json", "tokenizer.json", "vocabulary.json", "lock"].contains(name)
        || name.hasSuffix(".training.tokens") || name.hasSuffix(".held-out.tokens")
        // What a killed build of an earlier version left.
        || (name.hasSuffix(".tmp") && name.contains(".tokens."))
      return !isOwn
    }.sorted()
  }

  /// What every version of `corpus.json` has.
  private struct Marker: Decodable {
    var format: Int
    var inputs: String
  }
}
