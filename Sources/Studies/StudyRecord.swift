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

  /// Reads a study's configuration and journal; a study at work is read as far as it has come.
  ///
  /// - Throws: ``StudyError`` or `StorageError`: no such folder, not a study, another version, or a
  ///   damaged line.
  package static func read(folder: String) throws -> StudyRecord {
    let files = StudyFolder(path: folder)
    return StudyRecord(
      folder: folder, configuration: try StudyConfiguration.read(folder: folder),
      trials: try TrialLedger(readingJournalAt: files.trials(of: StudyConfiguration.self)).trials)
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
  /// The study's own trial whose outcome a transfer check took over; nil for a trial that was run.
  package var reusedFrom: Int?

  package init(
    request: TrialRequest, claims: [TrialClaim], outcome: TrialOutcome? = nil,
    proposedAt: Double = 0, finishedAt: Double? = nil, reusedFrom: Int? = nil
  ) {
    self.request = request
    self.claims = claims
    self.outcome = outcome
    self.proposedAt = proposedAt
    self.finishedAt = finishedAt
    self.reusedFrom = reusedFrom
  }

  /// What a method learns of it; nil while it runs.
  package var observation: Observation? {
    outcome.map {
      Observation(
        mixture: request.mixture, scale: request.scale, seed: request.seed, outcome: $0.observed,
        procedure: request.procedure, recommended: $0.result?.recommended,
        tokenLosses: $0.result?.tokenLosses)
    }
  }
}

package struct TrialClaim: Sendable, Hashable, Codable {
  /// The method of a search or confirmation, the candidate's name of a transfer check.
  package var name: String
  /// The how-manieth trial of that method it is, from 0; of a confirmation or a transfer check, the
  /// how-manieth seed.
  package var ordinal: Int
  /// Of a confirmation, the finalist's place among its method's, from 0; nil otherwise.
  package var rank: Int?
  /// Of a comparison, the how-manieth search of its method it belongs to, from 0; nil otherwise.
  package var replicate: Int?

  package init(name: String, ordinal: Int, rank: Int? = nil, replicate: Int? = nil) {
    self.name = name
    self.ordinal = ordinal
    self.rank = rank
    self.replicate = replicate
  }
}
