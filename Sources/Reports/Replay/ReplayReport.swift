import Foundation
import Numerics
import Studies
import TableSearches

/// A replay as a page, as Markdown and as a table for the terminal.
package struct ReplayReport: Sendable, Report {
  package let name: String
  /// Nil where only predictions were checked.
  package let summary: ReplaySummary?
  package let predictions: [PredictionQuality]
  /// Of a replay on a landscape.
  package let landscape: Landscape.Quality?
  /// The tables and how they were read, for the page's foot.
  package let facts: [(name: String, value: String)]
  /// What to type to reproduce it.
  package let command: String

  package init(
    name: String, summary: ReplaySummary?, predictions: [PredictionQuality],
    landscape: Landscape.Quality?, facts: [(name: String, value: String)], command: String
  ) {
    self.name = name
    self.summary = summary
    self.predictions = predictions
    self.landscape = landscape
    self.facts = facts
    self.command = command
  }

  /// For the terminal.
  package var text: String {
    var blocks: [String] = []
    if let summary {
      blocks.append(regretTable(summary, columns: 4).text + "\n" + verdict(summary) + "\n")
    }
    if let landscape { blocks.append(landscapeWords(landscape) + "\n") }
    if !predictions.isEmpty { blocks.append(predictionTable.text) }
    return blocks.joined(separator: "\n")
  }

  // MARK: Words

  /// Decimals that tell regrets apart: a thousandth of the pool's spread, four at least.
  static func decimals(_ summary: ReplaySummary) -> Int {
    let spread = max(summary.median - summary.best, 1e-9)
    return min(max(Int(clamping: (3 - log10(spread)).rounded(.up)), 4), 6)
  }

  func verdict(_ summary: ReplaySummary) -> String {
    guard let best = summary.methods.first, let last = best.curve.last else { return "" }
    let decimals = Self.decimals(summary)
    let isPool = summary.configuration.kind == .pool
    var words =
      "\(best.method) has the lowest mean regret: \(Format.fixed(last.regret, decimals)) after "
      + "\(last.runs) runs"
    let what =
      isPool
      ? "the pool’s best run"
      : "what is within \(Format.fixed(summary.tolerance, decimals)) of the best"
    if let median = best.medianRunsToBest {
      words +=
        "; it tries \(what) after a median of \(Format.fixed(median, median == median.rounded() ? 0 : 1)) runs"
      if let all = best.allFoundBy {
        words += ", with every one of \(best.seeds) seeds by \(all)"
      } else {
        words += ", with \(best.runsToBest.compactMap { $0 }.count) of \(best.seeds) seeds"
      }
    }
    if let random = summary.methods.first(where: { $0.method == PoolReplay.random }),
      random.method != best.method, let end = random.curve.last
    {
      words += ". Random search is at \(Format.fixed(end.regret, decimals))"
    }
    return words + "." + (leadWords(summary).map { " " + $0 } ?? "")
  }

  /// Whether the best method's lead over the next is more than luck: seeds are paired, as all methods of one
  /// begin with the same runs. Nil where the seeds' ends are not known.
  func leadWords(_ summary: ReplaySummary) -> String? {
    guard summary.methods.count > 1, let own = summary.methods[0].ends, own.count > 1 else {
      return nil
    }
    let next = summary.methods[1]
    guard let others = next.ends, others.count == own.count,
      let lead = Estimate(of: zip(others, own).map { $0 - $1 })?.among(summary.methods.count - 1),
      let interval = lead.interval
    else { return nil }
    let decimals = Self.decimals(summary)
    let numbers =
      "\(Format.fixed(lead.mean, decimals)) (\(Format.fixed(interval.lowerBound, decimals)) to "
      + "\(Format.fixed(interval.upperBound, decimals)), \(intervalWords(of: summary.methods.count - 1)), "
      + "paired by seed)"
    return lead.isCertain
      ? "It is ahead of the next, \(next.method), by \(numbers)."
      : "It cannot be told apart from the next, \(next.method): the difference is \(numbers)."
  }

  func landscapeWords(_ quality: Landscape.Quality) -> String {
    let lowest = quality.outputs.min() ?? 0
    return
      "The landscape predicts runs that it has not seen with R² (the share of the variance explained) \(Format.fixed(quality.objective, 3)) "
      + "for the objective (root mean square error \(Format.loss(quality.error))) and from "
      + "\(Format.fixed(lowest, 3)) to \(Format.fixed(quality.outputs.max() ?? 0, 3)) for the "
      + "\(quality.outputs.count == 1 ? "domain" : "\(quality.outputs.count) domains"), in five folds."
  }

  // MARK: Tables

  /// - Parameter columns: at most so many run counts, the first and the last among them.
  func regretTable(_ summary: ReplaySummary, columns: Int = 6) -> TextTable {
    let all = summary.checkpoints
    let points =
      all.count > columns
      ? (0..<columns).map { all[$0 * (all.count - 1) / (columns - 1)] } : all
    let decimals = Self.decimals(summary)
    var table = TextTable(
      [.init("method", .left), .init("seeds")]
        + points.map { .init("regret after \($0)") }
        + [.init("runs to the best"), .init("all by"), .init("found")])
    for method in summary.methods {
      let cells = points.map { runs -> String in
        guard let point = method.point(after: runs) else { return "" }
        return "\(Format.fixed(point.regret, decimals)) "
          + "[\(Format.fixed(point.low, decimals)), \(Format.fixed(point.high, decimals))]"
      }
      let found = method.runsToBest.compactMap { $0 }.count
      let median = method.medianRunsToBest.map { Format.fixed($0, $0 == $0.rounded() ? 0 : 1) }
      let name = [method.method, "\(method.seeds)"]
      let best = [
        median ?? "> \(summary.configuration.budget)", method.allFoundBy.map(String.init) ?? "–",
        "\(found)/\(method.seeds)",
      ]
      table.append(name + cells + best)
    }
    return table
  }

  func simpleTable(_ summary: ReplaySummary) -> TextTable {
    let decimals = Self.decimals(summary)
    var table = TextTable(
      [.init("method", .left)] + summary.checkpoints.map { .init("after \($0)") })
    for method in summary.methods {
      table.append(
        [method.method]
          + summary.checkpoints.map { runs in
            method.point(after: runs).map { Format.fixed($0.simpleRegret, decimals) } ?? ""
          })
    }
    return table
  }

  var predictionTable: TextTable {
    var table = TextTable([
      .init("method", .left), .init("learned from"), .init("predicted"), .init("splits"),
      .init("root mean square error, standard deviations"), .init("Spearman’s ρ"),
      .init("within 95 % intervals"), .init("left out: Spearman’s ρ"),
      .init("left out: within 95 %"),
    ])
    func share(_ value: Double?) -> String { value.map { Format.fixed($0 * 100, 1) + " %" } ?? "–" }
    func rank(_ value: Double?) -> String { value.map { Format.fixed($0, 4) } ?? "–" }
    for row in predictions {
      table.append([
        row.method, "\(row.trained)", "\(row.tested)", "\(row.splits)",
        Format.fixed(row.relativeError, 4), rank(row.spearman), share(row.coverage),
        rank(row.leaveOneOutSpearman), share(row.leaveOneOutCoverage),
      ])
    }
    return table
  }

  // MARK: Markdown

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks = ["# \(plain(name))"]
    if let summary {
      blocks.append(plain(verdict(summary)))
      blocks.append("## Regret of the recommendation, nats per token (mean over seeds, 95 %)")
      blocks.append(String(regretTable(summary).markdown.dropLast()))
      blocks.append("## Regret of the best run seen")
      blocks.append(String(simpleTable(summary).markdown.dropLast()))
    }
    if let landscape { blocks.append(plain(landscapeWords(landscape))) }
    if !predictions.isEmpty {
      blocks.append("## Predictions of runs not seen")
      blocks.append(String(predictionTable.markdown.dropLast()))
    }
    blocks.append("## How it was made")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    blocks.append("```sh\n\(command.replacing("```", with: "'''"))\n```")
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
