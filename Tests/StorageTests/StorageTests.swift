import Foundation
import Storage
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

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }

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

/// In an exit test's process: no file may grow beyond so many bytes.
func limitFileSize(to bytes: UInt) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
}

struct Event: Codable, Equatable {
  var number: Int
  var text = "räksmörgås"
}

@Suite struct `A journal` {
  @Test func `gives back what was appended, in order`() throws {
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

  @Test func `loses no line when many threads append`() throws {
    let folder = TemporaryFolder()
    let journal = try LineJournal(at: folder / "events.jsonl")
    DispatchQueue.concurrentPerform(iterations: 40) { number in
      try? journal.append(Event(number: number))
    }
    let events = try LineJournal.read(Event.self, at: journal.path)
    #expect(events.map(\.number).sorted() == Array(0..<40))
  }

  @Test func `drops a last line that was cut short, and goes on after it`() throws {
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

  @Test(arguments: [
    ("hello", "not JSON"), ("", "not JSON"), (#"{"text":"a"}"#, "no 'number'"),
    (#"{"number":"one","text":"a"}"#, "expected Int at 'number'"),
    (#"{"number":null,"text":"a"}"#, "at 'number'"),
  ]) func `says which line is damaged and how`(line: String, reason: String) throws {
    let folder = TemporaryFolder()
    let path = folder / "events.jsonl"
    let journal = try LineJournal(at: path)
    try journal.append(Event(number: 0))
    try (readFile(at: path) + Data("\(line)\n".utf8) + encodeLine(Event(number: 2)))
      .write(to: URL(fileURLWithPath: path))
    let error = message(of: { try LineJournal.read(Event.self, at: path) })
    #expect(error.hasPrefix("\(path): line 2 is damaged ("), "\(error)")
    #expect(error.contains(reason), "\(error)")
    #expect(error.hasSuffix("; move the file away or restore it from a copy"))
    #expect(!error.contains("\n"))
  }

  @Test func `refuses what JSON cannot hold, and stays whole`() throws {
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

  @Test func `keeps whole lines when the disk is full`() async throws {
    let folder = TemporaryFolder(forChildren: "journal")
    await #expect(processExitsWith: .success) {
      let path = TemporaryFolder.path(ofParents: "journal") + "/events.jsonl"
      let journal = try LineJournal(at: path)
      limitFileSize(to: 200)
      var kept = 0
      while kept < 100 {
        let error = message(of: { try journal.append(Event(number: kept)) })
        if error != "no error" {
          #expect(
            error
              == "\(path): cannot write: File too large; raise the limit on file sizes (ulimit -f) "
              + "and run the same command again")
          break
        }
        kept += 1
      }
      // The line that did not fit is gone as a whole, here and for whoever reads it.
      #expect(try LineJournal.read(Event.self, at: path).map(\.number) == Array(0..<kept))
      #expect(try readFile(at: path).last == UInt8(ascii: "\n"))
    }
    let journal = try LineJournal(at: folder / "events.jsonl")
    let kept = try LineJournal.read(Event.self, at: journal.path).count
    #expect((3...5).contains(kept))
    try journal.append(Event(number: 99))
    #expect(try LineJournal.read(Event.self, at: journal.path).map(\.number).last == 99)
  }

  @Test func `is on the disk once append returns, even if the process is killed`() async throws {
    let folder = TemporaryFolder(forChildren: "killed")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let journal = try LineJournal(at: TemporaryFolder.path(ofParents: "killed") + "/events.jsonl")
      for number in 0..<3 { try journal.append(Event(number: number)) }
      kill(getpid(), SIGKILL)
    }
    let events = try LineJournal.read(Event.self, at: folder / "events.jsonl")
    #expect(events.map(\.number) == [0, 1, 2])
  }
}

@Suite struct `Replacing a file` {
  @Test func `replaces it as a whole`() throws {
    let folder = TemporaryFolder()
    let path = folder / "study.json"
    try replaceFile(at: path, with: Data("first".utf8))
    try replaceFile(at: path, with: Data("second, longer".utf8))
    try replaceFile(at: path, with: Data("third".utf8))
    #expect(try readFile(at: path) == Data("third".utf8))
    #expect(folder.names == ["study.json"])
  }

  @Test func `leaves the old file where the new one does not fit`() async throws {
    let folder = TemporaryFolder(forChildren: "replace")
    let path = folder / "model.bin"
    try replaceFile(at: path, with: Data("old".utf8))
    await #expect(processExitsWith: .success) {
      let path = TemporaryFolder.path(ofParents: "replace") + "/model.bin"
      limitFileSize(to: 1000)
      let error = message(of: { try replaceFile(at: path, with: Data(count: 5000)) })
      #expect(error.hasPrefix("\(path): cannot write: "))
    }
    #expect(try readFile(at: path) == Data("old".utf8))
    #expect(folder.names == ["model.bin"])
  }

  @Test func `leaves the old file where the process dies before the end`() async throws {
    let folder = TemporaryFolder(forChildren: "dies")
    let path = folder / "model.bin"
    try replaceFile(at: path, with: Data("old".utf8))
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let path = TemporaryFolder.path(ofParents: "dies") + "/model.bin"
      try replaceFile(at: path) { (descriptor) throws(StorageError) in
        try writeAll(Data("half of the n".utf8), to: descriptor, path: path)
        kill(getpid(), SIGKILL)
      }
    }
    #expect(try readFile(at: path) == Data("old".utf8))
  }

  @Test func `passes on an error of whoever writes, and leaves nothing behind`() {
    let folder = TemporaryFolder()
    let failure = StorageError.missing(path: "x", hint: "y")
    #expect(throws: failure) {
      try replaceFile(at: folder / "a") { (_) throws(StorageError) in throw failure }
    }
    #expect(folder.names == [])
  }

  @Test func `says what stands in its way`() {
    #expect(
      message(of: { try replaceFile(at: "/nowhere/at/all", with: Data()) })
        == "/nowhere/at/all: cannot write: No such file or directory; check the path")
  }
}

@Suite struct `The disk` {
  @Test func `is told to be full when it is`() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let error = message(of: { try writeAll(Data(count: 10), to: descriptor, path: "runs/a/x") })
    #expect(
      error == "runs/a/x: cannot write: No space left on device; "
        + "free some space and run the same command again, nothing is lost")
  }

  @Test func `gives whole files of any size`() throws {
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

  @Test func `has folders made with those above them`() throws {
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

  @Test func `has documents that say what is wrong with them`() throws {
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

@Suite struct `A lock` {
  @Test func `keeps others out while it is held, and names its holder`() async throws {
    let folder = TemporaryFolder(forChildren: "held")
    let lock = try FolderLock(folder: folder.path)
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder.path(ofParents: "held")
      #expect(throws: StorageError.locked(path: folder, process: getppid())) {
        try FolderLock(folder: folder)
      }
    }
    #expect(
      message(of: { try FolderLock(folder: folder.path) })
        == "\(folder.path): another mixpipe (process \(getpid())) is at work here; "
        + "wait for it or choose another folder")
    withExtendedLifetime(lock) {}
  }

  @Test func `ends with its holder, however that ends`() async throws {
    let folder = TemporaryFolder(forChildren: "left")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let lock = try FolderLock(folder: TemporaryFolder.path(ofParents: "left"))
      withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
    }
    #expect(folder.names == ["lock"])
    do {
      let lock = try FolderLock(folder: folder.path)
      withExtendedLifetime(lock) {}
    }
    // And when it is let go of.
    _ = try FolderLock(folder: folder.path)
  }

  @Test func `needs a folder that can be written to`() {
    #expect(
      message(of: { try FolderLock(folder: "/nowhere") })
        == "/nowhere/lock: cannot lock: No such file or directory; check the path")
  }
}

@Suite struct `Paths` {
  @Test(arguments: [
    ("r", ""), ("runs/r", "runs"), ("runs/r/", "runs"), ("/r", "/"), ("/", "/"), ("", ""),
    ("a//b", "a"), ("/a/b/c.txt", "/a/b"), ("./r", "."), ("//r", "/"),
  ])
  func `have a folder above them`(path: String, parent: String) {
    #expect(parentFolder(of: path) == parent)
  }
}
