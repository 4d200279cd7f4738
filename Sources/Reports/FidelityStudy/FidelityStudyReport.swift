import Foundation
import MixtureMethods
import Mixtures
import Studies

/// A study of several sizes as a page and as Markdown; always recomputed from the journal.
package struct FidelityStudyReport: Sendable, Report {
  package let name: String
  package let record: FidelityStudyRecord
  package let analysis: FidelityAnalysis
  /// The recommended mixture's objective at each level and rung, as the method's model predicts runs of it;
  /// nil without a model or a mixture, and where the method is one that this version does not know.
  package let predictions: [[Prediction]]?
  /// What would also do at the target, by the model; nil without one, and without a mixture.
  package let alternatives: Alternatives?
  /// What is expected of equal weights there; nil where these are what is recommended.
  let evenWeights: MixturePrediction?
  /// How the recommended mixture differs from them there.
  let change: (objective: Prediction, losses: [Prediction])?
  /// What two losses can be had together; nil where no front is sought.
  let front: ParetoFront?
  /// What to type to reproduce it.
  package let commands: [String]
  package var live: LiveStatus?

  /// Asks the method once more what it makes of the runs.
  ///
  /// - Parameter isBrief: without asking, as that may take long.
  package init(record: FidelityStudyRecord, commands: [String], isBrief: Bool = false) {
    let configuration = record.configuration
    let analysis = FidelityAnalysis(of: record)
    self.record = record
    self.commands = commands
    self.analysis = analysis
    front = isBrief ? nil : record.front()
    name = URL(fileURLWithPath: record.folder).lastPathComponent
    let method =
      isBrief
      ? nil
      : try? makeFidelityMethod(
        named: configuration.method, context: configuration.methodContext())
    if var model = method as? any PredictsCurves, let mixture = analysis.recommended?.mixture {
      let runs = record.runs
      let found = configuration.grid.levels.indices.compactMap {
        model.predictedCurve(of: mixture, level: $0, runs: runs)
      }
      predictions = found.count == configuration.grid.levels.count ? found : nil
    } else {
      predictions = nil
    }
    let even = Mixture.uniform(over: configuration.domains)
    guard !isBrief, let pick = analysis.recommended?.mixture, let model = record.targetModel()
    else {
      (alternatives, evenWeights, change) = (nil, nil, nil)
      return
    }
    alternatives = Alternatives(
      by: model, optimum: model.optimum, pick: pick, noise: model.noise,
      reference: ("equal weights", even), seed: configuration.seed)
    let found = model.predictions(of: [even, pick], against: even)
    evenWeights = pick == even ? nil : found[0]
    change = found[1].change
  }

  // MARK: Words

  var configuration: FidelityStudyConfiguration { record.configuration }

  var objectiveWords: String {
    let objective = configuration.objective
    return objective == .mean(of: configuration.domains)
      ? "the mean over the training domains" : objective.words
  }

  var targetWords: String {
    "\(configuration.targetScale.size) parameters and "
      + "\(Format.count(configuration.targetScale.tokens)) tokens"
  }

  static func runs(_ value: Double) -> String { Format.fixed(value, value < 9.95 ? 2 : 1) }

  private static func plusMinus(_ mean: Double, _ half: Double) -> String {
    "\(Format.loss(mean)) ± \(Format.loss(half))"
  }

  var verdict: String {
    guard let recommended = analysis.recommended else {
      return "Nothing has been measured yet."
    }
    var words = "For \(targetWords), train on \(Format.weights(recommended.mixture))."
    if let predicted = recommended.predicted {
      let half = (predicted.interval.upperBound - predicted.interval.lowerBound) / 2
      words += " The search predicts \(Self.plusMinus(predicted.mean, half)) nats per token"
      if let chance = recommended.probabilityOfBest {
        words += "; that no mixture is better has probability \(Format.fixed(chance, 2))"
      }
      words += "."
    }
    guard let confirmed = analysis.confirmed else {
      return words + " No fresh seed has been trained there yet."
    }
    words += " \(Format.plural(confirmed.count, "fresh seed")) there gave "
    words +=
      confirmed.margin.map { Self.plusMinus(confirmed.mean, $0) } ?? Format.loss(confirmed.mean)
    if let covers = analysis.covers {
      words += covers ? ", as predicted" : ", which the prediction’s interval does not hold"
    }
    words += "."
    if analysis.divergedConfirmations > 0 {
      words += " With \(Format.plural(analysis.divergedConfirmations, "fresh seed")) it diverged."
    }
    return words
  }

  var headlineFigures: [(label: String, value: String, note: String)] {
    var figures: [(label: String, value: String, note: String)] = []
    if let predicted = analysis.recommended?.predicted {
      figures.append(
        (
          "Predicted at the target",
          Self.plusMinus(
            predicted.mean, predicted.interval.upperBound - predicted.mean),
          "nats per token, 95\u{202F}% interval"
        ))
    }
    if let confirmed = analysis.confirmed {
      figures.append(
        (
          "Measured there",
          confirmed.margin.map { Self.plusMinus(confirmed.mean, $0) }
            ?? Format.loss(confirmed.mean),
          "\(Format.plural(confirmed.count, "fresh seed"))"
            + (analysis.surprise.map {
              ", \(Format.fixed(abs($0), 1)) standard errors \($0 < 0 ? "below" : "above")"
            } ?? "")
        ))
    }
    if let chance = analysis.recommended?.probabilityOfBest {
      figures.append(
        (
          "Probability of being the best", Format.fixed(chance, 2),
          analysis.recommended?.expectedRegret.map {
            "expected regret \(Format.loss($0)) nats per token"
          } ?? "of all feasible mixtures"
        ))
    }
    figures.append(
      (
        "Spent", Self.runs(analysis.spent),
        "runs of the target, of \(Self.runs(configuration.budget)); "
          + Format.duration(analysis.seconds)
      ))
    return figures
  }

  // MARK: Tables

  var levelTable: TextTable {
    var table = TextTable([
      .init("Size", .left), .init("Parameters"), .init("Tokens"), .init("Runs this long"),
      .init("Cost of one"), .init("Spent on the size"),
    ])
    for (level, rungs) in configuration.grid.levels.enumerated() {
      for (index, rung) in rungs.enumerated() {
        table.append([
          rung.scale.size, Format.count(rung.scale.parameters), Format.count(rung.scale.tokens),
          "\(analysis.reached(level: level, rung: index))",
          Self.runs(configuration.grid.extraCost(level: level, from: nil, to: index)),
          index == rungs.count - 1
            ? Self.runs(analysis.moments.last?.spend[level] ?? 0) : "",
        ])
      }
    }
    return table
  }

  var runTable: TextTable {
    var table = TextTable(
      [.init("Run"), .init("Size", .left), .init("Tokens"), .init("Resumed"), .init("Objective")]
        + configuration.domains.enumerated().map { .init("\($1), %", weightPlace: $0) })
    for curve in analysis.curves {
      let last = curve.points.last
      table.append(
        [
          "\(curve.run + 1)", configuration.grid.levels[curve.level][0].scale.size,
          last.map {
            Format.count(configuration.grid.levels[curve.level][$0.rung].scale.tokens)
          } ?? "", curve.resumptions > 0 ? "\(curve.resumptions)×" : "",
          curve.hasDiverged ? "diverged" : last.map { Format.loss($0.objective) } ?? "",
        ] + curve.mixture.weights.map { Format.fixed($0 * 100, 1) })
    }
    return table
  }

  var facts: [(String, String)] {
    [
      ("Method", configuration.method), ("Objective", objectiveWords),
      (
        "Constraints",
        configuration.constraints?.map(\.description).joined(separator: ", ") ?? "none"
      ),
      (
        "Budget",
        "\(configuration.budgetText) (as much as \(Self.runs(configuration.budget)) runs of the target)"
      ),
      (
        "Kept for fresh seeds",
        "\(Format.plural(configuration.confirmationRuns, "run")) of the target"
      ),
      ("Under way at once", "\(configuration.lag)"), ("Seed", "\(configuration.seed)"),
      ("Corpus", "\(configuration.corpus) (\(configuration.corpusDigest.prefix(16))…)"),
    ]
      + (configuration.front.map { [("Front", $0.joined(separator: " and "))] } ?? [])
      + (configuration.matching.map { [("Repetition of text", $0.words)] } ?? [])
  }
}
