import Corpora
import Foundation
import Storage
import Testing
import TextSources

@Suite struct SyntheticTextTests {
  let text = CorpusBuilderTests.small

  func words(_ domain: Int) throws -> [Substring: Double] {
    var all: [UInt8] = []
    try text.source(of: domain).documents { all += $0.text + [32] }
    let words = String(decoding: all, as: UTF8.self).split { !$0.isLetter }
    return Dictionary(words.map { ($0, 1 / Double(words.count)) }, uniquingKeysWith: +)
  }

  @Test("has the overlap that its description says") func hasTheOverlapThatItsDescriptionSays() {
    let names = text.domains.map(\.name)
    func overlap(_ a: String, _ b: String) -> Double {
      text.overlap[names.firstIndex(of: a)!][names.firstIndex(of: b)!]
    }
    for (a, b, share) in [
      ("books", "web", 0.5), ("web", "chat", 0.5), ("books", "chat", 0.35), ("papers", "web", 0.3),
      ("code", "papers", 0.3), ("code", "web", 0.25), ("papers", "books", 0.2),
      ("papers", "chat", 0.2), ("code", "books", 0.15), ("code", "chat", 0.15),
    ] {
      #expect(abs(overlap(a, b) - share) < 1e-9)
      #expect(overlap(a, b) == overlap(b, a))
      #expect(overlap(a, a) == 1)
    }
  }

  @Test("shares words between domains as planted") func sharesWordsBetweenDomainsAsPlanted() throws
  {
    let frequencies = try text.domains.indices.map(words)
    for a in text.domains.indices {
      for b in text.domains.indices where a < b {
        let shared = frequencies[a].reduce(0) { $0 + min($1.value, frequencies[b][$1.key] ?? 0) }
        // Short texts have not all words of a topic in common yet, and some words twice by chance.
        #expect(abs(shared - text.overlap[a][b]) < 0.15)
      }
    }
  }

  @Test("is the same each time and another for another seed")
  func isTheSameEachTimeAndAnotherForAnotherSeed() throws {
    func first(_ text: SyntheticText) throws -> [Document] {
      var documents: [Document] = []
      try text.source(of: 1).documents { documents.append($0) }
      return documents
    }
    let documents = try first(text)
    #expect(try first(text) == documents)
    var other = text
    other.seed += 1
    #expect(try first(other) != documents)
    #expect(try text.source(of: 1).provenance() != other.source(of: 1).provenance())
    let bytes = documents.reduce(0) { $0 + $1.text.count }
    #expect(bytes >= text.bytesPerDomain && bytes < text.bytesPerDomain + 8000)
  }

  @Test("has a paragraph in each document, however short they are to be")
  func hasAParagraphInEachDocumentHoweverShortTheyAreToBe() throws {
    for length in 1...3 {
      var short = text
      short.bytesPerDocument = length
      short.bytesPerDomain = 2000
      var documents = 0
      try short.source(of: 0).documents {
        #expect($0.text.contains { $0 > 32 })
        documents += 1
      }
      #expect(documents > 2)
    }
  }

  @Test(
    "refuses lengths that no text has",
    arguments: [
      (\SyntheticText.bytesPerDocument, 1 << 31), (\.bytesPerDocument, .max),
      (\.bytesPerDomain, .max), (\.bytesPerDocument, 0), (\.bytesPerDomain, -1),
    ] as [(WritableKeyPath<SyntheticText, Int> & Sendable, Int)])
  func refusesLengthsThatNoTextHas(
    field: WritableKeyPath<SyntheticText, Int> & Sendable, value: Int
  ) throws {
    let folder = try TemporaryFolder()
    var wrong = text
    wrong[keyPath: field] = value
    let path = folder.path + "/wrong.json"
    try replaceFile(at: path, with: try encodeDocument(wrong))
    #expect {
      _ = try SyntheticText.read(at: path)
    } throws: {
      "\($0)".contains(value > 0 ? "of \(value) bytes, expected" : "a length of zero or less")
    }
  }

  @Test("refuses shares that do not sum to one") func refusesSharesThatDoNotSumToOne() throws {
    let folder = try TemporaryFolder()
    var wrong = text
    wrong.domains[0].shares[0] += 0.1
    let path = folder.path + "/wrong.json"
    try replaceFile(at: path, with: try encodeDocument(wrong))
    do {
      _ = try SyntheticText.read(at: path)
      Issue.record("expected an error")
    } catch {
      #expect("\(error)".contains("'books' sum to 1.1"))
    }
  }
}
