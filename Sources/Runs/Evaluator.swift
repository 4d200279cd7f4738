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

/// What becomes of an attempt.
package enum AttemptNews: Sendable {
  /// The share of its work that is done, from 0 to 1.
  case progressed(Double)
  /// What was measured, from short to long: all that was asked for, or up to a divergence.
  case measured([RungOutcome])
  /// It came to nothing: killed, preempted, out of memory.
  case lost(reason: String)
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

  package init(limit: Int = 4, pause: Double = 10) {
    self.limit = limit
    self.pause = pause
  }

  /// Whether one more lost attempt is one too many.
  func givesUp(after losses: Int) -> Bool { losses + 1 >= limit }

  /// Seconds from the last of so many losses to the next attempt.
  func pause(after losses: Int) -> Double {
    losses > 0 ? pause * Double(1 << min(losses - 1, 20)) : 0
  }
}
