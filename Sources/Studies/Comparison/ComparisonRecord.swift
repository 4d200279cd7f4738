import Mixtures
import Runs

/// A comparison as its journals tell it.
package struct ComparisonRecord: Sendable {
  package var folder: String
  package var configuration: ComparisonConfiguration
  /// In the order of their ids.
  package var trials: [RunRecord]
  /// In the order in which they were made.
  package var picks: [ComparisonPick]

  package init(
    folder: String, configuration: ComparisonConfiguration, trials: [RunRecord],
    picks: [ComparisonPick]
  ) {
    self.folder = folder
    self.configuration = configuration
    self.trials = trials
    self.picks = picks
  }

  /// Reads a comparison; one at work is read as far as it has come.
  ///
  /// - Throws: ``StudyError`` or `StorageError`: no such folder, no comparison in it, another version,
  ///   or a damaged line.
  package static func read(folder: String) throws -> ComparisonRecord {
    let configuration = try ComparisonConfiguration.read(folder: folder)
    return try ComparisonRecord(
      folder: folder, configuration: configuration,
      ComparisonConfiguration.ledger(of: folder))
  }

  package init(
    folder: String, configuration: ComparisonConfiguration, _ ledger: RunLedger
  ) throws {
    let plan = ComparisonConfiguration.plan
    self.init(
      folder: folder, configuration: configuration, trials: ledger.trials(of: plan),
      picks: try ledger.notes(plan: plan, topic: ComparisonPick.topic).map {
        try $0.decoded(as: ComparisonPick.self)
      })
  }

  package var analysis: ComparisonAnalysis { ComparisonAnalysis(of: self) }
}
