import Corpora
import Foundation
import Numerics
import Storage
import Testing
import TextSources

struct TextList: DocumentSource {
  var texts: [(key: String, text: String)]

  func documents(_ body: (Document) throws -> Void) throws {
    for (key, text) in texts {
      try body(Document(source: "list", splitKey: key, text: Array(text.utf8)))
    }
  }

  func provenance() throws -> [Provenance] {
    let joined = texts.map { "\($0.key)\n\($0.text)\n" }.joined()
    return [
      Provenance(
        name: "list", version: nil, sha256: SHA256.hexadecimal(of: joined.utf8), license: "CC0-1.0",
        note: nil)
    ]
  }
}

/// Sentences that do not repeat.
func sentences(_ count: Int, stream: String) -> [String] {
  var generator = SeededGenerator(seed: 1, stream: stream)
  return (0..<count).map { _ in
    (0..<20).map { _ in String(generator.next() % 5000, radix: 36) }.joined(separator: " ") + "."
  }
}

extension SyntheticText {
  /// The same text at another size.
  func resized(bytesPerDomain: Int) -> SyntheticText {
    var copy = self
    copy.bytesPerDomain = bytesPerDomain
    return copy
  }

  /// The planted overlap of two domains: the share of sentences that they have in common, from 0 (nothing
  /// to learn from each other) to 1 (the same text). (domains, domains), symmetric.
  var overlap: [[Double]] {
    domains.map { a in
      domains.map { b in zip(a.shares, b.shares).reduce(0) { $0 + min($1.0, $1.1) } }
    }
  }
}

@Suite struct CorpusBuilderTests {
  static let small: SyntheticText = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try! SyntheticText.read(at: root.path + "/corpora/synthetic.json")
    return text.resized(bytesPerDomain: 60_000)
  }()

  static func settings(heldOutTokens: Int = 1000) -> CorpusSettings {
    var settings = CorpusSettings()
    settings.vocabularySize = 400
    settings.sampleBytes = 30_000
    settings.heldOutTokens = heldOutTokens
    settings.heldOutOnlyBytes = 20_000
    return settings
  }

  static func builder(
    _ domains: [(String, [(key: String, text: String)])], heldOutTokens: Int = 200
  ) -> CorpusBuilder {
    CorpusBuilder(
      name: "test", domains: domains.map { .init(name: $0.0, source: TextList(texts: $0.1)) },
      settings: settings(heldOutTokens: heldOutTokens))
  }

  /// The documents of a shard, as text.
  static func documents(_ shard: TokenShard, _ tokenizer: Tokenizer) -> [String] {
    shard.withTokens { tokens in
      tokens.split(separator: UInt16(tokenizer.endOfText)).map {
        String(decoding: tokenizer.decode($0), as: UTF8.self)
      }
    }
  }

  @Test("gives the same bytes for any number of workers")
  func givesTheSameBytesForAnyNumberOfWorkers() throws {
    let folder = try TemporaryFolder()
    let builder = CorpusBuilder(Self.small, settings: Self.settings())
    let one = try builder.build(at: folder.path + "/one", workers: 1)
    let three = try builder.build(at: folder.path + "/three", workers: 3)
    #expect(one.digest == three.digest && one.digest.count == 64)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path + "/one") {
      #expect(
        try readFile(at: folder.path + "/one/" + name)
          == readFile(at: folder.path + "/three/" + name))
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["one", "three"])
  }

  @Test("keeps all text each document on one side") func keepsAllTextEachDocumentOnOneSide() throws
  {
    let folder = try TemporaryFolder()
    let corpus = try CorpusBuilder(Self.small, settings: Self.settings())
      .build(at: folder.path + "/c", workers: 2)
    let tokenizer = try corpus.tokenizer()
    #expect(corpus.trainingDomains.map(\.name) == ["books", "web", "code", "papers", "chat"])
    #expect(corpus.domains.map(\.name).suffix(2) == ["reviews", "docs"])
    for (index, domain) in corpus.domains.enumerated() {
      let summary = domain.summary
      let heldOut = Self.documents(domain.heldOut, tokenizer)
      let training = domain.training.map { Self.documents($0, tokenizer) } ?? []
      let isDisjoint = Set(heldOut).isDisjoint(with: training)
      #expect(isDisjoint)
      #expect(training.count == summary.training.documents)
      #expect(heldOut.count == summary.heldOut.documents)
      #expect(heldOut.reduce(0) { $0 + $1.utf8.count } == summary.heldOut.bytes)
      #expect(domain.heldOut.count == summary.heldOut.tokens)
      #expect(domain.training?.count ?? 0 == summary.training.tokens)
      #expect(summary.bytesPerToken > 1.5 && summary.bytesPerToken < 6)
      #expect(summary.licences == ["CC0-1.0"])
      var written: Set<String> = []
      try Self.small.source(of: index).documents { written.insert($0.string) }
      if domain.isTrained {
        let isWhole = Set(training + heldOut) == written
        #expect(isWhole)
        #expect(domain.heldOut.count >= 1000)
        #expect(Double(summary.heldOut.bytes) <= 0.1 * Double(summary.bytes))
      } else {
        let isPart = written.isSuperset(of: heldOut)
        #expect(isPart && summary.heldOut.bytes <= 20_000)
      }
    }
    let windows = try HeldOutWindows(corpus: corpus, contextLength: 32, tokensPerDomain: 900)
    #expect(windows.byteCount(domain: 0) > 900)
  }

  @Test("holds out whole files and no file twice") func holdsOutWholeFilesAndNoFileTwice() throws {
    let lines = sentences(400, stream: "files")
    let folder = try TemporaryFolder()
    let texts = lines.enumerated().map { (key: "file \($0 / 5)", text: $1) }
    let corpus = try Self.builder([("a", texts)]).build(at: folder.path + "/c", workers: 1)
    let tokenizer = try corpus.tokenizer()
    let heldOut = Set(Self.documents(corpus.domains[0].heldOut, tokenizer))
    #expect(!heldOut.isEmpty)
    for start in stride(from: 0, to: 400, by: 5) {
      let count = lines[start..<start + 5].filter(heldOut.contains).count
      #expect(count == 0 || count == 5)
    }
    #expect(try CorpusRecord.read(in: folder.path + "/c").domains[0].unit == .file)
  }

  @Test("takes a stretch of each large file rather than a few files whole")
  func takesAStretchOfEachLargeFileRatherThanAFewFilesWhole() throws {
    // Forty files of three pieces, 4 kB each; 20 kB are asked for, a tenth of the text is the limit.
    let pieces = (0..<120).map { index in
      sentences(50, stream: "piece \(index)").joined(separator: "\n")
    }
    let texts = pieces.enumerated().map { (key: "file \($0 / 3)", text: $1) }
    let folder = try TemporaryFolder()
    let corpus = try Self.builder([("a", texts)], heldOutTokens: 4000)
      .build(at: folder.path + "/c", workers: 1)
    let tokenizer = try corpus.tokenizer()
    let heldOut = Self.documents(corpus.domains[0].heldOut, tokenizer)
    let trained = Set(Self.documents(corpus.domains[0].training!, tokenizer))
    var bytes: [Int: Int] = [:]
    for text in heldOut {
      let piece = try #require(pieces.firstIndex { $0.contains(text) })
      bytes[piece / 3, default: 0] += text.utf8.count
    }
    let total = bytes.values.reduce(0, +)
    #expect(bytes.count >= 3 && total > 14_000 && total <= 20_000)
    // None gives more than its share, and what is left of it is not trained on.
    #expect(bytes.values.allSatisfy { $0 <= 20_000 / bytes.count + 1 })
    for file in bytes.keys {
      #expect(pieces[file * 3..<file * 3 + 3].allSatisfy { !trained.contains($0) })
    }
    #expect(trained.count == 120 - 3 * bytes.count)
  }

  @Test("finds the share that brings all files to a sum")
  func findsTheShareThatBringsAllFilesToASum() {
    #expect(HeldOutSplit.largestShare(of: [10, 20, 30], giving: 60) == 30)
    #expect(HeldOutSplit.largestShare(of: [10, 20, 30], giving: 100) == 30)
    #expect(HeldOutSplit.largestShare(of: [30, 10, 20], giving: 50) == 20)
    #expect(HeldOutSplit.largestShare(of: [10, 20, 30], giving: 30) == 10)
    #expect(HeldOutSplit.largestShare(of: [10, 1000], giving: 100) == 90)
    #expect(HeldOutSplit.largestShare(of: [], giving: 100) == 0)
  }

  @Test("cuts stretches at line ends or between characters")
  func cutsStretchesAtLineEndsOrBetweenCharacters() {
    let lines = Array("one\ntwo\nthree\nfour\nfive\n".utf8)
    for key in UInt64(0)..<100 {
      let stretch = HeldOutSplit.stretch(of: lines, length: 12, key: key)
      #expect(stretch.count <= 12 && !stretch.isEmpty)
      #expect(stretch.lowerBound == 0 || lines[stretch.lowerBound - 1] == UInt8(ascii: "\n"))
      #expect(lines[stretch.upperBound - 1] == UInt8(ascii: "\n"))
    }
    let word = Array("äöüßéèêñ".utf8)
    for key in UInt64(0)..<100 {
      let stretch = HeldOutSplit.stretch(of: word, length: 5, key: key)
      #expect(stretch.count <= 6 && String(validating: word[stretch], as: UTF8.self) != nil)
    }
    #expect(HeldOutSplit.stretch(of: word, length: 16, key: 3) == 0..<16)
  }

  @Test("divides a single large file by its documents") func dividesASingleLargeFileByItsDocuments()
    throws
  {
    let folder = try TemporaryFolder()
    let texts = sentences(200, stream: "one").map { (key: "only", text: $0) }
    let corpus = try Self.builder([("a", texts)]).build(at: folder.path + "/c", workers: 1)
    #expect(corpus.domains[0].summary.heldOut.documents > 5)
    #expect(try CorpusRecord.read(in: folder.path + "/c").domains[0].unit == .document)
  }

  @Test("drops from the held out side what any domain trains on")
  func dropsFromTheHeldOutSideWhatAnyDomainTrainsOn() throws {
    let a = sentences(300, stream: "a")
    let b = sentences(300, stream: "b")
    // Every fifth document of b has a paragraph of a, or is one as a whole.
    let mixed = b.enumerated().map { index, text in
      index % 10 == 0 ? a[index] : index % 10 == 5 ? text + "\n\n" + a[index] + "\n" : text
    }
    func texts(_ list: [String], _ name: String) -> [(key: String, text: String)] {
      list.enumerated().map { ("\(name)\($0)", $1) }
    }
    let folder = try TemporaryFolder()
    let corpus = try Self.builder(
      [("a", texts(a, "a")), ("b", texts(mixed, "b"))], heldOutTokens: 1000
    ).build(at: folder.path + "/c", workers: 1)
    let tokenizer = try corpus.tokenizer()
    let trained = corpus.domains.flatMap { Self.documents($0.training!, tokenizer) }
    func paragraphs(_ text: String) -> [String] {
      text.components(separatedBy: "\n\n")
        .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { $0.utf8.count >= 80 }
    }
    let seen = Set(trained.flatMap(paragraphs))
    for domain in corpus.domains {
      let heldOut = Self.documents(domain.heldOut, tokenizer)
      let shared = heldOut.flatMap(paragraphs).filter(seen.contains)
      #expect(!heldOut.isEmpty && shared.isEmpty)
    }
    #expect(corpus.domains[1].summary.duplicatesDropped > 0)
  }

  @Test("compares whole documents where most repeat a paragraph")
  func comparesWholeDocumentsWhereMostRepeatAParagraph() throws {
    let licence = String(repeating: "Permission is granted to copy. ", count: 5)
    let texts = sentences(200, stream: "code").enumerated().map {
      (key: "\($0)", text: licence + "\n\n" + $1)
    }
    let folder = try TemporaryFolder()
    let corpus = try Self.builder([("code", texts)]).build(at: folder.path + "/c", workers: 1)
    #expect(corpus.domains[0].summary.heldOut.documents > 3)
    #expect(try CorpusRecord.read(in: folder.path + "/c").domains[0].comparison == .documents)
  }

  @Test("builds once from the same inputs and again from others")
  func buildsOnceFromTheSameInputsAndAgainFromOthers() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/c"
    func build(_ stream: String) throws -> (Corpus, [CorpusBuilder.Step]) {
      let texts = sentences(200, stream: stream).enumerated().map { (key: "\($0)", text: $1) }
      var steps: [CorpusBuilder.Step] = []
      let corpus = try Self.builder([("a", texts)]).build(at: path, workers: 1) { steps.append($0) }
      return (corpus, steps)
    }
    let (first, _) = try build("one")
    let (second, steps) = try build("one")
    #expect(second.digest == first.digest && steps == [.upToDate])
    let (third, others) = try build("two")
    #expect(third.digest != first.digest && !others.contains(.upToDate))
    // Damage is noticed, and mended by the same command.
    try replaceFile(at: path + "/a.training.tokens", with: Data(count: 100))
    #expect(throws: CorpusError.self) { try Corpus.open(at: path) }
    #expect(try build("two").0.digest == third.digest)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["c"])
  }

  @Test("leaves a folder alone that is no corpus") func leavesAFolderAloneThatIsNoCorpus() throws {
    let folder = try TemporaryFolder()
    try replaceFile(at: folder.path + "/thesis.txt", with: Data("mine".utf8))
    let texts = sentences(100, stream: "x").enumerated().map { (key: "\($0)", text: $1) }
    #expect(
      throws: CorpusError.occupied(path: folder.path, found: "a folder with 'thesis.txt'")
    ) {
      try Self.builder([("a", texts)]).build(at: folder.path, workers: 1)
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["thesis.txt"])
  }

  @Test("tells files of another corpus from its own") func tellsFilesOfAnotherCorpusFromItsOwn()
    throws
  {
    let folder = try TemporaryFolder()
    func build(_ name: String) throws -> String {
      let texts = sentences(200, stream: name).enumerated().map { (key: "\($0)", text: $1) }
      let path = folder.path + "/" + name
      _ = try Self.builder([("a", texts)]).build(at: path, workers: 1)
      return path
    }
    let one = try build("one")
    let two = try build("two")
    for file in ["a.training.tokens", "a.held-out.tokens", "tokenizer.json"] {
      let own = try readFile(at: one + "/" + file)
      try replaceFile(at: one + "/" + file, with: try readFile(at: two + "/" + file))
      do {
        _ = try Corpus.open(at: one)
        Issue.record("expected an error for \(file)")
      } catch {
        #expect("\(error)".contains("belongs to another corpus"))
      }
      try replaceFile(at: one + "/" + file, with: own)
    }
    _ = try Corpus.open(at: one)
    #expect(throws: CorpusError.notACorpus(path: "/nowhere", found: "no such folder")) {
      try Corpus.open(at: "/nowhere")
    }
  }

  @Test("says which domain is at fault") func saysWhichDomainIsAtFault() throws {
    let folder = try TemporaryFolder()
    let texts = sentences(100, stream: "x").enumerated().map { (key: "\($0)", text: $1) }
    func error(_ domains: [(String, [(key: String, text: String)])]) -> CorpusError? {
      do {
        _ = try Self.builder(domains).build(at: folder.path + "/c", workers: 1)
        return nil
      } catch { return error as? CorpusError }
    }
    #expect(error([("a", texts), ("a", texts)]) == .duplicateDomain("a"))
    #expect(error([("a//b", texts)]) == .domainName("a//b"))
    #expect(error([("a", texts), ("b", [("k", "")])]) == .emptyDomain(domain: "b"))
    #expect(
      error([("a", [("k", "one short text")])])
        == .cannotHoldOut(domain: "a", documents: 1, duplicates: 0))
    #expect(!fileExists(folder.path + "/c"))
  }
}
