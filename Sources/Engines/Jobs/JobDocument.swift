import Foundation
import Storage

/// `job.json` of an attempt: how it is run, whatever starts it.
package struct JobDocument: Sendable, Codable {
  /// The trainer; nil for the built-in one.
  package var command: String?
  /// Where the command works.
  package var workingFolder: String
  /// Where its message goes.
  package var outbox: String
  /// Seconds that an attempt may take.
  package var timeLimit: Double?
  /// Seconds between asking it to stop and ending it.
  package var grace: Double
  /// Seconds for which a full outbox is waited for.
  package var outboxPatience: Double
  /// Threads, of the built-in trainer.
  package var threads: Int
  /// The job that it was handed over with, and its place in it.
  package var name: String?
  package var index: Int?
  /// Seconds since 1970.
  package var handedOverAt: Double?

  package static func read(in folder: AttemptFolder) throws -> JobDocument {
    guard fileExists(folder.job) else {
      throw ContractError.badRequest(path: folder.path, reason: "found no job.json")
    }
    let job = try decodeDocument(JobDocument.self, at: folder.job)
    let times: [(String, Double?)] = [
      ("timeLimit", job.timeLimit), ("grace", job.grace), ("outboxPatience", job.outboxPatience),
    ]
    try requireSeconds(times, path: folder.job)
    return job
  }

  /// Ten years at most, whoever wrote the file.
  static func requireSeconds(
    _ times: [(name: String, seconds: Double?)], path: String
  ) throws(ContractError) {
    for (name, seconds) in times {
      guard let seconds, !(0...3e8 ~= seconds) else { continue }
      throw .badData(
        path: path,
        reason: "found \(seconds) at '\(name)', expected seconds from 0 to 3e8; correct it")
    }
  }
}

/// What became of an attempt that came to nothing, for the next.
struct LossDocument: Codable {
  /// Where it ran, if that is to blame.
  var node: String?
  var reason: String
  var at: Double
}
