import Corpora
import MixtureMethods
import Mixtures
import ProxyModels
import Studies

/// Runs of several sizes, paused at rungs and gone on with.
struct ProxyFidelityEvaluator: FidelityEvaluator {
  let proxy: ProxyEvaluator
  let grid: FidelityGrid

  func measure(_ task: FidelityTask, control: TrialControl) throws -> [RungOutcome] {
    let rungs = grid.levels[task.level]
    guard let size = ModelSize.named(rungs[0].scale.size) else {
      throw UnknownSize(name: rungs[0].scale.size)
    }
    let configuration = proxy.configuration(
      of: size, tokens: rungs[rungs.count - 1].scale.tokens, seed: task.seed)
    let steps = rungs.map { $0.scale.tokens / configuration.batchTokens }
    let results = try Trainer(
      corpus: proxy.corpus, schedule: ConstantWeights(task.mixture.weights),
      configuration: configuration
    ).run(
      rungs: steps, upTo: task.goal, measuringOnTheWay: task.measuresOnTheWay,
      progress: control.progress, isCancelled: control.isCancelled,
      checkpointFolder: control.checkpointFolder)
    // Of a run that goes on, the checkpoint tells what was measured before too.
    return results.compactMap { result in
      guard let rung = steps.firstIndex(of: result.steps), rung > task.from ?? -1 else {
        return nil
      }
      switch result.outcome {
      case .finished(let losses):
        return RungOutcome(
          rung: rung,
          outcome: .finished(
            TrialResult(
              losses: losses, tokensSeen: result.tokensSeen, epochs: result.epochs,
              seconds: result.seconds,
              tokensPerSecond: Double(result.tokens) / max(result.seconds, 1e-9))))
      case .diverged(let step, let reason):
        return RungOutcome(rung: rung, outcome: .diverged(step: step, reason: reason))
      }
    }
  }
}
