import Foundation
import Testing

/// Text and tokens in, mixtures and models out, as a person runs them.
@Suite struct FormatProgramTests {
  /// JSON lines of made-up words.
  private static func write(_ name: String, seed: Int, count: Int, in folder: String) throws {
    var state = UInt64(seed &* 7919 &+ 17)
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let words = (0..<300).map { _ in
      (0..<1 + next(4)).map { _ in
        String(Array("bcdfghklmn")[next(10)]) + String(Array("aeiou")[next(5)])
      }.joined()
    }
    let lines = (0..<count).map { _ in
      let text = (0..<80).map { _ in words[next(1 + next(300))] }.joined(separator: " ")
      return "{\"text\": \"\(text)\"}\n"
    }
    try Data(lines.joined().utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
  }

  private static func object(_ path: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  @Test(
    "a corpus of levels is built, trained on, exported and read back; the run's folder is whole")
  func throughAll() throws {
    let folder = try TemporaryFolder()
    try Self.write("a.jsonl", seed: 1, count: 700, in: folder.path)
    try Self.write("b.ndjson", seed: 2, count: 700, in: folder.path)
    let built = try Program.run(
      [
        "corpus", "build", "--domain", "web/health=a.jsonl", "--domain", "code=b.ndjson",
        "--output",
        "c/", "--vocabulary", "300", "-q",
      ], in: folder.path)
    #expect(built.code == 0, "\(built.errors)")
    #expect(built.output.contains("held-out tokens; a run measures on 45056"))
    let trained = try Program.run(
      [
        "train", "--corpus", "c", "--mixture", "web/health=0.25,code=0.75", "--size", "50k",
        "--tokens", "20000", "--workers", "1", "-q", "--output", "run",
      ], in: folder.path)
    #expect(trained.code == 0, "\(trained.errors)")
    let tokenizer = try Self.object(folder.path + "/run/tokenizer.json")
    let added = try #require((tokenizer["added_tokens"] as? [[String: Any]])?.first)
    let end = try #require(added["id"] as? Int)
    for file in ["config.json", "generation_config.json"] {
      let settings = try Self.object(folder.path + "/run/" + file)
      for key in ["eos_token_id", "bos_token_id", "pad_token_id"] {
        #expect(settings[key] as? Int == end, "\(file) \(key)")
      }
    }
    for file in ["tokenizer_config.json", "special_tokens_map.json"] {
      let settings = try Self.object(folder.path + "/run/" + file)
      #expect(settings["eos_token"] as? String == added["content"] as? String)
    }
    #expect(try Self.object(folder.path + "/run/config.json")["model_type"] as? String == "llama")

    let exported = try Program.run(
      ["export", "run", "--to", "hf-datasets", "--tokens", "1M", "--output", "mix.py"],
      in: folder.path)
    #expect(exported.code == 0 && exported.errors.contains("probabilities of documents"))
    let again = try Program.run(
      ["export", "@mix.py", "--to", "csv", "-q"], in: folder.path)
    #expect(again.output == "domain,weight,epochs\nweb/health,0.25,\ncode,0.75,\n")
    let back = try Program.run(
      [
        "train", "--corpus", "c", "--mixture", "@mix.py", "--size", "50k", "--tokens", "10000",
        "--workers", "1", "-q", "--output", "run2",
      ], in: folder.path)
    #expect(back.code == 0 && back.output.contains("0.2500"), "\(back.errors)")

    try Self.write("d.jsonl", seed: 3, count: 300, in: folder.path)
    let more = try Program.run(
      ["corpus", "add", "c", "--domain", "c++=d.jsonl", "--json"], in: folder.path)
    #expect(more.code == 0 && more.output.contains("\"c++\""), "\(more.errors)")
    let rebuilt = try Program.run(["corpus", "rebuild", "c", "c++", "-q"], in: folder.path)
    #expect(rebuilt.code == 0, "\(rebuilt.errors)")
  }

  @Test("token shards become a corpus that trains, and bits are counted by source token")
  func tokens() throws {
    let folder = try TemporaryFolder()
    var state: UInt64 = 5
    for name in ["a.bin", "b.bin"] {
      var tokens: [UInt16] = []
      for index in 0..<60_000 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let u = Double(state >> 40) / Double(1 << 24)
        tokens.append(index % 50 == 49 ? 50_256 : UInt16(1 + 30_000 * u * u * u * u * u))
      }
      try Data(tokens.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
        .write(to: URL(fileURLWithPath: folder.path + "/" + name))
    }
    let built = try Program.run(
      [
        "corpus", "build", "--tokens", "a=a.bin", "--tokens", "b=b.bin", "--end-of-text", "50256",
        "--vocabulary", "600", "--output", "c", "-q",
      ], in: folder.path)
    #expect(built.code == 0 && built.output.contains("source tokens"), "\(built.errors)")
    let trained = try Program.run(
      [
        "train", "--corpus", "c", "--mixture", "uniform", "--size", "50k", "--tokens", "10000",
        "--workers", "1", "-q", "--output", "run",
      ], in: folder.path)
    #expect(trained.code == 0 && trained.output.contains("bits/source token"), "\(trained.errors)")
    let mixed = try Program.run(
      ["corpus", "build", "--tokens", "a=a.bin", "--domain", "b=b.txt", "--output", "d"],
      in: folder.path)
    #expect(mixed.code == 1 && mixed.errors.contains("--tokenizer"))
  }

  @Test(
    "mistakes of usage end with 64 and say what to do",
    arguments: [
      (["export", "a=0.5,b=0.5", "--to", "word"], "word"),
      (["export", "uniform", "--to", "json"], "--corpus"),
      (["export", "a=1", "--to", "json", "--path", "nonsense"], "nonsense"),
      (["export", "a=1", "--to", "json", "--tokens", "many"], "many"),
      (["corpus", "build", "--domain", "a=x", "--output", "o", "--encoding", "ebcdic"], "utf-8"),
      (["corpus", "build", "--domain", "a=x", "--output", "o", "--skip-bad", "-1"], "skip-bad"),
      (["corpus", "add", "c"], "--domain"),
    ] as [([String], String)])
  func usage(words: [String], hint: String) throws {
    let result = try Program.run(words)
    #expect(result.code == 64 && result.errors.contains(hint), "\(result.errors)")
  }
}
