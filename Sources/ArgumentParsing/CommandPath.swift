/// A command and those above it, outermost first: all that its screens need.
struct CommandPath {
  var commands: [any Command.Type]
  let definitions: [ArgumentDefinition]

  init(_ commands: [any Command.Type], instance: (any Command)? = nil) {
    self.commands = commands
    definitions = argumentDefinitions(of: instance ?? commands[commands.count - 1].init())
  }

  var root: any Command.Type { commands[0] }
  var command: any Command.Type { commands[commands.count - 1] }
  /// As it is typed: `mixpipe corpus build`.
  var name: String { commands.map { $0.commandName }.joined(separator: " ") }
  var visibleDefinitions: [ArgumentDefinition] { definitions.filter { !$0.isHidden } }
  var visibleSubcommands: [any Command.Type] { command.subcommands.filter { !$0.isHidden } }

  func appending(_ command: any Command.Type) -> CommandPath {
    CommandPath(commands + [command])
  }

  /// The usage line without its heading. With many arguments only those that must be given are
  /// listed, as Apple's parser does from thirteen on.
  var usage: String {
    var words = [name]
    let all = visibleDefinitions
    if all.count > 12 {
      words.append("[<options>]")
      words += all.filter { $0.isRequired || $0.kind == .positional }.map(\.synopsis)
    } else {
      words += all.map(\.synopsis)
    }
    if !command.subcommands.isEmpty { words.append("<subcommand>") }
    return words.joined(separator: " ")
  }
}
