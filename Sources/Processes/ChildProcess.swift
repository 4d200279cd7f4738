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
    /// In nothing: what is typed at the terminal reaches it too.
    case none
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
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, 1, output, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    return try spawn(self.words(words, in: folder), environment, &actions, independence)
  }

  /// Starts a program whose outputs are read: to be closed by the caller, and inherited by no other child.
  ///
  /// - Parameters:
  ///   - words: its path, or a name that is looked up, and arguments.
  ///   - environment: what is set besides this process's own and a language that messages can be looked at in.
  ///   - folder: where it works; here if nil.
  /// - Returns: with it the descriptors of its standard output and of its standard error.
  /// - Throws: ``ProcessError``.
  package static func piped(
    _ words: [String], environment: [String: String], folder: String? = nil,
    independence: Independence
  ) throws(ProcessError) -> (child: ChildProcess, output: Int32, errors: Int32) {
    let pipes = try outputPipes(for: words)
    defer { for descriptor in [pipes[1], pipes[3]] { close(descriptor) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
    posix_spawn_file_actions_adddup2(&actions, pipes[3], 2)
    do throws(ProcessError) {
      let child = try spawn(
        self.words(words, in: folder), ["LC_ALL": "C.UTF-8"].merging(environment) { $1 }, &actions,
        independence)
      return (child, pipes[0], pipes[2])
    } catch {
      for descriptor in [pipes[0], pipes[2]] { close(descriptor) }
      throw error
    }
  }

  /// There is no portable way to start a process in another folder.
  private static func words(_ words: [String], in folder: String?) -> [String] {
    folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] + words } ?? words
  }

  /// Starts a program with inputs and outputs of one's own.
  ///
  /// - Parameters:
  ///   - words: its path, or a name that is looked up, and arguments.
  ///   - environment: what is set besides this process's own.
  ///   - actions: what is done with descriptors before it begins.
  /// - Throws: ``ProcessError``.
  package static func spawn(
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
    case .none: break
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
        spawning.withLock { posix_spawnp(&id, words[0]!, &actions, &attributes, words, variables) }
      }
    }
    guard code == 0 else { throw ProcessError(words: words, code: code) }
    return ChildProcess(id: id)
  }

  /// How it ended; nil while it has not. To be asked by its parent only, and once after its end.
  package func ending() -> Ending? { ending(WNOHANG) }

  /// Waits for its end.
  package func waitForEnd() -> Ending { ending(0)! }

  private func ending(_ options: Int32) -> Ending? {
    var status: Int32 = 0
    while true {
      let found = waitpid(id, &status, options)
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
  package let code: Int32

  package init(words: [String], code: Int32) {
    self.words = words
    self.code = code
  }

  package var description: String {
    "\(words.first ?? ""): cannot start: \(String(cString: strerror(code)))"
  }
}

/// Held from making a pipe to marking it as not to be inherited, and while a process is begun: else one that
/// begins in between would keep another's pipe open.
private let spawning = NSLock()

/// Two pipes for a child's outputs, none of whose ends another child inherits: the ends to read and to write of the
/// first, then of the second.
///
/// - Throws: ``ProcessError`` in the name of `words`.
private func outputPipes(for words: [String]) throws(ProcessError) -> [Int32] {
  var pipes: [Int32] = [-1, -1, -1, -1]
  let code = spawning.withLock { () -> Int32 in
    for first in [0, 2] {
      let made = pipes.withUnsafeMutableBufferPointer { pipe($0.baseAddress! + first) }
      if made != 0 { return errno }
      for index in [first, first + 1] { _ = fcntl(pipes[index], F_SETFD, FD_CLOEXEC) }
    }
    return 0
  }
  guard code == 0 else {
    for descriptor in pipes where descriptor >= 0 { close(descriptor) }
    throw ProcessError(words: words, code: code)
  }
  return pipes
}

/// A word as the shell reads it back: in quotes where it holds more than plain names.
package func shellQuoted(_ word: String) -> String {
  let isPlain = word.utf8.allSatisfy { byte in
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
      || byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
      || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
      || "/._-+=:,%@".utf8.contains(byte)
  }
  return isPlain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
}

/// Calls `body` with the strings as C wants them for a new process: pointers, and nil at the end.
private func withCStrings<R>(
  _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R
) -> R {
  let copies = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies + [nil])
}

/// When a process began, in ticks since the machine did: with its id it is the one that was meant. Nil where it is
/// gone.
package func startTime(ofProcess id: pid_t) -> UInt64? {
  guard let data = FileManager.default.contents(atPath: "/proc/\(id)/stat") else { return nil }
  let text = String(decoding: data, as: UTF8.self)
  // The name, in parentheses, may hold anything.
  guard let end = text.lastIndex(of: ")") else { return nil }
  let words = text[text.index(after: end)...].split(separator: " ")
  return words.count > 19 ? UInt64(words[19]) : nil
}
