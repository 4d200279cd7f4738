import MixtureMethods
import Mixtures
import Runs

/// Everything that a study's result depends on: `study.json` in its folder, written once.
package struct StudyConfiguration: Sendable, Hashable, Codable {
  package struct Method: Sendable, Hashable, Codable {
    /// A name that `MixtureMethods` knows: `bo`, `sobol`, `uniform`, `llama`, `bo-raw`.
    package var name: String
    /// How many mixtures it may try; fixed mixtures take one.
    package var trials: Int

    package init(name: String, trials: Int) {
      self.name = name
      self.trials = trials
    }
  }

  /// Of this file's layout.
  package var version = currentVersion
  /// The corpus: its folder when the study began, and the digest that must match.
  package var corpus: String
  package var corpusDigest: String
  /// The training domains, in the order of every mixture.
  package var domains: [String]
  /// Training tokens that each domain has.
  package var availableTokens: [Int]
  package var objective: Objective
  /// What searches may propose; nil in studies without any.
  package var constraints: [MixtureConstraint]?
  /// The run that the mixture is for, where it is none of these.
  package var targetRun: TargetRun?
  /// Of the search and of the confirmation.
  package var scale: Scale
  /// Of the search's trials (the same for all, so that their noise is common) and of the methods.
  package var seed: UInt64
  package var methods: [Method]
  /// Quasi-random mixtures that a Bayesian method starts with.
  package var initialTrials: Int
  /// How many trials behind a proposal may be unfinished: proposal n knows exactly the outcomes of
  /// trials 0 ... n - lag, whatever finished sooner, so that a study does not depend on timing.
  package var lag: Int
  /// How many of a method's best mixtures are trained again with fresh seeds.
  package var finalists: Int
  /// With how many fresh seeds.
  package var confirmationSeeds: Int
  /// Whether a search ends before its trials do, once what it could still gain is below the noise of a mean
  /// over the confirmation seeds; nil for no.
  package var stopsWhenSure: Bool?
  package var trainer: EvaluatorIdentity

  package init(
    corpus: String, corpusDigest: String, domains: [String], availableTokens: [Int],
    objective: Objective, constraints: [MixtureConstraint]? = nil, scale: Scale, seed: UInt64,
    methods: [Method], initialTrials: Int, lag: Int, finalists: Int, confirmationSeeds: Int,
    stopsWhenSure: Bool? = nil, trainer: EvaluatorIdentity
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
    self.initialTrials = initialTrials
    self.lag = lag
    self.finalists = finalists
    self.confirmationSeeds = confirmationSeeds
    self.stopsWhenSure = stopsWhenSure == true ? true : nil
    self.trainer = trainer
  }
}

extension StudyConfiguration {
  /// What its methods are made from.
  ///
  /// - Throws: as ``feasibleMixtures()``.
  package func methodContext() throws(ConstraintError) -> MethodContext {
    try context(seed: seed)
  }
}
