import Foundation
import Storage

extension Tokenizer {
  /// Names of the token between documents, in the order that they are looked for.
  static let endOfTextNames = [
    endOfTextName, "<|end_of_text|>", "<|eos|>", "<|EOS|>", "</s>", "<eos>", "<EOS>", "[EOS]",
    "<｜end▁of▁sentence｜>", "<|im_end|>",
  ]

  /// Reads a `tokenizer.json` of a byte-level BPE, as GPT-2, GPT-NeoX, Llama 3, Qwen and OLMo have them.
  ///
  /// - Parameters:
  ///   - findsSpecialTokens: whether a text that spells out a special token becomes that token, as over
  ///     there by default. One that mixpipe wrote has none but the end of a text, and such a text stays
  ///     text.
  ///   - endOfText: the token that stands between documents, by name; the usual one if nil.
  /// - Throws: `StorageError` where there is no such file, ``CorpusError/tokenizer(path:found:)``
  ///   where it is of another kind.
  package init(
    at path: String, findsSpecialTokens: Bool = false, endOfText: String? = nil
  ) throws {
    try self.init(
      json: try readFile(at: path), path: path, findsSpecialTokens: findsSpecialTokens,
      endOfText: endOfText)
  }

  package init(
    json: Data, path: String, findsSpecialTokens: Bool = false, endOfText: String? = nil
  ) throws {
    func refuse(_ found: String) -> CorpusError { .tokenizer(path: path, found: found) }
    let file: TokenizerFile
    do {
      file = try JSONDecoder().decode(TokenizerFile.self, from: json)
    } catch {
      throw refuse(TokenizerFile.kind(of: json) ?? "no vocabulary with merges")
    }
    try file.check(refuse)
    let preTokenizer = try file.preTokenizerSteps(refuse)

    let added = file.addedTokens ?? []
    if let word = added.first(where: { $0.isWord == true }) {
      throw refuse("the added token '\(word.content)' that must be a word of its own")
    }
    let ids = file.model.vocabulary.values + added.map(\.id)
    if let id = ids.first(where: { !(0..<Self.largestVocabulary).contains($0) }) {
      throw refuse("the token number \(id)")
    }
    let names = endOfText.map { [$0] } ?? Self.endOfTextNames
    guard
      let (end, endName) = names.lazy.compactMap({ name -> (Int, String)? in
        let known = file.model.vocabulary[name].flatMap { id in
          added.contains { $0.id == id } ? nil : id
        }
        let id = added.first { $0.content == name }?.id ?? known
        return id.map { ($0, name) }
      }).first
    else {
      throw refuse("no token '\(names[0])' to end a text (--end-of-text names another)")
    }

    let count = (ids.max() ?? 0) + 1
    var tokens = [[UInt8]?](repeating: nil, count: count)
    for token in added { tokens[token.id] = Array(token.content.utf8) }
    let addedIDs = Set(added.map(\.id))
    for (name, id) in file.model.vocabulary where !addedIDs.contains(id) {
      guard tokens[id] == nil else { throw refuse("the token number \(id) twice") }
      if id == end { continue }
      guard let bytes = Self.bytes(of: name) else {
        throw refuse("the token '\(name)', which is not in the byte alphabet")
      }
      tokens[id] = bytes
    }
    tokens[end] = []
    let merging = try Self.merging(file.model, refuse)
    self.init(
      // Numbers that no token has are never made.
      tokens: tokens.map { $0 ?? [] }, merges: merging.merges, endOfText: UInt32(end),
      byteTokens: merging.byteTokens, preTokenizer: preTokenizer,
      addedTokens: added.filter { !$0.isSpecial || findsSpecialTokens },
      ignoresMerges: file.model.ignoresMerges == true,
      file: preTokenizer.isGPT2 && Self.isPlain(file, endName) ? nil : json,
      endOfTextName: endName)
  }

  /// Whether `json()` would write the same tokenizer.
  private static func isPlain(_ file: TokenizerFile, _ end: String) -> Bool {
    file.addedTokens?.count == 1 && end == endOfTextName && file.model.ignoresMerges != true
  }

  private static func merging(
    _ model: TokenizerFile.Model, _ refuse: (String) -> CorpusError
  ) throws -> (merges: [Merge], byteTokens: [UInt32]) {
    func token(_ name: some StringProtocol) throws -> UInt32 {
      guard let id = model.vocabulary[String(name)] else {
        throw refuse("a merge of '\(name)', which is no token")
      }
      return UInt32(id)
    }
    let byteTokens = try (0...255).map { byte in
      guard let id = model.vocabulary[String(Self.scalarOfByte[byte])] else {
        throw refuse("no token for the byte \(byte)")
      }
      return UInt32(id)
    }
    var merges: [Merge] = []
    var seen: Set<UInt64> = []
    for pair in model.merges {
      let merge = Merge(
        left: try token(pair.left), right: try token(pair.right),
        result: try token(pair.left + pair.right))
      guard seen.insert(PairTable.key(merge.left, merge.right)).inserted else {
        throw refuse("the merge of '\(pair.left)' and '\(pair.right)' twice")
      }
      merges.append(merge)
    }
    return (merges, byteTokens)
  }

  /// The bytes of a name in the byte alphabet; nil where it has another character.
  private static func bytes(of name: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    for scalar in name.unicodeScalars {
      guard let byte = byteOfScalar[scalar.value] else { return nil }
      bytes.append(byte)
    }
    return bytes
  }
}
