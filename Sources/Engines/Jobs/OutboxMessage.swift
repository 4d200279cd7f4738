import Foundation
import Runs
import Storage

/// What an attempt tells its driver at its end: the proof that it ended.
package struct OutboxMessage: Sendable, Codable {
  /// Why it was asked to stop.
  package enum Stop: String, Sendable, Codable {
    case timeLimit, signal
  }

  package var run: Int
  package var attempt: Int
  /// What the trainer ended with, as a shell tells it: 128 and the number of a signal.
  package var code: Int32
  package var stop: Stop?
  /// The whole of `result.json`.
  package var result: String?
  /// Of the built-in trainer.
  package var outcomes: [RungOutcome]?
  /// Something that another attempt would not mend.
  package var failure: String?
  package var lastLine: String
  package var host: String
  package var seconds: Double
  /// How often the outbox could not be written to before it could.
  package var refusals = 0
  package var refusal: String?
}

/// Where attempts leave their messages: one folder that the driver reads, and never a name that nobody has listed,
/// which a network file system might long deny.
package struct Outbox: Sendable {
  package let path: String

  package init(in folder: String) { path = folder + "/outbox" }
  package init(at path: String) { self.path = path }

  private static let suffix = ".message"

  /// Leaves a message under a name that nobody has used: written aside, synced, renamed, and the folder synced.
  ///
  /// - Throws: `StorageError`, as of a disk that is full.
  package func publish(_ message: OutboxMessage) throws {
    try makeFolder(at: path)
    let unique = UUID().uuidString.prefix(8)
    let line = JournalLine.seal(try encodeLine(message).dropLast()) + Data("\n".utf8)
    try replaceFile(
      at: "\(path)/\(message.run)-\(message.attempt)-\(unique)\(Self.suffix)", with: line)
  }

  /// As ``publish(_:)``, for as long as it takes within limits: a disk that is full may have room again.
  ///
  /// - Parameters:
  ///   - isCancelled: whether to give up, as at the end of a job's time.
  ///   - onRefusal: hears of the first refusal, as somebody may be waiting.
  /// - Throws: the last error.
  package func publish(
    _ message: OutboxMessage, patience: Double, isCancelled: () -> Bool,
    onRefusal: (any Error) -> Void = { _ in }
  ) throws {
    var message = message
    let deadline = ContinuousClock.now + .seconds(patience)
    var pause = 0.2
    while true {
      do {
        return try publish(message)
      } catch {
        if message.refusals == 0 { onRefusal(error) }
        message.refusals += 1
        message.refusal = "\(error)"
        guard ContinuousClock.now < deadline, !isCancelled() else { throw error }
        usleep(UInt32(pause * 1e6))
        pause = min(pause * 1.5, 2)
      }
    }
  }

  /// The messages that lie there, by name; damaged ones are left and told.
  package func messages() -> (found: [(file: String, message: OutboxMessage)], damaged: [String]) {
    var found: [(String, OutboxMessage)] = []
    var damaged: [String] = []
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names.sorted() where name.hasSuffix(Self.suffix) && !name.hasPrefix(".") {
      let file = path + "/" + name
      guard let data = try? readFile(at: file) else { continue }
      if case .sealed(let line) = JournalLine.open(data.dropLast()),
        let message = try? JSONDecoder().decode(OutboxMessage.self, from: line)
      {
        found.append((file, message))
      } else {
        damaged.append(file)
      }
    }
    return (found, damaged)
  }
}
