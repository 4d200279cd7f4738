import Mixtures

/// A transfer check's trials: seed after seed, so that what has finished is balanced at any time;
/// within a seed the largest scale first, so that the last trials to run are short ones.
struct TransferPlan: TrialPlan {
  let phase = TrialRequest.Purpose.transfer
  private let steps: [TrialDemand]
  private var place = 0
  private(set) var rest: [Scale: Int]
  private(set) var restToRun: [Scale: Int]

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
    rest = steps.reduce(into: [:]) { $0[$1.scale, default: 0] += 1 }
    restToRun = steps.reduce(into: [:]) { $0[$1.scale, default: 0] += $1.known == nil ? 1 : 0 }
  }

  mutating func next(after ledger: TrialLedger) -> PlannedStep {
    while place < steps.count {
      let step = steps[place]
      place += 1
      rest[step.scale, default: 0] -= 1
      if step.known == nil { restToRun[step.scale, default: 0] -= 1 }
      if let trial = ledger[step.work], trial.claims.contains(step.claim) { continue }
      return .trial(step)
    }
    (rest, restToRun) = ([:], [:])
    return .end
  }
}
