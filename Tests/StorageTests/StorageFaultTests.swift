import Foundation
import Storage
import Testing

// Faults that take a process of their own: exit tests, which Swift has from 6.2 on.
#if compiler(>=6.2)
  /// In an exit test's process: no file may grow beyond so many bytes.
  func limitFileSize(to bytes: UInt) {
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }

  extension JournalTests {
    @Test("keeps whole lines when the disk is full") func keepsWholeLinesWhenTheDiskIsFull()
      async throws
    {
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

    @Test("is on the disk once append returns even if the process is killed")
    func isOnTheDiskOnceAppendReturnsEvenIfTheProcessIsKilled() async throws {
      let folder = TemporaryFolder(forChildren: "killed")
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let journal = try LineJournal(
          at: TemporaryFolder.path(ofParents: "killed") + "/events.jsonl")
        for number in 0..<3 { try journal.append(Event(number: number)) }
        kill(getpid(), SIGKILL)
      }
      let events = try LineJournal.read(Event.self, at: folder / "events.jsonl")
      #expect(events.map(\.number) == [0, 1, 2])
    }
  }

  extension ReplacingAFileTests {
    @Test("leaves the old file where the new one does not fit")
    func leavesTheOldFileWhereTheNewOneDoesNotFit() async throws {
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
      #expect(try folder.names == ["model.bin"])
    }

    @Test("leaves the old file where the process dies before the end")
    func leavesTheOldFileWhereTheProcessDiesBeforeTheEnd() async throws {
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
  }

  extension LockTests {
    @Test("keeps others out while it is held and names its holder")
    func keepsOthersOutWhileItIsHeldAndNamesItsHolder() async throws {
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

    @Test("ends with its holder however that ends") func endsWithItsHolderHoweverThatEnds()
      async throws
    {
      let folder = TemporaryFolder(forChildren: "left")
      await #expect(processExitsWith: .signal(SIGKILL)) {
        let lock = try FolderLock(folder: TemporaryFolder.path(ofParents: "left"))
        withExtendedLifetime(lock) { _ = kill(getpid(), SIGKILL) }
      }
      #expect(try folder.names == [])
      do {
        let lock = try FolderLock(folder: folder.path)
        withExtendedLifetime(lock) {}
      }
      // And when it is let go of.
      _ = try FolderLock(folder: folder.path)
    }
  }
#endif
