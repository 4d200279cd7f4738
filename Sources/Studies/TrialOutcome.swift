import Mixtures

/// How a trial ended. A run that diverged has no losses, not even large ones.
package enum TrialOutcome: Sendable, Hashable {
  case finished(TrialResult)
  case diverged(step: Int, reason: String)

  package var result: TrialResult? {
    if case .finished(let result) = self { result } else { nil }
  }

  /// What a method learns of it.
  var observed: Observation.Outcome {
    switch self {
    case .finished(let result): .losses(result.losses)
    case .diverged: .diverged
    }
  }

  /// Whether JSON can hold it.
  var isFinite: Bool {
    guard case .finished(let result) = self else { return true }
    return result.seconds.isFinite && result.tokensPerSecond.isFinite
      && result.epochs.allSatisfy(\.isFinite)
      && (result.recommended ?? []).allSatisfy(\.isFinite)
      && (result.weights ?? []).allSatisfy { $0.weights.allSatisfy(\.isFinite) }
      && result.losses.allSatisfy { $0.standardError.isFinite && $0.bitsPerByte.isFinite }
  }

  /// A loss that is no number is a divergence that the evaluator did not notice.
  var checked: TrialOutcome {
    guard case .finished(let result) = self,
      let loss = result.losses.first(where: { !$0.loss.isFinite })
    else { return self }
    return .diverged(step: 0, reason: "the held-out loss of '\(loss.domain)' is \(loss.loss)")
  }
}

package struct TrialResult: Sendable, Hashable, Codable {
  /// Every held-out domain, in the order of the corpus.
  package var losses: [DomainLoss]
  /// Tokens trained on of each training domain, in the order of the mixture.
  package var tokensSeen: [Int]
  /// How often each training domain's text was gone through; above one it repeats.
  package var epochs: [Double]
  /// Wall time, training and evaluation.
  package var seconds: Double
  package var tokensPerSecond: Double
  /// The mixture that a run which reweighs the domains recommends; nil for others.
  package var recommended: [Double]?
  /// What it held the domains to be worth, over its steps; nil for others.
  package var weights: [WeightPoint]?
  /// What a data expert makes of single held-out tokens; nil for others.
  package var tokenLosses: TokenLosses?

  package init(
    losses: [DomainLoss], tokensSeen: [Int], epochs: [Double], seconds: Double,
    tokensPerSecond: Double, recommended: [Double]? = nil, weights: [WeightPoint]? = nil,
    tokenLosses: TokenLosses? = nil
  ) {
    self.losses = losses
    self.tokensSeen = tokensSeen
    self.epochs = epochs
    self.seconds = seconds
    self.tokensPerSecond = tokensPerSecond
    self.recommended = recommended
    self.weights = weights
    self.tokenLosses = tokenLosses
  }
}

/// On disk `{"finished": {…}}` or `{"diverged": {"step": …, "reason": …}}`.
extension TrialOutcome: Codable {
  private enum Key: CodingKey { case finished, diverged }

  private struct Divergence: Codable {
    var step: Int
    var reason: String
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    if let divergence = try fields.decodeIfPresent(Divergence.self, forKey: .diverged) {
      self = .diverged(step: divergence.step, reason: divergence.reason)
    } else {
      self = .finished(try fields.decode(TrialResult.self, forKey: .finished))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .finished(let result): try fields.encode(result, forKey: .finished)
    case .diverged(let step, let reason):
      try fields.encode(Divergence(step: step, reason: reason), forKey: .diverged)
    }
  }
}
