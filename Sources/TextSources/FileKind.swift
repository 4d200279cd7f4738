import Foundation

/// What a file of the user's is, by its name, and what it turns out to be, by its first bytes.
struct FileKind: Equatable {
  enum Contents { case text, lines }
  enum Compression { case none, gzip, zstd }

  var contents: Contents
  var compression: Compression

  private static let texts: Set<String> = ["txt", "text", "md", "markdown", "rst", "tex"]
  private static let lines: Set<String> = ["jsonl", "ndjson", "json"]

  /// What cannot be text, and the way round.
  private static let others: [String: String] = [
    "parquet": "convert Parquet first, as with pandas.read_parquet(…).to_json(…, orient='records', "
      + "lines=True)",
    "arrow": "convert it first, as with datasets.load_from_disk(…).to_json(…)",
    "csv": "convert the table first, as with pandas.read_csv(…).to_json(…, orient='records', "
      + "lines=True)",
    "tsv": "convert the table first, as with pandas.read_csv(…, sep='\\t').to_json(…, "
      + "orient='records', lines=True)",
    "pdf": "convert PDF first, as with pdftotext", "docx": "save it as plain text",
    "xz": "unpack it, as with unxz", "bz2": "unpack it, as with bunzip2",
    "zip": "unpack it, as with unzip", "tar": "unpack it, as with tar -x",
    "bin": "token shards are read with '--tokens'", "npy": "token shards are read with '--tokens'",
    "ds": "token shards are read with '--tokens'", "idx": "token shards are read with '--tokens'",
  ]

  /// The kind that a name says; nil where it says another or none.
  init?(named path: String) {
    var name = (path as NSString).lastPathComponent.lowercased()
    compression = .none
    for (ending, kind) in [(".gz", Compression.gzip), (".zst", .zstd), (".zstd", .zstd)]
    where name.hasSuffix(ending) {
      name.removeLast(ending.count)
      compression = kind
      break
    }
    let ending = (name as NSString).pathExtension
    if Self.texts.contains(ending) {
      contents = .text
    } else if Self.lines.contains(ending) {
      contents = .lines
    } else {
      return nil
    }
  }

  /// The kind of a file that was named by itself: source code and the like are text as well.
  init(ofFileNamed path: String) throws(TextSourceError) {
    if let kind = FileKind(named: path) {
      self = kind
      return
    }
    let name = (path as NSString).lastPathComponent.lowercased()
    let endings = name.split(separator: ".").dropFirst().map(String.init)
    for ending in endings.reversed() {
      if let hint = Self.others[ending] { throw .unreadableFormat(path: path, hint: hint) }
    }
    if ["gz", "zst", "zstd"].contains(endings.last) {
      throw .unreadableFormat(path: path, hint: "rename or convert the file")
    }
    self = FileKind(contents: .text, compression: .none)
  }

  /// A file's kind once it is decompressed.
  static func uncompressed(_ contents: Contents) -> FileKind {
    FileKind(contents: contents, compression: .none)
  }

  private init(contents: Contents, compression: Compression) {
    self.contents = contents
    self.compression = compression
  }

  /// What bytes begin as, in words; nil for what may be text.
  static func contentsBySignature(_ bytes: UnsafeRawBufferPointer) -> String? {
    let signatures: [([UInt8], String)] = [
      ([0x1f, 0x8b], "gzip data"), ([0x28, 0xb5, 0x2f, 0xfd], "Zstandard data"),
      ([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], "xz data"), (Array("BZh".utf8), "bzip2 data"),
      ([0x50, 0x4b, 3, 4], "a zip archive"), (Array("PAR1".utf8), "a Parquet file"),
      (Array("ARROW1".utf8), "an Arrow file"), (Array("%PDF-".utf8), "a PDF file"),
      (Array("\u{7f}ELF".utf8), "a program"), ([0x93] + Array("NUMPY".utf8), "a NumPy array"),
      ([0xff, 0xfe, 0, 0], "UTF-32 text"),
    ]
    return signatures.first { bytes.starts(with: $0.0) }?.1
  }

  /// Sees that a file is what its name says, before any of it is taken for text.
  ///
  /// - Throws: ``TextSourceError/wrongContents(path:found:hint:)``.
  func check(
    _ bytes: UnsafeRawBufferPointer, path: String, encoding: TextEncoding
  ) throws(TextSourceError) {
    let found = Self.contentsBySignature(bytes)
    switch compression {
    case .gzip, .zstd:
      let expected = compression == .gzip ? "gzip data" : "Zstandard data"
      if found == expected { return }
      throw .wrongContents(
        path: path, found: found ?? "no \(expected)",
        hint: "expected \(expected) by its name; rename it if it is not compressed")
    case .none:
      if let found {
        let ending = found == "gzip data" ? ".gz" : found == "Zstandard data" ? ".zst" : nil
        throw .wrongContents(
          path: path, found: found,
          hint: "expected text; "
            + (ending.map { "rename it to end in '\($0)'" } ?? "unpack or convert it first"))
      }
      let mark = TextEncoding.mark(of: bytes)
      if mark == .utf16le || mark == .utf16be {
        guard encoding == .utf8 else { return }
        throw .wrongContents(
          path: path, found: "UTF-16 text",
          hint: "save it as UTF-8, or give '--encoding utf-16' to have it converted")
      }
      // A zero byte is part of no text in UTF-8 but of every second character in UTF-16.
      if encoding == .utf8 || encoding == .latin1 || encoding == .windows1252,
        bytes.prefix(4096).contains(0)
      {
        throw .wrongContents(
          path: path, found: "zero bytes",
          hint: "expected text; if it is UTF-16 without a byte order mark give "
            + "'--encoding utf-16le', else leave it out")
      }
    }
  }
}
