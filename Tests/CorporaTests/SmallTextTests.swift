import Foundation
import Numerics
import Storage
import Testing

@testable import Corpora
@testable import TextSources

/// Corpora of little text, text in one file, and text that comes twice.
@Suite struct SmallTextTests {
  private func build(
    _ texts: [(name: String, contents: Data)], settings: (inout CorpusSettings) -> Void = { _ in }
  ) throws -> (corpus: Corpus, domains: [CorpusRecord.Domain], folder: TemporaryFolder) {
    let folder = try TemporaryFolder()
    for text in texts {
      try replaceFile(at: folder.path + "/" + text.name, with: text.contents)
    }
    var own = CorpusBuilderTests.settings(heldOutTokens: 131_072)
    settings(&own)
    let builder = try CorpusBuilder(
      name: "mine",
      training: texts.map {
        DomainFiles(
          name: String($0.name.prefix { $0 != "." }), patterns: [folder.path + "/" + $0.name])
      }, settings: own)
    let corpus = try builder.build(at: folder.path + "/c", workers: 2)
    return (corpus, try CorpusRecord.read(in: folder.path + "/c").domains, folder)
  }

  // Blank lines all through it, newlines alone, and one line without end.
  @Test(
    "of a single file a tenth is held out, in stretches, and the rest stays one text",
    arguments: ["\n\n", "\n", " "], [60, 600, 3000])
  func ofASingleFileATenthIsHeldOutInStretchesAndTheRestStaysOneText(
    separator: String, count: Int
  ) throws {
    let text = sentences(count, stream: "story \(count)").joined(separator: separator)
    let (corpus, domains, folder) = try build([("story.txt", Data(text.utf8))])
    defer { withExtendedLifetime(folder) {} }
    let part = domains[0].summary
    let share = Double(part.heldOut.bytes) / Double(text.utf8.count)
    #expect(share > 0.075 && share <= 0.1)
    #expect(part.training.bytes + part.heldOut.bytes == text.utf8.count)
    let tokenizer = try corpus.tokenizer()
    let trained = CorpusBuilderTests.documents(corpus.domains[0].training!, tokenizer)
    let heldOut = CorpusBuilderTests.documents(corpus.domains[0].heldOut, tokenizer)
    #expect((trained + heldOut).allSatisfy { text.contains($0) })
    // Held-out stretches part the text; there are no other ends in it.
    #expect(trained.count <= heldOut.count + 1)
    #expect(heldOut.count >= min(count / 60, 5))
  }

  @Test("beside one huge document others stay in training too") func hugeDocument() throws {
    let huge = try encodeLine(["text": sentences(20_000, stream: "huge").joined(separator: " ")])
    let small = try sentences(300, stream: "small").map { try encodeLine(["text": $0]) }
    let all = ([huge] + small).reduce(into: Data()) { $0 += $1 }
    let (corpus, domains, folder) = try build([("mixed.jsonl", all)])
    defer { withExtendedLifetime(folder) {} }
    let trained = CorpusBuilderTests.documents(
      corpus.domains[0].training!, try corpus.tokenizer())
    #expect(trained.count >= 150)
    #expect(domains[0].summary.heldOut.bytes > 0)
  }

  @Test("text that is not UTF-8 is divided as any other")
  func latin1() throws {
    let text = sentences(1000, stream: "ä").joined(separator: "\n\n")
      .replacingOccurrences(of: "a", with: "ä")
    let (_, domains, _) = try build([("tail.txt", try #require(text.data(using: .isoLatin1)))])
    let part = domains[0].summary
    let share = Double(part.heldOut.bytes) / Double(part.bytes)
    #expect(share > 0.08 && share <= 0.1)
    #expect(part.fates!.undecodable > 0)
  }

  @Test("copies of a text are on one side, and hold out as much as without them")
  func copies() throws {
    let lines = try sentences(3000, stream: "twice").map { try encodeLine(["text": $0]) }
    let once = try build([("once.jsonl", lines.reduce(Data(), +))])
    for times in [2, 3] {
      let all = (0..<times).flatMap { _ in lines }.reduce(Data(), +)
      let (corpus, domains, folder) = try build([("twice.jsonl", all)])
      defer { withExtendedLifetime(folder) {} }
      let tokenizer = try corpus.tokenizer()
      let trained = Set(CorpusBuilderTests.documents(corpus.domains[0].training!, tokenizer))
      let heldOut = CorpusBuilderTests.documents(corpus.domains[0].heldOut, tokenizer)
      #expect(trained.isDisjoint(with: heldOut) && Set(heldOut).count == heldOut.count)
      let (more, before) = (domains[0].summary.heldOut.bytes, once.domains[0].summary.heldOut.bytes)
      #expect(abs(more - before) * 10 < before)
      let fates = domains[0].summary.fates!
      #expect(fates.repeated == 3000 * (times - 1))
      #expect(fates.training == times * trained.count)
      let dropped = try build([("twice.jsonl", all)]) { $0.dropsCopies = true }
      #expect(dropped.domains[0].summary.training.documents == trained.count)
      #expect(dropped.domains[0].summary.fates!.copies == 3000 * (times - 1))
    }
  }

  @Test("every document that was read is accounted for")
  func fates() throws {
    let good = try sentences(500, stream: "fates").map { try encodeLine(["text": $0]) }
    let odd = "{\"text\": null}\n{\"text\": \"\"}\n{\"no\": 1}\n\n"
    let folder = try TemporaryFolder()
    try replaceFile(at: folder.path + "/a.jsonl", with: good.reduce(Data(odd.utf8), +))
    try replaceFile(at: folder.path + "/b.jsonl", with: good.prefix(100).reduce(Data(), +))
    var options = ReadingOptions()
    options.skippedLines = 3
    options.shortest = 60
    let builder = try CorpusBuilder(
      name: "mine", training: [DomainFiles(name: "a", patterns: [folder.path + "/a.jsonl"])],
      heldOut: [DomainFiles(name: "b", patterns: [folder.path + "/b.jsonl"])], options: options,
      settings: CorpusBuilderTests.settings())
    _ = try builder.build(at: folder.path + "/c", workers: 1)
    for domain in try CorpusRecord.read(in: folder.path + "/c").domains {
      let fates = try #require(domain.summary.fates)
      let bad = fates.bad.reduce(0) { $0 + $1.count }
      #expect(
        fates.read == bad + fates.empty + fates.tooShort + fates.copies + fates.training
          + fates.heldOut + fates.leftOut)
      if domain.summary.isTrained {
        #expect(fates.bad.map(\.reason) == ["no key 'text'"] && fates.empty == 2)
        #expect(fates.bad[0].first.contains("line 3") && fates.read == 503)
      }
    }
  }
}
