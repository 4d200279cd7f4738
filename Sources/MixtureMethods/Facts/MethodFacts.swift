/// Where a method comes from, and how what is built here differs from what its authors have.
package struct MethodFacts: Sendable, Hashable, Codable {
  package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// Chooses mixtures at one size.
    case oneSize = "one size"
    /// Chooses size and length too.
    case severalSizes = "several sizes"
  }

  package struct Parameter: Sendable, Hashable, Codable {
    package var name: String
    package var value: String
  }

  /// The name in commands; with the kind it is the only one of its sort.
  package var name: String
  package var kind: Kind
  /// What it is, in one sentence.
  package var summary: String
  /// The publication; nil for what is our own.
  package var source: String?
  /// Repository, version and files that were read; nil where nothing is public, or there is nothing to read.
  package var read: String?
  package var parameters: [Parameter]
  /// What differs from the authors; empty where nothing that was found does.
  package var deviations: [String]
  /// What shows that it is the authors' method; or why nothing does.
  package var check: String

  init(
    _ name: String, source: String? = nil, read: String? = nil,
    parameters: [(String, String)] = [], deviations: [String] = [], check: String
  ) {
    self.name = name
    kind = .oneSize
    summary = ""
    self.source = source
    self.read = read
    self.parameters = parameters.map { Parameter(name: $0.0, value: $0.1) }
    self.deviations = deviations
    self.check = check
  }

  /// Of every method, in the order of the catalogues: one size, then several.
  package static let all: [MethodFacts] = {
    func listed(_ kind: Kind, _ names: [(name: String, summary: String)], _ facts: [MethodFacts])
      -> [MethodFacts]
    {
      names.map { name, summary in
        var found =
          facts.first { $0.name == name }
          ?? MethodFacts(name, check: "not written down yet")
        found.kind = kind
        found.summary = summary
        return found
      }
    }
    return listed(.oneSize, methodNames, models + regressions + online + fixed)
      + listed(.severalSizes, fidelityMethodNames, severalSizes)
  }()
}
