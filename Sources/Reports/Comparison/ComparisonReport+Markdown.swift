import Mixtures
import Studies

extension ComparisonReport {
  /// The report as Markdown: the same findings and tables, without the charts.
  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    var blocks = ["# \(plain(name))", plain(verdict)]
    if let price { blocks.append(plain(price)) }
    func table(_ table: TextTable?) {
      if let table { blocks.append(String(table.markdown.dropLast())) }
    }
    if let missing { blocks.append("> " + plain(missing)) }
    blocks.append("## Methods compared")
    table(methodTable)
    if let checkpoints = checkpointTable {
      blocks.append("### Handed over on the way")
      table(checkpoints)
    }
    blocks.append("## Claims of the literature")
    for claim in analysis.claims {
      blocks.append(
        "**(\(claim.letter)) \(plain(claim.claim))** "
          + "\(claim.verdict.words.capitalizedAtStart).")
      if !claim.evidence.isEmpty {
        blocks.append(claim.evidence.map { "- \(plain($0))" }.joined(separator: "\n"))
      }
    }
    if let domains = domainTable {
      blocks.append("## Loss of each domain")
      table(domains)
    }
    blocks.append("## What each search handed over")
    table(weightTable)
    if let laws = lawTable {
      blocks.append("## Laws and regressions")
      table(laws)
    }
    blocks.append("## What was run")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    if !commands.isEmpty {
      blocks.append("```sh\n\(commands.joined(separator: "\n").replacing("```", with: "'''"))\n```")
    }
    blocks.append("## How the numbers are made")
    blocks.append(notes.map { "- **\($0.term).** \(plain($0.text))" }.joined(separator: "\n"))
    return blocks.joined(separator: "\n\n") + "\n"
  }
}
