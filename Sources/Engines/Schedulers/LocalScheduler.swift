import Foundation
import Processes
import Storage
import Synchronization

/// Processes on this machine, each in a session of its own: they outlive a driver that is killed, and the next finds
/// them by the lock on their folder.
package final class LocalScheduler: Scheduler {
  package let outlivesDriver = false
  package let takesBatches = false
  package let interval = 0.1
  package let patience = 1.0
  private let program: String
  private let started = Mutex<[String: Started]>([:])

  private struct Started {
    var child: ChildProcess
    var ending: ChildProcess.Ending?
  }

  /// Processes that have been heard of and have not ended.
  private let leaving = Mutex<[ChildProcess]>([])

  package init(program: String) { self.program = program }

  package func submit(_ job: Job) throws -> String {
    let folder = job.attempts[0]
    let child = try ChildProcess.start(
      [program, "run", folder.path], output: folder.log, independence: .session)
    started.withLock { $0[folder.path] = Started(child: child) }
    return "\(child.id)"
  }

  package func query(_ jobs: [JobHandle]) -> [JobStatus] {
    leaving.withLock { $0.removeAll { $0.ending() != nil } }
    return jobs.compactMap { job in
      guard let folder = job.folder else { return nil }
      let state: JobStatus.State? = started.withLock { started in
        guard var own = started[folder] else { return nil }
        own.ending = own.ending ?? own.child.ending()
        started[folder] = own
        guard let ending = own.ending else { return .running }
        return ending == .exit(0) ? .completed : .failed
      }
      let isAlive = state.map { !$0.hasEnded } ?? isLocked(folder)
      if !isAlive, state == nil { return nil }
      return JobStatus(
        name: job.name, index: job.index, id: job.id ?? "", state: state ?? .running,
        node: hostName(), words: "")
    }
  }

  package func cancel(_ jobs: [JobHandle]) {
    for job in jobs {
      guard let folder = job.folder else { continue }
      if let own = started.withLock({ $0[folder] }) {
        if own.ending == nil { _ = kill(own.child.id, SIGTERM) }
      } else if let id = Self.supervisor(of: AttemptFolder(folder)) {
        _ = kill(id, SIGTERM)
      }
    }
  }

  /// Forgets a process that has been heard of, and ends what a supervisor that was killed left behind.
  package func forget(_ folder: AttemptFolder) {
    started.withLock { started in
      guard let own = started.removeValue(forKey: folder.path) else { return }
      // Its message comes before its end.
      if own.ending == nil { leaving.withLock { $0.append(own.child) } }
    }
    guard let group = Self.process(in: folder.group) else { return }
    _ = kill(-group, SIGKILL)
    unlink(folder.group)
  }

  private func isLocked(_ folder: String) -> Bool {
    do {
      _ = try FolderLock(folder: folder)
      return false
    } catch {
      if case .locked = error { return true }
      return false
    }
  }

  private static func supervisor(of folder: AttemptFolder) -> pid_t? {
    process(in: folder.supervisor)
  }

  /// The process of a file that names one with the time of its start; nil where that is gone.
  private static func process(in file: String) -> pid_t? {
    guard let data = try? readFile(at: file, limit: 1024) else { return nil }
    let words = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count == 2, let id = pid_t(words[0]), let began = UInt64(words[1]),
      startTime(ofProcess: id) == began
    else { return nil }
    return id
  }
}
