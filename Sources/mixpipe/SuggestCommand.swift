import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Reports
import RunTables
import Storage
import TableSearches

struct SuggestCommand: Command {
  static let commandName = "suggest"
  static let abstract = "Say what to run next, from a table of runs made elsewhere."
  static let discussion = """
    For those who have a trainer of their own. Ask for runs, train them, fill in their losses, ask \
    again:

      mixpipe suggest --domains books,web,code --count 12 --output runs.csv
      # train the mixtures in runs.csv and write their losses into it, then
      mixpipe suggest --observations runs.csv --count 4 --no-header >> runs.csv
      # and so on, until the losses no longer fall
      mixpipe suggest --observations runs.csv --recommend

    runs.csv then looks like this, the last run still under way:

      run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code
      1,0.5178,0.1411,0.3411,3.91,4.18,2.73
      2,0.2000,0.6000,0.2000,,,

    Rows are written with the table's own columns, their losses empty. The first runs are spread \
    evenly; then each is where a Gaussian process for every held-out domain expects the most, given \
    those under way. The same file and seed give the same answer.

    \(TableOptions.explanation)
    """

  @Option(
    "Table of the runs so far. Several times for several tables.", value: "file",
    completion: .files)
  var observations: [String] = []
  @Option(
    "Table of more runs that are under way; only its weights are read.", value: "file",
    completion: .files)
  var pending: String?
  @Option(
    "Training domains, separated by commas, where there is no table yet.", value: "names")
  var domains: ListArgument<String>?
  @Option(
    "Held-out domains to have columns for where there is no table yet. (default: the training domains)",
    value: "names")
  var heldOut: ListArgument<String>?
  @Option("How many runs to suggest.", short: "n", value: "count")
  var count = 4
  @Option("How the next mixture is chosen: bo, bo-raw or sobol.", value: "name")
  var method = "bo"
  @Option("Runs of the even spread to start with.", value: "count")
  var initial = 12
  @Option("Seed of the suggestions.")
  var seed: UInt64 = 1
  @OptionGroup
  var table: TableOptions
  @Option(
    "Condition on mixtures, e.g. 'code<=0.3', 'books+papers=0.2..0.4' or 'domains<=3'; may be given several times.",
    value: "condition")
  var constrain: [String] = []
  @Flag(
    "In place of suggestions, tell the best mixture, what it is expected to give, and how sure that is."
  )
  var recommend = false
  @Option("How to print.", value: "format")
  var format = OutputFormat.csv
  @Flag("The same as '--format json'.")
  var json = false
  @Flag("Leave out the line of headings, to append to a table that has it.", name: "no-header")
  var noHeader = false
  @Option(
    "File to write, in place of standard output.", short: "o", value: "file", completion: .files)
  var output: String?

  enum OutputFormat: String, CaseIterable, ArgumentValue { case csv, json }

  func validate() throws {
    try check(["count": count], atLeast: 1)
    try check(["initial": initial], atLeast: 0)
    if observations.isEmpty, domains == nil {
      throw ValidationError(
        "Found neither '--observations' nor '--domains', expected a table of runs or the names of "
          + "the training domains")
    }
    if let names = domains?.elements {
      if names.count < 2 || Set(names).count < names.count || names.contains("") {
        throw ValidationError(
          "Found '--domains \(names.joined(separator: ","))', expected two different names or more")
      }
    }
    if observations.isEmpty, recommend {
      throw ValidationError(
        "Found '--recommend' without '--observations', expected a table of runs")
    }
    if !methodNames.contains(where: { $0.name == method }) {
      throw MethodError.unknown(name: method)
    }
    if needsTrainer(method) {
      throw ValidationError(
        "Found '--method \(method)', which reweighs the domains while a model trains; "
          + "expected a method that proposes mixtures")
    }
    _ = try constraints
  }

  private var constraints: [MixtureConstraint] {
    get throws {
      let constraints = try readConstraints(constrain)
      for (text, constraint) in zip(constrain, constraints) {
        if case .epochs = constraint {
          throw ValidationError(
            "Found '--constrain \(text)', but a table does not say how much text there is; give "
              + "the weight that the epochs allow, e.g. 'code<=0.3'")
        }
      }
      return constraints
    }
  }

  func run() throws {
    let runs = try readRuns()
    var settings = TableAdvice.Settings(objective: try table.objective(over: runs))
    settings.constraints = try constraints
    settings.method = method
    settings.seed = seed
    settings.initialTrials = initial
    let advice: TableAdvice
    do {
      advice = try TableAdvice(table: runs, pending: try readPending(runs), settings: settings)
    } catch let error as ConstraintError {
      throw ValidationError(error.description)
    }
    let text: String
    if recommend {
      guard let summary = RecommendationSummary(of: advice) else {
        throw NothingToRecommend(path: observations[0])
      }
      text = json || format == .json ? try jsonText(summary) : summary.text
    } else {
      let proposals = advice.proposals(count)
      text =
        json || format == .json
        ? try jsonText(ProposalSummary(of: advice, proposals)) : csv(proposals, runs.layout)
    }
    if let output {
      try replaceFile(at: output, with: Data(text.utf8))
    } else {
      try emit(text, terminator: "")
    }
    for note in runs.notes + [standing(advice)] {
      try? FileHandle.standardError.write(contentsOf: Data("Note: \(note)\n".utf8))
    }
  }

  private func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try encodeDocument(value), as: UTF8.self)
  }

  private func readRuns() throws -> RunTable {
    guard !observations.isEmpty else {
      let names = domains!.elements
      let heldOut = heldOut?.elements ?? names
      return RunTable(
        domains: names, heldOut: heldOut, targets: heldOut, rows: [],
        layout: TableLayout(domains: names, heldOut: heldOut))
    }
    var columns = table.columns
    columns.domains = domains?.elements
    let whole = try RunTable(at: observations, columns: columns)
    if let asked = domains?.elements, Set(asked) != Set(whole.domains) {
      throw RunTableError.domainsDiffer(
        path: observations[0], found: whole.domains, expectedAsIn: "--domains", expected: asked)
    }
    guard whole.domains.count > 1 else {
      throw RunTableError.noWeights(path: observations[0], columns: whole.layout.headings)
    }
    return try whole.selected(table.selection)
  }

  private func readPending(_ runs: RunTable) throws -> [Mixture] {
    guard let pending else { return [] }
    var columns = table.columns
    columns.domains = runs.domains
    columns.losses = nil
    let other = try RunTable(at: [pending], columns: columns, needsLosses: false)
    guard Set(other.domains) == Set(runs.domains) else {
      throw RunTableError.domainsDiffer(
        path: pending, found: other.domains, expectedAsIn: observations.first ?? "--domains",
        expected: runs.domains)
    }
    return other.rows.map { row in
      Mixture(domains: runs.domains, proportionalTo: runs.domains.map { row.mixture[$0]! })
    }
  }

  private func csv(_ proposals: [TableAdvice.Proposal], _ layout: TableLayout) -> String {
    let rows = proposals.map { layout.cells(name: $0.name, mixture: $0.mixture) }
    return ((noHeader ? [] : [layout.headings]) + rows)
      .map { TableLayout.line($0) + "\n" }.joined()
  }

  /// What the suggestions rest on, and what comes next.
  private func standing(_ advice: TableAdvice) -> String {
    var parts = ["\(advice.finished) finished"]
    if !advice.pending.isEmpty { parts.append("\(advice.pending.count) pending") }
    if advice.diverged > 0 { parts.append("\(advice.diverged) diverged") }
    let runs = "runs so far: " + parts.joined(separator: ", ")
    if recommend { return runs }
    let known = advice.finished + advice.diverged + advice.pending.count
    return known < initial
      ? "\(runs); \(initial - known) of the \(initial) of the even start are still to come"
      : "\(runs); fill in the losses of the new rows and ask again"
  }
}

/// A table without a finished run.
struct NothingToRecommend: Error, CustomStringConvertible {
  var path: String

  var description: String {
    "\(path): found no finished run, expected one at least; fill in the losses of a run first"
  }
}
