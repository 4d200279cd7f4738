import Foundation
import Kernels
import Mixtures

/// A run under way: the model, the optimizer, and where they are.
final class TrainingRun<Sequences: SequenceSource, HeldOut: HeldOutSource>: @unchecked Sendable {
  /// All of a run besides parameters, moments and the sampler.
  struct State: Codable {
    var step = 0
    var firstLoss = 0.0
    /// Moving average of the loss.
    var loss = 0.0
    /// Steps in a row with a loss far above the first.
    var stepsLost = 0
    var divergence: Divergence?
    var curve: [TrainingResult.CurvePoint] = []
    /// Of a schedule that learns: its own state, the sum of its answers and some of them.
    var schedule: ScheduleState?
    var weightSums: [Double]?
    var weights: [WeightPoint]?
    /// Of a run that is measured at rungs: those behind it.
    var rungs: [RungResult]?
  }

  struct Divergence: Codable {
    var step: Int
    var reason: String
  }

  private(set) var configuration: TrainingConfiguration
  private(set) var identity: RunIdentity
  var schedule: any WeightSchedule
  /// Whether the schedule learns from the steps.
  private let learns: Bool
  let heldOut: HeldOut
  /// Nil where the schedule compares with none.
  let reference: ReferenceModel?
  private(set) var findings: BatchFindings
  let workers: Int
  let model: ProxyModel
  let optimizer: Optimizer
  var sequences: Sequences
  var state = State()
  let evaluationTokens: Int
  private let expected: RunCost?
  /// Where the time goes, once `profile()` was called; the optimizer's is told apart.
  private(set) var profiles: [Profile] = []
  private let workspaces: [Workspace]
  private var windows: [UInt16]
  private var losses: [Double]

  init(trainer: Trainer<Sequences, HeldOut>) {
    let configuration = trainer.configuration
    self.configuration = configuration
    identity = RunIdentity(
      configuration: configuration, digest: trainer.digest, schedule: trainer.schedule.identity)
    schedule = trainer.schedule
    learns = trainer.schedule.state != nil
    heldOut = trainer.heldOut
    findings = BatchFindings(sequences: configuration.batchSequences)
    sequences = trainer.sequences
    workers = min(trainer.workers, configuration.gradientShards)
    model = ProxyModel(
      size: configuration.size, vocabularySize: configuration.vocabularySize,
      kernels: trainer.kernels, engine: configuration.engine,
      bfloat16: configuration.precision.level.map { trainer.bfloat16 ?? .standard($0) })
    optimizer = Optimizer(
      model: model, configuration: configuration, sharesGradients: trainer.sharesGradients)
    let length = configuration.size.contextLength
    let microBatch = configuration.microBatchSequences
    let model = model
    // With one worker nobody waits for the embedding's gradient.
    let isDeferring = optimizer.sharesGradients && workers > 1
    workspaces = (0..<workers).map { _ in
      model.workspace(
        sequences: microBatch, positions: length, training: true,
        keepsHeadSlopes: isDeferring)
    }
    precondition(
      trainer.reference != nil || !trainer.schedule.needs.contains(.excess),
      "expected a reference model for '\(trainer.schedule.identity)'")
    let (trained, threads) = (model, workers)
    reference = trainer.reference.map {
      ReferenceModel(parameters: $0, like: trained, sequences: microBatch, workers: threads)
    }
    windows = Array(repeating: 0, count: configuration.batchSequences * (length + 1))
    losses = Array(repeating: 0, count: configuration.gradientShards)
    evaluationTokens = trainer.heldOut.domains.indices.reduce(0) {
      $0 + trainer.heldOut.windowCount(domain: $1) * length
    }
    expected = trainer.expected
    model.initialize(configuration)
  }

  /// Takes another length from here on: the learning rate falls toward its end.
  func aim(atSteps steps: Int) {
    configuration.steps = steps
    identity.configuration.steps = steps
    optimizer.aim(atSteps: steps)
  }

  /// Sequences that evaluation takes at once.
  var microBatch: Int { configuration.microBatchSequences }

  /// One batch and one change of the parameters, or a divergence.
  func step() {
    let length = configuration.size.contextLength
    let weights = schedule.weights(step: state.step, of: configuration.steps)
    guard !learns || Self.areShares(weights) else {
      state.divergence = Divergence(
        step: state.step, reason: "the weights that it learned are no mixture any more")
      return
    }
    let heldOutLosses = learns ? heldOutLosses(parts: weights.count) : nil
    windows.withUnsafeMutableBufferPointer { windows in
      for index in 0..<configuration.batchSequences {
        let window = UnsafeMutableBufferPointer(
          rebasing: windows[index * (length + 1)..<(index + 1) * (length + 1)])
        findings.domains[index] = sequences.next(weights: weights, into: window)
      }
    }
    let factors = schedule.lossFactors(step: state.step, of: configuration.steps)
    let loss = gradients(factors) / Double(configuration.batchTokens)
    profiles.first?.start()
    let norm = optimizer.mergeGradients(workers: workers)
    if state.step == 0 {
      state.firstLoss = loss
      state.loss = loss
    }
    state.loss += 0.05 * (loss - state.loss)
    if let reason = trouble(loss: loss, norm: norm) {
      state.divergence = Divergence(step: state.step, reason: reason)
      // The run may go on from a state before this.
      optimizer.clearGradients()
      return
    }
    if state.step * 100 / configuration.steps != (state.step - 1) * 100 / configuration.steps
      || state.step == 0
    {
      state.curve.append(.init(step: state.step, loss: loss))
    }
    optimizer.step(state.step, norm: norm, workers: workers)
    profiles.first?.mark(.optimizer)
    if learns { learn(heldOutLosses) }
    state.step += 1
  }

  /// Whether the schedule's next weights are a mixture of so many domains.
  func hasWeights(of parts: Int) -> Bool {
    guard state.step < configuration.steps else { return true }
    let weights = schedule.weights(step: state.step, of: configuration.steps)
    return weights.count == parts && Self.areShares(weights)
  }

  private static func areShares(_ weights: [Double]) -> Bool {
    weights.allSatisfy { $0 >= 0 } && abs(weights.reduce(0, +) - 1) < 1e-6
  }

  /// From now on, the time of each part is added up.
  func profile() {
    profiles = workspaces.map { workspace in
      let profile = Profile()
      workspace.profile = profile
      return profile
    }
  }

  /// Each part's share of the run's time so far; they sum to one.
  ///
  /// - Parameters:
  ///   - seconds: of the whole run.
  ///   - evaluation: seconds of it.
  func profile(seconds: Double, evaluation: Double) -> [TrainingPart: Double] {
    var shares: [TrainingPart: Double] = [:]
    for part in TrainingPart.ofStep {
      // The threads share the batch; the clock of what they do in step runs on the first only.
      let times = profiles.map { $0.seconds(of: part) }
      shares[part] = times.reduce(0, +) / Double(part == .optimizer ? 1 : times.count) / seconds
    }
    shares[.evaluation] = evaluation / seconds
    shares[.other] = max(1 - shares.values.reduce(0, +), 0)
    return shares
  }

  /// Adds up each shard's gradients, micro-batch by micro-batch; returns the summed loss.
  ///
  /// - Parameter factors: what each domain's loss counts; nil where all count alike. The loss returned is
  ///   the plain one.
  private func gradients(_ factors: [Double]?) -> Double {
    let (optimizer, shards) = (optimizer, configuration.gradientShards)
    let total = configuration.batchSequences
    let scale = Float(1 / Double(configuration.batchTokens))
    let scales = factors.map { factors in findings.domains.map { scale * Float(factors[$0]) } }
    var sequenceLosses = findings.losses
    var sequenceExcesses = findings.excesses
    losses.withUnsafeMutableBufferPointer { losses in
      sequenceLosses.withUnsafeMutableBufferPointer { sequenceLosses in
        sequenceExcesses.withUnsafeMutableBufferPointer { sequenceExcesses in
          nonisolated(unsafe) let (losses, sequenceLosses, sequenceExcesses) = (
            losses, sequenceLosses, sequenceExcesses
          )
          if optimizer.sharesGradients {
            addInTurns(
              scale: scale, scales: scales, shardLosses: losses, losses: sequenceLosses,
              excesses: sequenceExcesses)
            return
          }
          concurrently(workers: workers, items: shards) { worker, shard in
            losses[shard] = addGradients(
              of: total * shard / shards..<total * (shard + 1) / shards,
              to: optimizer.gradients[shard].base, scale: scale, scales: scales,
              losses: sequenceLosses, excesses: sequenceExcesses, worker: worker)
          }
        }
      }
    }
    findings.losses = sequenceLosses
    findings.excesses = sequenceExcesses
    return losses.reduce(0, +)
  }

  /// The same where shards share the memory of their gradients: workers take micro-batches in order, and add
  /// to each part of the gradients in turns.
  private func addInTurns(
    scale: Float, scales: [Float]?, shardLosses: UnsafeMutableBufferPointer<Double>,
    losses: UnsafeMutableBufferPointer<Double>, excesses: UnsafeMutableBufferPointer<Double>
  ) {
    let (total, shards) = (configuration.batchSequences, configuration.gradientShards)
    // In bfloat16 sequences of an odd length go through one by one, each to the end.
    let isOdd = model.bfloat16 != nil && configuration.size.contextLength & 1 == 1
    let most = scales != nil || isOdd ? 1 : configuration.microBatchSequences
    var batches: [(shard: Int, sequences: Range<Int>, isLast: Bool)] = []
    for shard in 0..<shards {
      let end = total * (shard + 1) / shards
      for first in stride(from: total * shard / shards, to: end, by: most) {
        let after = min(first + most, end)
        batches.append((shard, first..<after, after == end))
      }
    }
    let turns = optimizer.turns()
    var sums = [Double](repeating: 0, count: batches.count)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let (sums, losses, excesses) = (sums, losses, excesses)
      concurrentlyInOrder(workers: workers, items: batches.count) { [batches] worker, index in
        let batch = batches[index]
        let turn = turns.turn(
          ofMicroBatch: index, isOfFirstShard: batch.shard == 0, isLastOfShard: batch.isLast)
        sums[index] = addGradients(
          of: batch.sequences, to: turn.gradients, turn: turn, scale: scale, scales: scales,
          losses: losses, excesses: excesses, worker: worker)
      }
    }
    for shard in 0..<shards { shardLosses[shard] = 0 }
    for (batch, sum) in zip(batches, sums) { shardLosses[batch.shard] += sum }
  }

  /// Adds the gradients of some of the batch's sequences; returns their summed loss.
  ///
  /// - Parameters:
  ///   - turn: where gradients are shared; the sequences are one micro-batch then.
  ///   - scales: of each sequence's loss, where they differ from `scale`.
  ///   - losses, excesses: of each sequence, written where the schedule learns.
  private func addGradients(
    of sequences: Range<Int>, to gradients: UnsafeMutablePointer<Float>,
    turn: GradientTurns.Turn? = nil, scale: Float, scales: [Float]?,
    losses: UnsafeMutableBufferPointer<Double>, excesses: UnsafeMutableBufferPointer<Double>,
    worker: Int
  ) -> Double {
    let (length, workspace) = (configuration.size.contextLength, workspaces[worker])
    var total = 0.0
    var first = sequences.lowerBound
    while first < sequences.upperBound {
      // Sequences whose losses count differently go through one by one.
      let count =
        scales == nil ? min(configuration.microBatchSequences, sequences.upperBound - first) : 1
      func sums(_ loss: (Int) -> Float) -> [Double] {
        (0..<count).map { index in
          (index * length..<(index + 1) * length).reduce(0.0) { $0 + Double(loss($1)) }
        }
      }
      windows.withUnsafeBufferPointer { windows in
        let batch = windows.baseAddress! + first * (length + 1)
        total += model.train(
          windows: batch, sequences: count, positions: length, scale: scales?[first] ?? scale,
          gradients: gradients, turn: turn, workspace: workspace)
        if learns {
          for (index, sum) in sums({ workspace.losses[$0] }).enumerated() {
            losses[first + index] = sum
          }
        }
        reference?.model.evaluate(
          windows: batch, sequences: count, positions: length,
          workspace: reference!.workspaces[worker]
        ) { others in
          for (index, sum) in sums({ max(workspace.losses[$0] - others[$0], 0) }).enumerated() {
            excesses[first + index] = sum
          }
        }
      }
      first += count
    }
    return total
  }

  /// Why the run has come to nothing, nil where it has not.
  private func trouble(loss: Double, norm: Double) -> String? {
    guard loss.isFinite else { return "the loss is \(loss)" }
    guard norm.isFinite else { return "the gradient's norm is \(norm)" }
    // One bad batch recovers; a loss above where an untrained model starts, for this long, does not.
    state.stepsLost = loss > state.firstLoss + 1 ? state.stepsLost + 1 : 0
    guard state.stepsLost >= 50 else { return nil }
    return String(
      format: "the loss has been above %.2f for 50 steps, %.2f at the start", state.firstLoss + 1,
      state.firstLoss)
  }

  func progress(stepsDone: Int, seconds: Double) -> TrainingProgress {
    let perStep = seconds / Double(max(stepsDone, 1))
    let stepsLeft = Double(configuration.steps - state.step)
    // A forward pass is a third of a training step.
    let evaluation = Double(evaluationTokens) / Double(3 * configuration.batchTokens)
    var left = perStep * (stepsLeft + evaluation)
    if let expected {
      // What was expected counts as one second of steps.
      let expectedPerStep = expected.trainingSeconds / Double(configuration.steps)
      let correction = (1 + seconds) / (1 + expectedPerStep * Double(stepsDone))
      left = correction * (expectedPerStep * stepsLeft + expected.evaluationSeconds)
    }
    return TrainingProgress(
      step: state.step, steps: configuration.steps, loss: state.loss,
      tokensPerSecond: Double(configuration.batchTokens) / max(perStep, 1e-9), secondsLeft: left)
  }
}
