import Foundation
import Storage

/// The user's own text: files that a glob matches, read as they are.
///
/// - `.txt`: a document each.
/// - `.jsonl`, `.jsonl.gz`, `.jsonl.zst`: a document a line, the value of one key.
package struct TextFiles: DocumentSource {
  /// With fewer text files than this the held-out split cannot go by file: they are cut at blank lines
  /// into documents of their own.
  static let fewFiles = 20

  private enum Format {
    case text
    case lines
    case gzipLines
    case zstdLines
  }

  private struct File {
    let path: String
    /// Relative to the folder that the glob begins in.
    let name: String
    let format: Format
  }

  private let files: [File]
  private let textKey: String

  /// Finds the files and looks at their names; contents are read later.
  ///
  /// - Parameters:
  ///   - patterns: paths or globs, where `**` stands for any number of folders. A file that several
  ///     match is read once.
  ///   - textKey: the key of a line's text.
  /// - Throws: `TextSourceError` where a pattern matches nothing or a file is of another kind.
  package init(patterns: [String], textKey: String = "text") throws {
    self.textKey = textKey
    var files: [File] = []
    var known: Set<String> = []
    for pattern in patterns {
      let matches = try Self.files(matching: pattern)
      if matches.isEmpty { throw TextSourceError.noMatch(pattern: pattern) }
      for (path, name) in matches where known.insert(path).inserted {
        files.append(File(path: path, name: name, format: try Self.format(of: path)))
      }
    }
    self.files = files
  }

  private static func format(of path: String) throws -> Format {
    let name = path.lowercased()
    if name.hasSuffix(".txt") { return .text }
    if name.hasSuffix(".jsonl") { return .lines }
    if name.hasSuffix(".jsonl.gz") { return .gzipLines }
    if name.hasSuffix(".jsonl.zst") { return .zstdLines }
    let hint =
      name.hasSuffix(".parquet")
      ? "convert Parquet first, as with pandas.read_parquet(…).to_json(…, orient='records', "
        + "lines=True)"
      : "rename or convert the file"
    throw TextSourceError.unreadableFormat(path: path, hint: hint)
  }

  /// The files that a path or glob means, sorted by bytes, hidden ones left out.
  static func files(matching pattern: String) throws -> [(path: String, name: String)] {
    guard Glob.hasWildcards(pattern), !fileExists(pattern) else {
      guard fileExists(pattern) else { return [] }
      if isFolder(pattern) {
        throw TextSourceError.unreadableFormat(
          path: pattern, hint: "this is a folder, try '\(pattern)/**/*.txt'")
      }
      return [(pattern, (pattern as NSString).lastPathComponent)]
    }
    // The parts before the first wildcard are a folder.
    let parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let fixed = parts.prefix { !Glob.hasWildcards($0) }
    let base = fixed.joined(separator: "/") + (fixed.isEmpty ? "" : "/")
    let glob = Glob(parts[fixed.count...].joined(separator: "/"))
    let isDeep = parts.contains("**")
    let depth = parts.count - fixed.count
    var names: [String] = []
    func visit(_ folder: String, _ level: Int) {
      let children =
        (try? FileManager.default.contentsOfDirectory(atPath: base + folder + ".")) ?? []
      for child in children where !child.hasPrefix(".") {
        let name = folder + child
        var status = stat()
        guard stat(base + name, &status) == 0 else { continue }
        if status.st_mode & S_IFMT == S_IFDIR {
          // A link to a folder may lead in circles; `**` does not follow it.
          var own = stat()
          let isLink = lstat(base + name, &own) == 0 && own.st_mode & S_IFMT == S_IFLNK
          if isDeep ? !isLink : level + 1 < depth { visit(name + "/", level + 1) }
        } else if glob.matches(name) {
          names.append(name)
        }
      }
    }
    visit("", 0)
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { (base + $0, $0) }
  }

  package func provenance() throws -> [Provenance] {
    try files.map { file in
      Provenance(
        name: file.path, version: nil, sha256: try SHA256.hexadecimal(ofFileAt: file.path),
        license: nil, note: nil)
    }
  }

  package func documents(_ body: (Document) throws -> Void) throws {
    let textFiles = files.filter { $0.format == .text }.count
    for file in files {
      var isEmpty = true
      func emit(_ key: String, _ text: [UInt8]) throws {
        guard text.contains(where: { !isBlank($0) }) else { return }
        isEmpty = false
        try body(Document(source: file.path, splitKey: key, text: text))
      }
      switch file.format {
      case .text:
        var text = try MappedFile(at: file.path).withBytes { Array($0) }
        // A byte order mark is no text.
        if text.has("\u{feff}", at: 0) { text.removeFirst(3) }
        guard textFiles < Self.fewFiles else {
          try emit(file.name, text)
          break
        }
        for (i, piece) in Self.pieces(of: text).enumerated() {
          try emit("\(file.name)#\(i + 1)", piece)
        }
      case .lines, .gzipLines, .zstdLines:
        var lines = JSONLines(path: file.path, textKey: textKey)
        try read(file) { piece in
          try lines.feed(piece) { try emit("\(file.name)#\($0)", $1) }
        }
        try lines.finish { try emit("\(file.name)#\($0)", $1) }
      }
      if isEmpty { throw TextSourceError.empty(path: file.path) }
    }
  }

  /// Cut at blank lines; where there are none for long, at the ends of lines.
  private static func pieces(of text: [UInt8]) -> [[UInt8]] {
    piecesAtBlankLines(text, size: PackageDocuments.pieceLength).flatMap { piece in
      var parts: [[UInt8]] = []
      var start = 0
      while piece.count - start > PackageDocuments.longest * 2,
        let end = piece.find(.newline, from: start + PackageDocuments.pieceLength)
      {
        parts.append(Array(piece[start...end]))
        start = end + 1
      }
      return parts + [Array(piece[start...])]
    }
  }

  /// The contents in pieces, decompressed.
  private func read(
    _ file: File, _ sink: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let mapped = try MappedFile(at: file.path)
    if mapped.bytes.isEmpty { throw TextSourceError.empty(path: file.path) }
    switch file.format {
    case .gzipLines:
      do {
        try mapped.withBytes { try gunzip($0, sink) }
      } catch let error as InflateError {
        throw TextSourceError.damaged(path: file.path, reason: error.description)
      }
    case .zstdLines:
      let result = try withoutActuallyEscaping(sink) {
        try Subprocess.run("zstd", ["-dcq", "--", file.path], output: $0)
      }
      if result.status != 0 {
        throw TextSourceError.damaged(path: file.path, reason: result.reason)
      }
    case .text, .lines: try mapped.withBytes(sink)
    }
  }
}
