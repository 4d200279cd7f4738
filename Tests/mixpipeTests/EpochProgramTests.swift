import Foundation
import Testing

@Suite("Matched epochs, from the command line") struct EpochProgramTests {
  private func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  private func read(_ folder: TemporaryFolder, _ name: String) throws -> String {
    try String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8)
  }

  /// Training tokens by domain.
  private func text(_ folder: TemporaryFolder) throws -> [String: Int] {
    let record = try json(try read(folder, "corpus/corpus.json"))
    let domains = try #require(record["domains"] as? [[String: Any]])
    var found: [String: Int] = [:]
    for domain in domains {
      guard let shard = domain["training"] as? [String: Any],
        let name = (domain["summary"] as? [String: Any])?["name"] as? String
      else { continue }
      found[name] = shard["tokens"] as? Int
    }
    return found
  }

  private static let weights = ["books": 0.5, "web": 0.2, "code": 0.1, "papers": 0.1, "chat": 0.1]
  private static let mixture = "books=0.5,web=0.2,code=0.1,papers=0.1,chat=0.1"

  @Test("let a run repeat each text as often as its target, whatever its own length")
  func training() throws {
    let folder = try TemporaryFolder.withCorpus()
    let text = try text(folder)
    let target = 40_000_000
    var losses: [String] = []
    for (name, options) in [
      ("whole", []), ("matched", ["--target-tokens", "40M", "--match-epochs"]),
      ("other", ["--target-tokens", "40M", "--match-epochs", "--subsample-seed", "2"]),
    ] {
      let result = try Program.run(
        [
          "train", "--mixture", Self.mixture, "--corpus", "corpus", "--size", "50k", "--tokens",
          "65536", "--output", name, "--json",
        ] + options, in: folder.path)
      try #require(result.code == 0, "\(result.errors)")
      let summary = try #require(try json(result.output)["result"] as? [String: Any])
      let found = try #require(summary["epochs"] as? [Double])
      losses.append("\(summary["outcome"] ?? "")")
      let domains = try #require(try json(result.output)["domains"] as? [String])
      for (domain, epochs) in zip(domains, found) {
        let there = Self.weights[domain]! * Double(target) / Double(text[domain]!)
        if name == "whole" {
          #expect(epochs < 0.1)
        } else {
          // A part is of whole windows, and a batch of whole sequences.
          #expect(abs(epochs / there - 1) < 0.05, "\(domain): \(epochs), expected \(there)")
          #expect(there > 1)
        }
      }
    }
    #expect(Set(losses).count == 3)
    let told = try Program.run(
      [
        "train", "--mixture", "uniform", "--corpus", "corpus", "--size", "50k", "--tokens", "8192",
        "--target-tokens", "40M", "--match-epochs", "--available", "web=90B", "--available",
        "books=20M", "--output", "told",
      ], in: folder.path)
    try #require(told.code == 0, "\(told.errors)")
    // Half of the run's tokens of a text of half the target's.
    #expect(told.errors.contains("one of 8.2k reads 4.1k of "), "\(told.errors)")
    #expect(told.errors.contains("all of the others") && told.errors.contains("40.0M tokens"))
  }

  @Test("make each rung of a testbed a run, the same after kills and for any number of workers")
  func testbed() throws {
    let folder = try TemporaryFolder.withCorpus()
    func words(_ name: String, _ options: [String] = [], workers: Int = 2) -> [String] {
      [
        "testbed", name, "--corpus", "corpus", "--sizes", "50k,75k", "--mixtures", "4,3",
        "--replicated", "1", "--rungs", "0.25,0.5,1", "--tokens", "16384", "--held-out-tokens",
        "1024", "--quiet", "--workers", "\(workers)",
      ] + options
    }
    let matched = ["--match-epochs", "--target-tokens", "60M"]
    let whole = try Program.run(words("whole", matched, workers: 1), in: folder.path)
    try #require(whole.code == 0, "\(whole.errors)")
    let table = try read(folder, "whole/runs.csv")
    let rows = table.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    #expect(rows.count == 1 + (5 + 4) * 3)
    #expect(
      rows.filter { $0[0] == "50k-2-1" }.map { $0[4] } == ["4096", "8192", "16384"])
    #expect(rows.allSatisfy { !$0.contains("") && !$0.contains("nan") })
    let journal = try read(folder, "whole/runs.jsonl")
    let asked = journal.split(separator: "\n").filter { $0.contains(#""event":"asked""#) }
    #expect(asked.count == 27 && asked.allSatisfy { $0.contains(#""length":"#) })
    // What each has read says how often: the same at every length.
    let ended = try journal.split(separator: "\n").filter { $0.contains(#""event":"ended""#) }
      .map { try json(String($0)) }
    #expect(ended.count == 27)

    try Program.killInsideRuns(
      words("broken", matched), in: folder.path, keeping: "broken", times: 3)
    let broken = try Program.run(words("broken", matched), in: folder.path)
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(try read(folder, "broken/runs.csv") == table)

    // In the same folder, runs that read all text are other runs.
    let plain = try Program.run(words("whole"), in: folder.path)
    try #require(plain.code == 0, "\(plain.errors)")
    let other = try read(folder, "whole/runs.csv")
    #expect(other != table)
    #expect(other.split(separator: "\n").count == rows.count)
    // The target of a testbed is its longest run, whose text is the whole.
    let own = try Program.run(words("own", ["--match-epochs"]), in: folder.path)
    try #require(own.code == 0, "\(own.errors)")
    // All but operations: who is measured on the way pays for that too.
    let last = { (table: String) -> [[String]] in
      table.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
        .filter { $0[0].hasPrefix("75k") && $0[4] == "16384" }
        .map { Array($0[..<6]) + Array($0[7...]) }
    }
    #expect(last(try read(folder, "own/runs.csv")) == last(other))
  }

  @Test("hold in a study of several sizes that was killed and goes on without its options")
  func study() throws {
    let folder = try TemporaryFolder.withCorpus()
    func words(_ name: String, workers: Int) -> [String] {
      [
        "study", name, "--corpus", "corpus", "--sizes", "50k,75k", "--tokens", "16384", "--rungs",
        "0.25,0.5,1", "--budget", "5", "--confirmation-seeds", "1", "--lag", "2", "--target",
        "reviews", "--target-tokens", "60M", "--match-epochs", "--constrain", "epochs<=30",
        "--methods", "asha-sizes", "--json", "--workers", "\(workers)",
      ]
    }
    let whole = try Program.run(words("whole", workers: 1), in: folder.path)
    try #require(whole.code == 0, "\(whole.errors)")
    try Program.killInsideRuns(
      words("broken", workers: 2), in: folder.path, keeping: "broken", times: 2)
    let broken = try Program.run(
      ["study", "broken", "--json", "--workers", "2"], in: folder.path)
    try #require(broken.code == 0, "\(broken.errors)")
    #expect(
      whole.output == broken.output.replacingOccurrences(of: "\"broken\"", with: "\"whole\""))
    let journal = try read(folder, "whole/runs.jsonl")
    #expect(!journal.contains(#""from":"#) && !journal.contains(#""ladder":"#))
    // 30 epochs of 60 M tokens.
    let text = try text(folder)
    let weights = try #require(try json(whole.output)["mixture"] as? [String: Double])
    for (domain, weight) in weights {
      #expect(weight * 60e6 / Double(text[domain]!) <= 30 + 1e-6)
    }
    let report = try Program.run(["report", "whole"], in: folder.path)
    try #require(report.code == 0, "\(report.errors)")
    let page = try read(folder, "whole/report.html")
    #expect(page.contains("as often as in a run of 60.0M tokens"))
    #expect(page.contains("--target-tokens 60000000 --match-epochs"))
    let other = try Program.run(
      ["study", "whole", "--target-tokens", "50M", "--json"], in: folder.path)
    #expect(other.code == 1 && other.errors.contains("60000000"), "\(other.errors)")
  }

  @Test("hold in a study of one size and in its check at a larger one")
  func oneSize() throws {
    let folder = try TemporaryFolder.withCorpus()
    let words = [
      "study", "s", "--corpus", "corpus", "--size", "50k", "--tokens", "8192", "--methods",
      "sobol,uniform", "--trials", "3", "--finalists", "1", "--confirmation-seeds", "2",
      "--target-tokens", "60M", "--match-epochs", "--workers", "2",
    ]
    let study = try Program.run(words, in: folder.path)
    try #require(study.code == 0, "\(study.errors)")
    #expect(study.errors.contains("Epochs as in a run of 60.0M tokens: one of 8.2k reads"))
    let again = try Program.run(["study", "s"], in: folder.path)
    #expect(again.code == 0 && again.output == study.output, "\(again.errors)")
    let transfer = try Program.run(
      ["transfer", "s", "--sizes", "75k", "--seeds", "2", "--workers", "2"], in: folder.path)
    try #require(transfer.code == 0, "\(transfer.errors)")
    let shared = try read(folder, "s/runs.jsonl").split(separator: "\n")
      .filter { $0.contains(#""event":"conditions""#) }
    #expect(shared.count == 2)
    #expect(shared.allSatisfy { $0.contains(#""tokens":60000000"#) }, "\(shared)")
    // A file of settings says the same.
    try
      #"{"size": "50k", "tokens": 8192, "methods": ["uniform"], "confirmationSeeds": 2, "targetTokens": 60000000, "matchEpochs": true, "available": {"books": 30000000}}"#
      .write(toFile: folder.path + "/c.json", atomically: true, encoding: .utf8)
    let file = try Program.run(
      ["study", "f", "--config", "c.json", "--corpus", "corpus"], in: folder.path)
    #expect(file.code == 0 && file.errors.contains("reads 4.1k of "), "\(file.errors)")
  }

  @Test("are told to a trainer of one's own")
  func ownTrainer() throws {
    let folder = try TemporaryFolder()
    let standin = Program.root + "/Tests/Engines/standin.py"
    let words = [
      "study", "own", "--domains", "books=3M,web=900M,code=50M", "--size", "100M", "--tokens", "1M",
      "--methods", "uniform", "--confirmation-seeds", "2", "--target-tokens", "100M",
      "--match-epochs", "--quiet", "--trainer-name", "stand-in", "--trainer",
      "sh -c 'cp \"$1/request.json\" \"$2-$$.json\"; exec python3 \"$3\" \"$1\"' sh {folder} '\(folder.path)/asked' '\(standin)'",
    ]
    let study = try Program.run(words, in: folder.path)
    try #require(study.code == 0, "\(study.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("asked-") }
    #expect(names.count == 3)
    for name in names {
      let request = try json(try read(folder, name))
      let limits = try #require(request["textLimits"] as? [Any])
      #expect(limits.map { $0 as? Int } == [30_000, nil, 500_000])
      #expect(request["subsampleSeed"] as? Int == 1)
    }
  }

  @Test(
    "say what is wrong with what they are asked",
    arguments: [
      (["--match-epochs"], "without '--target-tokens'"),
      (["--available", "books=3B"], "without '--target-tokens'"),
      (["--target-tokens", "20B", "--subsample-seed", "2"], "without '--match-epochs'"),
      (["--target-tokens", "20B", "--match-epochs", "--available", "boks=3B"], "boks"),
      (["--target-tokens", "0"], "expected 1 to"),
      (["--target-tokens", "20B", "--available", "books"], "books"),
    ])
  func usage(options: [String], message: String) throws {
    let folder = try TemporaryFolder.withCorpus()
    for words in [
      ["train", "--mixture", "uniform", "--corpus", "corpus", "--size", "50k", "--tokens", "1024"],
      ["study", "s", "--corpus", "corpus", "--size", "50k", "--tokens", "1024"],
      ["compare", "c", "--corpus", "corpus", "--size", "50k", "--tokens", "1024"],
    ] {
      let result = try Program.run(words + options, in: folder.path)
      #expect(result.code == 64, "\(words[0]): \(result.code) \(result.errors)")
      #expect(result.errors.contains(message), "\(words[0]): \(result.errors)")
    }
    let own = try Program.run(
      [
        "study", "o", "--trainer", "true", "--domains", "a,b", "--size", "1M", "--target-tokens",
        "20B", "--match-epochs",
      ], in: folder.path)
    #expect(own.code == 64 && own.errors.contains("expected them as in '--domains books=12B"))
  }

  @Test("A front of a study of several sizes is told, drawn, and the same for whoever asks again")
  func front() throws {
    let folder = try TemporaryFolder.withCorpus()
    let words = [
      "study", "f", "--corpus", "corpus", "--sizes", "50k,75k", "--tokens", "8192", "--rungs",
      "0.5,1", "--budget", "6", "--confirmation-seeds", "1", "--front", "books,code", "--json",
    ]
    let study = try Program.run(words, in: folder.path)
    try #require(study.code == 0, "\(study.errors)")
    let document = try json(study.output)
    let schema =
      Program.root + "/Sources/mixpipe/Documentation.docc/Resources/mixpipe.schema.json"
    #expect(try SchemaValidator(at: schema).problems(with: document).isEmpty)
    let front = try #require(document["front"] as? [String: Any])
    #expect(front["domains"] as? [String] == ["books", "code"])
    let points = try #require(front["points"] as? [[String: Any]])
    #expect(!points.isEmpty)
    for point in points {
      let losses = try #require(point["losses"] as? [String: [String: Double]])
      #expect(losses.keys.sorted() == ["books", "code"])
      #expect(losses.values.allSatisfy { $0["low"]! <= $0["mean"]! && $0["mean"]! <= $0["high"]! })
      #expect((point["probability"] as? Double).map { (0...1).contains($0) } == true)
    }
    let again = try Program.run(["study", "f", "--json", "--workers", "1"], in: folder.path)
    #expect(again.output == study.output, "\(again.errors)")
    let words2 = try Program.run(["study", "f"], in: folder.path)
    #expect(words2.output.contains("The front of books and code at 75k"), "\(words2.errors)")
    let report = try Program.run(["report", "f"], in: folder.path)
    try #require(report.code == 0, "\(report.errors)")
    #expect(try read(folder, "f/report.html").contains("What books and code can have together"))
    #expect(try read(folder, "f/report.md").contains("P(front)"))
    for (options, message) in [
      (["--front", "books"], "expected two different"),
      (["--front", "books,books"], "expected two different"),
      (["--front", "books,boks"], "expected held-out domains"),
      (["--front", "books,code", "--methods", "random"], "expected scale-bo"),
      (["--front", "books,code", "--near", "uniform=0.1"], "expected one of them"),
    ] {
      let wrong = try Program.run(
        ["study", "w", "--corpus", "corpus", "--sizes", "50k,75k", "--budget", "6"] + options,
        in: folder.path)
      #expect(wrong.code == 64 && wrong.errors.contains(message), "\(options): \(wrong.errors)")
    }
    let single = try Program.run(
      ["study", "w", "--corpus", "corpus", "--front", "books,code"], in: folder.path)
    #expect(single.code == 64 && single.errors.contains("without '--sizes'"))
  }
}
