import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Reports
import RunTables
import Storage
import TableSearches

struct AskCommand: Command {
  static let commandName = "ask"
  static let abstract = "Ask for a run to make, from a session that many may ask and tell at once."
  static let discussion = """
    A session is a folder that keeps which runs were handed out and what became of them. Any number of \
    clients may ask and tell at the same time, from any machine that sees the folder: no run is handed out \
    twice, and what was told is on disk when 'tell' returns.

      mixpipe ask runs/mine --domains books,web,code --json     # begins the session, and hands out run 1
      mixpipe tell runs/mine 1 --losses books=3.91,web=4.18,code=2.73
      mixpipe tell runs/mine 2 --state lost --reason 'node failed'
      mixpipe ask runs/mine                                     # the next run
      mixpipe ask runs/mine --recommend                         # what to train on, and how sure

    Where smaller and shorter runs stand in for a size that is too dear, '--target-size 1B --target-tokens 20B \
    --sizes 20M,60M' begins the session; what is handed out then has a size, tokens and, with '--continue', the \
    run whose checkpoint it goes on from.

    Without --json a line is the run's number and its mixture. The options that say what is sought are kept \
    when the session begins; later they may be left out, or must be the same, so that every element of \
    a job array can run the same command. '--list' prints all runs as a table that 'suggest' reads; \
    '--observations' begins with the runs of one.

    A run that diverged says something of its mixture, one that was lost says nothing. A run that \
    nobody tells of stays under way; '--expire 24' takes what was asked for more than 24 hours ago as lost. \
    mixpipe.py, in the documentation's folder, is a client for Python in one file.
    """

  @OptionGroup
  var session: SessionOptions
  @Option("Training domains, separated by commas; the first time.", value: "names")
  var domains: ListArgument<String>?
  @Option("Held-out domains that are told. (default: the training domains)", value: "names")
  var heldOut: ListArgument<String>?
  @Option("Those of the held-out domains of which higher is better.", value: "names")
  var maximize: ListArgument<String>?
  @Option("What is minimized, as for 'suggest'. (default: mean)", value: "function")
  var objective: String?
  @Option("Held-out loss not to be exceeded; may be given several times.", value: "limit")
  var `guard`: [String] = []
  @Option(
    "Condition on mixtures, as for 'suggest'; may be given several times.", value: "condition")
  var constrain: [String] = []
  @OptionGroup
  var text: NaturalOptions
  @Option("How the next mixture is chosen. (default: bo)", value: "name")
  var method: String?
  @Option("Runs of the even spread to start with. (default: 12)", value: "count")
  var initial: Int?
  @Option("Seed of the session. (default: 1)")
  var seed: UInt64?
  @Option("Size of the model that all runs are made with.", value: "size")
  var size: String?
  @Option("Tokens that all runs are trained on, e.g. 2B.", name: "tokens", value: "count")
  var tokenCount: TokenCount?
  @OptionGroup
  var sizes: SizesOptions
  @Flag("With '--recommend' over sizes: even where no evidence supports so far a reach.")
  var allowReach = false
  @Option(
    "Begin with the finished runs of a table.", value: "file", completion: .files)
  var observations: [String] = []
  @Option("How many runs to hand out.", short: "n", value: "count")
  var count = 1
  @Flag(
    "Hand out nothing: tell the best mixture, what it is expected to give, and how sure that is.")
  var recommend = false
  @Flag("Hand out nothing: print all runs as a table.")
  var list = false
  @Option("Take runs that were handed out more than so many hours ago as lost.", value: "hours")
  var expire: Double?
  @Flag("Print JSON.")
  var json = false

  var tokens: Int? { tokenCount?.value }

  func validate() throws {
    try check(["count": count], atLeast: 1)
    try check(["initial": initial], atLeast: 0)
    try check(["tokens": tokens], atLeast: 1)
    if recommend, list {
      throw ValidationError("Found '--recommend' and '--list', expected one of them")
    }
    if let expire, !(expire >= 0 && expire.isFinite) {
      throw ValidationError("Found '--expire \(expire)', expected hours")
    }
    if let names = domains?.elements {
      let told = heldOut?.elements ?? names
      if names.count < 2 || Set(names).count < names.count || Set(told).count < told.count {
        throw ValidationError(
          "Found '--domains \(names.joined(separator: ","))', expected two different names or more")
      }
      if let found = TableLayout.unreadable(domains: names, heldOut: told) {
        throw ValidationError(
          "Found the name '\(found.name)', but \(found.why); choose another name")
      }
      for name in maximize?.elements ?? [] where !told.contains(name) {
        throw ValidationError(
          "Found '--maximize \(name)', expected one of the held-out domains \(told.joined(separator: ", "))"
        )
      }
    }
    try validateSizes()
    if let method, !fidelityMethodNames.contains(where: { $0.name == method }) {
      guard methodNames.contains(where: { $0.name == method }) else {
        throw MethodError.unknown(name: method)
      }
      guard !needsTrainer(method) else {
        throw ValidationError(
          "Found '--method \(method)', which reweighs the domains while a model trains; expected a "
            + "method that proposes mixtures")
      }
    }
    _ = try readConstraints(constrain + text.constraints)
  }

  func run() throws {
    // What cannot be read begins no session.
    let earlier = observations.isEmpty ? nil : try readEarlier()
    let begun = try beginning(earlier)
    if let begun, !fileExists(session.folder + "/" + SessionSettings.file) {
      try checkText(begun.sizes, over: begun.domains)
    }
    var kept = try Session(folder: session.folder, beginning: begun, patience: session.wait)
    try checkText(kept.settings.sizes, over: kept.settings.domains)
    try compare(kept.settings)
    if let earlier { _ = try kept.take(earlier) }
    if let expire { _ = try kept.expire(after: expire * 3600) }
    if list { return try emitData(text(of: kept)) }
    if let settings = kept.settings.sizes { return try runOverSizes(settings, &kept) }
    let advice = try kept.advice()
    if recommend {
      guard let summary = RecommendationSummary(of: advice) else {
        throw NothingToRecommend(path: session.folder)
      }
      try emit(json ? try jsonText(summary) : summary.text, terminator: "")
      return tell(advice.table.notes + advice.notes)
    }
    let proposals = advice.proposals(count)
    try kept.hand(proposals)
    if json {
      try emit(try jsonText(ProposalSummary(of: advice, proposals)), terminator: "")
    } else {
      for proposal in proposals {
        try emit("\(proposal.name) \(Self.words(proposal.mixture))")
      }
    }
    tell(advice.table.notes + advice.notes)
  }

  /// What a client should know of how the runs were used, beside what it reads: that a model stands on some of them
  /// alone, or was fitted less thoroughly.
  func tell(_ notes: [String]) {
    for note in notes {
      try? FileHandle.standardError.write(contentsOf: Data("Note: \(note)\n".utf8))
    }
  }

  static func words(_ mixture: Mixture) -> String {
    zip(mixture.domains, TableLayout.written(mixture.weights)).map { name, weight in
      "\(NameSyntax.written(name, among: ",="))=\(weight)"
    }.joined(separator: ",")
  }

  func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try encodeDocument(value), as: UTF8.self)
  }

  /// The table to begin with. Headings that are the session's own names are what they are in it.
  private func readEarlier() throws -> RunTable {
    var columns = RunTable.Columns()
    columns.domains = domains?.elements
    let headings = Set(
      try RunTable.explanation(of: observations, columns: columns)
        .flatMap { $0.columns.map(\.heading) })
    let rising = maximize?.elements ?? []
    let falling = (heldOut?.elements ?? []).filter { !rising.contains($0) }
    if !rising.isEmpty { columns.maximize = rising }
    if !falling.isEmpty, headings.isSuperset(of: falling) { columns.losses = falling }
    let table = try RunTable(at: observations, columns: columns)
    if let name = rising.first, !table.measures.contains(where: \.isMaximized) {
      throw RunTableError.unknownColumn(
        path: observations[0], name: name, nearest: nil, columns: headings.sorted())
    }
    if let asked = domains?.elements, Set(asked) != Set(table.domains) {
      throw RunTableError.domainsDiffer(
        path: observations[0], found: table.domains, expectedAsIn: "--domains", expected: asked)
    }
    return table
  }

  /// What a session would begin with; nil where nobody says.
  private func beginning(_ earlier: RunTable?) throws -> SessionSettings? {
    if let domains {
      return settings(domains.elements, heldOut: heldOut?.elements ?? domains.elements)
    }
    guard let earlier else { return nil }
    if let found = TableLayout.unreadable(domains: earlier.domains, heldOut: earlier.targets) {
      throw ValidationError(
        "Found the name '\(found.name)' in \(observations[0]), but \(found.why); rename it there")
    }
    var begun = settings(earlier.domains, heldOut: heldOut?.elements ?? earlier.targets)
    if heldOut == nil {
      begun.maximize = earlier.targets.filter { earlier.measure(of: $0)?.isMaximized == true }
    }
    return begun
  }

  private func settings(_ domains: [String], heldOut: [String]) -> SessionSettings {
    var settings = SessionSettings(domains: domains, heldOut: heldOut)
    settings.maximize = maximize?.elements ?? []
    settings.objective = objective
    settings.guards = self.guard
    settings.constraints = allConstraints
    settings.natural = text.natural
    settings.sizes = sizes.settings
    settings.method = method ?? (sizes.settings == nil ? settings.method : "scale-bo")
    settings.seed = seed ?? settings.seed
    settings.initial = initial ?? settings.initial
    settings.size = size
    settings.tokens = tokens
    return settings
  }

  private var allConstraints: [String] { constrain + ((try? text.constraints) ?? []) }

  /// Conditions on epochs need the text that a session is told of when it begins.
  private func checkText(_ sizes: SizesSettings?, over domains: [String]) throws {
    _ = try knownText(sizes, over: domains, conditions: try readConstraints(allConstraints))
  }

  /// What is said again must be what was said when the session began.
  private func compare(_ kept: SessionSettings) throws {
    var asked = kept
    if let domains { asked.domains = domains.elements }
    if let heldOut { asked.heldOut = heldOut.elements }
    // Of a session that began with a table the names are the table's.
    if let maximize, observations.isEmpty { asked.maximize = maximize.elements }
    if let objective { asked.objective = objective }
    if !self.guard.isEmpty { asked.guards = self.guard }
    if !allConstraints.isEmpty { asked.constraints = allConstraints }
    if let natural = text.natural { asked.natural = natural }
    if let method { asked.method = method }
    if let seed { asked.seed = seed }
    if let initial { asked.initial = initial }
    if let size { asked.size = size }
    if let tokens { asked.tokens = tokens }
    if let sizes = sizes.settings { asked.sizes = sizes }
    if let found = kept.difference(from: asked) {
      throw SessionError.differs(
        path: session.folder, name: found.name, found: found.own, asked: found.other)
    }
  }

  /// All runs, as a table or as JSON.
  private func text(of kept: Session) throws -> String {
    let summary = SessionSummary(of: kept)
    if json { return try jsonText(summary) }
    let settings = kept.settings
    let hasSizes = settings.sizes != nil
    let headings =
      ["run", "state"] + (hasSizes ? ["size", "tokens", "continues"] : [])
      + settings.domains.map(RunTable.heading(ofWeight:))
      + settings.heldOut.map(RunTable.heading(ofLoss:))
    let dialect = TableDialect()
    return dialect.line(headings)
      + summary.runs.map { run in
        dialect.line(
          ["\(run.run)", run.state]
            + (hasSizes
              ? [run.size ?? "", "\(run.tokens ?? 0)", run.continues.map { "\($0)" } ?? ""] : [])
            + run.weights.map { "\($0)" }
            + settings.heldOut.map { name in run.losses?[name].map { "\($0)" } ?? "" })
      }.joined()
  }
}
