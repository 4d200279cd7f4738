import Foundation
import Mixtures
import Storage

// A learning rate that is stable until it falls makes every shorter run a branch of a longer one: the
// trunk warms up and stays at the stable rate; at each rung a branch leaves it early enough to fall to
// nothing at the rung's step (Hägele et al., https://arxiv.org/abs/2405.18392, section 4). What a rung
// measures is what a run of so many steps would end with, to the bit, at the price of its decay alone.

extension Trainer {
  /// Runs up to one of several rungs and measures it, and those before it where they are wanted. A later
  /// call goes on from the checkpoint and trains only what is missing, whatever rung it goes to.
  ///
  /// The weights must not depend on how many steps there are, as constant ones do not; the number of
  /// steps of the trainer's own configuration does not count.
  ///
  /// - Parameters:
  ///   - rungs: steps of each in all, ascending. The same in every call for one run.
  ///   - goal: the rung to end with, from 0.
  ///   - measuringOnTheWay: whether each rung before the goal is measured too, and its decay paid for.
  ///   - progress: told the share of this call's work that is done, after each step.
  ///   - isCancelled: asked after each step.
  ///   - checkpointFolder: keeps the trunk where the run is paused or stopped; nothing once the last rung
  ///     is measured.
  /// - Returns: the rungs measured up to the goal, those of earlier calls as they were found then.
  /// - Throws: as ``run(progress:isCancelled:checkpointFolder:exportFolder:keepParameters:)``.
  package func run(
    rungs: [Int], upTo goal: Int, measuringOnTheWay: Bool = true,
    progress: (Double) -> Void = { _ in }, isCancelled: () -> Bool = { false },
    checkpointFolder: String? = nil
  ) throws -> [RungResult] {
    precondition(
      rungs.indices.contains(goal) && rungs[0] > 0 && zip(rungs, rungs.dropFirst()).allSatisfy(<),
      "expected ascending rungs with number \(goal) among them, found \(rungs)")
    precondition(
      schedule.state == nil, "expected weights that are known beforehand for a run with rungs")
    var climb = try RungClimb(trainer: self, rungs: rungs, checkpointFolder: checkpointFolder)
    return try climb.reach(
      goal, measuringOnTheWay: measuringOnTheWay, progress: progress, isCancelled: isCancelled)
  }
}

/// A run on its way from rung to rung.
private struct RungClimb<Sequences: SequenceSource, HeldOut: HeldOutSource> {
  private let trainer: Trainer<Sequences, HeldOut>
  private let rungs: [Int]
  private let folder: String?
  private let run: TrainingRun<Sequences, HeldOut>
  private let costs: [RungCost]
  private let clock = ContinuousClock()
  private var saved: ContinuousClock.Instant
  /// Steps done and to be done by this call, evaluation counted in training steps.
  private var done = 0.0
  private var work = 1.0

  init(trainer: Trainer<Sequences, HeldOut>, rungs: [Int], checkpointFolder: String?) throws {
    self.trainer = trainer
    self.rungs = rungs
    folder = checkpointFolder
    saved = clock.now
    run = TrainingRun(trainer: trainer)
    costs = trainer.configuration.costs(ofRungs: rungs, heldOutTokens: run.evaluationTokens)
    run.aim(atSteps: rungs[rungs.count - 1])
    run.state.rungs = []
    guard let trunk, fileExists(trunk) else { return }
    try run.restore(from: trunk)
    let found = run.state.rungs?.map(\.steps) ?? []
    guard run.state.rungs != nil, found.allSatisfy(rungs.contains) else {
      throw CheckpointError.mismatch(
        path: trunk, what: "rungs at the steps", expected: "\(rungs)", found: "\(found)")
    }
  }

  private var measured: [RungResult] { run.state.rungs ?? [] }
  private var trunk: String? { folder.map { $0 + "/checkpoint.safetensors" } }
  private func branch(_ rung: Int) -> String? {
    folder.map { "\($0)/branch-\(rungs[rung]).safetensors" }
  }

  /// The step at which a rung's branch leaves the trunk.
  private func branchPoint(_ rung: Int) -> Int {
    var configuration = trainer.configuration
    configuration.steps = rungs[rung]
    return configuration.decayStart
  }

  private var evaluationSteps: Double {
    Double(run.evaluationTokens) / Double(3 * trainer.configuration.batchTokens)
  }

  mutating func reach(
    _ goal: Int, measuringOnTheWay: Bool, progress: (Double) -> Void, isCancelled: () -> Bool
  ) throws -> [RungResult] {
    let behind = rungs.firstIndex { $0 == measured.last?.steps } ?? -1
    guard behind < goal else { return measured.filter { $0.steps <= rungs[goal] } }
    let asked = measuringOnTheWay ? Array(behind + 1...goal) : [goal]
    work = Double(max(branchPoint(goal) - run.state.step, 0))
    for rung in asked { work += Double(rungs[rung] - branchPoint(rung)) + evaluationSteps }
    for rung in asked { try measure(rung, progress: progress, isCancelled: isCancelled) }
    if goal < rungs.count - 1 { try saveTrunk() }
    return measured
  }

  /// Takes the trunk to where a rung's branch leaves it, and measures the branch's end.
  private mutating func measure(
    _ rung: Int, progress: (Double) -> Void, isCancelled: () -> Bool
  ) throws {
    let began = clock.now
    try train(to: branchPoint(rung), progress, isCancelled) { climb in
      try climb.saveTrunk()
    }
    var result = RungResult(
      steps: rungs[rung], tokens: rungs[rung] * trainer.configuration.batchTokens,
      outcome: .losses([]), tokensSeen: [], epochs: [], seconds: 0,
      operations: costs[rung].trunk + costs[rung].branch)
    for earlier in measured {
      result.operations += costs[rungs.firstIndex(of: earlier.steps)!].branch
    }
    let trunkEnd = run.snapshot()
    run.aim(atSteps: rungs[rung])
    let branch = branch(rung)
    if let branch, fileExists(branch) { try run.restore(from: branch) }
    try train(to: rungs[rung], progress, isCancelled) { climb in
      // The branch is of no use without the trunk that the run goes on with.
      let path = try climb.madeFolder(for: branch)
      if let path { try climb.run.save(to: path) }
      let reached = climb.run.snapshot()
      climb.run.restore(trunkEnd)
      climb.run.aim(atSteps: climb.rungs[climb.rungs.count - 1])
      try climb.saveTrunk()
      climb.run.restore(reached)
      climb.run.aim(atSteps: climb.rungs[rung])
    }
    let length = trainer.configuration.size.contextLength
    result.tokensSeen = run.sequences.counts.map { $0 * length }
    result.epochs = run.sequences.epochs()
    if let divergence = run.state.divergence {
      result.outcome = .diverged(step: divergence.step, reason: divergence.reason)
    } else {
      result.outcome = .losses(
        evaluate(
          run.model, on: trainer.heldOut, workers: trainer.workers, microBatch: run.microBatch))
    }
    done += evaluationSteps
    result.seconds = (clock.now - began).seconds
    run.restore(trunkEnd)
    run.aim(atSteps: rungs[rungs.count - 1])
    run.state.rungs = measured + [result]
    if let branch { try? FileManager.default.removeItem(atPath: branch) }
  }

  /// Steps until there are so many, or the run has diverged.
  private mutating func train(
    to step: Int, _ progress: (Double) -> Void, _ isCancelled: () -> Bool,
    save: (inout RungClimb) throws -> Void
  ) throws {
    while run.state.step < step, run.state.divergence == nil {
      run.step()
      done += 1
      progress(min(done / work, 1))
      if isCancelled() {
        try save(&self)
        throw CancellationError()
      }
      if folder != nil, (clock.now - saved).seconds >= trainer.checkpointInterval {
        try save(&self)
      }
    }
  }

  private mutating func saveTrunk() throws {
    if let path = try madeFolder(for: trunk) { try run.save(to: path) }
    saved = clock.now
  }

  /// Runs that are over before anything needs saving leave no folder behind.
  private func madeFolder(for path: String?) throws -> String? {
    if let folder { try makeFolder(at: folder) }
    return path
  }
}
