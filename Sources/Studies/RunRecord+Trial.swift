import Mixtures
import Runs

extension RunRecord {
  /// What a method learns of it; nil while it is pending.
  package var observation: Observation? {
    outcome.map {
      Observation(mixture: request.mixture, outcome: $0, procedure: request.procedure)
    }
  }

  /// What it was asked for, of a record that has one plan's claims only.
  package var purpose: RunClaim.Purpose { claims[0].purpose }
}

extension RunLedger {
  /// The runs that a plan asked for, by id, without the claims of others.
  package func trials(of plan: String) -> [RunRecord] {
    records(of: plan).map { record in
      var record = record
      record.claims.removeAll { $0.plan != plan }
      return record
    }
  }
}
