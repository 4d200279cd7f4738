import Mixtures

extension StudyReport {
  /// Each source's share in a mixture of domains in two levels, such as web/health and web/news; nil where
  /// there is one level.
  static func sources(of mixture: Mixture) -> String? {
    let levels = MixtureLevels(mixture.domains)
    guard levels.areTwo else { return nil }
    let shares = zip(levels.sources, levels.shares(of: mixture.weights)).map {
      "\($0) \(Format.share($1))"
    }
    return "By source: " + shares.joined(separator: ", ") + "."
  }
}
