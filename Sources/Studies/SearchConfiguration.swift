import MixtureMethods
import Mixtures
import Runs

/// A configuration of searches over mixtures: a study's or a comparison's.
package protocol SearchConfiguration: StoredConfiguration {
  /// Its folder when the search began, and the digest that must match.
  var corpus: String { get }
  var corpusDigest: String { get }
  /// The training domains, in the order of every mixture.
  var domains: [String] { get }
  /// Training tokens that each domain has.
  var availableTokens: [Int] { get }
  var objective: Objective { get }
  /// What searches may propose; nil without any.
  var constraints: [MixtureConstraint]? { get }
  /// The run that the mixture is for, where it is not one of the searches'.
  var targetRun: TargetRun? { get }
  /// Of the searches' runs.
  var scale: Scale { get }
  var seed: UInt64 { get }
  /// Quasi-random mixtures that a Bayesian method starts with.
  var initialTrials: Int { get }
  var lag: Int { get }
  var trainer: EvaluatorIdentity { get }
}

extension SearchConfiguration {
  /// The mixtures that meet the constraints.
  ///
  /// - Throws: `ConstraintError` for a domain that is not there, or where there are none.
  package func feasibleMixtures() throws(ConstraintError) -> FeasibleMixtures {
    try FeasibleMixtures(
      constraints ?? [], domains: domains, availableTokens: textAtTarget,
      trainingTokens: tokensAtTarget)
  }

  /// Training tokens of each domain, and of the run, where the mixture is to be used.
  package var textAtTarget: [Int] { targetRun?.availableTokens ?? availableTokens }
  package var tokensAtTarget: Int { targetRun?.tokens ?? scale.tokens }

  /// The constraints that a mixture breaks, as fixed ones may.
  package func broken(by mixture: Mixture) -> [String] {
    (try? feasibleMixtures())?.broken(by: mixture.weights) ?? []
  }

  /// What its searches' runs have in common.
  package var conditions: RunConditions {
    RunConditions(
      corpus: corpusDigest, domains: domains, size: scale.size, parameters: scale.parameters,
      evaluator: trainer)
  }

  /// What methods are made from.
  ///
  /// - Parameters:
  ///   - seed: of their proposals.
  ///   - trials: how many mixtures each may try; nil where nobody says.
  /// - Throws: as ``feasibleMixtures()``.
  func context(seed: UInt64, trials: Int? = nil) throws(ConstraintError) -> MethodContext {
    MethodContext(
      domains: domains, availableTokens: textAtTarget, objective: objective, seed: seed,
      initialTrials: initialTrials, feasible: try feasibleMixtures(), trials: trials,
      trainingTokens: tokensAtTarget)
  }

  /// - Throws: ``StudyError`` where what is searched, or how, makes no sense.
  func validateSearch() throws(StudyError) {
    try StudyError.require(!domains.isEmpty, "domains", "none", "one at least")
    try StudyError.require(
      Set(domains).count == domains.count, "domains", domains.joined(separator: ", "),
      "each domain once")
    try StudyError.require(
      availableTokens.count == domains.count, "available tokens", "\(availableTokens.count) counts",
      "one for each of \(domains.count) domains")
    try StudyError.requireSizes(scale, availableTokens: availableTokens)
    try targetRun?.validate(domains: domains.count)
    try StudyError.requireCounts(["initial trials": initialTrials], in: 0...100_000)
    try StudyError.requireCounts(["lag": lag], in: 1...100_000)
    do throws(ConstraintError) {
      _ = try feasibleMixtures()
    } catch {
      throw .infeasible(error)
    }
  }

  /// The fields that no search can change on the way: name, what it is here and what is asked for.
  func searchFields(asked: Self) -> [(field: String, found: String, expected: String)] {
    [
      ("corpus digest", corpusDigest, asked.corpusDigest),
      ("domains", list(domains), list(asked.domains)),
      ("available tokens", list(availableTokens), list(asked.availableTokens)),
      ("target run", describe(targetRun), describe(asked.targetRun)),
      ("objective", "\(objective)", "\(asked.objective)"),
      ("constraints", list(constraints ?? []), list(asked.constraints ?? [])),
      ("scale", describe(scale), describe(asked.scale)), ("seed", "\(seed)", "\(asked.seed)"),
      ("initial trials", "\(initialTrials)", "\(asked.initialTrials)"),
      ("lag", "\(lag)", "\(asked.lag)"),
    ]
  }
}
