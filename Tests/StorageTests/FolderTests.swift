import Foundation
import Storage
import Testing

@Suite struct FolderTests {
  @Test("a folder is removed with all that is in it, and what its links lead to stays")
  func aFolderIsRemovedWithAllThatIsInIt() throws {
    let folder = TemporaryFolder()
    try makeFolder(at: folder / "tree/deep/deeper")
    try makeFolder(at: folder / "other")
    for name in ["tree/a", "tree/deep/b", "tree/deep/.hidden", "other/kept"] {
      try replaceFile(at: folder / name, with: Data("x".utf8))
    }
    symlink(folder / "other", folder / "tree/deep/link")
    symlink("nowhere", folder / "tree/dangling")
    try removeTree(at: folder / "tree")
    #expect(!fileExists(folder / "tree"))
    #expect(try namesInFolder(folder / "other") == ["kept"])
    // Again, and a file alone.
    try removeTree(at: folder / "tree")
    try removeTree(at: folder / "other/kept")
    #expect(try namesInFolder(folder / "other").isEmpty)
  }

  @Test("what cannot be looked at is not taken for gone")
  func whatCannotBeLookedAtIsNotTakenForGone() throws {
    let folder = TemporaryFolder()
    let name = folder / String(repeating: "n", count: 300)
    symlink("loop", folder / "loop")
    #expect(message(of: { try removeTree(at: name) }).contains("cannot remove"))
    #expect(message(of: { try removeTree(at: folder / "loop/inside") }).contains("cannot remove"))
    #expect(
      message(of: { try replaceFile(at: folder / "loop", with: Data()) }).contains("cannot write")
    )
    // Below a plain file there is nothing.
    try replaceFile(at: folder / "file", with: Data())
    try removeTree(at: folder / "file/inside")
  }

  @Test("a folder that cannot be read is told by its path and the system's reason")
  func aFolderThatCannotBeReadIsToldByItsPathAndTheSystemsReason() throws {
    let folder = TemporaryFolder()
    #expect(
      message(of: { _ = try namesInFolder(folder / "none") })
        .contains("none: cannot read the folder: No such file or directory"))
    try replaceFile(at: folder / "file", with: Data())
    #expect(
      message(of: { _ = try namesInFolder(folder / "file") })
        .contains("file: cannot read the folder: Not a directory"))
  }

  @Test("a copy has the bytes of its original", arguments: [0, 1, 1 << 20, 3_000_001])
  func aCopyHasTheBytesOfItsOriginal(count: Int) throws {
    let folder = TemporaryFolder()
    let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    try replaceFile(at: folder / "a", with: data)
    try copyFile(at: folder / "a", to: folder / "b")
    #expect(try readFile(at: folder / "b") == data)
  }

  @Test("a new file never takes the place of one that is there")
  func aNewFileNeverTakesThePlaceOfOneThatIsThere() throws {
    let folder = TemporaryFolder()
    #expect(try createFile(at: folder / "a", with: Data("first".utf8)))
    #expect(try !createFile(at: folder / "a", with: Data("second".utf8)))
    #expect(try readFile(at: folder / "a") == Data("first".utf8))
    // What a killed process left is taken over, or removed.
    try replaceFile(at: folder / ".b.mixpipe-tmp", with: Data("half".utf8))
    #expect(try createFile(at: folder / "b", with: Data("whole".utf8)))
    try replaceFile(at: folder / ".a.mixpipe-tmp", with: Data("half".utf8))
    removeTemporaryFile(of: folder / "a")
    #expect(try namesInFolder(folder / "").sorted() == ["a", "b"])
  }

  /// Foundation's errors say "The operation could not be completed" of what the system refused.
  @Test("no error of Foundation's file functions reaches anybody")
  func noErrorOfFoundationsFileFunctionsReachesAnybody() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../../Sources"
    ).standardized.path
    var found: [String] = []
    for name in try FileManager.default.subpathsOfDirectory(atPath: sources)
    where name.hasSuffix(".swift") && !name.hasPrefix("Campaign/") {
      let text = String(decoding: try readFile(at: sources + "/" + name), as: UTF8.self)
      for line in text.split(separator: "\n")
      where line.contains(/try (FileManager|FileHandle|Data\(contentsOf|String\(contentsOf)/)
        || line.contains("readDataToEndOfFile")
      {
        found.append("\(name): \(line)")
      }
    }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
  }
}
