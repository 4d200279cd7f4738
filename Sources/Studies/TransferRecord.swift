/// A transfer check as its journal tells it.
package struct TransferRecord: Sendable {
  package var folder: String
  package var configuration: TransferConfiguration
  /// In the order of their ids.
  package var trials: [TrialRecord]

  package init(folder: String, configuration: TransferConfiguration, trials: [TrialRecord]) {
    self.folder = folder
    self.configuration = configuration
    self.trials = trials
  }

  /// Whether the folder holds a transfer check at all.
  package static func exists(in folder: String) -> Bool {
    TransferConfiguration.exists(in: folder)
  }

  /// - Throws: ``StudyError`` or `StorageError`: no such folder, no check in it, another version, or
  ///   a damaged line.
  package static func read(folder: String) throws -> TransferRecord {
    let files = StudyFolder(path: folder)
    return TransferRecord(
      folder: folder, configuration: try TransferConfiguration.read(folder: folder),
      trials: try TrialLedger(readingJournalAt: files.trials(of: TransferConfiguration.self))
        .trials)
  }

  package var result: TransferResult { TransferResult(of: self) }
}
