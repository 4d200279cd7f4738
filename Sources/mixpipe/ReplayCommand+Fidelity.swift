import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Reports
import RunTables
import TableSearches

// Methods that choose size and length too.
extension ReplayCommand {
  private func variants() throws -> [FidelityVariant] {
    try methodsAsked.map { text in
      let parsed = try FidelityVariant(parsing: text)
      return FidelityVariant(
        method: parsed.method, ablations: parsed.ablations + fidelity.ablations)
    }
  }

  func validateFidelity() throws {
    for (name, isGiven) in [
      ("predict", predict != nil), ("initial", initial != nil), ("size", table.size != nil),
    ] where isGiven {
      throw ValidationError(
        "Found '--\(name)' with '--target-size', expected one of them; leave one out")
    }
    if seeds == 0 { throw ValidationError("Found '--seeds 0', expected one at least") }
    if fidelity.candidates != nil, landscape == nil {
      throw ValidationError(
        "Found '--candidates' without '--landscape law', expected both; the table's own are taken")
    }
    do {
      for name in try variants().map(\.method)
      where !fidelityMethodNames.contains(where: { $0.name == name }) {
        throw FidelityMethodError.unknown(name: name)
      }
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func runFidelity() throws {
    let runs = try RunTable(at: tables, columns: table.columns)
    let selection = FidelityTable.Selection(
      target: fidelity.size!, step: table.step, sizes: fidelity.sizes?.elements,
      rungs: fidelity.rungs ?? 8, decay: fidelity.decay, admitsCheapMixtures: landscape == nil)
    let real = try FidelityTable(
      runs, objective: try table.objective(over: runs), selection: selection)
    let line = ProgressLine(isQuiet: execution.isSilent)
    let notes = runs.notes + real.notes
    for note in notes { line.note("Note: \(note)") }
    var searched = real
    var qualities: [FidelityEmulator.Quality]?
    let summary = try line.untilDone(ifInterrupted: interruption) {
      if landscape != nil {
        line.update(force: true, "fitting the landscapes")
        let emulator = try FidelityEmulator(
          fittedTo: real, count: fidelity.candidates ?? 400
        ) { count, body in
          _ = try execution.gather(count, "landscapes", line) { index in
            if Interruption.isRequested { throw CancellationError() }
            try body(index)
          }
        }
        searched = emulator.table
        qualities = emulator.qualities
      }
      return try replay(searched, line)
    }
    let report = FidelityReport(
      name: output.map { ($0 as NSString).lastPathComponent } ?? "Replay", summary: summary,
      qualities: qualities, facts: facts(searched, notes, summary), command: fidelityCommand)
    let written = try output.map { try report.write(to: $0) } ?? []
    try show(
      report.text, written: written, as: FidelityResult(replay: summary, emulator: qualities))
  }

  /// What a program reads.
  private struct FidelityResult: Encodable {
    var replay: FidelitySummary
    var emulator: [FidelityEmulator.Quality]?
  }

  private func replay(_ table: FidelityTable, _ line: ProgressLine) throws -> FidelitySummary {
    let target = table.grid[table.grid.target].scale
    let configuration = FidelityReplayConfiguration(
      kind: landscape == nil ? .sizes : .emulatedSizes, fingerprint: table.fingerprint,
      objective: "\(table.objective)", target: "\(target.size), \(target.tokens)",
      budget: budget ?? 30, workers: fidelity.parallel ?? 1, noise: noise)
    let folder = try output.map { try ReplayFolder(at: $0, configuration: configuration) }
    let variants = try variants()
    var tasks: [(variant: FidelityVariant, seed: UInt64)] = []
    for seed in 1...UInt64(seeds) {
      for variant in variants {
        let isDone =
          folder?.traces.contains { $0.method == "\(variant)" && $0.seed == seed } ?? false
        if !isDone { tasks.append((variant, seed)) }
      }
    }
    let replay = FidelityReplay(table: table, configuration: configuration)
    let work = tasks
    let results = try execution.gather(work.count, "searches", line) { index in
      let found = try replay.trace(
        of: work[index].variant, seed: work[index].seed,
        isCancelled: { Interruption.isRequested })
      try folder?.append(found)
      return found
    }
    let wanted = Set(variants.map(\.description))
    let kept = (folder?.traces ?? []).filter {
      wanted.contains($0.method) && $0.seed <= UInt64(seeds)
    }
    return FidelitySummary(
      configuration: configuration, table: table, tolerance: fidelity.tolerance,
      traces: kept + results)
  }

  // MARK: Words

  private func facts(
    _ table: FidelityTable, _ notes: [String], _ summary: FidelitySummary
  ) -> [(name: String, value: String)] {
    let grid = table.grid
    func lengths(_ rungs: [FidelityGrid.Rung]) -> String {
      rungs.map { "\($0.scale.tokens)" }.joined(separator: ", ")
    }
    var facts: [(name: String, value: String)] = [
      ("Tables", tables.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")),
      (
        "Mixtures",
        "\(table.count) of \(table.domains.count) domains, from "
          + "\(Format.loss(summary.best)) to \(Format.loss(summary.worst)) at the target, median "
          + Format.loss(summary.median)
      ),
      ("Objective", "\(table.objective)"),
      (
        "Target",
        "\(grid[grid.target].scale.size), \(Format.count(grid[grid.target].scale.tokens)) long"
      ),
      (
        "Lengths",
        grid.levels.map { "\($0[0].scale.size): \(lengths($0))" }.joined(separator: "; ")
      ),
      (
        "Cost",
        grid.levels.map { rungs in
          let last = rungs[rungs.count - 1]
          return "\(last.scale.size) to its end "
            + Format.fixed(last.trunkCost + last.branchCost, 3)
        }.joined(separator: ", ") + " runs of the target"
      ),
      (
        "Searches",
        "seeds 1 to \(seeds), a budget of \(shortest(summary.configuration.budget)) each, "
          + Format.plural(summary.configuration.workers, "run") + " at once, noise \(noise)"
      ),
    ]
    if !notes.isEmpty { facts.append(("Reading", notes.joined(separator: "; "))) }
    return facts
  }

  /// In full, so that later defaults do not matter.
  private var fidelityCommand: String {
    var words = ["mixpipe replay"] + tables.map { ($0 as NSString).lastPathComponent }
    words.append("--target-size \(fidelity.size!)")
    words.append("--methods \(methodsAsked.joined(separator: ",")) --seeds \(seeds)")
    words.append("--budget \(shortest(budget ?? 30)) --rungs \(fidelity.rungs ?? 8)")
    if let step = table.step { words.append("--step \(shortest(step))") }
    if let sizes = fidelity.sizes { words.append("--sizes \(sizes.argumentText)") }
    if let decay = fidelity.decay { words.append("--decay \(shortest(decay))") }
    if let parallel = fidelity.parallel { words.append("--parallel \(parallel)") }
    if let tolerance = fidelity.tolerance { words.append("--tolerance \(shortest(tolerance))") }
    for ablation in fidelity.ablations { words.append("--\(ablation.rawValue)") }
    if noise > 0 { words.append("--noise \(noise)") }
    if let weights = table.weights { words.append("--weights '\(weights.argumentText)'") }
    if let losses = table.losses { words.append("--losses '\(losses.argumentText)'") }
    if let objective = table.objective { words.append("--objective '\(objective)'") }
    for limit in table.guard { words.append("--guard '\(limit)'") }
    if let landscape {
      words.append(
        "--landscape \(landscape.rawValue) --candidates \(fidelity.candidates ?? 400)")
    }
    if let output { words.append("--output \(output)") }
    return words.joined(separator: " ")
  }
}
