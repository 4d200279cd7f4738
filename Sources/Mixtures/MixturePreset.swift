/// Mixtures that need no search.
package enum MixturePreset: String, Sendable, CaseIterable, Codable {
  /// The same share for every domain.
  case uniform
  /// In proportion to the training tokens that each domain has.
  case natural
  /// LLaMA's published weights, folded onto five domains as Lindenau does.
  case llama

  /// Books, Common Crawl, The Stack, peS2o and Reddit in Lindenau's *Bayesian Optimization for
  /// Mixture Optimization in Language Models?*, configuration `baselines_llama_weights`.
  private static let llamaWeights: [(domains: [String], weight: Double)] = [
    (["books"], 0.049_723_757),
    (["web", "news"], 0.740_331_492),
    (["code"], 0.071_823_204),
    (["papers"], 0.027_624_309),
    (["chat"], 0.110_497_238),
  ]

  package func mixture(
    over domains: [String], availableTokens: [Int]
  ) throws(MixtureError) -> Mixture {
    switch self {
    case .uniform:
      return .uniform(over: domains)
    case .natural:
      return Mixture(domains: domains, proportionalTo: availableTokens.map(Double.init))
    case .llama:
      var weights = [Double](repeating: 0, count: domains.count)
      var missing: [String] = []
      for (names, weight) in Self.llamaWeights {
        if let index = domains.firstIndex(where: names.contains) {
          weights[index] = weight
        } else {
          missing.append(names[0])
        }
      }
      guard missing.isEmpty else {
        throw .unsupportedPreset(name: rawValue, missing: missing)
      }
      return Mixture(domains: domains, proportionalTo: weights)
    }
  }
}
