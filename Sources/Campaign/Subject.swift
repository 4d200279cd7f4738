import Foundation
import Processes
import Storage

/// The program under attack.
struct Subject: Sendable {
  let path: String
  /// Kilobytes of address space that a run may take.
  static let memoryLimit = 8_000_000

  /// A run under way, in a process group of its own.
  final class Run {
    private let child: ChildProcess
    let folder: String
    private let began = ContinuousClock.now
    private let files: String
    private var ending: ChildProcess.Ending?

    /// Its id, which is its group's too.
    var process: pid_t { child.id }

    fileprivate init(child: ChildProcess, folder: String, files: String) {
      self.child = child
      self.folder = folder
      self.files = files
    }

    var seconds: Double {
      let (seconds, attoseconds) = (ContinuousClock.now - began).components
      return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// Whether it has ended.
    func hasEnded() -> Bool {
      if ending == nil { ending = child.ending() }
      return ending != nil
    }

    /// - Returns: whether it has ended within so many seconds.
    func wait(seconds: Double) -> Bool {
      let end = self.seconds + seconds
      var pause: UInt32 = 1000
      while !hasEnded() {
        if self.seconds >= end { return false }
        usleep(pause)
        pause = min(pause + 500, 20_000)
      }
      return true
    }

    func send(_ signal: Int32) { child.signalGroup(signal) }

    /// Waits for its end and gives what it said; kills it after so many seconds.
    func outcome(within limit: Double) -> Outcome {
      let ended = wait(seconds: limit)
      if !ended {
        send(SIGKILL)
        _ = wait(seconds: 10)
      }
      // What it started must not outlive it.
      send(SIGKILL)
      let end: Outcome.End =
        switch ending {
        case .exit(let code)? where ended: .code(code)
        case .signal(let number)? where ended: .signal(number)
        default: .timeout
        }
      func text(_ name: String) -> String {
        let data = (try? readFile(at: files + name, limit: 64 << 20)) ?? Data()
        unlink(files + name)
        return String(decoding: data, as: UTF8.self)
      }
      return Outcome(end: end, output: text(".out"), errors: text(".err"), seconds: seconds)
    }
  }

  /// - Parameters:
  ///   - prefix: a tool that starts the program, with its arguments.
  ///   - shell: what a shell does before, e.g. `ulimit -f 2;`, and redirections after.
  func start(
    _ words: [String], in folder: String, prefix: [String] = [], shell: String = "",
    redirections: String = ""
  ) -> Run {
    let files = "\(folder)/.campaign-\(UInt64.random(in: 0...UInt64.max))"
    let command =
      "ulimit -c 0; ulimit -v \(Self.memoryLimit); cd \"$0\" || exit 99; \(shell) exec \"$@\" "
      + redirections
    let arguments = ["/bin/sh", "-c", command, folder] + prefix + [path] + words
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    let flags = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 1, files + ".out", flags, 0o644)
    posix_spawn_file_actions_addopen(&actions, 2, files + ".err", flags, 0o644)
    // A trace of the stack takes seconds, and is of no use here.
    let environment = ["SWIFT_BACKTRACE": "enable=no", "OPENBLAS_NUM_THREADS": "1"]
    do {
      let child = try ChildProcess.spawn(arguments, environment, &actions, .group)
      return Run(child: child, folder: folder, files: files)
    } catch { preconditionFailure("expected a process, found \(error)") }
  }

  func run(
    _ words: [String], in folder: String, prefix: [String] = [], shell: String = "",
    redirections: String = "", within limit: Double
  ) -> Outcome {
    start(words, in: folder, prefix: prefix, shell: shell, redirections: redirections)
      .outcome(within: limit)
  }
}
