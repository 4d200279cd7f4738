import Mixtures

/// What a method came to: the mixture it would hand over, and how that fared with fresh seeds.
package struct MethodResult: Sendable {
  package struct Finalist: Sendable, Hashable {
    package var mixture: Mixture
    /// The objective in its search trial; nil for a mixture that the search never ran.
    package var searchLoss: Double?
    /// The objective over the fresh seeds; nil before the first.
    package var confirmed: Estimate?
    /// Fresh seeds with which it diverged; they are not in `confirmed`.
    package var diverged: Int

    package init(
      mixture: Mixture, searchLoss: Double?, confirmed: Estimate?, diverged: Int = 0
    ) {
      self.mixture = mixture
      self.searchLoss = searchLoss
      self.confirmed = confirmed
      self.diverged = diverged
    }
  }

  package var method: String
  /// Of its search; trials that methods share count for each.
  package var trialsFinished: Int
  package var trialsDiverged: Int
  /// The finalist of the lowest mean over the fresh seeds, those that diverged with none before
  /// those that did; before any confirmation, the best trial. Nil before its first finished trial.
  ///
  /// Being the best of several means, the pick's mean is a little low itself, by less than a
  /// standard error for a few finalists.
  package var pick: Mixture?
  /// The objective in the pick's own search trial, nats per token; the luckiest of its reseeds, often.
  package var searchLoss: Double?
  /// The objective over the fresh seeds.
  package var confirmed: Estimate?
  /// Every held-out domain, in the order of the corpus, over the fresh seeds.
  package var domains: [(domain: String, estimate: Estimate)]
  /// The objective's difference from the best method's pick, paired by seed; positive where this
  /// one is worse. Nil for the best itself.
  package var differenceFromBest: Estimate?
  /// Every finalist with its fresh seeds, the pick among them, in the method's own order.
  package var finalists: [Finalist]

  package init(
    method: String, trialsFinished: Int, trialsDiverged: Int, pick: Mixture?, searchLoss: Double?,
    confirmed: Estimate?, domains: [(domain: String, estimate: Estimate)],
    differenceFromBest: Estimate?, finalists: [Finalist]
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

  /// By how much the pick's search flattered it: the mean of the fresh seeds minus the search's
  /// loss. Positive for a winner's curse.
  package var winnersCurse: Double? {
    guard let confirmed, let searchLoss else { return nil }
    return confirmed.mean - searchLoss
  }
}
