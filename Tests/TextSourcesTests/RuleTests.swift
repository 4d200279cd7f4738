import Storage
import Testing

@testable import TextSources

private func string(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

private func extract(
  _ rule: ExtractionRule, _ files: [(String, [UInt8])]
) throws -> [(key: String, text: String)] {
  var found: [(key: String, text: String)] = []
  try rule.extract(files.map { file in PackageFile(name: file.0) { file.1 } }) {
    found.append(($0, string($1)))
  }
  return found
}

private func extract(_ rule: ExtractionRule, _ text: String) throws -> [String] {
  try extract(rule, [("f", Array(text.utf8))]).map(\.text)
}

@Suite struct HTMLTests {
  @Test(
    "becomes text",
    arguments: [
      ("<p>One</p><p>two", "\nOne\n\ntwo"), ("a\n  b<!-- <p> --> c", "a b c"),
      ("<HEAD><title>x</title></HEAD>y", "y"), ("<script>if (a<b) {}</script >t", "t"),
      ("<header>x</header>y<heading>z", "yz"), ("<nav>never closed", "never closed"),
      ("<td>1</td><td>2</TD>", "1\t2\t"), ("a<br/>b<BR>c", "a\nb\nc"),
      ("<pre>  x\n  y</pre>  z  ", "\n  x\n  y\n z "), ("<b>bo</b>ld <a\nhref='>", "bold "),
      ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"), ("x<>y<", "x<>y<"),
      ("&lt;p&gt; &amp;amp; &auml;&mdash;&#65;&#x42;&#128;", "<p> &amp; ä—AB€"),
      ("&copy 1 &notit; &nosuch; &; &#; &ampx", "© 1 ¬it; &nosuch; &; &#; &x"),
      ("&#0;&#xd800;&#99999999;", "\u{fffd}\u{fffd}\u{fffd}"),
      ("a\u{a0} \u{2003}b", "a b"),
    ])
  func becomesText(html: String, expected: String) {
    #expect(string(HTMLText.text(of: Array(html.utf8))) == expected)
  }
}

@Suite struct TablesTests {
  private func rows(_ text: String) throws -> [[String]] {
    var reader = CSVReader(Array(text.utf8))
    var rows: [[String]] = []
    while let row = try reader.next() { rows.append(row.map(string)) }
    return rows
  }

  @Test(
    "follow RFC 4180",
    arguments: [
      ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]), ("a,b\r\n\r\n1,2", [["a", "b"], ["1", "2"]]),
      ("\"x, \"\"y\"\"\r\nz\",2", [["x, \"y\"\r\nz", "2"]]), (",\n,,", [["", ""], ["", "", ""]]),
      ("a\"b\",\"c\"d", [["a\"b\"", "cd"]]), ("\"\",\"\"", [["", ""]]), ("", []),
      ("\u{feff}a\rb", [["a"], ["b"]]), ("a,", [["a", ""]]),
    ])
  func followRFC4180(text: String, expected: [[String]]) throws {
    #expect(try rows(text) == expected)
  }

  @Test("tell where a quotation does not end") func tellWhereAQuotationDoesNotEnd() {
    #expect(
      throws: CSVReader.Problem(
        line: 3, reason: "expected '\"' to end the field that begins here")
    ) { try rows("a\n\"1\"\nx,\"y\nz") }
  }

  @Test("tell which column is missing") func tellWhichColumnIsMissing() {
    let error = message(of: { try extract(.reviewTable, "a,text\n1,2\n") })
    #expect(error.contains("expected a column 'source', found a, text"))
  }
}

@Suite struct ExtractionTests {
  @Test(
    "takes the marks off markdown",
    arguments: [
      ("see [the *words*](http://x/y) now", "see the words now"), ("a [b] (c)", "a [b] (c)"),
      ("**bold** and _it_ and ***both***", "bold and it and *both*"), ("2 * 3 * 4", "2 * 3 * 4"),
      ("*open", "*open"), ("**bold **x", "boldx"),
    ])
  func takesTheMarksOffMarkdown(markdown: String, expected: String) throws {
    #expect(try extract(.markdown, markdown) == [expected])
  }

  @Test("reads character vectors of r") func readsCharacterVectorsOfR() throws {
    let vectors = try RData.characterVectors(Streams.rdb).map { $0.map(string) }
    #expect(vectors == [["one", "zwölf"], ["three"]])
    #expect(throws: InflateError.self) {
      try RData.characterVectors(Array(Streams.rdb.dropLast(5)))
    }
  }

  @Test("cuts novels at their chapters") func cutsNovelsAtTheirChapters() {
    let line = Array(String(repeating: "x", count: 999).utf8)
    let novel =
      [Array("TITLE".utf8)] + Array(repeating: line, count: 60) + [Array("CHAPTER I".utf8)]
      + Array(repeating: line, count: 60)
    let chapters = chapters(ofNovel: novel)
    #expect(chapters.count == 2)
    #expect(string(chapters[1]).hasPrefix("CHAPTER I\nxxx"))
    #expect(TextSources.chapters(ofNovel: [line]).isEmpty)
  }

  @Test("reads the blocks of SWORD") func readsTheBlocksOfSWORD() throws {
    // A stored zlib stream by hand: its checksum is `adler32` of the text.
    let text = Array(
      ("<div><title>Genesis</title><chapter osisID=\"G.1\" sID=\"1\"/>"
        + "<verse>In the  beginning<note>Or not</note></verse> <lb/> <w>God</w> &amp; all."
        + "<chapter eID=\"1\"/><chapter sID=\"2\"/>Two.").utf8)
    var adler = Adler32()
    text.withUnsafeBytes { adler.update($0) }
    let count = UInt8(text.count & 0xff)
    let high = UInt8(text.count >> 8)
    let zlib: [UInt8] =
      [0x78, 0x01, 1, count, high, ~count, ~high] + text
      + withUnsafeBytes(of: adler.value.bigEndian, Array.init)
    let index: [UInt8] =
      [0, 0, 0, 0, UInt8(zlib.count & 0xff), UInt8(zlib.count >> 8), 0, 0] + [0, 0, 0, 0]
    let found = try extract(.sword, [("ot.bzs", index), ("ot.bzz", zlib)])
    #expect(found.map(\.text) == ["In the beginning\nGod & all.", "Two."])
    #expect(found.map(\.key) == ["ot.bzz#1", "ot.bzz#2"])
    #expect(throws: TextSourceError.self) { try extract(.sword, [("ot.bzs", index)]) }
  }

  @Test("reads manual pages") func readsManualPages() throws {
    let page = """
      .\\" comment
      .TH LS 1
      .SH NAME
      ls \\- list
      \\fBfiles\\fP \\(lqnow\\(rq
      .PP
      .BR cat (1),
      .I "some words"
      .sp 2
      \\s-1SMALL\\s0 \\[u00FC] x\\e\\&y
      .SH COPYRIGHT
      somebody
      """
    #expect(
      try extract(.roff, page) == [
        "\nNAME\n\nls - list files \"now\"\n\ncat(1), some words\n\nSMALL ü x\\y\n"
      ])
  }

  @Test("takes the licence off code") func takesTheLicenceOffCode() throws {
    let body = (0..<20).map { "let value\($0) = compute();" }.joined(separator: "\n")
    let license = "/* Copyright 2020\n all rights reserved */\n// SPDX-License-Identifier: MIT\n"
    #expect(try extract(.code, license + body) == [body])
    #expect(try extract(.code, "#!/bin/sh\n# License: GPL\n#\nx=1\n" + body) == ["x=1\n" + body])
    #expect(try extract(.code, "// What it does.\n" + body) == ["// What it does.\n" + body])
  }

  @Test(
    "passes over code that nobody wrote",
    arguments: [
      "short", String(repeating: "x", count: 2500),
      String(repeating: String(repeating: "abc ", count: 40) + "\n", count: 9),
      String(repeating: "1, 2, 34, 567,\n", count: 40),
      "// Code generated by protoc. DO NOT EDIT.\n" + String(repeating: "let x = y\n", count: 50),
    ])
  func passesOverCodeThatNobodyWrote(text: String) throws {
    #expect(try extract(.code, text) == [])
  }

  @Test("reads dictionaries without their sources") func readsDictionariesWithoutTheirSources()
    throws
  {
    let text =
      "00-info\n\nA \\A\\ n.\n   The first letter.\n   [1913 Webster]\n\nB \\B\\\n   [See A] x"
    #expect(
      try extract(.dict, text) == ["\nA \\A\\ n.\n   The first letter.\n\nB \\B\\\n   [See A] x"])
  }

  @Test("reads metamath without proofs") func readsMetamathWithoutProofs() throws {
    let text = """
      $( =-=-=-=-=-=-=-=-=-=-=-=-=-=
      Identity (a (b) c).  (Contributed by NM (x), 1-Jan-2000.) $)
      id $p |- ( ph -> ph ) $= ( wi ) AB $.
      """
    #expect(
      try extract(.metamath, text) == [
        "$(\nIdentity (a (b) c).   $)\nid $p |- ( ph -> ph ) $."
      ])
  }

  @Test("reads MEDLINE in english with an abstract") func readsMEDLINEInEnglishWithAnAbstract()
    throws
  {
    let xml = """
      <Set><PubmedArticle><ArticleTitle>On <i>E.  coli</i> &amp;lt; 3.</ArticleTitle><Abstract>
      <AbstractText Label="AIMS AND ENDS" N="1">First\n  line.</AbstractText><AbstractText>Rest
      (ABSTRACT TRUNCATED AT 250 WORDS)</AbstractText></Abstract><Language>eng</Language>
      </PubmedArticle><PubmedArticle><Abstract><AbstractText>Auf Deutsch.</AbstractText></Abstract>
      <Language>ger</Language></PubmedArticle><PubmedArticle><ArticleTitle>None</ArticleTitle>
      <Language>eng</Language></PubmedArticle></Set>
      """
    let zipped = try Subprocess.run(
      "sh", ["-c", "printf %s \"$0\" | gzip -c", xml])
    let found = try extract(.medline, [("m.xml.gz", zipped.output)])
    #expect(found.map(\.text) == ["On E. coli < 3.\n\nAims and ends: First line.\nRest "])
    #expect(found.map(\.key) == ["m.xml.gz#1"])
  }

  @Test("reads conversations in the files order") func readsConversationsInTheFilesOrder() throws {
    let json = """
      {"z": {"prompt": " Hats ", "ratings": {"a": 1},
      "messages": [[{"text": "Hi\\n there", "sender": "u9"}],
      [{"text": "Ho", "sender": "u2"}, {"text": "Hm", "sender": "u9"}]]},
      "a": {"prompt": "", "messages": [[{"sender": "q", "text": "x"}]]}}
      """
    #expect(
      try extract(.chitchat, json) == ["Topic: Hats\nA: Hi there\nB: Ho\nA: Hm\n", "A: x\n"])
    #expect(throws: TextSourceError.self) { try extract(.chitchat, "{\"a\": {\"messages\": [[") }
  }

  @Test("reads reviews of one source") func readsReviewsOfOneSource() throws {
    let csv = "id,source,text\n1,imdb,\"Good.<br /><br />&quot;Very&quot;, good.\"\n2,other,Bad.\n"
    #expect(try extract(.reviewTable, csv) == ["Good.\n\n\"Very\", good."])
  }

  @Test("reads news with their paragraphs") func readsNewsWithTheirParagraphs() throws {
    let csv =
      "text,title,subtitle\n\"One. - Two -x - three ?\"\"\"\"Four?\"\"\"\" -  ?\"\"\"\"Five\",T,NA\n"
    // A stored zip archive by hand: local header, data, directory, end.
    let data = Array(csv.utf8)
    var crc = CRC32()
    data.withUnsafeBytes { crc.update($0) }
    func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
      withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    let size = le(UInt32(data.count))
    let none = le(UInt16(0))
    let common: [[UInt8]] = [
      le(UInt16(20)), none, none, le(UInt32(0)), le(crc.value), size, size, le(UInt16(1)), none,
    ]
    let local = le(UInt32(0x0403_4b50)) + common.joined() + [97] + data
    let directory: [[UInt8]] =
      [le(UInt32(0x0201_4b50)), le(UInt16(20))] + common + [[UInt8](repeating: 0, count: 14), [97]]
    let end: [[UInt8]] = [
      le(UInt32(0x0605_4b50)), none, none, none, le(UInt16(1)),
      le(UInt32(directory.joined().count)), le(UInt32(local.count)), none,
    ]
    let zip = local + directory.joined() + end.joined()
    #expect(
      try extract(.newsTable, [("n.zip", zip)]).map(\.text) == [
        "T\n\nOne.\n\nTwo -x - three \"Four\"\n\n\"Five"
      ])
  }
}
