import Mixtures

/// Equal shares, or the proportions of the text that there is, whatever runs say; or what is feasible and nearest to
/// them: the rivals that cost nothing. They are run where that is cheapest and once at the target, so that what they
/// are worth is known.
struct UniformSearch: FidelityMethod {
  let context: FidelityContext
  /// Nil where nothing may be tried.
  let mixture: Mixture?

  /// - Parameter proportions: of the domains; nil for equal shares.
  init(proportions: [Double]? = nil, context: FidelityContext) {
    self.context = context
    let even =
      proportions.map { Mixture(domains: context.domains, proportionalTo: $0) }
      ?? Mixture.uniform(over: context.domains)
    guard let candidates = context.targetCandidates else {
      mixture =
        context.feasible.contains(even.weights)
        ? even
        : Mixture(
          domains: context.domains, proportionalTo: context.feasible.nearest(to: even.weights))
      return
    }
    mixture = even.nearest(of: candidates)
  }

  var measuresOnTheWay: Bool { false }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    guard let mixture else { return nil }
    let steps = [FidelityPoint(level: 0, rung: 0), context.grid.target].map {
      FidelityStep.start(mixture, at: $0)
    }
    // The second where the first cannot be had.
    return steps.dropFirst(runs.count).first { context.admits($0, runs: runs) }
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    mixture.map { FidelityRecommendation(mixture: $0) }
  }
}
