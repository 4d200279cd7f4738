import Foundation
import TableSearches

/// A replay of methods that choose size and length too, as a page, as Markdown and for the terminal.
package struct FidelityReport: Sendable, Report {
  package let name: String
  package let summary: FidelitySummary
  /// Of a replay on an emulator; nil on the table's own runs.
  package let qualities: [FidelityEmulator.Quality]?
  /// The tables and how they were read, for the page's foot.
  package let facts: [(name: String, value: String)]
  /// What to type to reproduce it.
  package let command: String
  /// What is to be known before any of its figures is believed, by whoever keeps the folder.
  package let caution: String?

  package init(
    name: String, summary: FidelitySummary, qualities: [FidelityEmulator.Quality]?,
    facts: [(name: String, value: String)], command: String, caution: String? = nil
  ) {
    self.name = name
    self.summary = summary
    self.qualities = qualities
    self.facts = facts
    self.command = command
    self.caution = caution
  }

  /// For the terminal.
  package var text: String {
    var blocks = [arrivalTable.text]
    if !speedUpTable(.handedOver).rows.isEmpty { blocks.append(speedUpTable(.handedOver).text) }
    blocks.append(verdict + "\n")
    blocks.append(controlWords + "\n")
    if let words = emulatorWords { blocks.append(words + "\n") }
    return blocks.joined(separator: "\n")
  }

  // MARK: Words

  private var tolerance: String { Format.fixed(summary.tolerance, 4) }

  var verdict: String {
    guard let first = summary.methods.first else { return "" }
    let count = Format.plural(first.seeds, "seed")
    guard let median = first.handedOver.median else {
      return
        "No method hands over what is within \(tolerance) nats of the best at the target within "
        + "\(Self.compute(summary.configuration.budget)) runs of it, at the median over seeds."
    }
    return
      "\(first.method) hands over what is within \(tolerance) nats of the best at the target, and "
      + "keeps to it, after a median of \(Self.compute(median)) runs of the target "
      + "(\(first.handedOver.count) of \(count) within \(Self.compute(summary.configuration.budget)))."
  }

  /// What needs no search: whoever reads of searches must know how far that gets.
  var controlWords: String {
    var words =
      "Without any search: one run at the target of each of the \(summary.mixtures) mixtures finds the best "
      + "for \(summary.mixtures) runs"
    if let equal = summary.equalShares {
      words +=
        "; the mixture nearest to equal shares is \(Format.loss(equal)) nats above the best, "
        + (equal <= summary.tolerance
          ? "which counts as found, so that this table says nothing of searches"
          : "\(Self.number(equal / summary.tolerance)) times what counts as found")
    }
    return words + "."
  }

  /// How the ratios of compute are to be read.
  static func ratioWords(_ table: TextTable) -> String {
    let count = table.rows.reduce(0) { $0 + $1.dropFirst().count { $0 != "–" } }
    return
      "By how much sooner the method on the left hands it over: the ratio of the medians, 95\u{202F}% by "
      + "resampling seeds, the same of both. Each of the \(count) intervals is for its ratio alone, as medians "
      + "of so few seeds bear no correction: a single one proves nothing."
  }

  var toleranceWords: String {
    "Within \(tolerance) nats per token (\(summary.toleranceSource)) of the best of "
      + "\(summary.mixtures) mixtures at the target counts as found; "
      + (summary.goodMixtures == 1
        ? "that is the best alone." : "that is \(summary.goodMixtures) of them.")
  }

  var emulatorWords: String? {
    guard let qualities,
      let target = qualities.last(where: { $0.size == summary.sizes.last })
    else { return nil }
    let all = qualities.map(\.landscape.objective)
    return
      "Losses between the table’s mixtures are emulated. For mixtures not seen, in five folds, R² (the share of the variance explained) of "
      + "the objective is \(Format.fixed(target.landscape.objective, 3)) at the longest runs of "
      + "\(target.size) (root mean square error \(Format.loss(target.landscape.error))) and from "
      + "\(Format.fixed(all.min()!, 3)) to \(Format.fixed(all.max()!, 3)) at all sizes and lengths."
  }

  /// Runs of the target: `0.35`, `3.2`, `24`.
  static func compute(_ value: Double) -> String {
    value < 9.95 ? Format.fixed(value, value < 0.995 ? 2 : 1) : Format.fixed(value, 0)
  }

  /// A ratio: `0.08`, `3.2`, `35`.
  static func number(_ value: Double) -> String {
    Format.fixed(value, value < 0.95 ? 2 : value < 9.95 ? 1 : 0)
  }

  private func arrival(_ arrival: FidelitySummary.Arrival) -> String {
    let beyond = "> " + Self.compute(summary.configuration.budget)
    guard let median = arrival.median else { return beyond }
    return Self.compute(median)
      + " [\(arrival.low.map(Self.compute) ?? beyond), \(arrival.high.map(Self.compute) ?? beyond)]"
  }

  // MARK: Tables

  var arrivalTable: TextTable {
    var table = TextTable([
      .init("method", .left), .init("seeds"), .init("hands it over for good"),
      .init("searches that do"),
      .init("has run it at the target"), .init("searches that have"),
    ])
    for method in summary.methods {
      table.append([
        method.method, "\(method.seeds)", arrival(method.handedOver),
        "\(method.handedOver.count)/\(method.seeds)", arrival(method.ran),
        "\(method.ran.count)/\(method.seeds)",
      ])
    }
    return table
  }

  func speedUpTable(_ goal: FidelitySummary.SpeedUp.Goal) -> TextTable {
    let references = FidelitySummary.references.filter { reference in
      summary.methods.contains { $0.method == reference }
    }
    var table = TextTable([.init("method", .left)] + references.map { .init("over \($0)") })
    for method in summary.methods {
      let cells = references.map { reference in
        summary.speedUp(of: method.method, over: reference, goal).map {
          ($0.isAtLeast ? "≥ " : "") + Self.number($0.ratio)
            + " [\(Self.number($0.low)), \(Self.number($0.high))]"
        } ?? "–"
      }
      if cells.contains(where: { $0 != "–" }) { table.append([method.method] + cells) }
    }
    return table
  }

  var regretTable: TextTable {
    let points = summary.checkpoints
    var table = TextTable(
      [.init("method", .left)] + points.map { .init("at \(Self.compute($0))") })
    for method in summary.methods {
      table.append(
        [method.method]
          + points.map { compute in
            method.point(at: compute).map {
              "\(Format.fixed($0.regret, 4)) [\(Format.fixed($0.low, 4)), \(Format.fixed($0.high, 4))]"
            } ?? "–"
          })
    }
    return table
  }

  /// Nil where no method has a model.
  var beliefTable: TextTable? {
    guard summary.methods.contains(where: { $0.beliefs != nil }) else { return nil }
    var table = TextTable([
      .init("method", .left), .init("predictions"), .init("within 95 % intervals"),
      .init("said to be the best"), .init("was the best"),
    ])
    for method in summary.methods {
      guard let beliefs = method.beliefs else { continue }
      table.append([
        method.method, "\(beliefs.count)", Format.share(beliefs.covered),
        beliefs.probabilityOfBest.map(Format.share) ?? "–", beliefs.best.map(Format.share) ?? "–",
      ])
    }
    return table
  }

  static let beliefWords =
    "What a model predicted for the mixture that it would hand over, asked whenever the compute had grown by "
    + "√2, against what that mixture is worth; and how likely it held it to be the best of all."

  var spendTable: TextTable {
    var table = TextTable(
      [.init("method", .left)] + summary.sizes.map { .init($0) }
        + [.init("runs"), .init("resumed"), .init("paid")])
    for method in summary.methods {
      table.append(
        [method.method] + method.shares.map(Format.share)
          + [
            Format.fixed(method.runs, 1), Format.fixed(method.resumed, 1),
            Self.compute(method.compute),
          ])
    }
    return table
  }

  var qualityTable: TextTable? {
    guard let qualities else { return nil }
    var table = TextTable([
      .init("size", .left), .init("tokens"), .init("mixtures"), .init("R² of the objective"),
      .init("error, nats"), .init("R² of the outputs, least"),
    ])
    for row in qualities {
      table.append([
        row.size, "\(row.tokens)", "\(row.mixtures)", Format.fixed(row.landscape.objective, 3),
        Format.loss(row.landscape.error), Format.fixed(row.landscape.outputs.min() ?? .nan, 3),
      ])
    }
    return table
  }

  // MARK: Markdown

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    func body(_ table: TextTable) -> String { String(table.markdown.dropLast()) }
    var blocks = ["# \(plain(name))", plain(verdict), plain(controlWords)]
    if let caution { blocks.append("**Read with care.** " + plain(caution)) }
    blocks.append(plain(toleranceWords))
    blocks.append("## Compute until the best is found, runs of the target (median, 95 %)")
    blocks.append(body(arrivalTable))
    if !speedUpTable(.handedOver).rows.isEmpty {
      blocks.append("## Times as much compute as others (handed over; ratio of medians, 95 %)")
      blocks.append(plain(Self.ratioWords(speedUpTable(.handedOver))))
      blocks.append(body(speedUpTable(.handedOver)))
    }
    if !speedUpTable(.ran).rows.isEmpty {
      blocks.append("## The same until it has run at the target")
      blocks.append(body(speedUpTable(.ran)))
    }
    blocks.append("## Regret of what is handed over, nats per token (mean over seeds, 95 %)")
    blocks.append(body(regretTable))
    if let beliefTable {
      blocks.append("## Whether predictions came true")
      blocks.append(Self.beliefWords)
      blocks.append(body(beliefTable))
    }
    blocks.append("## Where the compute went")
    blocks.append(body(spendTable))
    if let words = emulatorWords, let table = qualityTable {
      blocks.append("## The emulator")
      blocks.append(plain(words))
      blocks.append(body(table))
    }
    blocks.append("## How it was made")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    blocks.append("```sh\n\(command.replacing("```", with: "'''"))\n```")
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
