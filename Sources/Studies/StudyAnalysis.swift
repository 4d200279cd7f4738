import Mixtures

/// A mean over seeds with what is known of its error.
package struct Estimate: Sendable, Hashable {
  package var mean: Double
  /// Nil for a single value: one run says nothing of its own noise.
  package var standardError: Double?
  package var count: Int
  /// 95 % by Student's t; nil for a single value.
  package var interval: ClosedRange<Double>?

  package init(
    mean: Double, standardError: Double?, count: Int, interval: ClosedRange<Double>?
  ) {
    self.mean = mean
    self.standardError = standardError
    self.count = count
    self.interval = interval
  }
}

/// What a method came to: the mixture it would hand over, and how that fared with fresh seeds.
package struct MethodResult: Sendable {
  package var method: String
  package var trialsFinished: Int
  package var trialsDiverged: Int
  /// The mixture it recommends; nil before its first finished trial.
  package var pick: Mixture?
  /// The objective in the pick's own search trial, nats per token; the luckiest of its reseeds, often.
  package var searchLoss: Double?
  /// The objective over the fresh seeds.
  package var confirmed: Estimate?
  /// Each objective target and every other held-out domain, over the fresh seeds.
  package var domains: [(domain: String, estimate: Estimate)]
  /// The objective's difference from the best method's pick, paired by seed; nil for the best itself.
  package var differenceFromBest: Estimate?
  /// Every finalist with its fresh seeds, the pick among them.
  package var finalists: [(mixture: Mixture, searchLoss: Double, confirmed: Estimate?)]

  package init(
    method: String, trialsFinished: Int, trialsDiverged: Int, pick: Mixture?, searchLoss: Double?,
    confirmed: Estimate?, domains: [(domain: String, estimate: Estimate)],
    differenceFromBest: Estimate?,
    finalists: [(mixture: Mixture, searchLoss: Double, confirmed: Estimate?)]
  ) {
    self.method = method
    self.trialsFinished = trialsFinished
    self.trialsDiverged = trialsDiverged
    self.pick = pick
    self.searchLoss = searchLoss
    self.confirmed = confirmed
    self.domains = domains
    self.differenceFromBest = differenceFromBest
    self.finalists = finalists
  }
}

/// Whether mixtures keep their order across model sizes.
package struct TransferResult: Sendable {
  package struct Candidate: Sendable {
    package var name: String
    package var mixture: Mixture
    /// The objective at each scale, in the order of `scales`; nil where nothing has finished.
    package var losses: [Estimate?]

    package init(name: String, mixture: Mixture, losses: [Estimate?]) {
      self.name = name
      self.mixture = mixture
      self.losses = losses
    }
  }

  /// Spearman's ρ and Kendall's τ between two scales' mean losses, with bootstrap 95 % intervals over
  /// seeds; scales by index.
  package struct RankCorrelation: Sendable {
    package var from: Int
    package var to: Int
    package var spearman: Double
    package var spearmanInterval: ClosedRange<Double>
    package var kendall: Double
    package var kendallInterval: ClosedRange<Double>

    package init(
      from: Int, to: Int, spearman: Double, spearmanInterval: ClosedRange<Double>, kendall: Double,
      kendallInterval: ClosedRange<Double>
    ) {
      self.from = from
      self.to = to
      self.spearman = spearman
      self.spearmanInterval = spearmanInterval
      self.kendall = kendall
      self.kendallInterval = kendallInterval
    }
  }

  /// Two candidates whose order at one scale is not that at another.
  package struct Swap: Sendable {
    package var first: String
    package var second: String
    package var from: Int
    package var to: Int
    /// Loss of the first less the second's at each of the two scales, paired by seed.
    package var differences: (Estimate, Estimate)
    /// Whether both differences are told apart from zero (95 %, Holm's correction over the pairs).
    package var isSignificant: Bool

    package init(
      first: String, second: String, from: Int, to: Int, differences: (Estimate, Estimate),
      isSignificant: Bool
    ) {
      self.first = first
      self.second = second
      self.from = from
      self.to = to
      self.differences = differences
      self.isSignificant = isSignificant
    }
  }

  /// From small to large.
  package var scales: [Scale]
  package var candidates: [Candidate]
  package var correlations: [RankCorrelation]
  package var swaps: [Swap]
  /// One or two plain sentences.
  package var verdict: String

  package init(
    scales: [Scale], candidates: [Candidate], correlations: [RankCorrelation], swaps: [Swap],
    verdict: String
  ) {
    self.scales = scales
    self.candidates = candidates
    self.correlations = correlations
    self.swaps = swaps
    self.verdict = verdict
  }
}
