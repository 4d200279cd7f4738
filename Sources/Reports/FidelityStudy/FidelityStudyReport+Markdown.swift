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
    if !domainRows.isEmpty {
      blocks += ["## Gain and price on each domain", domainWords, domainTable.markdown]
    }
    if let alternatives {
      blocks += [
        "## What would also do", alternatives.words, alternatives.rangeTable.markdown,
        alternatives.choiceTable.markdown,
      ]
    }
    blocks += ["## Where the budget went", levelTable.markdown]
    if let front {
      blocks += ["## \(frontTitle(front))", frontWords(front), frontTable(front).markdown]
    }
    blocks += ["## Runs", runTable.markdown, "## How it was made"]
    blocks.append(
      facts.map { "- \($0.0): \(TextTable.escapedForMarkdown($0.1))" }
        .joined(separator: "\n"))
    blocks.append("```sh\n\(commands.joined(separator: "\n"))\n```\n")
    return blocks.joined(separator: "\n\n")
  }
}
