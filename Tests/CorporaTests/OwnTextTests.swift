import Corpora
import Foundation
import Storage
import Testing
import TextSources

@Suite struct UserTextTests {
  @Test("becomes a corpus of text files and lines") func becomesACorpusOfTextFilesAndLines() throws
  {
    let folder = try TemporaryFolder()
    try makeFolder(at: folder.path + "/texts/deep")
    for (index, text) in sentences(60, stream: "books").enumerated() {
      let place = index.isMultiple(of: 2) ? "/texts/" : "/texts/deep/"
      try replaceFile(at: folder.path + place + "\(index).txt", with: Data(text.utf8))
    }
    func lines(_ name: String) throws {
      let lines = try sentences(80, stream: name).map { try encodeLine(["body": $0]) }
      try replaceFile(at: folder.path + "/\(name).jsonl", with: lines.reduce(Data(), +))
    }
    try lines("chat")
    try lines("mail")
    let builder = try CorpusBuilder(
      name: "mine",
      training: [
        DomainFiles(parsing: "books=\(folder.path)/texts/*.txt"),
        DomainFiles(parsing: "chat=\(folder.path)/chat.jsonl"),
        DomainFiles(parsing: "books=\(folder.path)/texts/deep/**/*.txt"),
      ],
      heldOut: [DomainFiles(parsing: "mail=\(folder.path)/mail.jsonl")], textKey: "body",
      settings: CorpusBuilderTests.settings(heldOutTokens: 200))
    let corpus = try builder.build(at: folder.path + "/corpus", workers: 2)
    #expect(corpus.domains.map(\.name) == ["books", "chat", "mail"])
    #expect(corpus.domains.map(\.summary.documents) == [60, 80, 80])
    #expect(corpus.domains.map(\.isTrained) == [true, true, false])
    let record = try CorpusRecord.read(in: folder.path + "/corpus")
    #expect(record.domains[1].sources.map(\.name) == [folder.path + "/chat.jsonl"])
    #expect(record.domains.map(\.summary) == corpus.domains.map(\.summary))
  }

  @Test("must say which domain it is for") func mustSayWhichDomainItIsFor() throws {
    for text in ["books", "=a.txt", "books="] {
      #expect(throws: CorpusError.malformedDomain(text)) { try DomainFiles(parsing: text) }
    }
    let folder = try TemporaryFolder()
    try replaceFile(at: folder.path + "/a.txt", with: Data("text".utf8))
    let files = DomainFiles(name: "a", patterns: [folder.path + "/a.txt"])
    #expect(throws: CorpusError.duplicateDomain("a")) {
      try CorpusBuilder(name: "mine", training: [files], heldOut: [files])
    }
  }

  @Test("is described by files in corpora as well") func isDescribedByFilesInCorporaAsWell() throws
  {
    let folder = try TemporaryFolder()
    let path = folder.path + "/synthetic.json"
    try replaceFile(at: path, with: try encodeDocument(CorpusBuilderTests.small))
    let builder = try CorpusBuilder(manifestAt: path, cacheFolder: folder.path + "/cache")
    #expect(builder.domains.count == 7)
    #expect(builder.synthetic == CorpusBuilderTests.small)
  }
}
