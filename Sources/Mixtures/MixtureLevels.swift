/// Domains in two levels, as their names have them: `web/health` and `web/news` are topics of the source
/// `web`. A name without a slash is a source of one topic.
package struct MixtureLevels: Sendable, Hashable {
  /// In the order in which they first occur.
  package let sources: [String]
  /// For each source, its domains' places.
  package let members: [[Int]]

  package init(_ domains: [String]) {
    var sources: [String] = []
    var members: [[Int]] = []
    for (index, domain) in domains.enumerated() {
      let source = Self.source(of: domain)
      if let place = sources.firstIndex(of: source) {
        members[place].append(index)
      } else {
        sources.append(source)
        members.append([index])
      }
    }
    self.sources = sources
    self.members = members
  }

  /// Whether any source has several topics, and there are several sources: whether the levels differ.
  package var areTwo: Bool { sources.count > 1 && members.contains { $0.count > 1 } }

  package static func source(of domain: String) -> String {
    guard let slash = domain.firstIndex(of: "/"), slash > domain.startIndex else { return domain }
    return String(domain[..<slash])
  }

  /// The places of what a name stands for: the domain called so, or all that begin with it and a slash.
  package static func places(of name: String, in domains: [String]) -> [Int] {
    if let index = domains.firstIndex(of: name) { return [index] }
    return domains.indices.filter { domains[$0].hasPrefix(name + "/") }
  }

  /// What names may stand for besides domains: `a` and `a/b` where there is `a/b/c`.
  package static func parents(of domains: [String]) -> [String] {
    var found: [String] = []
    for domain in domains {
      for index in domain.indices where domain[index] == "/" && index > domain.startIndex {
        let parent = String(domain[..<index])
        if !found.contains(parent), !domains.contains(parent) { found.append(parent) }
      }
    }
    return found
  }

  /// Each source's share.
  package func shares(of weights: [Double]) -> [Double] {
    members.map { $0.reduce(0) { $0 + weights[$1] } }
  }
}
