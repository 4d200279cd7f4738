import Foundation
import Numerics

/// A testbed for people to read: which sizes and lengths rank mixtures as the target does.
package struct TestbedReport: Sendable, Report {
  /// What runs of one size and length say.
  struct Rung: Sendable {
    var size: String
    var parameters: Int
    var tokens: Int
    var runs: Int
    var diverged: Int
    var lowest: Double?
    /// Standard deviations of the objective, over mixtures and over seeds of one mixture.
    var spread: Double?
    var noise: Double?
    /// Spearman's rank correlation with the target over the mixtures that both have, with its 95 %
    /// interval; nil for fewer than four.
    var correlation: (value: Double, interval: ClosedRange<Double>, mixtures: Int)?
  }

  package let name: String
  let table: TestbedTable
  /// By parameters, then by tokens.
  let rungs: [Rung]
  let commands: [String]
  package var live: LiveStatus?

  package init(name: String, table: TestbedTable, commands: [String] = []) {
    self.name = name
    self.table = table
    self.commands = commands
    rungs = Self.rungs(of: table)
  }

  /// The mean objective of each mixture, over its seeds, at one size and length.
  private static func means(_ rows: [TestbedTable.Row]) -> [(weights: [Double], mean: Double)] {
    var groups: [(weights: [Double], values: [Double])] = []
    var places: [[Double]: Int] = [:]
    for row in rows {
      guard let objective = row.objective else { continue }
      if let place = places[row.weights] {
        groups[place].values.append(objective)
      } else {
        places[row.weights] = groups.count
        groups.append((row.weights, [objective]))
      }
    }
    return groups.map { ($0.weights, Statistics.mean($0.values)) }
  }

  private static func rungs(of table: TestbedTable) -> [Rung] {
    var groups: [String: [TestbedTable.Row]] = [:]
    for row in table.rows { groups["\(row.size) \(row.tokens)", default: []].append(row) }
    let ordered = groups.values.sorted {
      ($0[0].parameters, $0[0].tokens) < ($1[0].parameters, $1[0].tokens)
    }
    let target = Dictionary(
      means(ordered.last ?? []).map { ($0.weights, $0.mean) }, uniquingKeysWith: { a, _ in a })
    return ordered.map { rows in
      let known = means(rows)
      let pairs = known.compactMap { entry in target[entry.weights].map { (entry.mean, $0) } }
      var correlation: (value: Double, interval: ClosedRange<Double>, mixtures: Int)?
      if pairs.count > 3, let value = RankCorrelation.spearman(pairs.map(\.0), pairs.map(\.1)) {
        var generator = SeededGenerator(seed: 1, stream: "testbed correlations")
        let interval = Bootstrap.percentileInterval(
          count: pairs.count, replicates: 500, using: &generator
        ) { drawn in
          RankCorrelation.spearman(drawn.map { pairs[$0].0 }, drawn.map { pairs[$0].1 })
        }
        correlation = (value, interval ?? value...value, pairs.count)
      }
      let seeds = known.map { entry in
        rows.filter { $0.weights == entry.weights }.compactMap(\.objective)
      }
      return Rung(
        size: rows[0].size, parameters: rows[0].parameters, tokens: rows[0].tokens,
        runs: rows.count, diverged: rows.count { $0.objective == nil },
        lowest: known.map(\.mean).min(),
        spread: Statistics.variance(known.map(\.mean)).map { $0.squareRoot() },
        noise: Statistics.pooledVariance(seeds).map { $0.variance.squareRoot() },
        correlation: correlation)
    }
  }

  // MARK: Words

  private var target: String {
    rungs.last.map { "\($0.size) at \(Format.count($0.tokens)) tokens" } ?? "the target"
  }

  package var verdict: String {
    guard let last = rungs.last else { return "No run has ended yet." }
    let first = rungs.filter { $0.size == rungs[0].size && $0.size != last.size }
    let parts = first.compactMap { rung in
      rung.correlation.map {
        "\(Format.fixed($0.value, 2)) at \(Format.count(rung.tokens)) tokens"
      }
    }
    let count = Set(table.rows.map(\.run)).count
    guard !parts.isEmpty else {
      return "\(Format.plural(count, "run")) so far; too few mixtures in common to compare sizes."
    }
    let common = first.compactMap { $0.correlation?.mixtures }.max() ?? 0
    return "Against \(target), \(first[0].size) ranks mixtures with Spearman’s ρ "
      + parts.joined(separator: ", ") + " (1 is the same order), over "
      + "\(Format.plural(common, "mixture"))\(live == nil ? "" : " so far"). "
      + "How sure that is stands below."
  }

  var rungTable: TextTable {
    var result = TextTable([
      .init("Size", .left), .init("Parameters"), .init("Tokens"), .init("Runs"), .init("Diverged"),
      .init("Lowest objective"), .init("Standard deviation over mixtures"),
      .init("Standard deviation over seeds"),
      .init("ρ with the target"), .init("95\u{202F}% interval"), .init("Mixtures in common"),
    ])
    for (place, rung) in rungs.enumerated() {
      let isTarget = place == rungs.count - 1
      result.append([
        rung.size, Format.count(rung.parameters), Format.count(rung.tokens), "\(rung.runs)",
        "\(rung.diverged)", rung.lowest.map(Format.loss) ?? "–",
        rung.spread.map(Format.loss) ?? "–", rung.noise.map(Format.loss) ?? "–",
        isTarget ? "target" : rung.correlation.map { Format.fixed($0.value, 2) } ?? "–",
        isTarget
          ? "–"
          : rung.correlation.map {
            "\(Format.fixed($0.interval.lowerBound, 2)) to \(Format.fixed($0.interval.upperBound, 2))"
          } ?? "–", rung.correlation.map { "\($0.mixtures)" } ?? "–",
      ])
    }
    return result
  }

  /// Each run at its longest.
  var runTable: TextTable {
    var result = TextTable(
      [
        .init("Run", .left), .init("Size", .left), .init("Tokens"), .init("Seed"),
        .init("Objective"),
      ]
        + table.domains.enumerated().map { .init("\($1), %", weightPlace: $0) }
        + table.heldOut.map { .init("loss of \($0)", isLoss: true) })
    var longest: [String: TestbedTable.Row] = [:]
    var order: [String] = []
    for row in table.rows {
      let key = "\(row.run) \(row.seed)"
      if longest[key] == nil { order.append(key) }
      if row.tokens >= longest[key]?.tokens ?? 0 { longest[key] = row }
    }
    for row in order.compactMap({ longest[$0] }) {
      result.append(
        [
          row.run, row.size, Format.count(row.tokens), "\(row.seed)",
          row.objective.map(Format.loss) ?? "diverged",
        ] + row.weights.map { Format.fixed($0 * 100, 1) }
          + table.heldOut.indices.map { d in row.losses.map { Format.loss($0[d]) } ?? "–" })
    }
    return result
  }

  static let lead =
    "The objective is the mean held-out loss over the training domains. ρ is Spearman’s rank correlation "
    + "with the largest size at its longest runs, over the mixtures that both have, means over seeds; its "
    + "interval resamples mixtures."

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks = [
      "# \(plain(name))", plain(verdict), "## Which runs rank mixtures as the target does",
    ]
    blocks.append(plain(Self.lead))
    blocks.append(String(rungTable.markdown.dropLast()))
    if !commands.isEmpty { blocks.append("```sh\n\(commands.joined(separator: "\n"))\n```") }
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
