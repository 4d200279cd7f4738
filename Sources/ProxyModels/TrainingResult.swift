import Mixtures

/// How a run ended, and what it took.
package struct TrainingResult: Sendable, Codable {
  /// Losses of every held-out domain, in the corpus's order, or none.
  package var outcome: RunOutcome
  package var parameters: Int
  package var steps: Int
  /// Tokens trained on of each training domain, and how often its text was gone through.
  package var tokensSeen: [Int]
  package var epochs: [Double]
  /// The batch's mean loss at about a hundred steps, in nats per token.
  package var curve: [CurvePoint]
  /// Training only, of this process: without evaluation and without steps before a resumption.
  package var tokensPerSecond: Double
  package var trainingSeconds: Double
  package var evaluationSeconds: Double
  /// The most memory that the process ever held.
  package var peakMemoryBytes: Int
  /// By the usual count, 6N + 12LTd a token.
  package var trainingOperations: Double
  /// Each part's share of the time of this process's run, where that was asked for.
  package var profile: [TrainingPart: Double]?

  /// The mean over the steps of what a schedule that learns held the domains to be worth; nil for others.
  package var recommended: [Double]?
  /// The same at about a hundred steps.
  package var weights: [WeightPoint]?
  /// Losses of some tokens of each held-out domain, where they were asked for.
  package var tokenLosses: TokenLosses?

  package struct CurvePoint: Sendable, Equatable, Codable {
    package var step: Int
    package var loss: Double
  }
}

/// What a run tells while it goes on.
package struct TrainingProgress: Sendable {
  /// Steps done, of `steps`.
  package var step: Int
  package var steps: Int
  /// Loss of the last batches, smoothed, in nats per token.
  package var loss: Double
  package var tokensPerSecond: Double
  /// Training and evaluation.
  package var secondsLeft: Double
}
