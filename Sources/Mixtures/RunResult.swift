/// What a run gave where it was measured.
package struct RunResult: Sendable, Hashable, Codable {
  /// Every held-out domain, in the order of the corpus.
  package var losses: [DomainLoss]
  /// Tokens trained on of each training domain, in the order of the mixture; nil for a run of a table.
  package var tokensSeen: [Int]?
  /// How often each training domain's text was gone through; above one it repeats.
  package var epochs: [Double]?
  /// Wall time of what was trained and evaluated for it, none of it counted twice over a run's rungs.
  package var seconds: Double?
  package var tokensPerSecond: Double?
  /// All that the run had cost when it was measured here, by the usual count of 6N + 12LTd a token.
  package var operations: Double?
  /// The mixture that a run which reweighs the domains recommends; nil for others.
  package var recommended: [Double]?
  /// What it held the domains to be worth, over its steps; nil for others.
  package var weights: [WeightPoint]?
  /// What a data expert makes of single held-out tokens; nil for others.
  package var tokenLosses: TokenLosses?

  package init(
    losses: [DomainLoss], tokensSeen: [Int]? = nil, epochs: [Double]? = nil,
    seconds: Double? = nil, tokensPerSecond: Double? = nil, operations: Double? = nil,
    recommended: [Double]? = nil, weights: [WeightPoint]? = nil, tokenLosses: TokenLosses? = nil
  ) {
    self.losses = losses
    self.tokensSeen = tokensSeen
    self.epochs = epochs
    self.seconds = seconds
    self.tokensPerSecond = tokensPerSecond
    self.operations = operations
    self.recommended = recommended
    self.weights = weights
    self.tokenLosses = tokenLosses
  }

  /// Whether JSON can hold it, the losses aside.
  package var isFinite: Bool {
    var numbers = [seconds, tokensPerSecond, operations].compactMap(\.self)
    numbers += epochs ?? []
    numbers += recommended ?? []
    numbers += (weights ?? []).flatMap(\.weights)
    numbers += losses.flatMap { [$0.standardError, $0.bitsPerByte].compactMap(\.self) }
    return numbers.allSatisfy(\.isFinite)
  }
}
