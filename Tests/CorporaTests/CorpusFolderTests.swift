import Foundation
import Storage
import Testing

@testable import Corpora
@testable import TextSources

/// What stands where a corpus shall be, and what is left there.
@Suite struct CorpusFolderTests {
  private func build(_ path: String, stream: String = "one") throws -> Corpus {
    let texts = sentences(200, stream: stream).enumerated().map { (key: "\($0)", text: $1) }
    return try CorpusBuilderTests.builder([("a", texts)]).build(at: path, workers: 1)
  }

  private func names(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }

  @Test("folders and files of the user's beside a corpus are never touched")
  func neighbours() throws {
    let folder = try TemporaryFolder()
    for name in ["mine.old", "mine.partial"] {
      try makeFolder(at: folder.path + "/" + name)
      try replaceFile(at: folder.path + "/" + name + "/notes.txt", with: Data("precious".utf8))
    }
    _ = try build(folder.path + "/mine")
    _ = try build(folder.path + "/mine", stream: "two")
    #expect(try names(folder.path) == ["mine", "mine.old", "mine.partial"])
    #expect(try names(folder.path + "/mine.old") == ["notes.txt"])
    #expect(
      try names(folder.path + "/mine")
        == ["a.held-out.tokens", "a.training.tokens", "corpus.json", "tokenizer.json"])
  }

  @Test("a corpus with anything else in its folder is not replaced, and the file is named")
  func foreignFiles() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/mine"
    let first = try build(path)
    try makeFolder(at: path + "/runs")
    try replaceFile(at: path + "/my-notes.txt", with: Data("precious".utf8))
    // Nothing to replace, nothing to refuse.
    #expect(try build(path).digest == first.digest)
    do {
      _ = try build(path, stream: "two")
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".contains("'my-notes.txt', 'runs' beside the corpus"))
    }
    #expect(try names(path).contains("my-notes.txt") && names(path).contains("runs"))
    #expect(try names(folder.path) == ["mine"])
  }

  @Test("a slash at the end, a link and a file in the way")
  func spellings() throws {
    let folder = try TemporaryFolder()
    let digest = try build(folder.path + "/mine//").digest
    #expect(try names(folder.path) == ["mine"])
    #expect(try build(folder.path + "/mine").digest == digest)
    try makeFolder(at: folder.path + "/big")
    symlink(folder.path + "/big", folder.path + "/link")
    #expect(try build(folder.path + "/link").digest == digest)
    // Built or up to date, it is called as it was asked for.
    #expect(try build(folder.path + "/link/").folder == folder.path + "/link")
    #expect(try build(folder.path + "/link", stream: "two").digest != digest)
    #expect(try names(folder.path + "/big").contains("corpus.json"))
    var status = stat()
    #expect(lstat(folder.path + "/link", &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    symlink(folder.path + "/nowhere", folder.path + "/dangling")
    #expect(throws: CorpusError.self) { try build(folder.path + "/dangling") }
    try replaceFile(at: folder.path + "/file", with: Data("x".utf8))
    #expect(
      throws: CorpusError.occupied(
        path: try WorkFolder.resolved(folder.path + "/file"), found: "a file")
    ) { try build(folder.path + "/file") }
    #expect(try names(folder.path) == ["big", "dangling", "file", "link", "mine"])
  }

  @Test("what a killed build left is gone after the next, and two do not build at once")
  func leftovers() throws {
    let folder = try TemporaryFolder()
    let work = folder.path + "/.mine.mixpipe-build"
    try makeFolder(at: work + "/corpus")
    try replaceFile(at: work + "/corpus/a.training.tokens.77.tmp", with: Data("half".utf8))
    _ = try build(folder.path + "/mine")
    #expect(try names(folder.path) == ["mine"])
    #expect(try names(folder.path + "/mine").count == 4)
    let other = try WorkFolder(for: folder.path + "/mine")
    #expect(throws: StorageError.self) { try build(folder.path + "/mine", stream: "two") }
    withExtendedLifetime(other) {}
  }

  @Test("a folder whose corpus.json is another's is not taken for a corpus")
  func otherRecords() throws {
    let folder = try TemporaryFolder()
    let text = #"{"format": "corpus of my thesis"}"#
    try replaceFile(at: folder.path + "/corpus.json", with: Data(text.utf8))
    #expect(throws: CorpusError.self) { try build(folder.path) }
    #expect(try names(folder.path) == ["corpus.json"])
  }

  @Test(
    "domains are called as the user calls them",
    arguments: [
      "c++", "c#", ".net", "Common Crawl", "web (2021)", "web/health", "dclm:health", "C", "日本語",
      "a%b",
    ])
  func domainsAreCalledAsTheUserCallsThem(name: String) throws {
    let folder = try TemporaryFolder()
    let texts = sentences(200, stream: name).enumerated().map { (key: "\($0)", text: $1) }
    let corpus = try CorpusBuilderTests.builder([(name, texts), ("c", texts.reversed())])
      .build(at: folder.path + "/c", workers: 1)
    #expect(corpus.domains.map(\.name) == [name, "c"])
    #expect(try Corpus.open(at: folder.path + "/c").domains[0].name == name)
    #expect(try names(folder.path + "/c").count == 6)
  }

  @Test(
    "names that conditions and mixtures could not hold are refused",
    arguments: [
      "", "a=b", "a,b", "a\u{1b}[2J", "a\nb", " a", "a ", "/a", "a/", "a//b", "../a", "-a", "a\"b",
    ])
  func namesThatConditionsAndMixturesCouldNotHoldAreRefused(name: String) {
    #expect(!CorpusRecord.isAllowed(domain: name))
    #expect(!CorpusError.domainName(name).description.contains("\u{1b}"))
  }

  /// `corpus.json` with one thing changed, its digest made right again.
  private func changed(_ change: (inout CorpusRecord) -> Void) throws -> String {
    let folder = try TemporaryFolder()
    let path = folder.path + "/c"
    _ = try build(path)
    var record = try CorpusRecord.read(in: path)
    change(&record)
    record.digest = CorpusRecord.digest(tokenizer: record.tokenizer, domains: record.domains)
    try replaceFile(at: path + "/corpus.json", with: try encodeDocument(record))
    do {
      _ = try Corpus.open(at: path)
      return "no error"
    } catch { return "\(error)" }
  }

  @Test("a corpus from elsewhere that cannot be is refused in one line")
  func damagedRecords() throws {
    #expect(try changed { _ in } == "no error")
    let cases: [(String, (inout CorpusRecord) -> Void)] = [
      ("no training domain", { $0.domains = [] }),
      ("no training domain", { $0.domains[0].training = nil }),
      ("\(Int.max)", { $0.domains[0].summary.training.tokens = .max }),
      ("-1", { $0.domains[0].summary.heldOut.bytes = -1 }),
      ("control characters", { $0.domains[0].summary.name = "b\u{1b}[2J\nx" }),
      ("not a file of its folder", { $0.domains[0].heldOut.file = "../../etc/passwd" }),
      ("two counts", { $0.domains[0].summary.training.tokens += 1 }),
      ("a vocabulary of 0", { $0.vocabularySize = 0 }),
    ]
    for (wanted, change) in cases {
      let found = try changed(change)
      #expect(found.contains(wanted), "\(found)")
      #expect(!found.contains("\n") && !found.contains("\u{1b}"))
    }
  }

  @Test("tokens beyond the vocabulary are found however right the checksum is")
  func foreignTokens() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.tokens"
    var tokens = [UInt16](repeating: 5, count: 999)
    tokens[500] = 300
    try TokenShard(tokens: tokens, vocabularySize: 300).write(to: path)
    #expect(throws: CorpusError.shardToken(path: path, found: 300, vocabulary: 300)) {
      try TokenShard(at: path)
    }
  }

  @Test("a shard written in pieces is the one written at once")
  func pieces() throws {
    let folder = try TemporaryFolder()
    let tokens = (0..<2_100_001).map { UInt16(truncatingIfNeeded: $0 &* 7919) % 900 }
    let whole = folder.path + "/whole"
    let sha256 = try TokenShard(tokens: tokens, vocabularySize: 900).write(to: whole)
    for size in [1_048_575, 100_003, 2_100_001] {
      let path = folder.path + "/pieces"
      var writer = try ShardWriter(path: path, vocabularySize: 900)
      var start = 0
      while start < tokens.count {
        try writer.append(Array(tokens[start..<min(start + size, tokens.count)]))
        start += size
      }
      #expect(try writer.finish().sha256 == sha256)
      #expect(try readFile(at: path) == readFile(at: whole))
    }
  }
}
