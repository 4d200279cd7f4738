import ArgumentParsing
import Foundation
import Mixtures
import Numerics
import Reports
import RunTables
import Storage
import TableSearches

// How well models tell a size from smaller ones.
extension ReplayCommand {
  func runExtrapolation() throws {
    let runs = try RunTable(at: tables, columns: table.columns)
    let selection = FidelityTable.Selection(
      target: fidelity.size!, step: table.step, sizes: fidelity.sizes?.elements,
      rungs: fidelity.rungs ?? 8, decay: fidelity.decay)
    let read = try FidelityTable(
      runs, objective: try table.objective(over: runs), selection: selection)
    let line = ProgressLine(isQuiet: execution.isSilent)
    for note in runs.notes + read.notes { line.note("Note: \(note)") }
    let check = ExtrapolationCheck(table: read)
    enum Task {
      case design(ExtrapolationCheck.Design)
      case compute(ExtrapolationCheck.Budget)
    }
    let models = ExtrapolationCheck.Model.allCases
    let designs = check.designs
    let budgets = check.budgets
    var tasks: [(task: Task, model: ExtrapolationCheck.Model, split: UInt64)] = []
    for split in 1...UInt64(splits) {
      for model in models {
        tasks += designs.map { (.design($0), model, split) }
        // Below a whole curve the objective alone says nothing that all outputs do not.
        if ![.objectiveOnly, .admire, .sameMixture].contains(model) {
          tasks += budgets.map { (.compute($0), model, split) }
        }
      }
    }
    let work = tasks
    var scores: [ExtrapolationCheck.Score] = []
    try line.untilDone(ifInterrupted: "Interrupted.") {
      scores = try execution.gather(work.count, "predictions", line) { index in
        if Interruption.isRequested { throw CancellationError() }
        let (task, model, split) = work[index]
        return switch task {
        case .design(let design): check.score(design, model, split: split)
        case .compute(let budget): check.score(budget, model, split: split)
        }
      }.compactMap { $0 }
    }
    let names = designs.map(\.rawValue)
    let summary = ExtrapolationSummary(
      outputs: read.objective.domains, scores: scores.filter { names.contains($0.design) },
      equalCompute: scores.filter { !names.contains($0.design) },
      budgets: budgets.map(\.description))
    let report = ExtrapolationReport(
      name: output.map { ($0 as NSString).lastPathComponent } ?? "Extrapolation",
      summary: summary, facts: extrapolationFacts(read, runs.notes + read.notes),
      command: extrapolationCommand)
    let written = try output.map { try report.write(to: $0) } ?? []
    try show(report.text, written: written, as: summary)
  }

  private func extrapolationFacts(
    _ read: FidelityTable, _ notes: [String]
  ) -> [(name: String, value: String)] {
    let grid = read.grid
    var facts: [(name: String, value: String)] = [
      ("Tables", tables.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")),
      ("Mixtures", "\(read.count) of \(read.domains.count) domains"),
      ("Objective", "\(read.objective)"),
      (
        "Sizes and lengths",
        grid.levels.map { rungs in
          "\(rungs[0].scale.size): "
            + rungs.map { "\($0.scale.tokens)" }.joined(separator: ", ")
        }.joined(separator: "; ")
      ), ("Splits", "\(splits)"),
    ]
    if !notes.isEmpty { facts.append(("Reading", notes.joined(separator: "; "))) }
    return facts
  }

  private var extrapolationCommand: String {
    var words = ["mixpipe replay"] + tables.map { ($0 as NSString).lastPathComponent }
    words.append("--extrapolate --target-size \(fidelity.size!) --rungs \(fidelity.rungs ?? 8)")
    words.append("--splits \(splits)")
    if let step = table.step { words.append("--step \(shortest(step))") }
    if let sizes = fidelity.sizes { words.append("--sizes \(sizes.argumentText)") }
    if let weights = table.weights { words.append("--weights '\(weights.argumentText)'") }
    if let losses = table.losses { words.append("--losses '\(losses.argumentText)'") }
    if let objective = table.objective { words.append("--objective '\(objective)'") }
    if let output { words.append("--output \(output)") }
    return words.joined(separator: " ")
  }
}
