/// The run that a mixture is for, where it is none of those that look for the mixture: longer, and of more text.
package struct TargetRun: Sendable, Hashable, Codable {
  /// That it trains on.
  package var tokens: Int
  /// Training tokens that each domain has for it, in the order of every mixture; nil where that is the text at hand.
  package var availableTokens: [Int]?

  package init(tokens: Int, availableTokens: [Int]? = nil) {
    self.tokens = tokens
    self.availableTokens = availableTokens
  }
}

/// Runs that go through every domain's text as often as a longer run will.
///
/// A domain of T tokens in a run of D* tokens is gone through w D*/T times at the weight w. A proxy of D tokens goes
/// through it as often where it reads T D/D* of the tokens only. Without that it meets scarce text as if it were new, and
/// prefers mixtures that repeat it too often at the target ("Repetition Mismatch", https://arxiv.org/abs/2606.07597).
package struct EpochMatching: Sendable, Hashable, Codable {
  package var target: TargetRun
  /// Decides which part of a text is read, whatever the seed of a run.
  package var seed: UInt64

  package init(target: TargetRun, seed: UInt64 = 1) {
    self.target = target
    self.seed = seed
  }

  /// The text that a run reads.
  ///
  /// - Parameters:
  ///   - tokens: of the run.
  ///   - available: tokens of each domain at hand.
  /// - Precondition: as many domains as the target has.
  package func subsample(tokens: Int, available: [Int]) -> TextSubsample {
    let text = target.availableTokens ?? available
    precondition(
      text.count == available.count, "expected \(text.count) domains, found \(available.count)")
    return TextSubsample(
      tokens: zip(text, available).map { text, available in
        // What is not read twice even at a weight of one needs no part of it.
        guard text < target.tokens else { return nil }
        let share = min(Double(tokens) / Double(target.tokens), 1)
        let part = (Double(text) * share).rounded()
        return part < Double(available) ? max(Int(part), 1) : nil
      }, seed: seed)
  }

  /// Domains whose text at hand is too short for a run to repeat it as little as the target does: indices.
  package func tooShort(tokens: Int, available: [Int]) -> [Int] {
    guard let text = target.availableTokens else { return [] }
    return available.indices.filter { domain in
      // A run of no other text than this would repeat it more.
      available[domain] < tokens
        && Double(text[domain]) * Double(tokens) > 1.01 * Double(available[domain])
          * Double(target.tokens)
    }
  }
}

/// A part of each domain's text.
package struct TextSubsample: Sendable, Hashable, Codable {
  /// Of each training domain about so many tokens are read; nil for all.
  package var tokens: [Int?]
  /// Decides which. Of two parts with the same seed the smaller is in the larger.
  package var seed: UInt64

  package init(tokens: [Int?], seed: UInt64) {
    self.tokens = tokens
    self.seed = seed
  }
}
