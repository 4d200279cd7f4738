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
      mixpipe suggest --observations runs.csv --count 4 --append
      # and so on, until the losses no longer fall
      mixpipe suggest --observations runs.csv --recommend

    runs.csv then looks like this, the last run still under way:

      run,weight_books,weight_web,weight_code,loss_books,loss_web,loss_code
      1,0.5178,0.1411,0.3411,3.91,4.18,2.73
      2,0.2000,0.6000,0.2000,,,

    Rows are written with the table's own columns, separator and decimal mark, their losses empty. \
    '--append' adds them to the table, of which nothing else is changed; two that add at once wait for each \
    other. No file that holds something is overwritten. The first runs are spread \
    evenly; then each is where a Gaussian process for every held-out domain expects the most, given \
    those under way. The same file and seed give the same answer.

    Where domains were split, merged, added or dropped, the earlier runs keep their worth:

      mixpipe suggest --domains books,web_hq,web_lq --reuse old.csv --map 'web=0.3*web_hq+0.7*web_lq'

    Names with signs in them are quoted in conditions: '"web, old"<=0.1'; 'c++<=0.2' needs no quotes.

    For a size that you cannot afford to search at, let smaller and shorter runs stand in for it:

      mixpipe suggest --domains books,web,code --target-size 1B --target-tokens 20B --sizes 20M,60M \
        --count 12 --output runs.csv
      mixpipe suggest --observations runs.csv --target-size 1B --target-tokens 20B --append
      mixpipe suggest --observations runs.csv --target-size 1B --target-tokens 20B --recommend

    Rows then have a size and tokens of their own; with '--continue' some go on with an earlier run. What is \
    recommended is as sure as 'mixpipe forecast' is. With '--recommend' '--output page.html' writes a page, \
    of one size too, with sliders that predict any mixture.

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
  @Option(
    "Table of runs from before the domains changed, to be used as far as it goes; see '--map'.",
    value: "file", completion: .files)
  var reuse: [String] = []
  @Option(
    "What became of a domain of '--reuse': split ('web=0.3*web_hq+0.7*web_lq'), merged ('fiction+essays=books') or dropped ('forum='); may be given several times.",
    value: "change")
  var map: [String] = []
  @Option("How many runs to suggest.", short: "n", value: "count")
  var count = 4
  @Option(
    "How the next mixture is chosen: bo, bo-raw or sobol, or over sizes what 'mixpipe methods' lists for these. (default: bo, over sizes scale-bo)",
    value: "name")
  var method: String?
  @Option("Runs of the even spread to start with.", value: "count")
  var initial = 12
  @Option("Seed of the suggestions.")
  var seed: UInt64 = 1
  @OptionGroup
  var table: TableOptions
  @OptionGroup
  var sizes: SizesOptions
  @Option(
    "Two held-out domains that both count, over sizes: seek what they can have together, and with '--recommend' tell how likely no other mixture is better in both.",
    value: "domains")
  var front: ListArgument<String>?
  @Flag("Recommend even where no evidence supports so far a reach.")
  var allowReach = false
  @Option(
    "Tokens that new rows are to be trained on, for a table's column of tokens.", value: "count")
  var tokens: Double?
  @Option(
    "Condition on mixtures, e.g. 'code<=0.3', 'books+papers=0.2..0.4' or 'domains<=3'; may be given several times.",
    value: "condition")
  var constrain: [String] = []
  @OptionGroup
  var text: NaturalOptions
  @Flag(
    "In place of suggestions, tell the best mixture, what it is expected to give, and how sure that is."
  )
  var recommend = false
  @Flag("In place of suggestions, tell what each column of the tables is taken for, and why.")
  var explain = false
  @Option("How to print.", value: "format")
  var format = OutputFormat.csv
  @Flag("The same as '--format json'.")
  var json = false
  @Flag("Leave out the line of headings, to append to a table that has it.", name: "no-header")
  var noHeader = false
  @Flag("Add the new rows to the table of '--observations', or to that of '--output'.")
  var append = false
  @Option(
    "File to write, in place of standard output.", short: "o", value: "file", completion: .files)
  var output: String?

  enum OutputFormat: String, CaseIterable, ArgumentValue { case csv, json }

  var isJSON: Bool { json || format == .json }

  func validate() throws {
    try check(["count": count], atLeast: 1)
    try check(["initial": initial], atLeast: 0)
    if observations.isEmpty, domains == nil {
      throw ValidationError(
        "Found neither '--observations' nor '--domains', expected a table of runs or the names of "
          + "the training domains")
    }
    try validateNames()
    if observations.isEmpty, recommend && reuse.isEmpty || explain {
      throw ValidationError(
        "Found '--\(recommend ? "recommend" : "explain")' without '--observations', expected a table of "
          + "runs")
    }
    try validateSizes()
    if let method, sizes.targetSize == nil, !methodNames.contains(where: { $0.name == method }) {
      throw MethodError.unknown(name: method)
    }
    if let method, sizes.targetSize == nil, needsTrainer(method) {
      throw ValidationError(
        "Found '--method \(method)', which reweighs the domains while a model trains; "
          + "expected a method that proposes mixtures")
    }
    if append, recommend || explain || isJSON {
      throw ValidationError(
        "Found '--append' with '--\(recommend ? "recommend" : explain ? "explain" : "json")', expected it "
          + "with suggestions alone, as rows are what is added")
    }
    if append, target == nil || target == "-" {
      throw ValidationError(
        "Found '--append' without a file to add to, expected '--observations' or '--output'")
    }
    if let tokens, !(tokens > 0 && tokens.isFinite) {
      throw ValidationError("Found '--tokens \(tokens)', expected a positive number")
    }
    if reuse.isEmpty, let first = map.first {
      throw ValidationError("Found '--map \(first)' without '--reuse', expected the earlier runs")
    }
    _ = try changes
    _ = try constraints
  }

  private var changes: DomainMap {
    get throws {
      do throws(DomainMapError) {
        return try DomainMap(parsing: map)
      } catch {
        throw ValidationError(error.description)
      }
    }
  }

  private func validateNames() throws {
    guard let names = domains?.elements else { return }
    if names.count < 2 || Set(names).count < names.count || names.contains("") {
      throw ValidationError(
        "Found '--domains \(names.joined(separator: ","))', expected two different names or more")
    }
    guard observations.isEmpty else { return }
    let heldOut = heldOut?.elements ?? names
    if Set(heldOut).count < heldOut.count {
      throw ValidationError(
        "Found '--held-out \(heldOut.joined(separator: ","))', expected each name once")
    }
    if let found = TableLayout.unreadable(domains: names, heldOut: heldOut) {
      throw ValidationError(
        "Found the name '\(found.name)', but \(found.why); choose another name")
    }
  }

  /// What rows are added to.
  var target: String? { output ?? observations.first }

  var constraints: [MixtureConstraint] {
    get throws {
      let constraints = try readConstraints(constrain + text.constraints)
      if sizes.text.available.isEmpty { try refuseEpochs(constraints) }
      return constraints
    }
  }

  func run() throws {
    if explain { return try printExplanation() }
    if let settings = sizes.settings { return try runOverSizes(settings) }
    // From before the table is read until the rows are in it: nobody else is handed the same ones.
    let lock = append ? try TableLock(table: target!) : nil
    var runs = try readRuns()
    if !reuse.isEmpty {
      let earlier = try RunTable(at: reuse).selected(table.selection)
      do {
        let needed = try table.objective(over: runs).domains
        runs = try runs.reusing(earlier, map: try changes, needed: needed)
      } catch let error as DomainMapError {
        throw ValidationError(error.description)
      }
    }
    let objective = try table.objective(over: runs)
    var settings = TableAdvice.Settings(objective: objective)
    settings.constraints = try constraints
    settings.natural = try naturalMixture(
      text.natural, over: runs.domains, conditions: settings.constraints)
    settings.method = method ?? "bo"
    settings.seed = seed
    settings.initialTrials = initial
    var advice: TableAdvice
    let others = try readPending(runs)
    do {
      advice = try TableAdvice(table: runs, pending: others.map(\.mixture), settings: settings)
    } catch let error as ConstraintError {
      throw ValidationError(error.description)
    }
    advice.takenNames = others.compactMap(\.name)
    if recommend {
      guard let summary = RecommendationSummary(of: advice) else {
        // Why earlier runs are none is what there is to know.
        if !reuse.isEmpty { for note in runs.notes { tell(note) } }
        throw NothingToRecommend(path: observations.first ?? reuse[0])
      }
      let form = output.map { ($0 as NSString).pathExtension } ?? ""
      if !isJSON, form == "html" || form == "md" {
        let report = tableReport(summary, advice)
        try write(form == "html" ? report.html : report.markdown)
        // Who has a page written still wants to know.
        try emit(summary.text, terminator: "")
      } else {
        try write(isJSON ? try jsonText(summary) : summary.text)
      }
    } else {
      let proposals = advice.proposals(count)
      if isJSON {
        try write(try jsonText(ProposalSummary(of: advice, proposals)))
      } else {
        try write(proposals, runs.layout)
      }
    }
    withExtendedLifetime(lock) {}
    for note in runs.notes + advice.notes + [standing(advice)] { tell(note) }
  }

  func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try encodeDocument(value), as: UTF8.self)
  }

  func write(_ text: String) throws {
    guard let output else { return try emit(text, terminator: "") }
    try TableFile.write(text, to: output, remedy: "give another file")
  }

  private func write(_ proposals: [TableAdvice.Proposal], _ layout: TableLayout) throws {
    let rows = proposals.enumerated().map { index, proposal in
      layout.line(layout.cells(name: proposal.name, mixture: proposal.mixture, index: index))
    }
    try write(rows, layout)
  }

  /// Rows as the table has them, to wherever they go.
  func write(_ rows: [String], _ layout: TableLayout) throws {
    if append, let target, holdsSomething(target) {
      guard layout.dialect.form != .closed, !layout.dialect.isCompressed else {
        throw RunTableError.notAppendable(path: target, form: layout.dialect.words)
      }
      try TableFile.append(
        rows, to: target, lineEnd: layout.dialect.lineEnd, encoding: layout.dialect.encoding)
      return
    }
    let text = (noHeader ? "" : layout.header) + rows.joined()
    guard let output else { return try emitData(text) }
    try makeRoom(at: output)
    try TableFile.write(
      text, to: output, remedy: "add '--append' to add the new rows to it, or give another file")
  }

  /// A new table may have the name of one of other domains, which is then kept under another.
  private func makeRoom(at output: String) throws {
    guard observations.isEmpty, let domains, holdsSomething(output),
      let other = try? RunTable(at: [output], needsLosses: false),
      Set(other.domains) != Set(domains.elements)
    else { return }
    let name = try TableFile.setAside(output)
    tell(
      "\(output) held \(other.rows.count) runs of \(other.domains.joined(separator: ", ")): kept as "
        + name)
  }

  func tell(_ note: String) {
    try? FileHandle.standardError.write(contentsOf: Data("Note: \(note)\n".utf8))
  }

  private func holdsSomething(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_size > 0
  }

  /// The tables, the one that rows are added to among them.
  var tables: [String] {
    guard append, let output, holdsSomething(output) else { return observations }
    func same(_ path: String) -> Bool {
      let (a, b) = (URL(fileURLWithPath: path), URL(fileURLWithPath: output))
      return a.resolvingSymlinksInPath().path == b.resolvingSymlinksInPath().path
    }
    return observations.contains(where: same) ? observations : observations + [output]
  }

  private var request: TableLayout.Request {
    TableLayout.Request(size: table.size, step: table.step, tokens: tokens)
  }

  private func readRuns() throws -> RunTable {
    let tables = tables
    guard !tables.isEmpty else {
      let names = domains!.elements
      let heldOut = heldOut?.elements ?? names
      return RunTable(
        domains: names, heldOut: heldOut, targets: heldOut, rows: [],
        layout: TableLayout(domains: names, heldOut: heldOut, request: request))
    }
    var chosen = try readWhole().selected(table.selection)
    if let tokens { chosen.layout.request.tokens = tokens }
    if append, let output, tables.count > observations.count {
      // Rows go to a table of its own columns.
      let own = try RunTable(at: [output], columns: askedColumns)
      chosen.layout = own.layout
      chosen.layout.request = request
      chosen = chosen.reordered(as: own)
    }
    return chosen
  }

  /// The tables as they are, of the domains that were asked for.
  func readWhole() throws -> RunTable {
    let tables = tables
    let whole = try RunTable(at: tables, columns: askedColumns)
    if let asked = domains?.elements, Set(asked) != Set(whole.domains) {
      throw RunTableError.domainsDiffer(
        path: tables[0], found: whole.domains, expectedAsIn: "--domains", expected: asked)
    }
    guard whole.domains.count > 1 else {
      throw RunTableError.oneDomain(path: tables[0], name: whole.domains[0])
    }
    return whole
  }

  private var askedColumns: RunTable.Columns {
    var columns = table.columns
    columns.domains = domains?.elements
    return columns
  }

  private func readPending(_ runs: RunTable) throws -> [RunTable.Row] {
    guard let pending else { return [] }
    var columns = table.columns
    columns.domains = runs.domains
    columns.losses = nil
    columns.maximize = nil
    let other = try RunTable(at: [pending], columns: columns, needsLosses: false)
    guard Set(other.domains) == Set(runs.domains) else {
      throw RunTableError.domainsDiffer(
        path: pending, found: other.domains, expectedAsIn: observations.first ?? "--domains",
        expected: runs.domains)
    }
    return other.rows.map { row in
      var row = row
      row.mixture = Mixture(
        domains: runs.domains, proportionalTo: runs.domains.map { row.mixture[$0]! })
      return row
    }
  }

  private func printExplanation() throws {
    var columns = table.columns
    columns.domains = domains?.elements
    let summary = ReadingSummary(
      files: try RunTable.explanation(of: observations, columns: columns))
    try write(isJSON ? try jsonText(summary) : summary.text)
  }

  /// What the suggestions rest on, and what comes next.
  private func standing(_ advice: TableAdvice) -> String {
    var parts = ["\(advice.finished) finished"]
    if !advice.pending.isEmpty { parts.append("\(advice.pending.count) pending") }
    if advice.diverged > 0 { parts.append("\(advice.diverged) diverged") }
    if advice.lost > 0 { parts.append("\(advice.lost) lost") }
    let runs = "runs so far: " + parts.joined(separator: ", ")
    if recommend { return runs }
    let known = advice.finished + advice.diverged + advice.lost + advice.pending.count
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
