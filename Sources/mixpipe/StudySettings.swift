import Foundation
import Mixtures
import Runs
import Storage
import Studies

/// What a study or a comparison is asked to do, each setting by itself. Whoever says one is heard in this order:
/// the flags, the file given with `--config`, what the folder holds already, the defaults.
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
  /// What the factors of products are rounded to.
  var precision: PrecisionChoice?
  /// Tokens of the run that the mixture is for.
  var targetTokens: Int?
  /// Whether runs repeat text as often as that one will.
  var matchEpochs: Bool?
  /// Tokens of a domain there, by name, where the corpus is a sample.
  var available: [String: Double]?
  var subsampleSeed: UInt64?
  // Of comparisons only.
  var replicates: Int?
  var checkpoints: [Int]?
  var checkpointSeeds: Int?
  // Of studies of several sizes only.
  var sizes: [String]?
  var targetSize: String?
  var budget: String?
  /// Two held-out domains whose front is sought.
  var front: [String]?
  /// Shares of a run's length.
  var rungs: [Double]?
  var heldOutTokens: Int?
  // Asked for by nobody, but kept by what a folder holds.
  var batchTokens: Int?

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
  func overriding(_ other: StudySettings?) -> StudySettings {
    guard var merged = other else { return self }
    func take<Value>(_ path: WritableKeyPath<StudySettings, Value?>) {
      if let value = self[keyPath: path] { merged[keyPath: path] = value }
    }
    take(\.corpus)
    // A budget given either way replaces one given the other way, and another size has another.
    let isOfAnotherSize = size != nil && merged.size != nil && size != merged.size
    if tokens != nil || tokensPerParameter != nil || isOfAnotherSize {
      merged.tokens = tokens
      merged.tokensPerParameter = tokensPerParameter
    }
    take(\.size)
    take(\.methods)
    take(\.trials)
    take(\.initialTrials)
    take(\.lag)
    take(\.finalists)
    take(\.confirmationSeeds)
    take(\.seed)
    take(\.targets)
    take(\.objective)
    take(\.guards)
    take(\.constraints)
    take(\.stopWhenSure)
    take(\.learningRate)
    take(\.precision)
    take(\.targetTokens)
    take(\.matchEpochs)
    take(\.available)
    take(\.subsampleSeed)
    take(\.replicates)
    take(\.checkpoints)
    take(\.checkpointSeeds)
    take(\.sizes)
    take(\.targetSize)
    take(\.budget)
    take(\.front)
    take(\.rungs)
    take(\.heldOutTokens)
    take(\.batchTokens)
    return merged
  }

  /// A setting that has a default.
  subscript<Value>(decided path: KeyPath<StudySettings, Value?>) -> Value {
    guard let value = self[keyPath: path] else { preconditionFailure("no default of \(path)") }
    return value
  }

  /// Those that a file may hold.
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case corpus, size, tokensPerParameter, tokens, methods, trials, initialTrials, lag, finalists
    case confirmationSeeds, seed, targets, objective, guards, constraints, stopWhenSure,
      learningRate, precision, targetTokens, matchEpochs, available, subsampleSeed
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

// MARK: - Defaults

extension StudySettings {
  private static let common = StudySettings(
    corpus: "corpora/five", size: "100k", initialTrials: 12, lag: 2, seed: 1)

  /// Of a study. The methods are in the order of its table; those that the corpus does not fit are left out.
  static let study = StudySettings(
    methods: ["bo", "sobol", "uniform", "llama"], trials: 32, finalists: 2, confirmationSeeds: 8
  ).overriding(common)

  /// Of a comparison; its methods are all that the corpus fits.
  static let comparison = StudySettings(
    trials: 64, confirmationSeeds: 6, replicates: 3, checkpointSeeds: 2
  ).overriding(common)

  /// Of a comparison that only tries everything out. Methods that reweigh while a model trains need some twenty
  /// steps to do so at all.
  static let smoke = StudySettings(
    size: "50k", tokens: 6144, trials: 14, initialTrials: 6, confirmationSeeds: 2, replicates: 2,
    checkpointSeeds: 1, heldOutTokens: 512, batchTokens: 256
  ).overriding(comparison)
}

extension StudySettings {
  /// Of a study of several sizes. Its method is not the one that finds a good mixture soonest, but one that
  /// says how sure it is; a run is measured at several rungs, and a small one must not spend most of its time
  /// on that.
  static let sizes = StudySettings(
    methods: ["scale-bo"], rungs: [0.125, 0.25, 0.5, 1], heldOutTokens: 32_768
  ).overriding(common)
}

// MARK: - What a folder holds

extension StudySettings {
  /// What is not said again. The goal is not among it: it is taken over as a whole or not at all.
  init(of study: StudyConfiguration) {
    self.init(of: study, trainer: study.trainer.trainer)
    methods = study.methods.map(\.name)
    finalists = study.finalists
    confirmationSeeds = study.confirmationSeeds
    stopWhenSure = study.stopsWhenSure
    take(study.targetRun, study.trainer.matching, domains: study.domains)
  }

  init(of comparison: ComparisonConfiguration) {
    self.init(of: comparison, trainer: comparison.trainer.trainer)
    methods = comparison.methods
    trials = comparison.trials
    confirmationSeeds = comparison.confirmationSeeds
    replicates = comparison.replicates
    checkpoints = comparison.checkpoints
    checkpointSeeds = comparison.checkpointSeeds
    batchTokens = comparison.trainer.trainer?.batchTokens
    take(comparison.targetRun, comparison.trainer.matching, domains: comparison.domains)
  }

  init(of study: FidelityStudyConfiguration) {
    let asked = study.trainer.asked
    self.init(
      corpus: study.corpus, tokensPerParameter: asked.tokensPerParameter, tokens: asked.tokens,
      methods: [study.method], lag: study.lag, confirmationSeeds: study.confirmationRuns,
      seed: study.seed, learningRate: asked.learningRate,
      sizes: study.grid.levels.map { $0[0].scale.size }, targetSize: study.targetScale.size,
      budget: study.budgetText, rungs: asked.rungs,
      heldOutTokens: study.trainer.sizes.values.first?.trainer?.heldOutTokens)
    front = study.front
    take(study.targetRun, study.matching, domains: study.domains)
  }

  private mutating func take(
    _ run: TargetRun?, _ matching: EpochMatching?, domains: [String]
  ) {
    targetTokens = run?.tokens
    available = run?.availableTokens.map { text in
      Dictionary(zip(domains, text.map(Double.init)), uniquingKeysWith: { $1 })
    }
    matchEpochs = matching == nil ? nil : true
    subsampleSeed = matching?.seed
  }

  private init(of search: some SearchConfiguration, trainer: TrainerSettings?) {
    self.init(
      corpus: search.corpus, size: search.scale.size, tokens: search.scale.tokens,
      initialTrials: search.initialTrials, lag: search.lag, seed: search.seed,
      learningRate: trainer?.learningRate, precision: PrecisionChoice(trainer),
      heldOutTokens: trainer?.heldOutTokens)
  }
}
