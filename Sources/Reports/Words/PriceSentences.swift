import Foundation

/// What the domains that an objective does not count pay for its gain, in sentences.
struct PriceSentences {
  private(set) var sentences: [String] = []
  /// Whether any pays for certain.
  let hasPrice: Bool

  /// - Parameters:
  ///   - others: how each loss differs, and whether its interval leaves out zero.
  ///   - comparisons: for how many the intervals hold together.
  init(
    _ others: [(domain: String, mean: Double, isCertain: Bool)], against reference: String,
    comparisons: Int
  ) {
    let paying = others.filter { $0.mean > 0 && $0.isCertain }.sorted { $0.mean > $1.mean }
    let gaining = others.filter { $0.mean < 0 && $0.isCertain }.sorted { $0.mean < $1.mean }
    let unclear = others.filter { !$0.isCertain }
    let certainty = "(\(intervalWords(of: comparisons)))"
    hasPrice = !paying.isEmpty
    if others.isEmpty {
      sentences.append("The objective counts every held-out domain.")
    } else if paying.isEmpty {
      sentences.append("No other held-out domain pays for it for certain \(certainty).")
    } else {
      sentences.append("The price against \(reference) \(certainty): \(Self.list(paying)).")
    }
    if !gaining.isEmpty { sentences.append("Better as well: \(Self.list(gaining)).") }
    // What may be large is said, however unsure.
    if !unclear.isEmpty {
      let sorted = unclear.sorted { $0.mean > $1.mean }
      sentences.append("Not certain: \(Self.list(sorted)).")
    }
  }

  private static func list(_ entries: [(domain: String, mean: Double, isCertain: Bool)]) -> String {
    let named = entries.prefix(6).map { entry -> String in
      // A nat or so is beyond what most have a feeling for; perplexity is its exponential.
      let factor =
        entry.mean > 0.5 ? " (perplexity × \(Format.number(exp(entry.mean), 1)))" : ""
      return "\(entry.domain) \(Format.difference(entry.mean))\(factor)"
    }
    let rest = entries.count - named.count
    return named.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }
}
