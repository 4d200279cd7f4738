import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Processes
import RunTables
import TableSearches

extension SuggestCommand {
  func validateSizes() throws {
    guard sizes.targetSize != nil else {
      if front != nil || allowReach {
        throw ValidationError(
          "Found '--\(front != nil ? "front" : "allow-reach")' without '--target-size', expected it with "
            + "runs of several sizes")
      }
      return
    }
    let conflicts = [
      ("size", table.size != nil), ("step", table.step != nil), ("tokens", tokens != nil),
      ("reuse", !reuse.isEmpty), ("pending", pending != nil),
    ]
    if let first = conflicts.first(where: \.1) {
      throw ValidationError(
        "Found '--\(first.0)' with '--target-size', which reads all sizes and lengths of the table; "
          + "expected one of them")
    }
    if let method, !fidelityMethodNames.contains(where: { $0.name == method }) {
      throw FidelityMethodError.unknown(name: method)
    }
    if observations.isEmpty, sizes.sizes == nil {
      throw ValidationError(SizesError.noSizes.description)
    }
    if allowReach && !recommend {
      throw ValidationError(
        "Found '--allow-reach' without '--recommend', expected it with what the runs say of the target"
      )
    }
    try checkFront(front?.elements)
    if front != nil, !recommend, method ?? "scale-bo" != "scale-bo" || text.near != nil {
      throw ValidationError(
        "Found '--front' with '\(text.near != nil ? "--near" : "--method \(method!)")', expected one of them"
      )
    }
  }

  func runOverSizes(_ settings: SizesSettings) throws {
    let lock = append ? try TableLock(table: target!) : nil
    let runs = try readSizes()
    if recommend { return try recommend(runs, settings) }
    try checkFront(front?.elements, among: runs.heldOut, origin: " of the table")
    let objective = try table.objective(over: runs)
    let conditions = try constraints
    let natural = try naturalMixture(
      text.natural, settings, over: runs.domains, conditions: conditions)
    let advice = try asUsage {
      try SizesAdvice(
        table: runs, objective: objective, constraints: conditions, natural: natural,
        front: front?.elements, settings: settings,
        method: method ?? "scale-bo", seed: seed)
    }
    let proposals = advice.proposals(count)
    if isJSON {
      try write(try jsonText(SizesProposalSummary(of: advice, proposals)))
    } else {
      let found = rows(advice, proposals, runs.layout)
      try write(found.rows, runs.layout)
      for note in found.notes { tell(note) }
    }
    withExtendedLifetime(lock) {}
    for note in runs.notes + advice.sizes.notes + [standing(advice, proposals)] { tell(note) }
  }

  /// Headings under which a row names the run that it goes on with.
  private static let parents: Set<String> = [
    "continues", "continue", "continue_from", "continues_from", "resume", "resumes", "resume_from",
    "resumed_from", "parent", "parent_run", "init_from", "from_run",
  ]

  private func rows(
    _ advice: SizesAdvice, _ proposals: [SizesAdvice.Proposal], _ layout: TableLayout
  ) -> (rows: [String], notes: [String]) {
    let parent = layout.columns.indices.first {
      layout.columns[$0] == .other && Self.parents.contains(layout.headings[$0].lowercased())
    }
    var notes: [String] = []
    let rows = proposals.enumerated().map { index, proposal in
      var own = layout
      own.request = advice.request(proposal)
      var cells = own.cells(name: proposal.name, mixture: proposal.mixture, index: index)
      if let earlier = proposal.continues {
        if let parent {
          cells[parent] = earlier
        } else {
          notes.append("run \(proposal.name) goes on with run \(earlier)")
        }
      }
      return own.line(cells)
    }
    return (rows, notes)
  }

  private func standing(_ advice: SizesAdvice, _ proposals: [SizesAdvice.Proposal]) -> String {
    var parts = ["\(advice.finished) finished"]
    if advice.pending > 0 { parts.append("\(advice.pending) under way") }
    if advice.diverged > 0 { parts.append("\(advice.diverged) diverged") }
    func runs(_ value: Double) -> String {
      shortest(Double(String(format: "%.3g", value)) ?? value)
    }
    let asked = proposals.reduce(0) { $0 + $1.cost }
    var text =
      "runs so far: \(parts.joined(separator: ", ")), \(runs(advice.spent)) runs of the target in all; "
    if proposals.isEmpty {
      text += "the budget of \(runs(advice.budget)) is spent, '--budget' gives more"
    } else {
      text += "the new ones cost \(runs(asked)) more"
    }
    return text
  }

  private func recommend(_ runs: RunTable, _ settings: SizesSettings) throws {
    try checkFront(front?.elements, among: runs.heldOut, origin: " of the table")
    var terms = ForecastQuestion.Terms(objective: try table.objective(over: runs))
    terms.constraints = try constraints
    terms.natural = try naturalMixture(
      text.natural, settings, over: runs.domains, conditions: terms.constraints)
    terms.front = front?.elements
    terms.seed = seed
    terms.includesTarget = true
    let reading = try ForecastReading(
      runs, paths: tables, terms, settings: settings, objective: table.objective,
      guards: table.guard, allowsReach: allowReach)
    let report = reading.report(command: words(settings))
    let form = output.map { ($0 as NSString).pathExtension } ?? ""
    if isJSON {
      try write(try jsonText(VersionedDocument(kind: "forecast", value: reading.summary)))
    } else if form == "html" || form == "md" {
      // Who has a page written still wants to know.
      try write(form == "html" ? report.html : report.markdown)
      try emit(report.text, terminator: "")
    } else {
      try write(report.text)
    }
    for note in reading.allNotes { tell(note) }
  }

  private func words(_ settings: SizesSettings) -> String {
    var words = ["mixpipe suggest --recommend"]
    for path in tables {
      words.append("--observations \(shellQuoted((path as NSString).lastPathComponent))")
    }
    words.append("--target-size \(settings.targetSize)")
    if let tokens = settings.targetTokens { words.append("--target-tokens \(tokens)") }
    words += sizes.text.words
    if let objective = table.objective { words.append("--objective \(shellQuoted(objective))") }
    for limit in table.guard { words.append("--guard \(shellQuoted(limit))") }
    if let front { words.append("--front \(shellQuoted(front.argumentText))") }
    for text in constrain { words.append("--constrain \(shellQuoted(text))") }
    if let natural = text.natural { words.append("--natural \(shellQuoted(natural))") }
    if let near = text.near { words.append("--near \(shellQuoted(near))") }
    for level in text.hold { words.append("--hold \(level)") }
    if allowReach { words.append("--allow-reach") }
    if seed != 1 { words.append("--seed \(seed)") }
    return words.joined(separator: " ")
  }

  /// All sizes and lengths of the tables.
  private func readSizes() throws -> RunTable {
    let tables = tables
    guard !tables.isEmpty else {
      let names = domains!.elements
      let heldOut = heldOut?.elements ?? names
      var layout = TableLayout(
        domains: names, heldOut: heldOut,
        request: TableLayout.Request(size: sizes.targetSize, tokens: 1))
      if sizes.goesOn {
        // After the tokens.
        layout.headings.insert("continues", at: 3)
        layout.columns.insert(.other, at: 3)
      }
      return RunTable(
        domains: names, heldOut: heldOut, targets: heldOut, rows: [], layout: layout)
    }
    return try readWhole()
  }
}
