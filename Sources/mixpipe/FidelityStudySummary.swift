import MixtureMethods
import Mixtures
import Reports
import Studies

/// The result of a study of several sizes: what `mixpipe study` prints at its end, as text or JSON.
struct FidelityStudySummary: Codable {
  struct Level: Codable {
    var size: String
    var parameters: Int
    /// Of each rung.
    var tokens: [Int]
    /// Runs of the search measured at each rung or beyond it.
    var runs: [Int]
    /// Of the search, in runs of the target.
    var spent: Double
  }

  struct Prediction: Codable {
    var mean: Double
    /// 95 %.
    var low: Double
    var high: Double
  }

  /// What two losses can be had together.
  struct Front: Codable {
    struct Point: Codable {
      /// Each domain's share.
      var mixture: [String: Double]
      var weights: [Double]
      /// Of both held-out domains, at the target.
      var losses: [String: Prediction]
      /// That no other mixture considered is better in both.
      var probability: Double
      /// Whether it was run, at any size.
      var isRun: Bool
    }

    var domains: [String]
    /// From the lowest loss of the first domain to that of the second.
    var points: [Point]
    /// What the front dominates below the reference point, nats², what all mixtures share taken as expected.
    var hypervolume: Prediction
    var reference: [String: Double]
    /// Mixtures that were considered.
    var considered: Int
  }

  var folder: String
  var method: String
  var domains: [String]
  var target: String
  var targetTokens: Int
  /// In runs of the target.
  var budget: Double
  var levels: [Level]
  var resumed: Int
  /// Nil before anything was measured.
  var mixture: [String: Double]?
  var weights: [Double]?
  /// The objective at the target, nats per token; nil without a model.
  var predicted: Prediction?
  var probabilityOfBest: Double?
  var expectedRegret: Double?
  /// The same mixture at the target with fresh seeds.
  var loss: EstimateSummary?
  /// Whether the predicted interval holds that mean.
  var covers: Bool?
  /// By how many standard errors the two differ.
  var surprise: Double?
  /// Nil where none is sought, and without a model.
  var front: Front?
  /// Whether runs of other lengths are other runs, as they read other text.
  private var isMatched = false

  private enum CodingKeys: String, CodingKey {
    case folder, method, domains, target, targetTokens, budget, levels, resumed, mixture, weights
    case predicted, probabilityOfBest, expectedRegret, loss, covers, surprise, front
  }

  init(of record: FidelityStudyRecord) {
    let configuration = record.configuration
    let analysis = FidelityAnalysis(of: record)
    folder = record.folder
    method = configuration.method
    domains = configuration.domains
    target = configuration.targetScale.size
    targetTokens = configuration.targetScale.tokens
    budget = configuration.budget
    levels = configuration.grid.levels.enumerated().map { level, rungs in
      Level(
        size: rungs[0].scale.size, parameters: rungs[0].scale.parameters,
        tokens: rungs.map(\.scale.tokens),
        runs: rungs.indices.map { analysis.reached(level: level, rung: $0) },
        spent: analysis.moments.last?.spend[level] ?? 0)
    }
    resumed = analysis.curves.reduce(0) { $0 + $1.resumptions }
    mixture = analysis.recommended.map { named($0.mixture) }
    weights = analysis.recommended?.mixture.weights
    predicted = analysis.recommended?.predicted.map {
      Prediction(mean: $0.mean, low: $0.interval.lowerBound, high: $0.interval.upperBound)
    }
    probabilityOfBest = analysis.recommended?.probabilityOfBest
    expectedRegret = analysis.recommended?.expectedRegret
    loss = analysis.confirmed.map(EstimateSummary.init)
    covers = analysis.covers
    surprise = analysis.surprise
    isMatched = configuration.matching != nil
    front = record.front().map { Front($0) }
  }

  var text: String {
    var table = TextTable([
      .init("size", .left), .init("tokens", .left), .init("runs that far", .left),
      .init("target runs spent"),
    ])
    for level in levels {
      table.append([
        level.size, level.tokens.map { Format.count($0) }.joined(separator: " "),
        level.runs.map { "\($0)" }.joined(separator: " "), fixed(level.spent, 2),
      ])
    }
    var lines = [table.text]
    if resumed > 0 {
      lines.append(
        isMatched
          ? "Runs were made again, longer, \(resumed) times."
          : "Paused runs were resumed \(resumed) times.")
    }
    guard let weights else {
      return (lines + ["Nothing to recommend yet."]).joined(separator: "\n")
    }
    lines.append(
      "Best: " + zip(domains, weights).map { "\($0)=\(fixed($1, 3))" }.joined(separator: ","))
    if let predicted {
      var line =
        "Predicted at \(target) and \(Format.count(targetTokens)) tokens: "
        + "\(fixed(predicted.mean, 4)) [\(fixed(predicted.low, 4)), \(fixed(predicted.high, 4))]"
      if let probabilityOfBest { line += ", P(best) \(fixed(probabilityOfBest, 2))" }
      if let expectedRegret { line += ", expected regret \(fixed(expectedRegret, 4))" }
      lines.append(line + ".")
    }
    if let loss {
      var line = "Fresh seeds there: \(loss.text), \(loss.count) of them"
      if let covers {
        line += covers ? "; the prediction holds them" : "; the prediction misses them"
      }
      lines.append(line + ".")
    }
    if let front { lines += ["", front.text(at: target, over: domains)] }
    return lines.joined(separator: "\n")
  }
}

extension FidelityStudySummary.Front {
  init(_ front: ParetoFront) {
    func prediction(_ range: ScaleForecast.Range) -> FidelityStudySummary.Prediction {
      .init(mean: range.mean, low: range.low, high: range.high)
    }
    func byDomain<Value>(_ values: [Value]) -> [String: Value] {
      Dictionary(zip(front.domains, values), uniquingKeysWith: { first, _ in first })
    }
    self.init(
      domains: front.domains,
      points: front.members.map { member in
        Point(
          mixture: named(member.mixture), weights: member.mixture.weights,
          losses: byDomain(member.losses.map(prediction)), probability: member.probability,
          isRun: member.isRun)
      }, hypervolume: prediction(front.hypervolume), reference: byDomain(front.reference),
      considered: front.considered)
  }

  func text(at target: String, over names: [String]) -> String {
    var table = TextTable(
      domains.map { .init($0) } + [.init("P(front)"), .init("mixture", .left)])
    for point in points {
      var row = domains.map { name in
        let loss = point.losses[name]!
        return "\(fixed(loss.mean, 4)) [\(fixed(loss.low, 4)), \(fixed(loss.high, 4))]"
      }
      row.append(fixed(point.probability, 2))
      row.append(
        zip(names, point.weights).map { "\($0)=\(fixed($1, 3))" }.joined(separator: ","))
      table.append(row)
    }
    let area =
      "Hypervolume \(fixed(hypervolume.mean, 5)) [\(fixed(hypervolume.low, 5)), "
      + "\(fixed(hypervolume.high, 5))] below "
      + domains.map { "\($0)=\(fixed(reference[$0]!, 4))" }.joined(separator: ", ")
    return
      "The front of \(domains.joined(separator: " and ")) at \(target), as the model predicts it (95 %):\n"
      + table.text + "\n\(area); P(front): that none of the other "
      + "\(considered - 1) mixtures considered is better in both."
  }
}
