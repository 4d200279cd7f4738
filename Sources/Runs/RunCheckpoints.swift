import Foundation
import Storage

/// Where runs keep what they would go on from: a folder for each run, the same for all its parts and attempts.
struct RunCheckpoints: Sendable {
  /// That of the journal; nil to keep none.
  let folder: String?
  let ledger: RunLedger

  func path(of key: RunKey) -> String? {
    guard let folder, let first = ledger.firstRequest(of: key) else { return nil }
    return "\(folder)/checkpoints/run-\(first)"
  }

  /// Removes what a run that has ended does not need any more. What cannot be removed only takes up room.
  ///
  /// - Parameter evenIfPaused: whether it will not be resumed.
  func remove(of record: RunRecord, evenIfPaused: Bool = false) {
    guard let path = path(of: record.request.key), fileExists(path) else { return }
    if ledger.parts(of: record.request.key).contains(where: { $0.state == .pending }) { return }
    let isPaused = record.request.pauses && record.outcome?.hasDiverged == false
    if evenIfPaused || !isPaused { try? FileManager.default.removeItem(atPath: path) }
  }

  /// Removes the folder of all checkpoints if it is empty. While runs are under way it must stay: one might
  /// be about to make its own in there.
  func removeFolder() {
    if let folder { rmdir(folder + "/checkpoints") }
  }
}
