import Foundation
import Storage
import Testing

@testable import Corpora
@testable import TextSources

/// One domain of a corpus is added or built again; the rest stays.
@Suite struct CorpusAddingTests {
  private func lines(_ texts: [String]) throws -> Data {
    try texts.map { try encodeLine(["text": $0]) }.reduce(Data(), +)
  }

  private func builder(_ domains: [(String, String)], heldOut: [(String, String)] = []) throws
    -> CorpusBuilder
  {
    func files(_ list: [(String, String)]) -> [DomainFiles] {
      list.map { DomainFiles(name: $0.0, patterns: [$0.1]) }
    }
    return try CorpusBuilder(
      name: "t", training: files(domains), heldOut: files(heldOut),
      settings: CorpusBuilderTests.settings(heldOutTokens: 2000))
  }

  @Test("an added domain leaves the others' shards as they are and shares no text with them")
  func adding() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/c"
    let (a, b, c) = (
      sentences(400, stream: "a"), sentences(400, stream: "b"), sentences(400, stream: "c")
    )
    try replaceFile(at: folder.path + "/a.jsonl", with: lines(a))
    try replaceFile(at: folder.path + "/b.jsonl", with: lines(b))
    // A third of it is the first domain's text.
    try replaceFile(at: folder.path + "/c.jsonl", with: lines(a.prefix(200) + c))
    let before = try builder([
      ("a", folder.path + "/a.jsonl"), ("b", folder.path + "/b.jsonl"),
    ]).build(at: path, workers: 1)
    let after = try builder([("c", folder.path + "/c.jsonl")])
      .add(to: path, replaces: false, workers: 2)
    #expect(after.domains.map(\.name) == ["a", "b", "c"])
    #expect(after.domains[0].summary == before.domains[0].summary)
    #expect(after.domains[1].summary.digest == before.domains[1].summary.digest)
    #expect(after.digest != before.digest && after.vocabularySize == before.vocabularySize)
    let tokenizer = try after.tokenizer()
    func documents(_ shard: TokenShard) -> Set<String> {
      Set(CorpusBuilderTests.documents(shard, tokenizer))
    }
    let trained = after.domains.map { documents($0.training!) }
    let heldOut = after.domains.map { documents($0.heldOut) }
    for (index, part) in heldOut.enumerated() {
      for other in trained { #expect(part.isDisjoint(with: other), "\(after.domains[index].name)") }
    }
    #expect(!heldOut[2].isEmpty && trained[2].count > 350)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 4)
    #expect(throws: CorpusError.knownDomain("c")) {
      try builder([("c", folder.path + "/c.jsonl")]).add(to: path, replaces: false, workers: 1)
    }
    #expect(try Corpus.open(at: path).digest == after.digest)
  }

  @Test("a domain is built again from the files that it was built from")
  func rebuilding() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/c"
    try replaceFile(at: folder.path + "/a.jsonl", with: lines(sentences(300, stream: "a")))
    try replaceFile(at: folder.path + "/b.jsonl", with: lines(sentences(300, stream: "b")))
    try replaceFile(at: folder.path + "/h.jsonl", with: lines(sentences(100, stream: "h")))
    let before = try builder(
      [("a", folder.path + "/a.jsonl"), ("b", folder.path + "/b.jsonl")],
      heldOut: [("h", folder.path + "/h.jsonl")]
    ).build(at: path, workers: 1)
    let record = try CorpusRecord.read(in: path)
    let same = try CorpusBuilder(rebuilding: ["a"], of: record)
      .add(to: path, replaces: true, workers: 1)
    #expect(same.digest == before.digest)
    try replaceFile(at: folder.path + "/a.jsonl", with: lines(sentences(500, stream: "a")))
    let after = try CorpusBuilder(rebuilding: ["a"], of: record)
      .add(to: path, replaces: true, workers: 1)
    #expect(after.domains.map(\.name) == ["a", "b", "h"])
    #expect(after.domains[0].summary.documents == 500)
    #expect(after.domains[1].summary.digest == before.domains[1].summary.digest)
    #expect(throws: CorpusError.unknownDomain("x", known: ["a", "b", "h"])) {
      try CorpusBuilder(rebuilding: ["x"], of: record)
    }
    let synthetic = folder.path + "/s"
    _ = try CorpusBuilder(CorpusBuilderTests.small, settings: CorpusBuilderTests.settings())
      .build(at: synthetic, workers: 1)
    #expect(throws: CorpusError.noFiles(domain: "books")) {
      try CorpusBuilder(rebuilding: ["books"], of: try CorpusRecord.read(in: synthetic))
    }
  }
}
