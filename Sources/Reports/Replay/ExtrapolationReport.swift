import Foundation
import Storage
import TableSearches

/// How well models predict a size's losses from runs there and at smaller sizes, as a page, as Markdown and for the
/// terminal.
package struct ExtrapolationReport: Sendable, Report {
  package let name: String
  package let summary: ExtrapolationSummary
  /// The tables and how they were read.
  package let facts: [(name: String, value: String)]
  /// What to type to reproduce it.
  package let command: String

  package init(
    name: String, summary: ExtrapolationSummary, facts: [(name: String, value: String)],
    command: String
  ) {
    self.name = name
    self.summary = summary
    self.facts = facts
    self.command = command
  }

  /// Writes `report.html`, `report.md` and `extrapolation.json`, each as a whole.
  ///
  /// - Returns: their paths.
  package func write(to folder: String) throws -> [String] {
    try makeFolder(at: folder)
    let files = [
      (folder + "/report.html", Data(html.utf8)), (folder + "/report.md", Data(markdown.utf8)),
      (folder + "/extrapolation.json", try encodeDocument(summary)),
    ]
    for (path, data) in files { try replaceFile(at: path, with: data) }
    return files.map(\.0)
  }

  /// For the terminal.
  package var text: String {
    [designTable.text, computeTable.text, coverageWords + "\n"].joined(separator: "\n")
  }

  // MARK: Words

  private static let designWords =
    "E1: half of the largest size’s runs predict the others. E2: and the next smaller size’s runs of all "
    + "mixtures. E3: and all sizes. E4: half of the second largest size’s runs predict the others. E5: and "
    + "the next smaller size. R² (the share of the variance explained; 1 is perfect) of the objective on the mixtures that were not seen at "
    + "that size: mean "
    + "over random halves, 95 % of the mean. In E2, E3 and E5 the predicted mixtures’ own smaller runs are known; "
    + "‘unseen’ leaves these out. ‘Same mixture one size down’ adds a constant to those runs and nothing else: a "
    + "model that is no better there has learned nothing of sizes."

  private static let computeWords =
    "Runs of the target’s size for the same compute, the longer the fewer, predict mixtures that none of them "
    + "had, at the target: R² of the objective."

  private static let outputWords =
    "R², the share of the variance explained, of each held-out domain: the median over random halves."

  private var coverageWords: String {
    func shares(areSeen: Bool) -> String {
      let designs = ExtrapolationCheck.Design.allCases.filter { $0.isSeen == areSeen }
        .map(\.rawValue)
      return models.compactMap { model -> String? in
        let own = summary.designs.filter { $0.model == model && designs.contains($0.design) }
        guard !own.isEmpty else { return nil }
        let mean = own.reduce(0) { $0 + $1.coverage } / Double(own.count)
        return "\(model.rawValue) \(Format.share(mean))"
      }.joined(separator: ", ")
    }
    let (unseen, seen) = (shares(areSeen: false), shares(areSeen: true))
    return
      "How often the 95 % intervals of the objective, a run’s own noise not included, held what was measured: "
      + "for mixtures of which no run was known, " + (unseen.isEmpty ? "none" : unseen)
      + (seen.isEmpty ? "" : "; for those whose smaller runs were known, " + seen) + "."
  }

  // MARK: Tables

  private var models: [ExtrapolationCheck.Model] {
    ExtrapolationCheck.Model.allCases.filter { model in
      summary.designs.contains { $0.model == model }
    }
  }

  private func cell(_ entry: ExtrapolationSummary.Entry?) -> String {
    entry.map {
      "\(Format.fixed($0.objective.mean, 3)) [\(Format.fixed($0.objective.low, 2)), "
        + "\(Format.fixed($0.objective.high, 2))]"
    } ?? "–"
  }

  private func table(
    _ entries: [ExtrapolationSummary.Entry], _ title: String
  ) -> TextTable {
    let shown = models.filter { model in entries.contains { $0.model == model } }
    var table = TextTable(
      [.init(title, .left), .init("runs"), .init("predicted"), .init("splits")]
        + shown.map { .init($0.rawValue) })
    var designs: [String] = []
    for entry in entries where !designs.contains(entry.design) { designs.append(entry.design) }
    for design in designs {
      // One line, however narrow the column.
      let name = design.replacing(" ", with: "\u{A0}")
      let first = entries.first { $0.design == design }!
      table.append(
        [name, "\(first.trained)", "\(first.tested)", "\(first.splits)"]
          + shown.map { model in cell(entries.first { $0.design == design && $0.model == model }) })
    }
    return table
  }

  private var designTable: TextTable { table(summary.designs, "design") }
  private var computeTable: TextTable { table(summary.equalCompute, "runs × length") }

  private func outputTable(_ model: ExtrapolationCheck.Model) -> TextTable? {
    let own = summary.designs.filter { $0.model == model && $0.outputs != nil }
    guard !own.isEmpty else { return nil }
    var table = TextTable([.init("held-out domain", .left)] + own.map { .init($0.design) })
    for (d, name) in summary.outputs.enumerated() {
      table.append([name] + own.map { Format.fixed($0.outputs![d].median, 3) })
    }
    let means = own.map { entry in
      entry.outputs!.reduce(0) { $0 + $1.median } / Double(summary.outputs.count)
    }
    table.append(["mean over domains"] + means.map { Format.fixed($0, 3) })
    return table
  }

  // MARK: Pages

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    func body(_ table: TextTable) -> String { String(table.markdown.dropLast()) }
    var blocks = [
      "# \(plain(name))", "## From smaller sizes to larger ones", plain(Self.designWords),
    ]
    blocks.append(body(designTable))
    blocks.append(plain(coverageWords))
    if !summary.equalCompute.isEmpty {
      blocks.append("## Many short runs against few long ones")
      blocks.append(plain(Self.computeWords))
      blocks.append(body(computeTable))
    }
    blocks.append("## Each held-out domain")
    blocks.append(plain(Self.outputWords))
    for model in models {
      guard let table = outputTable(model) else { continue }
      blocks.append("### \(model.rawValue)")
      blocks.append(body(table))
    }
    blocks.append("## How it was made")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    blocks.append("```sh\n\(command.replacing("```", with: "'''"))\n```")
    return blocks.joined(separator: "\n\n") + "\n"
  }

  package var html: String {
    var main = Markup(
      "main", [:],
      [pageHeader(kicker: "Extrapolation over sizes and lengths", verdict: coverageWords)])
    var sizes = heading("From smaller sizes to larger ones", Self.designWords)
    sizes.append(scrolling(designTable))
    main.append(sizes)
    if !summary.equalCompute.isEmpty {
      var lengths = heading("Many short runs against few long ones", Self.computeWords)
      lengths.append(scrolling(computeTable))
      main.append(lengths)
    }
    var outputs = heading("Each held-out domain", Self.outputWords)
    for model in models {
      if let table = outputTable(model) {
        outputs.append(details(model.rawValue, [scrolling(table)]))
      }
    }
    main.append(outputs)
    var foot = heading("How it was made", nil)
    foot.append(definitionList(facts.map { ($0.name, $0.value) }))
    foot.append(code([command], label: "To reproduce it"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", main)
  }
}
