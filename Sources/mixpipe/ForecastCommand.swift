import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Reports
import RunTables
import Storage
import TableSearches

struct ForecastCommand: Command {
  static let commandName = "forecast"
  static let abstract = "Forecast losses and the best mixture at a size that nobody ran."
  static let discussion = """
    From runs of smaller sizes alone:

      mixpipe forecast runs.csv --target-size 1B --target-tokens 20B --output page.html

    tells for the best mixture, those asked for and their nearest rivals how high the losses will be at \
    the target, how they differ, how likely each is the best, and what it is expected to lose; with \
    95 % intervals that are widened by what the same forecast of the table's own larger sizes from \
    its smaller ones has missed. What goes farther than forecasts that were checked support is \
    refused unless '--allow-reach' is given. Costs no training.

    \(TableOptions.explanation)
    """

  @Argument("Tables of runs, or folders of studies.", completion: .files)
  var tables: [String]
  @Option("Size that is wanted, in parameters, e.g. 1B.", value: "size")
  var targetSize: String
  @Option(
    "Training tokens there, e.g. 20B; steps where the table has no tokens. (default: as many for a parameter as the longest runs of the largest size)",
    value: "tokens")
  var targetTokens: String?
  @OptionGroup
  var text: KnownTextOptions
  @Option(
    "Mixture to be told of, e.g. 'books=0.3,code=0.7', or uniform; may be given several times.",
    value: "weights")
  var mixture: [MixtureSpecification] = []
  @OptionGroup
  var table: TableOptions
  @Option(
    "Two held-out domains that both count: tell how likely no other mixture is better in both.",
    value: "domains")
  var front: ListArgument<String>?
  @Option(
    "Condition on mixtures, e.g. 'code<=0.3'; may be given several times.", value: "condition")
  var constrain: [String] = []
  @Flag("Forecast even where no evidence supports so far a reach.")
  var allowReach = false
  @Option("Seed of the draws.")
  var seed: UInt64 = 1
  @Flag("Print the result as JSON.")
  var json = false
  @Option(
    "Page to write, beside what is printed; Markdown if it ends in .md.", short: "o", value: "file",
    completion: .files)
  var output: String?

  func validate() throws {
    for (name, isGiven) in [("size", table.size != nil), ("step", table.step != nil)]
    where isGiven {
      throw ValidationError(
        "Found '--\(name)', but a forecast reads all sizes and lengths; expected '--target-size' "
          + "and '--target-tokens'")
    }
    try asUsage { try settings.validate() }
    try checkFront(front?.elements)
    let conditions = try readConstraints(constrain)
    if text.available.isEmpty { try refuseEpochs(conditions) }
  }

  private var settings: SizesSettings {
    var settings = SizesSettings(targetSize: targetSize)
    settings.targetTokens = targetTokens
    text.add(to: &settings)
    return settings
  }

  func run() throws {
    let runs = try RunTable(at: tables, columns: table.columns)
    var terms = ForecastQuestion.Terms(objective: try table.objective(over: runs))
    try checkFront(front?.elements, among: runs.heldOut, origin: " of the table")
    terms.constraints = try readConstraints(constrain)
    let known = try knownText(settings, over: runs.domains, conditions: terms.constraints)
    terms.natural = try naturalMixture(
      nil, over: runs.domains, conditions: terms.constraints, known: known,
      remedy:
        "give that of all with '--available', e.g. '--available \(NameSyntax.written(runs.domains[0], among: "="))=2B'"
    )
    terms.given = try mixture.map { try given($0, runs.domains, known) }
    terms.front = front?.elements
    terms.seed = seed
    let reading = try ForecastReading(
      runs, paths: tables, terms, settings: settings, objective: table.objective,
      guards: table.guard, allowsReach: allowReach)
    let report = reading.report(command: words(reading.question.data.target.tokens))
    if let output {
      // A page says what it was made with.
      try replaceOwnFile(
        at: output, with: output.hasSuffix(".md") ? report.markdown : report.html
      ) { $0.firstRange(of: Data("mixpipe forecast ".utf8)) != nil }
    }
    if json {
      try emitDocument(reading.summary, kind: "forecast")
    } else {
      try emit(report.text, terminator: "")
    }
    for note in reading.allNotes {
      try? FileHandle.standardError.write(contentsOf: Data("Note: \(note)\n".utf8))
    }
  }

  private func given(
    _ specification: MixtureSpecification, _ domains: [String], _ known: KnownText?
  ) throws -> Mixture {
    do throws(MixtureError) {
      return try specification.resolved(over: domains, availableTokens: known?.all)
    } catch {
      throw ValidationError("Found '--mixture \(specification.argumentText)': \(error.description)")
    }
  }

  /// What to type to reproduce it.
  private func words(_ tokens: Double) -> String {
    var words = ["mixpipe forecast"] + tables.map { ($0 as NSString).lastPathComponent }
    words.append("--target-size \(targetSize) --target-tokens \(Int(min(tokens, 9e18)))")
    words += text.words
    for mixture in mixture { words.append("--mixture '\(mixture.argumentText)'") }
    if let objective = table.objective { words.append("--objective '\(objective)'") }
    for limit in table.guard { words.append("--guard '\(limit)'") }
    if let front { words.append("--front \(front.argumentText)") }
    for text in constrain { words.append("--constrain '\(text)'") }
    if let weights = table.weights { words.append("--weights '\(weights.argumentText)'") }
    if let losses = table.losses { words.append("--losses '\(losses.argumentText)'") }
    if allowReach { words.append("--allow-reach") }
    if seed != 1 { words.append("--seed \(seed)") }
    if let output { words.append("--output \(output)") }
    return words.joined(separator: " ")
  }
}
