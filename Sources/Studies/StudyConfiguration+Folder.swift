import Mixtures
import Numerics

extension StudyConfiguration: StoredConfiguration {
  package static let currentVersion = 1
  package static var files: (configuration: String, trials: String) {
    ("study.json", "trials.jsonl")
  }
  /// A study is what it was asked for first.
  package static var mayGrow: Bool { false }

  package func validate() throws(StudyError) {
    try StudyError.requireDomains(domains, availableTokens: availableTokens)
    try StudyError.require(scale.tokens > 0, "tokens", scale.tokens, "a positive number")
    do throws(ConstraintError) {
      _ = try feasibleMixtures()
    } catch {
      throw .infeasible(error)
    }
    try StudyError.requireMethods(methods.map(\.name))
    for method in methods {
      try StudyError.require(
        method.trials > 0, "trials of '\(method.name)'", method.trials, "a positive number")
    }
    for (field, count) in [("lag", lag), ("finalists", finalists)] {
      try StudyError.require(count > 0, field, count, "a positive number")
    }
    for (field, count) in [
      ("initial trials", initialTrials), ("confirmation seeds", confirmationSeeds),
    ] {
      try StudyError.require(count >= 0, field, count, "no negative number")
    }
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
    let pairs: [(String, String, String)] = [
      ("corpus digest", corpusDigest, asked.corpusDigest),
      ("domains", list(domains), list(asked.domains)),
      ("available tokens", list(availableTokens), list(asked.availableTokens)),
      ("objective", "\(objective)", "\(asked.objective)"),
      ("constraints", list(constraints ?? []), list(asked.constraints ?? [])),
      ("scale", describe(scale), describe(asked.scale)),
      ("seed", "\(seed)", "\(asked.seed)"),
      (
        "methods", list(methods.map { "\($0.name) (\($0.trials))" }),
        list(asked.methods.map { "\($0.name) (\($0.trials))" })
      ),
      ("initial trials", "\(initialTrials)", "\(asked.initialTrials)"),
      ("lag", "\(lag)", "\(asked.lag)"),
      ("finalists", "\(finalists)", "\(asked.finalists)"),
      ("confirmation seeds", "\(confirmationSeeds)", "\(asked.confirmationSeeds)"),
      ("stop when sure", "\(stopsWhenSure ?? false)", "\(asked.stopsWhenSure ?? false)"),
    ]
    return pairs.first { $0.1 != $0.2 } ?? Studies.firstDifference(trainer, asked.trainer)
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
