import Corpora
import Foundation
import Mixtures
import ProxyModels
import Storage
import Studies

/// Trials as trainings of a proxy model: where the two legs of the house meet.
struct ProxyEvaluator: Evaluator {
  let corpus: Corpus
  /// Nil for the default.
  let learningRate: Double?

  /// What a trial's result depends on besides mixture, scale, seed and text.
  ///
  /// Taken from the configuration that a size gets, so that a change of a default shows.
  func description(of size: ModelSize) -> [String: String] {
    let configuration = TrainingConfiguration(
      size: size, vocabularySize: corpus.vocabularySize, tokens: 1,
      tokensPerParameter: TrainingOptions.defaultTokensPerParameter, seed: 0,
      learningRate: learningRate)
    return [
      "learningRate": "\(configuration.learningRate)",
      "embeddingRate": "\(configuration.embeddingRate)",
      "batchTokens": "\(configuration.batchTokens)",
      "decayShare": "\(configuration.decayShare)",
      "weightDecay": "\(configuration.weightDecay)",
      "heldOutTokens": "\(configuration.heldOutTokens)",
      "contextLength": "\(size.contextLength)",
    ]
  }

  func evaluate(_ trial: TrialRequest, control: TrialControl) throws -> TrialOutcome {
    guard let size = ModelSize.named(trial.scale.size) else {
      throw UnknownSize(name: trial.scale.size)
    }
    let configuration = TrainingConfiguration(
      size: size, vocabularySize: corpus.vocabularySize, tokens: trial.scale.tokens,
      tokensPerParameter: TrainingOptions.defaultTokensPerParameter, seed: trial.seed,
      learningRate: learningRate)
    let trainer = try Trainer(
      corpus: corpus, schedule: ConstantWeights(trial.mixture.weights),
      configuration: configuration)
    let result = try trainer.run(
      progress: { control.progress(Double($0.step) / Double($0.steps)) },
      isCancelled: control.isCancelled, checkpointFolder: control.checkpointFolder)
    switch result.outcome {
    case .finished(let losses):
      return .finished(
        TrialResult(
          losses: losses, tokensSeen: result.tokensSeen, epochs: result.epochs,
          seconds: result.trainingSeconds + result.evaluationSeconds,
          tokensPerSecond: result.tokensPerSecond))
    case .diverged(let step, let reason):
      return .diverged(step: step, reason: reason)
    }
  }
}

struct UnknownSize: Error, CustomStringConvertible {
  var name: String

  var description: String {
    "unknown model size '\(name)'; the sizes are "
      + ModelSize.ladder.map(\.name).joined(separator: ", ")
  }
}
