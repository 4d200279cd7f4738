import Foundation
import Testing

@testable import TextSources

/// Input made to do harm: an error or a result, never a trap, and no more time than for other text.
@Suite struct HostileInputTests {
  private func tar(_ name: String, type: UInt8, _ body: [UInt8], size: Int? = nil) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ at: Int) {
      header.replaceSubrange(at..<at + text.utf8.count, with: text.utf8)
    }
    put(name, 0)
    let digits = String(size ?? body.count, radix: 8)
    put(String(repeating: "0", count: 11 - digits.count) + digits, 124)
    header[156] = type
    put("        ", 148)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum + "\0 ", 148)
    return header + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
  }

  @Test(
    "records of an extended header that say what cannot be are damage",
    arguments: [
      "9223372036854775807 path=abc\n", "4 path=abc\n", "-5 path=a\n", " path=\n", "6 path=\n",
      "99999999999999999999 path=abc\n", "0 path=abc\n", "40 path=abc\n", "nonsense",
    ])
  func recordsOfAnExtendedHeaderThatSayWhatCannotBeAreDamage(record: String) throws {
    let bytes =
      tar("pax", type: UInt8(ascii: "x"), Array(record.utf8))
      + tar("file.txt", type: UInt8(ascii: "0"), Array("text".utf8))
    #expect(throws: InflateError.corrupt("a broken extended tar header")) {
      try TarArchive(bytes)
    }
  }

  @Test("every damaged byte of an archive gives an error or a result")
  func damage() throws {
    let whole =
      tar("pax", type: UInt8(ascii: "x"), Array("12 path=abc\n".utf8))
      + tar("file.txt", type: UInt8(ascii: "0"), Array("text".utf8))
    for index in stride(from: 0, to: whole.count, by: 7) {
      var bytes = whole
      bytes[index] ^= 0x95
      _ = try? TarArchive(bytes)
      _ = try? TarArchive(Array(whole[..<index]))
    }
    #expect(try TarArchive(whole).entries.map(\.name) == ["abc"])
  }

  @Test("a package's file beyond the limit is refused, compressed or not")
  func limits() throws {
    var limits = ReadingLimits()
    limits.entryBytes = 100
    let archive = try PackageArchive(
      tar: tar("big", type: UInt8(ascii: "0"), [UInt8](repeating: 65, count: 200)), limits: limits)
    #expect(throws: InflateError.tooLarge(100)) { try archive.contents(of: 0) }
    let folder = try Folder()
    let plain = try folder.write("zeros", [UInt8](repeating: 0, count: 1 << 20))
    let packed = try Subprocess.run("gzip", ["-c", plain]).output
    #expect(throws: InflateError.tooLarge(1000)) { try gunzip(packed, limit: 1000) }
    #expect(try gunzip(packed, limit: 1 << 20).count == 1 << 20)
    #expect(throws: InflateError.tooLarge(10)) {
      try Subprocess.run("echo", [String(repeating: "x", count: 50)], limit: 10)
    }
  }

  // Each took seconds to hours when what is missing was looked for again from every place.
  @Test(
    "a page of openings takes time in proportion to its length",
    arguments: [
      "<!--", "<script>", "<pre>", "&", "<a ", "</", "<nav><nav", "&#", "<style></styl",
      "<pre></pre",
    ])
  func aPageOfOpeningsTakesTimeInProportionToItsLength(piece: String) {
    let page = Array(String(repeating: piece, count: 400_000).utf8)
    let clock = ContinuousClock()
    let time = clock.measure { _ = HTMLText.text(of: page) + HTMLText.withoutTags(page) }
    #expect(time < .seconds(20))
  }
}
