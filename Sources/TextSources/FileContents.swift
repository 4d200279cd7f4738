import Foundation
import Storage

/// What is in one of the user's files: decompressed, in UTF-8, without a byte order mark.
struct FileContents {
  private let file: TextFile
  private let mapped: MappedFile
  private let options: ReadingOptions

  /// - Throws: `TextSourceError` where the file is not what its name says.
  init(_ file: TextFile, options: ReadingOptions) throws {
    self.file = file
    self.options = options
    mapped = try MappedFile(at: file.path)
    if mapped.bytes.isEmpty { return }
    try mapped.withBytes {
      try file.kind.check($0, path: file.path, encoding: options.encoding)
    }
  }

  /// All of it at once.
  ///
  /// - Throws: ``TextSourceError/tooLarge(path:what:limit:)`` for a compressed file that is larger
  ///   than the limit; what is not compressed lies on the disk as it is.
  func all() throws -> [UInt8] {
    var text: [UInt8] = []
    let limit = options.limits.entryBytes
    text.reserveCapacity(file.byteCount)
    try pieces { piece in
      if file.kind.compression != .none, text.count + piece.count > limit {
        throw TextSourceError.tooLarge(path: file.path, what: "the text in it", limit: limit)
      }
      text.append(contentsOf: piece)
    }
    return text
  }

  /// Piece by piece.
  func pieces(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    /// The beginning, until there is enough of it to tell a mark.
    var beginning: [UInt8] = []
    var transcoder: Transcoder?
    func begin() throws {
      try beginning.withUnsafeBytes { bytes in
        if file.kind.compression != .none {
          try FileKind.uncompressed(file.kind.contents).check(
            bytes, path: file.path, encoding: options.encoding)
        }
        let mark = TextEncoding.mark(of: bytes)
        let markCount = mark == nil ? 0 : mark == .utf8 ? 3 : 2
        transcoder = Transcoder(mark ?? options.encoding)
        try transcoder!.feed(UnsafeRawBufferPointer(rebasing: bytes[markCount...]), sink)
      }
      beginning = []
    }
    func take(_ piece: UnsafeRawBufferPointer) throws {
      if transcoder != nil { return try transcoder!.feed(piece, sink) }
      beginning.append(contentsOf: piece)
      if beginning.count >= 4 { try begin() }
    }
    do {
      try decompressed(take)
      if transcoder == nil, !beginning.isEmpty { try begin() }
      try transcoder?.finish()
    } catch let problem as EncodingProblem {
      throw TextSourceError.broken(path: file.path, reason: problem.reason)
    }
  }

  private func decompressed(_ sink: (UnsafeRawBufferPointer) throws -> Void) throws {
    switch file.kind.compression {
    case .gzip:
      do {
        try mapped.withBytes { if !$0.isEmpty { try gunzip($0, sink) } }
      } catch let error as InflateError {
        throw TextSourceError.broken(path: file.path, reason: error.description)
      }
    case .zstd:
      if mapped.bytes.isEmpty { return }
      let result = try withoutActuallyEscaping(sink) {
        try Subprocess.run("zstd", ["-dcq", "--", file.path], output: $0)
      }
      if result.status != 0 {
        throw TextSourceError.broken(path: file.path, reason: result.reason)
      }
    case .none:
      // Not in one piece: a piece in another encoding is copied.
      try mapped.withBytes { bytes in
        for start in stride(from: 0, to: bytes.count, by: 4 << 20) {
          let end = min(start + (4 << 20), bytes.count)
          try sink(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        }
      }
    }
  }
}
