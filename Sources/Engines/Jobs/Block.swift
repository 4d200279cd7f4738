import Foundation
import Processes
import Storage

/// One allocation that runs many short attempts: it takes them from an inbox as they come, and ends when nothing has
/// come for a while. Several share an inbox: whoever renames a name first has it.
package struct Block: Sendable, Codable {
  /// A folder of files named as attempts, each holding the path of its folder.
  package var inbox: String
  package var slots: Int
  /// Seconds without work after which it ends.
  package var idle: Double
  /// Seconds after which it takes no more work and asks what runs to stop.
  package var time: Double?
  /// Seconds between asking and ending.
  package var grace: Double
  /// Words before each run's command: `srun --exact …`.
  package var launcher: [String]
  package var program: String

  package static func folder(of name: String, in folder: String) -> String {
    "\(folder)/blocks/\(name)"
  }
  package static func inbox(in folder: String) -> String { folder + "/inbox" }
  static let file = "block.json"
  static let taken = "taken"

  package func store(in folder: String) throws {
    try makeFolder(at: folder + "/" + Self.taken)
    try makeFolder(at: inbox)
    try replaceFile(at: folder + "/" + Self.file, with: encodeDocument(self))
  }

  package static func read(in folder: String) throws -> Block {
    let path = folder + "/" + file
    let block = try decodeDocument(Block.self, at: path)
    let times: [(String, Double?)] = [
      ("idle", block.idle), ("time", block.time), ("grace", block.grace),
    ]
    try JobDocument.requireSeconds(times, path: path)
    guard 1...100_000 ~= block.slots else {
      throw ContractError.badData(
        path: path,
        reason: "found \(block.slots) at 'slots', expected a number from 1 to 100000; correct it")
    }
    return block
  }

  /// Names of the attempts in a folder of the inbox's kind.
  package static func names(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { AttemptFolder.numbers(of: $0) != nil }.sorted {
      let (a, b) = (AttemptFolder.numbers(of: $0)!, AttemptFolder.numbers(of: $1)!)
      return a < b
    }
  }

  /// Works until there is nothing to do for a while, its time is over, or somebody stops it.
  ///
  /// - Parameter folder: the block's.
  package func run(in folder: String, isStopped: () -> Bool) throws {
    var running: [ChildProcess] = []
    let start = ContinuousClock.now
    var lastWork = start
    var askedAt: ContinuousClock.Instant?
    func seconds(since instant: ContinuousClock.Instant) -> Double {
      instant.duration(to: .now) / .seconds(1)
    }
    while true {
      running.removeAll { $0.ending() != nil }
      if !running.isEmpty { lastWork = .now }
      let isOver = isStopped() || time.map { seconds(since: start) > $0 } ?? false
      if isOver, askedAt == nil {
        askedAt = .now
        for child in running { child.signalGroup(SIGTERM) }
      }
      if let askedAt {
        if running.isEmpty { return }
        if seconds(since: askedAt) > grace + 10 {
          for child in running { child.signalGroup(SIGKILL) }
        }
      } else {
        while running.count < slots, let path = take(in: folder) {
          let attempt = AttemptFolder(path)
          running.append(
            try ChildProcess.start(
              launcher + [program, "run", path], output: attempt.log, independence: .group))
          lastWork = .now
        }
        if running.isEmpty, seconds(since: lastWork) > idle { return }
      }
      usleep(200_000)
    }
  }

  /// Takes one attempt from the inbox.
  private func take(in folder: String) -> String? {
    for name in Self.names(in: inbox) {
      let own = "\(folder)/\(Self.taken)/\(name)"
      guard rename("\(inbox)/\(name)", own) == 0,
        let data = try? readFile(at: own, limit: 1 << 16)
      else { continue }
      return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }
    return nil
  }
}
