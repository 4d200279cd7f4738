import Foundation
import Processes

/// A short command of a scheduler's: what it printed, and how it ended.
package struct ShellCommand: Sendable {
  package struct Result: Sendable {
    package var code: Int32
    package var output: String
    package var errors: String
    package var timedOut: Bool

    /// The last line of what it complained of.
    package var reason: String {
      let lines = (errors + "\n" + output).split(whereSeparator: \.isNewline)
      let line = errors.split(whereSeparator: \.isNewline).last ?? lines.last
      return timedOut ? "no answer within its time" : line.map(String.init) ?? "exit code \(code)"
    }
  }

  /// Runs a line of the shell's, and ends it where it takes too long.
  ///
  /// - Throws: ``ProcessError`` where not even the shell can be started.
  package static func run(
    _ line: String, seconds: Double = 60, environment: [String: String] = [:]
  ) throws(ProcessError) -> Result {
    try run(["/bin/sh", "-c", line], seconds: seconds, environment: environment)
  }

  package static func run(
    _ words: [String], seconds: Double = 60, environment: [String: String] = [:]
  ) throws(ProcessError) -> Result {
    let (child, output, errors) = try ChildProcess.piped(
      words, environment: environment, independence: .group)
    defer { for descriptor in [output, errors] { close(descriptor) } }
    var collected: [[UInt8]] = [[], []]
    var watched = [
      pollfd(fd: output, events: Int16(POLLIN), revents: 0),
      pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
    ]
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    let deadline = ContinuousClock.now + .seconds(seconds)
    var timedOut = false
    while watched.contains(where: { $0.fd >= 0 }) {
      if !timedOut, ContinuousClock.now > deadline {
        timedOut = true
        child.signalGroup(SIGKILL)
      }
      guard poll(&watched, nfds_t(watched.count), 200) > 0 else {
        // A process that it left behind may keep the pipe open.
        if timedOut { break }
        continue
      }
      for index in 0..<2 where watched[index].fd >= 0 && watched[index].revents != 0 {
        let count = read(watched[index].fd, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        if count <= 0 {
          watched[index].fd = -1
        } else if collected[index].count < 64 << 20 {
          collected[index] += buffer[..<count]
        }
      }
    }
    var ending = child.ending()
    while ending == nil {
      if ContinuousClock.now > deadline, !timedOut {
        timedOut = true
        child.signalGroup(SIGKILL)
      }
      usleep(2000)
      ending = child.ending()
    }
    return Result(
      code: timedOut ? 124 : ending!.code, output: String(decoding: collected[0], as: UTF8.self),
      errors: String(decoding: collected[1], as: UTF8.self), timedOut: timedOut)
  }

  /// A template with its `{names}` replaced by quoted words.
  package static func filled(_ template: String, _ values: [(name: String, value: String)])
    -> String
  {
    values.reduce(template) {
      $0.replacingOccurrences(of: "{\($1.name)}", with: shellQuoted($1.value))
    }
  }
}
