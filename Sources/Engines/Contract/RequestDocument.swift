import Foundation
import Mixtures
import Runs
import Storage

/// `request.json`: all that a trainer need know of a run. The schema is in the documentation.
package struct RequestDocument: Sendable, Codable {
  package static let currentVersion = 1

  /// The mixture as a file for the trainer's own data loader.
  package struct Blend: Sendable, Codable {
    package var format: String
    /// Its name in the folder.
    package var file: String
  }

  package struct Measure: Sendable, Codable {
    package var name: String
    package var better: String
  }

  package var version = currentVersion
  package var run: Int
  package var attempt: Int
  package var domains: [String]
  /// Shares of the training tokens; they sum to one.
  package var weights: [Double]
  package var size: String
  package var parameters: Int
  /// Train up to so many, counted from the run's beginning.
  package var tokens: Int
  /// Where the run was paused; nil for one that begins.
  package var from: Int?
  /// Tokens at which it is measured, ascending.
  package var measures: [Int]
  /// Tokens at which it may be paused and measured, now or later, ascending.
  package var ladder: [Int]
  package var seed: UInt64
  /// Of each domain the tokens of its text that the run may read, which it repeats as often as the run will that its
  /// mixture is for; null where it reads all. Nil where every run reads all text.
  package var textLimits: [Int?]?
  /// Decides which part: the same for all runs, a shorter one's part the beginning of a longer one's.
  package var subsampleSeed: UInt64?
  /// What is measured, by name.
  package var heldOut: [Measure]
  package var blend: Blend?
  /// Of mixpipe's, where there is one.
  package var corpus: String?
  /// Where to keep what the run could go on from.
  package var checkpoint: String?
  /// What an earlier attempt kept, or the part of the run before this; nil where there is nothing.
  package var continues: String?
  /// Seconds after which it is stopped.
  package var timeLimit: Double?
  /// For the built-in trainer: what its results depend on besides.
  package var conditions: RunConditions
  package var procedure: TrainingProcedure?
  package var length: Int?

  package init(
    _ attempt: RunAttempt, data: TrainingData, blend: Blend?, checkpoint: String?,
    continues: String?, timeLimit: Double?
  ) {
    let request = attempt.request
    run = request.id
    self.attempt = attempt.number
    domains = request.mixture.domains
    weights = request.mixture.weights
    size = request.scale.size
    parameters = request.scale.parameters
    tokens = request.to
    from = request.from
    measures = request.measures
    ladder = request.ladder
    seed = request.seed
    if let matching = request.key.conditions.evaluator.matching {
      textLimits =
        matching.subsample(tokens: request.key.length!, available: data.availableTokens).tokens
      subsampleSeed = matching.seed
    }
    heldOut = data.measures.map {
      Measure(name: $0.name, better: $0.isHigherBetter ? "higher" : "lower")
    }
    self.blend = blend
    corpus = data.corpus
    self.checkpoint = checkpoint
    self.continues = continues
    self.timeLimit = timeLimit
    conditions = request.key.conditions
    procedure = request.key.procedure
    length = request.key.length
  }

  /// - Throws: ``ContractError/badRequest(path:reason:)``, `StorageError`.
  package static func read(in folder: AttemptFolder) throws -> RequestDocument {
    guard fileExists(folder.request) else {
      throw ContractError.badRequest(path: folder.path, reason: "found no request.json")
    }
    let document = try decodeDocument(RequestDocument.self, at: folder.request)
    guard document.version == currentVersion else {
      throw StorageError.unsupportedVersion(
        path: folder.request, found: document.version, expected: currentVersion)
    }
    return document
  }

  /// The attempt that it asks for.
  ///
  /// - Throws: ``ContractError/badRequest(path:reason:)`` where rungs or weights do not fit together.
  package func request(in folder: AttemptFolder) throws(ContractError) -> RunRequest {
    guard let mixture = Mixture(domains: domains, exactly: weights),
      conditions.domains == domains, measures.last == tokens, ladder.contains(tokens),
      zip(measures, measures.dropFirst()).allSatisfy(<),
      zip(ladder, ladder.dropFirst()).allSatisfy(<),
      length != nil || !RunKey.needsLength(procedure, conditions)
    else {
      throw .badRequest(
        path: folder.request, reason: "found weights or rungs that do not fit together")
    }
    return RunRequest(
      id: run,
      key: RunKey(
        conditions: conditions, mixture: mixture, seed: seed, procedure: procedure,
        length: length), from: from, to: tokens, measures: measures, ladder: ladder)
  }
}
