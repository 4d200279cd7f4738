/// The verbs and options that the program says it has, so that none is missed when there are more.
struct VerbList: Sendable {
  struct Option: Sendable {
    var name: String
    var takesValue: Bool
  }

  /// By verb, as it is called: `corpus build`. In order.
  private(set) var verbs: [(name: String, options: [Option])] = []

  /// - Parameter completions: the program's script for fish, a line for each option.
  init(completions: String) {
    var parents: Set<String> = [""]
    for line in completions.split(separator: "\n") {
      // complete -c mixpipe -n '__mixpipe_at \'corpus build\'' -l seed -x -d '…'
      guard let match = line.firstMatch(of: /_at \\'([^\\]*)\\''(.*)$/) else { continue }
      let (verb, rest) = (String(match.1), String(match.2))
      if let child = rest.firstMatch(of: /^ -f -a ([a-z-]+) -d/) {
        parents.insert(verb)
        verbs.append(((verb.isEmpty ? "" : verb + " ") + String(child.1), []))
      } else if let option = rest.firstMatch(of: /^(?: -s \S)? -l (\S+)( -x| -r| -f)?/),
        let index = verbs.firstIndex(where: { $0.name == verb })
      {
        verbs[index].options.append(
          Option(name: String(option.1), takesValue: option.2 == " -x" || option.2 == " -r"))
      }
    }
    verbs.removeAll { parents.contains($0.name) }
  }
}
