import Mixtures

/// How far a study of several sizes has come.
package struct FidelityProgress: Sendable {
  package struct Running: Sendable, Hashable {
    package var task: Int
    /// The model's size.
    package var size: String
    package var fraction: Double
  }

  package var phase: FidelityTask.Purpose
  /// Tasks that have ended, and those of them that went on with a paused run.
  package var ended: Int
  package var resumed: Int
  package var diverged: Int
  /// In runs of the target: of the tasks that have ended, and in all.
  package var spent: Double
  package var budget: Double
  /// By task.
  package var running: [Running]
  /// What would be handed over; nil before anything was measured.
  package var incumbent: FidelityIncumbent?
  /// From what the tasks that have ended took; nil where nobody knows.
  package var secondsLeft: Double?
}

/// Hears of each event with the study's state after it. Called one at a time, from the threads of the
/// workers; it must return soon, and not wait for the study.
package typealias FidelityObserver = @Sendable (FidelityProgress) -> Void
