import Foundation
import Storage

/// One shard of tokens, mapped, its header read and checked against its size.
struct TokenFile {
  let path: String
  let format: TokenFileFormat
  let type: TokenType
  /// Of tokens.
  let count: Int
  /// The token that the format's writer puts between documents; nil where none is agreed on.
  private(set) var usualEnd: UInt32?
  /// Where documents end, in tokens; nil where the format does not tell.
  private(set) var documentEnds: [Int]?

  private let file: MappedFile
  /// Of the first token, in bytes.
  private let start: Int

  /// - Parameters:
  ///   - format: nil for what the file shows itself to be.
  ///   - type: of the tokens, for formats that do not tell.
  init(at path: String, format: TokenFileFormat?, type: TokenType?) throws {
    let path = path.hasSuffix(".idx") ? String(path.dropLast(4)) + ".bin" : path
    self.path = path
    let mapped = try MappedFile(at: path)
    file = mapped
    let bytes = mapped.bytes
    defer { withExtendedLifetime(mapped) {} }
    func refuse(_ found: String, _ expected: String) -> TextSourceError {
      .wrongContents(path: path, found: found, hint: "expected \(expected)")
    }
    let found = try format ?? Self.format(of: path, bytes)
    self.format = found
    switch found {
    case .megatron:
      let index = try MegatronIndex(at: String(path.dropLast(4)) + ".idx", binBytes: bytes.count)
      (self.type, start, count) = (index.type, 0, index.count)
      documentEnds = index.documentEnds
    case .llmc:
      guard bytes.count >= 1024 else { throw refuse("\(bytes.count) bytes", "a header of 1,024") }
      func word(_ index: Int) -> UInt32 { bytes.littleEndian(UInt32.self, at: 4 * index) }
      switch (word(0), word(1)) {
      case (20_240_520, 1): (self.type, usualEnd) = (.uint16, 50256)
      case (20_240_801, 7): (self.type, usualEnd) = (.uint32, 128_000)
      case (20_240_522, _): throw refuse("an evaluation file of llm.c", "a training shard")
      default:
        throw refuse("magic \(word(0)), version \(word(1))", "20240520, 1 or 20240801, 7 of llm.c")
      }
      (start, count) = (1024, Int(word(2)))
    case .litgpt:
      guard bytes.count >= 24, bytes.starts(with: Array("LITPKDS".utf8)) else {
        throw refuse("another beginning", "'LITPKDS'")
      }
      let version = bytes.littleEndian(UInt64.self, at: 7)
      guard version == 1 else { throw refuse("version \(version)", "1") }
      guard let type = Self.litgptTypes[bytes[15]] else {
        throw refuse("tokens of the type \(bytes[15])", "integers")
      }
      (self.type, start) = (type, 24)
      count = Int(clamping: bytes.littleEndian(UInt64.self, at: 16))
    case .datatrove:
      let metadata = DatatroveMetadata(of: path)
      guard let own = metadata.type ?? type else {
        throw refuse("no '.metadata' beside it", "'--token-type uint16' or 'uint32' then")
      }
      (self.type, start, count) = (own, 0, bytes.count / own.byteCount)
      if let tokens = metadata.tokens, tokens != count {
        throw refuse("\(count) tokens", "the \(tokens) that '.metadata' says")
      }
      documentEnds = try DatatroveMetadata.ends(of: path, tokens: count)
    case .numpy:
      let header = try NumPyHeader(bytes, path: path)
      (self.type, start, count) = (header.type, header.byteCount, header.count)
    case .raw:
      let own = type ?? .uint16
      (self.type, start, count) = (own, 0, bytes.count / own.byteCount)
      if type == nil {
        try Self.checkContents(bytes, path: path)
        try Self.checkWidth(bytes, path: path)
      }
      documentEnds = try DolmaDocuments.ends(of: path, tokens: count)
    }
    let (size, isOver) = count.multipliedReportingOverflow(by: self.type.byteCount)
    guard !isOver, bytes.count - start == size else {
      throw refuse(
        "\(bytes.count - start) bytes of tokens",
        "\(isOver ? "fewer" : "\(size)"), as its header says")
    }
    if count == 0 { throw TextSourceError.empty(path: path) }
  }

  private static func format(
    of path: String, _ bytes: UnsafeRawBufferPointer
  ) throws(TextSourceError) -> TokenFileFormat {
    let name = path.lowercased()
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) { return .numpy }
    if bytes.starts(with: Array("LITPKDS".utf8)) { return .litgpt }
    if name.hasSuffix(".ds") { return .datatrove }
    if name.hasSuffix(".bin"), fileExists(String(path.dropLast(4)) + ".idx") { return .megatron }
    if bytes.count >= 1024,
      [20_240_520, 20_240_801, 20_240_522].contains(bytes.littleEndian(UInt32.self, at: 0))
    {
      return .llmc
    }
    if name.hasSuffix(".bin") || name.hasSuffix(".npy") { return .raw }
    throw .wrongContents(
      path: path, found: "no format of token shards that is known",
      hint:
        "expected Megatron's .bin and .idx, llm.c's .bin, nanoGPT's .bin, .npy of OLMo and NumPy, "
        + "datatrove's .ds or Lit-GPT's; '--token-format raw' takes bare numbers")
  }

  /// Lit-GPT's packed_dataset.py; 6 and 7 are floats.
  private static let litgptTypes: [UInt8: TokenType] = [
    1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 8: .uint16,
  ]

  /// What has no header of its own may be anything: text, or a file that is still compressed.
  private static func checkContents(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(TextSourceError) {
    let asTheyAre = "; '--token-type uint16' reads it as numbers all the same"
    if bytes.count >= 64, bytes.prefix(1 << 16).allSatisfy({ 32...126 ~= $0 || 9...13 ~= $0 }) {
      throw .wrongContents(
        path: path, found: "plain text, expected tokens",
        hint: "give text with '--domain'" + asTheyAre)
    }
    // Two bytes alone may be a token.
    let isGzip = bytes.starts(with: [0x1f, 0x8b, 8])
    if let found = FileKind.contentsBySignature(bytes), found != "gzip data" || isGzip {
      throw .wrongContents(
        path: path, found: "\(found), expected tokens", hint: "unpack it first" + asTheyAre)
    }
  }

  /// Tokens of 32 bits read as 16 are pairs whose second is next to nothing.
  private static func checkWidth(
    _ bytes: UnsafeRawBufferPointer, path: String
  ) throws(TextSourceError) {
    let pairs = min(bytes.count / 4, 4096)
    guard pairs >= 8 else { return }
    var small = 0
    for pair in 0..<pairs where bytes.littleEndian(UInt16.self, at: 4 * pair + 2) < 16 {
      small += 1
    }
    if small * 100 > pairs * 99 {
      throw .wrongContents(
        path: path, found: "numbers that look like 32 bits each",
        hint: "expected 16; give '--token-type uint32', or 'uint16' to read them as they are")
    }
  }

  /// The tokens of a range.
  ///
  /// - Throws: ``TextSourceError`` for a negative number or one beyond `limit`.
  func tokens(_ range: Range<Int>, below limit: Int) throws -> [UInt32] {
    try file.withBytes { bytes in
      var result: [UInt32] = []
      result.reserveCapacity(range.count)
      for index in range {
        let offset = start + index * type.byteCount
        let value: Int
        switch type {
        case .uint8: value = Int(bytes[offset])
        case .int8: value = Int(Int8(bitPattern: bytes[offset]))
        case .int16: value = Int(bytes.littleEndian(Int16.self, at: offset))
        case .uint16: value = Int(bytes.littleEndian(UInt16.self, at: offset))
        case .int32: value = Int(bytes.littleEndian(Int32.self, at: offset))
        case .uint32: value = Int(bytes.littleEndian(UInt32.self, at: offset))
        case .int64: value = Int(bytes.littleEndian(Int64.self, at: offset))
        }
        guard value >= 0, value < limit else {
          throw TextSourceError.wrongContents(
            path: path, found: "the token \(value) at place \(index)",
            hint: "expected tokens below \(limit); another '--token-type' may be right")
        }
        result.append(UInt32(value))
      }
      return result
    }
  }
}
