import Runs

/// Something that jobs are handed over to: this machine, or a cluster's queue.
package protocol Scheduler: Sendable {
  /// Whether jobs go on when nobody drives them, on purpose.
  var outlivesDriver: Bool { get }
  /// Whether several attempts may be one job.
  var takesBatches: Bool { get }
  /// Seconds between two questions.
  var interval: Double { get }
  /// Seconds for which an attempt whose job has ended may still be heard of.
  var patience: Double { get }

  /// - Returns: the scheduler's id of it.
  /// - Throws: ``SubmissionError``.
  func submit(_ job: Job) throws -> String

  /// What it knows of the jobs, all by one question. Those that it does not list it does not know (any more).
  ///
  /// - Throws: where it cannot be asked, which says nothing of the jobs.
  func query(_ jobs: [JobHandle]) throws -> [JobStatus]

  /// Asks jobs to stop, and ends them after a while.
  func cancel(_ jobs: [JobHandle]) throws
}

/// Attempts that are handed over together, as one job or an array of jobs.
package struct Job: Sendable {
  /// Unique, whatever ids a scheduler gives: they were seen twice after its controller had crashed.
  package var name: String
  /// One for each place of the array; a job alone has one.
  package var attempts: [AttemptFolder]
  /// The file that says which place is which attempt; nil for a job alone.
  package var list: String?
  /// Where its script is put.
  package var script: String
  /// What it prints.
  package var log: String
  /// Where earlier attempts failed by the node's fault.
  package var excludedNodes: [String] = []
  /// What it runs, where that is no attempt: a block that takes attempts as they come.
  package var block: String?

  package init(
    name: String, attempts: [AttemptFolder], list: String? = nil, script: String, log: String,
    block: String? = nil
  ) {
    self.name = name
    self.attempts = attempts
    self.list = list
    self.script = script
    self.log = log
    self.block = block
  }
}

/// A job, or its place in an array, that was handed over.
package struct JobHandle: Sendable, Hashable {
  package var name: String
  package var index: Int?
  package var id: String?
  package var folder: String?

  package init(name: String, index: Int? = nil, id: String? = nil, folder: String? = nil) {
    self.name = name
    self.index = index
    self.id = id
    self.folder = folder
  }
}

package struct JobStatus: Sendable, Hashable {
  package enum State: String, Sendable, Codable {
    case waiting, running
    // Ended:
    case completed, failed, timedOut, preempted, nodeFailed, cancelled, outOfMemory
    /// It will never start: held after its launch failed.
    case held

    package var hasEnded: Bool { ![.waiting, .running].contains(self) }
  }

  package var name: String
  package var index: Int?
  package var id: String
  package var state: State
  package var node: String?
  /// In the scheduler's words: what it waits for, or how it ended.
  package var words: String
}

/// A job that was not taken.
package struct SubmissionError: Error, CustomStringConvertible {
  /// Whether it may be taken later: the controller could not be reached, a limit on jobs. It may have been taken all
  /// the same.
  package var isPassing: Bool
  package var reason: String

  package init(isPassing: Bool, reason: String) {
    self.isPassing = isPassing
    self.reason = reason
  }

  package var description: String { reason }
}
