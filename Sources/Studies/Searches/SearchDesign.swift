import MixtureMethods
import Mixtures
import Runs

/// Searches over mixtures at one size and length, and what is trained again of what they find: a study's or
/// a comparison's.
struct SearchDesign: Sendable {
  /// What a search hands over.
  enum Handover: Sendable {
    /// Its few best mixtures.
    case finalists(Int)
    /// Its one best mixture, and what that would have been after so many trials. Kept as notes, with what
    /// the method's model says of it.
    case picks(checkpoints: [Int])
  }

  struct Method: Sendable {
    var name: String
    /// What its search may spend, in runs at a fixed mixture: references, experts and probes count.
    var budget: Int
  }

  struct Replicate: Sendable {
    /// Nil where there is one only.
    var number: Int?
    /// Of its search's runs.
    var seed: UInt64
  }

  typealias MethodMaker =
    @Sendable (_ method: Method, _ replicate: Int) throws -> any MixtureMethod

  /// As claims have it.
  var plan: String
  var conditions: RunConditions
  var tokens: Int
  var objective: Objective
  var methods: [Method]
  var replicates: [Replicate]
  /// Proposal n knows exactly the outcomes of trials 0 … n - lag.
  var lag: Int
  var handover: Handover
  /// Seeds that no search has seen.
  var freshSeeds: [UInt64]
  /// How many of them what is handed over at a checkpoint is trained with.
  var checkpointSeeds = 0
  /// A search ends before its budget does, once what it could still gain is below the noise of a mean over
  /// the fresh seeds, but not before so many trials; nil where it does not.
  var stopsWhenSureAfter: Int?
  var makeMethod: MethodMaker

  /// What is trained again of one search, in the order in which it is asked for.
  var places: [(rank: Int, checkpoint: Int?, seeds: Int)] {
    switch handover {
    case .finalists(let count):
      return (0..<count).map { ($0, nil, freshSeeds.count) }
    case .picks(let checkpoints):
      return checkpoints.enumerated().map { ($0.offset + 1, $0.element, checkpointSeeds) }
        + [(0, nil, freshSeeds.count)]
    }
  }
}
