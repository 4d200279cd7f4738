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

  /// How files were read, as a corpus remembers it.
  package struct Reading: Sendable, Codable, Equatable {
    package var patterns: [String]
    package var options: ReadingOptions?
    package var tokens: TokenReading?
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
    settings: CorpusSettings = CorpusSettings(), limits: ReadingLimits = ReadingLimits(),
    progress: @escaping @Sendable (SourceEvent) -> Void = { _ in }
  ) {
    self.init(
      name: manifest.name, description: manifest.description,
      domains: manifest.domains.map { domain in
        Domain(
          name: domain.name, isTrained: domain.role == .train,
          source: PackageDocuments(
            domain: domain, packages: packages, limits: limits, progress: progress),
          // Where repeated paragraphs are kept in training they are part of the text's nature.
          comparison: domain.sources.contains(where: \.cleaning.repeatedParagraphs)
            ? .paragraphs : .documents)
      }, settings: settings)
    self.manifest = manifest
  }

  /// A corpus of the user's own text. Files of a domain that is given more than once are joined.
  ///
  /// - Parameter encodings: of the domains that have another than `options` says.
  /// - Throws: `TextSourceError` where a pattern matches nothing or a file is of another kind,
  ///   ``CorpusError/duplicateDomain(_:)`` where a domain is both trained on and held out only.
  package init(
    name: String, training: [DomainFiles], heldOut: [DomainFiles] = [],
    tokens: [DomainFiles] = [], options: ReadingOptions = ReadingOptions(),
    encodings: [String: TextEncoding] = [:], tokenReading: TokenReading = TokenReading(),
    tokenizer: Tokenizer? = nil, settings: CorpusSettings = CorpusSettings()
  ) throws {
    var files: [(DomainFiles, isTrained: Bool, isTokens: Bool)] = []
    for (entries, isTrained, isTokens) in [
      (training, true, false), (tokens, true, true), (heldOut, false, false),
    ] {
      for entry in entries {
        if let index = files.firstIndex(where: { $0.0.name == entry.name }) {
          guard files[index].isTrained == isTrained, files[index].isTokens == isTokens else {
            throw CorpusError.duplicateDomain(entry.name)
          }
          files[index].0.patterns += entry.patterns
        } else {
          files.append((entry, isTrained, isTokens))
        }
      }
    }
    if let unknown = encodings.keys.sorted().first(where: { name in
      !files.contains { $0.0.name == name }
    }) {
      throw CorpusError.malformedEncoding("\(unknown)=\(encodings[unknown]!.rawValue)")
    }
    if tokenizer == nil, !tokens.isEmpty, tokens.count < files.count {
      throw CorpusError.textAndTokens(
        text: files.first { !$0.isTokens }!.0.name, tokens: tokens[0].name)
    }
    self.init(
      name: name,
      domains: try files.map { files, isTrained, isTokens in
        if isTokens {
          let shards = try TokenFiles(patterns: files.patterns, reading: tokenReading)
          let memory = DomainFiles.Reading(patterns: files.patterns, tokens: tokenReading)
          var domain = Domain(name: files.name, source: shards)
          domain.files = memory
          if let tokenizer {
            domain.source = DecodedTokens(source: shards, tokenizer: tokenizer)
          } else {
            domain.unitBytes = 4
          }
          return domain
        }
        var own = options
        own.encoding = encodings[files.name] ?? options.encoding
        var domain = Domain(
          name: files.name, isTrained: isTrained,
          source: try TextFiles(patterns: files.patterns, options: own))
        domain.files = DomainFiles.Reading(patterns: files.patterns, options: own)
        return domain
      }, settings: settings)
    reading = options
    self.encodings = encodings
    self.tokenizer = tokenizer
    if !tokens.isEmpty { self.tokenReading = tokenReading }
  }

  package init(
    name: String, training: [DomainFiles], heldOut: [DomainFiles] = [], textKey: String,
    settings: CorpusSettings = CorpusSettings()
  ) throws {
    var options = ReadingOptions()
    options.textKey = textKey
    try self.init(
      name: name, training: training, heldOut: heldOut, options: options, settings: settings)
  }

  /// A builder of some domains of a corpus, from the files that they were built from.
  ///
  /// - Throws: ``CorpusError/unknownDomain(_:known:)``, or ``CorpusError/noFiles(domain:)`` for a domain
  ///   whose text was not of the user's own files.
  package init(rebuilding names: [String], of record: CorpusRecord) throws {
    let domains = try names.map { name in
      guard let domain = record.domains.first(where: { $0.summary.name == name }) else {
        throw CorpusError.unknownDomain(name, known: record.domains.map(\.summary.name))
      }
      guard let files = domain.files else { throw CorpusError.noFiles(domain: name) }
      var built: Domain
      if let tokens = files.tokens {
        guard record.isOfTokens ?? false else { throw CorpusError.noFiles(domain: name) }
        built = Domain(
          name: name, source: try TokenFiles(patterns: files.patterns, reading: tokens))
        built.unitBytes = 4
      } else {
        built = Domain(
          name: name, isTrained: domain.summary.isTrained,
          source: try TextFiles(
            patterns: files.patterns, options: files.options ?? ReadingOptions()))
      }
      built.files = files
      return built
    }
    self.init(name: record.name, domains: domains, settings: record.settings)
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
