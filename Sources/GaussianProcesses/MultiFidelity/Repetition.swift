import Foundation

/// What text counts that a run has read before.
///
/// Tokens of a domain beyond its text count less and less: U of them read e times over are as good as U (1 + R (1 -
/// exp(-(e - 1) / R))) new ones (Muennighoff et al., [Scaling Data-Constrained Language
/// Models](https://arxiv.org/abs/2305.16264), equation 5).
package struct Repetition: Sendable, Hashable {
  /// Of each domain its text, in tokens of a run of the target, k.
  package var text: [Double]
  /// R: repetitions after which more are worth little.
  package var decay: Double

  /// Those to choose from: what Muennighoff et al. found, and less, as of code and math, and of text that small models
  /// soon know by heart. The middle one where runs do not tell.
  static let decays = [15.39, 5, 2]

  package init(text: [Double], decay: Double = decays[1]) {
    self.text = text
    self.decay = decay
  }

  /// - Returns: nil where the text is not known, or none would be read twice.
  init?(_ data: ScaleData) {
    guard let available = data.availableTokens else { return nil }
    let longest = data.runs.reduce(data.target.tokens) { max($0, $1.tokens[$1.tokens.count - 1]) }
    guard available.contains(where: { $0 < longest }) else { return nil }
    self.init(text: available.map { $0 / data.target.tokens })
  }

  /// Weights as if all text were new, which sum to less than one: a run's tokens of each domain that count, over its
  /// tokens.
  package func effective(_ weights: [Double], at cell: ScaleCell) -> [Double] {
    let run = exp(-cell.length)
    return weights.indices.map { j in
      let epochs = weights[j] * run / text[j]
      guard epochs > 1 else { return weights[j] }
      return text[j] / run * (1 + decay * (1 - exp(-(epochs - 1) / decay)))
    }
  }
}
