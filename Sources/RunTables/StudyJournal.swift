import Storage

/// A study's `trials.jsonl` as runs: what was asked for and what came of it.
enum StudyJournal {
  /// An object for each trial, at the line on which it was asked for.
  static func runs(
    _ events: [(line: Int, value: JSONValue)], path: String
  ) throws(RunTableError) -> [(line: Int, value: JSONValue)] {
    var trials: [(line: Int, id: Double, members: [JSONValue.Member])] = []
    for (line, event) in events {
      switch event["event"] {
      case .string("proposed"):
        guard let request = event["request"], case .number(let id)? = request["id"],
          let mixture = request["mixture"]
        else {
          throw .malformedLine(
            path: path, line: line,
            reason: "found a proposal without its request, expected a study's journal; "
              + "restore the file from a copy")
        }
        var members = [
          JSONValue.Member(key: "run", value: .number(id)), .init(key: "mixture", value: mixture),
        ]
        for (name, key) in [("size", "parameters"), ("tokens", "tokens")] {
          if let value = request["scale"]?[key] { members.append(.init(key: name, value: value)) }
        }
        if let seed = request["seed"] { members.append(.init(key: "seed", value: seed)) }
        trials.append((line, id, members))
      case .string("ended"):
        guard case .number(let id)? = event["trial"],
          let index = trials.firstIndex(where: { $0.id == id }), let outcome = event["outcome"]
        else {
          throw .malformedLine(
            path: path, line: line,
            reason: "found the end of a trial that was not asked for, expected a study's journal; "
              + "restore the file from a copy")
        }
        if let losses = outcome["finished"]?["losses"] {
          trials[index].members.append(.init(key: "loss", value: losses))
        } else {
          trials[index].members.append(.init(key: "status", value: .string("diverged")))
        }
      default: break
      }
    }
    return trials.map { ($0.line, .object($0.members)) }
  }
}
