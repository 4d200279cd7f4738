import Dispatch
import Foundation
import Kernels

/// Times training on random tokens, with a probe of the processor's speed beside each measurement.
///
/// A shared machine's clock moves within minutes, so a speed means little by itself: the share of the
/// probe is what compares. Where other programs take turns on the cores, only shares by processor time
/// do. Rounds of all cases are meant to take turns, so that a slow minute falls on all alike.
package struct ProxyBenchmark: Sendable {
  package var kernels: KernelTable
  /// For cases of bfloat16, one of each level; ``BFloat16Kernels/standard(_:)`` where there is none.
  package var bfloat16: [BFloat16Kernels]
  /// Of training between two probes; at least one step.
  package var seconds = 1.0

  package init(kernels: KernelTable, bfloat16: [BFloat16Kernels] = []) {
    self.kernels = kernels
    self.bfloat16 = bfloat16
  }

  /// One round, with models of its own.
  package func round(_ benchmarkCase: BenchmarkCase) -> BenchmarkRound {
    PeakMemory.reset()
    var configuration = benchmarkCase.configuration
    // The learning rate is at its full height all the time.
    configuration.steps = 1 << 30
    let chosen = bfloat16.first { $0.level == benchmarkCase.configuration.precision.level }
    let (trials, threads) = (benchmarkCase.trials, benchmarkCase.threads)
    let tokens = RandomTokens(
      vocabularySize: configuration.vocabularySize,
      contextLength: configuration.size.contextLength)
    let runs = (0..<trials).map { _ in
      TrainingRun(
        trainer: Trainer(
          sequences: tokens, heldOut: tokens, digest: "",
          schedule: ConstantWeights([1]), configuration: configuration,
          workers: benchmarkCase.workers, kernels: kernels, bfloat16: chosen))
    }
    let announced = CostModel.measured(
      for: [configuration], trials: trials, workers: benchmarkCase.workers, kernels: kernels,
      bfloat16: chosen
    ).cost(of: configuration, heldOutTokens: 0)
    // Once without the clock, for the caches' sake, where that takes no longer than the measurement.
    let before = MachineProbe.run(threads: threads)
    let bfloat16 = runs[0].model.bfloat16?.kernels
    let peakBefore = PeakProbe.run(threads: threads, kernels: kernels, bfloat16: bfloat16)
    let operations = configuration.size.trainingOperationsPerToken(
      vocabularySize: configuration.vocabularySize)
    let batchTokens = Double(configuration.batchTokens)
    if operations * batchTokens < before.wall / Double(trials) * 1e9 * seconds {
      DispatchQueue.concurrentPerform(iterations: trials) { runs[$0].step() }
    }
    runs[0].profile()
    let firstStep = runs[0].state.step
    let speed = Speed.measure(
      threads: trials, cores: benchmarkCase.workers, seconds: seconds
    ) { trial in
      runs[trial].step()
      return batchTokens
    }
    let peakAfter = PeakProbe.run(threads: threads, kernels: kernels, bfloat16: bfloat16)
    let after = MachineProbe.run(threads: threads)
    let peak = (peakBefore.wall + peakAfter.wall) / 2
    let tokensOfFirst = batchTokens * Double(runs[0].state.step - firstStep)
    let secondsPerToken = TrainingPart.ofStep.map { part in
      // The parts that workers share; the optimizer's clock runs on the first only.
      let profiles = part == .optimizer ? Array(runs[0].profiles.prefix(1)) : runs[0].profiles
      return profiles.reduce(0) { $0 + $1.seconds(of: part) } / Double(profiles.count)
        / tokensOfFirst
    }
    let evaluation = evaluationSpeed(
      runs, workers: benchmarkCase.workers, expected: 3 * speed.wall / Double(trials))
    let announcedPerToken = announced.trainingSeconds / Double(configuration.tokens)
    return BenchmarkRound(
      tokensPerSecond: speed.wall, probeGigaflops: (before.wall + after.wall) / 2,
      share: speed.wall * operations / 1e9 / ((before.wall + after.wall) / 2),
      processorShare: speed.processor * operations / 1e9
        / ((before.processor + after.processor) / 2),
      peakGigaflops: peak, shareOfPeak: speed.wall * operations / 1e9 / peak,
      evaluationTokensPerSecond: evaluation,
      announcedOverTaken: announcedPerToken * speed.wall / Double(trials),
      secondsPerToken: Dictionary(
        uniqueKeysWithValues: zip(TrainingPart.ofStep, secondsPerToken)),
      peakMemoryBytes: PeakMemory.bytes())
  }

  /// Held-out tokens a second of all runs together.
  ///
  /// - Parameter expected: of one run, roughly; sets how many windows are measured.
  private func evaluationSpeed(
    _ runs: [TrainingRun<RandomTokens, RandomTokens>], workers: Int, expected: Double
  ) -> Double {
    let configuration = runs[0].configuration
    let length = configuration.size.contextLength
    let micro = configuration.microBatchSequences * workers
    let batches = max(Int(expected * seconds / 8 / Double(length * micro)), 1)
    let tokens = RandomTokens(
      vocabularySize: configuration.vocabularySize, contextLength: length,
      windows: batches * micro)
    let speed = Speed.measure(threads: runs.count, cores: workers, seconds: 0) { index in
      _ = evaluate(
        runs[index].model, on: tokens, workers: workers, microBatch: runs[index].microBatch)
      return Double(batches * micro * length)
    }
    return speed.wall
  }
}
