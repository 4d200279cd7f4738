import Mixtures
import Numerics

extension StudyConfiguration: SearchConfiguration {
  package static let currentVersion = 1
  package static var files: (configuration: String, trials: String) {
    ("study.json", "trials.jsonl")
  }
  /// A study is what it was asked for first.
  package static var mayGrow: Bool { false }

  package func validate() throws(StudyError) {
    try validateSearch()
    try StudyError.requireMethods(methods.map(\.name))
    for method in methods {
      try StudyError.require(
        method.trials > 0, "trials of '\(method.name)'", method.trials, "a positive number")
    }
    try StudyError.require(finalists > 0, "finalists", finalists, "a positive number")
    try StudyError.require(
      confirmationSeeds >= 0, "confirmation seeds", confirmationSeeds, "no negative number")
  }

  /// Seeds that no search has seen, for confirmations and transfer checks: the n-th is the same
  /// however many are asked for. They fit 32 bits, so that every reader of JSON keeps their digits.
  package func freshSeeds(_ count: Int) -> [UInt64] {
    var generator = SeededGenerator(seed: seed, stream: "confirmation")
    var seeds: [UInt64] = []
    while seeds.count < count {
      let candidate = generator.next() >> 32
      if candidate != seed, !seeds.contains(candidate) { seeds.append(candidate) }
    }
    return seeds
  }

  /// The first field in which a study's folder differs from what is asked for now. Where the corpus
  /// lies does not count; its digest does.
  package func firstDifference(
    from asked: StudyConfiguration
  ) -> (field: String, found: String, expected: String)? {
    let fields =
      searchFields(asked: asked) + [
        (
          "methods", list(methods.map { "\($0.name) (\($0.trials))" }),
          list(asked.methods.map { "\($0.name) (\($0.trials))" })
        ),
        ("finalists", "\(finalists)", "\(asked.finalists)"),
        ("confirmation seeds", "\(confirmationSeeds)", "\(asked.confirmationSeeds)"),
        ("stop when sure", "\(stopsWhenSure ?? false)", "\(asked.stopsWhenSure ?? false)"),
      ]
    return fields.first { $0.found != $0.expected }
      ?? Studies.firstDifference(trainer, asked.trainer)
  }
}

/// The first setting, by name, that two trainers do not share.
func firstDifference(
  _ found: [String: String], _ asked: [String: String]
) -> (field: String, found: String, expected: String)? {
  for name in Set(found.keys).union(asked.keys).sorted() where found[name] != asked[name] {
    return (name, found[name] ?? "nothing", asked[name] ?? "nothing")
  }
  return nil
}

func list(_ elements: [some Any]) -> String {
  elements.map { "\($0)" }.joined(separator: ", ")
}

func describe(_ scale: Scale) -> String {
  "\(scale.size) (\(scale.parameters) parameters, \(scale.tokens) tokens)"
}
