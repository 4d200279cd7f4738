import Foundation
import Spelling
import Storage

/// What a trainer's mixtures are of, and what it measures: a corpus of mixpipe's, or names that the user gives.
package struct TrainingData: Sendable, Hashable, Codable {
  /// Something to train on.
  package struct Domain: Sendable, Hashable, Codable {
    package var name: String
    /// Training tokens that there are; nil where nobody says.
    package var tokens: Double?
    /// Mean tokens of a document, for formats that draw documents.
    package var documentTokens: Double?
    /// Where its text lies, for formats that name paths.
    package var paths: [String] = []

    package init(
      name: String, tokens: Double? = nil, documentTokens: Double? = nil, paths: [String] = []
    ) {
      self.name = name
      self.tokens = tokens
      self.documentTokens = documentTokens
      self.paths = paths
    }
  }

  /// A number that every run gives: a held-out loss, or another measure.
  package struct Measure: Sendable, Hashable, Codable {
    package var name: String
    /// Of an accuracy, say: the journal then keeps its negative, as all that it keeps is minimized.
    package var isHigherBetter = false

    package init(name: String, isHigherBetter: Bool = false) {
      self.name = name
      self.isHigherBetter = isHigherBetter
    }
  }

  /// What people are told: a folder, a file, or `given by name`.
  package var name: String
  /// The corpus's folder; nil where there is none.
  package var corpus: String?
  package var domains: [Domain]
  package var measures: [Measure]
  /// Results compare only at equal digests.
  package var digest: String

  /// A corpus of mixpipe's.
  package init(
    corpus: String, digest: String, domains: [Domain], heldOut: [String]
  ) {
    name = corpus
    self.corpus = corpus
    self.domains = domains
    measures = heldOut.map { Measure(name: $0) }
    self.digest = digest
  }

  /// Names alone.
  ///
  /// - Parameter measures: the domains themselves if empty.
  /// - Throws: ``ContractError/badData(path:reason:)`` where a name is missing or there twice.
  package init(
    name: String, domains: [Domain], measures: [Measure] = []
  ) throws(ContractError) {
    self.name = name
    self.domains = domains
    self.measures = measures.isEmpty ? domains.map { Measure(name: $0.name) } : measures
    func requireEachOnce(_ names: [String], _ what: String) throws(ContractError) {
      guard !names.isEmpty else {
        throw .badData(path: name, reason: "found no \(what), expected one at least")
      }
      for (index, found) in names.enumerated() {
        guard !found.isEmpty, !names[..<index].contains(found) else {
          throw .badData(
            path: name,
            reason: found.isEmpty
              ? "found an empty name of a \(what)" : "found the \(what) '\(found)' twice")
        }
      }
    }
    try requireEachOnce(domains.map(\.name), "domain")
    try requireEachOnce(self.measures.map(\.name), "measure")
    struct Identity: Encodable {
      var domains: [String]
      var tokens: [Double?]
      var measures: [Measure]
    }
    // Where the text lies does not count: it may be moved.
    let identity = Identity(
      domains: domains.map(\.name), tokens: domains.map(\.tokens), measures: self.measures)
    digest = SHA256.hexadecimal(of: (try? encodeLine(identity)) ?? Data())
  }

  /// Stands for sizes that nobody gave: as good as endless.
  package static let unknownTokens = 1 << 50

  /// In the order of every mixture.
  package var availableTokens: [Int] {
    domains.map { $0.tokens.map { Int(min($0, 1e15)) } ?? Self.unknownTokens }
  }

  package var knowsSizes: Bool { domains.allSatisfy { $0.tokens != nil } }
}

extension TrainingData {
  /// Reads `{"domains": [{"name": "books", "tokens": 12e9, "paths": […]}, …], "heldOut": ["books", …]}`.
  ///
  /// A domain may be its name alone; what is measured may be `{"name": "arc", "better": "higher"}`.
  ///
  /// - Throws: ``ContractError/badData(path:reason:)`` for a field that is missing, unknown or of another
  ///   kind; `StorageError`.
  package static func read(at path: String) throws -> TrainingData {
    let fields = try ContractFields(file: path, wrong: { .badData(path: path, reason: $0) })
    try fields.allowOnly(["domains", "heldOut", "description"])
    func paths(of domain: ContractFields) throws(ContractError) -> [String] {
      guard let path = try domain.optionalString("path") else { return try domain.strings("paths") }
      return [path]
    }
    let domains = try fields.list("domains").map { element throws(ContractError) -> Domain in
      if case .string(let name) = element { return Domain(name: name) }
      let domain = try fields.inside(element, "domains")
      try domain.allowOnly(["name", "tokens", "documentTokens", "path", "paths"])
      return Domain(
        name: try domain.string("name"), tokens: try domain.optionalPositive("tokens"),
        documentTokens: try domain.optionalPositive("documentTokens"),
        paths: try paths(of: domain))
    }
    let measures = try fields.optionalList("heldOut").map {
      element throws(ContractError) -> Measure in
      if case .string(let name) = element { return Measure(name: name) }
      let measure = try fields.inside(element, "heldOut")
      try measure.allowOnly(["name", "better"])
      let said = try measure.optionalString("better")
      let better = said ?? "lower"
      guard ["lower", "higher"].contains(better) else {
        throw .badData(
          path: path, reason: "found \"better\": \"\(better)\", expected lower or higher")
      }
      return Measure(name: try measure.string("name"), isHigherBetter: better == "higher")
    }
    return try TrainingData(name: path, domains: domains, measures: measures)
  }
}
