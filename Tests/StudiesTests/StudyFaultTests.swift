import Foundation
import Mixtures
import Storage
import Studies
import Testing

#if compiler(>=6.2)
  /// Faults that take a process of their own, which captures nothing: exit tests, which Swift has
  /// from 6.2 on.
  @Suite("A study beside others and on a full disk") struct StudyBesideOthersAndOnAFullDiskTests {
    private static let settings = configuration(
      methods: [.init(name: "a", trials: 12), .init(name: "uniform", trials: 1)])

    @Test("has room for one process at a time") func hasRoomForOneProcessAtATime() async throws {
      let folder = TemporaryFolder(forChildren: "locked")
      let lock = try FolderLock(folder: folder.path)
      await #expect(processExitsWith: .success) {
        let path = TemporaryFolder.path(ofParents: "locked")
        let error = message(of: { try studyRunner(path, Self.settings).run() })
        #expect(
          error == "\(path): another mixpipe (process \(getppid())) is at work here; "
            + "wait for it or choose another folder")
        // Reading needs no lock.
        #expect(message(of: { try StudyRecord.read(folder: path) }).contains("found no study"))
      }
      withExtendedLifetime(lock) {}
      #expect(!FileManager.default.fileExists(atPath: folder / "study.json"))
    }

    @Test("keeps what it has when a file may grow no further")
    func keepsWhatItHasWhenAFileMayGrowNoFurther() async throws {
      let folder = TemporaryFolder(forChildren: "full")
      await #expect(processExitsWith: .success) {
        let path = TemporaryFolder.path(ofParents: "full")
        // As a full disk: the write comes back short, then fails.
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit(rlim_cur: 6000, rlim_max: 6000)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        let error = message(of: { try studyRunner(path, Self.settings).run() })
        #expect(error.hasPrefix(path + "/runs.jsonl: cannot write: "), "\(error)")
        #expect(!error.contains("\n"))
      }
      let before = try StudyRecord.read(folder: folder.path).trials.filter { $0.outcome != nil }
      #expect(before.count > 3)
      // No part of a line is left.
      #expect(try readFile(at: folder / "runs.jsonl").last == UInt8(ascii: "\n"))
      let evaluator = FormulaEvaluator()
      let record = try studyRunner(folder.path, Self.settings, evaluator).run()
      let whole = TemporaryFolder()
      let expected = try studyRunner(whole.path, Self.settings).run()
      #expect(record.trials.map(\.timeless) == expected.trials.map(\.timeless))
      #expect(evaluator.log.all.count == expected.trials.count - before.count)
    }

    @Test("goes on after being killed outright") func goesOnAfterBeingKilledOutright() async throws
    {
      let folder = TemporaryFolder(forChildren: "killed")
      for _ in 0..<2 {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          let path = TemporaryFolder.path(ofParents: "killed")
          let already = message(of: { try StudyRecord.read(folder: path) }) == "no error"
          _ = try studyRunner(
            path, Self.settings, FormulaEvaluator(delay: { _ in 0.003 }), workers: 3
          ).run(observer: { event, progress in
            if case .started = event, progress.ended > (already ? 9 : 4) {
              kill(getpid(), SIGKILL)
            }
          })
        }
      }
      let before = try StudyRecord.read(folder: folder.path).trials.filter { $0.outcome != nil }
      #expect(before.count > 9)
      let whole = TemporaryFolder()
      #expect(
        try studyRunner(folder.path, Self.settings).run().trials.map(\.timeless)
          == studyRunner(whole.path, Self.settings).run().trials.map(\.timeless))
    }
  }
#endif
