import MixtureMethods
import Mixtures
import Reports
import Studies

/// A mean and what is known of it, as programs read it.
struct PredictedValue: Codable {
  var mean: Double
  /// The standard deviation of what is believed.
  var deviation: Double
  /// 95 %.
  var low: Double
  var high: Double

  init(_ prediction: Prediction) {
    mean = prediction.mean
    deviation = prediction.deviation
    low = prediction.interval.lowerBound
    high = prediction.interval.upperBound
  }

  func text(_ format: (Double) -> String) -> String {
    format(mean) + " ± " + Format.loss((high - low) / 2)
  }
}

/// What a study's model predicts of some mixtures: what `mixpipe predict` prints, as text or JSON.
struct MixturePredictionSummary: Codable {
  struct Losses: Codable {
    var objective: PredictedValue
    /// By held-out domain.
    var losses: [String: PredictedValue]
  }

  struct Entry: Codable {
    /// What it is called in the study's report; nil for a mixture that was asked for.
    var name: String?
    /// Each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]
    var weights: [Double]
    var predicted: Losses
    /// Minus the recommended mixture's; nil for that itself.
    var change: Losses?
    /// Whether the objective rises by no more than the noise of one run.
    var isWithinNoise: Bool
    /// The constraints that it breaks; nil where it breaks none.
    var breaks: [String]?
  }

  struct Range: Codable {
    var low: Double
    var high: Double
  }

  var folder: String
  var domains: [String]
  var heldOut: [String]
  /// Each domain's share in the mixture that is recommended.
  var mixture: [String: Double]
  /// `weights`, as they were called before.
  var recommended: [Double]
  /// The same in the order of `domains`.
  var weights: [Double]
  /// The standard deviation of one run's own noise in the objective, nats per token.
  var runNoise: Double
  var mixtures: [Entry]
  /// Of each weight over the mixtures within the noise of the best; nil where mixtures were asked for.
  var ranges: [Range]?

  init(
    of alternatives: Alternatives, mixtures asked: [Mixture], folder: String,
    broken: (Mixture) -> [String]
  ) {
    let model = alternatives.model
    self.folder = folder
    domains = model.domains
    heldOut = model.outputs
    mixture = named(alternatives.pick)
    weights = alternatives.pick.weights
    recommended = weights
    runNoise = alternatives.noise
    let found: [(name: String?, prediction: MixturePrediction)] =
      asked.isEmpty
      ? alternatives.choices.map { ($0.name, $0.prediction) }
      : model.predictions(of: asked, against: alternatives.pick).map { (nil, $0) }
    func losses(_ objective: Prediction, _ losses: [Prediction]) -> Losses {
      Losses(
        objective: PredictedValue(objective),
        losses: Dictionary(
          uniqueKeysWithValues: zip(model.outputs, losses.map(PredictedValue.init))))
    }
    self.mixtures = found.map { name, prediction in
      let breaks = broken(prediction.mixture)
      return Entry(
        name: name, mixture: named(prediction.mixture), weights: prediction.mixture.weights,
        predicted: losses(prediction.objective, prediction.losses),
        change: prediction.change.map { losses($0.objective, $0.losses) },
        isWithinNoise: (prediction.change?.objective.mean ?? 0) <= alternatives.noise,
        breaks: breaks.isEmpty ? nil : breaks)
    }
    ranges =
      asked.isEmpty
      ? alternatives.region.ranges.map { Range(low: $0.lowerBound, high: $0.upperBound) } : nil
  }

  var text: String {
    var blocks: [String] = []
    if let ranges {
      var table = TextTable([
        .init("domain", .left), .init("recommended"), .init("from"), .init("to"),
      ])
      for (index, domain) in domains.enumerated() {
        table.append([
          domain, Format.share(weights[index]), Format.share(ranges[index].low),
          Format.share(ranges[index].high),
        ])
      }
      blocks.append(
        "What would also do: weights with which the predicted objective stays within the noise of one run\n"
          + "(\(Format.loss(runNoise)) nats per token) of the best. A weight reaches an end of its range only where\n"
          + "others move with it.\n")
      blocks.append(table.text)
    }
    for entry in mixtures {
      let mixture = Mixture(domains: domains, proportionalTo: entry.weights)
      blocks.append(
        (entry.name.map { $0 + ": " } ?? "") + Format.specification(mixture) + "\n")
      var table = TextTable([
        .init("", .left), .init("predicted, 95 %"), .init("minus recommended, 95 %"),
      ])
      func row(_ name: String, _ value: PredictedValue?, _ change: PredictedValue?) {
        table.append([
          name, value?.text(Format.loss) ?? "–", change?.text(Format.difference) ?? "–",
        ])
      }
      row("objective", entry.predicted.objective, entry.change?.objective)
      for name in heldOut {
        row("loss of \(name)", entry.predicted.losses[name], entry.change?.losses[name])
      }
      blocks.append(table.text)
      if entry.change != nil {
        blocks.append(
          "The objective rises by \(entry.isWithinNoise ? "no more" : "more") than the noise of one run, "
            + "\(Format.loss(runNoise)).\n")
      }
      if let breaks = entry.breaks {
        blocks.append("It breaks \(breaks.joined(separator: ", ")).\n")
      }
    }
    return blocks.joined(separator: "\n")
  }
}

/// What the model of a study of several sizes predicts of some mixtures.
struct SizePredictionSummary: Codable {
  struct Point: Codable {
    var size: String
    var tokens: Int
    /// The objective as a run would measure it, its own noise included.
    var objective: PredictedValue
  }

  struct Entry: Codable {
    /// Each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]
    var weights: [Double]
    /// At each size, run to its end.
    var sizes: [Point]
  }

  var folder: String
  var domains: [String]
  var mixtures: [Entry]
  /// Every held-out loss at the target, and what would also do; nil where the model of it cannot be fitted.
  var target: MixturePredictionSummary?

  /// - Parameter mixtures: the recommended one where there are none.
  /// - Throws: ``UnfitFolder`` where the study's method has no model, or none yet.
  init(of record: FidelityStudyRecord, mixtures: [Mixture]) throws {
    let configuration = record.configuration
    folder = record.folder
    domains = configuration.domains
    let method = try makeFidelityMethod(
      named: configuration.method, context: configuration.methodContext())
    guard var model = method as? any PredictsCurves else {
      throw UnfitFolder(
        "\(record.folder): found a study by \(configuration.method), which has no model; expected one by "
          + "a method that predicts, such as scale-bo")
    }
    let runs = record.runs
    let asked =
      mixtures.isEmpty
      ? FidelityAnalysis(of: record).recommended.map { [$0.mixture] } ?? [] : mixtures
    var entries: [Entry] = []
    for mixture in asked {
      var points: [Point] = []
      for (level, rungs) in configuration.grid.levels.enumerated() {
        guard let curve = model.predictedCurve(of: mixture, level: level, runs: runs),
          let last = curve.last, let rung = rungs.last
        else { continue }
        points.append(
          Point(
            size: rung.scale.size, tokens: rung.scale.tokens, objective: PredictedValue(last)))
      }
      entries.append(Entry(mixture: named(mixture), weights: mixture.weights, sizes: points))
    }
    guard entries.contains(where: { !$0.sizes.isEmpty }) else {
      throw UnfitFolder(
        "\(record.folder): found too few runs for a prediction; run 'mixpipe study \(record.folder)' on"
      )
    }
    self.mixtures = entries
    target = FidelityStudyReport(record: record, commands: []).alternatives.map { alternatives in
      MixturePredictionSummary(of: alternatives, mixtures: mixtures, folder: record.folder) {
        (try? configuration.feasibleMixtures())?.broken(by: $0.weights) ?? []
      }
    }
  }

  var text: String {
    let curves = mixtures.map { entry in
      var table = TextTable([
        .init("size", .left), .init("tokens"), .init("predicted objective of a run, 95 %"),
      ])
      for point in entry.sizes {
        table.append([point.size, Format.count(point.tokens), point.objective.text(Format.loss)])
      }
      let mixture = Mixture(domains: domains, proportionalTo: entry.weights)
      return Format.specification(mixture) + "\n\n" + table.text
    }.joined(separator: "\n")
    return curves + (target.map { "\nAt the target:\n\n" + $0.text } ?? "")
  }
}
