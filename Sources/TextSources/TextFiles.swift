import Foundation
import Storage

/// The user's own text: files that a glob matches, read as they are.
///
/// - `.txt`, `.md` and any other text: a document each.
/// - `.jsonl`, `.ndjson`, `.json`: a document a line, the value of one key.
///
/// Either may be compressed (`.gz`, `.zst`).
package struct TextFiles: DocumentSource {
  /// With fewer text files than this the held-out split cannot go by file: they are cut into pieces.
  static let fewFiles = 20
  /// How many pieces few files are cut into, so that a tenth of them is close to a tenth of the text…
  static let pieceCount = 256
  /// … but in pieces of at least as many bytes: fewer say little.
  static let shortestPiece = 128

  let files: [TextFile]
  /// Files of other kinds in the folders that were given.
  let otherFiles: Int
  private let options: ReadingOptions

  /// Finds the files and looks at their names; contents are read later.
  ///
  /// - Parameter patterns: paths, folders or globs, where `**` stands for any number of folders. A
  ///   file that several match is read once.
  /// - Throws: `TextSourceError` where a pattern matches nothing or a file is of another kind.
  package init(patterns: [String], options: ReadingOptions = ReadingOptions()) throws {
    self.options = options
    var files: [TextFile] = []
    var known: Set<String> = []
    var others = 0
    for pattern in patterns {
      let matches = try TextFile.find(pattern, others: &others)
      if matches.isEmpty { throw TextSourceError.noMatch(pattern: pattern) }
      for file in matches where known.insert(file.path).inserted { files.append(file) }
    }
    self.files = files
    otherFiles = others
  }

  package init(patterns: [String], textKey: String) throws {
    var options = ReadingOptions()
    options.textKey = textKey
    try self.init(patterns: patterns, options: options)
  }

  package func provenance() throws -> [Provenance] {
    try files.map { file in
      Provenance(
        name: file.path, version: nil, sha256: try SHA256.hexadecimal(ofFileAt: file.path),
        license: nil, note: nil)
    }
  }

  package func documents(_ body: (Document) throws -> Void) throws {
    var counts = ReadingCounts()
    try documents(counting: &counts, body)
  }

  package func documents(
    counting counts: inout ReadingCounts, _ body: (Document) throws -> Void
  ) throws {
    counts.otherFiles += otherFiles
    let texts = files.filter { $0.kind.contents == .text }
    let size = texts.reduce(0) { $0 + $1.byteCount }
    // Pieces of many files are only those that are too long to be one document.
    let piece =
      texts.count < Self.fewFiles
      ? min(max(size / Self.pieceCount, Self.shortestPiece), PackageDocuments.pieceLength) : nil
    var hasText = false
    for file in files {
      try read(file, piece: piece, &counts) {
        hasText = true
        try body($0)
      }
    }
    if !hasText, files.count == 1, counts.badCount == 0 {
      throw TextSourceError.empty(path: files[0].path)
    }
  }

  private func read(
    _ file: TextFile, piece: Int?, _ counts: inout ReadingCounts,
    _ body: (Document) throws -> Void
  ) throws {
    func emit(_ key: String, _ text: [UInt8], follows: Bool = false) throws {
      counts.read += 1
      guard text.contains(where: { !isBlank($0) }) else {
        counts.empty += 1
        return
      }
      if options.shortest > 1, text.characterCount() < options.shortest {
        counts.tooShort += 1
        return
      }
      let undecodable = undecodableBytes(text)
      if undecodable > 0 {
        counts.undecodable += 1
        counts.undecodableBytes += undecodable
      }
      try body(Document(source: file.path, splitKey: key, text: text, follows: follows))
    }
    let contents = try FileContents(file, options: options)
    switch file.kind.contents {
    case .text:
      let text = try contents.all()
      guard piece != nil || text.count > PackageDocuments.longestFile else {
        return try emit(file.name, text)
      }
      let ranges = stretches(of: text, size: piece ?? PackageDocuments.pieceLength)
      for (i, range) in ranges.enumerated() {
        // Pieces of one file among few are divided, those of one among many stay together.
        try emit(
          piece == nil ? file.name : "\(file.name)#\(i + 1)", Array(text[range]), follows: i > 0)
      }
    case .lines:
      var lines = JSONLines(
        path: file.path, textKey: options.textKey, longest: options.limits.entryBytes)
      func bad(_ line: Int, _ problem: JSONScanner.Problem) throws {
        guard counts.badCount < options.skippedLines else {
          throw TextSourceError.malformedLine(
            path: file.path, line: line,
            reason: (problem.offset > 0
              ? "\(problem.reason) at column \(problem.offset + 1)" : problem.reason)
              + (counts.badCount > 0 ? ", after \(counts.badCount) that were passed over" : ""),
            isSkippable: true)
        }
        counts.addBad(problem.kind, at: "\(file.path): line \(line): \(problem.reason)")
      }
      func take(_ line: Int, _ outcome: JSONLines.Outcome) throws {
        switch outcome {
        case .text(let text): try emit("\(file.name)#\(line)", text)
        case .empty:
          counts.read += 1
          counts.empty += 1
        }
      }
      try contents.pieces { try lines.feed($0, bad: bad, take) }
      try lines.finish(bad: bad, take)
    }
  }
}
