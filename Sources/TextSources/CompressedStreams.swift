/// Reads a gzip file ([RFC 1952](https://www.rfc-editor.org/rfc/rfc1952)): all its members, each
/// checked against its checksum and length. Dictzip files are gzip files too.
func gunzip(
  _ bytes: UnsafeRawBufferPointer, _ sink: (UnsafeRawBufferPointer) throws -> Void
) throws {
  var inflater = Inflater(bytes, position: 0)
  var position = 0
  repeat {
    position = try gzipHeaderEnd(bytes, at: position)
    inflater.seek(to: position)
    var checksum = CRC32()
    var count: UInt32 = 0
    try inflater.run { piece in
      checksum.update(piece)
      count &+= UInt32(truncatingIfNeeded: piece.count)
      try sink(piece)
    }
    position = inflater.position
    guard position + 8 <= bytes.count else { throw InflateError.truncated }
    guard bytes.littleEndian(UInt32.self, at: position) == checksum.value else {
      throw InflateError.wrongChecksum("CRC-32")
    }
    guard bytes.littleEndian(UInt32.self, at: position + 4) == count else {
      throw InflateError.corrupt("another length than it says")
    }
    position += 8
    // Files from tapes and block devices end in zeros.
    while position < bytes.count, bytes[position] == 0 { position += 1 }
  } while position < bytes.count
}

/// - Parameter limit: the most bytes that are expected in it.
package func gunzip(_ bytes: [UInt8], limit: Int = ReadingLimits().entryBytes) throws -> [UInt8] {
  var result: [UInt8] = []
  // The last member's length, as a hint only.
  if bytes.count >= 18 {
    let hint = bytes.withUnsafeBytes { $0.littleEndian(UInt32.self, at: bytes.count - 4) }
    result.reserveCapacity(min(Int(hint), bytes.count * 16, limit))
  }
  try bytes.withUnsafeBytes {
    try gunzip($0) { piece in
      if result.count + piece.count > limit { throw InflateError.tooLarge(limit) }
      result.append(contentsOf: piece)
    }
  }
  return result
}

private func gzipHeaderEnd(_ bytes: UnsafeRawBufferPointer, at start: Int) throws -> Int {
  guard start + 10 <= bytes.count else { throw InflateError.truncated }
  guard bytes[start] == 0x1f, bytes[start + 1] == 0x8b else {
    throw InflateError.corrupt(start == 0 ? "no gzip header" : "something else after its end")
  }
  guard bytes[start + 2] == 8 else { throw InflateError.unsupported("a gzip method but deflate") }
  let flags = bytes[start + 3]
  var position = start + 10
  if flags & 4 != 0 {
    guard position + 2 <= bytes.count else { throw InflateError.truncated }
    position += 2 + Int(bytes.littleEndian(UInt16.self, at: position))
  }
  // Name and comment, each ended by a zero.
  for flag in [UInt8(8), 16] where flags & flag != 0 {
    while position < bytes.count, bytes[position] != 0 { position += 1 }
    position += 1
  }
  if flags & 2 != 0 { position += 2 }
  guard position <= bytes.count else { throw InflateError.truncated }
  return position
}

/// Reads the zlib stream ([RFC 1950](https://www.rfc-editor.org/rfc/rfc1950)) at `position`, and
/// moves `position` behind it.
func unzlib(
  _ bytes: UnsafeRawBufferPointer, at position: inout Int,
  limit: Int = ReadingLimits().entryBytes
) throws -> [UInt8] {
  guard position >= 0, position + 2 <= bytes.count else { throw InflateError.truncated }
  let method = bytes[position]
  let flags = bytes[position + 1]
  guard method & 15 == 8, (Int(method) << 8 | Int(flags)) % 31 == 0 else {
    throw InflateError.corrupt("no zlib header")
  }
  guard flags & 32 == 0 else { throw InflateError.unsupported("a preset dictionary") }
  var inflater = Inflater(bytes, position: position + 2)
  var result: [UInt8] = []
  var checksum = Adler32()
  try inflater.run {
    if result.count + $0.count > limit { throw InflateError.tooLarge(limit) }
    checksum.update($0)
    result.append(contentsOf: $0)
  }
  position = inflater.position
  guard position + 4 <= bytes.count else { throw InflateError.truncated }
  guard
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
      == checksum.value
  else { throw InflateError.wrongChecksum("Adler-32") }
  position += 4
  return result
}

extension UnsafeRawBufferPointer {
  func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}
