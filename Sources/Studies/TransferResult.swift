import Mixtures

/// Whether mixtures keep their order across model sizes.
package struct TransferResult: Sendable {
  package struct Candidate: Sendable {
    package var name: String
    package var mixture: Mixture
    /// The objective at each scale, in the order of `scales`; nil where nothing has finished.
    package var losses: [Estimate?]
    /// At each scale, how many seeds diverged; they are not in `losses`.
    package var diverged: [Int]

    package init(name: String, mixture: Mixture, losses: [Estimate?], diverged: [Int]? = nil) {
      self.name = name
      self.mixture = mixture
      self.losses = losses
      self.diverged = diverged ?? losses.map { _ in 0 }
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
    /// Loss of the first minus the second's at each of the two scales, paired by seed.
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
