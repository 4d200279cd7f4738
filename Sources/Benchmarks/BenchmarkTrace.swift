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
