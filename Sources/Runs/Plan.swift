import Mixtures

/// The sequence of runs that a command asks for.
///
/// The sequence is fixed: each step depends on the configuration and on outcomes that the plan names,
/// never on which run ended first. So the same runs are asked for in the same order by any number of
/// workers and after any interruption.
package protocol Plan {
  /// As its claims and notes have it: `study`, `transfer`.
  var name: String { get }

  /// The step after those in the ledger; steps that are there already are passed over.
  mutating func next(after ledger: RunLedger) throws -> PlanStep

  /// What is still to come at most, besides what was asked for.
  var rest: RestOfWork { get }

  /// What the latest steps are for.
  var phase: RunClaim.Purpose { get }

  /// What its runs cost.
  var price: RunPrice { get }
}

package enum PlanStep: Sendable {
  /// A run to be asked for; its id is of no account. It is not run again if its key is known.
  case run(RunRequest, RunClaim)
  case note(RunNote)
  /// The next step waits for a run that has not ended.
  case waits
  case end
}

package struct RestOfWork: Sendable, Hashable {
  package var runs: Int
  /// In the unit of the plan's price.
  package var cost: Double

  package static let none = RestOfWork(runs: 0, cost: 0)

  package init(runs: Int, cost: Double) {
    self.runs = runs
    self.cost = cost
  }
}

/// What runs cost, in any unit that is about proportional to their time.
package struct RunPrice: Sendable {
  package var cost: @Sendable (RunRequest) -> Double
  /// What so much is expected to take before anything has ended. It counts as much as a run that took
  /// that. Nil where nobody knows.
  package var prior: (seconds: Double, cost: Double)?

  package init(
    prior: (seconds: Double, cost: Double)? = nil, cost: @escaping @Sendable (RunRequest) -> Double
  ) {
    self.cost = cost
    self.prior = prior
  }

  /// Parameters times tokens.
  package static let bySize = RunPrice { request in
    Double(request.key.conditions.parameters) * Double(request.to - (request.from ?? 0))
  }
}
