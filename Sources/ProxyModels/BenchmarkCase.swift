import Numerics

/// One kind of run to time: what is trained, and how it uses the cores.
package struct BenchmarkCase: Sendable, Hashable {
  package var configuration: TrainingConfiguration
  /// Trials side by side.
  package var trials: Int
  /// Threads of each trial.
  package var workers: Int

  package init(configuration: TrainingConfiguration, trials: Int = 1, workers: Int = 1) {
    precondition(trials > 0 && workers > 0, "expected at least one trial and one worker")
    self.configuration = configuration
    self.trials = trials
    self.workers = workers
  }

  package var threads: Int { trials * workers }
}

/// What one round of a case found.
package struct BenchmarkRound: Sendable, Hashable {
  /// Of all trials together.
  package var tokensPerSecond: Double
  /// Products on as many threads, just before and after, in 10⁹ operations a second.
  package var probeGigaflops: Double
  /// Operations by the usual count, 6N + 12LTd a token, over the probe's.
  package var share: Double
  /// The same by processor time, which waiting for a core does not count in.
  package var processorShare: Double
  /// Multiplying and adding in registers alone, just before and after, by the instructions that the
  /// products use; and operations over that.
  package var peakGigaflops: Double
  package var shareOfPeak: Double
  package var evaluationTokensPerSecond: Double
  /// The time that ``CostModel`` announced just before, over what training took.
  package var announcedOverTaken: Double
  /// The first trial's seconds in each part of a step, for one token.
  package var secondsPerToken: [TrainingPart: Double]
  /// Of the process while the case ran.
  package var peakMemoryBytes: Int
}

/// Where a number lay over the rounds.
package struct Spread: Sendable, Hashable, Codable {
  package var median: Double
  package var lowest: Double
  package var highest: Double

  /// - Precondition: there is a value.
  package init(_ values: [Double]) {
    let sorted = values.sorted()
    median = Statistics.quantile(ofSorted: sorted, 0.5)
    lowest = sorted[0]
    highest = sorted[sorted.count - 1]
  }
}

/// A case over its rounds, as `bench.json` keeps it.
package struct BenchmarkMeasurement: Sendable, Codable {
  package var size: ModelSize
  package var vocabularySize: Int
  package var parameters: Int
  /// Of the factors of products.
  package var precision: Precision
  package var trials: Int
  /// Threads of each trial.
  package var workers: Int
  package var batchTokens: Int
  /// 6N + 12LTd.
  package var operationsPerToken: Double
  package var rounds: Int
  package var tokensPerSecond: Spread
  package var probeGigaflops: Spread
  package var share: Spread
  package var processorShare: Spread
  /// Of what registers alone can do, by the instructions in use.
  package var peakGigaflops: Spread
  package var shareOfPeak: Spread
  package var evaluationTokensPerSecond: Spread
  /// Tokens a second over those of one trial on one core in the same round; nil where that was not timed.
  package var overOneTrial: Spread?
  package var announcedOverTaken: Spread
  /// Medians, in microseconds of the first trial for each token: of a token trained on, and for
  /// `evaluation` of a token held out.
  package var microsecondsPerToken: [TrainingPart: Double]
  package var peakMemoryBytes: Int

  /// - Parameters:
  ///   - rounds: at least one.
  ///   - alone: the same rounds of one trial on one core, if there are any.
  package init(
    of benchmarkCase: BenchmarkCase, rounds: [BenchmarkRound], alone: [BenchmarkRound]? = nil
  ) {
    let configuration = benchmarkCase.configuration
    size = configuration.size
    vocabularySize = configuration.vocabularySize
    parameters = size.parameterCount(vocabularySize: vocabularySize)
    precision = configuration.precision
    trials = benchmarkCase.trials
    workers = benchmarkCase.workers
    batchTokens = configuration.batchTokens
    operationsPerToken = size.trainingOperationsPerToken(vocabularySize: vocabularySize)
    self.rounds = rounds.count
    tokensPerSecond = Spread(rounds.map(\.tokensPerSecond))
    probeGigaflops = Spread(rounds.map(\.probeGigaflops))
    share = Spread(rounds.map(\.share))
    processorShare = Spread(rounds.map(\.processorShare))
    peakGigaflops = Spread(rounds.map(\.peakGigaflops))
    shareOfPeak = Spread(rounds.map(\.shareOfPeak))
    evaluationTokensPerSecond = Spread(rounds.map(\.evaluationTokensPerSecond))
    overOneTrial = alone.map { alone in
      Spread(zip(rounds, alone).map { $0.tokensPerSecond / $1.tokensPerSecond })
    }
    announcedOverTaken = Spread(rounds.map(\.announcedOverTaken))
    microsecondsPerToken = Dictionary(
      uniqueKeysWithValues: TrainingPart.ofStep.map { part in
        (part, 1e6 * Spread(rounds.map { $0.secondsPerToken[part] ?? 0 }).median)
      })
    microsecondsPerToken[.evaluation] =
      1e6 * Double(trials) / evaluationTokensPerSecond.median
    peakMemoryBytes = rounds.map(\.peakMemoryBytes).max() ?? 0
  }
}
