import Foundation
import Numerics
import Storage

extension Attack {
  /// Gives the program inputs that nobody would: a clear line or a result, never a trap or a hang.
  ///
  /// Several in one attack, since each is short.
  mutating func fuzz() throws {
    let kinds: [(name: String, share: Int)] = [
      ("table", 30), ("sizes table", 8), ("journal", 14), ("corpus", 12), ("manifest", 6),
      ("text", 10), ("checkpoint", 5), ("settings", 6), ("archive", 6), ("told runs", 8),
      ("mixture file", 8), ("jobs", 14), ("tokens", 10),
    ]
    var ticket = generator.integer(below: kinds.reduce(0) { $0 + $1.share })
    var kind = kinds[0].name
    for candidate in kinds {
      kind = candidate.name
      ticket -= candidate.share
      if ticket < 0 { break }
    }
    record.target = kind
    for round in 0..<20 {
      let place = "\(folder)/\(round)"
      try makeFolder(at: place)
      let commands: [[String]]
      switch kind {
      case "table", "sizes table": commands = try tableInputs(in: place, sizes: kind != "table")
      case "journal": commands = try journalInputs(in: place)
      case "corpus": commands = try corpusInputs(in: place)
      case "manifest", "archive":
        commands = try manifestInputs(in: place, archive: kind == "archive")
      case "text": commands = try textInputs(in: place)
      case "told runs": commands = try toldInputs(in: place)
      case "mixture file": commands = try mixtureInputs(in: place)
      case "checkpoint": commands = try checkpointInputs(in: place)
      case "jobs": commands = try jobInputs(in: place)
      case "tokens": commands = try tokenInputs(in: place)
      default: commands = try settingsInputs(in: place)
      }
      record.blows += 1
      let words = pick(commands)
      let command = "round \(round): \(words.joined(separator: " "))"
      if kind == "manifest" {
        countAskedWork(words, in: place, seconds: 20, command)
      } else {
        record.count(subject.run(words, in: place, within: Attack.patience), command)
      }
      if record.fault != nil { return }
      discard(place)
    }
  }

  mutating func mutation() -> Mutation {
    Mutation(generator: SeededGenerator(seed: generator.next(), stream: "mutation"))
  }

  func source(_ name: String) throws -> [UInt8] {
    [UInt8](try readFile(at: workshop.path + "/" + name))
  }

  func put(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private mutating func tableInputs(in place: String, sizes: Bool) throws -> [[String]] {
    var mutation = mutation()
    let real = try source(sizes ? "sizes.csv" : "runs.csv")
    let choice = generator.integer(below: 4)
    let bytes: [UInt8]
    var name = "t.csv"
    switch choice {
    case 0, 1: bytes = mutation.mutated(real, other: try source("runs.csv"))
    case 2: bytes = Array(mutation.table().utf8)
    default:
      name = "t.jsonl"
      let lines = jsonLines(of: real)
      bytes =
        generator.uniform() < 0.7
        ? mutation.mutated(lines, other: lines)
        : Array(
          (0..<(1 + generator.integer(below: 8))).map { _ in mutation.json() + "\n" }.joined().utf8)
    }
    try put(bytes, place + "/" + name)
    if sizes {
      return [
        [
          "replay", name, "--target", "16M", "--methods", "random", "--seeds", "1", "--budget",
          "1.5", "-q",
        ],
        [
          "replay", name, "--target", "16M", "--methods", "scale-bo", "--seeds", "1", "--budget",
          "1", "-q",
        ],
        ["replay", name, "--target", "16M", "--extrapolate", "--splits", "1", "-q"],
        ["suggest", "--observations", name, "-n", "1"],
      ]
    }
    return [
      ["suggest", "--observations", name, "-n", "1", "--method", "sobol"],
      ["suggest", "--observations", name, "-n", "2"],
      ["suggest", "--observations", name, "--recommend"],
      ["suggest", "--observations", name, "-n", "1", "--method", "regmix", "--json"],
      [
        "replay", name, "--methods", "random", "--seeds", "2", "--initial", "2", "--budget", "4",
        "-q",
      ],
      ["replay", name, "--methods", "bo", "--seeds", "1", "--initial", "3", "--budget", "4", "-q"],
    ]
  }

  /// A table as lines of JSON.
  private func jsonLines(of csv: [UInt8]) -> [UInt8] {
    let rows = String(decoding: csv, as: UTF8.self).split(separator: "\n")
      .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let lines = rows.dropFirst().map { row in
      "{"
        + zip(rows[0], row).map { "\"\($0)\":" + (Double($1) == nil ? "\"\($1)\"" : "\($1)") }
        .joined(separator: ",") + "}\n"
    }
    return Array(lines.joined().utf8)
  }

  /// Journals whose lines have right checksums, so that what they say is judged too.
  private mutating func journalInputs(in place: String) throws -> [[String]] {
    let reference = pick(workshop.references.filter { !$0.journals.isEmpty })
    record.target = "journal of \(reference.scenario.name)"
    try FileManager.default.removeItem(atPath: place)
    try FileManager.default.copyItem(atPath: reference.folder, toPath: place)
    let path = place + "/" + pick(reference.journals)
    let lines = try LineJournal.lines(at: path)
    var mutation = mutation()
    let plain = [UInt8](Data(lines.joined(separator: Data("\n".utf8))) + Data("\n".utf8))
    var bytes = mutation.mutated(plain, other: plain)
    if generator.uniform() < 0.7 {
      bytes = bytes.split(separator: 10).flatMap { JournalLine.seal(Data($0)) + [10] }
    }
    try put(bytes, path)
    let words = self.words(reference)
    let folder = words.dropFirst().first ?? ""
    let commands = [words, words, ["report", folder], ["report", folder, "--json"]]
    return reference.scenario.verb == "study"
      ? commands + [
        ["transfer", folder, "--sizes", "100k", "--seeds", "1", "-q"],
        ["suggest", "--observations", reference.journals[0], "-n", "1"],
      ] : commands
  }

  private mutating func corpusInputs(in place: String) throws -> [[String]] {
    try FileManager.default.copyItem(atPath: workshop.path + "/corpus", toPath: place + "/c")
    let name = pick(filesBelow(place + "/c") + ["corpus.json", "corpus.json", "tokenizer.json"])
    let bytes = try source("corpus/" + name)
    var mutation = mutation()
    try put(mutation.mutated(bytes, other: bytes), "\(place)/c/\(name)")
    return [
      ["corpus", "list", "c"], ["corpus", "list", "c", "--json"],
      [
        "train", "--corpus", "c", "--mixture", "uniform", "--size", "50k", "--tokens", "2000",
        "--workers", "1", "--output", "r", "-q",
      ],
      [
        "study", "s", "--corpus", "c", "--size", "50k", "--tokens", "1000", "--methods", "sobol",
        "--trials", "1", "--finalists", "1", "--confirmation-seeds", "0", "--workers", "1", "-q",
      ],
    ]
  }

  private mutating func manifestInputs(in place: String, archive: Bool) throws -> [[String]] {
    var mutation = mutation()
    if archive {
      let bytes = ZipWriter.archive([
        ("x/a.html", Array("<p>\(String(repeating: "word and more ", count: 300))</p>".utf8)),
        ("x/b.txt", Array(String(repeating: "plain text here\n", count: 300).utf8)),
      ])
      let wheel = generator.uniform() < 0.9 ? mutation.mutated(bytes, other: bytes) : bytes
      try makeFolder(at: place + "/cache")
      try put(wheel, place + "/cache/x-1-py3-none-any.whl")
      let manifest = """
        {"name":"p","domains":[{"name":"a","sources":[{"kind":"wheel","package":"x","version":"1",
        "sha256":"\(SHA256.hexadecimal(of: wheel))","files":["**"],"rule":"html","license":"CC0"}]}]}
        """
      try put(Array(manifest.utf8), place + "/m.json")
    } else {
      let real = try source("mini.json")
      try put(mutation.mutated(real, other: real), place + "/m.json")
    }
    return [
      [
        "corpus", "build", "m.json", "--cache", "cache", "--output", "o", "--vocabulary", "300",
        "--quiet",
      ]
    ]
  }

  private mutating func textInputs(in place: String) throws -> [[String]] {
    var mutation = mutation()
    var text = try source("texts/a\(generator.integer(below: 24)).txt")
    let isJSON = generator.uniform() < 0.6
    if isJSON {
      let documents = String(decoding: text, as: UTF8.self).components(separatedBy: "\n\n")
      text = documents.flatMap { Array("{\"id\":1,\"text\":\"\($0)\"}\n".utf8) }
    }
    var name = isJSON ? "x.jsonl" : "x.txt"
    let isDamagedBefore = generator.uniform() < 0.5
    if isDamagedBefore || !isJSON { text = mutation.mutated(text, other: text) }
    try put(text, place + "/" + name)
    if isJSON, let tool = pick([nil, ("gzip", ".gz"), ("zstd", ".zst")]) {
      let command = "\(tool.0) -q -f -k \(name)"
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "cd '\(place)' && \(command) 2>/dev/null"]
      try process.run()
      process.waitUntilExit()
      if process.terminationStatus == 0 {
        name += tool.1
        if !isDamagedBefore {
          let packed = [UInt8](try readFile(at: place + "/" + name))
          try put(mutation.mutated(packed, other: packed), place + "/" + name)
        }
      }
    }
    return [
      [
        "corpus", "build", "--domain", "a=\(name)", "--domain",
        "b=\(workshop.path)/texts/b*.txt", "--vocabulary", "300", "--output", "o", "--quiet",
      ]
    ]
  }

  private mutating func checkpointInputs(in place: String) throws -> [[String]] {
    let words = [
      "train", "--corpus", workshop.path + "/corpus", "--mixture", "uniform", "--size", "50k",
      "--tokens", "400000", "--workers", "1", "--output", "r", "-q",
    ]
    let checkpoint = workshop.path + "/checkpoint.safetensors"
    if !fileExists(checkpoint) {
      // A run that is stopped leaves one.
      let run = subject.start(words, in: place)
      _ = run.wait(seconds: 1.5)
      run.send(SIGTERM)
      _ = run.outcome(within: 30)
      let left = place + "/r/checkpoint.safetensors"
      if fileExists(left) { try replaceFile(at: checkpoint, with: try readFile(at: left)) }
      guard fileExists(checkpoint) else { return [words] }
    }
    let bytes = try source("checkpoint.safetensors")
    var mutation = mutation()
    // The header is a hundredth of the file, and most of what can be wrong.
    let header = min(8 + 20_000, bytes.count)
    let changed =
      generator.uniform() < 0.7
      ? mutation.mutated(Array(bytes[..<header]), other: []) + bytes[header...]
      : mutation.mutated(bytes, other: [])
    try? FileManager.default.removeItem(atPath: place + "/r")
    try makeFolder(at: place + "/r")
    try put(changed, place + "/r/checkpoint.safetensors")
    return [words]
  }

  /// What a client tells a session.
  private mutating func toldInputs(in place: String) throws -> [[String]] {
    try FileManager.default.copyItem(atPath: workshop.path + "/session", toPath: place + "/session")
    var mutation = mutation()
    let real = #"{"run": 13, "losses": {"a": 3.1, "b": 3.2, "c": 2.9}}"#
    let bytes =
      generator.uniform() < 0.7
      ? mutation.mutated(Array(real.utf8), other: Array(real.utf8)) : Array(mutation.json().utf8)
    try put(bytes, place + "/told.json")
    return [
      ["tell", "session", "--from", "told.json"],
      ["tell", "session", "--from", "told.json", "--json"],
    ]
  }

  /// Mixtures as other trainers write them, to be read and written anew.
  private mutating func mixtureInputs(in place: String) throws -> [[String]] {
    var mutation = mutation()
    let formats = [
      "megatron", "olmo-core", "nanotron", "levanter", "lingua", "regmix", "doremi", "hf-datasets",
      "llama-factory", "streaming", "json", "csv",
    ]
    let outcome = subject.run(
      ["export", "a=0.5,b=0.3,c=0.2", "--to", pick(formats), "-q"], in: place,
      within: Self.patience)
    let real = Array(outcome.output.utf8)
    try put(mutation.mutated(real, other: real), place + "/mixture")
    return [
      ["export", "@mixture", "--to", "json", "-q"],
      ["export", "@mixture", "--to", pick(formats), "-q"],
      ["predict", workshop.path + "/s", "--mixture", "@mixture", "--json"],
    ]
  }

  private mutating func settingsInputs(in place: String) throws -> [[String]] {
    var mutation = mutation()
    try FileManager.default.copyItem(atPath: workshop.path + "/s", toPath: place + "/s")
    let study = try source("s/study.json")
    let isSettings = generator.uniform() < 0.4
    if isSettings {
      let text =
        generator.uniform() < 0.5
        ? mutation.json() : String(decoding: mutation.mutated(study, other: study), as: UTF8.self)
      try put(Array(text.utf8), place + "/settings.json")
    } else {
      try put(mutation.mutated(study, other: study), place + "/s/study.json")
    }
    let study0 = workshop.resolved(Scenario.all[0].words)
    return isSettings
      ? [
        [
          "study", "new", "--config", "settings.json", "--corpus", workshop.path + "/corpus", "-q",
          "--size", "50k", "--tokens", "1000", "--trials", "1", "--confirmation-seeds", "0",
        ]
      ]
      : [study0, ["report", "s"], ["transfer", "s", "--sizes", "100k", "--seeds", "1", "-q"]]
  }
}
