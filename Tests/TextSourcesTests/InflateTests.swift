import Foundation
import Storage
import Testing

@testable import TextSources

private func unzlib(_ bytes: [UInt8]) throws -> (text: [UInt8], end: Int) {
  try bytes.withUnsafeBytes { bytes in
    var position = 0
    let text = try TextSources.unzlib(bytes, at: &position)
    return (text, position)
  }
}

@Suite struct CompressedStreamsTests {
  @Test("are read in stored and fixed blocks", arguments: [Streams.stored, Streams.fixed])
  func areReadInStoredAndFixedBlocks(stream: [UInt8]) throws {
    let result = try unzlib(stream + [1, 2, 3])
    #expect(result.text == Streams.fox)
    #expect(result.end == stream.count)
  }

  @Test("are read in dynamic blocks") func areReadInDynamicBlocks() throws {
    let text = try unzlib(Streams.dynamic).text
    #expect(text.count == 3000)
    // hashlib.sha256 of what zlib was given.
    var hash = SHA256()
    hash.update(text)
    #expect(
      hash.hexadecimal() == "098bedca48301718f0e571cb3077958fcae90d53114975697764f99acf348d2e")
  }

  @Test("follow each other in one gzip file") func followEachOtherInOneGzipFile() throws {
    #expect(try gunzip(Streams.twoMembers) == Array("first member\nsecond member\n".utf8))
    #expect(try gunzip(Streams.named) == Array("named\n".utf8))
    #expect(try gunzip(Streams.named + [0, 0, 0]) == Array("named\n".utf8))
  }

  @Test(
    "longer than the buffer come out whole", .enabled(if: (try? Subprocess.find("gzip")) != nil))
  func longerThanTheBufferComeOutWhole() throws {
    // 4 MB whose matches reach back as far as they may.
    var text: [UInt8] = []
    for i in 0..<400_000 { text += Array("\(i * i % 9973) \(i % 77)\n".utf8) }
    let path = NSTemporaryDirectory() + "mixpipe-inflate-\(getpid())"
    try Data(text).write(to: URL(fileURLWithPath: path))
    defer { unlink(path) }
    let packed = try Subprocess.run("gzip", ["-9", "-c", path])
    try #require(packed.status == 0)
    #expect(try gunzip(packed.output) == text)
  }

  @Test(
    "cut short are truncated wherever the cut is",
    arguments: [Streams.stored, Streams.fixed, Streams.dynamic])
  func cutShortAreTruncatedWhereverTheCutIs(stream: [UInt8]) {
    for count in stride(from: 2, to: stream.count, by: max(stream.count / 50, 1)) {
      #expect(throws: InflateError.truncated) { try unzlib(Array(stream[..<count])) }
    }
    #expect(throws: InflateError.truncated) { try gunzip(Array(Streams.twoMembers.dropLast(3))) }
  }

  @Test(
    "with a byte changed are refused", arguments: [Streams.stored, Streams.fixed, Streams.dynamic])
  func withAByteChangedAreRefused(stream: [UInt8]) {
    // The byte at 2 has padding in a stored block, which may be anything.
    for i in stride(from: 3, to: stream.count, by: max(stream.count / 97, 1)) {
      var damaged = stream
      damaged[i] ^= 0x10
      #expect(throws: InflateError.self) { try unzlib(damaged) }
    }
  }

  @Test("tell what is wrong with them") func tellWhatIsWrongWithThem() {
    var wrong = Streams.fixed
    wrong[wrong.count - 1] ^= 1
    #expect(throws: InflateError.wrongChecksum("Adler-32")) { try unzlib(wrong) }
    // A third block type.
    #expect(throws: InflateError.corrupt("a block of an unknown kind")) {
      try unzlib([0x78, 0x9c, 0x07, 0, 0, 0, 0, 0])
    }
    // Fixed codes: a match at distance 1 before there is anything (length code 257, distance 0).
    #expect(throws: InflateError.corrupt("a match from before its start")) {
      try unzlib([0x78, 0x9c, 0x03, 0x02, 0x00, 0, 0, 0, 0, 0])
    }
    #expect(throws: InflateError.corrupt("no gzip header")) {
      try gunzip(Array("plain text, no gzip at all".utf8))
    }
  }
}

@Suite struct ArchivesTests {
  @Test("of zip give their files by name") func ofZipGiveTheirFilesByName() throws {
    try Streams.zip.withUnsafeBytes { bytes in
      let zip = try ZipArchive(bytes)
      #expect(zip.entries.map(\.name) == ["folder/packed.txt", "stored.txt"])
      let packed = String(repeating: "packed ", count: 20)
      #expect(try zip.contents(of: zip.entries[0]) == Array(packed.utf8))
      #expect(try zip.contents(of: zip.entries[1]) == Array("stored".utf8))
    }
  }

  @Test("of zip are checked") func ofZipAreChecked() throws {
    var damaged = Streams.zip
    let position = try #require(damaged.find("stored", from: damaged.find("stored.txt")! + 10))
    damaged[position] ^= 1
    try damaged.withUnsafeBytes { bytes in
      let zip = try ZipArchive(bytes)
      #expect(throws: InflateError.wrongChecksum("CRC-32")) {
        try zip.contents(of: zip.entries[1])
      }
    }
    #expect(throws: InflateError.self) {
      try Array(Streams.zip.dropLast(40)).withUnsafeBytes { _ = try ZipArchive($0) }
    }
  }

  @Test("of tar give files not links under long names too")
  func ofTarGiveFilesNotLinksUnderLongNamesToo() throws {
    let archive = try PackageArchive(tar: gunzip(Streams.gnuTar))
    let long = "a/" + String(repeating: "long", count: 40) + ".txt"
    #expect(archive.names == [long, "b.txt"])
    #expect(try archive.contents(of: 0) == Array(String(repeating: "ay", count: 300).utf8))
    #expect(try archive.contents(of: 1) == Array("bee".utf8))
    let pax = try PackageArchive(tar: gunzip(Streams.paxTar))
    #expect(pax.names == ["a/" + String(repeating: "ö", count: 80) + ".txt"])
  }

  @Test("of tar are checked") func ofTarAreChecked() throws {
    var tar = try gunzip(Streams.gnuTar)
    #expect(throws: InflateError.truncated) { try TarArchive(Array(tar[..<514])) }
    tar[3] ^= 1
    #expect(throws: InflateError.wrongChecksum("tar header")) { try TarArchive(tar) }
  }
}
