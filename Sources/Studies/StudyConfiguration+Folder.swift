import Foundation
import Mixtures
import Numerics
import Storage

extension StudyConfiguration {
  package static let currentVersion = 1

  /// - Throws: ``StudyError`` or `StorageError`: no such folder, no study in it, another version, or
  ///   a damaged file.
  package static func read(folder: String) throws -> StudyConfiguration {
    let path = try LayoutVersion.check("study.json", in: folder, expected: currentVersion)
    let configuration = try decodeDocument(StudyConfiguration.self, at: path)
    try configuration.validate()
    return configuration
  }

  /// - Throws: ``StudyError/invalid(field:found:expected:)`` for the first field that makes no sense.
  package func validate() throws(StudyError) {
    func require(
      _ condition: Bool, _ field: String, _ found: some Any, _ expected: String
    ) throws(StudyError) {
      if !condition { throw .invalid(field: field, found: "\(found)", expected: expected) }
    }
    try require(!domains.isEmpty, "domains", "none", "one at least")
    try require(
      Set(domains).count == domains.count, "domains", domains.joined(separator: ", "),
      "each domain once")
    try require(
      availableTokens.count == domains.count, "available tokens", "\(availableTokens.count) counts",
      "one for each of \(domains.count) domains")
    try require(scale.tokens > 0, "tokens", scale.tokens, "a positive number")
    do throws(ConstraintError) {
      _ = try feasibleMixtures()
    } catch {
      throw .infeasible(error)
    }
    try require(!methods.isEmpty, "methods", "none", "one at least")
    for method in methods {
      try require(
        method.trials > 0, "trials of '\(method.name)'", method.trials, "a positive number")
      try require(
        methods.filter { $0.name == method.name }.count == 1, "methods", "'\(method.name)' twice",
        "each method once")
    }
    try require(initialTrials >= 0, "initial trials", initialTrials, "no negative number")
    try require(lag > 0, "lag", lag, "a positive number")
    try require(finalists > 0, "finalists", finalists, "a positive number")
    try require(
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
  func firstDifference(
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
