import Foundation
import Testing

@testable import TextSources

/// A folder that goes away with the test.
final class Folder {
  let path = NSTemporaryDirectory() + "mixpipe-files-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func write(_ name: String, _ contents: [UInt8]) throws -> String {
    let file = path + "/" + name
    try FileManager.default.createDirectory(
      atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(contents).write(to: URL(fileURLWithPath: file))
    return file
  }

  @discardableResult
  func write(_ name: String, _ contents: String) throws -> String {
    try write(name, Array(contents.utf8))
  }
}

/// The line that is shown for what `body` throws.
func message<Result>(of body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}

private func documents(_ patterns: [String], textKey: String = "text") throws -> [Document] {
  var all: [Document] = []
  try TextFiles(patterns: patterns, textKey: textKey).documents { all.append($0) }
  return all
}

@Suite struct GlobsTests {
  @Test(
    "match paths",
    arguments: [
      ("*.txt", "a.txt", true), ("*.txt", "a/b.txt", false), ("**/*.txt", "b.txt", true),
      ("**/*.txt", "a/b/c.txt", true), ("a/**", "a/b/c", true), ("a/**/d", "a/d", true),
      ("a/**/d", "a/b/c/d", true), ("a/**/d", "a/b/c", false), ("**/x/**/*.h", "x/y.h", true),
      ("?.c", "a.c", true), ("?.c", "ab.c", false), ("*.bz[sz]", "ot.bzz", true),
      ("*.bz[sz]", "ot.bzv", false), ("[!a-c]x", "dx", true), ("[!a-c]x", "bx", false),
      ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false), ("[", "[", true),
    ])
  func matchPaths(pattern: String, path: String, expected: Bool) {
    #expect(Glob(pattern).matches(path) == expected)
  }
}

@Suite struct UserTextTests {
  @Test("is found by glob and read in the order of the names")
  func isFoundByGlobAndReadInTheOrderOfTheNames() throws {
    let folder = try Folder()
    for name in ["b.txt", "a/z.txt", "a/b/c.txt", ".hidden.txt"] {
      try folder.write(name, "I am \(name)")
    }
    try folder.write("a/note.md", "not asked for")
    let found = try documents([folder.path + "/**/*.txt"])
    #expect(found.map(\.string) == ["I am a/b/c.txt", "I am a/z.txt", "I am b.txt"])
    // Few files: the split goes by document, and knows nothing of where the folder lies.
    #expect(found.map(\.splitKey) == ["a/b/c.txt#1", "a/z.txt#1", "b.txt#1"])
    #expect(try documents([folder.path + "/*.txt", folder.path + "/b.txt"]).count == 1)
  }

  @Test("in many files is split by file in a single one by piece")
  func inManyFilesIsSplitByFileInASingleOneByPiece() throws {
    let folder = try Folder()
    for i in 10..<40 { try folder.write("\(i).txt", "text\n\nof \(i)") }
    let many = try documents([folder.path + "/*.txt"])
    #expect(many.map(\.splitKey) == (10..<40).map { "\($0).txt" })
    let paragraph = String(repeating: "word ", count: 2000)
    let book = try folder.write(
      "book.txt", "\u{feff}" + (0..<20).map { "\($0) \(paragraph)" }.joined(separator: "\n\n"))
    // 200 kB: pieces of a 256th and more, which together are the text.
    let pieces = try documents([book])
    #expect((100...256).contains(pieces.count))
    #expect(Set(pieces.map(\.splitKey)).count == pieces.count)
    #expect(pieces.map(\.follows) == [false] + pieces.dropFirst().map { _ in true })
    #expect(
      pieces.map(\.string).joined()
        == (0..<20).map { "\($0) \(paragraph)" }.joined(separator: "\n\n"))
  }

  @Test("is read out of JSON lines under any key") func isReadOutOfJSONLinesUnderAnyKey() throws {
    let folder = try Folder()
    let path = try folder.write(
      "a.jsonl",
      #"{"id": [1, {"x": null}], "text": "one \u00e9\ud83d\ude00 \"q\" \\ \/ \n"}"# + "\r\n\n"
        + #" { "text" : "two", "body": "zwei" } "#)
    let found = try documents([path])
    #expect(found.map(\.string) == ["one é😀 \"q\" \\ / \n", "two"])
    #expect(found.map(\.splitKey) == ["a.jsonl#1", "a.jsonl#3"])
    let error = message(of: { try documents([path], textKey: "body") })
    #expect(
      error
        == "\(path): line 1: expected the key 'body', found id, text (--text-key names another); "
        + "correct the line or remove it, or pass over such lines with '--skip-bad <count>'")
  }

  @Test("is decompressed on the way") func isDecompressedOnTheWay() throws {
    let folder = try Folder()
    var lines = ""
    for i in 0..<20_000 { lines += "{\"text\": \"number \(i)\"}\n" }
    let plain = try folder.write("n.jsonl", lines)
    let packed = try Subprocess.run("gzip", ["-c", plain])
    let path = try folder.write("n.jsonl.gz", packed.output)
    let found = try documents([path])
    #expect(found.count == 20_000)
    #expect(found.last?.string == "number 19999")
    try folder.write("n.jsonl.gz", Array(packed.output.dropLast(9)))
    let error = message(of: { try documents([path]) })
    #expect(error.hasPrefix("\(path): damaged (the compressed stream ends"))
  }

  @Test(
    "goes through zstd whose failure is seen", .enabled(if: (try? Subprocess.find("zstd")) != nil))
  func goesThroughZstdWhoseFailureIsSeen() throws {
    let folder = try Folder()
    let plain = try folder.write("n.jsonl", "{\"text\": \"packed\"}\n")
    let packed = try Subprocess.run("zstd", ["-qc", plain])
    let path = try folder.write("n.jsonl.zst", packed.output)
    #expect(try documents([path]).map(\.string) == ["packed"])
    try folder.write("n.jsonl.zst", "no zstandard")
    #expect(throws: TextSourceError.self) { try documents([path]) }
  }

  @Test(
    "that is malformed is told by file and line",
    arguments: [
      ("{\"text\": \"ok\"}\n{\"text\": \"cut", "line 2: expected '\"', found the end at column 14"),
      ("{\"text\": 3}", "line 1: expected text at the key 'text', found another kind of value at"),
      ("\n\n[1]", "line 3: expected an object with the key 'text'"),
      ("{\"text\": \"a\"} x", "line 1: expected the end, found 'x' at column 15"),
      ("{\"a\": tru, \"text\": \"\"}", "line 1: expected 'true', found ','"),
      ("{\"text\": \"\\x\"}", "line 1: expected an escape sequence, found 'x'"),
    ])
  func thatIsMalformedIsToldByFileAndLine(contents: String, problem: String) throws {
    let folder = try Folder()
    let path = try folder.write("bad.jsonl", contents)
    let error = message(of: { try documents([path]) })
    #expect(error.hasPrefix("\(path): \(problem)"), "\(error)")
  }

  @Test("that is missing empty or of another kind is told by path")
  func thatIsMissingEmptyOrOfAnotherKindIsToldByPath() throws {
    let folder = try Folder()
    let nothing = folder.path + "/*.txt"
    #expect(throws: TextSourceError.noMatch(pattern: nothing)) { try documents([nothing]) }
    let gone = folder.path + "/gone.jsonl"
    #expect(throws: TextSourceError.noMatch(pattern: gone)) { try documents([gone]) }
    let empty = try folder.write("empty.txt", " \n")
    #expect(throws: TextSourceError.empty(path: empty)) { try documents([empty]) }
    let table = try folder.write("t.parquet", "PAR1")
    let error = message(of: { try documents([table]) })
    #expect(error.contains("convert Parquet first"))
    try FileManager.default.createDirectory(
      atPath: folder.path + "/tables", withIntermediateDirectories: true)
    try folder.write("tables/t.parquet", "PAR1")
    #expect(message(of: { try documents([folder.path + "/tables"]) }).contains("has none"))
  }

  @Test("is named by digest") func isNamedByDigest() throws {
    let folder = try Folder()
    let path = try folder.write("abc.txt", "abc")
    // FIPS 180-2, appendix B.1.
    #expect(
      try TextFiles(patterns: [path]).provenance().map(\.sha256) == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
      ])
  }
}
