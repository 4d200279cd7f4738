import Mixtures

/// A run, or a part of one, as the journal tells it.
package struct RunRecord: Sendable, Hashable {
  package enum State: Sendable, Hashable {
    /// Asked for and not ended.
    case pending
    case ended
    /// Nobody wants it any more.
    case cancelled
    /// Attempts came to nothing so often that it was given up, until the command is given again.
    case lost
  }

  package var request: RunRequest
  /// In the order in which they were made; the first asked for the run.
  package var claims: [RunClaim]
  /// What was measured, from short to long; nil while it is pending.
  package var outcomes: [RungOutcome]?
  /// Seconds since 1970.
  package var askedAt: Double
  package var endedAt: Double?
  /// How many attempts have begun.
  package var attempts = 0
  /// Attempts lost since it was asked for or given up.
  package var losses = 0
  package var lastLoss: (attempt: Int, reason: String, at: Double)?
  /// Attempts that were cut short by no fault of their own.
  package var interruptions = 0
  /// The last attempt that is known to have come to nothing; 0 where none is.
  package var lastConcluded = 0
  package var state = State.pending

  package init(
    request: RunRequest, claims: [RunClaim], outcomes: [RungOutcome]? = nil, askedAt: Double = 0,
    endedAt: Double? = nil
  ) {
    self.request = request
    self.claims = claims
    self.outcomes = outcomes
    self.askedAt = askedAt
    self.endedAt = endedAt
    if outcomes != nil { state = .ended }
  }

  package static func == (a: RunRecord, b: RunRecord) -> Bool {
    a.request == b.request && a.claims == b.claims && a.outcomes == b.outcomes
      && a.askedAt == b.askedAt && a.endedAt == b.endedAt && a.state == b.state
      && a.attempts == b.attempts && a.losses == b.losses && a.interruptions == b.interruptions
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(request)
    hasher.combine(claims)
  }

  /// What it came to at the rung that it was to go to, or where it diverged before; nil while it is
  /// pending.
  package var outcome: RunOutcome? { outcomes?.last?.outcome }

  /// What a plan's claim on it says; nil where the plan has none.
  package func claim(of plan: String) -> RunClaim? { claims.first { $0.plan == plan } }

  /// By the clock on the wall.
  package var seconds: Double {
    (outcomes ?? []).reduce(0) { $0 + ($1.outcome.result?.seconds ?? 0) }
  }
}
