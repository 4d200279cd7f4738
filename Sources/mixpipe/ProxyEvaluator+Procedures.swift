import Corpora
import Foundation
import Mixtures
import ProxyModels
import Runs
import Storage

extension ProxyEvaluator {
  /// A model that a run trains on the way, or how its training failed.
  enum Stage {
    case model([Float], RunResult)
    case diverged(step: Int, reason: String)
  }

  /// The schedule by which a run reweighs the domains.
  func schedule(of procedure: TrainingProcedure, request: RunRequest) -> any WeightSchedule {
    let parts = request.mixture.weights.count
    switch procedure {
    case .doremi:
      return RobustWeights(
        parts: parts, reference: "reference of \(request.mixture.weights), seed \(request.seed)")
    case .odm: return SmoothedRewardWeights(start: request.mixture.weights)
    case .odmEXP3: return BanditWeights(parts: parts)
    case .aioli:
      return ProbedWeights(parts: parts, settings: .published(parts: parts), seed: request.seed)
    case .aioliOneSweep: return ProbedWeights(parts: parts, settings: .oneSweep)
    case .ado: return ScalingLawWeights(start: request.mixture.weights)
    case .mde: return ConstantWeights(request.mixture.weights)
    }
  }

  /// Trains a model on a mixture, or takes the one that is kept in `folder` from an earlier try of the
  /// same trial.
  func stage(
    _ mixture: Mixture, configuration: TrainingConfiguration, folder: String?,
    progress: (Double) -> Void, isCancelled: () -> Bool
  ) throws -> Stage {
    let file = folder.map { $0 + "/model" }
    if let file, fileExists(file), let kept = try StageFile.read(at: file) {
      return .model(kept.parameters, kept.result)
    }
    var parameters: [Float] = []
    let trainer = try Trainer(
      corpus: corpus, schedule: ConstantWeights(mixture.weights), configuration: configuration)
    let result = try trainer.run(
      progress: { progress(Double($0.step) / Double($0.steps)) }, isCancelled: isCancelled,
      checkpointFolder: folder, keepParameters: { parameters = $0 })
    switch result.runOutcome {
    case .diverged(let step, let reason): return .diverged(step: step, reason: reason)
    case .finished(let kept):
      if let file { try StageFile.write(parameters, kept, to: file) }
      return .model(parameters, kept)
    }
  }
}

/// A stage's result as a line of JSON, then its parameters as they lie in memory: read again by the same
/// program on the same machine only.
private enum StageFile {
  static func write(_ parameters: [Float], _ result: RunResult, to path: String) throws {
    var data = try encodeLine(result)
    parameters.withUnsafeBytes { data.append(contentsOf: $0) }
    try replaceFile(at: path, with: data)
  }

  /// Nil for a file that says nothing, which is then made anew.
  static func read(at path: String) throws -> (parameters: [Float], result: RunResult)? {
    let data = try readFile(at: path)
    guard let end = data.firstIndex(of: UInt8(ascii: "\n")),
      let result = try? JSONDecoder().decode(RunResult.self, from: data[..<end]),
      (data.count - end - 1) % 4 == 0, data.count > end + 1
    else { return nil }
    let parameters = data.withUnsafeBytes { bytes in
      stride(from: end + 1, to: bytes.count, by: 4).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
      }
    }
    return (parameters, result)
  }
}
