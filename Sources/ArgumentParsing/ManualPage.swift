/// A command's page for man(1), in the macros of man(7).
struct ManualPage {
  let path: CommandPath

  /// As man(1) is asked for it: `mixpipe-corpus-build`.
  var name: String { path.commands.map { $0.commandName }.joined(separator: "-") }

  /// The pages of a command and all below it, outermost first.
  static func all(of path: CommandPath) -> [ManualPage] {
    [ManualPage(path: path)] + path.visibleSubcommands.flatMap { all(of: path.appending($0)) }
  }

  var text: String {
    let command = path.command
    let version = path.root.version.isEmpty ? "" : " \(path.root.version)"
    var lines = [
      ".TH \"\(name.uppercased())\" 1 \"\" \"\(path.root.commandName)\(version)\" \"User Commands\"",
      ".SH NAME", "\(escaped(name)) \\- \(escaped(headline(command.abstract)))", ".SH SYNOPSIS",
      ".B \(escaped(path.name))",
    ]
    let usage = path.usage.dropFirst(path.name.count).trimmingPrefix(" ")
    if !usage.isEmpty { lines.append(escaped(String(usage))) }
    lines.append(".SH DESCRIPTION")
    lines += paragraphs(command.abstract)
    if !command.discussion.isEmpty { lines += [".PP"] + paragraphs(command.discussion) }

    let definitions = path.visibleDefinitions
    section("ARGUMENTS", definitions.filter { $0.kind == .positional && $0.section == nil }, &lines)
    var titles: [String] = []
    for case let title? in definitions.map(\.section) where !titles.contains(title) {
      titles.append(title)
    }
    for title in titles { section(title, definitions.filter { $0.section == title }, &lines) }
    section("OPTIONS", definitions.filter { $0.kind != .positional && $0.section == nil }, &lines)
    if definitions.allSatisfy({ $0.kind == .positional || $0.section != nil }) {
      lines.append(".SH OPTIONS")
    }
    if !path.root.version.isEmpty { lines += entry("--version", "Show the version.") }
    lines += entry("-h, --help", "Show help information.")
    let below = path.visibleSubcommands
    if !below.isEmpty {
      lines.append(".SH COMMANDS")
      for command in below { lines += entry(command.commandName, command.abstract) }
    }
    lines += [
      ".SH EXIT STATUS",
      "0 where all went well, 64 where the words of the command are wrong, 1 where its",
      "work failed; one line on standard error then says what was found, what was expected and what to do.",
    ]
    let related =
      below.map { "\(name)-\($0.commandName)" }
      + (path.commands.count > 1
        ? [path.commands.dropLast().map { $0.commandName }.joined(separator: "-")] : [])
    if !related.isEmpty {
      lines.append(".SH SEE ALSO")
      lines.append(related.map { "\\fB\(escaped($0))\\fP(1)" }.joined(separator: ",\n"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ title: String, _ rows: [ArgumentDefinition], _ lines: inout [String]) {
    guard !rows.isEmpty else { return }
    lines.append(".SH \(escaped(title.uppercased()))")
    for row in rows { lines += entry(row.fullLabel, row.fullHelp) }
  }

  private func entry(_ label: String, _ help: String) -> [String] {
    [".TP", ".B \(escaped(label))"] + (help.isEmpty ? ["\\&"] : paragraphs(help))
  }

  /// Lines that are set in by hand stay as they are, others are filled.
  private func paragraphs(_ text: String) -> [String] {
    var lines: [String] = []
    var isExample = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isIndented = line.hasPrefix(" ")
      if isIndented != isExample, !line.isEmpty {
        lines.append(isIndented ? ".RS\n.nf" : ".fi\n.RE")
        isExample = isIndented
      }
      lines.append(line.isEmpty ? (isExample ? "" : ".PP") : escaped(String(line)))
    }
    if isExample { lines.append(".fi\n.RE") }
    return lines
  }

  /// What follows the name on its line: without the full stop of a sentence.
  private func headline(_ text: String) -> String {
    text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private func escaped(_ text: String) -> String {
    let plain = text.map { character in
      switch character {
      case "\\": "\\e"
      case "-": "\\-"
      case "'": "\\(aq"
      case "`": "\\(ga"
      case "^": "\\(ha"
      case "~": "\\(ti"
      default: String(character)
      }
    }.joined()
    return plain.hasPrefix(".") ? "\\&" + plain : plain
  }
}
