import Mixtures

/// Fits a mixing law to an even spread of mixtures and hands over the law's optimum: `bimix`, `mixlaws`,
/// `olmix` and `olmix-tuned`.
///
/// The spread is the one that random search tries, as in Lindenau's comparison, so that their trials are
/// the same runs.
struct LawSearch: FittedSearch {
  /// What is handed over besides where the law is lowest.
  enum Proposal: Sendable {
    case optimum
    /// Within what a run's own text allows.
    case capped
    /// Olmix (`allenai/olmix`, `olmix/fit/utils.py` and `configs/fits`): drawn to the natural mixture by .05 times
    /// the divergence from it, and within what the text allows at the tokens of the target, where these are known.
    case pulled
  }

  private static let pull = 0.05

  let family: LawModel.Family
  private let proposal: Proposal
  let context: MethodContext
  var runs: FittedRuns<LawModel>

  init(_ family: LawModel.Family, _ proposal: Proposal = .optimum, context: MethodContext) {
    self.family = family
    self.proposal = proposal
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
    let upper: [Double]? =
      switch proposal {
      case .optimum: nil
      case .capped: context.tokenCaps(at: context.trainingTokens)
      case .pulled: context.tokenCaps(at: context.targetTokens)
      }
    return model.minimum(
      parts: context.domains.count, upper: upper,
      nearest: context.feasible.isWholeSimplex ? nil : { context.feasible.nearest(to: $0) },
      pull: proposal == .pulled
        ? DivergencePull(strength: Self.pull, center: context.textShares) : nil)
  }
}

extension MethodContext {
  /// How often a domain's text may be gone through without losing much: Muennighoff et al., [Scaling
  /// Data-Constrained Language Models](https://arxiv.org/abs/2305.16264), section 5.
  static let harmlessEpochs = 4.0

  /// The largest weight that each domain's text allows at ``harmlessEpochs`` in a run of so many tokens; nil
  /// where these are not known. Where even all caps together do not fill a run, they are raised alike.
  package func tokenCaps(at tokens: Int?) -> [Double]? {
    guard let tokens, tokens > 0 else { return nil }
    let caps = availableTokens.map { Self.harmlessEpochs * Double($0) / Double(tokens) }
    let sum = caps.reduce(0) { $0 + min($1, 1) }
    guard sum > 0 else { return nil }
    return caps.map { min(min($0, 1) / min(sum, 1), 1) }
  }
}
