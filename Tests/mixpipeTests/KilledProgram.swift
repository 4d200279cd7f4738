import Foundation
import Testing

extension Program {
  /// Runs the program again and again in a folder and kills it inside a run each time, as the journal shows: an
  /// attempt has begun there, and its run has not ended.
  ///
  /// - Parameters:
  ///   - name: the folder that keeps the runs, in `folder`.
  ///   - times: how often at least; fails where the program comes to its end before.
  static func killInsideRuns(
    _ words: [String], in folder: String, keeping name: String, times: Int
  ) throws {
    let journal = "\(folder)/\(name)/runs.jsonl"
    var kills = 0
    while kills < times {
      let begun = try Events(journal).attempts
      let process = Process()
      process.executableURL = URL(fileURLWithPath: path)
      process.arguments = words
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      // Some runs further than the last time, so that it gets on.
      while try Events(journal).attempts < begun + 2 {
        try #require(process.isRunning, "the program ended before it could be killed inside a run")
        usleep(500)
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if try !Events(journal).open.isEmpty { kills += 1 }
    }
  }

  /// What a journal says of attempts.
  private struct Events {
    var attempts = 0
    /// Runs that were attempted and have not ended.
    var open: Set<String> = []

    init(_ path: String) throws {
      guard let data = FileManager.default.contents(atPath: path) else { return }
      for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
        guard let run = line.firstMatch(of: /"run":([0-9]+)/).map({ String($0.1) }) else {
          continue
        }
        if line.contains(#""event":"attempted""#) {
          attempts += 1
          open.insert(run)
        } else if line.contains(#""event":"ended""#) {
          open.remove(run)
        }
      }
    }
  }
}
