import Foundation
import Spelling

/// What a command line asks for.
package enum Invocation {
  /// A command that holds what was given, validated.
  case command(any Command)
  /// A help screen, a version, a completion script; with its last newline.
  case text(String)
}

extension Command {
  /// Finds the command that `words` call and what they give it.
  ///
  /// - Throws: ``UsageError``.
  package static func parse(_ words: [String], width: Int = 80) throws(UsageError) -> Invocation {
    var path = CommandPath([self])
    var rest = words[...]
    if let text = try completionScript(for: rest, path) { return .text(text) }
    if let text = try manual(for: rest, path) { return .text(text) }
    while !path.command.subcommands.isEmpty {
      guard let word = rest.popFirst(), word != "-h", word != "--help" else {
        return .text(HelpScreen(path: path, width: width).text)
      }
      if word == "--version", !version.isEmpty { return .text("\(version)\n") }
      if word == "help" { return .text(try help(for: rest, below: path, width: width)) }
      path = path.appending(try subcommand(word, of: path))
    }

    let given = rest.prefix { $0 != "--" }
    if given.contains("-h") || given.contains("--help") {
      return .text(HelpScreen(path: path, width: width).text)
    }
    if given.contains("--version"), !version.isEmpty { return .text("\(version)\n") }
    let command = path.command.init()
    path = CommandPath(path.commands, instance: command)
    try assign(rest, to: path)
    do {
      try validateGroups(of: command)
      try command.validate()
    } catch {
      throw UsageError(describe(error), in: path)
    }
    return .command(command)
  }
}

private func help(
  for words: ArraySlice<String>, below path: CommandPath, width: Int
) throws(UsageError) -> String {
  var path = path
  for word in words where !word.hasPrefix("-") {
    path = path.appending(try subcommand(word, of: path))
  }
  return HelpScreen(path: path, width: width).text
}

private func subcommand(
  _ word: String, of path: CommandPath
) throws(UsageError) -> any Command.Type {
  if let found = path.command.subcommands.first(where: { $0.commandName == word }) { return found }
  if word.hasPrefix("-"), word.count > 1 {
    throw UsageError(unknownOption(word, in: path), in: path)
  }
  throw UsageError(unexpected([word], in: path), in: path)
}

/// `--generate-completion-script bash`, at the outermost command only.
private func completionScript(
  for words: ArraySlice<String>, _ path: CommandPath
) throws(UsageError) -> String? {
  let option = "--generate-completion-script"
  guard let word = words.first, word == option || word.hasPrefix(option + "=") else { return nil }
  let name = word == option ? words.dropFirst().first : String(word.dropFirst(option.count + 1))
  let shells = CompletionScript.Shell.allCases.map(\.rawValue)
  guard let name else { throw UsageError("Missing value for '\(option) <shell>'", in: path) }
  guard let shell = CompletionScript.Shell(rawValue: name) else {
    throw UsageError(
      "The value '\(name)' is invalid for '\(option) <shell>'. "
        + "Please provide one of \(alternatives(shells)).", in: path)
  }
  return CompletionScript(root: path.root, shell: shell).text
}

/// `--generate-manual` lists the names of the manual's pages, and `--generate-manual NAME` is one of them.
private func manual(
  for words: ArraySlice<String>, _ path: CommandPath
) throws(UsageError) -> String? {
  guard words.first == "--generate-manual" else { return nil }
  let pages = ManualPage.all(of: path)
  guard let name = words.dropFirst().first else {
    return pages.map { $0.name + "\n" }.joined()
  }
  guard let page = pages.first(where: { $0.name == name }) else {
    throw UsageError("Found no page '\(name)'; '--generate-manual' alone lists them.", in: path)
  }
  return page.text
}

/// Gives each word to the argument that takes it.
private func assign(_ words: ArraySlice<String>, to path: CommandPath) throws(UsageError) {
  let definitions = path.definitions
  var given = definitions.map { _ in false }
  var unknown: [String] = []
  var surplus: [String] = []
  var isTerminated = false
  var rest = words

  func give(_ word: String, to index: Int) throws(UsageError) {
    given[index] = true
    if word.isEmpty, [.files, .folders].contains(definitions[index].completion) {
      throw UsageError(
        "The value '' is invalid for '\(definitions[index].label)': expected a path",
        about: definitions[index], in: path)
    }
    do {
      try definitions[index].assign(word)
    } catch {
      throw UsageError(
        invalidValue(word, definitions[index], error), about: definitions[index], in: path)
    }
  }

  /// The next word, where it can be a value.
  func value(of index: Int) throws(UsageError) -> String {
    guard let next = rest.first, !isOption(next) else {
      throw UsageError(
        "Missing value for '\(definitions[index].label)'", about: definitions[index], in: path)
    }
    rest.removeFirst()
    return next
  }

  /// A word with a dash in front, unless it is a negative number or means standard input.
  func isOption(_ word: String) -> Bool {
    guard word.hasPrefix("-"), word != "-" else { return false }
    let first = word.dropFirst().first
    return Double(word) == nil || definitions.contains { $0.short == first && $0.short != nil }
  }

  func long(_ word: String) throws(UsageError) {
    let sides = word.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(sides[0])
    let attached = sides.count > 1 ? String(sides[1]) : nil
    for (index, definition) in definitions.enumerated() {
      switch definition.kind {
      case .positional:
        continue
      case .option where definition.name == name:
        if let attached {
          try give(attached, to: index)
        } else {
          try give(value(of: index), to: index)
        }
        return
      case .flag where definition.name == name, .switching where definition.name == name,
        .switching where "no-" + definition.name == name:
        if let attached {
          throw UsageError(
            "The option '--\(name)' does not take any value, but '\(attached)' was specified.",
            in: path)
        }
        try give(definition.name == name ? "true" : "false", to: index)
        return
      case .option, .flag, .switching:
        continue
      }
    }
    unknown.append("--" + name)
  }

  /// `-q`, `-qv`, `-m value`, `-mvalue`, `-m=value`.
  func short(_ word: String) throws(UsageError) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let index = definitions.firstIndex(where: { $0.short == letter }) else {
        unknown.append("-\(letter)")
        return
      }
      guard definitions[index].kind == .option else {
        if letters.first == "=" {
          throw UsageError(
            "The option '-\(letter)' does not take any value, but '\(letters.dropFirst())' was "
              + "specified.", in: path)
        }
        try give("true", to: index)
        continue
      }
      if letters.isEmpty {
        try give(value(of: index), to: index)
      } else {
        try give(String(letters.first == "=" ? letters.dropFirst() : letters), to: index)
      }
      return
    }
  }

  while let word = rest.popFirst() {
    if !isTerminated, word == "--" {
      isTerminated = true
    } else if !isTerminated, isOption(word) {
      if word.hasPrefix("--") { try long(word) } else { try short(word) }
    } else if let index = definitions.indices.first(where: {
      definitions[$0].kind == .positional && (!given[$0] || definitions[$0].isRepeating)
    }) {
      try give(word, to: index)
    } else {
      surplus.append(word)
    }
  }

  // What is missing is told before what is too much: a mistyped name is both.
  for (definition, isGiven) in zip(definitions, given) where definition.isRequired && !isGiven {
    if definition.kind == .switching {
      throw UsageError(
        "Missing one of: '--\(definition.name)', '--no-\(definition.name)'", about: definition,
        in: path)
    }
    throw UsageError(
      "Missing expected argument '\(definition.label)'", about: definition, in: path)
  }
  if let first = unknown.first { throw UsageError(unknownOption(first, in: path), in: path) }
  if !surplus.isEmpty { throw UsageError(unexpected(surplus, in: path), in: path) }
}

private func invalidValue(
  _ word: String, _ definition: ArgumentDefinition, _ error: any Error
) -> String {
  let message = "The value '\(word)' is invalid for '\(definition.label)'"
  guard error is UnreadableArgument else { return "\(message): \(describe(error))" }
  guard !definition.choices.isEmpty else { return message }
  return "\(message). Please provide one of \(alternatives(definition.choices))."
}

/// 'a', 'b' or 'c'.
private func alternatives(_ names: [String]) -> String {
  let quoted = names.map { "'\($0)'" }
  guard quoted.count > 1 else { return quoted.joined() }
  return quoted.dropLast().joined(separator: ", ") + " or \(quoted[quoted.count - 1])"
}

private func unknownOption(_ word: String, in path: CommandPath) -> String {
  let name = String(word.drop { $0 == "-" })
  let known = path.visibleDefinitions.flatMap { definition -> [String] in
    switch definition.kind {
    case .positional: []
    case .option, .flag: [definition.name]
    case .switching: [definition.name, "no-" + definition.name]
    }
  }
  let nearest = word.hasPrefix("--") ? nearestName(to: name, in: known + ["help"]) : nil
  return "Unknown option '\(word)'" + (nearest.map { ". Did you mean '--\($0)'?" } ?? "")
}

private func unexpected(_ words: [String], in path: CommandPath) -> String {
  guard words.count == 1 else {
    return "\(words.count) unexpected arguments: "
      + words.map { "'\($0)'" }.joined(separator: ", ")
  }
  let nearest = nearestName(to: words[0], in: path.visibleSubcommands.map { $0.commandName })
  return "Unexpected argument '\(words[0])'" + (nearest.map { ". Did you mean '\($0)'?" } ?? "")
}
