import Foundation

/// The help screen of a command, in the sections and columns that Apple's parser made customary.
struct HelpScreen {
  /// Where the right column begins.
  private static let labelWidth = 26

  let path: CommandPath
  let width: Int

  var text: String {
    let command = path.command
    var sections: [String] = []
    var overview = wrapped("OVERVIEW: \(command.abstract)", to: width)
    if !command.discussion.isEmpty {
      overview += "\n\n" + wrapped(command.discussion, to: width)
    }
    sections.append(overview)
    sections.append("USAGE: \(path.usage)")

    let definitions = path.visibleDefinitions
    func rows(_ isIncluded: (ArgumentDefinition) -> Bool) -> [(String, String)] {
      definitions.filter(isIncluded).map { ($0.fullLabel, $0.fullHelp) }
    }
    append("ARGUMENTS", rows { $0.kind == .positional && $0.section == nil }, to: &sections)
    var titles: [String] = []
    for case let title? in definitions.map(\.section) where !titles.contains(title) {
      titles.append(title)
    }
    for title in titles {
      append(title.uppercased(), rows { $0.section == title }, to: &sections)
    }
    let builtIn =
      (path.root.version.isEmpty ? [] : [("--version", "Show the version.")])
      + [("-h, --help", "Show help information.")]
    append(
      "OPTIONS", rows { $0.kind != .positional && $0.section == nil } + builtIn, to: &sections)
    append(
      "SUBCOMMANDS", path.visibleSubcommands.map { ($0.commandName, $0.abstract) }, to: &sections)

    var text = sections.joined(separator: "\n\n") + "\n"
    if !path.visibleSubcommands.isEmpty {
      let words =
        [path.root.commandName, "help"] + path.commands.dropFirst().map { $0.commandName }
      text += "\n  See '\(words.joined(separator: " ")) <subcommand>' for detailed help."
    }
    return text + "\n"
  }

  private func append(_ title: String, _ rows: [(String, String)], to sections: inout [String]) {
    guard !rows.isEmpty else { return }
    sections.append("\(title):\n" + rows.map(row).joined(separator: "\n"))
  }

  private func row(label: String, help: String) -> String {
    let label = "  \(label)"
    guard !help.isEmpty else { return label }
    let right = wrapped(help, to: width, indent: Self.labelWidth)
    return label.count < Self.labelWidth
      ? label + right.dropFirst(label.count) : "\(label)\n\(right)"
  }
}

/// Breaks lines between words so that none is wider than `width`, where words allow. Lines of the
/// text stay lines; each line begins with `indent` spaces.
func wrapped(_ text: String, to width: Int, indent: Int = 0) -> String {
  let room = max(width - indent, 16)
  let margin = String(repeating: " ", count: indent)
  return text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
    // Examples are set in by hand, and are not to be filled.
    if line.hasPrefix(" ") { return margin + line }
    var lines = [""]
    for word in line.split(separator: " ") {
      let last = lines[lines.count - 1]
      if last.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if last.count + 1 + word.count <= room {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
  }.joined(separator: "\n")
}

/// Columns of the terminal behind a descriptor; 80 where it is none.
func terminalWidth(of descriptor: Int32) -> Int {
  var size = winsize()
  guard isatty(descriptor) == 1, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0
  else { return 80 }
  return max(Int(size.ws_col), 40)
}
