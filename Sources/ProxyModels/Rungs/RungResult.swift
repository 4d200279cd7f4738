import Mixtures

/// What a run gives at one of its rungs: at a number of steps at which its learning rate has fallen to
/// nothing, as that of a run with no more steps.
package struct RungResult: Sendable, Equatable, Codable {
  /// Of a run that ends here; warm-up and decay are among them.
  package var steps: Int
  package var tokens: Int
  package var outcome: RunOutcome
  /// Tokens trained on of each training domain, and how often its text was gone through.
  package var tokensSeen: [Int]
  package var epochs: [Double]
  /// Of the process that measured it: what was trained since the rung before, decay and evaluation.
  package var seconds: Double
  /// All that the run had cost when it was measured here: the trunk, the decay to every rung measured so
  /// far, their evaluations. By the usual count, 6N + 12LTd a token and a third of it for one of held-out text.
  package var operations: Double
}

/// What it takes to be measured at a rung, in operations by the usual count.
package struct RungCost: Sendable, Hashable, Codable {
  /// Of the trunk, from its beginning to where the decay leaves it.
  package var trunk: Double
  /// Of the decay and the evaluation: paid once for each rung, and lost to those after it.
  package var branch: Double

  package init(trunk: Double, branch: Double) {
    self.trunk = trunk
    self.branch = branch
  }
}

extension TrainingConfiguration {
  /// What runs with these numbers of steps take where a shorter one's trunk is the beginning of a longer
  /// one's.
  ///
  /// - Parameter heldOutTokens: of all domains, that each is measured on.
  package func costs(ofRungs rungs: [Int], heldOutTokens: Int) -> [RungCost] {
    let perToken = size.trainingOperationsPerToken(vocabularySize: vocabularySize)
    let perStep = perToken * Double(batchTokens)
    return rungs.map { steps in
      var run = self
      run.steps = steps
      return RungCost(
        trunk: perStep * Double(run.decayStart),
        branch: perStep * Double(steps - run.decayStart) + perToken * Double(heldOutTokens) / 3)
    }
  }
}
