import Foundation
import Testing

@Suite struct ReplaysAtSeveralSizesAsAProgramTests {
  /// Learning curves at three sizes: formulas.
  private func write(to path: String, mixtures: Int = 14) throws {
    var lines = ["size,step,w_books,w_web,w_code,loss_books,loss_web,loss_code"]
    for (size, parameters) in [("1M", 1e6), ("4M", 4e6), ("16M", 16e6)] {
      for index in 0..<mixtures {
        let a = Double(index) / Double(mixtures - 1)
        let b = (1 - a) * Double(index * 7 % 5) / 4
        let weights = [a, b, 1 - a - b]
        for step in [100, 300, 1000] {
          let base = 40 / parameters.squareRoot() + 1 / Double(step).squareRoot()
          let losses = weights.map { 3 + 0.5 * exp(-5 * $0) + base }
          lines.append(
            ([size, "\(step)"] + (weights + losses).map { String(format: "%.6f", $0) })
              .joined(separator: ","))
        }
      }
    }
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("give the same for any number of workers and go on where they were")
  func giveTheSameForAnyNumberOfWorkersAndGoOnWhereTheyWere() throws {
    let folder = try TemporaryFolder()
    try write(to: folder.path + "/t.csv")
    func replay(_ more: [String]) throws -> String {
      let words =
        [
          "replay", "t.csv", "--target-size", "16M", "--methods", "random,asha-sizes,hyperband",
          "--budget", "4", "--json",
        ] + more
      let result = try Program.run(words, in: folder.path)
      try #require(result.code == 0, "\(result.errors)")
      return result.output
    }
    let one = try replay(["--seeds", "4", "--workers", "1"])
    #expect(try replay(["--seeds", "4", "--workers", "2"]) == one)
    _ = try replay(["--seeds", "2", "--output", "r"])
    #expect(try replay(["--seeds", "4", "--workers", "2", "--output", "r"]) == one)
    let journal = try String(contentsOfFile: folder.path + "/r/replay.jsonl", encoding: .utf8)
    #expect(journal.split(separator: "\n").count == 13)
    let page = try String(contentsOfFile: folder.path + "/r/report.html", encoding: .utf8)
    #expect(page.contains("<polyline") && page.contains("mixpipe replay t.csv --target-size 16M"))
    let text = try String(contentsOfFile: folder.path + "/r/report.md", encoding: .utf8)
    #expect(text.contains("## Where the compute went"))

    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(one.utf8)) as? [String: Any])
    let result = try #require(object["replay"] as? [String: Any])
    #expect(result["sizes"] as? [String] == ["1M", "4M", "16M"])
    #expect((result["methods"] as? [Any])?.count == 3)

    let other = try Program.run(
      ["replay", "t.csv", "--target", "16M", "--budget", "5", "--output", "r"], in: folder.path)
    #expect(other.code == 1)
    #expect(other.errors.contains("budget is 4.0, expected 5.0"))
  }

  @Test(
    "say in one line what is wrong",
    arguments: [
      (
        ["t.csv", "--target-size", "7B"], 1, "found no run of size 7B, expected one of 1M, 4M, 16M"
      ),
      (["t.csv", "--target-size", "16M", "--step", "5"], 1, "found no run of step 5"),
      (["t.csv", "--target-size", "16M", "--sizes", "2M"], 1, "found no run of size 2M"),
      (
        ["t.csv", "--target-size", "16M", "--methods", "hyperbnd"], 64, "did you mean 'hyperband'?"
      ),
      (
        ["t.csv", "--target-size", "16M", "--methods", "asha+last"], 64,
        "found '+last' behind a method"
      ),
      (["t.csv", "--target-size", "16M", "--budget", "0"], 64, "Found '--budget 0'"),
      (["t.csv", "--target-size", "16M", "--predict", "4"], 64, "leave one out"),
      (["t.csv", "--target-size", "16M", "--decay", "1"], 64, "Found '--decay 1'"),
      (["t.csv", "--rungs", "4"], 64, "Found '--rungs' without '--target-size'"),
      (["t.csv", "--budget", "2.5"], 64, "expected a whole number of runs"),
      (
        ["few.csv", "--target-size", "16M"], 1, "found 3 mixtures with all losses of the objective"
      ),
    ])
  func sayInOneLineWhatIsWrong(
    words: [String], code: Int32, message: String
  ) throws {
    let folder = try TemporaryFolder()
    try write(to: folder.path + "/t.csv")
    try write(to: folder.path + "/few.csv", mixtures: 3)
    let result = try Program.run(["replay"] + words + ["--quiet"], in: folder.path)
    #expect(result.code == code, "\(result.errors)")
    #expect(result.errors.contains(message), "\(result.errors)")
    #expect(result.output.isEmpty)
    if code == 1 { #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)") }
  }
}

@Suite struct UnusualSizesTableTests {
  /// Losses of twelve mixtures at two sizes and lengths, as the table gives these.
  private func table(_ sizes: [String], _ lengths: [String], column: String) -> String {
    var lines = ["run,size,\(column),w_a,w_b,loss_a,loss_b"]
    for (level, size) in sizes.enumerated() {
      for mixture in 0..<12 {
        let share = (Double(mixture) + 0.5) / 12
        for (place, length) in lengths.enumerated() {
          let losses = [share, 1 - share].map {
            3 - 0.2 * Double(level) - 0.1 * Double(place) + 0.3 * exp(-4 * $0)
          }
          let cells = ([share, 1 - share] + losses).map { String(format: "%.6f", $0) }
          lines.append("\(size)-\(mixture),\(size),\(length)," + cells.joined(separator: ","))
        }
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test(
    "are refused in one line where sizes or lengths are none",
    arguments: [
      (["1e-9M", "16M"], ["100", "200"], "step", "found the size '1e-9M'"),
      ([".16", "1.4"], ["100", "200"], "step", "found the size '"),
      (["1M", "16M"], ["0.25", "0.5"], "tokens", "whole numbers"),
      (["1M", "16M"], ["1.2", "1.4"], "tokens", "whole numbers"),
    ])
  func refused(sizes: [String], lengths: [String], column: String, message: String) throws {
    let folder = try TemporaryFolder()
    try table(sizes, lengths, column: column).write(
      toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    for words in [
      ["replay", "t.csv", "--target-size", sizes[1], "--seeds", "1", "-q"],
      ["replay", "t.csv", "--target-size", sizes[1], "--extrapolate", "--splits", "1", "-q"],
    ] {
      let result = try Program.run(words, in: folder.path)
      #expect(result.code == 1 && result.errors.contains(message), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
  }

  @Test("what was measured before the first step is left out")
  func beforeTheFirstStep() throws {
    let folder = try TemporaryFolder()
    try table(["1M", "16M"], ["0", "100", "200"], column: "step").write(
      toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    let result = try Program.run(
      ["replay", "t.csv", "--target-size", "16M", "--methods", "random", "--seeds", "1", "--json"],
      in: folder.path)
    #expect(result.code == 0, "\(result.errors)")
  }
}

@Suite struct SmallSizesTableTests {
  /// Losses that fall with size and with a domain's own share, of so many of the same mixtures at 1M, 4M and 16M.
  private func table(_ counts: [Int]) -> String {
    var generator = SystemlessGenerator(state: 7)
    let mixtures = (0..<(counts.max() ?? 0)).map { _ -> [Double] in
      let parts = (0..<3).map { _ in generator.uniform() + 0.01 }
      return parts.map { $0 / parts.reduce(0, +) }
    }
    var lines = ["run,size,tokens,w_a,w_b,w_c,loss_a,loss_b,loss_c"]
    for (name, size, count) in [
      ("1M", 1e6, counts[0]), ("4M", 4e6, counts[1]), ("16M", 16e6, counts[2]),
    ] {
      for (place, mixture) in mixtures.prefix(count).enumerated() {
        let losses = mixture.map { 2 + 5 * pow(size, -0.1) - 0.1 * $0 + 0.01 * generator.uniform() }
        let cells =
          mixture.map { String(format: "%.6f", $0) } + losses.map { String(format: "%.4f", $0) }
        lines.append("\(name)-\(place),\(name),40000000," + cells.joined(separator: ","))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  @Test(
    "are searched to their end where all mixtures of a size have been run",
    arguments: [
      [12, 0, 9], [12, 0, 8], [12, 4, 9], [9, 2, 9], [10, 10, 10], [8, 1, 8], [30, 3, 8],
    ])
  func areSearchedToTheirEndWhereAllMixturesOfASizeHaveBeenRun(counts: [Int]) throws {
    let folder = try TemporaryFolder()
    try table(counts).write(toFile: folder.path + "/t.csv", atomically: true, encoding: .utf8)
    let found = try Program.run(
      [
        "replay", "t.csv", "--target", "16M", "--methods", "scale-bo", "--seeds", "4", "--budget",
        "9",
        "--quiet",
      ], in: folder.path)
    #expect(found.code == 0, "\(found.errors.suffix(300))")
  }
}

/// Knuth's MMIX generator: the same numbers everywhere.
private struct SystemlessGenerator {
  var state: UInt64

  mutating func uniform() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) * 0x1p-53
  }
}
