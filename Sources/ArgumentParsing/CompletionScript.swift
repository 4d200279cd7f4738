/// A script that teaches a shell the words of a command.
struct CompletionScript {
  enum Shell: String, CaseIterable {
    case bash
    case zsh
    case fish
  }

  let root: any Command.Type
  let shell: Shell

  var text: String {
    let nodes = tree(CommandPath([root]))
    return switch shell {
    case .bash: bash(nodes)
    case .zsh: zsh(nodes)
    case .fish: fish(nodes)
    }
  }

  /// The commands with those below them, outermost first.
  private func tree(_ path: CommandPath) -> [CommandPath] {
    [path] + path.visibleSubcommands.flatMap { tree(path.appending($0)) }
  }

  /// A command's words below the root, as a key: `corpus build`.
  private func key(_ path: CommandPath) -> String {
    path.commands.dropFirst().map { $0.commandName }.joined(separator: " ")
  }

  /// Every option word of a command, the built-in ones with them.
  private func words(_ path: CommandPath) -> [String] {
    path.visibleDefinitions.flatMap(spellings)
      + (root.version.isEmpty ? ["-h", "--help"] : ["--version", "-h", "--help"])
  }

  private func spellings(_ definition: ArgumentDefinition) -> [String] {
    guard definition.kind != .positional else { return [] }
    return (definition.short.map { ["-\($0)"] } ?? []) + ["--\(definition.name)"]
      + (definition.kind == .switching ? ["--no-\(definition.name)"] : [])
  }

  // MARK: bash

  private func bash(_ nodes: [CommandPath]) -> String {
    let function =
      "_" + root.commandName.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    func candidates(_ completion: ArgumentCompletion) -> String {
      switch completion {
      case .nothing: "COMPREPLY=()"
      case .files: "COMPREPLY=($(compgen -f -- \"$word\"))"
      case .folders: "COMPREPLY=($(compgen -d -- \"$word\"))"
      case .choices(let choices):
        "COMPREPLY=($(compgen -W \(quoted(choices.joined(separator: " "))) -- \"$word\"))"
      }
    }
    var lines = [
      "# Completions of \(root.commandName) for bash.",
      "\(function)() {",
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" path=\"\" i",
      "  for ((i = 1; i < COMP_CWORD; i++)); do",
      "    case \"$path ${COMP_WORDS[i]}\" in",
    ]
    let keys = nodes.dropFirst().map(key)
    if !keys.isEmpty {
      // What follows a command that runs is a value, never the name of a command.
      let patterns = keys.map { quoted(" " + $0) }.joined(separator: " | ")
      lines.append("      \(patterns)) path=\"$path ${COMP_WORDS[i]}\" ;;")
    }
    lines += ["    esac", "  done", "  case \"$path\" in"]
    for node in nodes {
      let key = key(node)
      lines.append("    \(quoted(key.isEmpty ? "" : " " + key)))")
      let options = node.visibleDefinitions.filter { $0.kind == .option }
      if !options.isEmpty {
        lines.append("      case \"$previous\" in")
        for option in options {
          lines.append(
            "        \(spellings(option).joined(separator: " | "))) \(candidates(option.completion)); return ;;"
          )
        }
        lines.append("      esac")
      }
      let names =
        node.visibleSubcommands.map { $0.commandName }
        + (node.visibleSubcommands.isEmpty ? [] : ["help"])
      if let positional = node.visibleDefinitions.first(where: { $0.kind == .positional }) {
        lines.append(
          "      if [[ \"$word\" != -* ]]; then \(candidates(positional.completion)); return; fi")
      }
      lines.append(
        "      COMPREPLY=($(compgen -W \(quoted((names + words(node)).joined(separator: " "))) -- \"$word\"))"
      )
      lines.append("      ;;")
    }
    lines += ["  esac", "}", "complete -o filenames -F \(function) \(root.commandName)", ""]
    return lines.joined(separator: "\n")
  }

  // MARK: zsh

  private func zsh(_ nodes: [CommandPath]) -> String {
    func function(_ path: CommandPath) -> String {
      "_" + path.commands.map { $0.commandName.replacing("-", with: "_") }.joined(separator: "_")
    }
    /// Inside a specification of `_arguments`, brackets and colons have meanings.
    func plain(_ text: String) -> String {
      var result = ""
      for character in text {
        if "[]:\\".contains(character) { result.append("\\") }
        result.append(character == "\n" ? " " : character)
      }
      return result
    }
    func action(_ completion: ArgumentCompletion) -> String {
      switch completion {
      case .nothing: " "
      case .files: "_files"
      case .folders: "_files -/"
      case .choices(let choices): "(\(choices.joined(separator: " ")))"
      }
    }
    func specifications(_ definition: ArgumentDefinition) -> [String] {
      let value = ":\(plain(definition.valueName)):\(action(definition.completion))"
      if definition.kind == .positional {
        return [quoted((definition.isRepeating ? "*" : definition.isRequired ? "" : ":") + value)]
      }
      return spellings(definition).map { spelling in
        let star = definition.isRepeating ? "*" : ""
        let help = "[\(plain(definition.help))]"
        guard definition.kind == .option else { return quoted("\(star)\(spelling)\(help)") }
        return quoted("\(star)\(spelling)\(spelling.hasPrefix("--") ? "=" : "+")\(help)\(value)")
      }
    }
    var lines = [
      "#compdef \(root.commandName)", "# Completions of \(root.commandName) for zsh.", "",
    ]
    for node in nodes {
      lines.append("\(function(node))() {")
      var specs = node.visibleDefinitions.flatMap(specifications)
      if !root.version.isEmpty { specs.append(quoted("--version[Show the version.]")) }
      specs.append(quoted("(-h --help)-h[Show help information.]"))
      specs.append(quoted("(-h --help)--help[Show help information.]"))
      if node.visibleSubcommands.isEmpty {
        lines.append("  _arguments -s \\\n    " + specs.joined(separator: " \\\n    "))
      } else {
        lines.append("  local state line")
        specs += ["'(-): :->command'", "'(-)*:: :->argument'"]
        lines.append("  _arguments -C \\\n    " + specs.joined(separator: " \\\n    "))
        lines += ["  case $state in", "    command)", "      local -a commands=("]
        for command in node.visibleSubcommands {
          lines.append("        \(quoted("\(command.commandName):\(plain(command.abstract))"))")
        }
        lines += [
          "        'help:Show help information.'", "      )", "      _describe command commands",
          "      ;;", "    argument)", "      case $words[1] in",
        ]
        for command in node.visibleSubcommands {
          lines.append("        \(command.commandName)) \(function(node.appending(command))) ;;")
        }
        lines += ["      esac", "      ;;", "  esac"]
      }
      lines += ["}", ""]
    }
    // Autoloaded, the file is the function; sourced, it registers itself.
    let name = function(nodes[0])
    lines += [
      "if [[ $funcstack[1] == \(name) ]]; then \(name) \"$@\"; else compdef \(name) \(root.commandName); fi",
      "",
    ]
    return lines.joined(separator: "\n")
  }

  // MARK: fish

  private func fish(_ nodes: [CommandPath]) -> String {
    let name = root.commandName
    let helper = "__\(name.replacing("-", with: "_"))_at"
    func quote(_ text: String) -> String {
      "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    }
    func values(_ completion: ArgumentCompletion) -> String {
      switch completion {
      case .nothing: "-x"
      case .files: "-r -F"
      case .folders: "-x -a '(__fish_complete_directories)'"
      case .choices(let choices): "-x -a \(quote(choices.joined(separator: " ")))"
      }
    }
    let keys = nodes.dropFirst().map { quote(key($0)) }.joined(separator: " ")
    var lines = [
      "# Completions of \(name) for fish.",
      "function \(helper) --description 'Whether the words so far call this command'",
      "  set -l path",
      "  for word in (commandline -opc)[2..]",
      "    if contains -- (string trim -- \"$path $word\") \(keys)",
      "      set -a path $word",
      "    end",
      "  end",
      "  test \"$path\" = \"$argv[1]\"",
      "end",
      "complete -c \(name) -f",
    ]
    for node in nodes {
      let prefix = "complete -c \(name) -n \(quote("\(helper) \(quote(key(node)))"))"
      for command in node.visibleSubcommands {
        lines.append("\(prefix) -f -a \(command.commandName) -d \(quote(command.abstract))")
      }
      for definition in node.visibleDefinitions {
        if definition.kind == .positional {
          if definition.completion == .files { lines.append("\(prefix) -F") }
          if definition.completion == .folders {
            lines.append("\(prefix) -f -a '(__fish_complete_directories)'")
          }
          if case .choices(let choices) = definition.completion {
            lines.append("\(prefix) -f -a \(quote(choices.joined(separator: " ")))")
          }
          continue
        }
        let short = definition.short.map { " -s \($0)" } ?? ""
        let kind = definition.kind == .option ? " " + values(definition.completion) : " -f"
        lines.append("\(prefix)\(short) -l \(definition.name)\(kind) -d \(quote(definition.help))")
        if definition.kind == .switching {
          lines.append("\(prefix) -l no-\(definition.name) -f -d \(quote(definition.help))")
        }
      }
      if !root.version.isEmpty { lines.append("\(prefix) -l version -f -d 'Show the version.'") }
      lines.append("\(prefix) -s h -l help -f -d 'Show help information.'")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// In single quotes, for bash and zsh.
private func quoted(_ text: String) -> String {
  "'" + text.replacing("'", with: "'\\''") + "'"
}
