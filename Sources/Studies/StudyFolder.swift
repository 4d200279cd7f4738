import Foundation
import Storage

/// Where a study keeps what.
struct StudyFolder: Sendable {
  var path: String

  func configuration<C: StoredConfiguration>(of: C.Type) -> String {
    path + "/" + C.files.configuration
  }

  func trials<C: StoredConfiguration>(of: C.Type) -> String { path + "/" + C.files.trials }

  /// Of a comparison.
  var picks: String { path + "/picks.jsonl" }

  /// Of one trial; gone once its outcome is in the journal.
  func checkpoints(of request: TrialRequest) -> String {
    "\(path)/checkpoints/\(request.purpose == .transfer ? "transfer" : "trial")-\(request.id)"
  }

  /// What cannot be removed only takes up room.
  func removeCheckpoints(of request: TrialRequest) {
    try? FileManager.default.removeItem(atPath: checkpoints(of: request))
  }

  /// Of one run of a study of several sizes, from its first task to its last.
  func checkpoints(ofRun run: Int) -> String { "\(path)/checkpoints/run-\(run)" }

  func removeCheckpoints(ofRun run: Int) {
    try? FileManager.default.removeItem(atPath: checkpoints(ofRun: run))
  }

  func removeRunCheckpoints(upTo count: Int) {
    for run in 0..<count { removeCheckpoints(ofRun: run) }
    removeCheckpointsFolder()
  }

  /// Removes the folder of all checkpoints if it is empty. While trials run it must stay: one might
  /// be about to make its own in there.
  func removeCheckpointsFolder() { rmdir(path + "/checkpoints") }
}

/// A configuration in a file of its own, whose layout has a version.
struct LayoutVersion: Decodable {
  var version: Int

  /// - Throws: ``StudyError`` where `folder` holds no `file` or one of another version.
  static func check(_ file: String, in folder: String, expected: Int) throws -> String {
    guard isFolder(folder) else {
      guard fileExists(folder) else {
        throw StorageError.missing(path: folder, hint: "give the folder of a study")
      }
      throw StudyError.notAStudy(folder: folder, file: file)
    }
    let path = folder + "/" + file
    guard fileExists(path) else { throw StudyError.notAStudy(folder: folder, file: file) }
    let found = try decodeDocument(LayoutVersion.self, at: path).version
    guard found == expected else {
      throw StudyError.unsupportedVersion(path: path, found: found, expected: expected)
    }
    return path
  }
}
