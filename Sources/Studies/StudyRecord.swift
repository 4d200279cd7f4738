import Mixtures
import Runs

/// A study as its journal tells it: what was asked for and what came of it. Never stored; always read.
package struct StudyRecord: Sendable {
  package var folder: String
  package var configuration: StudyConfiguration
  /// In the order of their ids.
  package var trials: [RunRecord]

  package init(folder: String, configuration: StudyConfiguration, trials: [RunRecord]) {
    self.folder = folder
    self.configuration = configuration
    self.trials = trials
  }

  /// Reads a study's configuration and journal; a study at work is read as far as it has come.
  ///
  /// - Throws: ``StudyError`` or `StorageError`: no such folder, not a study, another version, or a
  ///   damaged line.
  package static func read(folder: String) throws -> StudyRecord {
    let configuration = try StudyConfiguration.read(folder: folder)
    return StudyRecord(
      folder: folder, configuration: configuration, try StudyConfiguration.ledger(of: folder))
  }

  package init(folder: String, configuration: StudyConfiguration, _ ledger: RunLedger) {
    self.init(
      folder: folder, configuration: configuration,
      trials: ledger.trials(of: StudyConfiguration.plan))
  }
}
