import TextSources

/// The user's own files of one domain, as given on the command line: `books=texts/**/*.txt`.
package struct DomainFiles: Sendable, Equatable {
  package var name: String
  /// Paths or globs.
  package var patterns: [String]

  package init(name: String, patterns: [String]) {
    self.name = name
    self.patterns = patterns
  }

  /// - Throws: ``CorpusError/malformedDomain(_:)`` without a name, '=' and a path.
  package init(parsing text: String) throws(CorpusError) {
    let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else {
      throw .malformedDomain(text)
    }
    self.init(name: String(sides[0]), patterns: [String(sides[1])])
  }
}

extension CorpusBuilder {
  /// A corpus of packages that have been fetched: `PackageCache(folder:).fetch(manifest)`.
  package init(
    _ manifest: CorpusManifest, packages: [FetchedPackage],
    settings: CorpusSettings = CorpusSettings(),
    progress: @escaping @Sendable (SourceEvent) -> Void = { _ in }
  ) {
    self.init(
      name: manifest.name, description: manifest.description,
      domains: manifest.domains.map { domain in
        Domain(
          name: domain.name, isTrained: domain.role == .train,
          source: PackageDocuments(domain: domain, packages: packages, progress: progress),
          // Where repeated paragraphs are kept in training they are part of the text's nature.
          comparison: domain.sources.contains(where: \.cleaning.repeatedParagraphs)
            ? .paragraphs : .documents)
      }, settings: settings)
    self.manifest = manifest
  }

  /// A corpus of the user's own text. Files of a domain that is given more than once are joined.
  ///
  /// - Throws: `TextSourceError` where a pattern matches nothing or a file is of another kind,
  ///   ``CorpusError/duplicateDomain(_:)`` where a domain is both trained on and held out only.
  package init(
    name: String, training: [DomainFiles], heldOut: [DomainFiles] = [], textKey: String = "text",
    settings: CorpusSettings = CorpusSettings()
  ) throws {
    var files: [(DomainFiles, isTrained: Bool)] = []
    for (entries, isTrained) in [(training, true), (heldOut, false)] {
      for entry in entries {
        if let index = files.firstIndex(where: { $0.0.name == entry.name }) {
          guard files[index].isTrained == isTrained else {
            throw CorpusError.duplicateDomain(entry.name)
          }
          files[index].0.patterns += entry.patterns
        } else {
          files.append((entry, isTrained))
        }
      }
    }
    self.init(
      name: name,
      domains: try files.map {
        Domain(
          name: $0.0.name, isTrained: $0.isTrained,
          source: try TextFiles(patterns: $0.0.patterns, textKey: textKey))
      }, settings: settings)
    self.textKey = textKey
  }

  /// The builder of any description under `corpora/`; fetches what a package corpus needs.
  package init(
    manifestAt path: String, cacheFolder: String, settings: CorpusSettings = CorpusSettings(),
    progress: @escaping @Sendable (SourceEvent) -> Void = { _ in }
  ) throws {
    let manifest = try CorpusManifest.read(at: path)
    switch manifest.kind {
    case .packages:
      let packages = try PackageCache(folder: cacheFolder).fetch(manifest, progress: progress)
      self.init(manifest, packages: packages, settings: settings, progress: progress)
    case .synthetic:
      self.init(try SyntheticText.read(at: path), settings: settings)
    }
  }
}
