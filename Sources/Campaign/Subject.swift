import Foundation
import Storage

/// The program under attack.
struct Subject: Sendable {
  let path: String
  /// Kilobytes of address space that a run may take.
  static let memoryLimit = 8_000_000

  /// A run under way, in a process group of its own.
  final class Run {
    let process: pid_t
    let folder: String
    private let began = ContinuousClock.now
    private let files: String
    private var status: Int32?

    fileprivate init(process: pid_t, folder: String, files: String) {
      self.process = process
      self.folder = folder
      self.files = files
    }

    var seconds: Double {
      let (seconds, attoseconds) = (ContinuousClock.now - began).components
      return Double(seconds) + Double(attoseconds) * 1e-18
    }

    /// Whether it has ended.
    func hasEnded() -> Bool {
      if status != nil { return true }
      var found: Int32 = 0
      guard waitpid(process, &found, WNOHANG) == process else { return false }
      status = found
      return true
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

    func send(_ signal: Int32) { kill(-process, signal) }

    /// Waits for its end and gives what it said; kills it after so many seconds.
    func outcome(within limit: Double) -> Outcome {
      let ended = wait(seconds: limit)
      if !ended {
        send(SIGKILL)
        _ = wait(seconds: 10)
      }
      // What it started must not outlive it.
      kill(-process, SIGKILL)
      let status = status ?? 0
      let signal = status & 0x7f
      let end: Outcome.End =
        !ended ? .timeout : signal == 0 ? .code(status >> 8 & 0xff) : .signal(signal)
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
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes,
      Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var variables = ProcessInfo.processInfo.environment
    // A trace of the stack takes seconds, and is of no use here.
    variables["SWIFT_BACKTRACE"] = "enable=no"
    variables["OPENBLAS_NUM_THREADS"] = "1"
    var process = pid_t()
    let code = withCStrings(arguments) { arguments in
      withCStrings(variables.map { "\($0)=\($1)" }) { variables in
        posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, variables)
      }
    }
    precondition(code == 0, "expected a process, found \(String(cString: strerror(code)))")
    return Run(process: process, folder: folder, files: files)
  }

  func run(
    _ words: [String], in folder: String, prefix: [String] = [], shell: String = "",
    redirections: String = "", within limit: Double
  ) -> Outcome {
    start(words, in: folder, prefix: prefix, shell: shell, redirections: redirections)
      .outcome(within: limit)
  }
}

private func withCStrings<R>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}
