import Mixtures
import Spelling

/// How domains of earlier runs have become those of now: split, merged or dropped. What is not named is
/// what it was, and what is new had no weight.
package struct DomainMap: Sendable, Hashable {
  package struct Entry: Sendable, Hashable {
    var before: [String]
    var parts: [Part]
  }

  struct Part: Sendable, Hashable {
    var domain: String
    /// Of the text that the earlier domain had; they sum to one.
    var share: Double
  }

  let entries: [Entry]
  /// Splits whose shares nobody said.
  let assumed: [String]

  /// Reads `web=web_hq+web_lq`, `web=0.3*web_hq+0.7*web_lq`, `fiction+essays=books` and `forum=`.
  ///
  /// - Throws: ``DomainMapError``.
  package init(parsing texts: [String]) throws(DomainMapError) {
    var entries: [Entry] = []
    var assumed: [String] = []
    for text in texts {
      guard let sides = NameSyntax.split(text, onLast: { $0 == "=" }),
        let before = NameSyntax.sum(sides.before)
      else { throw .malformed(text: text) }
      var parts: [Part] = []
      if !NameSyntax.trimmed(sides.after).isEmpty {
        guard let words = NameSyntax.sum(sides.after) else { throw .malformed(text: text) }
        let read = words.map(Self.part)
        let told = read.compactMap(\.share)
        let sum = told.reduce(0, +)
        guard told.isEmpty || (told.count == read.count && told.allSatisfy { $0 >= 0 } && sum > 0)
        else { throw .malformed(text: text) }
        if told.isEmpty, read.count > 1 { assumed.append(before.joined(separator: "+")) }
        parts = read.map { name, share in
          Part(domain: name, share: share.map { $0 / sum } ?? 1 / Double(read.count))
        }
      }
      entries.append(Entry(before: before, parts: parts))
    }
    self.entries = entries
    self.assumed = assumed
  }

  /// `0.3*web_hq`, or a name alone.
  private static func part(_ text: String) -> (name: String, share: Double?) {
    if let star = text.firstIndex(of: "*"), let share = Double(text[..<star]) {
      let name = NameSyntax.trimmed(text[text.index(after: star)...])
      return (NameSyntax.name(name) ?? name, share)
    }
    return (text, nil)
  }

  func entry(of domain: String) -> Entry? { entries.first { $0.before.contains(domain) } }

  /// Where an earlier domain's weight goes; nil for one of which nothing is known.
  func parts(of domain: String, among domains: [String]) -> [Part]? {
    if let entry = entry(of: domain) { return entry.parts }
    return domains.contains(domain) ? [Part(domain: domain, share: 1)] : nil
  }
}

package enum DomainMapError: Error, Equatable, CustomStringConvertible {
  case malformed(text: String)
  case unknown(domain: String, known: [String])
  case unplaced(domain: String, domains: [String])
  case unused(domain: String, known: [String])

  package var description: String {
    switch self {
    case .malformed(let text):
      "found '--map \(text)', expected one such as 'web=web_hq+web_lq', 'web=0.3*web_hq+0.7*web_lq', "
        + "'fiction+essays=books' or 'forum='"
    case .unknown(let domain, let known):
      "found '\(domain)' in '--map', "
        + (nearestName(to: domain, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "expected the domains of now: \(known.joined(separator: ", "))"
    case .unplaced(let domain, let domains):
      "the earlier runs have the domain '\(domain)', which is none of \(domains.joined(separator: ", ")); "
        + "say what became of it with --map '\(domain)=…', or --map '\(domain)=' where it was dropped"
    case .unused(let domain, let known):
      "found '\(domain)' in '--map', "
        + (nearestName(to: domain, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "expected a domain of the earlier runs: \(known.joined(separator: ", "))"
    }
  }
}
