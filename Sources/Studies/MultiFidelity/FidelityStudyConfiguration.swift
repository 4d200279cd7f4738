import MixtureMethods
import Mixtures
import Numerics
import Runs

/// Everything that a study of several sizes depends on: `fidelity.json` in its folder, written once.
package struct FidelityStudyConfiguration: Sendable, Hashable, Codable {
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
  /// Two held-out domains whose Pareto front at the target is sought too; nil without.
  package var front: [String]?
  /// What may be proposed; nil where everything may.
  package var constraints: [MixtureConstraint]?
  /// The run that the mixture is for, where it is none of these.
  package var targetRun: TargetRun?
  /// Sizes and rungs, what they cost, and the target.
  package var grid: FidelityGrid
  /// Of the search's first run of a mixture at a size (the same for all, so that their noise is common),
  /// and of the method.
  package var seed: UInt64
  /// A name that `MixtureMethods` knows: `scale-bo`, `random`, ….
  package var method: String
  /// Of search and confirmation, in runs of the target.
  package var budget: Double
  /// The budget as it was asked for: `12`, `3e14flops`.
  package var budgetText: String
  /// Of the budget, runs of the target that are kept for fresh seeds of the recommended mixture.
  package var confirmationRuns: Int
  /// How many runs may be under way when the next is proposed. They end in the order of a clock of costs,
  /// whatever finished sooner, so that a study does not depend on timing.
  package var lag: Int
  package var trainer: SizesTrainer

  package init(
    corpus: String, corpusDigest: String, domains: [String], availableTokens: [Int],
    objective: Objective, constraints: [MixtureConstraint]? = nil, grid: FidelityGrid,
    seed: UInt64, method: String, budget: Double, budgetText: String, confirmationRuns: Int,
    lag: Int, trainer: SizesTrainer
  ) {
    self.corpus = corpus
    self.corpusDigest = corpusDigest
    self.domains = domains
    self.availableTokens = availableTokens
    self.objective = objective
    self.constraints = constraints.flatMap { $0.isEmpty ? nil : $0 }
    self.grid = grid
    self.seed = seed
    self.method = method
    self.budget = budget
    self.budgetText = budgetText
    self.confirmationRuns = confirmationRuns
    self.lag = lag
    self.trainer = trainer
  }
}

extension FidelityStudyConfiguration: StoredConfiguration {
  package static let currentVersion = 1
  package static let file = "fidelity.json"
  package static let plan = "sizes"
  package static let mayGrow = false

  /// What the search may spend, in runs of the target.
  package var searchBudget: Double { budget - Double(confirmationRuns) }

  /// What the target trains on and how large it is.
  package var targetScale: Scale { grid[grid.target].scale }

  /// The mixtures that meet the constraints at the target.
  ///
  /// - Throws: `ConstraintError` for a domain that is not there, or where there are none.
  package func feasibleMixtures() throws(ConstraintError) -> FeasibleMixtures {
    try FeasibleMixtures(
      constraints ?? [], domains: domains, availableTokens: textAtTarget,
      trainingTokens: targetRun?.tokens ?? targetScale.tokens)
  }

  private var textAtTarget: [Int] { targetRun?.availableTokens ?? availableTokens }

  /// How its runs repeat text as the target will; nil where they read all text.
  package var matching: EpochMatching? { trainer.sizes[targetScale.size]?.matching }

  /// What its method is made from.
  ///
  /// - Throws: as ``feasibleMixtures()``.
  package func methodContext() throws(ConstraintError) -> FidelityContext {
    var context = FidelityContext(
      domains: domains, objective: objective.measuring(front ?? []), grid: grid,
      feasible: try feasibleMixtures(), seed: seed, budget: searchBudget, replicates: true,
      availableTokens: matching == nil ? availableTokens : textAtTarget)
    context.front = front
    context.matchesEpochs = matching != nil
    return context
  }

  package typealias MethodMaker =
    @Sendable (_ name: String, _ context: FidelityContext) throws -> any FidelityMethod

  /// Its search and fresh seeds.
  ///
  /// - Parameter secondsPerRun: what a run of the target is expected to take; nil where nobody knows.
  /// - Throws: what `makeMethod` throws; `ConstraintError`.
  package func clockPlan(
    secondsPerRun: Double? = nil,
    makeMethod: @escaping MethodMaker = { try makeFidelityMethod(named: $0, context: $1) }
  ) throws -> any Plan {
    try validate()
    let context = try methodContext()
    let configuration = self
    return ClockPlan(
      ClockPlan.Design(
        plan: Self.plan, method: method, context: context,
        conditions: try grid.levels.map { try conditions(of: $0[0].scale) }, lag: lag,
        seed: { earlier in
          earlier == 0
            ? configuration.seed
            : configuration.seeds(earlier, stream: "replicates")[earlier - 1]
        },
        confirmation: (
          confirmationRuns, seeds(2 * confirmationRuns, stream: "confirmation")
        )), method: try makeMethod(method, context), secondsPerRun: secondsPerRun)
  }

  /// - Throws: ``StudyError`` for a size whose trainer was not written down.
  func conditions(of scale: Scale) throws(StudyError) -> RunConditions {
    guard let evaluator = trainer.sizes[scale.size] else {
      throw .invalid(field: "trainer", found: "nothing of \(scale.size)", expected: "its settings")
    }
    return RunConditions(
      corpus: corpusDigest, domains: domains, size: scale.size, parameters: scale.parameters,
      evaluator: evaluator)
  }

  /// Different seeds that are not the study's, the n-th the same however many are asked for. They fit 32
  /// bits, so that every reader of JSON keeps their digits.
  func seeds(_ count: Int, stream: String) -> [UInt64] {
    var generator = SeededGenerator(seed: seed, stream: stream)
    var seeds: [UInt64] = []
    while seeds.count < count {
      let candidate = generator.next() >> 32
      if candidate != seed, !seeds.contains(candidate) { seeds.append(candidate) }
    }
    return seeds
  }

  /// - Throws: ``StudyError/invalid(field:found:expected:)`` for the first field that makes no sense.
  package func validate() throws(StudyError) {
    try StudyError.require(!domains.isEmpty, "domains", "none", "one at least")
    try StudyError.require(
      availableTokens.count == domains.count, "available tokens", "\(availableTokens.count) counts",
      "one for each of \(domains.count) domains")
    for level in grid.levels {
      for rung in level {
        try StudyError.requireSizes(rung.scale, availableTokens: availableTokens)
      }
    }
    try targetRun?.validate(domains: domains.count)
    try StudyError.require(
      front.map { $0.count == 2 && $0[0] != $0[1] } ?? true, "front", list(front ?? []),
      "two different held-out domains")
    try trainer.asked.validate()
    for size in trainer.sizes.keys.sorted() {
      try trainer.sizes[size]!.validateMatching(domains: domains.count)
    }
    try StudyError.requireCounts(["lag": lag], in: 1...100_000)
    try StudyError.requireCounts(["confirmation seeds": confirmationRuns], in: 1...10_000)
    try StudyError.require(
      0...1e9 ~= budget, "budget", budget, "a number of target runs up to a billion")
    let least = cheapestRun
    try StudyError.require(
      searchBudget >= least, "budget", "\(short(budget)) target runs",
      "\(short(Double(confirmationRuns) + least)) at least: \(confirmationRuns) for fresh seeds "
        + "and the cheapest run")
    let feasible: FeasibleMixtures
    do throws(ConstraintError) {
      feasible = try feasibleMixtures()
    } catch {
      throw .infeasible(error)
    }
    try StudyError.require(
      front == nil || feasible.pull == nil, "front", "one beside a price on leaving a mixture",
      "one of them")
  }

  private var cheapestRun: Double {
    grid.levels.indices.map { grid.extraCost(level: $0, from: nil, to: 0) }.min() ?? 1
  }

  /// The first field in which a study's folder differs from what is asked for now. Where the corpus
  /// lies does not count; its digest does.
  package func firstDifference(
    from asked: FidelityStudyConfiguration
  ) -> (field: String, found: String, expected: String)? {
    func levels(_ grid: FidelityGrid) -> String {
      list(grid.levels.map { list($0.map { describe($0.scale) }) })
    }
    let pairs: [(String, String, String)] = [
      ("corpus digest", corpusDigest, asked.corpusDigest),
      ("domains", list(domains), list(asked.domains)),
      ("available tokens", list(availableTokens), list(asked.availableTokens)),
      ("target run", describe(targetRun), describe(asked.targetRun)),
      ("objective", "\(objective)", "\(asked.objective)"),
      ("front", list(front ?? []), list(asked.front ?? [])),
      ("constraints", list(constraints ?? []), list(asked.constraints ?? [])),
      ("sizes and rungs", levels(grid), levels(asked.grid)),
      ("target", describe(targetScale), describe(asked.targetScale)),
      ("seed", "\(seed)", "\(asked.seed)"), ("method", method, asked.method),
      ("budget", budgetText, asked.budgetText),
      ("confirmation seeds", "\(confirmationRuns)", "\(asked.confirmationRuns)"),
      ("lag", "\(lag)", "\(asked.lag)"),
    ]
    return pairs.first { $0.1 != $0.2 } ?? trainer.firstDifference(from: asked.trainer)
  }
}

/// Two decimals, without trailing zeros.
private func short(_ value: Double) -> String {
  let scaled = (value * 100).rounded() / 100
  return scaled == scaled.rounded() ? "\(Int(scaled))" : "\(scaled)"
}
