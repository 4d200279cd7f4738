import Foundation
import Storage
import Synchronization
import Testing

/// A folder of a test's own, gone with it.
final class TemporaryFolder: Sendable {
  let path: String

  convenience init() { self.init(path: NSTemporaryDirectory() + "mixpipe-\(UUID().uuidString)") }

  /// One whose path an exit test's process finds by itself, as it can capture nothing.
  convenience init(forChildren name: String) { self.init(path: Self.path(name, of: getpid())) }

  static func path(ofParents name: String) -> String { path(name, of: getppid()) }

  private static func path(_ name: String, of process: pid_t) -> String {
    NSTemporaryDirectory() + "mixpipe-storage-\(process)-\(name)"
  }

  private init(path: String) {
    self.path = path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    chmod(path, 0o755)
    try? FileManager.default.removeItem(atPath: path)
  }

  var names: [String] { get throws { try namesInFolder(path).sorted() } }

  static func / (folder: TemporaryFolder, name: String) -> String { folder.path + "/" + name }
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

struct Event: Codable, Equatable {
  var number: Int
  var text = "räksmörgås"
}

@Suite struct JournalTests {
  @Test("gives back what was appended in order") func givesBackWhatWasAppendedInOrder() throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    #expect(try LineJournal.read(Event.self, at: path) == [])
    let journal = try LineJournal(at: path)
    for number in 0..<5 { try journal.append(Event(number: number)) }
    #expect(try LineJournal.read(Event.self, at: path) == (0..<5).map { Event(number: $0) })
    let again = try LineJournal(at: path)
    try again.append(Event(number: 5))
    #expect(try LineJournal.read(Event.self, at: path).map(\.number) == Array(0..<6))
  }

  @Test("loses no line when many threads append") func losesNoLineWhenManyThreadsAppend() throws {
    let folder = TemporaryFolder()
    let journal = try LineJournal(at: folder / "events.jsonl")
    DispatchQueue.concurrentPerform(iterations: 40) { number in
      try? journal.append(Event(number: number))
    }
    let events = try LineJournal.read(Event.self, at: journal.path)
    #expect(events.map(\.number).sorted() == Array(0..<40))
  }

  @Test("closes a damaged journal once") func closesADamagedJournalOnce() throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    let journal = try LineJournal(at: path)
    try journal.append(contentsOf: (0..<3).map { Event(number: $0) })
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[12] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
    #expect(throws: StorageError.self) { try LineJournal(at: path) }
    // A number that was closed twice would be another's by the second time.
    let done = Atomic(false)
    let lost = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 4) { worker in
      if worker == 0 {
        for _ in 0..<2000 { _ = try? LineJournal(at: path) }
        done.store(true, ordering: .releasing)
      } else {
        while !done.load(ordering: .acquiring) {
          let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
          for _ in 0..<20 where fcntl(descriptor, F_GETFD) < 0 {
            lost.add(1, ordering: .relaxed)
          }
          close(descriptor)
        }
      }
    }
    #expect(lost.load(ordering: .relaxed) == 0)
  }

  @Test("drops a last line that was cut short and goes on after it")
  func dropsALastLineThatWasCutShortAndGoesOnAfterIt() throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    let whole = try encodeLine(Event(number: 0)) + encodeLine(Event(number: 1))
    let second = try encodeLine(Event(number: 0)).count
    for cut in second..<whole.count {
      try whole.prefix(cut).write(to: URL(fileURLWithPath: path))
      // Reading leaves the file as it is.
      #expect(try LineJournal.read(Event.self, at: path) == [Event(number: 0)])
      #expect(try readFile(at: path).count == cut)
      let journal = try LineJournal(at: path)
      try journal.append(Event(number: 2))
      #expect(try LineJournal.read(Event.self, at: path).map(\.number) == [0, 2])
    }
    try Data("{".utf8).write(to: URL(fileURLWithPath: path))
    try LineJournal(at: path).append(Event(number: 7))
    #expect(try LineJournal.read(Event.self, at: path).map(\.number) == [7])
  }

  @Test(
    "says which line is damaged and how",
    arguments: [
      ("hello", "not JSON"), ("", "not JSON"), (#"{"text":"a"}"#, "no 'number'"),
      (#"{"number":"one","text":"a"}"#, "expected Int at 'number'"),
      (#"{"number":null,"text":"a"}"#, "at 'number'"),
    ]) func saysWhichLineIsDamagedAndHow(line: String, reason: String) throws
  {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    // As before there were checksums.
    try (encodeLine(Event(number: 0)) + Data("\(line)\n".utf8) + encodeLine(Event(number: 2)))
      .write(to: URL(fileURLWithPath: path))
    let error = message(of: { try LineJournal.read(Event.self, at: path) })
    #expect(error.hasPrefix("\(path): line 2 is damaged ("), "\(error)")
    #expect(error.contains(reason), "\(error)")
    #expect(error.hasSuffix("; move the file away or restore it from a copy"))
    #expect(!error.contains("\n"))
  }

  @Test("refuses what JSON cannot hold and stays whole")
  func refusesWhatJSONCannotHoldAndStaysWhole() throws {
    let folder = TemporaryFolder()
    let journal = try LineJournal(at: folder / "numbers.jsonl")
    try journal.append([1.5])
    #expect(throws: EncodingError.self) { try journal.append([Double.nan]) }
    try journal.append([0.1 + 0.2, .leastNonzeroMagnitude, 1e300])
    // To the last bit.
    #expect(
      try LineJournal.read([Double].self, at: journal.path)
        == [[1.5], [0.1 + 0.2, .leastNonzeroMagnitude, 1e300]])
  }
}

@Suite struct ReplacingAFileTests {
  @Test("replaces it as a whole") func replacesItAsAWhole() throws {
    let folder = TemporaryFolder()
    let path = folder / "study.json"
    try replaceFile(at: path, with: Data("first".utf8))
    try replaceFile(at: path, with: Data("second, longer".utf8))
    try replaceFile(at: path, with: Data("third".utf8))
    #expect(try readFile(at: path) == Data("third".utf8))
    #expect(try folder.names == ["study.json"])
  }

  @Test("passes on an error of whoever writes and leaves nothing behind")
  func passesOnAnErrorOfWhoeverWritesAndLeavesNothingBehind() throws {
    let folder = TemporaryFolder()
    let failure = StorageError.missing(path: "x", hint: "y")
    #expect(throws: failure) {
      try replaceFile(at: folder / "a") { (_) throws(StorageError) in throw failure }
    }
    #expect(try folder.names == [])
  }

  @Test("says what stands in its way") func saysWhatStandsInItsWay() {
    #expect(
      message(of: { try replaceFile(at: "/nowhere/at/all", with: Data()) })
        == "/nowhere/at/all: cannot write: No such file or directory; check the path")
  }
}

@Suite struct DiskTests {
  @Test("is told to be full when it is") func isToldToBeFullWhenItIs() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let error = message(of: { try writeAll(Data(count: 10), to: descriptor, path: "runs/a/x") })
    #expect(
      error == "runs/a/x: cannot write: No space left on device; "
        + "free some space and run the same command again, nothing is lost")
  }

  @Test("gives whole files of any size") func givesWholeFilesOfAnySize() throws {
    let folder = TemporaryFolder()
    for count in [0, 1, 65_536, 300_001] {
      let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) })
      try replaceFile(at: folder / "f", with: data)
      #expect(try readFile(at: folder / "f") == data)
      let mapped = try MappedFile(at: folder / "f")
      #expect(Data(mapped.bytes) == data)
    }
    // Those of the kernel have no size to go by.
    #expect(try readFile(at: "/proc/self/status").count > 100)
    #expect(message(of: { try readFile(at: folder.path) }).contains("Is a directory"))
    #expect(message(of: { try MappedFile(at: folder.path) }).contains("Is a directory"))
    #expect(message(of: { try MappedFile(at: folder / "none") }).contains("cannot open: No such"))
  }

  @Test("has folders made with those above them") func hasFoldersMadeWithThoseAboveThem() throws {
    let folder = TemporaryFolder()
    try makeFolder(at: folder / "a/b/c")
    try makeFolder(at: folder / "a/b/c/")
    #expect(isFolder(folder / "a/b/c") && !isFolder(folder / "a/x"))
    try replaceFile(at: folder / "file", with: Data())
    #expect(!isFolder(folder / "file") && fileExists(folder / "file"))
    #expect(
      message(of: { try makeFolder(at: folder / "file") })
        .hasSuffix("cannot make the folder: File exists; a file is in the way, choose another path")
    )
    #expect(message(of: { try makeFolder(at: folder / "file/below") }).contains("Not a directory"))
  }

  @Test("has documents that say what is wrong with them")
  func hasDocumentsThatSayWhatIsWrongWithThem() throws {
    let folder = TemporaryFolder()
    let path = folder / "event.json"
    try replaceFile(at: path, with: encodeDocument(Event(number: 3)))
    #expect(try decodeDocument(Event.self, at: path) == Event(number: 3))
    #expect(
      try String(decoding: readFile(at: path), as: UTF8.self).hasPrefix("{\n  \"number\" : 3,"))
    for (text, reason) in [("", "empty"), ("{", "not JSON"), (#"{"number": 1}"#, "no 'text'")] {
      try replaceFile(at: path, with: Data(text.utf8))
      #expect(
        message(of: { try decodeDocument(Event.self, at: path) })
          == "\(path): the file is damaged (\(reason)); move it away or restore it from a copy")
    }
    #expect(
      message(of: { try decodeDocument(Event.self, at: folder / "none") })
        .hasSuffix("cannot read: No such file or directory; check the path"))
  }
}

@Suite struct LockTests {
  @Test("needs a folder that can be written to") func needsAFolderThatCanBeWrittenTo() {
    #expect(
      message(of: { try FolderLock(folder: "/nowhere") })
        == "/nowhere: cannot lock: No such file or directory; check the path")
  }
}

@Suite struct PathsTests {
  @Test(
    "have a folder above them",
    arguments: [
      ("r", ""), ("runs/r", "runs"), ("runs/r/", "runs"), ("/r", "/"), ("/", "/"), ("", ""),
      ("a//b", "a"), ("/a/b/c.txt", "/a/b"), ("./r", "."), ("//r", "/"),
    ])
  func haveAFolderAboveThem(path: String, parent: String) {
    #expect(parentFolder(of: path) == parent)
  }
}
