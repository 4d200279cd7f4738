import Mixtures

/// Settings as text, by which runs are told apart: of any trainer.
extension EpochMatching {
  private static let (targetName, textName, seedName) = (
    "matchedTokens", "matchedText", "subsampleSeed"
  )

  package var settings: [String: String] {
    var settings = [Self.targetName: "\(target.tokens)", Self.seedName: "\(seed)"]
    settings[Self.textName] = target.availableTokens.map {
      $0.map { "\($0)" }.joined(separator: ",")
    }
    return settings
  }

  /// - Returns: nil where settings say nothing of it.
  init?(settings: [String: String]) {
    guard let tokens = settings[Self.targetName].flatMap({ Int($0) }), tokens > 0 else {
      return nil
    }
    let text = settings[Self.textName].map { $0.split(separator: ",").compactMap { Int($0) } }
    self.init(
      target: TargetRun(tokens: tokens, availableTokens: text),
      seed: settings[Self.seedName].flatMap { UInt64($0) } ?? 1)
  }
}

extension EvaluatorIdentity {
  /// How its runs repeat text as a longer one will; nil where they read all text. Then a run of another length is
  /// another run, as it reads another part.
  package var matching: EpochMatching? {
    switch self {
    case .trainer(let settings): settings.matching
    case .other(_, let settings): EpochMatching(settings: settings)
    }
  }
}
