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
    over domains: [String], availableTokens: [Int]?
  ) throws(MixtureError) -> Mixture {
    switch self {
    case .uniform:
      return .uniform(over: domains)
    case .natural:
      guard let availableTokens else { throw .unknownTokens }
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
      if missing.isEmpty { return Mixture(domains: domains, proportionalTo: weights) }
      if let mixture = Self.llamaBySource(over: domains) { return mixture }
      throw .unsupportedPreset(name: rawValue, missing: missing)
    }
  }

  /// LLaMA's sources with their shares in per cent (Touvron et al., [LLaMA](https://arxiv.org/abs/2302.13971),
  /// table 1) and what domains of that kind are called; the first that fits counts. LLaMA has no
  /// conversations: they get the ten per cent that Lindenau gives Reddit.
  private static let sources: [(names: [String], share: Double)] = [
    (["stackexchange", "stackoverflow"], 2), (["c4"], 15),
    (["commoncrawl", "pilecc", "web", "crawl", "news"], 67), (["wiki"], 4.5),
    (["book", "gutenberg"], 4.5), (["arxiv", "paper", "pes2o", "scien"], 2.5),
    (["code", "github", "stack"], 4.5), (["chat", "reddit", "forum"], 10),
  ]

  /// LLaMA's shares for domains told by their names, those of one source in equal parts; nothing for a
  /// domain that LLaMA has no source for. Nil without any text from the web, most of LLaMA's.
  private static func llamaBySource(over domains: [String]) -> Mixture? {
    let kinds = domains.map { domain -> Int? in
      let name = domain.lowercased().filter { $0.isLetter || $0.isNumber }
      return sources.firstIndex { $0.names.contains(where: name.contains) }
    }
    guard kinds.contains(1) || kinds.contains(2) else { return nil }
    let weights = kinds.map { kind in
      kind.map { kind in sources[kind].share / Double(kinds.count { $0 == kind }) } ?? 0
    }
    return Mixture(domains: domains, proportionalTo: weights)
  }
}
