import Foundation
import Storage

/// What a corpus is made of, as kept in `corpora/*.json`.
package struct CorpusManifest: Codable, Equatable, Sendable {
  /// How the text comes to be.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Fetched: each domain has `sources`.
    case packages
    /// Made inside the program; the rest of the file is the generator's own to decode.
    case synthetic
  }

  package let kind: Kind
  package let name: String
  package let description: String
  /// In the order that mixtures and reports use; empty for a synthetic corpus.
  package let domains: [ManifestDomain]

  package init(kind: Kind = .packages, name: String, description: String, domains: [ManifestDomain])
  {
    self.kind = kind
    self.name = name
    self.description = description
    self.domains = domains
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decodeIfPresent(KnownName<Kind>.self, forKey: .kind)?.value ?? .packages
    name = try container.decode(String.self, forKey: .name)
    description = try container.decodeIfPresent(String.self, forKey: .description) ?? ""
    guard kind == .packages else {
      domains = []
      return
    }
    domains = try container.decode([ManifestDomain].self, forKey: .domains)
    if !domains.contains(where: { $0.role == .train }) {
      throw DecodingError.dataCorruptedError(
        forKey: .domains, in: container,
        debugDescription: "expected at least one domain to train on, found none")
    }
    for (i, domain) in domains.enumerated()
    where domains[..<i].contains(where: { $0.name == domain.name }) {
      throw DecodingError.dataCorruptedError(
        forKey: .domains, in: container,
        debugDescription: "expected each name once, found '\(domain.name)' twice")
    }
  }

  /// - Throws: `StorageError` where the file cannot be read, `TextSourceError.manifest` where it
  ///   cannot be decoded.
  package static func read(at path: String) throws -> CorpusManifest {
    let data = try readFile(at: path)
    do {
      return try JSONDecoder().decode(CorpusManifest.self, from: data)
    } catch let error as DecodingError {
      throw TextSourceError.manifest(path: path, error)
    }
  }

  /// All packages in the order of the domains, those used twice only once.
  package var packages: [ManifestSource] {
    var all: [ManifestSource] = []
    for source in domains.flatMap(\.sources)
    where !all.contains(where: { $0.kind == source.kind && $0.package == source.package }) {
      all.append(source)
    }
    return all
  }
}

package struct ManifestDomain: Codable, Equatable, Sendable {
  package enum Role: String, Codable, Sendable, CaseIterable {
    case train
    /// Never sampled in training: a target outside its distribution.
    case heldOut = "held-out"
  }

  package let name: String
  package let role: Role
  package let sources: [ManifestSource]

  package init(name: String, role: Role, sources: [ManifestSource]) {
    self.name = name
    self.role = role
    self.sources = sources
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    name = try container.decode(String.self, forKey: .name)
    role = try container.decodeIfPresent(KnownName<Role>.self, forKey: .role)?.value ?? .train
    sources = try container.decode([ManifestSource].self, forKey: .sources)
    let allowed = name.utf8.allSatisfy {
      ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
    }
    if name.isEmpty || !allowed {
      throw DecodingError.dataCorruptedError(
        forKey: .name, in: container,
        debugDescription: "expected letters, digits, '-' and '_', found '\(name)'")
    }
    if sources.isEmpty {
      throw DecodingError.dataCorruptedError(
        forKey: .sources, in: container, debugDescription: "expected at least one source")
    }
  }
}

/// One package and what is taken from it.
package struct ManifestSource: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// A Debian or Ubuntu package. Archives keep only the current version, so the version is a wish.
    case deb
    /// A Python wheel: never another file than the one that is named.
    case wheel
  }

  package struct Cleaning: Codable, Equatable, Sendable {
    /// Drop lines that stand on more than max(12, 2 %) of the package's pages.
    package var navigationLines: Bool
    /// Drop paragraphs of 80 and more characters that the domain has had already.
    package var repeatedParagraphs: Bool

    /// Drop lines that begin with "Next", "Previous", "Up" and the like: links to other pages of a
    /// manual. Not for pages with programs in BASIC, whose loops end so.
    package var pageLinks: Bool

    package init(
      navigationLines: Bool = false, repeatedParagraphs: Bool = true, pageLinks: Bool = false
    ) {
      self.navigationLines = navigationLines
      self.pageLinks = pageLinks
      self.repeatedParagraphs = repeatedParagraphs
    }

    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      navigationLines = try container.decodeIfPresent(Bool.self, forKey: .navigationLines) ?? false
      repeatedParagraphs =
        try container.decodeIfPresent(Bool.self, forKey: .repeatedParagraphs) ?? true
      pageLinks = try container.decodeIfPresent(Bool.self, forKey: .pageLinks) ?? false
    }
  }

  package let kind: Kind
  package let package: String
  package let version: String
  package let sha256: String
  /// Globs over the paths inside the package, without a leading `./`.
  package let files: [String]
  /// Globs of what `files` should not have taken.
  package let exclude: [String]
  package let rule: ExtractionRule
  package let license: String
  package let note: String?
  package let cleaning: Cleaning

  package init(
    kind: Kind, package: String, version: String, sha256: String, files: [String],
    exclude: [String] = [], rule: ExtractionRule, license: String, note: String? = nil,
    cleaning: Cleaning = Cleaning()
  ) {
    self.kind = kind
    self.package = package
    self.version = version
    self.sha256 = sha256
    self.files = files
    self.exclude = exclude
    self.rule = rule
    self.license = license
    self.note = note
    self.cleaning = cleaning
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    kind = try container.decode(KnownName<Kind>.self, forKey: .kind).value
    package = try container.decode(String.self, forKey: .package)
    version = try container.decode(String.self, forKey: .version)
    sha256 = try container.decode(String.self, forKey: .sha256)
    files = try container.decode([String].self, forKey: .files)
    exclude = try container.decodeIfPresent([String].self, forKey: .exclude) ?? []
    rule = try container.decode(KnownName<ExtractionRule>.self, forKey: .rule).value
    license = try container.decode(String.self, forKey: .license)
    note = try container.decodeIfPresent(String.self, forKey: .note)
    cleaning = try container.decodeIfPresent(Cleaning.self, forKey: .cleaning) ?? Cleaning()
    func refuse(_ key: CodingKeys, _ reason: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: container, debugDescription: reason)
    }
    // Both go into the command lines of apt-get and pip, where a leading dash would be an option.
    let harmless = { (name: String) in
      name.utf8.first.map { ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 } == true
        && name.utf8.allSatisfy {
          ($0 | 32) &- 97 < 26 || $0 &- 48 < 10 || "-+.:~_!".utf8.contains($0)
        }
    }
    if !harmless(package) {
      throw refuse(.package, "expected a package's name, found '\(package)'")
    }
    if !harmless(version) { throw refuse(.version, "expected a version, found '\(version)'") }
    if sha256.utf8.count != 64 || !sha256.utf8.allSatisfy({ $0 &- 48 < 10 || $0 &- 97 < 6 }) {
      throw refuse(.sha256, "expected 64 hexadecimal digits, found '\(sha256)'")
    }
    if files.isEmpty { throw refuse(.files, "expected at least one glob") }
    if license.isEmpty { throw refuse(.license, "expected a licence") }
  }
}

/// A name out of a fixed list, whose error message shows the list.
private struct KnownName<Value: RawRepresentable & CaseIterable>: Decodable
where Value.RawValue == String {
  let value: Value

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let value = Value(rawValue: name) else {
      let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected one of \(known), found '\(name)'")
    }
    self.value = value
  }
}
