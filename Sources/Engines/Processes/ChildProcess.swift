import Foundation

/// A process that was started: without a shell's job control, Foundation's threads or inherited descriptors.
package struct ChildProcess: Sendable {
  package let id: pid_t

  /// How a process ended.
  package enum Ending: Sendable, Hashable {
    case exit(Int32)
    case signal(Int32)

    init(status: Int32) {
      let signal = status & 0x7f
      self = signal == 0 ? .exit(status >> 8 & 0xff) : .signal(signal)
    }

    /// As a shell tells it.
    package var code: Int32 {
      switch self {
      case .exit(let code): code
      case .signal(let number): 128 + number
      }
    }
  }

  /// In what it is independent of the process that starts it.
  package enum Independence {
    /// A process group of its own, which can be signalled as a whole.
    case group
    /// A session of its own: it outlives its parent and its terminal.
    case session
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - words: its path and arguments.
  ///   - environment: what is set besides this process's own.
  ///   - folder: where it works; here if nil.
  ///   - output: file that both of its outputs are appended to.
  /// - Throws: ``ProcessError``.
  package static func start(
    _ words: [String], environment: [String: String] = [:], folder: String? = nil,
    output: String = "/dev/null", independence: Independence
  ) throws(ProcessError) -> ChildProcess {
    var command = words
    if let folder {
      // There is no portable way to start a process in another folder.
      command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + words
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, output, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    return try spawn(command, environment, &actions, independence)
  }

  static func spawn(
    _ words: [String], _ environment: [String: String],
    _ actions: inout posix_spawn_file_actions_t, _ independence: Independence
  ) throws(ProcessError) -> ChildProcess {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // Threads may block signals, and this program catches some: a new process is to have neither.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGQUIT] {
      sigaddset(&signals, number)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)
    switch independence {
    case .group: flags |= Int32(POSIX_SPAWN_SETPGROUP)
    // POSIX_SPAWN_SETSID, of glibc 2.26.
    case .session: flags |= 0x80
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))
    var variables = ProcessInfo.processInfo.environment
    variables.merge(environment) { $1 }
    var id = pid_t()
    let code = withCStrings(words) { words in
      withCStrings(variables.map { "\($0)=\($1)" }) { variables in
        posix_spawnp(&id, words[0]!, &actions, &attributes, words, variables)
      }
    }
    guard code == 0 else { throw ProcessError(words: words, code: code) }
    return ChildProcess(id: id)
  }

  /// How it ended; nil while it has not. To be asked by its parent only, and once after its end.
  package func ending() -> Ending? {
    var status: Int32 = 0
    while true {
      let found = waitpid(id, &status, WNOHANG)
      if found == id { return Ending(status: status) }
      if found < 0, errno == EINTR { continue }
      // Somebody else has waited for it: what it ended with is lost.
      return found < 0 ? .signal(SIGKILL) : nil
    }
  }

  /// Signals it with all of its group.
  package func signalGroup(_ number: Int32) { _ = kill(-id, number) }
}

/// A program that could not be started.
package struct ProcessError: Error, CustomStringConvertible {
  var words: [String]
  var code: Int32

  package var description: String {
    "\(words.first ?? ""): cannot start: \(String(cString: strerror(code)))"
  }
}

/// Calls `body` with the strings as C wants them for a new process: pointers, and nil at the end.
func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}

/// When a process began, in ticks since the machine did: with its id it is the one that was meant. Nil where it is
/// gone.
func startTime(ofProcess id: pid_t) -> UInt64? {
  guard let data = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return nil }
  let text = String(decoding: data, as: UTF8.self)
  // The name, in parentheses, may hold anything.
  guard let end = text.lastIndex(of: ")") else { return nil }
  let words = text[text.index(after: end)...].split(separator: " ")
  return words.count > 19 ? UInt64(words[19]) : nil
}
