import Foundation
import Storage

/// How token shards are read.
package struct TokenReading: Sendable, Codable, Equatable {
  /// Nil for what each file shows itself to be.
  package var format: TokenFileFormat?
  /// The type of a token, where the format does not tell.
  package var type: TokenType?
  /// The token between documents; nil for the format's usual one, if any.
  package var end: UInt32?
  /// Tokens are below it; nil where that is not known.
  package var vocabularySize: Int?

  package init() {}
}

/// Documents out of token shards. A document's text is its tokens, four bytes each, little-endian; the
/// token between documents is no part of them.
package struct TokenFiles: DocumentSource {
  /// More tokens than any vocabulary has: what is beyond is no token.
  static let largestToken = 1 << 22
  /// Documents are handed over in pieces of at most as many tokens.
  static let longestPiece = 1 << 16
  /// Where nothing ends a document, pieces are a 256th of all, within these bounds.
  static let pieceBounds = 128...8192

  private let paths: [(path: String, name: String)]
  private let reading: TokenReading

  /// Finds the files; contents are read later.
  ///
  /// - Throws: `TextSourceError` where a pattern matches nothing.
  package init(patterns: [String], reading: TokenReading = TokenReading()) throws {
    self.reading = reading
    var paths: [(path: String, name: String)] = []
    var known: Set<String> = []
    for pattern in patterns {
      let wanted =
        isFolder(pattern) ? pattern + (pattern.hasSuffix("/") ? "" : "/") + "**/*" : pattern
      let companions = [".index", ".metadata", ".loss", ".csv.gz", ".csv", ".pkl", ".json"]
      var matches = try TextFile.paths(matching: wanted).filter { match in
        !companions.contains { match.path.hasSuffix($0) }
      }
      // A .bin and its .idx are one shard, whichever is named.
      matches = matches.map { match in
        match.path.hasSuffix(".idx")
          ? (String(match.path.dropLast(4)) + ".bin", String(match.name.dropLast(4)) + ".bin")
          : match
      }
      if matches.isEmpty { throw TextSourceError.noMatch(pattern: pattern) }
      for match in matches where known.insert(match.path).inserted { paths.append(match) }
    }
    self.paths = paths
  }

  package func provenance() throws -> [Provenance] {
    try paths.map { path, _ in
      var digest = try SHA256.hexadecimal(ofFileAt: path)
      // Where documents end decides as much as the tokens do.
      let stem = (path as NSString).deletingPathExtension
      for index in [stem + ".idx", path + ".index", stem + ".csv.gz"] where fileExists(index) {
        digest = SHA256.hexadecimal(
          of: (digest + (try SHA256.hexadecimal(ofFileAt: index))).utf8)
      }
      return Provenance(name: path, version: nil, sha256: digest, license: nil, note: nil)
    }
  }

  /// The token that ends documents in all the files: the one asked for, the format's usual one, or the last
  /// of every document where that is the same.
  package func end() throws -> UInt32? {
    if let end = reading.end { return end }
    let ends = try paths.map { path, _ in
      try commonEnd(of: TokenFile(at: path, format: reading.format, type: reading.type))
    }
    return ends.allSatisfy { $0 == ends[0] } ? ends[0] : nil
  }

  private func commonEnd(of file: TokenFile) throws -> UInt32? {
    if let usual = file.usualEnd { return usual }
    guard let ends = file.documentEnds, ends.count > 1 else { return nil }
    let looked = stride(from: 0, to: ends.count, by: max(ends.count / 1000, 1))
    let last = try looked.compactMap { index -> UInt32? in
      let start = index == 0 ? 0 : ends[index - 1]
      guard ends[index] > start else { return nil }
      return try file.tokens(ends[index] - 1..<ends[index], below: Self.largestToken)[0]
    }
    return last.count > 1 && last.allSatisfy { $0 == last[0] } ? last[0] : nil
  }

  package func documents(_ body: (Document) throws -> Void) throws {
    let files = try paths.map { path, name in
      (try TokenFile(at: path, format: reading.format, type: reading.type), name)
    }
    let total = files.reduce(0) { $0 + $1.0.count }
    let piece = min(max(total / 256, Self.pieceBounds.lowerBound), Self.pieceBounds.upperBound)
    for (file, name) in files {
      let end = try reading.end ?? commonEnd(of: file)
      var number = 0
      // A document stays together; a text without ends is divided anywhere.
      let isDivided = file.documentEnds == nil && end == nil
      try forEachDocument(of: file, end: end, longest: isDivided ? piece : Self.longestPiece) {
        tokens, follows in
        if isDivided || !follows { number += 1 }
        try body(
          Document(
            source: file.path, splitKey: "\(name)#\(number)", text: bytes(of: tokens),
            follows: follows))
      }
    }
  }

  private func bytes(of tokens: ArraySlice<UInt32>) -> [UInt8] {
    tokens.withUnsafeBytes { raw in
      #if _endian(little)
        return Array(raw)
      #else
        return tokens.flatMap { token in
          (0..<4).map { UInt8(truncatingIfNeeded: token >> (8 * $0)) }
        }
      #endif
    }
  }

  /// Calls `body` with the tokens of each document, in pieces of at most one and a half times `longest`.
  /// The file is read in parts, so that a large one need not be in memory.
  private func forEachDocument(
    of file: TokenFile, end: UInt32?, longest: Int,
    _ body: (_ tokens: ArraySlice<UInt32>, _ follows: Bool) throws -> Void
  ) throws {
    let limit = min(reading.vocabularySize ?? Self.largestToken, Self.largestToken)
    var follows = false
    func emit(_ tokens: ArraySlice<UInt32>) throws {
      var start = tokens.startIndex
      while start < tokens.endIndex {
        // No last piece that is next to nothing.
        let left = tokens.endIndex - start
        let next = left > longest + longest / 2 ? start + longest : tokens.endIndex
        try body(tokens[start..<next], follows)
        follows = true
        start = next
      }
    }
    var start = 0
    for documentEnd in file.documentEnds ?? [file.count] {
      while start < documentEnd {
        let next = min(start + 16 * longest, documentEnd)
        let tokens = try file.tokens(start..<next, below: limit)
        var from = 0
        if let end {
          while let place = tokens[from...].firstIndex(of: end) {
            try emit(tokens[from..<place])
            follows = false
            from = place + 1
          }
        }
        try emit(tokens[from...])
        start = next
      }
      follows = false
    }
  }
}
