import Foundation
import Storage

/// The folder of one attempt at a run: what a trainer is given, and where it puts what it finds.
package struct AttemptFolder: Sendable, Hashable {
  /// Absolute.
  package let path: String

  package init(_ path: String) { self.path = path }

  /// Of a folder's runs.
  package init(in folder: String, run: Int, attempt: Int) {
    path = "\(Self.all(in: folder))/\(run)-\(attempt)"
  }

  package static func all(in folder: String) -> String { folder + "/attempts" }

  package static let requestFile = "request.json"
  package static let resultFile = "result.json"

  package var request: String { path + "/" + Self.requestFile }
  package var result: String { path + "/" + Self.resultFile }
  /// Lines of the trainer's, the last of which says how far it is.
  package var progress: String { path + "/progress" }
  /// What trainer and job printed.
  package var log: String { path + "/log" }
  /// How it is run: for `mixpipe run`.
  package var job: String { path + "/job.json" }
  /// What became of an attempt that came to nothing, for the next one.
  package var loss: String { path + "/loss.json" }
  /// The trainer's process group, for whoever must end it.
  package var group: String { path + "/group" }

  /// The process that runs the attempt.
  package var supervisor: String { path + "/supervisor" }

  /// `17-2` as it is in the names of folders and jobs.
  package var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

  /// The run and attempt that a name stands for.
  package static func numbers(of name: some StringProtocol) -> (run: Int, attempt: Int)? {
    let parts = name.split(separator: "-")
    guard parts.count == 2, let run = Int(parts[0]), let attempt = Int(parts[1]) else { return nil }
    return (run, attempt)
  }

  /// What its last line says; nil where nobody has said anything.
  package var lastProgress: (share: Double, line: String)? {
    guard let data = try? readFile(at: progress, limit: 1 << 20) else { return nil }
    let text = String(decoding: data.suffix(4096), as: UTF8.self)
    guard let line = text.split(whereSeparator: \.isNewline).last,
      let word = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first,
      let share = Double(word), share.isFinite
    else { return nil }
    return (min(max(share, 0), 1), String(line))
  }

  /// The last line that says anything, for messages.
  package var lastLogLine: String {
    guard let handle = FileHandle(forReadingAtPath: log) else { return "" }
    defer { try? handle.close() }
    let end = (try? handle.seekToEnd()) ?? 0
    try? handle.seek(toOffset: end > 4096 ? end - 4096 : 0)
    let text = String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    let line = text.split(whereSeparator: \.isNewline)
      .last { !$0.allSatisfy(\.isWhitespace) }
    return String(line?.trimmingCharacters(in: .whitespaces).prefix(200) ?? "")
  }
}
