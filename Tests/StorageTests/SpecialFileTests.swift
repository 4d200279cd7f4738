import Foundation
import Storage
import Testing

@Suite struct SpecialFileTests {
  @Test("a link is followed also to a file that is not there yet")
  func aLinkIsFollowedAlsoToAFileThatIsNotThereYet() throws {
    let folder = TemporaryFolder()
    try makeFolder(at: folder / "far")
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder / "far/target"))
    symlink("far/target", folder / "link")
    symlink("link", folder / "second")
    symlink(folder / "far/none", folder / "dangling")
    try replaceFile(at: folder / "second", with: Data("new".utf8))
    try replaceFile(at: folder / "dangling", with: Data("made".utf8))
    #expect(try readFile(at: folder / "far/target") == Data("new".utf8))
    #expect(try readFile(at: folder / "far/none") == Data("made".utf8))
    for name in ["link", "second", "dangling"] {
      var status = stat()
      #expect(lstat(folder / name, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
    }
    #expect(try folder.names == ["dangling", "far", "link", "second"])
    symlink("round", folder / "round")
    #expect(
      message(of: { try replaceFile(at: folder / "round", with: Data()) })
        .contains("cannot write: Too many levels of symbolic links"))
  }

  @Test("a file keeps its permissions") func aFileKeepsItsPermissions() throws {
    let folder = TemporaryFolder()
    let path = folder / "private"
    try replaceFile(at: path, with: Data("a".utf8))
    chmod(path, 0o600)
    try replaceFile(at: path, with: Data("b".utf8))
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
  }

  @Test("devices are written to and folders refused") func devicesAreWrittenToAndFoldersRefused()
    throws
  {
    let folder = TemporaryFolder()
    try replaceFile(at: "/dev/null", with: Data("text".utf8))
    var status = stat()
    #expect(stat("/dev/null", &status) == 0 && status.st_mode & S_IFMT == S_IFCHR)
    #expect(
      message(of: { try replaceFile(at: "/dev/full", with: Data("text".utf8)) })
        .contains("No space left"))
    #expect(
      message(of: { try replaceFile(at: folder.path, with: Data()) }).contains("Is a directory"))
  }

  @Test("a pipe is read and written where somebody is at its other end and refused else")
  func aPipeIsReadAndWrittenWhereSomebodyIsAtItsOtherEndAndRefusedElse() throws {
    let folder = TemporaryFolder()
    let path = folder / "pipe"
    mkfifo(path, 0o644)
    let refused = ": is a named pipe that nobody"
    #expect(message(of: { try readFile(at: path) }).contains(refused + " writes to"))
    #expect(message(of: { try replaceFile(at: path, with: Data()) }).contains(refused + " reads"))
    let attempts = [
      message(of: { try MappedFile(at: path) }), message(of: { try LineJournal(at: path) }),
    ]
    for attempt in attempts {
      #expect(attempt.contains("is a named pipe, so it is no regular file"), "\(attempt)")
    }
    // As a shell's <(…) and >(…): the other end is open already. More than a pipe holds.
    let contents = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0) })
    var ends: [Int32] = [0, 0]
    pipe(&ends)
    let (readEnd, writeEnd) = (ends[0], ends[1])
    let thread = Thread {
      try? replaceFile(at: "/dev/fd/\(writeEnd)", with: contents)
      close(writeEnd)
    }
    thread.start()
    #expect(try readFile(at: "/dev/fd/\(readEnd)") == contents)
    close(readEnd)
  }

  @Test("what has no end is refused or limited") func whatHasNoEndIsRefusedOrLimited() throws {
    let folder = TemporaryFolder()
    #expect(
      message(of: { try readFile(at: "/dev/zero") })
        == "/dev/zero: is a device, so it is no regular file as expected; give the path of a file")
    try replaceFile(at: folder / "f", with: Data(count: 2 << 20))
    #expect(
      message(of: { try readFile(at: folder / "f", limit: 1 << 20) })
        .contains("more than 1 MiB, expected less"))
  }

  @Test("what a killed process left is written over or removed")
  func whatAKilledProcessLeftIsWrittenOverOrRemoved() throws {
    let folder = TemporaryFolder()
    let left = folder / ".model.bin.mixpipe-tmp"
    try Data("half of something longer".utf8).write(to: URL(fileURLWithPath: left))
    try replaceFile(at: folder / "model.bin", with: Data("whole".utf8))
    #expect(try readFile(at: folder / "model.bin") == Data("whole".utf8))
    #expect(try folder.names == ["model.bin"])
    try Data("half".utf8).write(to: URL(fileURLWithPath: left))
    withExtendedLifetime(try FolderLock(folder: folder.path)) {}
    #expect(try folder.names == ["model.bin"])
  }

  @Test("many that replace one file leave one whole file")
  func manyThatReplaceOneFileLeaveOneWholeFile() throws {
    let folder = TemporaryFolder()
    let path = folder / ("n" + String(repeating: "x", count: 250))
    DispatchQueue.concurrentPerform(iterations: 60) { number in
      let text = String(repeating: "\(number % 10)", count: 1000 + number)
      #expect(throws: Never.self) { try replaceFile(at: path, with: Data(text.utf8)) }
    }
    let kept = try readFile(at: path)
    #expect(Set(kept).count == 1 && kept.count >= 1000)
    #expect(try folder.names.count == 1)
  }

  @Test(
    "a file in memory is replaced as a whole, as others are",
    .enabled(if: access("/dev/shm", W_OK) == 0, "there is no folder of memory here"))
  func aFileInMemoryIsReplacedAsAWhole() throws {
    let path = "/dev/shm/mixpipe-\(UUID().uuidString)"
    defer { unlink(path) }
    try replaceFile(at: path, with: Data("first, longer".utf8))
    func number() -> ino_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_ino : 0
    }
    let first = number()
    try replaceFile(at: path, with: Data("second".utf8))
    #expect(try readFile(at: path) == Data("second".utf8))
    // Written to in place, a crash would leave a part.
    #expect(number() != first)
  }

  @Test("what a shell opened to append to keeps what it holds")
  func whatAShellOpenedToAppendToKeepsWhatItHolds() throws {
    let folder = TemporaryFolder()
    try replaceFile(at: folder / "log", with: Data("first\n".utf8))
    let descriptor = open(folder / "log", O_WRONLY | O_APPEND)
    defer { close(descriptor) }
    try replaceFile(at: "/dev/fd/\(descriptor)", with: Data("second\n".utf8))
    #expect(try readFile(at: folder / "log") == Data("first\nsecond\n".utf8))
  }
}
