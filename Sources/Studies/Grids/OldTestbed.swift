import Mixtures
import Runs
import Storage

/// A line of a testbed's `runs.jsonl`, as testbeds kept their runs before a folder had one journal for all
/// commands.
struct OldTestbedRun: Decodable {
  struct Rung: Decodable {
    var tokens: Int
    var outcome: RunOutcome
    var tokensSeen: [Int]
    var epochs: [Double]
    var seconds: Double
    var operations: Double
  }

  /// Size, place among the mixtures from 1, seed.
  var run: String
  var size: String
  var parameters: Int
  var seed: UInt64
  var mixture: Mixture
  var corpusDigest: String
  var trainer: EvaluatorIdentity
  var rungs: [Rung]

  /// The journal's runs, in its order.
  static func read(
    at path: String
  ) throws -> [(request: RunRequest, claim: RunClaim, outcomes: [RungOutcome])] {
    try LineJournal.read(OldTestbedRun.self, at: path).enumerated().compactMap { place, run in
      let tokens = run.rungs.map(\.tokens)
      guard let last = tokens.last, zip(tokens, tokens.dropFirst()).allSatisfy(<) else {
        throw StorageError.corruptLine(
          path: path, line: place + 1, reason: "rungs that do not ascend")
      }
      let conditions = RunConditions(
        corpus: run.corpusDigest, domains: run.mixture.domains, size: run.size,
        parameters: run.parameters, evaluator: run.trainer)
      return (
        RunRequest(
          key: RunKey(conditions: conditions, mixture: run.mixture, seed: run.seed), to: last,
          measures: tokens, ladder: tokens),
        RunClaim(plan: RunGrid.testbed, purpose: .grid, name: run.run, ordinal: place),
        run.outcomes
      )
    }
  }

  /// Up to a divergence.
  private var outcomes: [RungOutcome] {
    var result: [RungOutcome] = []
    for rung in rungs {
      var outcome = rung.outcome
      if case .finished(var found) = outcome {
        found.tokensSeen = rung.tokensSeen
        found.epochs = rung.epochs
        found.seconds = rung.seconds
        found.operations = rung.operations
        outcome = .finished(found)
      }
      result.append(RungOutcome(tokens: rung.tokens, outcome: outcome))
      if outcome.hasDiverged { break }
    }
    return result
  }
}
