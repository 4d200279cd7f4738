import Foundation
import Mixtures
import Testing

@testable import RunTables

/// Tables as people paste them out of spreadsheets, papers and notebooks: with averages below, bold numbers, spreads in
/// parentheses, and shares that were cut to a decimal.
@Suite("A pasted table") struct PastedTable {
  private static let shares = [
    [0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.34, 0.33, 0.33], [0.25, 0.25, 0.5],
    [0.7, 0.1, 0.2],
  ]
  private static let header =
    "run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code"

  private static func row(_ name: String, _ values: [Double]) -> String {
    name + "," + values.map { String(format: "%.4f", $0) }.joined(separator: ",")
  }

  private static var rows: [[Double]] {
    shares.enumerated().map { index, weights in
      weights + [3.1, 3.5, 2.4].enumerated().map { $1 - 0.2 * weights[$0] + 0.01 * Double(index) }
    }
  }

  private static func mean(_ rows: [[Double]]) -> [Double] {
    rows[0].indices.map { column in rows.map { $0[column] }.reduce(0, +) / Double(rows.count) }
  }

  private static func deviation(_ rows: [[Double]]) -> [Double] {
    let mean = mean(rows)
    return mean.indices.map { column in
      (rows.map { pow($0[column] - mean[column], 2) }.reduce(0, +) / Double(rows.count - 1))
        .squareRoot()
    }
  }

  private static var plain: String {
    ([header] + rows.enumerated().map { row("mix\($0)", $1) }).joined(separator: "\n") + "\n"
  }

  // MARK: Rows that sum up others

  @Test(
    "has an average below the runs, which is no run and is said to be left out",
    arguments: [
      "average", "Mean", "AVG", "mean of 6 runs", "Durchschnitt", "Average (all runs)",
      "mean ± std",
    ])
  func average(name: String) throws {
    let found = try table(Self.plain + Self.row(name, Self.mean(Self.rows)) + "\n")
    #expect(found.rows.map(\.name) == (0..<6).map { "mix\($0)" })
    #expect(
      found.notes.contains { $0.contains("left out a row that sums up others, line 8: '\(name)'") })
  }

  @Test(
    "has totals and deviations below, whose weights sum to anything",
    arguments: ["Total", "std", "Std. Dev."])
  func totals(name: String) throws {
    let total = name == "Total" ? Self.mean(Self.rows).map { $0 * 6 } : Self.deviation(Self.rows)
    let found = try table(
      Self.plain + Self.row("Mean", Self.mean(Self.rows)) + "\n" + Self.row(name, total) + "\n")
    #expect(found.rows.count == 6)
    #expect(
      found.notes.contains {
        $0.contains("left out 2 rows that sum up others, the first in line 8: 'Mean'")
      })
  }

  @Test("has the mean over seeds below the seeds of each mixture") func seeds() throws {
    var text = "mix_id,seed,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code\n"
    for (index, values) in Self.rows.enumerated() {
      for seed in 1...2 { text += Self.row("m\(index),\(seed)", values.map { $0 }) + "\n" }
      text += Self.row("m\(index),mean", values) + "\n"
    }
    // The runs of two seeds have the same losses here: they are told apart by their seeds.
    let found = try table(text)
    #expect(found.rows.count == 12 && found.rows.allSatisfy { $0.seed != nil })
    #expect(found.notes.contains { $0.contains("left out 6 rows that sum up others") })
  }

  @Test("is what pandas describes runs with, alone or below them") func described() throws {
    func described(_ name: String) -> String {
      switch name {
      case "mean": Self.row(name, Self.mean(Self.rows))
      case "std": Self.row(name, Self.deviation(Self.rows))
      case "count": Self.row(name, Array(repeating: 6, count: 6))
      default: Self.row(name, Self.rows[1])
      }
    }
    let names = ["count", "mean", "std", "min", "25%", "50%", "75%", "max"]
    let block = names.map { described($0) + "\n" }.joined()
    let alone = message { try table(Self.header.replacing("run,", with: ",") + "\n" + block) }
    #expect(
      alone.contains("line 2: found 'count' to 'max', which sum runs up, and no run"), "\(alone)")
    let below = try table(Self.plain + block)
    #expect(below.rows.count == 6)
    #expect(below.notes.contains { $0.contains("left out 8 rows") })
  }

  @Test(
    "has runs that are called nearly so, which are runs",
    arguments: ["mean-3", "average_mix", "max2", "total-web", "std_baseline", "summer", "meaning"])
  func nearly(name: String) throws {
    let found = try table(Self.plain + Self.row(name, [0.3, 0.3, 0.4, 3, 3.4, 2.3]) + "\n")
    #expect(found.rows.last?.name == name && found.rows.count == 7)
  }

  @Test("has settings that are called so in every row, which sum nothing up") func settings() throws
  {
    let text =
      Self.header.replacing("run,", with: "pooling,run,") + "\n"
      + Self.rows.enumerated().map { Self.row("\($0 < 4 ? "mean" : "max"),mix\($0)", $1) + "\n" }
      .joined()
    #expect(try table(text).rows.count == 6)
  }

  // MARK: Cells

  @Test("is Markdown, with the best in bold and names in backquotes") func markdown() throws {
    let rows = Self.rows.enumerated().map { index, values in
      "| `mix\(index)` | "
        + values.enumerated().map { column, value in
          let text = String(format: "%.3f", value)
          return column > 2 && index == 2 ? "**\(text)**" : text
        }.joined(separator: " | ") + " |"
    }
    let average =
      "| **Average** | "
      + Self.mean(Self.rows).map { String(format: "%.3f", $0) }.joined(separator: " | ") + " |"
    let text =
      "| run | books | web | code | books loss | web loss | **code loss** |\n|---|--:|--:|--:|--:|--:|--:|\n"
      + (rows + [average]).joined(separator: "\n") + "\n"
    let found = try table(text, name: "t.md")
    #expect(found.domains == ["books", "web", "code"] && found.targets == found.domains)
    #expect(found.rows.map(\.name) == (0..<6).map { "mix\($0)" })
    #expect(abs(found.rows[2].losses[1]! - 3.36) < 1e-9)
  }

  @Test(
    "says how far each loss is known",
    arguments: [
      "%.3f ± 0.010", "%.3f±0.010", "%.3f (0.010)", "%.3f(10)", "%.3f (±0.01)", "%.3f +/- 0.01",
      "%.3f+-.01",
    ])
  func spreads(form: String) throws {
    let text =
      Self.header + "\n"
      + Self.rows.enumerated().map { index, values in
        Self.row("mix\(index)", Array(values[..<3])) + ","
          + values[3...].map { String(format: form, $0) }.joined(separator: ",") + "\n"
      }.joined()
    let found = try table(text)
    #expect(found.rows.allSatisfy { $0.status == .finished })
    #expect(abs(found.rows[1].losses[0]! - 2.99) < 1e-3)
  }

  @Test(
    "has words in parentheses that are no spread",
    arguments: ["3.1 (diverged?)", "(3.1)", "3.1 (a)", "3.1)", "a (3.1)", "3.1 ()"])
  func noSpreads(cell: String) {
    let text = Self.plain + "x,0.2,0.3,0.5,\(cell),3,3\n"
    #expect(message { try table(text) }.contains("line 8: found the loss '\(cell)'"))
  }

  @Test("has a column of the weights' sum", arguments: ["w_total", "w_sum", "w_all"]) func sums(
    name: String
  ) throws {
    let text =
      "run,w_books,w_web,w_code,\(name),loss_books,loss_web,loss_code\n"
      + Self.rows.enumerated().map { index, values in
        Self.row("mix\(index)", values[..<3].map { $0 * 100 } + [100] + values[3...]) + "\n"
      }.joined()
    let found = try table(text)
    #expect(found.domains == ["books", "web", "code"] && found.targets == found.domains)
    // A domain of that name is one where the weights sum to one with it.
    let own =
      "run,w_books,w_web,\(name),loss_books\n"
      + Self.rows.enumerated().map { Self.row("mix\($0)", Array($1[..<4])) + "\n" }.joined()
    #expect(try table(own).domains.count == 3)
  }

  @Test("has a row for each benchmark that a run was scored on") func scoresByTask() throws {
    var text = "model,books,web,code,task,acc,acc_stderr\n"
    for (index, values) in Self.rows.enumerated() {
      for (task, score) in zip(["mmlu", "arc_c", "hellaswag"], values[3...]) {
        text +=
          Self.row("m\(index)", Array(values[..<3]))
          + ",\(task),\(String(format: "%.4f", score / 10)),0.01\n"
      }
    }
    #expect(message { try table(text) }.contains("--maximize 'acc_*'"))
    let found = try table(text, columns: .init(maximize: ["acc_*"]))
    #expect(found.rows.count == 6 && found.targets == ["mmlu", "arc_c", "hellaswag"])
  }

  // MARK: Shares that were cut

  /// Shares of `count` domains, alike for the same seed, cut or rounded to some decimals of per cent or of one.
  private func shares(_ count: Int, rows: Int, isCut: Bool, whole: Double, decimals: Int)
    -> [[Double]]
  {
    var state: UInt64 = 7
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) / 9_007_199_254_740_992
    }
    let scale = pow(10, Double(decimals))
    return (0..<rows).map { _ in
      let raw = (0..<count).map { _ in -log(1 - next()) }
      let sum = raw.reduce(0, +)
      return raw.map { value in
        let share = value / sum * whole * scale
        return (isCut ? share.rounded(.down) : share.rounded()) / scale
      }
    }
  }

  private func text(_ rows: [[Double]], decimals: Int) -> String {
    let count = rows[0].count
    return "run," + (0..<count).map { "weight_d\($0)" }.joined(separator: ",") + ",loss_a,loss_b\n"
      + rows.enumerated().map { index, weights in
        "\(index)," + weights.map { String(format: "%.\(decimals)f", $0) }.joined(separator: ",")
          + ",3.\(100 + index),2.\(200 + index)\n"
      }.joined()
  }

  @Test(
    "has shares of many domains that were cut or rounded, whose sums are what that leaves",
    arguments: [
      (13, true, 100.0, 0), (13, true, 100, 1), (17, true, 100, 1), (13, false, 100, 0),
      (17, false, 100, 0),
      (17, false, 1, 2), (17, true, 1, 2), (40, false, 1, 3), (40, true, 1, 3), (100, true, 100, 2),
    ])
  func cut(count: Int, isCut: Bool, whole: Double, decimals: Int) throws {
    let rows = shares(count, rows: 20, isCut: isCut, whole: whole, decimals: decimals)
    let found = try table(text(rows, decimals: decimals))
    for (row, weights) in zip(found.rows, rows) {
      let sum = weights.reduce(0, +)
      #expect(zip(row.mixture.weights, weights).allSatisfy { abs($0 - $1 / sum) < 1e-9 })
    }
    let worst = rows.map { abs($0.reduce(0, +) / whole - 1) }.max()!
    #expect(worst < 0.0201 || found.notes.contains { $0.contains("cut or rounded to") })
    // What is added has more digits, and all is read back.
    let next = Mixture(domains: found.domains, proportionalTo: (1...count).map(Double.init))
    let line = found.layout.line(found.layout.cells(name: "20", mixture: next))
    let again = try table(text(rows, decimals: decimals) + line)
    #expect(again.rows.count == 21)
    #expect(zip(again.rows[20].mixture.weights, next.weights).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  @Test(
    "has one row of many whose shares miss the whole, which is a slip and refused",
    arguments: [0, 1])
  func slip(decimals: Int) {
    var rows = shares(13, rows: 20, isCut: false, whole: 100, decimals: decimals)
    // The largest takes what is missing: nobody cut these.
    for index in rows.indices {
      let place = rows[index].indices.max { rows[index][$0] < rows[index][$1] }!
      rows[index][place] += 100 - rows[index].reduce(0, +)
    }
    rows[7][rows[7].indices.max { rows[7][$0] < rows[7][$1] }!] -= decimals == 0 ? 5 : 1
    let words = message { try table(text(rows, decimals: decimals)) }
    #expect(
      words.contains(
        "line 9: the weights weight_d0 to weight_d12 sum to \(decimals == 0 ? 95 : 99)"), "\(words)"
    )
  }

  @Test("lacks a domain's column, which no cutting explains") func missingDomain() {
    let rows = shares(14, rows: 20, isCut: false, whole: 100, decimals: 1).map {
      Array($0.dropLast())
    }
    #expect(message { try table(text(rows, decimals: 1)) }.contains("expected 100"))
  }
}
