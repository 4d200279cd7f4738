import Foundation
import Testing

@testable import TextSources

/// Text as people have it.
@Suite struct OddFilesTests {
  private static let lines = "{\"text\": \"eins\"}\n{\"text\": \"zwei \\u00e4\"}\n"

  private func read(
    _ patterns: [String], _ change: (inout ReadingOptions) -> Void = { _ in }
  ) throws -> (texts: [String], counts: ReadingCounts) {
    var options = ReadingOptions()
    change(&options)
    var texts: [String] = []
    var counts = ReadingCounts()
    try TextFiles(patterns: patterns, options: options).documents(counting: &counts) {
      texts.append($0.string)
    }
    return (texts, counts)
  }

  private func utf16(_ text: String, bigEndian: Bool = false, mark: Bool = true) -> [UInt8] {
    ((mark ? [0xfeff] : []) + Array(text.utf16)).flatMap { unit in
      bigEndian ? [UInt8(unit >> 8), UInt8(unit & 255)] : [UInt8(unit & 255), UInt8(unit >> 8)]
    }
  }

  private func gzip(_ bytes: [UInt8], _ folder: Folder) throws -> [UInt8] {
    let path = try folder.write("plain", bytes)
    return try Subprocess.run("gzip", ["-c", path]).output
  }

  @Test("a byte order mark is no text, in lines as in text, compressed as plain")
  func marks() throws {
    let folder = try Folder()
    let marked = [0xef, 0xbb, 0xbf] + Array(Self.lines.utf8)
    try folder.write("a.jsonl", marked)
    try folder.write("b.ndjson", marked)
    try folder.write("c.json.gz", try gzip(marked, folder))
    try folder.write("d.md", [0xef, 0xbb, 0xbf] + Array("# title".utf8))
    let found = try read(
      ["a.jsonl", "b.ndjson", "c.json.gz", "d.md"].map { folder.path + "/" + $0 })
    #expect(found.texts == ["eins", "zwei ä", "eins", "zwei ä", "eins", "zwei ä", "# title"])
  }

  @Test(
    "UTF-16 is refused until its encoding is named, then read",
    arguments: [false, true], [false, true])
  func utf16Files(bigEndian: Bool, isText: Bool) throws {
    let folder = try Folder()
    let text = "zwei 😀 ä\nEnde"
    let whole = isText ? text : "{\"text\": \"zwei 😀 ä\\nEnde\"}\n"
    let path = try folder.write(isText ? "a.txt" : "a.jsonl", utf16(whole, bigEndian: bigEndian))
    let error = message { try read([path]) }
    #expect(error.contains("found UTF-16 text") && error.contains("--encoding utf-16"))
    #expect(try read([path]) { $0.encoding = .utf16 }.texts == [text])
    let bare = try folder.write(
      isText ? "b.txt" : "b.jsonl", utf16(whole, bigEndian: bigEndian, mark: false))
    #expect(message { try read([bare]) }.contains("zero bytes"))
    #expect(try read([bare]) { $0.encoding = bigEndian ? .utf16be : .utf16le }.texts == [text])
    let cut = try folder.write("c.txt", Array(utf16(text).dropLast()))
    #expect(message { try read([cut]) { $0.encoding = .utf16 } }.contains("middle of a character"))
  }

  @Test("pieces of any size give the same text")
  func transcoding() throws {
    let text = "a😀ä€𝄞z"
    for size in 1...7 {
      var transcoder = Transcoder(.utf16le)
      var result: [UInt8] = []
      let bytes = utf16(text, mark: false)
      for start in stride(from: 0, to: bytes.count, by: size) {
        try Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes {
          try transcoder.feed($0) { result.append(contentsOf: $0) }
        }
      }
      try transcoder.finish()
      #expect(result == Array(text.utf8))
    }
  }

  @Test(
    "bytes that are not UTF-8 are kept and counted, and read as what they are once that is named")
  func latin1() throws {
    let folder = try Folder()
    let path = try folder.write("a.txt", Array("caf".utf8) + [0xe9, 0x20, 0x80])
    let found = try read([path])
    #expect(found.counts.undecodable == 1 && found.counts.undecodableBytes == 2)
    #expect(try read([path]) { $0.encoding = .latin1 }.texts == ["café \u{80}"])
    #expect(try read([path]) { $0.encoding = .windows1252 }.texts == ["café €"])
    #expect(try read([path]) { $0.encoding = .latin1 }.counts.undecodable == 0)
  }

  @Test(
    "encodings go by their usual names",
    arguments: [
      ("ISO-8859-1", TextEncoding.latin1), ("latin1", .latin1), ("UTF8", .utf8),
      ("cp1252", .windows1252),
      ("utf_16", .utf16), ("utf-16le", .utf16le),
    ])
  func encodingsGoByTheirUsualNames(name: String, encoding: TextEncoding) {
    #expect(TextEncoding(named: name) == encoding)
    #expect(TextEncoding(named: "ebcdic") == nil)
  }

  @Test("what Python writes where a field is missing is read")
  func notANumber() throws {
    let folder = try Folder()
    let path = try folder.write(
      "a.jsonl",
      """
      {"q": NaN, "text": "one"}
      {"text": "two", "q": [-Infinity, Infinity, -1.5e-3]}
      {"text": null}
      {"text": NaN}
      {"text": "  "}

      """)
    let found = try read([path])
    #expect(found.texts == ["one", "two"])
    #expect(found.counts.read == 5 && found.counts.empty == 3 && found.counts.badCount == 0)
  }

  @Test(
    "a key inside another is found, and one with a dot in its name first",
    arguments: [
      (#"{"meta": {"id": 1, "text": "in"}}"#, "in"), (#"{"meta": 3, "meta.text": "dot"}"#, "dot"),
      (#"{"meta": {"text": "in"}, "meta.text": "dot"}"#, "dot"),
      (#"{"x": {"meta": {"text": "deep"}}, "meta": {"text": "in"}}"#, "in"),
    ])
  func nestedKeys(line: String, expected: String) throws {
    let folder = try Folder()
    let path = try folder.write("a.jsonl", line)
    #expect(try read([path]) { $0.textKey = "meta.text" }.texts == [expected])
    let deep = try folder.write("b.jsonl", #"{"a": {"b": {"c": "three"}}}"#)
    #expect(try read([deep]) { $0.textKey = "a.b.c" }.texts == ["three"])
    #expect(message { try read([deep]) { $0.textKey = "a.c" } }.contains("expected the key 'a.c'"))
  }

  @Test("bad lines are passed over up to a number, and counted by reason")
  func badLines() throws {
    let folder = try Folder()
    let path = try folder.write(
      "a.jsonl",
      "{\"text\": \"one\"}\n{\"text\": 3}\n{\"txt\": \"x\"}\nno json\n{\"text\": \"cut\n"
        + "{\"text\": [1]}\n{\"text\": \"two\"}\n")
    let found = try read([path]) { $0.skippedLines = 5 }
    #expect(found.texts == ["one", "two"])
    #expect(
      found.counts.bad.map(\.reason) == [
        "text of another kind", "no key 'text'", "no object", "no JSON",
      ])
    #expect(found.counts.bad.map(\.count) == [2, 1, 1, 1])
    #expect(found.counts.read == 7)
    let error = message { try read([path]) { $0.skippedLines = 4 } }
    #expect(error.contains("line 6:") && error.contains("after 4 that were passed over"))
    #expect(message { try read([path]) }.contains("--skip-bad"))
  }

  @Test(
    "a file that is not what its name says is refused with what it is",
    arguments: [
      ("a.jsonl", [0x1f, 0x8b, 8, 0], "found gzip data", ".gz"),
      ("a.txt", [0x28, 0xb5, 0x2f, 0xfd, 0], "found Zstandard data", ".zst"),
      ("a.jsonl.gz", Array("{\"text\": \"x\"}".utf8), "found no gzip data", "rename"),
      ("a.md.zst", Array("text".utf8), "found no Zstandard data", "rename"),
      ("a.jsonl", Array("PAR1....".utf8), "found a Parquet file", "convert"),
      ("a.txt", [0x50, 0x4b, 3, 4, 0], "found a zip archive", "unpack"),
      ("a.txt", [97, 0, 98, 0], "found zero bytes", "utf-16le"),
      ("a.json", Array("[{\"text\": \"x\"}]".utf8), "an array", "jq"),
    ] as [(String, [UInt8], String, String)])
  func misnamed(name: String, bytes: [UInt8], found: String, hint: String) throws {
    let folder = try Folder()
    let path = try folder.write(name, bytes)
    let error = message { try read([path]) }
    #expect(error.hasPrefix(path) && error.contains(found) && error.contains(hint), "\(error)")
    #expect(!error.contains("run the same command again"))
  }

  @Test("a folder means all text in it; the rest is counted; source code is named by a pattern")
  func folders() throws {
    let folder = try Folder()
    try folder.write("a/b.md", "markdown")
    try folder.write("a/c/d.jsonl", "{\"text\": \"line\"}")
    try folder.write("a/e.png", [0x89, 0x50])
    try folder.write("a/f.py", "print(1)")
    let found = try read([folder.path + "/a"])
    #expect(found.texts == ["markdown", "line"] && found.counts.otherFiles == 2)
    #expect(try read([folder.path + "/a/"]).texts == found.texts)
    #expect(try read([folder.path + "/a/**/*.py"]).texts == ["print(1)"])
  }

  @Test("a line beyond the limit ends the reading before it is held")
  func longLines() throws {
    let folder = try Folder()
    let line = "{\"text\": \"" + String(repeating: "a", count: 3 << 20) + "\"}\n"
    let plain = try folder.write("a.jsonl", line)
    let packed = try folder.write("b.jsonl.gz", try gzip(Array(line.utf8), folder))
    let text = try folder.write("c.txt.gz", try gzip(Array(line.utf8), folder))
    for path in [plain, packed, text] {
      let error = message { try read([path]) { $0.limits.entryBytes = 1 << 20 } }
      #expect(error.contains("more than 1 MB") && error.contains("--largest-entry"), "\(error)")
      #expect(try read([path]) { $0.limits.entryBytes = 4 << 20 }.counts.read > 0)
    }
  }

  @Test(
    "documents below a length are left out and counted; one empty file among others is no error")
  func shortOnes() throws {
    let folder = try Folder()
    try folder.write("a.txt", "äöü")
    try folder.write("b.txt", "longer text")
    try folder.write("c.txt", "")
    let found = try read([folder.path + "/*.txt"]) { $0.shortest = 4 }
    #expect(found.texts == ["longer text"])
    #expect(found.counts.tooShort == 1 && found.counts.read == 3 && found.counts.empty == 1)
  }

  @Test("stretches are the text, of about the size asked for, cut where it is least harm")
  func cutting() {
    let paragraphs = (0..<60).map { "Paragraph \($0) " + String(repeating: "w ", count: 40 + $0) }
    for separator in ["\n\n", "\n", " ", ""] {
      let text = Array(paragraphs.joined(separator: separator).utf8)
      let ranges = stretches(of: text, size: 600)
      #expect(ranges.flatMap { text[$0] } == text)
      #expect(ranges.dropLast().allSatisfy { (600...1204).contains($0.count) })
      if separator == "\n\n" {
        #expect(ranges.dropFirst().allSatisfy { text[$0.lowerBound - 1] == UInt8.newline })
      }
    }
    let word = Array(String(repeating: "ä", count: 2000).utf8)
    #expect(stretches(of: word, size: 501).allSatisfy { word[$0.lowerBound] & 0xc0 != 0x80 })
    #expect(stretches(of: [], size: 10) == [0..<0])
  }
}
