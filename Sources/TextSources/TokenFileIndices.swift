import Foundation
import Storage

/// Megatron's `.idx` (Megatron-LM, megatron/core/datasets/indexed_dataset.py, `_IndexWriter`): 9 bytes
/// `MMIDIDX\0\0`, u64 version 1, u8 type, u64 sequences S, u64 document indices D; then i32 lengths (S),
/// i64 byte offsets (S), i64 document indices (D), in sequences, the first 0 and the last S. Behind it
/// multimodal sets have i8 modes (S).
struct MegatronIndex {
  let type: TokenType
  let count: Int
  /// In tokens.
  let documentEnds: [Int]

  /// `DType` in the same file; 6 and 7 are floats.
  private static let types: [UInt8: TokenType] = [
    1: .uint8, 2: .int8, 3: .int16, 4: .int32, 5: .int64, 8: .uint16,
  ]

  /// - Parameter binBytes: the size of the `.bin` beside it.
  init(at path: String, binBytes: Int) throws {
    func refuse(_ found: String, _ expected: String) -> TextSourceError {
      .wrongContents(path: path, found: found, hint: "expected \(expected)")
    }
    let file = try MappedFile(at: path)
    let bytes = file.bytes
    defer { withExtendedLifetime(file) {} }
    guard bytes.count >= 34, bytes.starts(with: Array("MMIDIDX\0\0".utf8)) else {
      throw refuse("another beginning", "Megatron's 'MMIDIDX'")
    }
    let version = bytes.littleEndian(UInt64.self, at: 9)
    guard version == 1 else { throw refuse("version \(version)", "1") }
    guard let type = Self.types[bytes[17]] else {
      throw refuse("tokens of the type \(bytes[17])", "integers")
    }
    self.type = type
    let sequences = bytes.littleEndian(UInt64.self, at: 18)
    let documents = bytes.littleEndian(UInt64.self, at: 26)
    guard sequences < 1 << 40, documents < 1 << 40 else {
      throw refuse("\(sequences) sequences and \(documents) documents", "as many as the file holds")
    }
    let (s, d) = (Int(sequences), Int(documents))
    let size = 34 + 12 * s + 8 * d
    guard bytes.count == size || bytes.count == size + s else {
      throw refuse("\(bytes.count) bytes", "\(size) for \(s) sequences and \(d) document indices")
    }
    var ends: [Int] = []
    ends.reserveCapacity(s)
    var total = 0
    for i in 0..<s {
      let length = Int(bytes.littleEndian(Int32.self, at: 34 + 4 * i))
      let offset = bytes.littleEndian(Int64.self, at: 34 + 4 * s + 8 * i)
      guard length >= 0, offset == Int64(total * type.byteCount) else {
        throw refuse(
          "sequence \(i) of \(length) tokens at byte \(offset)",
          "sequences that follow each other, this one at \(total * type.byteCount)")
      }
      total += length
      ends.append(total)
    }
    guard total * type.byteCount == binBytes else {
      throw refuse(
        "\(total) tokens", "\(binBytes / type.byteCount), as the .bin has \(binBytes) bytes")
    }
    count = total
    var documentEnds: [Int] = []
    var before = 0
    for i in 0..<d {
      let index = Int(bytes.littleEndian(Int64.self, at: 34 + 12 * s + 8 * i))
      guard (i == 0 && index == 0) || (i > 0 && index >= before && index <= s) else {
        throw refuse("document index \(index) at place \(i)", "one from \(before) to \(s)")
      }
      if i > 0, index > before { documentEnds.append(ends[index - 1]) }
      before = index
    }
    // Some writers leave the documents out; then each sequence is one.
    if d < 2 { documentEnds = ends }
    if documentEnds.last ?? 0 < total { documentEnds.append(total) }
    self.documentEnds = documentEnds
  }
}

/// What lies beside datatrove's `.ds` (src/datatrove/pipeline/tokens/tokenizer.py, `TokenizedFile`):
/// `.ds.index`, u64 document ends in tokens, and `.ds.metadata`, lines of text: the tokenizer's name, `|`
/// and the bytes of a token, then the number of tokens.
struct DatatroveMetadata {
  private(set) var type: TokenType?
  private(set) var tokens: Int?

  init(of path: String) {
    guard let data = try? readFile(at: path + ".metadata") else { return }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    switch lines.first?.split(separator: "|").last.flatMap({ Int($0) }) {
    case 2: type = .uint16
    case 4: type = .uint32
    default: break
    }
    if lines.count > 1 { tokens = Int(lines[1]) }
  }

  static func ends(of path: String, tokens: Int) throws -> [Int]? {
    let index = path + ".index"
    guard fileExists(index) else { return nil }
    let file = try MappedFile(at: index)
    return try file.withBytes { bytes in
      guard bytes.count.isMultiple(of: 8) else {
        throw TextSourceError.wrongContents(
          path: index, found: "\(bytes.count) bytes", hint: "expected numbers of 8 bytes each")
      }
      var ends: [Int] = []
      for offset in stride(from: 0, to: bytes.count, by: 8) {
        let end = bytes.littleEndian(UInt64.self, at: offset)
        guard end <= tokens, Int(end) >= ends.last ?? 0 else {
          throw TextSourceError.wrongContents(
            path: index, found: "a document that ends at token \(end)",
            hint: "expected ends that grow up to the \(tokens) tokens of the shard")
        }
        ends.append(Int(end))
      }
      if ends.last != tokens { ends.append(tokens) }
      return ends
    }
  }
}

/// The `.csv.gz` that dolma writes beside a shard (docs/tokenize.md): start and end of each document in
/// tokens, then its id, source and line.
enum DolmaDocuments {
  static func ends(of path: String, tokens: Int) throws -> [Int]? {
    let table = (path as NSString).deletingPathExtension + ".csv.gz"
    guard fileExists(table) else { return nil }
    func refuse(_ found: String) -> TextSourceError {
      .wrongContents(
        path: table, found: found,
        hint: "expected the start and end of each document, up to the \(tokens) tokens of the shard"
      )
    }
    let bytes: [UInt8]
    do {
      bytes = try gunzip(Array(try readFile(at: table)))
    } catch let error as InflateError {
      throw TextSourceError.broken(path: table, reason: error.description)
    }
    var ends: [Int] = []
    try bytes.forEachLine { line in
      if line.isEmpty { return }
      let cells = bytes[line].split(separator: UInt8(ascii: ","), maxSplits: 2)
      let numbers = cells.prefix(2).map { Int(String(decoding: $0, as: UTF8.self)) }
      guard numbers.count == 2, let start = numbers[0], let end = numbers[1] else {
        // A line of titles.
        if ends.isEmpty { return }
        throw refuse("a line without two numbers")
      }
      guard start == ends.last ?? 0, end >= start, end <= tokens else {
        throw refuse("a document from \(start) to \(end)")
      }
      ends.append(end)
    }
    if ends.last ?? 0 < tokens { ends.append(tokens) }
    return ends
  }
}

/// The header of NumPy's own format (NEP 1): `\x93NUMPY`, major and minor version, the length of the
/// header in 2 or 4 bytes, and a Python dictionary.
struct NumPyHeader {
  let type: TokenType
  let byteCount: Int
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer, path: String) throws(TextSourceError) {
    func refuse(_ found: String, _ expected: String) -> TextSourceError {
      .wrongContents(path: path, found: found, hint: "expected \(expected)")
    }
    guard bytes.count >= 12 else { throw refuse("\(bytes.count) bytes", "a header of NumPy") }
    let isWide = bytes[6] >= 2
    let length =
      isWide
      ? Int(bytes.littleEndian(UInt32.self, at: 8)) : Int(bytes.littleEndian(UInt16.self, at: 8))
    byteCount = (isWide ? 12 : 10) + length
    guard byteCount <= bytes.count else {
      throw refuse("a header of \(byteCount) bytes", "one that ends before the file")
    }
    let text = String(decoding: bytes[(byteCount - length)..<byteCount], as: UTF8.self)
    func value(_ key: String) -> Substring? {
      text.range(of: "'\(key)':").map { text[$0.upperBound...].drop { $0 == " " } }
    }
    let types: [String: TokenType] = [
      "|u1": .uint8, "|i1": .int8, "<u2": .uint16, "<i2": .int16, "<u4": .uint32, "<i4": .int32,
      "<i8": .int64, "<u8": .int64,
    ]
    let description = value("descr")?.split(separator: "'").first.map(String.init) ?? "nothing"
    guard let type = types[description] else {
      throw refuse("an array of '\(description)'", "little-endian integers")
    }
    self.type = type
    let shape = value("shape")?.dropFirst().prefix { $0 != ")" } ?? ""
    let sides = shape.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { !$0.isEmpty }.map { Int($0) }
    guard !sides.isEmpty, sides.allSatisfy({ $0 != nil && $0! >= 0 && $0! < 1 << 40 }) else {
      throw refuse("the shape (\(shape))", "numbers")
    }
    // A table of sequences is read row by row.
    var count = 1
    for side in sides {
      let (product, isOver) = count.multipliedReportingOverflow(by: side!)
      guard !isOver else { throw refuse("the shape (\(shape))", "fewer tokens") }
      count = product
    }
    guard sides.count == 1 || value("fortran_order")?.hasPrefix("False") == true else {
      throw refuse("columns before rows", "rows before columns")
    }
    self.count = count
  }
}
