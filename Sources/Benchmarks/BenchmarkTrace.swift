import Numerics

/// What one method did on one problem with one seed: a line of the journal.
package struct BenchmarkTrace: Sendable, Hashable, Codable {
  /// What a search had to show once it had paid so much.
  package struct Point: Sendable, Hashable, Codable {
    /// In runs of the target.
    package var compute: Double
    /// The regret of what it would hand over, in gaps; nil where it had nothing yet.
    package var handedOver: Double?
    /// The least regret of the mixtures that were run at the target; nil before the first.
    package var ran: Double?
    /// What a model said of the target, held against the truth; nil without a model.
    package var belief: Belief?
  }

  /// How a model's predictions at the target held, of mixtures drawn at random and the one that it would hand over.
  package struct Belief: Sendable, Hashable, Codable {
    /// Of 95 % intervals the share that held: of the objective, and of its difference between any two mixtures.
    package var levels: Double
    package var contrasts: Double
    /// What was missed by over the deviation that was told: in the mean of all, and in what is left (root mean square).
    package var levelError: Double
    package var contrastError: Double
    /// That what would be handed over is the best of a pool; nil where there is none.
    package var probabilityOfBest: Double?

    /// - Parameters:
    ///   - means: that were predicted, n > 1.
    ///   - covariance: that was told, (n, n).
    package init(
      means: [Double], covariance: Matrix, truths: [Double], probabilityOfBest: Double? = nil
    ) {
      let n = means.count
      precondition(n > 1 && truths.count == n && covariance.rows == n, "expected \(n) truths")
      let errors = zip(means, truths).map { $0 - $1 }
      let center = Statistics.mean(errors)
      let common = covariance.elements.reduce(0, +) / Double(n * n)
      levelError = center / max(common, 1e-300).squareRoot()
      let coverage = IntervalCoverage(errors: errors, covariance: covariance)
      (levels, contrasts) = (coverage.levels, coverage.contrasts)
      var squares = 0.0
      for i in 0..<n {
        for j in 0..<i {
          let variance = covariance[i, i] + covariance[j, j] - 2 * covariance[i, j]
          let error = errors[i] - errors[j]
          squares += error * error / max(variance, 1e-300)
        }
      }
      contrastError = (squares / Double(n * (n - 1) / 2)).squareRoot()
      self.probabilityOfBest = probabilityOfBest
    }
  }

  package var problem: String
  /// Of the problem's data.
  package var version: Int
  package var kind: BenchmarkKind
  package var method: String
  package var seed: UInt64
  /// Once in each factor of √2 of the budget, and at the end.
  package var points: [Point]
  package var compute: Double
  package var runs: Int

  /// What identifies it.
  package var key: BenchmarkTask { .init(problem: problem, kind: kind, method: method, seed: seed) }
}

/// One search that the suite asks for.
package struct BenchmarkTask: Sendable, Hashable {
  package var problem: String
  package var kind: BenchmarkKind
  package var method: String
  package var seed: UInt64

  package init(problem: String, kind: BenchmarkKind, method: String, seed: UInt64) {
    self.problem = problem
    self.kind = kind
    self.method = method
    self.seed = seed
  }
}
