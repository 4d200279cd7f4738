import Mixtures
import Runs

/// Everything that a transfer check's result depends on: `transfer.json` in its folder.
package struct TransferConfiguration: StoredConfiguration {
  package static let currentVersion = 1
  package static let file = "transfer.json"
  package static let plan = "transfer"

  package struct Candidate: Sendable, Hashable, Codable {
    package var name: String
    package var mixture: Mixture

    package init(name: String, mixture: Mixture) {
      self.name = name
      self.mixture = mixture
    }
  }

  /// Of this file's layout.
  package var version = currentVersion
  /// The corpus: its folder when the check began, and the digest that must match.
  package var corpus: String
  package var corpusDigest: String
  package var objective: Objective
  package var candidates: [Candidate]
  package var scales: [Scale]
  /// The same for all candidates, so that differences are paired. Those of
  /// `StudyConfiguration.freshSeeds` let a study's confirmations serve again.
  package var seeds: [UInt64]
  /// Of each scale, in their order; nil in files of an older program.
  package var trainers: [EvaluatorIdentity]?

  package init(
    corpus: String, corpusDigest: String, objective: Objective, candidates: [Candidate],
    scales: [Scale], seeds: [UInt64], trainers: [EvaluatorIdentity]
  ) {
    precondition(
      scales.count == trainers.count, "expected a trainer for each of \(scales.count) scales")
    self.corpus = corpus
    self.corpusDigest = corpusDigest
    self.objective = objective
    self.candidates = candidates
    self.scales = scales
    self.seeds = seeds
    self.trainers = trainers
  }

  package func validate() throws(StudyError) {
    func requireEachOnce(_ names: [String], _ field: String) throws(StudyError) {
      guard !names.isEmpty else {
        throw .invalid(field: field, found: "none", expected: "one at least")
      }
      for (index, name) in names.enumerated() where names[..<index].contains(name) {
        throw .invalid(field: field, found: "\(name) twice", expected: "each once")
      }
    }
    try requireEachOnce(candidates.map(\.name), "candidates")
    try requireEachOnce(scales.map(describe), "scales")
    try requireEachOnce(seeds.map { "\($0)" }, "seeds")
    for candidate in candidates where candidate.mixture.domains != candidates[0].mixture.domains {
      throw .invalid(
        field: "domains of '\(candidate.name)'", found: list(candidate.mixture.domains),
        expected: list(candidates[0].mixture.domains))
    }
    guard let trainers else { return }
    try StudyError.require(
      trainers.count == scales.count, "trainers", "\(trainers.count)",
      "one for each of \(scales.count) scales")
    for trainer in trainers {
      try trainer.validateMatching(domains: candidates[0].mixture.domains.count)
    }
  }

  /// The first field in which a folder's check cannot become the one that is asked for now. More
  /// candidates, scales or seeds than it has are no difference: its trials serve on.
  package func firstDifference(
    from asked: TransferConfiguration
  ) -> (field: String, found: String, expected: String)? {
    if corpusDigest != asked.corpusDigest {
      return ("corpus digest", corpusDigest, asked.corpusDigest)
    }
    if objective != asked.objective {
      return ("objective", "\(objective)", "\(asked.objective)")
    }
    for candidate in candidates where !asked.candidates.contains(candidate) {
      return (
        "candidate '\(candidate.name)'", list(candidate.mixture.weights),
        asked.candidates.first { $0.name == candidate.name }
          .map { list($0.mixture.weights) } ?? "left out"
      )
    }
    for scale in scales where !asked.scales.contains(scale) {
      return (
        "scale", describe(scale),
        asked.scales.isEmpty ? "left out" : list(asked.scales.map(describe))
      )
    }
    if !asked.seeds.starts(with: seeds) { return ("seeds", list(seeds), list(asked.seeds)) }
    for (index, scale) in scales.enumerated() {
      guard let own = trainers?[index], let place = asked.scales.firstIndex(of: scale),
        let difference = asked.trainers.flatMap({ own.firstDifference(from: $0[place]) })
      else { continue }
      return ("\(difference.field) at \(scale.size)", difference.found, difference.expected)
    }
    return nil
  }

  /// From small to large.
  package var scalesBySize: [Scale] { scales.sorted { $0.cost < $1.cost } }

  /// What the runs of a scale have in common; nil where the trainer was not written down.
  package func conditions(of scale: Scale) -> RunConditions? {
    guard let trainers, let index = scales.firstIndex(of: scale) else { return nil }
    return RunConditions(
      corpus: corpusDigest, domains: candidates[0].mixture.domains, size: scale.size,
      parameters: scale.parameters, evaluator: trainers[index])
  }

  /// Seed after seed, so that what has finished is balanced at any time; within a seed the largest scale
  /// first, so that the last runs are short ones. What a study of the folder has run is not run again.
  ///
  /// - Precondition: the trainer of every scale is known.
  package func plan(price: RunPrice = .bySize) -> any Plan {
    let scales = scalesBySize.reversed()
    var steps: [(request: RunRequest, claim: RunClaim)] = []
    for (ordinal, seed) in seeds.enumerated() {
      for scale in scales {
        for candidate in candidates {
          steps.append(
            (
              RunRequest(
                conditions: conditions(of: scale)!, mixture: candidate.mixture,
                tokens: scale.tokens, seed: seed),
              RunClaim(
                plan: Self.plan, purpose: .transfer, name: candidate.name, ordinal: ordinal)
            ))
        }
      }
    }
    return ListPlan(name: Self.plan, purpose: .transfer, steps: steps, price: price)
  }
}

extension Scale {
  /// Proportional to the time of a run, roughly: parameters times tokens.
  var cost: Double { Double(parameters) * Double(tokens) }
}
