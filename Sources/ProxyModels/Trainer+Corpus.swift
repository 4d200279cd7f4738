import Corpora
import Kernels
import Mixtures

extension MixtureSampler: SequenceSource {}
extension HeldOutWindows: HeldOutSource {}

extension CostModel {
  /// What a run on a corpus will take, its evaluation on every domain's held-out text included.
  package func cost(of configuration: TrainingConfiguration, on corpus: Corpus) -> RunCost {
    let length = configuration.size.contextLength
    let windows = (configuration.heldOutTokens + length - 1) / length
    return cost(of: configuration, heldOutTokens: corpus.domains.count * windows * length)
  }

  /// What training will take, measured in a moment that is short beside it.
  ///
  /// - Parameters:
  ///   - configurations: one of each size, all of one precision.
  ///   - trials: runs that will be under way at once.
  ///   - workers: threads of each.
  /// - Throws: `KernelError` where the environment asks for kernels that there are not.
  package static func measured(
    for configurations: [TrainingConfiguration], trials: Int = 1, workers: Int = 1
  ) throws -> CostModel {
    // A core makes some 50 billion operations a second; 2 % of the shortest run, but not too little.
    let shortest = configurations.map(\.trainingOperations).min() ?? 0
    return measured(
      for: configurations, trials: trials, workers: workers,
      kernels: KernelTable(level: try .chosen()),
      bfloat16: try configurations.first?.precision.level.map { try .chosen($0) },
      seconds: min(max(0.02 * shortest / 50e9, 0.1), 0.5))
  }
}

extension Trainer where Sequences == MixtureSampler, HeldOut == HeldOutWindows {
  /// A trainer on a corpus, with the kernels that suit this processor.
  ///
  /// - Parameters:
  ///   - schedule: weights in the order of the corpus's training domains.
  ///   - workers: threads; more than the configuration's gradient shards are of no use.
  /// - Throws: `CorpusError` where a shard is too small, `KernelError` where the environment asks for
  ///   kernels that there are not.
  package init(
    corpus: Corpus, schedule: any WeightSchedule, configuration: TrainingConfiguration,
    workers: Int = 1
  ) throws {
    precondition(
      configuration.vocabularySize == corpus.vocabularySize,
      "expected a vocabulary of \(corpus.vocabularySize), found \(configuration.vocabularySize)")
    let length = configuration.size.contextLength
    try self.init(
      sequences: MixtureSampler(
        corpus: corpus, contextLength: length, seed: configuration.seed,
        subsample: configuration.subsample),
      heldOut: HeldOutWindows(
        corpus: corpus, contextLength: length, tokensPerDomain: configuration.heldOutTokens),
      digest: corpus.digest, schedule: schedule, configuration: configuration, workers: workers,
      kernels: KernelTable(level: .chosen()),
      bfloat16: configuration.precision.level.map { try .chosen($0) })
  }
}
