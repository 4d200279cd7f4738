import Foundation
import Kernels
import Mixtures
import Storage

/// Trains one proxy model on one mixture and measures it on the held-out text.
///
/// The same configuration, text and weights give the same bits on the same kind of processor, for any
/// number of workers and however often the run was stopped and resumed.
package struct Trainer<Sequences: SequenceSource, HeldOut: HeldOutSource>: Sendable {
  let sequences: Sequences
  let heldOut: HeldOut
  let schedule: any WeightSchedule
  let configuration: TrainingConfiguration
  let workers: Int
  /// Digest of the text, for checkpoints.
  let digest: String
  let kernels: KernelTable
  /// For products of bfloat16, where the configuration asks for those; the best if nil.
  let bfloat16: BFloat16Kernels?

  /// Parameters of a finished model of the same size, for a schedule that compares losses with it.
  package var reference: [Float]?
  /// Seconds between checkpoints.
  package var checkpointInterval = 60.0
  /// What the run is expected to take: makes the time left right from the first step on.
  package var expected: RunCost?
  /// Whether the result says where the time went.
  package var isProfiled = false
  /// Whether shards of a batch share the memory of their gradients; by the model's size if nil. The result is
  /// the same.
  var sharesGradients: Bool?
  /// Of how many tokens of each held-out domain the result tells the losses.
  package var tokenLossesKept = 0

  /// - Parameter workers: threads; more than the configuration's gradient shards are of no use.
  package init(
    sequences: Sequences, heldOut: HeldOut, digest: String, schedule: any WeightSchedule,
    configuration: TrainingConfiguration, workers: Int, kernels: KernelTable,
    bfloat16: BFloat16Kernels? = nil
  ) {
    precondition(workers > 0, "expected at least one worker, found \(workers)")
    self.sequences = sequences
    self.heldOut = heldOut
    self.digest = digest
    self.schedule = schedule
    self.configuration = configuration
    self.workers = workers
    self.kernels = kernels
    self.bfloat16 = bfloat16
  }

  /// Runs to the end, from the checkpoint where there is one.
  ///
  /// - Parameters:
  ///   - progress: called after each step.
  ///   - isCancelled: asked after each step.
  ///   - checkpointFolder: where the run is saved from time to time and when it is cancelled.
  ///   - exportFolder: where the finished model goes, as Hugging Face's Llama.
  ///   - keepParameters: is given the finished model's parameters.
  /// - Throws: `CancellationError` when cancelled; `CheckpointError` for a checkpoint that is damaged
  ///   or of another run; `StorageError`.
  package func run(
    progress: (TrainingProgress) -> Void = { _ in }, isCancelled: () -> Bool = { false },
    checkpointFolder: String? = nil, exportFolder: String? = nil,
    keepParameters: ([Float]) throws -> Void = { _ in }
  ) throws -> TrainingResult {
    let clock = ContinuousClock()
    let began = clock.now
    let run = TrainingRun(trainer: self)
    if isProfiled { run.profile() }
    let checkpoint = checkpointFolder.map { $0 + "/checkpoint.safetensors" }
    if let checkpointFolder, let checkpoint {
      try makeFolder(at: checkpointFolder)
      if fileExists(checkpoint) { try run.restore(from: checkpoint) }
    }
    let start = clock.now
    var saved = start
    let firstStep = run.state.step
    while run.state.step < configuration.steps, run.state.divergence == nil {
      run.step()
      let seconds = (clock.now - start).seconds
      let done = run.state.step - firstStep
      progress(run.progress(stepsDone: done, seconds: seconds))
      if isCancelled() {
        if let checkpoint { try run.save(to: checkpoint) }
        throw CancellationError()
      }
      if let checkpoint, (clock.now - saved).seconds >= checkpointInterval,
        run.state.step < configuration.steps
      {
        try run.save(to: checkpoint)
        saved = clock.now
      }
    }
    let trained = clock.now
    var evaluationSeconds = 0.0
    let outcome: RunOutcome
    var tokenLosses: TokenLosses?
    if let divergence = run.state.divergence {
      outcome = .diverged(step: divergence.step, reason: divergence.reason)
    } else {
      // A long evaluation that is cut short must not cost the training.
      if let checkpoint, (trained - start).seconds >= checkpointInterval {
        try run.save(to: checkpoint)
      }
      let start = clock.now
      run.optimizer.releaseGradients()
      if tokenLossesKept > 0 { tokenLosses = TokenLosses() }
      outcome = .losses(
        evaluate(
          run.model, on: heldOut, workers: workers, microBatch: run.microBatch,
          keeping: tokenLossesKept, in: &tokenLosses))
      evaluationSeconds = (clock.now - start).seconds
      if let exportFolder { try run.model.export(to: exportFolder) }
      try keepParameters(run.model.copyParameters())
    }
    let trainingSeconds = (trained - start).seconds
    let length = configuration.size.contextLength
    return TrainingResult(
      outcome: outcome, parameters: run.model.layout.count, steps: run.state.step,
      tokensSeen: run.sequences.counts.map { $0 * length }, epochs: run.sequences.epochs(),
      curve: run.state.curve,
      tokensPerSecond: Double((run.state.step - firstStep) * configuration.batchTokens)
        / max(trainingSeconds, 1e-9), trainingSeconds: trainingSeconds,
      evaluationSeconds: evaluationSeconds, peakMemoryBytes: PeakMemory.bytes(),
      trainingOperations: configuration.trainingOperations,
      profile: isProfiled
        ? run.profile(seconds: (clock.now - began).seconds, evaluation: evaluationSeconds) : nil,
      recommended: run.recommended, weights: run.state.weights, tokenLosses: tokenLosses)
  }
}

extension Duration {
  var seconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
