/// How much text each domain has for a run, as far as somebody said.
package struct KnownText: Sendable, Hashable {
  /// Tokens of each domain, in the order of every mixture; nil where nobody said: such text is never read twice.
  package let tokens: [Int?]

  package init(_ tokens: [Int?]) { self.tokens = tokens }

  /// The same where all are known: what text comes in, the natural mixture.
  package var all: [Int]? {
    let known = tokens.compactMap { $0 }
    return known.count == tokens.count ? known : nil
  }

  /// The same for what counts epochs: more than any run reads where nobody said.
  package var limits: [Int] { tokens.map { $0 ?? Self.endless } }

  private static let endless = 1_000_000_000_000_000_000

  /// How often a run goes through each domain's text; nil where nobody said how much there is.
  package func epochs(of weights: [Double], runTokens: Double) -> [Double?] {
    zip(weights, tokens).map { weight, tokens in tokens.map { weight * runTokens / Double($0) } }
  }
}
