import Mixtures
import Runs
import Storage

/// A line of `sweep.jsonl`, as sweeps kept their runs before a folder had one journal for all commands.
struct OldSweepRun: Decodable {
  var size: String
  var parameters: Int
  var tokens: Int
  /// Of the learning rates, as a multiple of what the command was given; what that was is not kept.
  var rateFactor: Double
  var seed: UInt64
  var corpusDigest: String
  /// Of the training domains, which come first among those measured.
  var weights: [Double]
  /// Nil where the run diverged.
  var losses: [DomainLoss]?
  var seconds: Double
  var tokensPerSecond: Double

  /// The settings in place of a trainer's where that is no longer known.
  static func unknownTrainer(rateFactor: Double) -> EvaluatorIdentity {
    .other(kind: "trainer of an earlier version", settings: ["rateFactor": "\(rateFactor)"])
  }

  /// The journal's runs, in its order.
  ///
  /// - Parameter conditions: of a size's runs at the default rate, which is what the old lines are taken for;
  ///   nil where nobody knows.
  static func read(
    at path: String, conditions: OldJournals.Conditions?
  ) throws -> [(request: RunRequest, claim: RunClaim, outcome: RunOutcome)] {
    try LineJournal.read(OldSweepRun.self, at: path).enumerated().compactMap { place, run in
      run.key(conditions?(run.size)).map { key in
        (
          RunRequest(key: key, to: run.tokens),
          RunClaim(plan: RunGrid.sweep, purpose: .grid, name: run.size, ordinal: place),
          run.outcome
        )
      }
    }
  }

  /// Of a run whose settings are no longer known.
  static func rateFactor(of evaluator: EvaluatorIdentity) -> Double? {
    guard case .other(_, let settings) = evaluator else { return nil }
    return settings["rateFactor"].flatMap(Double.init)
  }

  private func key(_ now: RunConditions?) -> RunKey? {
    let names = (losses ?? []).prefix(weights.count).map(\.domain)
    let domains = names.count == weights.count ? Array(names) : now?.domains
    guard let domains, let mixture = Mixture(domains: domains, exactly: weights) else {
      return nil
    }
    var evaluator = Self.unknownTrainer(rateFactor: rateFactor)
    if let now, now.corpus == corpusDigest, now.parameters == parameters,
      var settings = now.evaluator.trainer
    {
      settings.scaleRates(by: rateFactor)
      evaluator = .trainer(settings)
    }
    return RunKey(
      conditions: RunConditions(
        corpus: corpusDigest, domains: domains, size: size, parameters: parameters,
        evaluator: evaluator), mixture: mixture, seed: seed)
  }

  private var outcome: RunOutcome {
    guard let losses else {
      return .diverged(step: 0, reason: "the journal does not say why")
    }
    return .finished(
      RunResult(losses: losses, seconds: seconds, tokensPerSecond: tokensPerSecond))
  }
}
