import Studies

extension FidelityStudyReport {
  /// The same as Markdown, without charts.
  package var markdown: String {
    var blocks = ["# \(TextTable.escapedForMarkdown(name))", verdict]
    if let priceWords { blocks.append(priceWords) }
    if !analysis.isComplete { blocks.append("Still open: the study has not ended.") }
    var figures = TextTable([.init("", .left), .init(""), .init("", .left)])
    for figure in headlineFigures { figures.append([figure.label, figure.value, figure.note]) }
    blocks.append(figures.markdown)
    blocks += ["## Where the budget went", levelTable.markdown]
    if let front {
      blocks += ["## \(frontTitle(front))", frontWords(front), frontTable(front).markdown]
    }
    if !analysis.domains.isEmpty { blocks += ["## Loss of each domain", domainTable.markdown] }
    blocks += ["## Runs", runTable.markdown, "## How it was made"]
    blocks.append(
      facts.map { "- \($0.0): \(TextTable.escapedForMarkdown($0.1))" }
        .joined(separator: "\n"))
    blocks.append("```sh\n\(commands.joined(separator: "\n"))\n```\n")
    return blocks.joined(separator: "\n\n")
  }
}
