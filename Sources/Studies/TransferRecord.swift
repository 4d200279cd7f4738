import Runs

/// A transfer check as its journal tells it.
package struct TransferRecord: Sendable {
  package var folder: String
  package var configuration: TransferConfiguration
  /// In the order of their ids.
  package var trials: [RunRecord]

  package init(folder: String, configuration: TransferConfiguration, trials: [RunRecord]) {
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
    let configuration = try TransferConfiguration.read(folder: folder)
    return TransferRecord(
      folder: folder, configuration: configuration, try TransferConfiguration.ledger(of: folder))
  }

  package init(folder: String, configuration: TransferConfiguration, _ ledger: RunLedger) {
    self.init(
      folder: folder, configuration: configuration,
      trials: ledger.trials(of: TransferConfiguration.plan))
  }

  package var result: TransferResult { TransferResult(of: self) }
}
