import Storage

/// The documents of a manifest's domain, out of its fetched packages.
package struct PackageDocuments: DocumentSource {
  /// In characters: shorter documents teach nothing, longer ones are cut.
  static let shortest = 200
  static let pieceLength = 32_000
  static let longest = 48_000
  /// In bytes: a longer file of the user's is a dump of many texts, and is cut.
  static let longestFile = 1 << 20

  private let packages: [FetchedPackage]
  private let limits: ReadingLimits
  private let progress: @Sendable (SourceEvent) -> Void

  /// - Parameters:
  ///   - packages: the domain's among them, in any order, as `PackageCache.fetch` returned them.
  ///   - progress: told of each package that is begun.
  package init(
    domain: ManifestDomain, packages: [FetchedPackage], limits: ReadingLimits = ReadingLimits(),
    progress: @escaping @Sendable (SourceEvent) -> Void = { _ in }
  ) {
    self.packages = domain.sources.map { source in
      guard let package = packages.first(where: { $0.isOf(source) }) else {
        preconditionFailure("expected package '\(source.package)' to be fetched, found it missing")
      }
      // The same package may serve two domains, each with files and rule of its own.
      return FetchedPackage(
        source: source, path: package.path, version: package.version, sha256: package.sha256,
        byteCount: package.byteCount, note: package.note)
    }
    self.limits = limits
    self.progress = progress
  }

  package func provenance() -> [Provenance] { packages.map(\.provenance) }

  package func documents(_ body: (Document) throws -> Void) throws {
    var counts = ReadingCounts()
    try documents(counting: &counts, body)
  }

  package func documents(
    counting counts: inout ReadingCounts, _ body: (Document) throws -> Void
  ) throws {
    var repetitions = Repetitions()
    for (i, package) in packages.enumerated() {
      progress(
        .extracting(package: package.source.package, number: i + 1, of: packages.count))
      do {
        let archive = try PackageArchive(package, limits: limits)
        try Self.documents(
          of: package.source, in: try Self.files(of: package.source, in: archive, limits: limits),
          &repetitions,
          counting: &counts, body)
      } catch let error as InflateError {
        throw TextSourceError.damaged(path: package.path, reason: error.description)
      }
    }
  }

  static func files(
    of source: ManifestSource, in archive: PackageArchive, limits: ReadingLimits = ReadingLimits()
  ) throws -> [PackageFile] {
    let wanted = source.files.map(Glob.init)
    let unwanted = source.exclude.map(Glob.init)
    let files = archive.names.indices.filter { i in
      wanted.contains { $0.matches(archive.names[i]) }
        && !unwanted.contains { $0.matches(archive.names[i]) }
    }
    if files.isEmpty {
      throw TextSourceError.nothingTaken(package: source.package, globs: source.files)
    }
    return files.map { i in
      PackageFile(name: archive.names[i], limits: limits) { try archive.contents(of: i) }
    }
  }

  /// Extraction, then cleaning: navigation lines, long documents cut, repetitions, short documents.
  static func documents(
    of source: ManifestSource, in files: [PackageFile], _ repetitions: inout Repetitions,
    counting counts: inout ReadingCounts, _ body: (Document) throws -> Void
  ) throws {
    func finish(_ key: String, _ text: [UInt8]) throws {
      var pieces = [text]
      if text.count > Self.longest, text.characterCount() > Self.longest {
        pieces = piecesAtBlankLines(text, size: Self.pieceLength)
      }
      for piece in pieces {
        var piece = piece
        if source.cleaning.repeatedParagraphs {
          piece = repetitions.removeParagraphs(from: piece)
        }
        counts.read += 1
        guard piece.characterCount() >= Self.shortest else {
          counts.tooShort += 1
          continue
        }
        guard repetitions.isNew(piece) else {
          counts.copies += 1
          continue
        }
        try body(
          Document(
            source: source.package, splitKey: source.package + "/" + key, text: piece))
      }
    }
    func repaired(_ text: [UInt8]) -> [UInt8] {
      cleaned(source.cleaning.pageLinks ? withoutPageLinks(text) : text)
    }
    guard source.cleaning.navigationLines else {
      try source.rule.extract(files) { try finish($0, repaired($1)) }
      return
    }
    var pages: [(key: String, text: [UInt8])] = []
    var navigation = NavigationLines()
    try source.rule.extract(files) { key, text in
      pages.append((key, repaired(text)))
      navigation.count(pages.last!.text)
    }
    for page in pages { try finish(page.key, cleaned(navigation.removed(from: page.text))) }
  }
}

/// What fetching and extracting have to tell while they are at it.
package enum SourceEvent: Sendable, Equatable {
  /// The lists of the package archive are being brought up to date.
  case updatingLists
  /// `bytes` so far; the size of what comes is not known beforehand.
  case fetching(package: String, number: Int, of: Int, bytes: Int)
  case fetched(package: String, number: Int, of: Int, bytes: Int)
  /// A package is not the one that the manifest names, and results will differ.
  case note(package: String, text: String)
  case extracting(package: String, number: Int, of: Int)
}
