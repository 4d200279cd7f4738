import Foundation

#if compiler(<6.2)
  /// Before Swift 6.2, which knows this protocol, every metatype may be shared.
  package protocol SendableMetatype {}
#endif

/// A verb of the command line. Its properties declare what it takes, with ``Option``, ``Flag``,
/// ``Argument`` and ``OptionGroup``; they hold what was given by the time that `run` is called.
///
/// A command either has subcommands or runs, never both.
package protocol Command: SendableMetatype {
  /// The word that calls it: the type's name, unless said otherwise (`DryRun` is `dry-run`).
  static var commandName: String { get }
  /// One line, for the list of subcommands and the top of the help screen.
  static var abstract: String { get }
  /// What else the help screen says, below the abstract.
  static var discussion: String { get }
  /// Shown by `--version`; only the outermost command's counts.
  static var version: String { get }
  static var subcommands: [any Command.Type] { get }
  /// Left out of the help screen and of completions.
  static var isHidden: Bool { get }

  init()
  /// Judges what the values are worth together, before anything runs.
  ///
  /// - Throws: ``ValidationError``; any other error is shown alike.
  func validate() throws
  mutating func run() throws
}

extension Command {
  package static var commandName: String { kebabCase("\(Self.self)") }
  package static var discussion: String { "" }
  package static var version: String { "" }
  package static var subcommands: [any Command.Type] { [] }
  package static var isHidden: Bool { false }
  package func validate() throws {}
  package mutating func run() throws {
    preconditionFailure("expected '\(Self.commandName)' to have subcommands or its own 'run'")
  }
}

extension Command {
  /// Runs the process's own command line, and ends the process.
  package static func main() {
    let code = execute(
      Array(CommandLine.arguments.dropFirst()), width: terminalWidth(of: STDOUT_FILENO),
      output: { try write($0, to: STDOUT_FILENO) },
      errors: { try? write($0, to: STDERR_FILENO) })
    exit(code)
  }

  /// Reads `words`, runs the command that they call, and returns the exit code: 64 where the words
  /// are wrong, 1 where the command fails, or whatever ``ExitCode`` it throws.
  ///
  /// - Parameter width: columns that help screens may take.
  package static func execute(
    _ words: [String], width: Int = 80, output: (String) throws -> Void,
    errors: (String) -> Void
  ) -> Int32 {
    do {
      switch try parse(words, width: width) {
      case .text(let text):
        try output(text)
      case .command(var command):
        try command.run()
      }
      return 0
    } catch let error as UsageError {
      errors("\(error)\n")
      return 64
    } catch let error as ValidationError {
      // Values that only the work itself can judge, as against a corpus, are a mistake of usage too.
      errors("Error: \(printable("\(error)"))\n")
      return 64
    } catch let code as ExitCode {
      return code.rawValue
    } catch {
      errors("Error: \(printable(describe(error)))\n")
      return 1
    }
  }
}

/// What is wrong with values that are each right by themselves.
package struct ValidationError: Error, CustomStringConvertible {
  package let description: String

  package init(_ message: String) { description = message }
}

/// Ends the process with a code of its own, without a word.
package struct ExitCode: Error, Equatable {
  package let rawValue: Int32

  package init(_ rawValue: Int32) { self.rawValue = rawValue }
}

/// An error in words: Foundation's descriptions are for debugging. Its localized ones are for people, but say no
/// more than "The operation could not be completed" of what the system refused; its code and the path say more.
func describe(_ error: any Error) -> String {
  if error is DecodingError || error is EncodingError {
    return "a value that the program keeps could not be read or written; run the same command again"
  }
  if let words = (error as? any LocalizedError)?.errorDescription { return words }
  guard error is any CustomNSError || type(of: error) == NSError.self else { return "\(error)" }
  let outer = error as NSError
  var cause = outer
  while let next = cause.userInfo[NSUnderlyingErrorKey] as? NSError { cause = next }
  let path = (outer.userInfo[NSFilePathErrorKey] as? String).map { $0 + ": " } ?? ""
  guard cause.domain == NSPOSIXErrorDomain else { return path + error.localizedDescription }
  return path + String(cString: strerror(Int32(truncatingIfNeeded: cause.code)))
}

/// `print` loses what it cannot write, and says nothing.
private func write(_ text: String, to descriptor: Int32) throws {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { throw OutputError(code: errno) }
    rest = rest.dropFirst(count)
  }
}

/// A screen that could not be shown.
struct OutputError: Error, CustomStringConvertible {
  var code: Int32

  var description: String {
    code == EBADF
      ? "standard output is closed; open it, or send it to a file"
      : "standard output: cannot write: \(String(cString: strerror(code)))"
  }
}
