import ArgumentParsing
import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Reports
import RunTables
import Storage

struct ForecastCommand: Command {
  static let commandName = "forecast"
  static let abstract = "Forecast losses and the best mixture at a size that nobody ran."
  static let discussion = """
    From runs of smaller sizes alone:

      mixpipe forecast runs.csv --target-size 1B --target-tokens 20B --output page.html

    tells for the best mixture, those asked for and their nearest rivals how high the losses will be at \
    the target, how they differ, how likely each is the best, and what it is expected to lose; with \
    95 % intervals that are widened by what the same forecast of the table's own larger sizes from \
    its smaller ones has missed. What goes farther than any forecast that has been checked is \
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
  @Option(
    "Mixture to be told of, e.g. 'books=0.3,code=0.7', or uniform; may be given several times.",
    value: "weights")
  var mixture: [String] = []
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
    guard let size = RunTable.parameters(ofSize: targetSize), size > 0, size.isFinite else {
      throw ValidationError(
        "Found '--target-size \(targetSize)', expected a number of parameters, e.g. 1B")
    }
    if let text = targetTokens, Self.amount(text) == nil {
      throw ValidationError(
        "Found '--target-tokens \(text)', expected a number of tokens, e.g. 20B")
    }
    if let names = front?.elements, names.count != 2 || names[0] == names[1] {
      throw ValidationError(
        "Found '--front \(names.joined(separator: ","))', expected two different held-out domains")
    }
    for (text, constraint) in zip(constrain, try readConstraints(constrain)) {
      if case .epochs = constraint {
        throw ValidationError(
          "Found '--constrain \(text)', but a table does not say how much text there is; give the "
            + "weight that the epochs allow, e.g. 'code<=0.3'")
      }
    }
  }

  private static func amount(_ text: String) -> Double? {
    RunTable.parameters(ofSize: text).flatMap { $0 > 0 && $0.isFinite ? $0 : nil }
  }

  func run() throws {
    let runs = try RunTable(at: tables, columns: table.columns)
    let question = try question(runs)
    let reach = ForecastReach(question.data)
    if let objection = reach.objection, !allowReach {
      throw UnsupportedReach(objection: objection)
    }
    guard let forecast = ScaleForecast(question) else {
      throw NothingToForecastFrom(path: tables[0], count: question.data.count)
    }
    let report = report(runs, question, forecast)
    if let output {
      try replaceFile(
        at: output,
        with: Data((output.hasSuffix(".md") ? report.markdown : report.html).utf8))
    }
    if json {
      try emitDocument(
        ForecastSummary(
          forecast, domains: question.domains, outputs: question.outputs,
          parameters: question.data.target.parameters, tokens: question.data.target.tokens,
          guards: table.guard))
    } else {
      try emit(report.text, terminator: "")
    }
    for note in runs.notes {
      try? FileHandle.standardError.write(contentsOf: Data("Note: \(note)\n".utf8))
    }
  }

  private func question(_ runs: RunTable) throws -> ForecastQuestion {
    let objective = try table.objective(over: runs)
    for name in front?.elements ?? [] where !runs.heldOut.contains(name) {
      throw ValidationError(
        "Found '--front' with '\(name)', expected held-out domains of the table: "
          + runs.heldOut.joined(separator: ", "))
    }
    // What the objective, guards and front need, then whatever else all of those runs were measured on.
    let needed =
      objective.domains + (front?.elements ?? []).filter { !objective.domains.contains($0) }
    let columns = needed.map { runs.heldOut.firstIndex(of: $0)! }
    let rows = runs.rows.filter { row in
      row.status == .finished && columns.allSatisfy { row.losses[$0]?.isFinite ?? false }
    }
    let others = runs.heldOut.indices.filter { column in
      !columns.contains(column) && rows.allSatisfy { $0.losses[column]?.isFinite ?? false }
    }
    let outputs = columns + others
    var data = try scaleData(runs, rows, outputs)
    data.ownDomains = outputs.map { runs.domains.firstIndex(of: runs.heldOut[$0]) }
    let limits = objective.limits
    let plain = Objective(
      targets: objective.targets, proportionalTo: objective.weights,
      aggregate: objective.aggregate, references: objective.references)
    let constraints = try readConstraints(constrain)
    let feasible: FeasibleMixtures
    do throws(ConstraintError) {
      feasible =
        constraints.isEmpty
        ? .all(over: runs.domains)
        : try FeasibleMixtures(
          constraints, domains: runs.domains, availableTokens: runs.domains.map { _ in 1 },
          trainingTokens: 1)
    } catch {
      throw ValidationError(error.description)
    }
    return ForecastQuestion(
      domains: runs.domains, outputs: outputs.map { runs.heldOut[$0] }, objective: plain,
      data: data, feasible: feasible, given: try mixture.map { try given($0, runs.domains) },
      guards: limits, front: front?.elements, seed: seed)
  }

  private func given(_ text: String, _ domains: [String]) throws -> Mixture {
    if text == "uniform" { return .uniform(over: domains) }
    let pairs = text.split(separator: ",").map { $0.split(separator: "=", maxSplits: 1) }
    var weights = domains.map { _ in 0.0 }
    for pair in pairs {
      let name = pair.first.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
      guard pair.count == 2, let place = domains.firstIndex(of: name),
        let weight = Double(pair[1].trimmingCharacters(in: .whitespaces)), weight >= 0,
        weight.isFinite
      else {
        throw ValidationError(
          "Found '--mixture \(text)', expected a weight for domains of the table ("
            + domains.joined(separator: ", ") + "), e.g. '\(domains[0])=1', or uniform")
      }
      weights[place] = weight
    }
    do {
      return try Mixture(domains: domains, weights: weights)
    } catch {
      throw ValidationError("Found '--mixture \(text)': \(error)")
    }
  }

  /// Curves of every run, and the target.
  private func scaleData(
    _ runs: RunTable, _ rows: [RunTable.Row], _ outputs: [Int]
  ) throws -> ScaleData {
    let size = RunTable.parameters(ofSize: targetSize)!
    let hasTokens = rows.allSatisfy { $0.tokens != nil }
    let hasSteps = rows.allSatisfy { $0.step != nil }
    func length(_ row: RunTable.Row) -> Double? {
      hasTokens ? row.tokens : hasSteps ? row.step : nil
    }
    var order: [Int] = []
    var curves: [Int: [(tokens: Double, losses: [Double])]] = [:]
    var first: [Int: RunTable.Row] = [:]
    for row in rows {
      guard let parameters = row.parameters, parameters > 0 else {
        throw RunTableError.malformedLine(
          path: row.path, line: row.line,
          reason: "found the size '\(row.size)', expected a number of parameters such as 160M in a "
            + "column 'size'")
      }
      guard parameters < size * (1 + 1e-9) else { continue }
      if first[row.run] == nil {
        first[row.run] = row
        order.append(row.run)
      }
      let tokens = max(length(row) ?? 1, 1)
      if !(curves[row.run] ?? []).contains(where: { $0.tokens == tokens }) {
        curves[row.run, default: []].append((tokens, outputs.map { row.losses[$0]! }))
      }
    }
    let found = order.map { id -> ScaleData.Run in
      let curve = curves[id]!.sorted { $0.tokens < $1.tokens }
      return ScaleData.Run(
        weights: first[id]!.mixture.weights, parameters: first[id]!.parameters!,
        tokens: curve.map(\.tokens), losses: curve.map(\.losses))
    }
    guard !found.isEmpty else { throw NothingToForecastFrom(path: tables[0], count: 0) }
    let largest = found.map(\.parameters).max()!
    let longest = found.filter { $0.parameters == largest }
      .map { $0.tokens[$0.tokens.count - 1] }.max()!
    let tokens =
      targetTokens.flatMap(Self.amount)
      ?? (hasTokens ? longest / largest * size : longest)
    return ScaleData(
      runs: found, target: .init(parameters: size, tokens: tokens),
      ownDomains: outputs.map { _ in nil })
  }

  private func report(
    _ runs: RunTable, _ question: ForecastQuestion, _ forecast: ScaleForecast
  ) -> ForecastReport {
    let target = question.data.target
    let sizes = Set(question.data.runs.map(\.parameters)).sorted()
    var words = ["mixpipe forecast"] + tables.map { ($0 as NSString).lastPathComponent }
    words.append("--target-size \(targetSize) --target-tokens \(Int(min(target.tokens, 9e18)))")
    for text in mixture { words.append("--mixture '\(text)'") }
    if let objective = table.objective { words.append("--objective '\(objective)'") }
    for limit in table.guard { words.append("--guard '\(limit)'") }
    if let front { words.append("--front \(front.argumentText)") }
    for text in constrain { words.append("--constrain '\(text)'") }
    if let weights = table.weights { words.append("--weights '\(weights.argumentText)'") }
    if let losses = table.losses { words.append("--losses '\(losses.argumentText)'") }
    if allowReach { words.append("--allow-reach") }
    if seed != 1 { words.append("--seed \(seed)") }
    if let output { words.append("--output \(output)") }
    return ForecastReport(
      name: tables.map { ($0 as NSString).lastPathComponent }.joined(separator: ", "),
      forecast: forecast, outputs: question.outputs,
      target: "\(Format.count(target.parameters)) at \(Format.count(target.tokens)) tokens",
      objective: table.objective ?? "mean loss", guards: table.guard, front: front?.elements,
      facts: [
        ("Runs", "\(question.data.count), of which \(forecast.reach.mixtures) different mixtures"),
        ("Sizes", sizes.map { Format.count($0) }.joined(separator: ", ")),
        ("Held-out domains", question.outputs.joined(separator: ", ")),
        (
          "Model",
          "a Gaussian process over mixture, size and length: what all mixtures share apart from how "
            + "they differ; hyperparameters drawn, not only their best values"
        ),
      ] + runs.notes.map { ("Reading", $0) }, command: words.joined(separator: " "))
  }
}

/// So far no forecast has been checked.
struct UnsupportedReach: Error, CustomStringConvertible {
  var objection: String

  var description: String {
    "no evidence supports this forecast: \(objection); run a size in between, or give "
      + "'--allow-reach' to have it all the same"
  }
}

/// A table without enough runs at or below the target.
struct NothingToForecastFrom: Error, CustomStringConvertible {
  var path: String
  var count: Int

  var description: String {
    "\(path): found \(count) finished runs no larger than the target, expected three at least"
  }
}
