import Mixtures

/// Whatever measures runs: threads of this process, the jobs of a cluster, a user's own program.
///
/// It works on its own time. The driver begins attempts and hears of them, from whatever thread, until
/// each has come to an end. An attempt that came to nothing is not a run that diverged: it is tried
/// again.
package protocol Evaluator: Sendable {
  /// How many attempts may be under way at once.
  var capacity: Int { get }

  /// Begins an attempt and returns soon. Whoever reads the journal knows of it already.
  ///
  /// - Throws: where no attempt can be begun at all, which ends the command.
  func begin(_ attempt: RunAttempt, reporting: @escaping AttemptReporter) throws

  /// Takes up attempts that an earlier process began and that had not ended when it did.
  ///
  /// - Returns: those that go on; they are reported like any other. The rest is begun anew.
  func recover(
    _ attempts: [RunAttempt], reporting: @escaping AttemptReporter
  ) throws -> [RunAttempt]

  /// Looks whether there is news of attempts; called a few times a second. Of no use where these report by
  /// themselves.
  func poll() throws

  /// Hands over what ``begin(_:reporting:)`` has taken since the last call; called at the end of each pass. Of use
  /// where many attempts are handed over at once.
  func flush() throws

  /// Told that all news reported so far is in the journal: what they were read from is not needed any more.
  func acknowledge()

  /// What has happened to the evaluator itself since the last call, for the journal.
  func remarks() -> [EvaluatorRemark]

  /// Asks an attempt to save itself and stop. It reports that it has stopped, or what it measured.
  func cancel(_ attempt: RunAttempt)

  /// Whether attempts go on when this process ends. If so, nobody waits for them then.
  var outlivesDriver: Bool { get }
}

extension Evaluator {
  package func recover(
    _ attempts: [RunAttempt], reporting: @escaping AttemptReporter
  ) -> [RunAttempt] { [] }
  package func poll() {}
  package func flush() {}
  package func acknowledge() {}
  package func remarks() -> [EvaluatorRemark] { [] }
  package var outlivesDriver: Bool { false }
}

/// One try at a run.
package struct RunAttempt: Sendable, Hashable {
  package var request: RunRequest
  /// From 1, for each run.
  package var number: Int
  /// Of the run, for checkpoints, the same for all its parts and attempts; nil where nothing is kept.
  package var folder: String?

  package init(request: RunRequest, number: Int, folder: String? = nil) {
    self.request = request
    self.number = number
    self.folder = folder
  }

  package var run: Int { request.id }
}

/// Something that happened to an evaluator rather than to one of its attempts: its cluster could not be reached,
/// an earlier driver was killed.
package struct EvaluatorRemark: Sendable, Hashable, Codable {
  /// In a word or two: `driver killed`, `queue unreachable`.
  package var what: String
  package var details: String
  /// Seconds since 1970.
  package var at: Double

  package init(what: String, details: String, at: Double) {
    self.what = what
    self.details = details
    self.at = at
  }

  /// Of the notes that keep them.
  package static let plan = "engine"
  package static let topic = "remark"
}

/// What becomes of an attempt.
package enum AttemptNews: Sendable {
  /// The share of its work that is done, from 0 to 1.
  case progressed(Double)
  /// What was measured, from short to long: all that was asked for, or up to a divergence.
  case measured([RungOutcome])
  /// It came to nothing: killed, preempted, out of memory.
  case lost(reason: String)
  /// It came to nothing, or was cut short, by no fault of its own: preempted, stopped with its driver, at the end of
  /// a job that it outlasts. It is tried again, and counts for nothing until that has happened very often.
  case interrupted(reason: String)
  /// It was asked to stop, and has.
  case stopped
  /// Something is wrong that another attempt would not mend. The command ends.
  case failed(any Error)
}

package typealias AttemptReporter = @Sendable (RunAttempt, AttemptNews) -> Void

/// How often and how soon a run is tried again whose attempts came to nothing.
package struct RetryPolicy: Sendable, Hashable {
  /// Lost attempts after which a run is given up.
  package var limit = 4
  /// Seconds before the second attempt; doubled for each further one.
  package var pause = 10.0
  /// Interruptions after which each further one counts as a loss.
  package var interruptions = 100

  package init(limit: Int = 4, pause: Double = 10, interruptions: Int = 100) {
    self.limit = limit
    self.pause = pause
    self.interruptions = interruptions
  }

  /// Whether one more lost attempt is one too many.
  func givesUp(after losses: Int) -> Bool { losses + 1 >= limit }

  /// Seconds from the last of so many losses to the next attempt.
  func pause(after losses: Int) -> Double {
    losses > 0 ? pause * Double(1 << min(losses - 1, 20)) : 0
  }
}
