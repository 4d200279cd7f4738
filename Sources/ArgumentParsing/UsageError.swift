/// Words that do not make a command, with what is needed to put them right. Exit code 64.
package struct UsageError: Error, CustomStringConvertible {
  /// What was found and what was expected, without "Error:".
  package let message: String
  let help: String?
  let usage: String
  let command: String

  init(_ message: String, about definition: ArgumentDefinition? = nil, in path: CommandPath) {
    self.message = printable(message)
    help = definition.map { "\($0.label)  \($0.help)" }
    usage = path.usage
    command = path.name
  }

  /// As it is shown, without the last newline.
  package var description: String {
    """
    Error: \(message)
    \(help.map { "Help:  \($0)\n" } ?? "")Usage: \(usage)
      See '\(command) --help' for more information.
    """
  }
}
