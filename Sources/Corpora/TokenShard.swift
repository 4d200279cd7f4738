import Foundation
import Storage

/// The tokens of one part of one domain, end to end, documents divided by the end-of-text token.
///
/// A shard's file is a header of 64 bytes and the tokens, all little-endian:
///
/// | offset | bytes | contents |
/// |---|---|---|
/// | 0 | 8 | `MIXSHARD` |
/// | 8 | 4 | version of the format, 1 |
/// | 12 | 4 | vocabulary size; each token is below it |
/// | 16 | 8 | number of tokens, n |
/// | 24 | 8 | checksum of the tokens' bytes |
/// | 32 | 32 | zeros |
/// | 64 | 2n | the tokens, as 16-bit unsigned integers |
package struct TokenShard: Sendable {
  private enum Contents: Sendable {
    case mapped(MappedFile)
    case memory([UInt16])
  }

  static let headerBytes = 64
  static let version = 1
  private static let magic = Array("MIXSHARD".utf8)

  private let contents: Contents
  /// Number of tokens.
  package let count: Int
  /// Where the shard was read from; empty for one in memory.
  package let path: String
  package let vocabularySize: Int
  let checksum: UInt64

  package init(tokens: [UInt16], vocabularySize: Int) {
    contents = .memory(tokens)
    count = tokens.count
    path = ""
    self.vocabularySize = vocabularySize
    checksum = tokens.withUnsafeBytes { Self.checksum(of: $0) }
  }

  /// Maps a shard's file, and reads it once to see that it is whole.
  package init(at path: String) throws {
    let file = try MappedFile(at: path)
    // The mapping ends with the file's last use, which is not that of its bytes.
    defer { withExtendedLifetime(file) {} }
    let bytes = file.bytes
    guard bytes.count >= Self.headerBytes else {
      throw CorpusError.shardTooShort(
        path: path, expectedBytes: Self.headerBytes, foundBytes: bytes.count)
    }
    guard bytes.prefix(8).elementsEqual(Self.magic) else {
      let start = bytes.prefix(8).map { String(format: "%02x", Int($0)) }.joined(separator: " ")
      throw CorpusError.shardMagic(path: path, found: start)
    }
    let version = Int(UInt32(littleEndian: bytes.load(fromByteOffset: 8, as: UInt32.self)))
    guard version == Self.version else {
      throw CorpusError.formatVersion(path: path, expected: Self.version, found: version)
    }
    vocabularySize = Int(UInt32(littleEndian: bytes.load(fromByteOffset: 12, as: UInt32.self)))
    let tokens = UInt64(littleEndian: bytes.load(fromByteOffset: 16, as: UInt64.self))
    guard tokens == UInt64(bytes.count - Self.headerBytes) / 2, bytes.count.isMultiple(of: 2) else {
      // A damaged count can be anything, so its product must not trap.
      let expected = Int(clamping: tokens.multipliedReportingOverflow(by: 2).partialValue)
      throw CorpusError.shardSize(
        path: path, expectedBytes: expected.addingReportingOverflow(Self.headerBytes).partialValue,
        foundBytes: bytes.count)
    }
    let expected = UInt64(littleEndian: bytes.load(fromByteOffset: 24, as: UInt64.self))
    let found = Self.checksum(of: UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes...]))
    guard found == expected else {
      throw CorpusError.shardChecksum(path: path, expected: expected, found: found)
    }
    // A right checksum says who made the file no more than that it is whole.
    let highest = Self.highestToken(UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes...]))
    guard tokens == 0 || highest < vocabularySize else {
      throw CorpusError.shardToken(path: path, found: highest, vocabulary: vocabularySize)
    }
    checksum = expected
    count = Int(tokens)
    contents = .mapped(file)
    self.path = path
  }

  private static func highestToken(_ bytes: UnsafeRawBufferPointer) -> Int {
    bytes.withMemoryRebound(to: UInt16.self) { tokens in
      var highest: UInt16 = 0
      for token in tokens { highest = max(highest, token) }
      return Int(highest)
    }
  }

  package func withTokens<R>(_ body: (UnsafeBufferPointer<UInt16>) throws -> R) rethrows -> R {
    switch contents {
    case .memory(let tokens): return try tokens.withUnsafeBufferPointer(body)
    case .mapped(let file):
      let start = file.bytes.baseAddress! + Self.headerBytes
      let tokens = UnsafeBufferPointer(
        start: start.assumingMemoryBound(to: UInt16.self), count: count)
      return try withExtendedLifetime(file) { try body(tokens) }
    }
  }

  /// Writes the shard in its format, whole or not at all.
  ///
  /// - Returns: the SHA-256 of the file.
  @discardableResult
  package func write(to path: String) throws -> String {
    let header = Self.header(vocabularySize: vocabularySize, count: count, checksum: checksum)
    try withTokens { tokens in
      try replaceFile(at: path) { (descriptor) throws(StorageError) in
        try writeAll(header, to: descriptor, path: path)
        try writeAll(UnsafeRawBufferPointer(tokens), to: descriptor, path: path)
      }
    }
    var hash = SHA256()
    hash.update(header)
    withTokens { hash.update(UnsafeRawBufferPointer($0)) }
    return hash.hexadecimal()
  }

  static func header(vocabularySize: Int, count: Int, checksum: UInt64) -> Data {
    var header = Data(Self.magic)
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { header.append(contentsOf: $0) }
    }
    append(UInt32(Self.version))
    append(UInt32(vocabularySize))
    append(UInt64(count))
    append(checksum)
    header.append(Data(count: Self.headerBytes - header.count))
    return header
  }

  private static func checksum(of bytes: UnsafeRawBufferPointer) -> UInt64 {
    var checksum = Checksum()
    let whole = bytes.count & ~7
    checksum.update(UnsafeRawBufferPointer(rebasing: bytes[..<whole]))
    return checksum.finished(
      UnsafeRawBufferPointer(rebasing: bytes[whole...]), totalBytes: bytes.count)
  }

  /// A fast checksum against damage, not against malice: 64-bit words, multiplied and folded.
  ///
  /// Each step is a bijection of the state, so that one damaged word always shows.
  struct Checksum {
    private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
      hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
      hash ^= hash >> 32
    }

    /// - Precondition: a whole number of words.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
      precondition(
        bytes.count.isMultiple(of: 8), "expected whole words, found \(bytes.count) bytes")
      for offset in stride(from: 0, to: bytes.count, by: 8) {
        mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
    }

    /// - Parameter rest: the last bytes, fewer than a word.
    func finished(_ rest: UnsafeRawBufferPointer, totalBytes: Int) -> UInt64 {
      var copy = self
      var last: UInt64 = 0
      for byte in rest { last = last << 8 | UInt64(byte) }
      copy.mix(last)
      copy.mix(UInt64(totalBytes))
      return copy.hash
    }
  }
}
