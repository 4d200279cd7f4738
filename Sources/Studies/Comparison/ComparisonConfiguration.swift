import MixtureMethods
import Mixtures
import Numerics
import Runs

/// Everything that a comparison of methods depends on: `comparison.json` in its folder.
package struct ComparisonConfiguration: SearchConfiguration {
  package static let currentVersion = 1
  package static let file = "comparison.json"
  package static let plan = "compare"

  /// Of this file's layout.
  package var version = currentVersion
  /// The corpus: its folder when the comparison began, and the digest that must match.
  package var corpus: String
  package var corpusDigest: String
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// Training tokens that each domain has.
  package var availableTokens: [Int]
  package var objective: Objective
  /// What searches may propose; nil in comparisons without any.
  package var constraints: [MixtureConstraint]?
  /// The run that the mixture is for, where it is none of these.
  package var targetRun: TargetRun?
  /// Of all runs.
  package var scale: Scale
  /// What all other seeds come from.
  package var seed: UInt64
  /// Names that `MixtureMethods` knows.
  package var methods: [String]
  /// What a method may spend on one search, in runs of `scale`: references, experts and probes count.
  package var trials: Int
  /// How many searches each method makes, each with seeds of its own for proposals and for training.
  package var replicates: Int
  /// Quasi-random mixtures that Bayesian methods start with.
  package var initialTrials: Int
  /// How many trials of a search may be under way when the next is proposed, at most.
  package var lag: Int
  /// Fresh seeds that every pick is trained again with, the same for all.
  package var confirmationSeeds: Int
  /// Numbers of trials after which a search is asked what it would hand over, besides its end.
  package var checkpoints: [Int]
  /// Fresh seeds of what was handed over at a checkpoint.
  package var checkpointSeeds: Int
  package var trainer: EvaluatorIdentity

  package init(
    corpus: String, corpusDigest: String, domains: [String], availableTokens: [Int],
    objective: Objective, constraints: [MixtureConstraint]? = nil, scale: Scale, seed: UInt64,
    methods: [String], trials: Int, replicates: Int, initialTrials: Int, lag: Int,
    confirmationSeeds: Int, checkpoints: [Int], checkpointSeeds: Int, trainer: EvaluatorIdentity
  ) {
    self.corpus = corpus
    self.corpusDigest = corpusDigest
    self.domains = domains
    self.availableTokens = availableTokens
    self.objective = objective
    self.constraints = constraints.flatMap { $0.isEmpty ? nil : $0 }
    self.scale = scale
    self.seed = seed
    self.methods = methods
    self.trials = trials
    self.replicates = replicates
    self.initialTrials = initialTrials
    self.lag = lag
    self.confirmationSeeds = confirmationSeeds
    self.checkpoints = checkpoints
    self.checkpointSeeds = checkpointSeeds
    self.trainer = trainer
  }

  /// The seeds of proposals and of search runs, one for each replicate, and then those of the fresh
  /// runs. All differ, and the n-th is the same however many are asked for.
  package var seeds: (searches: [UInt64], fresh: [UInt64]) {
    var generator = SeededGenerator(seed: seed, stream: "searches")
    var searches = [seed]
    while searches.count < replicates {
      let candidate = generator.next() >> 32
      if !searches.contains(candidate) { searches.append(candidate) }
    }
    var other = SeededGenerator(seed: seed, stream: "confirmation")
    var fresh: [UInt64] = []
    while fresh.count < max(confirmationSeeds, checkpointSeeds) {
      let candidate = other.next() >> 32
      if !searches.contains(candidate), !fresh.contains(candidate) { fresh.append(candidate) }
    }
    return (searches, fresh)
  }

  /// What a method is made from in one search.
  ///
  /// - Throws: as `feasibleMixtures()`.
  package func context(replicate: Int) throws(ConstraintError) -> MethodContext {
    try context(seed: seeds.searches[replicate], trials: trials)
  }

  /// Its searches and fresh seeds.
  ///
  /// - Throws: as `StudyConfiguration.searchPlan(price:makeMethod:)`.
  package func searchPlan(
    price: RunPrice = .bySize,
    makeMethod: @escaping StudyConfiguration.MethodMaker = {
      try MixtureMethods.makeMethod(named: $0, context: $1)
    }
  ) throws -> any Plan {
    try validate()
    let (searches, fresh) = seeds
    let configuration = self
    return try SearchPlan(
      SearchDesign(
        plan: Self.plan, conditions: conditions, tokens: scale.tokens, objective: objective,
        methods: methods.map { .init(name: $0, budget: trials) },
        replicates: searches.enumerated().map { .init(number: $0.offset, seed: $0.element) },
        lag: lag, handover: .picks(checkpoints: checkpoints), freshSeeds: fresh,
        checkpointSeeds: checkpointSeeds
      ) { method, replicate in
        try makeMethod(method.name, configuration.context(replicate: replicate))
      }, price: price)
  }

  package func validate() throws(StudyError) {
    try validateSearch()
    try trainer.validateMatching(domains: domains.count)
    try StudyError.requireMethods(methods)
    try StudyError.requireCounts(["trials": trials], in: 1...100_000)
    try StudyError.requireCounts(["optimizer seeds": replicates], in: 1...1000)
    try StudyError.requireCounts(["confirmation seeds": confirmationSeeds], in: 1...10_000)
    for (index, checkpoint) in checkpoints.enumerated() {
      try StudyError.require(
        checkpoint > 0 && checkpoint < trials
          && (index == 0 || checkpoints[index - 1] < checkpoint), "checkpoints",
        list(checkpoints), "rising numbers below the \(trials) trials")
    }
    try StudyError.require(
      0...confirmationSeeds ~= checkpointSeeds, "checkpoint seeds", checkpointSeeds,
      "a number from 0 to the \(confirmationSeeds) confirmation seeds")
  }

  /// The first field in which a folder's comparison cannot become the one that is asked for now. More
  /// searches, methods at the end or seeds than it has are no difference: its trials serve on.
  package func firstDifference(
    from asked: ComparisonConfiguration
  ) -> (field: String, found: String, expected: String)? {
    let fields =
      searchFields(asked: asked) + [
        ("trials", "\(trials)", "\(asked.trials)"),
        ("checkpoints", list(checkpoints), list(asked.checkpoints)),
      ]
    if let difference = fields.first(where: { $0.found != $0.expected }) { return difference }
    if !methods.allSatisfy(asked.methods.contains) {
      return ("methods", list(methods), list(asked.methods))
    }
    for (field, found, expected) in [
      ("optimizer seeds", replicates, asked.replicates),
      ("confirmation seeds", confirmationSeeds, asked.confirmationSeeds),
      ("checkpoint seeds", checkpointSeeds, asked.checkpointSeeds),
    ] where found > expected {
      return (field, "\(found)", "\(expected)")
    }
    return trainer.firstDifference(from: asked.trainer)
  }
}
