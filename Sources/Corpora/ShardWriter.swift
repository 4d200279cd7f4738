import Foundation
import Storage

/// Writes a shard's file piece by piece: a corpus may be larger than memory.
struct ShardWriter: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private let vocabularySize: Int
  private var checksum = TokenShard.Checksum()
  private var buffer: [UInt16] = []
  private(set) var count = 0

  private static let bufferSize = 1 << 20

  /// - Parameter path: in a folder that is not in use yet; a file that is there is replaced.
  init(path: String, vocabularySize: Int) throws(StorageError) {
    self.path = path
    self.vocabularySize = vocabularySize
    descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .system(action: "write", path: path, code: errno) }
    try writeAll(Data(count: TokenShard.headerBytes), to: descriptor, path: path)
  }

  deinit { close(descriptor) }

  mutating func append(_ tokens: [UInt16]) throws(StorageError) {
    count += tokens.count
    buffer.append(contentsOf: tokens)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  private mutating func flush() throws(StorageError) {
    // Whole words for the checksum; what is left over waits.
    let whole = buffer.count & ~3
    let written = Array(buffer[..<whole])
    written.withUnsafeBytes { checksum.update($0) }
    try writeTokens(written)
    buffer.removeFirst(whole)
  }

  private func writeTokens(_ tokens: [UInt16]) throws(StorageError) {
    let data = tokens.withUnsafeBytes { Data($0) }
    try writeAll(data, to: descriptor, path: path)
  }

  /// Completes the file and syncs it.
  ///
  /// - Returns: the SHA-256 of the file, and the checksum in its header.
  consuming func finish() throws -> (sha256: String, checksum: UInt64) {
    try flush()
    let rest = buffer
    let sum = rest.withUnsafeBytes { checksum.finished($0, totalBytes: 2 * count) }
    try writeTokens(rest)
    let header = TokenShard.header(vocabularySize: vocabularySize, count: count, checksum: sum)
    let written = header.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard written == header.count, fsync(descriptor) == 0 else {
      throw StorageError.system(action: "write", path: path, code: errno)
    }
    return (try SHA256.hexadecimal(ofFileAt: path), sum)
  }
}
