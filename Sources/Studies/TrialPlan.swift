import Mixtures

/// The sequence of trials that a study or a transfer check asks for.
///
/// The sequence is fixed: each step depends on outcomes that the plan names, never on which trial
/// ended first. So trials get the same ids in every run of one configuration.
protocol TrialPlan {
  /// The step after those in the ledger; steps that are there already are passed over.
  mutating func next(after ledger: TrialLedger) throws -> PlannedStep
  /// How many steps are still to come at most, of each scale.
  var rest: [Scale: Int] { get }
  /// Those of them whose outcome is not known from elsewhere.
  var restToRun: [Scale: Int] { get }
  /// What the latest steps are for.
  var phase: TrialRequest.Purpose { get }
}

extension TrialPlan {
  var restToRun: [Scale: Int] { rest }
}

enum PlannedStep {
  case trial(TrialDemand)
  /// The next step waits for a trial that has not ended.
  case outcomes
  case end
}

/// A trial as a plan asks for it; whether it is run depends on whether it was run before.
struct TrialDemand: Sendable {
  var purpose: TrialRequest.Purpose
  var mixture: Mixture
  var scale: Scale
  var seed: UInt64
  var claim: TrialClaim
  var procedure: TrainingProcedure?
  /// An outcome that is known from elsewhere, and the id it has there.
  var known: (id: Int, outcome: TrialOutcome)?

  var work: TrialWork {
    TrialWork(mixture: mixture, scale: scale, seed: seed, procedure: procedure)
  }
}

extension Scale {
  /// Proportional to the time of a trial, roughly: parameters times tokens.
  var cost: Double { Double(parameters) * Double(tokens) }
}
