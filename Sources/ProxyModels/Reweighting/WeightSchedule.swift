/// Weights of the training domains over the steps of a run.
///
/// A schedule may learn from what the steps lose. Then it is a value with a state, which checkpoints
/// keep: a run that was stopped goes on with the weights that it would have had.
package protocol WeightSchedule: Sendable {
  /// Tells apart schedules under which a run would go differently; saved with checkpoints.
  var identity: String { get }
  func weights(step: Int, of steps: Int) -> [Double]

  /// What ``observe(_:)`` is to be told; nothing for weights that are known beforehand.
  var needs: ScheduleNeeds { get }
  /// What each domain's loss counts in the gradient, one on average over the batch; nil where all
  /// count alike.
  func lossFactors(step: Int, of steps: Int) -> [Double]?
  /// Whether the step is to be told the held-out losses as they are before it.
  func wantsHeldOutLosses(step: Int, of steps: Int) -> Bool
  /// What the schedule holds the domains to be worth at a step; its mean over the steps is what the run
  /// recommends.
  func answer(step: Int, of steps: Int) -> [Double]
  /// Takes in what a step found. Called after each step, in order.
  mutating func observe(_ report: StepReport)
  /// All that ``observe(_:)`` has changed, for a checkpoint; nil where nothing ever does.
  var state: ScheduleState? { get set }
}

extension WeightSchedule {
  package var needs: ScheduleNeeds { [] }
  package func lossFactors(step: Int, of steps: Int) -> [Double]? { nil }
  package func wantsHeldOutLosses(step: Int, of steps: Int) -> Bool { false }
  package func answer(step: Int, of steps: Int) -> [Double] { weights(step: step, of: steps) }
  package mutating func observe(_ report: StepReport) {}
  package var state: ScheduleState? {
    get { nil }
    set {}
  }
}

/// What a schedule learns from.
package struct ScheduleNeeds: OptionSet, Sendable {
  package let rawValue: Int
  package init(rawValue: Int) { self.rawValue = rawValue }

  /// Each domain's loss in the batch.
  package static let losses = ScheduleNeeds(rawValue: 1)
  /// By how much each token's loss exceeds a reference model's.
  package static let excess = ScheduleNeeds(rawValue: 2)
}

/// What a training step found out about the domains.
package struct StepReport: Sendable, Hashable {
  package var step: Int
  package var steps: Int
  /// Sequences of each domain in the batch.
  package var sequences: [Int]
  /// Mean loss of each domain's tokens in the batch, nats; nil for one that is not in it.
  package var losses: [Double?]
  /// The mean over each domain's tokens of the loss above the reference model's, no token below zero;
  /// nil for a domain that is not in the batch, or where nobody asked.
  package var excesses: [Double?]
  /// Mean held-out loss of each training domain before the step; nil where nobody asked.
  package var heldOut: [Double]?

  package init(
    step: Int, steps: Int, sequences: [Int], losses: [Double?], excesses: [Double?],
    heldOut: [Double]? = nil
  ) {
    self.step = step
    self.steps = steps
    self.sequences = sequences
    self.losses = losses
    self.excesses = excesses
    self.heldOut = heldOut
  }
}

/// A schedule's numbers, by what they are.
package struct ScheduleState: Sendable, Hashable, Codable {
  package var numbers: [String: [Double]]

  package init(_ numbers: [String: [Double]]) { self.numbers = numbers }
}

/// The same weights at every step.
package struct ConstantWeights: WeightSchedule {
  package let weights: [Double]

  package init(_ weights: [Double]) { self.weights = weights }

  package var identity: String { "constant \(weights)" }
  package func weights(step: Int, of steps: Int) -> [Double] { weights }
}
