import Corpora
import Kernels
import Mixtures

extension MixtureSampler: SequenceSource {}
extension HeldOutWindows: HeldOutSource {}

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
      sequences: MixtureSampler(corpus: corpus, contextLength: length, seed: configuration.seed),
      heldOut: HeldOutWindows(
        corpus: corpus, contextLength: length, tokensPerDomain: configuration.heldOutTokens),
      digest: corpus.digest, schedule: schedule, configuration: configuration, workers: workers,
      kernels: KernelTable(level: .chosen()))
  }
}
