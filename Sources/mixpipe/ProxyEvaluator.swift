import Corpora
import Foundation
import Mixtures
import ProxyModels
import Storage
import Studies

/// Trials as trainings of a proxy model: where the two legs of the house meet.
struct ProxyEvaluator: Evaluator {
  let corpus: Corpus
  /// The base rate; nil for the default.
  let learningRate: Double?
  /// What trials take on this machine, once that was measured.
  var costs: CostModel?
  /// Held-out tokens of each domain whose losses a data expert keeps: enough for the difference of two
  /// mixtures, which share the tokens, and few enough for a journal.
  static let expertTokens = 4096
  /// Held-out tokens of each domain; nil for the default.
  var heldOutTokens: Int?
  /// Tokens of one step; nil for the default.
  var batchTokens: Int?

  /// What a trial's result depends on besides mixture, scale, seed and text.
  ///
  /// Taken from the configuration that a size gets, so that a change of a default shows.
  func description(of size: ModelSize) -> [String: String] {
    let configuration = configuration(of: size, tokens: 1)
    return [
      // As asked for, so that other sizes of the same study can be given it.
      "learningRate": "\(learningRate ?? TrainingConfiguration.baseLearningRate)",
      "embeddingRate": "\(configuration.embeddingRate)",
      "batchTokens": "\(configuration.batchTokens)",
      "commonChannel": "\(configuration.commonChannel)",
      "decayShare": "\(configuration.decayShare)",
      "weightDecay": "\(configuration.weightDecay)",
      "heldOutTokens": "\(configuration.heldOutTokens)",
      "contextLength": "\(size.contextLength)",
    ]
  }

  func configuration(
    of size: ModelSize, tokens: Int, seed: UInt64 = 0
  ) -> TrainingConfiguration {
    var configuration = TrainingConfiguration(
      size: size, vocabularySize: corpus.vocabularySize, tokens: tokens,
      tokensPerParameter: TrainingOptions.defaultTokensPerParameter, seed: seed,
      learningRate: learningRate, batchTokens: batchTokens)
    if let heldOutTokens { configuration.heldOutTokens = heldOutTokens }
    return configuration
  }

  /// Measures what trials of these scales take, `workers` at once.
  mutating func measureCosts(of scales: [Scale], workers: Int) throws {
    let configurations = scales.compactMap { scale in
      ModelSize.named(scale.size).map { configuration(of: $0, tokens: scale.tokens) }
    }
    guard !configurations.isEmpty else { return }
    costs = try CostModel.measured(for: configurations, trials: workers)
  }

  func cost(of scale: Scale) -> RunCost? {
    guard let costs, let size = ModelSize.named(scale.size) else { return nil }
    return costs.cost(of: configuration(of: size, tokens: scale.tokens), on: corpus)
  }

  func evaluate(_ trial: TrialRequest, control: TrialControl) throws -> TrialOutcome {
    guard let size = ModelSize.named(trial.scale.size) else {
      throw UnknownSize(name: trial.scale.size)
    }
    let configuration = configuration(of: size, tokens: trial.scale.tokens, seed: trial.seed)
    var trainer = try Trainer(
      corpus: corpus,
      schedule: trial.procedure.map { schedule(of: $0, trial: trial) }
        ?? ConstantWeights(trial.mixture.weights), configuration: configuration)
    var before = (share: 0.0, seconds: 0.0)
    if trial.procedure == .doremi {
      let folder = control.checkpointFolder.map { $0 + "/reference" }
      switch try stage(
        trial.mixture, configuration: configuration, folder: folder,
        progress: { control.progress(3 / 7 * $0) }, isCancelled: control.isCancelled)
      {
      case .model(let parameters, let kept):
        trainer.reference = parameters
        before = (3.0 / 7, kept.seconds)
      case .diverged(let step, let reason):
        return .diverged(step: step, reason: "the reference model: \(reason)")
      }
    }
    if trial.procedure == .mde { trainer.tokenLossesKept = Self.expertTokens }
    let result = try trainer.run(
      progress: {
        control.progress(before.share + (1 - before.share) * Double($0.step) / Double($0.steps))
      },
      isCancelled: control.isCancelled, checkpointFolder: control.checkpointFolder)
    switch result.outcome {
    case .finished(let losses):
      return .finished(
        TrialResult(
          losses: losses, tokensSeen: result.tokensSeen, epochs: result.epochs,
          seconds: before.seconds + result.trainingSeconds + result.evaluationSeconds,
          tokensPerSecond: result.tokensPerSecond, recommended: result.recommended,
          weights: trial.procedure == .mde ? nil : result.weights,
          tokenLosses: result.tokenLosses))
    case .diverged(let step, let reason):
      return .diverged(step: step, reason: reason)
    }
  }
}

struct UnknownSize: Error, CustomStringConvertible {
  var name: String

  var description: String {
    "unknown model size '\(name)'; the sizes are "
      + ModelSize.ladder.map(\.name).joined(separator: ", ") + " or others between, e.g. 200k"
  }
}
