import Foundation
import Storage
import Testing

@Suite struct DamagedJournalTests {
  private func journal(of count: Int, in folder: TemporaryFolder) throws -> (String, Data) {
    let path = folder / "events.jsonl"
    let journal = try LineJournal(at: path)
    for number in 0..<count { try journal.append(Event(number: number)) }
    return (path, try readFile(at: path))
  }

  // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
  @Test(
    "its checksum is that of the standard",
    arguments: [
      ([UInt8](repeating: 0, count: 32), "8a9136aa"),
      ([UInt8](repeating: 0xff, count: 32), "62a8ab43"),
      ((0..<32).map { UInt8($0) }, "46dd794e"), ((0..<32).map { UInt8(31 - $0) }, "113fdb5c"),
      (Array("123456789".utf8), "e3069283"), ([], "00000000"),
    ]) func itsChecksumIsThatOfTheStandard(bytes: [UInt8], expected: String)
  {
    var checksum = CRC32C()
    checksum.update(bytes)
    #expect(checksum.hexadecimal == expected)
    var pieces = CRC32C()
    for byte in bytes { pieces.update([byte]) }
    #expect(pieces.hexadecimal == expected)
  }

  @Test("any flipped bit is named by its line and the file stays")
  func anyFlippedBitIsNamedByItsLineAndTheFileStays() throws {
    let folder = TemporaryFolder()
    let (path, whole) = try journal(of: 3, in: folder)
    let lineEnds = whole.indices.filter { whole[$0] == 10 }
    for index in whole.indices {
      for bit in 0..<8 {
        var damaged = whole
        damaged[index] ^= 1 << UInt8(bit)
        try damaged.write(to: URL(fileURLWithPath: path))
        let line = lineEnds.firstIndex { $0 >= index }! + 1
        let error = message(of: { try LineJournal.read(Event.self, at: path) })
        #expect(error.hasPrefix("\(path): line \(line) is damaged ("), "\(index) \(bit) \(error)")
        #expect(message(of: { try LineJournal(at: path) }) == error)
        #expect(try readFile(at: path) == damaged)
      }
    }
  }

  @Test("any two flipped bits of a line are named") func anyTwoFlippedBitsOfALineAreNamed() throws {
    let folder = TemporaryFolder()
    let (path, whole) = try journal(of: 2, in: folder)
    let end = try #require(whole.firstIndex(of: 10))
    var state: UInt64 = 1
    for _ in 0..<400 {
      var damaged = whole
      for _ in 0..<2 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        damaged[Int(state >> 33) % end] ^= 1 << UInt8(state >> 60 & 7)
      }
      guard damaged != whole else { continue }
      try damaged.write(to: URL(fileURLWithPath: path))
      #expect(
        message(of: { try LineJournal.read(Event.self, at: path) }).hasPrefix(
          "\(path): line 1 is damaged ("))
    }
  }

  @Test("lines from before there were checksums are read and gone on with")
  func linesFromBeforeThereWereChecksumsAreReadAndGoneOnWith() throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    try (encodeLine(Event(number: 0)) + encodeLine(Event(number: 1)))
      .write(to: URL(fileURLWithPath: path))
    let journal = try LineJournal(at: path)
    try journal.append(contentsOf: [Event(number: 2), Event(number: 3)])
    #expect(try LineJournal.read(Event.self, at: path).map(\.number) == [0, 1, 2, 3])
    // From then on a line without one has lost it.
    try (readFile(at: path) + encodeLine(Event(number: 4))).write(to: URL(fileURLWithPath: path))
    #expect(
      message(of: { try LineJournal.read(Event.self, at: path) })
        .hasPrefix("\(path): line 5 is damaged (its checksum is missing)"))
  }

  @Test("stays JSON for other readers") func staysJSONForOtherReaders() throws {
    let folder = TemporaryFolder()
    let (_, whole) = try journal(of: 1, in: folder)
    let object = try #require(
      JSONSerialization.jsonObject(with: whole.dropLast()) as? [String: Any])
    #expect(object["number"] as? Int == 0)
    #expect((object["crc32c"] as? String)?.count == 8)
  }

  @Test("zeros that a loss of power left at the end are a torn line")
  func zerosThatALossOfPowerLeftAtTheEndAreATornLine() throws {
    let folder = TemporaryFolder()
    let (path, whole) = try journal(of: 2, in: folder)
    try (whole + Data(count: 4096)).write(to: URL(fileURLWithPath: path))
    try LineJournal(at: path).append(Event(number: 2))
    #expect(try LineJournal.read(Event.self, at: path).map(\.number) == [0, 1, 2])
  }

  @Test("a header says what the journal is of") func aHeaderSaysWhatTheJournalIsOf() throws {
    let folder = TemporaryFolder()
    let path = folder / "runs.jsonl"
    try LineJournal(at: path).append(JournalHeader(contents: "runs", version: 2))
    let line = try #require(LineJournal.lines(at: path).first)
    #expect(try JournalHeader.check(line, contents: "runs", versions: 1...2, path: path) == 2)
    #expect(
      message(of: { try JournalHeader.check(line, contents: "trials", versions: 1...2, path: path) }
      )
      .contains("line 1 is damaged (not a journal of trials)"))
    #expect(
      message(of: { try JournalHeader.check(line, contents: "runs", versions: 1...1, path: path) })
        == "\(path): found version 2 of its layout, expected 1 at most; use the mixpipe that wrote it"
    )
  }
}

@Suite struct VanishedFilesTests {
  @Test(
    "a journal that is no longer at its path takes no more events",
    arguments: ["removed", "moved", "replaced", "folder removed"])
  func aJournalThatIsNoLongerAtItsPathTakesNoMoreEvents(how: String) throws {
    let folder = TemporaryFolder()
    try makeFolder(at: folder / "s")
    let path = folder / "s/events.jsonl"
    let journal = try LineJournal(at: path)
    try journal.append(Event(number: 0))
    switch how {
    case "removed": unlink(path)
    case "moved": rename(path, folder / "elsewhere")
    case "replaced":
      try replaceFile(at: path, with: readFile(at: path))
    default: try FileManager.default.removeItem(atPath: folder / "s")
    }
    #expect(throws: StorageError.vanished(path: path)) { try journal.append(Event(number: 1)) }
    if how == "replaced" {
      #expect(try LineJournal.read(Event.self, at: path).map(\.number) == [0])
    }
    #expect("\(StorageError.vanished(path: "s"))".hasPrefix("s: was removed or replaced while"))
  }

  @Test("a locked folder that was replaced is noticed") func aLockedFolderThatWasReplacedIsNoticed()
    throws
  {
    let folder = TemporaryFolder()
    try makeFolder(at: folder / "s")
    let lock = try FolderLock(folder: folder / "s")
    try lock.verify()
    rename(folder / "s", folder / "t")
    #expect(throws: StorageError.vanished(path: folder / "s")) { try lock.verify() }
    try makeFolder(at: folder / "s")
    #expect(throws: StorageError.vanished(path: folder / "s")) { try lock.verify() }
    // The new folder is free, the old one is not.
    _ = try FolderLock(folder: folder / "s")
    #expect(throws: StorageError.locked(path: folder / "t", process: getpid())) {
      try FolderLock(folder: folder / "t")
    }
  }

  @Test("a journal opened for one alone refuses others")
  func aJournalOpenedForOneAloneRefusesOthers() throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    do {
      let journal = try LineJournal(at: path, exclusive: true)
      try journal.append(Event(number: 0))
      #expect(throws: StorageError.locked(path: path, process: getpid())) {
        try LineJournal(at: path, exclusive: true)
      }
      withExtendedLifetime(journal) {}
    }
    try LineJournal(at: path, exclusive: true).append(Event(number: 1))
    #expect(try LineJournal.read(Event.self, at: path).count == 2)
  }
}
