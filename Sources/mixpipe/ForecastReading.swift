import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Reports
import RunTables
import TableSearches

/// A forecast of a table and what is said of it: what `forecast` and `suggest --recommend` share.
struct ForecastReading {
  let question: ForecastQuestion
  let forecast: ScaleForecast
  let guards: [String]
  let goal: GoalSummary
  private let notes: [String]
  private let sizes: SizesTable
  private let paths: [String]
  private let objective: String?

  /// - Parameter allowsReach: whether what no evidence supports is forecast all the same.
  init(
    _ runs: RunTable, paths: [String], _ terms: ForecastQuestion.Terms, settings: SizesSettings,
    objective: String?, guards: [String], allowsReach: Bool
  ) throws {
    let asked = try asUsage {
      try ForecastQuestion.asked(of: runs, terms, settings: settings)
    }
    question = asked.question
    let sizes = asked.sizes
    self.sizes = sizes
    goal = GoalSummary(question.objective, in: runs)
    var notes = runs.notes + sizes.notes
    let diverged = sizes.runs.count(where: \.hasDiverged)
    if diverged > 0 {
      notes.append(
        "\(Format.plural(diverged, "run")) diverged: no mixture of one, nor one whose two nearest runs did, is handed over "
          + "unless it was asked for")
    }
    let atTarget = sizes.runs.count { run in
      !terms.includesTarget && !run.points.isEmpty
        && run.parameters >= sizes.target.parameters * (1 - 1e-9)
    }
    if atTarget > 0 {
      notes.append(
        "\(Format.plural(atTarget, "run")) of the target's own size left out: a forecast is from smaller ones; "
          + "'suggest --target-size … --recommend' learns from all")
    }
    self.notes = notes
    self.paths = paths
    self.objective = objective
    self.guards = guards
    guard question.data.count > 0 else { throw NothingToForecastFrom(path: paths[0], count: 0) }
    if let objection = ForecastReach(question.data).objection, !allowsReach {
      throw UnsupportedReach(objection: objection)
    }
    guard let forecast = ScaleForecast(question) else {
      throw NothingToForecastFrom(path: paths[0], count: question.data.count)
    }
    self.forecast = forecast.told(
      of: ObjectiveUnit(of: question.objective, in: runs),
      outputs: question.outputs.map { runs.measure(of: $0).map { ObjectiveUnit($0) } })
  }

  var allNotes: [String] { notes }

  var summary: ForecastSummary {
    ForecastSummary(
      forecast, domains: question.domains, outputs: question.outputs,
      parameters: question.data.target.parameters, tokens: question.data.target.tokens,
      goal: goal, guards: guards, text: sizes.text)
  }

  /// How often the target reads what it can read twice, with the mixture that is handed over; nil where no text was told
  /// of.
  private var repetition: String? {
    guard let text = sizes.text else { return nil }
    let run = question.data.target.tokens
    let weights = forecast.items[0].mixture.weights
    let epochs = text.epochs(of: weights, runTokens: run)
    let parts = question.domains.indices.compactMap { j -> String? in
      guard let tokens = text.tokens[j], Double(tokens) < run, let times = epochs[j] else {
        return nil
      }
      return "\(question.domains[j]) (\(Format.tick(Double(tokens))) tokens) "
        + "\(Format.fixed(times, 2)) times"
    }
    guard !parts.isEmpty else {
      return "There is more text of each domain that was told of than the target reads."
    }
    return "With the first mixture the target reads its text of \(parts.joined(separator: ", "))."
      + (sizes.matchesEpochs
        ? " The table's runs repeat text as often." : beyondTheRuns(text, epochs) ?? "")
  }

  /// Readings that are safe in the sense of Muennighoff et al., arXiv 2305.16264: nearly as good as new text.
  private static let harmless = 4.0

  /// Where the target reads text far more often than any run did: the law that counts such readings for less knows no harm,
  /// which on our own runs began between eleven and eighteen of them (`runs/repetition`).
  private func beyondTheRuns(_ text: KnownText, _ epochs: [Double?]) -> String? {
    let runs = question.data.runs.map { run in
      text.epochs(of: run.weights, runTokens: run.tokens[run.tokens.count - 1])
    }
    let parts = question.domains.indices.compactMap { j -> String? in
      let most = runs.compactMap { $0[j] }.max() ?? 0
      guard let asked = epochs[j], asked > Self.harmless, asked > 2 * most else { return nil }
      return "\(question.domains[j]) more than \(Format.fixed(most, 2)) times"
    }
    guard !parts.isEmpty else { return nil }
    return
      " No run of the table reads \(parts.joined(separator: ", or ")): what more readings cost is "
      + "taken from a law and may be told too low; runs with matched epochs show it."
  }

  func report(command: String) -> ForecastReport {
    let target = question.data.target
    let unit = self.sizes.unit == .steps ? "steps" : "tokens"
    let sizes = Set(question.data.runs.map(\.parameters)).sorted()
    let name = paths.map { ($0 as NSString).lastPathComponent }.joined(separator: ", ")
    return ForecastReport(
      name: name, forecast: forecast, outputs: question.outputs,
      target: "\(Format.tick(target.parameters)) at \(Format.tick(target.tokens)) \(unit)",
      objective: objective ?? (goal.direction == "maximize" ? "mean score" : "mean loss"),
      unit: unitWords, isMaximized: goal.direction == "maximize", guards: guards,
      front: question.front,
      facts: [
        ("Runs", "\(question.data.count), of which \(forecast.reach.mixtures) different mixtures"),
        ("Sizes", sizes.map { Format.tick($0) }.joined(separator: ", ")),
        ("Held-out domains", question.outputs.joined(separator: ", ")),
        (
          "Model",
          "a Gaussian process over mixture, size and length: what all mixtures share apart from how "
            + "they differ; hyperparameters drawn, not only their best values"
        ),
      ] + notes.map { ("Reading", $0) }, repetition: repetition, command: command)
  }
}

extension ForecastReading {
  /// What numbers of the objective are in.
  private var unitWords: String {
    switch goal.unit {
    case "nats": "nats per token"
    case "bits": "bits"
    case "noise": "in units of each domain's noise"
    default: goal.unit
    }
  }
}

extension ScaleForecast {
  /// The same as the table's owner reads it: accuracies stay accuracies, of which more is better.
  ///
  /// - Parameter outputs: of each held-out domain; nil where the table does not tell.
  fileprivate func told(of unit: ObjectiveUnit, outputs: [ObjectiveUnit?]) -> ScaleForecast {
    var result = self
    for place in items.indices {
      let item = items[place]
      result.items[place].objective = unit.value(item.objective)
      result.items[place].difference = unit.change(item.difference)
      result.items[place].expectedRegret = unit.extent(item.expectedRegret)
      result.items[place].losses = zip(item.losses, outputs).map { range, unit in
        unit.map { $0.value(range) } ?? range
      }
    }
    result.withheld = withheld.map(unit.extent)
    return result
  }
}

/// What was checked does not support so far a forecast.
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
    "\(path): found \(count) finished runs that it could learn from (of smaller sizes than the target), expected three at least"
  }
}
