import Dispatch
import Foundation
import Kernels
import Mixtures

/// What runs will cost on this machine, from a short measurement of each size.
///
/// A size that was not measured is taken to run as many operations a second as those that were, by
/// linear interpolation of the logarithms of seconds and operations for each token.
package struct CostModel: Sendable, Hashable, Codable {
  /// What was found of one size, with as many threads at work as there will be.
  package struct Rates: Sendable, Hashable, Codable {
    package var size: ModelSize
    package var vocabularySize: Int
    /// Forward and backward, with drawing the text.
    package var secondsPerToken: Double
    /// Merging gradients and AdamW, whatever the batch.
    package var secondsPerStep: Double
    package var secondsPerHeldOutToken: Double
    package var startUpSeconds: Double
  }

  /// From few operations for each token to many.
  package private(set) var rates: [Rates]
  /// Threads of one run.
  package let workers: Int

  /// - Precondition: there are rates.
  package init(rates: [Rates], workers: Int) {
    precondition(!rates.isEmpty, "expected the rates of a size at least")
    self.rates = rates.sorted { $0.operationsPerToken < $1.operationsPerToken }
    self.workers = workers
  }

  /// Measures what each of the configurations' sizes takes, on random tokens.
  ///
  /// - Parameters:
  ///   - configurations: one of each size.
  ///   - trials: runs that will be under way at once: they share caches and memory.
  ///   - workers: threads of each.
  ///   - seconds: for each size; more where a few steps take longer.
  package static func measured(
    for configurations: [TrainingConfiguration], trials: Int = 1, workers: Int = 1,
    kernels: KernelTable, bfloat16: BFloat16Kernels? = nil, seconds: Double = 0.4
  ) -> CostModel {
    CostModel(
      rates: configurations.map {
        Rates(
          measuring: $0, trials: trials, workers: workers, kernels: kernels, bfloat16: bfloat16,
          seconds: seconds)
      }, workers: workers)
  }

  /// What a run will take.
  ///
  /// - Parameter heldOutTokens: of all domains, that the run ends with measuring.
  package func cost(of configuration: TrainingConfiguration, heldOutTokens: Int) -> RunCost {
    let rates = rates(of: configuration.size, vocabularySize: configuration.vocabularySize)
    return RunCost(
      startUpSeconds: rates.startUpSeconds,
      trainingSeconds: Double(configuration.tokens) * rates.secondsPerToken
        + Double(configuration.steps) * rates.secondsPerStep,
      evaluationSeconds: Double(heldOutTokens) * rates.secondsPerHeldOutToken,
      cores: min(workers, configuration.gradientShards),
      operations: configuration.trainingOperations
        + Double(heldOutTokens) * rates.operationsPerToken / 3)
  }

  /// The rates of a size: as measured, or between the two next to it, or those of the nearest scaled
  /// by operations.
  package func rates(of size: ModelSize, vocabularySize: Int) -> Rates {
    if let found = rates.first(where: { $0.size == size && $0.vocabularySize == vocabularySize }) {
      return found
    }
    let operations = size.trainingOperationsPerToken(vocabularySize: vocabularySize)
    let above = rates.firstIndex { $0.operationsPerToken > operations } ?? rates.count
    let upper = rates[min(above, rates.count - 1)]
    let lower = rates[max(above - 1, 0)]
    let span = log(upper.operationsPerToken / lower.operationsPerToken)
    let fraction = span > 0 ? log(operations / lower.operationsPerToken) / span : 0
    func interpolated(_ path: KeyPath<Rates, Double>) -> Double {
      let (a, b) = (lower[keyPath: path], upper[keyPath: path])
      guard a > 0, b > 0 else { return a + fraction * (b - a) }
      // Where there is nothing on the other side, time goes with operations.
      return span > 0
        ? exp(log(a) + fraction * log(b / a)) : a * operations / lower.operationsPerToken
    }
    return Rates(
      size: size, vocabularySize: vocabularySize, secondsPerToken: interpolated(\.secondsPerToken),
      secondsPerStep: interpolated(\.secondsPerStep),
      secondsPerHeldOutToken: interpolated(\.secondsPerHeldOutToken),
      startUpSeconds: interpolated(\.startUpSeconds))
  }
}

extension CostModel.Rates {
  package var operationsPerToken: Double {
    size.trainingOperationsPerToken(vocabularySize: vocabularySize)
  }

  /// Trains and evaluates for about `seconds` in all.
  fileprivate init(
    measuring asked: TrainingConfiguration, trials: Int, workers: Int, kernels: KernelTable,
    bfloat16: BFloat16Kernels?, seconds: Double
  ) {
    var configuration = asked
    configuration.steps = 1 << 30
    // A step of a large model takes seconds; a smaller batch shows the same time for each token.
    configuration.batchSequences = min(
      asked.batchSequences, asked.gradientShards * asked.microBatchSequences)
    let length = asked.size.contextLength
    let tokens = RandomTokens(vocabularySize: asked.vocabularySize, contextLength: length)
    let trainer = Trainer(
      sequences: tokens, heldOut: tokens, digest: "", schedule: ConstantWeights([1]),
      configuration: configuration, workers: workers, kernels: kernels, bfloat16: bfloat16)
    let clock = ContinuousClock()
    let start = clock.now
    let runs = (0..<trials).map { _ in TrainingRun(trainer: trainer) }
    startUpSeconds = (clock.now - start).seconds / Double(trials)

    // The first step warms the caches, unless it is all that there is time for.
    let first = clock.measure {
      DispatchQueue.concurrentPerform(iterations: trials) { runs[$0].step() }
    }.seconds
    runs[0].profile()
    let firstStep = runs[0].state.step
    let batchTokens = Double(configuration.batchTokens)
    let speed = Speed.measure(
      threads: trials, cores: workers, seconds: max(0.75 * seconds - first, first)
    ) { trial in
      runs[trial].step()
      return batchTokens
    }
    let steps = Double(runs[0].state.step - firstStep)
    secondsPerStep = runs[0].profiles[0].seconds(of: .optimizer) / steps
    secondsPerToken = max(Double(trials) / speed.wall - secondsPerStep / batchTokens, 0)

    let microBatch = configuration.microBatchSequences
    let micro = microBatch * workers
    // A forward pass takes a third.
    let expected = secondsPerToken / 3 * Double(micro * length)
    let batches = max(Int(0.25 * seconds / expected), 1)
    let heldOut = RandomTokens(
      vocabularySize: asked.vocabularySize, contextLength: length, windows: batches * micro)
    let evaluation = Speed.measure(threads: trials, cores: workers, seconds: 0) { trial in
      _ = evaluate(
        runs[trial].model, on: heldOut, workers: workers, microBatch: microBatch)
      return Double(batches * micro * length)
    }
    secondsPerHeldOutToken = Double(trials) / evaluation.wall
    size = asked.size
    vocabularySize = asked.vocabularySize
  }
}
