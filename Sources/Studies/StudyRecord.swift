import Mixtures

/// A study as its journal tells it: what was asked for and what came of it. Never stored; always read.
package struct StudyRecord: Sendable {
  package var folder: String
  package var configuration: StudyConfiguration
  /// In the order of their ids.
  package var trials: [TrialRecord]

  package init(folder: String, configuration: StudyConfiguration, trials: [TrialRecord]) {
    self.folder = folder
    self.configuration = configuration
    self.trials = trials
  }
}

package struct TrialRecord: Sendable, Hashable {
  package var request: TrialRequest
  /// The methods or candidates that this trial serves; one that several ask for is run once.
  package var claims: [TrialClaim]
  /// Nil while it runs.
  package var outcome: TrialOutcome?
  /// Seconds since 1970 at which it was asked for and at which it ended.
  package var proposedAt: Double
  package var finishedAt: Double?

  package init(
    request: TrialRequest, claims: [TrialClaim], outcome: TrialOutcome? = nil,
    proposedAt: Double = 0, finishedAt: Double? = nil
  ) {
    self.request = request
    self.claims = claims
    self.outcome = outcome
    self.proposedAt = proposedAt
    self.finishedAt = finishedAt
  }
}

package struct TrialClaim: Sendable, Hashable, Codable {
  /// The method of a search or confirmation, the candidate's name of a transfer check.
  package var name: String
  /// The how-manieth trial of that method it is, from 0; of a confirmation, the how-manieth seed.
  package var ordinal: Int

  package init(name: String, ordinal: Int) {
    self.name = name
    self.ordinal = ordinal
  }
}
