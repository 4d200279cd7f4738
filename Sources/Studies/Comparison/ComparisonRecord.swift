import Mixtures
import Storage

/// A comparison as its journals tell it.
package struct ComparisonRecord: Sendable {
  package var folder: String
  package var configuration: ComparisonConfiguration
  /// In the order of their ids.
  package var trials: [TrialRecord]
  /// In the order in which they were made.
  package var picks: [ComparisonPick]

  package init(
    folder: String, configuration: ComparisonConfiguration, trials: [TrialRecord],
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
    let files = StudyFolder(path: folder)
    return ComparisonRecord(
      folder: folder, configuration: try ComparisonConfiguration.read(folder: folder),
      trials: try TrialLedger(readingJournalAt: files.trials(of: ComparisonConfiguration.self))
        .trials,
      picks: try LineJournal.read(ComparisonPick.self, at: files.picks))
  }

  package var analysis: ComparisonAnalysis { ComparisonAnalysis(of: self) }
}
