import Foundation
import Numerics
import Storage

/// What the attacks work on: a corpus, tables of runs, texts, a finished study, and what each scenario
/// leaves where nobody disturbs it.
struct Workshop: Sendable {
  struct Reference: Sendable {
    var scenario: Scenario
    /// Files of lines that its work leaves.
    var journals: [String]
    var signature: Signature
    var volatile: Set<String>
    var ignored: Set<String>
    var seconds: Double
    /// How often it makes each system call of ``countedCalls``; empty where strace is not there.
    var calls: [String: Int]
    /// A folder as the scenario leaves it.
    var folder: String
  }

  let path: String
  let subject: Subject
  private(set) var references: [Reference] = []
  /// Scenarios that could not be done at all, with the reason.
  private(set) var broken: [String] = []

  /// Builds what is not there yet.
  ///
  /// - Parameters:
  ///   - manifest: of a synthetic corpus, which is made smaller.
  ///   - scenarios: what references are made of.
  init(
    at path: String, subject: Subject, manifest: String, scenarios: [Scenario], hasStrace: Bool,
    say: (String) -> Void
  ) throws {
    self.path = path
    self.subject = subject
    try makeFolder(at: path)
    try prepareFiles(manifest: manifest)
    say("the workshop's corpus and study …")
    if !fileExists(path + "/corpus/corpus.json") {
      try require(["corpus", "build", path + "/mini.json", "--output", path + "/corpus", "--quiet"])
    }
    let study = Scenario.all[0]
    if !fileExists(path + "/s/study.json") { try require(resolved(study.words)) }
    if !fileExists(path + "/small") {
      try require([
        "corpus", "build", "--domain", "a=texts/a*.txt", "--domain", "b=texts/b*.txt",
        "--vocabulary", "400", "--output", "small", "--quiet",
      ])
    }
    if !fileExists(path + "/session") { try makeSession() }
    for scenario in scenarios { try addReference(to: scenario, hasStrace: hasStrace, say) }
  }

  private func require(_ words: [String]) throws {
    let outcome = subject.run(words, in: path, within: 600)
    guard outcome.succeeded else {
      throw CampaignError(
        "cannot prepare with '\(words.joined(separator: " "))': \(outcome.errors)")
    }
  }

  /// A session of twelve runs that were told of and one under way.
  private func makeSession() throws {
    let names = ["a", "b", "c"]
    try require(["ask", "session", "--domains", names.joined(separator: ","), "--count", "12"])
    var draws = SeededGenerator(seed: 4, stream: "session")
    for run in 1...12 {
      let losses = names.map { "\($0)=\(String(format: "%.4f", 3 + draws.uniform()))" }
      try require(["tell", "session", "\(run)", "--losses", losses.joined(separator: ",")])
    }
    try require(["ask", "session"])
  }

  /// Words with the workshop's paths for those that begin with `@`,
  /// and for `{workshop}`.
  func resolved(_ words: [String]) -> [String] {
    words.map {
      $0.hasPrefix("@") ? path + "/" + $0.dropFirst() : $0.replacing("{workshop}", with: path)
    }
  }

  /// Makes a folder ready for a scenario.
  func prepare(_ scenario: Scenario, in folder: String) throws {
    try makeFolder(at: folder)
    for name in scenario.ingredients {
      try FileManager.default.copyItem(atPath: path + "/" + name, toPath: folder + "/" + name)
    }
    for words in scenario.setup {
      let outcome = subject.run(resolved(words), in: folder, within: 300)
      // A study that is taken on pass by pass ends with 75 while there is more to do.
      guard outcome.succeeded || outcome.end == .code(75) else {
        throw CampaignError("cannot prepare '\(scenario.name)': \(outcome.errors)")
      }
    }
    guard let edit = scenario.edit else { return }
    let file = folder + "/" + edit.file
    let text = String(decoding: try readFile(at: file), as: UTF8.self)
    try replaceFile(at: file, with: Data(text.replacing(edit.text, with: edit.by).utf8))
  }

  /// Runs a scenario twice, which tells what differs without any attack; the second time its system
  /// calls are counted.
  private mutating func addReference(
    to scenario: Scenario, hasStrace: Bool, _ say: (String) -> Void
  ) throws {
    say("what '\(scenario.name)' leaves …")
    var runs: [(folder: String, output: String)] = []
    var seconds = Double.infinity
    let counts = path + "/counts"
    let all = countedCalls.map(\.call).joined(separator: ",")
    let counting = [
      "strace", "-f", "-qq", "--seccomp-bpf", "-c", "-o", counts, "-e", "trace=\(all)",
    ]
    for number in 1...2 {
      let folder = "\(path)/references/\(scenario.name.replacing(" ", with: "-"))-\(number)"
      try? FileManager.default.removeItem(atPath: folder)
      try prepare(scenario, in: folder)
      let outcome = subject.run(
        resolved(scenario.words), in: folder, prefix: hasStrace && number == 2 ? counting : [],
        within: 600)
      guard outcome.succeeded else {
        broken.append("\(scenario.name): \(outcome.end) \(outcome.lastError)")
        return
      }
      seconds = min(seconds, outcome.seconds)
      runs.append((folder, outcome.output))
    }
    var (volatile, ignored) = Signature.volatileParts(runs[0], runs[1])
    volatile.formUnion(scenario.countingKeys)
    ignored.formUnion(scenario.ignores)
    if scenario.isTiming { ignored.formUnion(filesBelow(runs[0].folder) + ["(output)"]) }
    let signature = Signature(
      of: runs[0].folder, output: runs[0].output, volatile: volatile, ignored: ignored,
      someKept: scenario.keepsSome)
    let second = Signature(
      of: runs[1].folder, output: runs[1].output, volatile: volatile, ignored: ignored,
      someKept: scenario.keepsSome)
    if let (_, what) = second.difference(from: signature) {
      broken.append("\(scenario.name): two runs differ: \(what)")
      return
    }
    references.append(
      Reference(
        scenario: scenario, journals: filesBelow(runs[0].folder).filter { $0.hasSuffix(".jsonl") },
        signature: signature, volatile: volatile, ignored: ignored,
        seconds: seconds, calls: hasStrace ? Self.calls(counts) : [:], folder: runs[0].folder))
  }

  /// What strace counted: a table with the calls in the fourth column and the name in the last.
  private static func calls(_ path: String) -> [String: Int] {
    let text = (try? readFile(at: path)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    var calls: [String: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count >= 5, let count = Int(words[3]) else { continue }
      calls[String(words[words.count - 1])] = count
    }
    return calls
  }

  // MARK: files

  private func prepareFiles(manifest: String) throws {
    // Three domains are enough, and so little text that a run is measured in no time.
    guard
      var small = try JSONSerialization.jsonObject(with: readFile(at: manifest)) as? [String: Any],
      let domains = small["domains"] as? [Any]
    else { throw CampaignError("\(manifest): expected the manifest of a synthetic corpus") }
    small["domains"] = Array(domains.prefix(3))
    small["bytesPerDomain"] = 400_000
    let text = try JSONSerialization.data(withJSONObject: small, options: [.prettyPrinted])
    try replaceFile(at: path + "/mini.json", with: text)
    try write("trainer.sh", Self.trainer)
    try write("runs.csv", Self.table(rows: 24, seed: 1, sizes: false))
    try write("sizes.csv", Self.table(rows: 16, seed: 2, sizes: true))
    try makeFolder(at: path + "/texts")
    var generator = SeededGenerator(seed: 3, stream: "texts")
    let words = (0..<400).map { _ in
      String(
        (0..<(2 + generator.integer(below: 6))).map { _ in
          Character(Unicode.Scalar(97 + UInt8(generator.integer(below: 10))))
        })
    }
    for domain in ["a", "b"] {
      for index in 0..<24 {
        let paragraphs = (0..<4).map { _ in
          (0..<120).map { _ in words[generator.integer(below: words.count)] }
            .joined(separator: " ")
        }
        try write("texts/\(domain)\(index).txt", paragraphs.joined(separator: "\n\n"))
      }
    }
  }

  private func write(_ name: String, _ text: String) throws {
    try replaceFile(at: path + "/" + name, with: Data(text.utf8))
  }

  /// A user's trainer in no time: losses by a law of a run's mixture and tokens.
  private static let trainer = #"""
    awk '
      function list(name,  rest) {
        rest = text; sub(".*\"" name "\" *: *\\[", "", rest); sub("\\].*", "", rest); return rest
      }
      { text = text $0 }
      END {
        domains = split(list("weights"), share, ","); count = split(list("measures"), tokens, ",")
        printf "{\"status\":\"finished\",\"measurements\":["
        for (i = 1; i <= count; i++) {
          printf "%s{\"tokens\":%d,\"seconds\":1,\"losses\":{", (i > 1 ? "," : ""), tokens[i]
          for (d = 1; d <= domains; d++)
            printf "%s\"%s\":%.9f", (d > 1 ? "," : ""), substr("abcdefgh", d, 1), \
              2 + 0.2 / (0.2 + share[d]) + 100 / sqrt(tokens[i])
          printf "}}"
        }
        print "]}"
      }' "$1/request.json" >"$1/result.json.$$" && mv "$1/result.json.$$" "$1/result.json"

    """#

  /// Runs on three domains, with losses of a plain law and some noise.
  static func table(rows: Int, seed: UInt64, sizes: Bool) -> String {
    var generator = SeededGenerator(seed: seed, stream: "table")
    var lines = ["run,size,tokens,weight_a,weight_b,weight_c,loss_a,loss_b,loss_c,status"]
    var run = 0
    for size in sizes ? [1, 4, 16] : [1] {
      var draws = SeededGenerator(seed: seed, stream: "mixtures")
      for _ in 0..<rows {
        let raw = (0..<3).map { _ in -log(draws.uniform() + 1e-12) }
        let weights = raw.map { $0 / raw.reduce(0, +) }
        let losses = weights.map { weight in
          2 + 1 / (0.2 + weight) * 0.2 + 0.5 / Double(size) + 0.005 * generator.uniform()
        }
        let numbers = (weights + losses).map { String(format: "%.5f", $0) }
        lines.append("\(run),\(size)M,\(size * 20_000_000),\(numbers.joined(separator: ",")),done")
        run += 1
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

struct CampaignError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
