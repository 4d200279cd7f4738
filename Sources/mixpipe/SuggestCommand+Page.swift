import Foundation
import MixtureMethods
import Mixtures
import Processes
import Reports
import RunTables
import TableSearches

/// The page of what a table of one size speaks for.
extension SuggestCommand {
  func tableReport(_ summary: RecommendationSummary, _ advice: TableAdvice) -> TableReport {
    let table = advice.table
    let isNats =
      summary.goal.unit == "nats" && summary.goal.direction == "minimize"
      && table.measures.allSatisfy { $0.unit == .nats }
    let objective = advice.settings.objective
    let runs = table.rows.enumerated().map { place, row in
      let observation = row.observation(heldOut: table.heldOut)
      return TableReport.Run(
        name: row.name ?? "\(place + 1)", mixture: row.mixture,
        objective: row.status == .finished
          ? observation.flatMap(objective.value(of:)) : nil,
        losses: row.losses, state: Self.words(row.status))
    }
    return TableReport(
      name: tables.map { ($0 as NSString).lastPathComponent }.joined(separator: ", "),
      pick: Mixture(domains: table.domains, proportionalTo: summary.weights), objective: objective,
      heldOut: table.heldOut, runs: runs, insight: isNats ? advice.insight() : nil,
      remarks: summary.remarks(withPrice: !isNats), tables: summary.tables,
      facts: facts(summary, advice), command: pageCommand, seed: seed)
  }

  private static func words(_ status: RunTable.Status) -> String {
    switch status {
    case .finished, .pending: "pending"
    case .diverged: "diverged"
    case .lost: "lost"
    case .cancelled: "given up"
    }
  }

  private func facts(
    _ summary: RecommendationSummary, _ advice: TableAdvice
  ) -> [(name: String, value: String)] {
    var parts = ["\(summary.finished) finished"]
    for (count, words) in [
      (summary.pending, "pending"), (summary.diverged, "diverged"), (summary.lost, "lost"),
    ] where count > 0 {
      parts.append("\(count) \(words)")
    }
    var facts: [(name: String, value: String)] = [
      ("Runs", parts.joined(separator: ", ")),
      ("Objective", summary.goal.objective), ("Method", advice.settings.method),
    ]
    if !advice.settings.constraints.isEmpty {
      facts.append(
        ("Conditions", advice.settings.constraints.map(\.description).joined(separator: ", ")))
    }
    if !summary.notes.isEmpty {
      facts.append(("Reading", summary.notes.joined(separator: "; ")))
    }
    return facts
  }

  /// What to type to have the page made again.
  private var pageCommand: String {
    var words = ["mixpipe suggest"]
    func add(_ name: String, _ value: String?) {
      if let value { words.append("\(name) \(shellQuoted(value))") }
    }
    for path in tables { add("--observations", path) }
    add("--pending", pending)
    add("--domains", domains?.argumentText)
    for path in reuse { add("--reuse", path) }
    for change in map { add("--map", change) }
    add("--method", method)
    if initial != 12 { add("--initial", "\(initial)") }
    if seed != 1 { add("--seed", "\(seed)") }
    add("--weights", table.weights?.argumentText)
    add("--losses", table.losses?.argumentText)
    add("--maximize", table.maximize?.argumentText)
    add("--size", table.size)
    add("--step", table.step.map { shortest($0) })
    add("--objective", table.objective)
    for limit in table.guard { add("--guard", limit) }
    for condition in constrain { add("--constrain", condition) }
    add("--natural", text.natural)
    add("--near", text.near)
    for level in text.hold { add("--hold", level) }
    add("--recommend --output", output)
    return words.joined(separator: " ")
  }
}
