import Foundation
import Storage

extension Attack {
  /// What drivers, jobs and trainers leave for each other: requests, messages, results, the engine's settings.
  mutating func jobInputs(in place: String) throws -> [[String]] {
    var mutation = mutation()
    let study = workshop.resolved(Scenario.byOwnTrainer)
    if generator.uniform() < 0.4 {
      let real =
        #"{"status":"finished","measurements":[{"tokens":1000000,"seconds":1,"losses":{"a":3.1,"b":3.2,"c":2.9}}]}"#
      let bytes =
        generator.uniform() < 0.8
        ? mutation.mutated(Array(real.utf8), other: Array(real.utf8)) : Array(mutation.json().utf8)
      try put(bytes, place + "/told.json")
      let index = study.firstIndex(of: "--trainer")! + 1
      var words = study
      words[index] = "cp '\(place)/told.json' {folder}/result.json"
      return [words + ["--retries", "1", "--methods", "uniform", "--trials", "1"]]
    }
    guard let reference = workshop.references.first(where: { $0.scenario.name == "run" }) else {
      return [["status", "e"]]
    }
    try FileManager.default.removeItem(atPath: place)
    try FileManager.default.copyItem(atPath: reference.folder, toPath: place)
    // Each is to work in its own folder.
    let attempt = place + "/e/attempts/0-1/"
    for path in [attempt + "job.json", attempt + "request.json"] {
      let text = String(decoding: try readFile(at: path), as: UTF8.self)
      try put(Array(text.replacing(reference.folder, with: place).utf8), path)
    }
    let names = filesBelow(place).filter { !$0.hasSuffix(".html") && !$0.hasSuffix(".md") }
    let name = pick(names)
    let bytes = [UInt8](try readFile(at: place + "/" + name))
    let isSealed = name.hasSuffix(".jsonl") || name.hasSuffix(".message")
    var changed: [UInt8]
    if isSealed {
      let lines = try LineJournal.lines(at: place + "/" + name)
      let plain = [UInt8](Data(lines.joined(separator: Data("\n".utf8))) + Data("\n".utf8))
      changed = mutation.mutated(plain, other: plain)
      if generator.uniform() < 0.8 {
        changed = changed.split(separator: 10).flatMap { JournalLine.seal(Data($0)) + [10] }
      }
    } else {
      // They name paths and commands, which must stay what they are.
      changed = mutation.withNumbersReplaced(bytes)
    }
    try put(changed, place + "/" + name)
    return [
      ["run", "e/attempts/0-1"], ["status", "e", "--json"], ["status", "e"], ["cancel", "e"],
      ["cancel", "e", "0", "--for-good"], ["study", "e", "--step", "-q"], ["watch", "e", "--once"],
      ["report", "e"],
    ]
  }

  /// Token shards of others' tools, and their tokenizers.
  mutating func tokenInputs(in place: String) throws -> [[String]] {
    var mutation = mutation()
    let tokens = (0..<9000).flatMap { _ -> [UInt8] in
      let token = generator.integer(below: 300)
      return [UInt8(token & 255), UInt8(token >> 8)]
    }
    func little(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    var files: [(name: String, bytes: [UInt8])]
    switch generator.integer(below: 6) {
    case 0:
      let header = "{'descr': '<u2', 'fortran_order': False, 'shape': (9000,), }"
      let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
      files = [
        (
          "x.npy",
          [0x93] + Array("NUMPY".utf8) + [1, 0] + little(118, 2) + Array(padded.utf8) + tokens
        )
      ]
    case 1:
      let index =
        Array("MMIDIDX\0\0".utf8) + little(1, 8) + [8] + little(9, 8) + little(10, 8)
        + (0..<9).flatMap { _ in little(1000, 4) } + (0..<9).flatMap { little(2000 * $0, 8) }
        + (0...9).flatMap { little($0, 8) }
      files = [("x.idx", index), ("x.bin", tokens)]
    case 2:
      files = [
        (
          "x.bin",
          little(20_240_520, 4) + little(1, 4) + little(9000, 4)
            + [UInt8](repeating: 0, count: 1012) + tokens
        )
      ]
    case 3:
      files = [
        ("x.bin", Array("LITPKDS".utf8) + little(1, 8) + [8] + little(9000, 8) + tokens)
      ]
    case 4:
      files = [
        ("x.ds.index", (1...9).flatMap { little(1000 * $0, 8) }), ("x.ds", tokens),
        ("x.ds.metadata", Array("gpt2|2\n9000\n18.0 KB".utf8)),
      ]
    default: files = [("tokenizer.json", try source("corpus/tokenizer.json"))]
    }
    // The first is the one that says how the others are read; most of what can be wrong is at its beginning.
    let first = files[0].bytes
    let head = min(generator.uniform() < 0.7 ? 160 : first.count, first.count)
    files[0].bytes =
      mutation.mutated(Array(first[..<head]), other: []) + first[head...]
    for (name, bytes) in files { try put(bytes, place + "/" + name) }
    let shard = files.map(\.name).first {
      ["npy", "bin", "ds"].contains($0.split(separator: ".").last)
    }
    let build = ["corpus", "build", "--vocabulary", "300", "--output", "o", "-q"]
    return files[0].name == "tokenizer.json"
      ? [build + ["--tokenizer", "tokenizer.json", "--domain", "a=\(workshop.path)/texts/a*.txt"]]
      : [build + ["--tokens", "a=\(shard ?? "")"]]
  }
}
