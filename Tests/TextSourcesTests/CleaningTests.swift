import Testing

@testable import TextSources

private func clean(_ text: String) -> String {
  String(decoding: cleaned(Array(text.utf8)), as: UTF8.self)
}

@Suite struct CleaningTests {
  @Test(
    "repairs lines spaces and controls",
    arguments: [
      ("a\r\nb\rc\n", "a\nb\nc"), ("a  \t\nb", "a\nb"), ("\n\n a\n\n\n\nb", " a\n\nb"),
      ("a\u{a0}b\u{ad}c\u{feff}d\u{85}e\u{7f}f\u{0}g\u{fffd}", "a bcdefg"),
      ("tab\tstays", "tab\tstays"), ("äöü €\u{10ffff}", "äöü €\u{10ffff}"), ("", ""), ("\n \n", ""),
      ("end\n  ", "end"),
    ])
  func repairsLinesSpacesAndControls(dirty: String, expected: String) {
    #expect(clean(dirty) == expected)
  }

  @Test("drops what is no UTF8") func dropsWhatIsNoUTF8() {
    // A lone continuation, an overlong slash, a surrogate, beyond Unicode, a cut sequence.
    let bytes: [[UInt8]] = [
      [0x80], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82],
    ]
    for invalid in bytes { #expect(cleaned([97] + invalid + [98]) == [97, 98]) }
    #expect(cleaned([97, 0xe2, 0x82]) == [97])
  }

  @Test("drops lines that most pages have") func dropsLinesThatMostPagesHave() {
    var navigation = NavigationLines()
    let pages = (0..<40).map { Array("Home | Index\nPage \($0)\n\n  Home | Index".utf8) }
    for page in pages { navigation.count(page) }
    #expect(navigation.removed(from: pages[7]) == Array("Page 7\n".utf8))
    #expect(navigation.removed(from: Array("Home | Index".utf8)) == [])
    // Twelve pages are not enough.
    var few = NavigationLines()
    for page in pages[..<12] { few.count(page) }
    #expect(few.removed(from: pages[7]) == pages[7])
  }

  @Test("drops page links but keeps words that begin alike")
  func dropsPageLinksButKeepsWordsThatBeginAlike() {
    let text = "Next: Foo, Previous: Bar\n  Up\nNextcloud\nTitle\u{b6}\nUp to you"
    let kept = String(decoding: withoutPageLinks(Array(text.utf8)), as: UTF8.self)
    #expect(kept == "\n\nNextcloud\nTitle\n")
  }

  @Test("keeps the first of equal paragraphs and documents")
  func keepsTheFirstOfEqualParagraphsAndDocuments() {
    var repetitions = Repetitions()
    let long = String(repeating: "long paragraph ", count: 6)
    func pass(_ text: String) -> String {
      String(decoding: repetitions.removeParagraphs(from: Array(text.utf8)), as: UTF8.self)
    }
    #expect(pass("short\n\n\(long)\n\nshort") == "short\n\n\(long)\n\nshort")
    #expect(pass("\(long)\n\nshort\n\n  \(long)\n\nend") == "short\n\nend")
    let documents: [[UInt8]] = [[1, 2, 3], [1, 2, 4], [1, 2, 3]]
    #expect(documents.map { repetitions.isNew($0) } == [true, true, false])
  }

  @Test("cuts at blank lines only") func cutsAtBlankLinesOnly() {
    let text = Array("aaaa\n\nbbbb\n\ncc\n\ndddddddd\n\ne".utf8)
    let pieces = piecesAtBlankLines(text, size: 10).map { String(decoding: $0, as: UTF8.self) }
    #expect(pieces == ["aaaa\n\nbbbb", "cc\n\ndddddddd", "e"])
    #expect(Array(pieces.joined(separator: "\n\n").utf8) == text)
    #expect(piecesAtBlankLines([], size: 10) == [[]])
  }
}

@Suite struct DocumentsOfAPackageTests {
  private func documents(
    _ texts: [String], cleaning: ManifestSource.Cleaning = .init(), rule: ExtractionRule = .html
  ) throws -> [Document] {
    let source = ManifestSource(
      kind: .deb, package: "p", version: "1", sha256: "", files: ["*"], rule: rule, license: "MIT",
      cleaning: cleaning)
    let files = texts.enumerated().map { i, text in
      PackageFile(name: "\(i)") { Array(text.utf8) }
    }
    var repetitions = Repetitions()
    var all: [Document] = []
    var counts = ReadingCounts()
    try PackageDocuments.documents(of: source, in: files, &repetitions, counting: &counts) {
      all.append($0)
    }
    return all
  }

  @Test("are neither short nor equal nor very long") func areNeitherShortNorEqualNorVeryLong()
    throws
  {
    let sentence = String(repeating: "A sentence of some words. ", count: 10)
    #expect(try documents(["too short", sentence, sentence]).map(\.splitKey) == ["p/1"])
    let long = (0..<300).map { "<p>\($0) \(sentence)</p>" }.joined()
    let pieces = try documents([long])
    #expect(pieces.count == 3)
    // The pieces of one file stay on one side of the split.
    #expect(Set(pieces.map(\.splitKey)) == ["p/0"])
    #expect(pieces.allSatisfy { $0.text.count < 48_000 })
  }

  @Test("keep repeated paragraphs where asked to") func keepRepeatedParagraphsWhereAskedTo() throws
  {
    let header = String(repeating: "int shared_line_of_code; ", count: 10)
    let texts = ["\(header)\n\nint a;", "\(header)\n\nint b;"]
    #expect(try documents(texts, rule: .code).count == 1)
    #expect(
      try documents(texts, cleaning: .init(repeatedParagraphs: false), rule: .code).count == 2)
  }

  @Test("that a package does not have are missed") func thatAPackageDoesNotHaveAreMissed() throws {
    let archive = try PackageArchive(tar: gunzip(Streams.gnuTar))
    func files(_ globs: [String], _ exclude: [String]) throws -> [String] {
      try PackageDocuments.files(
        of: ManifestSource(
          kind: .deb, package: "p", version: "1", sha256: "", files: globs, exclude: exclude,
          rule: .html, license: "MIT"), in: archive
      ).map(\.name)
    }
    #expect(try files(["**/*.txt"], ["a/**"]) == ["b.txt"])
    #expect(throws: TextSourceError.nothingTaken(package: "p", globs: ["*.html"])) {
      try files(["*.html"], [])
    }
  }
}
