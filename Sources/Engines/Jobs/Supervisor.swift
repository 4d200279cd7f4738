import Foundation
import Mixtures
import Processes
import Runs
import Storage

/// Runs one attempt in this process's care, wherever a scheduler has put it: the trainer in its own process group,
/// its time, its end, and the message to the driver.
package struct Supervisor {
  package let folder: AttemptFolder
  package let job: JobDocument
  package let request: RequestDocument
  private let isStopped: () -> Bool

  /// - Parameter isStopped: whether somebody asked this process to stop.
  /// - Throws: as ``RequestDocument/read(in:)``.
  package init(_ path: String, isStopped: @escaping () -> Bool) throws {
    folder = AttemptFolder(path)
    request = try RequestDocument.read(in: folder)
    job = try JobDocument.read(in: folder)
    self.isStopped = isStopped
  }

  /// Works until the message is in the outbox.
  ///
  /// - Parameter measure: the built-in trainer; asked only where no command is given.
  /// - Returns: the process's exit code: 0 once the driver has been told, 74 where it could not be.
  /// - Throws: `StorageError.locked` where another process runs the same attempt.
  package func run(
    measure: (RunRequest, RunControl) throws -> [RungOutcome]
  ) throws -> Int32 {
    // Where a file system has no locks, two that run the same attempt find the same.
    let lock = try takeLock()
    defer { withExtendedLifetime(lock) {} }
    try? Data("\(getpid()) \(startTime(ofProcess: getpid()) ?? 0)\n".utf8)
      .write(to: URL(fileURLWithPath: folder.supervisor))
    let start = ContinuousClock.now
    var message = OutboxMessage(
      run: request.run, attempt: request.attempt, code: 0, lastLine: "", host: hostName(),
      seconds: 0)
    if let command = job.command {
      try supervise(command, &message)
    } else {
      compute(measure, &message)
    }
    message.seconds = start.duration(to: .now) / .seconds(1)
    do {
      var stoppedAt: ContinuousClock.Instant?
      try Outbox(at: job.outbox).publish(
        message, patience: job.outboxPatience,
        isCancelled: {
          guard isStopped() else { return false }
          stoppedAt = stoppedAt ?? .now
          return stoppedAt!.duration(to: .now) > .seconds(6)
        },
        onRefusal: { error in
          guard job.outboxPatience > 0 else { return }
          Self.log("\(error); trying again for \(Int(job.outboxPatience)) s")
        })
    } catch {
      // The scheduler's log is what is left to tell of it.
      Self.log("the outbox cannot be written: \(error)")
      return 74
    }
    return 0
  }

  /// Where the disk that refuses the outbox refuses the log too, there is nobody to tell.
  private static func log(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data("mixpipe: \(text)\n".utf8))
  }

  /// Nil where the file system has no locks.
  private func takeLock() throws -> FolderLock? {
    for tries in 0... {
      do throws(StorageError) {
        return try FolderLock(folder: folder.path)
      } catch {
        guard case .locked = error else { return nil }
        // A driver that looks whether somebody is here holds it for a moment.
        if tries == 20 { throw error }
        usleep(100_000)
      }
    }
    return nil
  }

  // MARK: - A command

  private func supervise(_ command: String, _ message: inout OutboxMessage) throws {
    let line = "exec " + ShellCommand.filled(command, [("folder", folder.path)])
    let child: ChildProcess
    do {
      child = try ChildProcess.start(
        ["/bin/sh", "-c", line],
        environment: [
          "MIXPIPE_FOLDER": folder.path, "MIXPIPE_RUN": "\(request.run)",
          "MIXPIPE_ATTEMPT": "\(request.attempt)",
        ], folder: job.workingFolder, output: folder.log, independence: .group)
    } catch {
      message.code = 127
      message.lastLine = "\(error)"
      return
    }
    if let began = startTime(ofProcess: child.id) {
      try? Data("\(child.id) \(began)\n".utf8).write(to: URL(fileURLWithPath: folder.group))
    }
    let start = ContinuousClock.now
    var askedAt: ContinuousClock.Instant?
    var pause: UInt32 = 2000
    while true {
      if let ending = child.ending() {
        message.code = ending.code
        break
      }
      let now = ContinuousClock.now
      if let asked = askedAt {
        if asked.duration(to: now) > .seconds(job.grace) { child.signalGroup(SIGKILL) }
      } else if let stop = stop(after: start.duration(to: now) / .seconds(1)) {
        message.stop = stop
        askedAt = now
        child.signalGroup(SIGTERM)
      }
      usleep(pause)
      // Soon heard of where it is short, and cheap where it is long.
      pause = min(pause + pause / 4, 100_000)
    }
    // What the trainer left behind in its group is not to train on.
    child.signalGroup(SIGKILL)
    unlink(folder.group)
    message.lastLine = message.code == 0 ? "" : folder.lastLogLine
    if fileExists(folder.result) {
      do {
        message.result = String(
          decoding: try readFile(at: folder.result, limit: 16 << 20), as: UTF8.self)
      } catch {
        message.failure = "\(error)"
      }
    }
  }

  private func stop(after seconds: Double) -> OutboxMessage.Stop? {
    if let limit = job.timeLimit, seconds >= limit { return .timeLimit }
    guard isStopped() else { return nil }
    // Schedulers warn some time before a job's is over; a signal sooner is a preemption. The rule is submitit's.
    if let limit = job.timeLimit, seconds >= min(0.8 * limit, limit - 600), limit > 600 {
      return .timeLimit
    }
    if let limit = job.timeLimit, limit <= 600, seconds >= 0.8 * limit { return .timeLimit }
    return .signal
  }

  // MARK: - The built-in trainer

  private func compute(
    _ measure: (RunRequest, RunControl) throws -> [RungOutcome], _ message: inout OutboxMessage
  ) {
    do {
      if let own = request.checkpoint {
        try makeFolder(at: own)
        if let earlier = request.continues { try takeOver(earlier, to: own) }
      }
      let start = ContinuousClock.now
      let progress = ProgressFile(path: folder.progress)
      message.outcomes = try measure(
        try request.request(in: folder),
        RunControl(
          progress: { progress.write($0) },
          isCancelled: CancellationCheck { [self] in
            stop(after: start.duration(to: .now) / .seconds(1)) != nil
          }.callAsFunction, checkpointFolder: request.checkpoint))
    } catch is CancellationError {
      message.code = TrainerExit.resumable
      message.stop = isStopped() ? .signal : .timeLimit
    } catch let error as StorageError {
      // A disk that is full or a node whose file system is gone: another attempt may do better.
      message.code = 74
      message.lastLine = "\(error)"
    } catch {
      message.failure = "\(error)"
    }
  }

  /// Copies what an earlier attempt kept, unless this one has kept something already, as where its job began anew.
  private func takeOver(_ earlier: String, to own: String) throws {
    let manager = FileManager.default
    guard try manager.contentsOfDirectory(atPath: own).isEmpty else { return }
    for name in (try? manager.contentsOfDirectory(atPath: earlier)) ?? []
    where !name.hasPrefix(".") {
      // It may be replaced or removed meanwhile; then the run goes on from its beginning.
      try? manager.copyItem(atPath: earlier + "/" + name, toPath: own + "/" + name)
    }
  }
}

/// A closure that is handed to a trainer's threads; what it asks is safe from any of them.
private struct CancellationCheck: @unchecked Sendable {
  let body: () -> Bool
  init(_ body: @escaping () -> Bool) { self.body = body }
  func callAsFunction() -> Bool { body() }
}

/// A line every second at most.
private final class ProgressFile: @unchecked Sendable {
  private let path: String
  private let lock = NSLock()
  private var last: ContinuousClock.Instant?

  init(path: String) { self.path = path }

  func write(_ share: Double) {
    lock.lock()
    defer { lock.unlock() }
    let now = ContinuousClock.now
    if let last, last.duration(to: now) < .seconds(1) { return }
    last = now
    try? Data("\(share)\n".utf8).write(to: URL(fileURLWithPath: path))
  }
}

func hostName() -> String {
  var buffer = [UInt8](repeating: 0, count: 256)
  let found = buffer.withUnsafeMutableBytes {
    gethostname($0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count - 1)
  }
  guard found == 0 else { return "?" }
  return ProcessInfo.processInfo.environment["SLURMD_NODENAME"]
    ?? String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
}
