import Foundation
import Processes

/// The script of a job: a few lines of sh that become `mixpipe run`.
package struct JobScript: Sendable {
  package let settings: EngineSettings
  /// Absolute.
  package let program: String

  package init(_ settings: EngineSettings, program: String) {
    self.settings = settings
    self.program = program
  }

  /// Seconds before the end of a job's time at which its trainer is asked to stop: to save itself, and to tell.
  package static func lead(time: Double, grace: Double) -> Double { min(grace + 30, 0.2 * time) }

  package func text(_ job: Job) -> String {
    var lines = ["#!/bin/sh"]
    if settings.kind == .slurm { lines += directives(job).map { "#SBATCH " + $0 } }
    let run = shellQuoted(program) + " run "
    if let block = job.block {
      lines.append("exec \(run)--block \(shellQuoted(block))")
    } else if let list = job.list {
      lines.append(
        "folder=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" \(shellQuoted(list)))")
      lines.append("exec \(run)\"$folder\"")
    } else {
      lines.append("exec \(run)\(shellQuoted(job.attempts[0].path))")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func directives(_ job: Job) -> [String] {
    var options = ["--job-name=\(job.name)", "--output=\(job.log)", "--open-mode=append"]
    // A job that Slurm begins again by itself would be no attempt of the journal's.
    options += ["--no-requeue", "--chdir=\(settings.workingFolder ?? "/")"]
    if job.list != nil {
      let throttle = settings.atOnce.map { "%\($0)" } ?? ""
      options.append("--array=0-\(job.attempts.count - 1)\(throttle)")
    }
    if let account = settings.account { options.append("--account=\(account)") }
    if let partition = settings.partition { options.append("--partition=\(partition)") }
    if let qos = settings.qos { options.append("--qos=\(qos)") }
    if let time = settings.time {
      options.append("--time=\(Self.slurmTime(time))")
      let lead = Self.lead(time: time, grace: settings.grace ?? EngineSettings.defaultGrace)
      options.append("--signal=B:USR1@\(Int(lead.rounded(.up)))")
    }
    if job.block != nil { options.append("--ntasks=\(settings.block ?? 1)") }
    if let cpus = settings.cpus { options.append("--cpus-per-task=\(cpus)") }
    if let memory = settings.memory {
      // Of a run: a block has several.
      options.append(job.block == nil ? "--mem=\(memory)" : "--mem-per-cpu=\(memory)")
    }
    if !job.excludedNodes.isEmpty {
      options.append("--exclude=\(job.excludedNodes.joined(separator: ","))")
    }
    return options + (settings.options ?? [])
  }

  /// Slurm counts in minutes, and rounds up.
  static func slurmTime(_ seconds: Double) -> String {
    let minutes = max(Int((seconds / 60).rounded(.up)), 1)
    let (hours, rest) = minutes.quotientAndRemainder(dividingBy: 60)
    return String(format: "%d:%02d:00", hours, rest)
  }
}
