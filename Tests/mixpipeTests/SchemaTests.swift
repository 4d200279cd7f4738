import Foundation
import Testing

/// What `--json` prints, held against the schema that users are given.
@Suite("Documents of JSON") struct DocumentsOfJSON {
  private static let schema =
    Program.root
    + "/Sources/mixpipe/Documentation.docc/Resources/mixpipe.schema.json"

  private func check(_ words: [String], _ kind: String, in folder: TemporaryFolder) throws {
    let result = try Program.run(words, in: folder.path)
    try #require(result.code == 0, "\(words): \(result.errors)")
    let document = try JSONSerialization.jsonObject(
      with: Data(result.output.utf8), options: .fragmentsAllowed)
    #expect((document as? [String: Any])?["kind"] as? String == kind, "\(words)")
    let problems = try SchemaValidator(at: Self.schema).problems(with: document)
    #expect(problems.isEmpty, "\(words): \(problems.prefix(5))")
    // No key that a compiler made.
    #expect(!result.output.contains("\"_0\""))
  }

  private let table = Program.root + "/runs/testbed/runs.csv"

  @Test("of tables and sessions are as the schema says") func tables() throws {
    let folder = try TemporaryFolder()
    var text = "run,weight_web/a,weight_web/b,weight_code,loss_web/a,loss_code,acc\n"
    for (index, w) in [(2, 3), (6, 3), (1, 8), (3, 3), (4, 2), (2, 6), (7, 2), (5, 4)].enumerated()
    {
      let (a, b) = (Double(w.0) / 10, Double(w.1) / 10)
      text += "\(index),\(a),\(b),\(1 - a - b),\(3.2 - a),\(2.9 - b),\(0.4 + 0.1 * a)\n"
    }
    try text.write(toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    let observed = ["suggest", "--observations", "t.csv", "--json"]
    try check(observed + ["--count", "2"], "suggestions", in: folder)
    try check(
      observed + ["--recommend", "--guard", "code<=2", "--constrain", "web<=0.8"],
      "recommendation", in: folder)
    try check(observed + ["--recommend", "--maximize", "acc"], "recommendation", in: folder)
    try check(observed + ["--explain"], "reading", in: folder)
    try check(
      ["ask", "s", "--domains", "a,b", "--natural", "a=1,b=3", "--near", "natural=.1", "--json"],
      "suggestions", in: folder)
    try check(["tell", "s", "1", "--losses", "a=3,b=2", "--json"], "told", in: folder)
    try check(["ask", "s", "--list", "--json"], "session", in: folder)
  }

  @Test("of runs over sizes are as the schema says") func sizes() throws {
    let folder = try TemporaryFolder()
    var text = "run,size,tokens,weight_a,weight_b,loss_a,loss_b\n"
    for (size, name) in [(2e7, "20M"), (6e7, "60M")] {
      for i in 0..<8 {
        let a = (Double(i) + 0.5) / 8
        let level = 1.7 + 4 * pow(size / 1e6, -0.3)
        text += "\(name)-\(i),\(name),\(Int(20 * size)),\(a),\(1 - a)"
        text += ",\(level * (1 + 0.1 * exp(-5 * a))),\(level * (1 + 0.1 * exp(5 * a - 5)))\n"
      }
    }
    try text.write(toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    let target = ["--target-size", "1B", "--target-tokens", "20B", "--json"]
    try check(["forecast", "t.csv", "--guard", "a<=3"] + target, "forecast", in: folder)
    try check(["forecast", "t.csv", "--available", "a=2B"] + target, "forecast", in: folder)
    let observed = ["suggest", "--observations", "t.csv"] + target
    try check(observed + ["--continue"], "sizes-suggestions", in: folder)
    try check(observed + ["--recommend", "--front", "a,b"], "forecast", in: folder)
    try check(
      ["ask", "z", "--domains", "a,b", "--sizes", "20M,60M", "--continue"] + target,
      "sizes-suggestions", in: folder)
    try check(["ask", "z", "--list", "--json"], "session", in: folder)
  }

  @Test("of methods and forecasts are as the schema says") func methods() throws {
    let folder = try TemporaryFolder()
    try check(["methods", "--json"], "methods", in: folder)
    try check(
      ["benchmark", "--check", "--problems", "harmful-6", "--json"], "benchmark-check", in: folder)
    var text = "run,size,tokens,weight_a,weight_b,loss_a,loss_b\n"
    for (size, lift) in [("20M", 0.6), ("60M", 0.3), ("200M", 0.0)] {
      for share in 1...7 {
        let a = Double(share) / 8
        text +=
          "\(size)-\(share),\(size),2B,\(a),\(1 - a),"
          + "\(3 + lift + 0.4 / (a + 0.2)),\(2.5 + lift + 0.3 / (1.2 - a))\n"
      }
    }
    try text.write(toFile: folder.path + "/sizes.csv", atomically: true, encoding: .utf8)
    try check(
      ["forecast", "sizes.csv", "--target-size", "400M", "--target-tokens", "2B", "--json"],
      "forecast", in: folder)
  }

  @Test("of replays are as the schema says") func replays() throws {
    let folder = try TemporaryFolder()
    let runs = Program.root + "/runs/testbed/runs.csv"
    try check(
      ["replay", runs, "--methods", "random,sobol", "--seeds", "2", "--budget", "16", "--json"],
      "replay", in: folder)
  }

  @Test("of runs and studies are as the schema says") func studies() throws {
    let folder = try TemporaryFolder()
    let quick = [
      "--corpus", "corpus", "--size", "50k", "--tokens", "8192", "--workers", "2", "--json",
    ]
    try check(
      [
        "corpus", "build", Program.root + "/corpora/synthetic.json", "--output", "corpus",
        "--json",
      ], "corpus", in: folder)
    try check(["corpus", "list", "corpus", "--json"], "corpus", in: folder)
    try check(["train", "--mixture", "uniform", "--output", "run"] + quick, "train", in: folder)
    try check(
      [
        "study", "s", "--methods", "bo,uniform", "--trials", "6", "--initial-trials", "4",
        "--finalists", "1", "--confirmation-seeds", "2", "--near", "natural=.05",
        "--constrain", "code<=0.3",
      ] + quick, "study", in: folder)
    try check(
      ["transfer", "s", "--sizes", "50k", "--seeds", "2", "--workers", "2", "--json"], "transfer",
      in: folder)
    try check(["predict", "s", "--json"], "prediction", in: folder)
    try check(
      ["sweep", "w", "--seeds", "2", "--sizes", "50k"]
        + quick.filter { $0 != "--size" && $0 != "50k" }, "sweep", in: folder)
  }

  @Test("of comparisons and studies of several sizes are as the schema says") func comparisons()
    throws
  {
    let folder = try TemporaryFolder()
    try check(
      ["compare", "c", "--smoke", "--methods", "bo,uniform", "--json"], "comparison", in: folder)
    try check(
      ["predict", Program.root + "/runs/sizes", "--json"], "sizes-prediction", in: folder)
    try check(
      [
        "bench", "--shape", "16/1/1/16/32", "--modes", "one", "--rounds", "2", "--seconds", "0.01",
        "--json",
      ],
      "bench", in: folder)
  }
}
