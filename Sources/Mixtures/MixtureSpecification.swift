import Spelling

/// A mixture as somebody writes it, before the domains of a corpus are known: `books=0.3,code=0.7`,
/// names with signs in quotes (`"web, old"=0.3`), or the name of a preset (`uniform`, `natural`, `llama`).
package enum MixtureSpecification: Sendable, Hashable {
  case preset(MixturePreset)
  case weights([Entry])

  package struct Entry: Sendable, Hashable {
    package var domain: String
    package var weight: Double

    package init(domain: String, weight: Double) {
      self.domain = domain
      self.weight = weight
    }
  }

  package init(parsing text: String) throws(MixtureError) {
    if let preset = MixturePreset(rawValue: text) {
      self = .preset(preset)
      return
    }
    if let nearest = nearestName(to: text, in: MixturePreset.allCases.map(\.rawValue)) {
      throw .unknownPreset(name: text, nearest: nearest)
    }
    var entries: [Entry] = []
    for part in NameSyntax.split(text, on: ",") {
      guard let sides = NameSyntax.split(part, onLast: { $0 == "=" }),
        let domain = NameSyntax.name(sides.before), !domain.isEmpty,
        let weight = Double(NameSyntax.trimmed(sides.after))
      else { throw .malformed(entry: NameSyntax.trimmed(part)) }
      guard weight >= 0, weight.isFinite else {
        throw .invalidWeight(domain: domain, weight: weight)
      }
      guard !entries.contains(where: { $0.domain == domain }) else {
        throw .duplicate(domain: domain)
      }
      entries.append(Entry(domain: domain, weight: weight))
    }
    // A sum can be judged before any corpus is opened.
    let sum = entries.reduce(0) { $0 + $1.weight }
    guard abs(sum - 1) <= 1e-3 + 1e-12 else { throw .sum(sum) }
    self = .weights(entries)
  }

  /// The mixture over these domains; those that are not named get no weight.
  ///
  /// - Parameter availableTokens: training tokens of each domain, for the preset `natural`; nil where nobody knows.
  package func resolved(
    over domains: [String], availableTokens: [Int]?
  ) throws(MixtureError) -> Mixture {
    switch self {
    case .preset(let preset):
      return try preset.mixture(over: domains, availableTokens: availableTokens)
    case .weights(let entries):
      var weights = [Double](repeating: 0, count: domains.count)
      for entry in entries {
        guard let index = domains.firstIndex(of: entry.domain) else {
          throw .unknown(domain: entry.domain, known: domains)
        }
        weights[index] = entry.weight
      }
      return try Mixture(domains: domains, weights: weights)
    }
  }
}
