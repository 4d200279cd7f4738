/// Runs that are all known beforehand, in the order in which they are to begin.
package struct ListPlan: Plan {
  package let name: String
  package let price: RunPrice
  package let phase: RunClaim.Purpose
  private let steps: [(request: RunRequest, claim: RunClaim)]
  private var place = 0
  package private(set) var rest: RestOfWork

  /// - Precondition: all claims are of one plan and purpose, and no two alike.
  package init(
    name: String, purpose: RunClaim.Purpose, steps: [(request: RunRequest, claim: RunClaim)],
    price: RunPrice = .bySize
  ) {
    self.name = name
    self.phase = purpose
    self.steps = steps
    self.price = price
    rest = RestOfWork(
      runs: steps.count, cost: steps.reduce(0) { $0 + price.cost($1.request) })
  }

  package mutating func next(after ledger: RunLedger) -> PlanStep {
    while place < steps.count {
      let (request, claim) = steps[place]
      place += 1
      rest.runs -= 1
      rest.cost = place < steps.count ? max(rest.cost - price.cost(request), 0) : 0
      let isThere =
        ledger.record(serving: request)?.claims.contains { $0.place == claim.place } ?? false
      if !isThere { return .run(request, claim) }
    }
    return .end
  }
}
