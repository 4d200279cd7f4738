import Foundation
import Numerics
import Storage
import Testing

@testable import Corpora
@testable import TextSources

/// Shards of others' formats, written here from their descriptions.
@Suite struct TokenShardFormatTests {
  /// Documents of a made-up vocabulary.
  static func documents(_ count: Int, below limit: Int = 40_000, seed: UInt64 = 1) -> [[UInt32]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      (0..<5 + generator.integer(below: 90)).map { _ in
        // Few tokens are frequent, most are rare.
        let u = generator.uniform()
        return UInt32(1 + Int(Double(limit - 1) * u * u * u * u))
      }
    }
  }

  static func bytes<Value: FixedWidthInteger>(_ values: [Value]) -> Data {
    values.reduce(into: Data()) { data, value in
      withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
    }
  }

  static func numbers(_ values: [UInt32], width: Int) -> Data {
    width == 2 ? bytes(values.map { UInt16($0) }) : bytes(values)
  }

  /// - Parameter end: put behind each document.
  static func megatron(_ documents: [[UInt32]], end: UInt32?, code: UInt8) -> (Data, Data) {
    let texts = documents.map { $0 + (end.map { [$0] } ?? []) }
    let width = code == 8 ? 2 : 4
    var index = Data("MMIDIDX\0\0".utf8) + bytes([UInt64(1)]) + Data([code])
    index += bytes([UInt64(texts.count), UInt64(texts.count + 1)])
    index += bytes(texts.map { Int32($0.count) })
    var offsets: [Int64] = [0]
    for text in texts { offsets.append(offsets.last! + Int64(text.count * width)) }
    index += bytes(Array(offsets.dropLast())) + bytes((0...texts.count).map { Int64($0) })
    return (numbers(texts.flatMap(\.self), width: width), index)
  }

  static func llmc(_ tokens: [UInt32], magic: Int32, version: Int32, width: Int) -> Data {
    var header = [Int32](repeating: 0, count: 256)
    (header[0], header[1], header[2]) = (magic, version, Int32(tokens.count))
    return bytes(header) + numbers(tokens, width: width)
  }

  static func numpy(_ tokens: [UInt32], type: String, width: Int, shape: String? = nil) -> Data {
    var text =
      "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape ?? "\(tokens.count),")), }"
    while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
    text += "\n"
    return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0]) + bytes([UInt16(text.utf8.count)])
      + Data(text.utf8) + numbers(tokens, width: width)
  }

  private func read(
    _ patterns: [String], _ change: (inout TokenReading) -> Void = { _ in }
  ) throws -> (documents: [[UInt32]], end: UInt32?) {
    var reading = TokenReading()
    change(&reading)
    let files = try TokenFiles(patterns: patterns, reading: reading)
    var found: [[UInt32]] = []
    try files.documents { document in
      let tokens = document.text.withUnsafeBytes { raw in
        stride(from: 0, to: raw.count, by: 4).map {
          UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
        }
      }
      if document.follows { found[found.count - 1] += tokens } else { found.append(tokens) }
    }
    return (found, try files.end())
  }

  @Test("every format gives the documents that went in")
  func formats() throws {
    let folder = try TemporaryFolder()
    let documents = Self.documents(300)
    let end: UInt32 = 50_256
    let ended: [UInt32] = documents.flatMap { $0 + [end] }
    func write(_ name: String, _ data: Data) throws -> String {
      try replaceFile(at: folder.path + "/" + name, with: data)
      return folder.path + "/" + name
    }
    for (code, name) in [(UInt8(8), "u16"), (4, "i32")] {
      for tail in [nil, end] {
        let (bin, index) = Self.megatron(documents, end: tail, code: code)
        let path = try write("\(name).bin", bin)
        _ = try write("\(name).idx", index)
        let found = try read([path])
        #expect(found.documents == documents && found.end == tail)
        #expect(try read([folder.path + "/\(name).*"]).documents == documents)
      }
    }
    let begun: [UInt32] = documents.flatMap { [end] + $0 }
    let small = try write("gpt2.bin", Self.llmc(begun, magic: 20_240_520, version: 1, width: 2))
    #expect(try read([small]).documents == documents && read([small]).end == end)
    let wide: [UInt32] = documents.flatMap { [128_000] + $0.map { $0 + 100_000 } }
    let llama = try write("l3.bin", Self.llmc(wide, magic: 20_240_801, version: 7, width: 4))
    #expect(try read([llama]).documents == documents.map { $0.map { $0 + 100_000 } })

    let nano = try write("train.bin", Self.numbers(ended, width: 2))
    #expect(try read([nano]) { $0.end = end }.documents == documents)
    let dolma = try write("part-0-00000.npy", Self.numbers(ended, width: 4))
    #expect(throws: TextSourceError.self) { try read([dolma]) }
    #expect(
      try read([dolma]) {
        $0.type = .uint32
        $0.end = end
      }.documents == documents)
    // With dolma's list of documents beside it the end shows itself.
    var (place, table) = (0, "")
    for document in documents {
      table += "\(place),\(place + document.count + 1),id,src.json.gz,1\n"
      place += document.count + 1
    }
    let plain = try write("list", Data(table.utf8))
    let packed = Data(try Subprocess.run("gzip", ["-c", plain]).output)
    _ = try write("part-0-00000.csv.gz", packed)
    let listed = try read([dolma]) { $0.type = .uint32 }
    #expect(listed.documents == documents && listed.end == end)

    for (type, width) in [("<u2", 2), ("<u4", 4), ("<i4", 4)] {
      let path = try write("array.npy", Self.numpy(ended, type: type, width: width))
      #expect(try read([path]) { $0.end = end }.documents == documents)
    }
    let ds = try write("00000.ds", Self.numbers(ended, width: 4))
    var ends: [UInt64] = []
    for document in documents { ends.append((ends.last ?? 0) + UInt64(document.count + 1)) }
    _ = try write("00000.ds.index", Self.bytes(ends))
    _ = try write("00000.ds.metadata", Data("gpt2|4\n\(ended.count)\n15.0 K".utf8))
    #expect(try read([ds]).documents == documents && read([ds]).end == end)
    let lit =
      Data("LITPKDS".utf8) + Self.bytes([UInt64(1)]) + Data([8])
      + Self.bytes([UInt64(ended.count)]) + Self.numbers(ended, width: 2)
    let packedPath = try write("train_0.bin", lit)
    #expect(try read([packedPath]) { $0.end = end }.documents == documents)
  }

  @Test(
    "documents longer than a piece stay whole, text without ends is divided and stays whole too")
  func longDocuments() throws {
    let folder = try TemporaryFolder()
    let documents = [200_000, 3, 65_537, 1].map { count in
      (0..<count).map { UInt32($0 % 999) + 1 }
    }
    let (bin, index) = Self.megatron(documents, end: nil, code: 8)
    try replaceFile(at: folder.path + "/a.bin", with: bin)
    try replaceFile(at: folder.path + "/a.idx", with: index)
    #expect(try read([folder.path + "/a.bin"]).documents == documents)
    let path = folder.path + "/raw.bin"
    try replaceFile(at: path, with: Self.numbers(documents[0], width: 2))
    #expect(try read([path]).documents == [documents[0]])
    var keys: Set<String> = []
    try TokenFiles(patterns: [path]).documents { keys.insert($0.splitKey) }
    #expect(keys.count > 200)
  }

  @Test("a header that lies is refused in one line that says what was found")
  func damage() throws {
    let folder = try TemporaryFolder()
    let documents = Self.documents(20)
    let (bin, index) = Self.megatron(documents, end: nil, code: 8)
    func error(_ name: String, _ data: Data, _ beside: Data? = nil) throws -> String {
      let path = folder.path + "/" + name
      try replaceFile(at: path, with: data)
      if let beside {
        try replaceFile(at: String(path.dropLast(4)) + ".idx", with: beside)
      }
      do {
        _ = try read([path])
        return "no error"
      } catch { return "\(error)" }
    }
    func changed(_ data: Data, _ offset: Int, _ bytes: [UInt8]) -> Data {
      var data = data
      data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
      return data
    }
    let eights = [UInt8](repeating: 0xff, count: 8)
    let cases: [(String, String)] = [
      ("another beginning", try error("m1.bin", bin, changed(index, 0, [65]))),
      ("version 3", try error("m2.bin", bin, changed(index, 9, [3]))),
      ("type 7", try error("m3.bin", bin, changed(index, 17, [7]))),
      ("sequences and", try error("m4.bin", bin, changed(index, 18, eights))),
      ("bytes", try error("m5.bin", bin, changed(index, 18, [21]))),
      ("bytes", try error("m6.bin", bin, index.dropLast(1))),
      ("sequence 0", try error("m7.bin", bin, changed(index, 34, [0xff, 0xff, 0xff, 0xff]))),
      ("sequence 1", try error("m8.bin", bin, changed(index, 34 + 80 + 8, eights))),
      ("document index", try error("m9.bin", bin, changed(index, index.count - 16, eights))),
      ("tokens, expected", try error("m10.bin", bin.dropLast(2), index)),
      (
        "5 bytes of tokens, expected 6",
        try error(
          "l1.bin", Self.llmc([1, 2, 3], magic: 20_240_520, version: 1, width: 2).dropLast())
      ),
      (
        "version 4",
        try error("l2.bin", Self.llmc([1, 2, 3], magic: 20_240_520, version: 4, width: 2))
      ),
      (
        "evaluation", try error("l3.bin", Self.llmc([1], magic: 20_240_522, version: 1, width: 2))
      ),
      ("'<f4'", try error("n1.npy", Self.numpy([1, 2], type: "<f4", width: 4))),
      ("shape", try error("n2.npy", Self.numpy([1, 2], type: "<u2", width: 2, shape: "-2,"))),
      ("bytes", try error("n3.npy", Self.numpy([1, 2], type: "<u2", width: 2, shape: "9999,"))),
      (
        "shape",
        try error(
          "n4.npy",
          Self.numpy([1], type: "<u2", width: 2, shape: "1099511627775, 1099511627775"))
      ),
      (
        "header of", try error("n5.npy", Data([0x93]) + Data("NUMPY".utf8) + Data([2, 0]) + eights)
      ),
      (
        "type 6",
        try error("p1.bin", Data("LITPKDS".utf8) + Self.bytes([UInt64(1)]) + Data([6]) + eights)
      ),
      (
        "fewer",
        try error("p2.bin", Data("LITPKDS".utf8) + Self.bytes([UInt64(1)]) + Data([5]) + eights)
      ),
      ("'.metadata'", try error("d.ds", Data(count: 8))),
      ("no format", try error("d.tok", Data(count: 8))),
      ("no text", try error("e.bin", Data())),
    ]
    for (wanted, found) in cases {
      #expect(found.contains(wanted) && !found.contains("\n"), "\(wanted): \(found)")
    }
    let negative = folder.path + "/neg.npy"
    try replaceFile(at: negative, with: Self.numpy([1, .max], type: "<i4", width: 4))
    #expect(throws: TextSourceError.self) { try read([negative]) }
    let beyond = folder.path + "/beyond.bin"
    try replaceFile(at: beyond, with: Self.numbers([1, 2, 700, 4], width: 2))
    #expect(throws: TextSourceError.self) { try read([beyond]) { $0.vocabularySize = 700 } }
  }

  @Test(
    "a corpus of shards decodes to the tokens that went in, whatever its vocabulary",
    arguments: [
      300, 1024, 8000,
    ])
  func corpus(vocabulary: Int) throws {
    let folder = try TemporaryFolder()
    let documents = Self.documents(900)
    let (bin, index) = Self.megatron(documents, end: 50_256, code: 4)
    try replaceFile(at: folder.path + "/a.bin", with: bin)
    try replaceFile(at: folder.path + "/a.idx", with: index)
    let more = Self.documents(400, below: 3000, seed: 2)
    let tokens: [UInt32] = more.flatMap { $0 + [50_256] }
    try replaceFile(at: folder.path + "/b.bin", with: Self.numbers(tokens, width: 2))
    var reading = TokenReading()
    reading.end = 50_256
    var settings = CorpusBuilderTests.settings(heldOutTokens: 1000)
    settings.vocabularySize = vocabulary
    let corpus = try CorpusBuilder(
      name: "t", training: [],
      tokens: [
        DomainFiles(name: "a", patterns: [folder.path + "/a.bin"]),
        DomainFiles(name: "b", patterns: [folder.path + "/b.bin"]),
      ], tokenReading: reading, settings: settings
    ).build(at: folder.path + "/c", workers: 2)
    #expect(corpus.isOfTokens && corpus.vocabularySize <= vocabulary)
    let cut = try decodeDocument(TokenCut.self, at: folder.path + "/c/vocabulary.json")
    for (domain, given) in zip(corpus.domains, [documents, more]) {
      let parts = [domain.training!, domain.heldOut].map { (shard: TokenShard) -> [[UInt32]] in
        let tokens: [UInt32] = shard.withTokens { cut.decode($0) }
        return tokens.split(separator: 50_256).map { Array($0) }
      }
      let isWhole = Set(parts[0] + parts[1]) == Set(given)
      #expect(isWhole && !parts[1].isEmpty)
      #expect(Set(parts[0]).isDisjoint(with: parts[1]))
      let counted = domain.heldOut.withTokens { tokens in
        tokens.reduce(0) { $0 + corpus.tokenByteCounts[Int($1)] }
      }
      #expect(counted == parts[1].reduce(0) { $0 + $1.count })
      #expect(domain.summary.bytes == given.reduce(0) { $0 + $1.count })
    }
    #expect(throws: CorpusError.self) {
      try CorpusBuilder(
        name: "t", training: [DomainFiles(name: "x", patterns: [folder.path + "/a.idx"])],
        tokens: [DomainFiles(name: "a", patterns: [folder.path + "/a.bin"])])
    }
  }

  @Test("a cut keeps the most frequent tokens, and the digits that make the fewest tokens")
  func cuts() throws {
    var counts = (0..<50_000).map { 1_000_000 / ($0 + 1) }
    counts[17] = 5_000_000
    let cut = try TokenCut(counts: counts, sourceEnd: 49_999, size: 1024)
    #expect(cut.vocabularySize <= 1024 && cut.kept.contains(17) && !cut.kept.contains(49_999))
    var tokens: [UInt16] = []
    let table = cut.table()
    let all = (0..<UInt32(50_000)).map { $0 }
    for id in all { table.append(id, to: &tokens) }
    #expect(cut.decode(tokens) == all)
    let kept = Set(cut.kept)
    let length = counts.indices.reduce(0) {
      $0 + counts[$1] * (kept.contains(UInt32($1)) || $1 == 49_999 ? 1 : cut.digits)
    }
    // As many digits more, or fewer, would not be better.
    for digits in 2...4 where digits != cut.digits {
      let base = (2...1024).first { base in
        (0..<digits).reduce(1) { product, _ in product * base }
          >= 49_999 - max(1023 - digits * base, 0)
      }!
      let room = 1023 - digits * base
      guard room >= 0 else { continue }
      let sorted = counts.dropLast().sorted(by: >)
      let other =
        sorted[..<room].reduce(0, +) + sorted[room...].reduce(0, +) * digits + counts[49_999]
      #expect(other >= length)
    }
    let whole = try TokenCut(counts: counts, sourceEnd: nil, size: 60_000)
    #expect(whole.digits == 0 && whole.vocabularySize == 50_001)
    #expect(throws: CorpusError.self) { try TokenCut(counts: counts, sourceEnd: nil, size: 20) }
  }

  @Test(
    "bytes without a header are not taken for tokens where they are text or still compressed",
    arguments: [
      (
        Data(sentences(40, stream: "text").joined(separator: "\n").utf8),
        "plain text, expected tokens"
      ),
      (Data([0x1f, 0x8b, 8, 0]) + Data(repeating: 7, count: 400), "gzip data, expected tokens"),
      (Data([0x28, 0xb5, 0x2f, 0xfd]) + Data(repeating: 7, count: 400), "Zstandard data"),
      (Data("PAR1".utf8) + Data(repeating: 7, count: 400), "a Parquet file"),
    ])
  func noTokens(data: Data, problem: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/shard.bin"
    try replaceFile(at: path, with: data)
    func words(_ reading: TokenReading) -> String {
      do {
        let files = try TokenFiles(patterns: [path], reading: reading)
        try files.documents { _ in }
        return "read"
      } catch {
        return "\(error)"
      }
    }
    #expect(words(TokenReading()).contains(problem))
    // Whoever says what they are has them read.
    var reading = TokenReading()
    reading.type = .uint16
    #expect(words(reading) == "read")
  }
}
