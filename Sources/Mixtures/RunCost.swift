/// What one training run takes, predicted or measured: a budget's currency.
package struct RunCost: Sendable, Hashable, Codable {
  /// Before the first step, and after the last what is not evaluation.
  package var startUpSeconds: Double
  package var trainingSeconds: Double
  /// The forward passes over the held-out text.
  package var evaluationSeconds: Double
  /// That the run keeps busy.
  package var cores: Int
  /// Multiplications and additions by the usual count: 6N + 12LTd for each token trained on, a third
  /// of it for each held-out token.
  package var operations: Double

  package init(
    startUpSeconds: Double, trainingSeconds: Double, evaluationSeconds: Double, cores: Int,
    operations: Double
  ) {
    self.startUpSeconds = startUpSeconds
    self.trainingSeconds = trainingSeconds
    self.evaluationSeconds = evaluationSeconds
    self.cores = cores
    self.operations = operations
  }

  /// By the clock on the wall.
  package var seconds: Double { startUpSeconds + trainingSeconds + evaluationSeconds }

  package var coreSeconds: Double { seconds * Double(cores) }
}
