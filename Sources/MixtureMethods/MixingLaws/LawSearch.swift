import Mixtures

/// Fits a mixing law to an even spread of mixtures and hands over the law's optimum: `bimix`, `mixlaws`
/// and `olmix`.
///
/// The spread is the one that random search tries, as in Lindenau's comparison, so that their trials are
/// the same runs.
struct LawSearch: FittedSearch {
  let family: LawModel.Family
  let context: MethodContext
  var runs: FittedRuns<LawModel>

  init(_ family: LawModel.Family, context: MethodContext) {
    self.family = family
    self.context = context
    runs = FittedRuns(objective: context.objective, feasible: context.feasible)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    context.quasiRandom(ordinal, taken: runs.taken(with: pending))
  }

  func fitted(to data: LawData) -> LawModel? {
    LawModel(
      family, to: data, domains: context.domains, objective: context.objective, seed: context.seed)
  }

  func optimum(of model: LawModel) -> [Double] {
    model.minimum(
      parts: context.domains.count,
      // Olmix proposes within what the domains' text allows; the others know no limits.
      upper: family == .olmix ? context.tokenCaps : nil,
      nearest: context.feasible.isWholeSimplex ? nil : { context.feasible.nearest(to: $0) })
  }
}

extension MethodContext {
  /// How often a domain's text may be gone through without losing much: Muennighoff et al., [Scaling
  /// Data-Constrained Language Models](https://arxiv.org/abs/2305.16264), section 5.
  static let harmlessEpochs = 4.0

  /// The largest weight that each domain's text allows at ``harmlessEpochs``; nil where a run's tokens
  /// are not known. Where even all caps together do not fill a run, they are raised alike.
  package var tokenCaps: [Double]? {
    guard let tokens = trainingTokens, tokens > 0 else { return nil }
    let caps = availableTokens.map { Self.harmlessEpochs * Double($0) / Double(tokens) }
    let sum = caps.reduce(0) { $0 + min($1, 1) }
    guard sum > 0 else { return nil }
    return caps.map { min(min($0, 1) / min(sum, 1), 1) }
  }
}
