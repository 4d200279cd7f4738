import Mixtures

/// A transfer check's trials: seed after seed, so that what has finished is balanced at any time;
/// within a seed the largest scale first, so that the last trials to run are short ones.
struct TransferPlan: TrialPlan {
  let phase = TrialRequest.Purpose.transfer
  private let steps: [TrialDemand]
  private var place = 0
  private(set) var rest: (steps: Int, cost: Double)

  /// - Parameter known: Trials of the same corpus and trainer that have been run already.
  init(_ configuration: TransferConfiguration, known: [TrialRecord]) {
    var outcomes: [TrialWork: (id: Int, outcome: TrialOutcome)] = [:]
    for trial in known {
      if let outcome = trial.outcome {
        outcomes[TrialWork(trial.request)] = (trial.request.id, outcome)
      }
    }
    let scales = configuration.scales.sorted { $0.cost > $1.cost }
    steps = configuration.seeds.enumerated().flatMap { ordinal, seed in
      scales.flatMap { scale in
        configuration.candidates.map { candidate in
          var demand = TrialDemand(
            purpose: .transfer, mixture: candidate.mixture, scale: scale, seed: seed,
            claim: TrialClaim(name: candidate.name, ordinal: ordinal))
          demand.known = outcomes[demand.work]
          return demand
        }
      }
    }
    rest = (steps.count, steps.reduce(0) { $0 + $1.scale.cost })
  }

  mutating func next(after ledger: TrialLedger) -> PlannedStep {
    while place < steps.count {
      let step = steps[place]
      place += 1
      rest.steps -= 1
      rest.cost -= step.scale.cost
      if let trial = ledger[step.work], trial.claims.contains(step.claim) { continue }
      return .trial(step)
    }
    rest = (0, 0)
    return .end
  }
}
