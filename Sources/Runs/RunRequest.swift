import Mixtures

/// A run, or a part of one, that is asked for: from where it is paused, or its beginning, to a rung.
package struct RunRequest: Sendable, Hashable {
  /// Counts up from 0 in the order of the journal; a plan leaves it to the driver.
  package var id: Int
  package var key: RunKey
  /// The tokens of the rung at which the run is paused; nil for a run that begins.
  package var from: Int?
  /// The tokens of the rung that it goes to.
  package var to: Int
  /// Tokens at which it is measured, ascending; `to` is the last.
  package var measures: [Int]
  /// Tokens of all rungs that the run could go on to, ascending: up to the last it can be resumed.
  package var ladder: [Int]

  /// - Parameters:
  ///   - measures: `to` alone if nil.
  ///   - ladder: `to` alone if nil, so that the run ends there.
  package init(
    id: Int = -1, key: RunKey, from: Int? = nil, to: Int, measures: [Int]? = nil,
    ladder: [Int]? = nil
  ) {
    self.id = id
    self.key = key
    self.from = from
    self.to = to
    self.measures = measures ?? [to]
    self.ladder = ladder ?? [to]
    precondition(
      self.measures.last == to && self.ladder.contains(to)
        && zip(self.measures, self.measures.dropFirst()).allSatisfy(<)
        && zip(self.ladder, self.ladder.dropFirst()).allSatisfy(<),
      "expected ascending rungs, found \(self.measures) to \(to) of \(self.ladder)")
  }

  /// A run of one rung.
  package init(
    conditions: RunConditions, mixture: Mixture, tokens: Int, seed: UInt64,
    procedure: TrainingProcedure? = nil
  ) {
    self.init(
      key: RunKey(
        conditions: conditions, mixture: mixture, seed: seed, procedure: procedure,
        length: RunKey.needsLength(procedure, conditions) ? tokens : nil), to: tokens)
  }

  package var mixture: Mixture { key.mixture }
  package var seed: UInt64 { key.seed }
  package var procedure: TrainingProcedure? { key.procedure }
  /// Where it ends.
  package var scale: Scale { key.scale(at: to) }

  /// What it takes, in runs of its scale at a fixed mixture.
  package var runs: Double { procedure?.runs ?? 1 }

  /// Whether the run can be resumed from where this part of it ends.
  package var pauses: Bool { to < ladder[ladder.count - 1] }
}

/// What a run came to at a rung.
package struct RungOutcome: Sendable, Hashable, Codable {
  package var tokens: Int
  package var outcome: RunOutcome

  package init(tokens: Int, outcome: RunOutcome) {
    self.tokens = tokens
    self.outcome = outcome
  }
}
