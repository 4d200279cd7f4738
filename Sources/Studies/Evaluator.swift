import Mixtures

/// Whatever turns a mixture into held-out losses: a proxy trainer, a formula, a table of past runs.
/// Studies know nothing else about it.
package protocol Evaluator: Sendable {
  /// Runs one trial to its end on the calling thread. Many calls run at once, one a worker.
  ///
  /// - Returns: the same outcome for the same mixture, scale and seed, bit for bit.
  /// - Throws: `CancellationError` when `control` asks to stop; what can be resumed is saved by then.
  func evaluate(_ trial: TrialRequest, control: TrialControl) throws -> TrialOutcome

  /// What a trial of a scale takes while as many others run as will: for progress and budgets, never
  /// for what is proposed. Nil where nobody knows. Asked often, so it must be quick.
  func cost(of scale: Scale) -> RunCost?
}

extension Evaluator {
  package func cost(of scale: Scale) -> RunCost? { nil }
}

/// How a running trial and its study talk to each other.
package struct TrialControl: Sendable {
  /// Reports the fraction of the trial's work that is done, from 0 to 1.
  package let progress: @Sendable (Double) -> Void
  /// Whether the trial should save itself and stop.
  package let isCancelled: @Sendable () -> Bool
  /// A folder of the trial's own, for checkpoints; nil where nothing is to be kept.
  package let checkpointFolder: String?

  package init(
    progress: @escaping @Sendable (Double) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }, checkpointFolder: String? = nil
  ) {
    self.progress = progress
    self.isCancelled = isCancelled
    self.checkpointFolder = checkpointFolder
  }
}

/// One training run that a study asks for.
package struct TrialRequest: Sendable, Hashable, Codable {
  package enum Purpose: String, Sendable, Codable {
    /// A step of a method's search.
    case search
    /// A finalist again, with a seed that no search has seen.
    case confirmation
    /// A candidate at a size of the transfer check.
    case transfer
  }

  /// Counts up from 0 in the order of the journal.
  package var id: Int
  package var purpose: Purpose
  package var mixture: Mixture
  package var scale: Scale
  package var seed: UInt64
  /// What the run does besides training at the mixture; nil for one that does no more.
  package var procedure: TrainingProcedure?

  package init(
    id: Int, purpose: Purpose, mixture: Mixture, scale: Scale, seed: UInt64,
    procedure: TrainingProcedure? = nil
  ) {
    self.id = id
    self.purpose = purpose
    self.mixture = mixture
    self.scale = scale
    self.seed = seed
    self.procedure = procedure
  }

  /// What it takes, in runs of its scale at a fixed mixture.
  package var runs: Double { procedure?.runs ?? 1 }
}
