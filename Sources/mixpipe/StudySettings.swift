import Foundation
import Mixtures
import Storage
import Studies

/// What a study is asked to do: the file given with `--config`, the flags, or both. Everything is
/// optional; what nobody says comes from the defaults.
struct StudySettings: Codable, Equatable {
  var corpus: String?
  var size: String?
  var tokensPerParameter: Double?
  var tokens: Int?
  var methods: [String]?
  var trials: Int?
  var initialTrials: Int?
  var lag: Int?
  var finalists: Int?
  var confirmationSeeds: Int?
  var seed: UInt64?
  /// Held-out domains that count, and how much; they need not be training domains.
  var targets: [Target]?
  /// What is minimized, as `--objective` has it; the targets may be named in it.
  var objective: String?
  /// Losses not to be exceeded, as `--guard` has them.
  var guards: [String]?
  /// Conditions on mixtures, as `--constrain` has them.
  var constraints: [String]?
  var stopWhenSure: Bool?
  var learningRate: Double?

  struct Target: Codable, Equatable {
    var domain: String
    var weight: Double
  }

  /// Reads a configuration file; a key that is not known is an error, not ignored.
  static func read(from path: String) throws -> StudySettings {
    let keys = try decodeDocument([String: AnyValue].self, at: path).keys.sorted()
    let known = CodingKeys.allCases.map(\.stringValue)
    for key in keys where !known.contains(key) {
      throw StudySettingsError.unknownKey(path: path, key: key, known: known)
    }
    return try decodeDocument(StudySettings.self, at: path)
  }

  /// What is said here, and for the rest what `other` says.
  func overriding(_ other: StudySettings) -> StudySettings {
    var merged = other
    if let corpus { merged.corpus = corpus }
    if let size { merged.size = size }
    // A budget given either way replaces one given the other way.
    if tokens != nil || tokensPerParameter != nil {
      merged.tokens = tokens
      merged.tokensPerParameter = tokensPerParameter
    }
    if let methods { merged.methods = methods }
    if let trials { merged.trials = trials }
    if let initialTrials { merged.initialTrials = initialTrials }
    if let lag { merged.lag = lag }
    if let finalists { merged.finalists = finalists }
    if let confirmationSeeds { merged.confirmationSeeds = confirmationSeeds }
    if let seed { merged.seed = seed }
    if let targets { merged.targets = targets }
    if let objective { merged.objective = objective }
    if let guards { merged.guards = guards }
    if let constraints { merged.constraints = constraints }
    if let stopWhenSure { merged.stopWhenSure = stopWhenSure }
    if let learningRate { merged.learningRate = learningRate }
    return merged
  }

  private enum CodingKeys: String, CodingKey, CaseIterable {
    case corpus, size, tokensPerParameter, tokens, methods, trials, initialTrials, lag, finalists
    case confirmationSeeds, seed, targets, objective, guards, constraints, stopWhenSure,
      learningRate
  }

  /// Any JSON at all: only its key matters.
  private struct AnyValue: Decodable {
    init(from decoder: any Decoder) {}
  }
}

enum StudySettingsError: Error, CustomStringConvertible {
  case unknownKey(path: String, key: String, known: [String])

  var description: String {
    switch self {
    case .unknownKey(let path, let key, let known):
      "\(path): unknown setting '\(key)'; the settings are \(known.joined(separator: ", "))"
    }
  }
}
