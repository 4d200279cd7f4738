import Foundation
import Processes
import Storage

/// Runs the tools that fetch and unpack: arguments as they are, no shell in between, and always a
/// look at how they ended.
enum Subprocess {
  struct Result {
    /// The exit status; 128 and the signal's number where a signal ended it.
    let status: Int32
    let output: [UInt8]
    let errors: String

    /// The last line of the standard error output that tells of an error, for a message.
    var reason: String {
      let lines = errors.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      let telling = lines.last { $0.hasPrefix("E: ") || $0.hasPrefix("ERROR: ") }
      let line = telling ?? lines.last { !$0.isEmpty } ?? "ended with status \(status)"
      return line.replacingOccurrences(of: "E: ", with: "")
        .replacingOccurrences(of: "ERROR: ", with: "")
    }

    /// - Parameter folder: where the tool wrote to.
    func throwIfDiskIsFull(_ folder: String) throws(StorageError) {
      if errors.contains("No space left") || errors.contains("enough free space") {
        throw .system(action: "write", path: folder, code: ENOSPC)
      }
    }
  }

  /// What to do where a tool is missing.
  private static func hint(for tool: String) -> String {
    switch tool {
    case "apt-get", "apt-cache", "dpkg-deb":
      return "Debian and Ubuntu have it; elsewhere use text of your own or the synthetic corpus"
    case "python3": return "install it with 'apt-get install python3 python3-pip'"
    default: return "install it with 'apt-get install \(tool)'"
    }
  }

  /// Where the shell would find the tool.
  static func find(_ tool: String) throws -> String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    for folder in path.split(separator: ":") {
      let candidate = folder + "/" + tool
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw TextSourceError.missingTool(tool: tool, install: hint(for: tool))
  }

  /// Runs a tool to its end.
  ///
  /// - Parameters:
  ///   - folder: where it works; here if nil.
  ///   - environment: what is set besides the program's own environment. Messages are in English
  ///     always, since some are looked at.
  ///   - limit: bytes of collected output at most; a tool that writes more is ended.
  ///   - meanwhile: called a few times a second.
  ///   - output: gets what it writes, piece by piece; nil collects it in the result. An error ends
  ///     the tool.
  static func run(
    _ tool: String, _ arguments: [String], folder: String? = nil,
    environment: [String: String] = [:], limit: Int = .max, meanwhile: () -> Void = {},
    output: ((UnsafeRawBufferPointer) throws -> Void)? = nil
  ) throws -> Result {
    let words = [try find(tool)] + arguments
    let started: (child: ChildProcess, output: Int32, errors: Int32)
    do throws(ProcessError) {
      started = try ChildProcess.piped(
        words, environment: environment, folder: folder, independence: .none)
    } catch {
      throw failure(tool, String(cString: strerror(error.code)))
    }

    var collected: [UInt8] = []
    var errors: [UInt8] = []
    var problem: (any Error)?
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var watched = [
      pollfd(fd: started.output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: started.errors, events: Int16(POLLIN), revents: 0),
    ]
    while problem == nil, watched.contains(where: { $0.fd >= 0 }) {
      let ready = poll(&watched, nfds_t(watched.count), 250)
      if ready < 0, errno != EINTR { break }
      if ready <= 0 {
        meanwhile()
        continue
      }
      for i in 0..<2 where watched[i].fd >= 0 && watched[i].revents != 0 {
        let count = read(watched[i].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 {
          // poll passes over negative descriptors.
          watched[i].fd = -1
        } else if i == 1 {
          if errors.count < 1 << 20 { errors.append(contentsOf: buffer[..<count]) }
        } else if let output {
          do {
            try buffer.withUnsafeBytes {
              try output(UnsafeRawBufferPointer(rebasing: $0[..<count]))
            }
          } catch {
            problem = error
            break
          }
        } else if collected.count + count > limit {
          problem = InflateError.tooLarge(limit)
          break
        } else {
          collected.append(contentsOf: buffer[..<count])
        }
      }
    }
    if problem != nil { kill(started.child.id, SIGTERM) }
    for descriptor in [started.output, started.errors] { close(descriptor) }
    let ending = started.child.waitForEnd()
    if let problem { throw problem }
    return Result(
      status: ending.code, output: collected, errors: String(decoding: errors, as: UTF8.self))
  }

  private static func failure(_ tool: String, _ reason: String) -> TextSourceError {
    .toolFailed(command: tool, status: -1, reason: reason)
  }
}
