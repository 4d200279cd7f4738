import Benchmarks
import Foundation

/// The table of a benchmark: a page, Markdown, and the same for a terminal.
package struct BenchmarkReport: Report {
  package let name: String
  package let summary: BenchmarkSummary
  package let checks: [BenchmarkCheck]
  private let command: String

  package init(
    name: String, summary: BenchmarkSummary, checks: [BenchmarkCheck], command: String
  ) {
    self.name = name
    self.summary = summary
    self.checks = checks
    self.command = command
  }

  // MARK: Words

  private var title: String {
    "Version \(summary.version) of the suite, \(Format.plural(checks.count, "problem")), "
      + Format.plural(summary.seeds, "seed")
  }

  private static let unit =
    "Regret is in gaps: 0 is the best mixture of a problem, 1 the median mixture drawn at random; above 2 counts as 2. "
    + "Means over problems of means over seeds, with 95 % intervals over problems and seeds."

  private static let arrivals =
    "Found: within .1 and .03 of a gap for good, as what is handed over and as what was run at the target; after the "
    + "share of searches, the part of the budget that half of them need. As random search ends: on how many problems, and "
    + "from which median part of the budget on, the mean regret is no more than that of random search (one size: "
    + "Sobol's points) at its end; in parentheses, how many times less compute that is."

  private static let problems =
    "What equal shares, natural proportions and enumeration reach, in gaps, and in parentheses what it costs: up to 256 "
    + "mixtures, or the pool, on the shortest runs or at the smallest size within the budget, and the best four at the "
    + "target; or runs of the target alone. None may come within .1."

  /// The budgets of the problems at one size.
  private var trials: String {
    let known = BenchmarkSuite.problems.filter { problem in
      checks.contains { $0.problem == problem.name }
    }.map(\.trials)
    guard let least = known.min(), let most = known.max() else { return "48" }
    return least == most ? "\(least)" : "\(least) to \(most)"
  }

  private func lead(_ table: BenchmarkSummary.Table) -> String {
    switch table.kind {
    case .oneSize: "Each run is one of the target; the budget is \(trials) runs. " + Self.unit
    case .severalSizes:
      "Size and length are chosen too; the budget is the cost of 12 runs of the target, one run at a time. "
        + Self.unit
    }
  }

  /// Which method hands over the least regret at the end, and how sure that is.
  private var verdict: String {
    let sentences = summary.tables.compactMap { table -> String? in
      let ranked = table.methods.compactMap { method in method.regrets.last.map { (method, $0) } }
        .sorted { ($0.1.mean, $0.0.method) < ($1.1.mean, $1.0.method) }
      guard let (best, regret) = ranked.first else { return nil }
      var words =
        "\(table.kind.title): \(best.method) has the lowest mean regret at the end, \(Self.words(regret))"
      if ranked.count > 1 {
        let (next, other) = ranked[1]
        words += ", before \(next.method), \(Self.words(other))"
        if let high = regret.high, let low = other.low {
          words +=
            high < low ? ", which its interval leaves out" : "; their intervals overlap"
        }
      }
      return words + "."
    }
    return (sentences + [title + "."]).joined(separator: " ")
  }

  // MARK: Tables

  private func regretTable(_ table: BenchmarkSummary.Table) -> TextTable {
    var columns = [TextTable.Column("method", .left), TextTable.Column("searches")]
    columns += BenchmarkSummary.shares.map { TextTable.Column("at \(Self.part($0))") }
    var rows = TextTable(columns + [TextTable.Column("rank")])
    for method in table.methods {
      var row = [method.method, "\(method.searches)"]
      row += method.regrets.map { Self.words($0) }
      rows.append(row + [Format.fixed(method.rank, 1)])
    }
    return rows
  }

  private func arrivalTable(_ table: BenchmarkSummary.Table) -> TextTable {
    var columns = [TextTable.Column("method", .left)]
    columns += BenchmarkSummary.tolerances.map { TextTable.Column("handed over, \($0)") }
    columns += BenchmarkSummary.tolerances.map { TextTable.Column("run, \($0)") }
    var rows = TextTable(columns + [TextTable.Column("as random search ends")])
    for method in table.methods {
      var row = [method.method]
      for arrival in method.handedOver + method.ran {
        let soon = arrival.median.map { ", at \(Format.fixed($0, 2))" } ?? ""
        row.append(Self.words(arrival.share) + soon)
      }
      rows.append(row + [method.catchUp.map { Self.words($0, of: method.problems) } ?? "–"])
    }
    return rows
  }

  private func problemTable(_ table: BenchmarkSummary.Table) -> TextTable {
    let columns = table.problems.map { TextTable.Column($0) }
    var rows = TextTable([TextTable.Column("method", .left)] + columns)
    for method in table.methods {
      var row = [method.method]
      for regret in method.byProblem { row.append(regret.map { Format.fixed($0, 2) } ?? "–") }
      rows.append(row)
    }
    return rows
  }

  package static func checkTable(_ checks: [BenchmarkCheck]) -> TextTable {
    let names = checks.first?.rows.map(\.name) ?? []
    var columns = [
      TextTable.Column("problem", .left), TextTable.Column("domains"),
      TextTable.Column("gap, nats"),
    ]
    columns += names.map { TextTable.Column($0) }
    var rows = TextTable(columns + [TextTable.Column("passes", .left)])
    for check in checks {
      var cells = [check.problem, "\(check.domains)", Format.fixed(check.scale.gap, 3)]
      for row in check.rows {
        let paid = row.compute > 0 ? " (\(Format.fixed(row.compute, 1)))" : ""
        cells.append(Format.fixed(row.regret, 2) + paid)
      }
      rows.append(cells + [check.isPassed ? "yes" : "no"])
    }
    return rows
  }

  private static func words(_ interval: BenchmarkSummary.Interval) -> String {
    let mean = Format.fixed(interval.mean, 2)
    guard let low = interval.low, let high = interval.high else { return mean }
    return "\(mean) (\(Format.fixed(low, 2))–\(Format.fixed(high, 2)))"
  }

  private static func words(_ catchUp: BenchmarkSummary.CatchUp, of problems: Int) -> String {
    let median = catchUp.median.map {
      ", at \(Format.fixed($0, 2)) (\(Format.fixed(1 / $0, 1))×)"
    }
    return "\(catchUp.problems) of \(problems)" + (median ?? "")
  }

  private static func part(_ share: Double) -> String {
    share == 1 ? "the end" : "1/\(Int((1 / share).rounded()))"
  }

  // MARK: Charts

  /// What is handed over against the part of the budget, in logarithms; bands for the first two methods.
  private func regretChart(_ table: BenchmarkSummary.Table) -> Plot {
    let shares = BenchmarkSummary.curveShares
    func fraction(_ share: Double) -> Double { 1 - log(share) / log(shares[0]) }
    let ends = table.methods.prefix(Plot.Shape.series.count).map {
      "\($0.method) \(Format.fixed($0.regrets.last?.mean ?? 1, 2))"
    }.joined(separator: ", ")
    return .regret(
      title: "Regret of what is handed over, \(table.kind.title.lowercased())",
      summary: "Mean regret at the end, in gaps, the first methods: \(ends).",
      series: table.methods.map { method in
        RegretSeries(
          name: method.method,
          points: zip(shares, method.curve).map { share, regret in
            (fraction(share), regret.low ?? regret.mean, regret.mean, regret.high ?? regret.mean)
          }, tip: method.method)
      },
      right: Plot.labelWidth(table.methods.map(\.method), limit: 120) + 14, bands: 2,
      tolerance: (BenchmarkSummary.tolerances[0], "counts as found"),
      id: "regret-\(table.kind.rawValue)", unit: "gaps"
    ) { plot in
      let ticks = [128, 64, 32, 16, 8, 4, 2, 1].map { part in
        AxisTick(fraction: fraction(1 / Double(part)), text: part == 1 ? "all" : "1/\(part)")
      }
      plot.horizontalAxis(ticks, name: "part of the budget (logarithmic)")
    }
  }

  // MARK: Forms

  package var text: String {
    var parts = [title + "\n"]
    for table in summary.tables {
      parts.append("\(table.kind.title)\n\n" + regretTable(table).text)
      parts.append(arrivalTable(table).text)
    }
    return parts.joined(separator: "\n")
  }

  package var markdown: String {
    var parts = ["# \(TextTable.escapedForMarkdown(name))", title + "."]
    for table in summary.tables {
      parts += ["## \(table.kind.title)", lead(table), regretTable(table).markdown]
      parts += [Self.arrivals, arrivalTable(table).markdown]
      parts += ["Regret at the end, problem by problem:", problemTable(table).markdown]
    }
    parts += ["## Problems", Self.problems, Self.checkTable(checks).markdown]
    let origins = checks.map {
      "- `\($0.problem)`: \(TextTable.escapedForMarkdown($0.origin))"
    }
    parts += [origins.joined(separator: "\n"), "To reproduce: `\(command)`"]
    return parts.joined(separator: "\n\n") + "\n"
  }

  package var html: String {
    var main = Markup("main", [:], [pageHeader(kicker: "Benchmark", verdict: verdict)])
    for table in summary.tables {
      var section = heading(table.kind.title, lead(table))
      section.append(figure(regretChart(table), key: []))
      section.append(scrolling(regretTable(table)))
      section.append(Markup("p", ["class": "lead"], text: Self.arrivals))
      section.append(scrolling(arrivalTable(table)))
      section.append(details("Problem by problem", [scrolling(problemTable(table))]))
      main.append(section)
    }
    var section = heading("Problems", Self.problems)
    section.append(scrolling(Self.checkTable(checks)))
    section.append(definitionList(checks.map { ($0.problem, $0.origin) }))
    main.append(section)
    var foot = heading("How it was made", nil)
    foot.append(code([command], label: "To reproduce"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", main)
  }
}
