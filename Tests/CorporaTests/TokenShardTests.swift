import Corpora
import Foundation
import Storage
import Testing

/// A folder for one test, removed with the last reference to it.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "corpora-\(UUID().uuidString)"
    try makeFolder(at: path)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct TokenShardTests {
  @Test("reads back what was written", arguments: [0, 1, 3, 4, 1000])
  func readsBackWhatWasWritten(count: Int) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/books.tokens"
    let tokens = (0..<count).map { UInt16($0 * 37 % 1000) }
    let digest = try TokenShard(tokens: tokens, vocabularySize: 1000).write(to: path)
    let shard = try TokenShard(at: path)
    #expect(shard.count == count)
    #expect(shard.vocabularySize == 1000)
    #expect(shard.withTokens { Array($0) } == tokens)
    #expect(try SHA256.hexadecimal(ofFileAt: path) == digest)
    #expect(try readFile(at: path).count == 64 + 2 * count)
  }

  enum Damage: CaseIterable {
    case emptied, cut, lengthened, odd, magic, version, count, token, checksum
  }

  @Test("says in one line what is damaged", arguments: Damage.allCases)
  func saysInOneLineWhatIsDamaged(damage: Damage) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/books.tokens"
    try TokenShard(tokens: (0..<100).map { UInt16($0) }, vocabularySize: 1000).write(to: path)
    var data = try readFile(at: path)
    let expected: String
    switch damage {
    case .emptied: (data, expected) = (Data(), "found 0 bytes, expected a header of 64")
    case .cut: (data, expected) = (data.prefix(262), "found 262 bytes, expected 264")
    case .lengthened: (data, expected) = (data + [0, 0], "found 266 bytes, expected 264")
    case .odd: (data, expected) = (data + [0], "found 265 bytes, expected 264")
    case .magic: (data[0], expected) = (0, "starts with 00 49 58")
    case .version: (data[8], expected) = (2, "found format 2, expected 1")
    case .count: (data[23], expected) = (0x7f, "found 264 bytes, expected ")
    case .token: (data[101], expected) = (1, "found checksum ")
    case .checksum: (data[24], expected) = (data[24] ^ 1, "found checksum ")
    }
    try replaceFile(at: path, with: data)
    do {
      _ = try TokenShard(at: path)
      Issue.record("expected an error")
    } catch {
      let line = "\(error)"
      #expect(line.hasPrefix(path + ": " + expected))
      #expect(line.contains("mixpipe corpus build") && !line.contains("\n"))
    }
  }

  @Test("names a file that is not there") func namesAFileThatIsNotThere() {
    #expect(throws: StorageError.self) { try TokenShard(at: "/nowhere/books.tokens") }
  }
}
