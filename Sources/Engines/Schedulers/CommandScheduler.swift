import Foundation
import Processes
import Storage

/// A scheduler by its commands, Slurm among them.
package struct CommandScheduler: Scheduler {
  package let outlivesDriver = true
  package let interval: Double
  package let patience: Double
  package let takesBatches: Bool
  private let commands: SchedulerCommands
  private let script: JobScript

  package init(
    _ commands: SchedulerCommands, script: JobScript, interval: Double = 30, patience: Double = 60
  ) {
    self.commands = commands
    self.script = script
    self.interval = interval
    self.patience = patience
    takesBatches = commands.listing == .slurm
  }

  package func submit(_ job: Job) throws -> String {
    let text = script.text(job)
    try replaceFile(at: job.script, with: Data(text.utf8))
    chmod(job.script, 0o755)
    let line = ShellCommand.filled(
      commands.submit, [("script", job.script), ("name", job.name), ("log", job.log)])
    let result = try ShellCommand.run(line)
    guard result.code == 0, !result.timedOut else {
      throw SubmissionError(
        isPassing: result.timedOut || Self.isPassing(result.errors + result.output),
        reason: result.reason)
    }
    guard let last = result.output.split(whereSeparator: \.isNewline).last,
      let word = last.split(whereSeparator: { " \t;".contains($0) }).first
    else {
      throw SubmissionError(
        isPassing: false,
        reason: "'\(line)' printed no id, expected one as the first word of its last line")
    }
    return String(word)
  }

  package func query(_ jobs: [JobHandle]) throws -> [JobStatus] {
    let ids = Set(jobs.compactMap(\.id)).sorted().joined(separator: " ")
    let line = commands.alive.replacingOccurrences(of: "{ids}", with: ids)
    let result = try ShellCommand.run(line)
    guard result.code == 0 else {
      throw SubmissionError(isPassing: true, reason: result.reason)
    }
    let lines = result.output.split(whereSeparator: \.isNewline)
    switch commands.listing {
    case .slurm: return lines.compactMap { Self.slurmStatus($0) }
    case .words:
      var listed: [String: String] = [:]
      for line in lines {
        let words = line.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "\t" })
        if let first = words.first {
          listed[String(first)] = words.count > 1 ? String(words[1]) : ""
        }
      }
      return jobs.compactMap { job in
        guard let words = listed[job.name] ?? job.id.flatMap({ listed[$0] }) else { return nil }
        return JobStatus(
          name: job.name, index: job.index, id: job.id ?? "", state: .running, words: words)
      }
    }
  }

  package func cancel(_ jobs: [JobHandle]) throws {
    for job in jobs {
      guard let id = job.id else { continue }
      _ = try ShellCommand.run(
        ShellCommand.filled(commands.cancel, [("id", id), ("name", job.name)]))
    }
  }

  /// What Slurm's and other programs say where asking again may help. A job that was refused for what it asks for
  /// would be refused again.
  static func isPassing(_ words: String) -> Bool {
    let lower = words.lowercased()
    return [
      "unable to contact", "socket timed out", "timed out", "connection refused", "temporarily",
      "try again", "submit limit", "submission limit", "maxsubmit", "job submit limit",
      "unexpected message", "zero bytes", "resource unavailable", "communication", "not responding",
      "slurm_persist_conn", "broken pipe", "connection reset", "no route to host",
      "connection timed out", "unable to connect",
    ].contains { lower.contains($0) }
  }

  /// A line of `squeue`.
  static func slurmStatus(_ line: Substring) -> JobStatus? {
    let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard fields.count >= 6 else { return nil }
    let index = Int(fields[1])
    let reason = fields[5...].joined(separator: "|")
    let state = slurmState(fields[3], reason: reason)
    return JobStatus(
      name: fields[2], index: index, id: fields[0] + (index.map { "_\($0)" } ?? ""), state: state,
      node: fields[4].isEmpty || fields[4] == "(null)" ? nil : fields[4],
      words: reason == "None" || reason.isEmpty ? fields[3].lowercased() : reason)
  }

  private static func slurmState(_ word: String, reason: String) -> JobStatus.State {
    switch word {
    case "PENDING", "REQUEUE_HOLD", "SPECIAL_EXIT":
      let held = reason.lowercased()
      return held.contains("launch failed") || word != "PENDING" ? .held : .waiting
    case "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "REQUEUED", "STOPPED", "SIGNALING",
      "STAGE_OUT", "RESIZING":
      return .running
    case "COMPLETED": return .completed
    case "TIMEOUT", "DEADLINE": return .timedOut
    case "PREEMPTED": return .preempted
    case "NODE_FAIL", "BOOT_FAIL": return .nodeFailed
    case "CANCELLED", "REVOKED": return .cancelled
    case "OUT_OF_MEMORY": return .outOfMemory
    default: return .failed
    }
  }
}
