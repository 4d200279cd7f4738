import GaussianProcesses

/// What another model says of the held-out domains' losses, to be the prior means of a surrogate.
protocol PriorLosses: Sendable {
  /// Nil where it says nothing of one of the outputs.
  func laws(of outputs: [String]) -> GivenLaws?
}
