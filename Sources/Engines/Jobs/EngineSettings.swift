import Foundation
import Storage

/// Where and how a folder's runs are trained: `engine.json` in it. Nothing in it is part of a run's key: it may
/// change from one command to the next.
package struct EngineSettings: Sendable, Hashable, Codable {
  package static let file = "engine.json"

  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// Processes on this machine.
    case local
    case slurm
    /// Any other scheduler, by its commands.
    case command
  }

  /// Tells this folder's jobs from all others in a queue.
  package var id: String?
  package var kind: Kind?
  /// The user's trainer; nil for the built-in one.
  package var trainer: String?
  /// What keys call it; the command itself where nobody says.
  package var trainerName: String?
  /// Where commands work.
  package var workingFolder: String?
  package var blend: String?
  package var data: TrainingData?
  /// The program on the machines where jobs run.
  package var program: String?
  /// Attempts at once, waiting ones among them.
  package var jobs: Int?
  /// Of those that are handed over together, how many may run at once.
  package var atOnce: Int?
  /// Seconds.
  package var time: Double?
  package var grace: Double?
  package var retries: Int?
  package var retryPause: Double?
  package var account: String?
  package var partition: String?
  package var qos: String?
  package var memory: String?
  package var cpus: Int?
  /// Passed through untouched.
  package var options: [String]?
  /// Runs at once in one allocation; nil for a job each.
  package var block: Int?
  package var blocks: Int?
  package var blockIdle: Double?
  package var submit: String?
  package var alive: String?
  package var cancel: String?
  /// Seconds between two questions to the scheduler.
  package var interval: Double?
  /// Seconds for which a job that has ended may still be heard of.
  package var patience: Double?
  package var outboxPatience: Double?

  package init() {}

  /// What is said here, and for the rest what `other` says.
  package func overriding(_ other: EngineSettings?) -> EngineSettings {
    guard var merged = other else { return self }
    func take<Value>(_ path: WritableKeyPath<EngineSettings, Value?>) {
      if let value = self[keyPath: path] { merged[keyPath: path] = value }
    }
    take(\.id)
    take(\.kind)
    take(\.trainer)
    take(\.trainerName)
    take(\.workingFolder)
    take(\.blend)
    take(\.data)
    take(\.program)
    take(\.jobs)
    take(\.atOnce)
    take(\.time)
    take(\.grace)
    take(\.retries)
    take(\.retryPause)
    take(\.account)
    take(\.partition)
    take(\.qos)
    take(\.memory)
    take(\.cpus)
    take(\.options)
    take(\.block)
    take(\.blocks)
    take(\.blockIdle)
    take(\.submit)
    take(\.alive)
    take(\.cancel)
    take(\.interval)
    take(\.patience)
    take(\.outboxPatience)
    return merged
  }

  /// What a folder's runs were trained with last; nil where it was always the built-in trainer in this process.
  package static func stored(in folder: String) throws -> EngineSettings? {
    let path = folder + "/" + file
    guard fileExists(path) else { return nil }
    let settings = try decodeDocument(EngineSettings.self, at: path)
    try settings.check(path)
    return settings
  }

  /// The bounds of the command line, for a file that may come from anywhere.
  private func check(_ path: String) throws(ContractError) {
    let times: [(String, Double?)] = [
      ("time", time), ("grace", grace), ("retryPause", retryPause), ("blockIdle", blockIdle),
      ("interval", interval), ("patience", patience), ("outboxPatience", outboxPatience),
    ]
    try JobDocument.requireSeconds(times, path: path)
    for (name, count) in [
      ("jobs", jobs), ("atOnce", atOnce), ("retries", retries), ("cpus", cpus), ("block", block),
      ("blocks", blocks),
    ] {
      guard let count, !(0...100_000 ~= count) else { continue }
      throw .badData(
        path: path,
        reason: "found \(count) at '\(name)', expected a number from 0 to 100000; correct it")
    }
  }

  package func store(in folder: String) throws {
    try replaceFile(at: folder + "/" + Self.file, with: encodeDocument(self))
  }

  /// What the key of a run calls the trainer.
  package var identity: String? { trainer.map { trainerName ?? $0 } }

  package static let defaultGrace = 60.0
  package static let defaultJobs = 256
}
