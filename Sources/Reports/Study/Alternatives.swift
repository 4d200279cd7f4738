import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Processes

/// What would also do: the mixtures that the surrogate predicts to be as good as the best to within the
/// noise of one run, and what some of them cost elsewhere.
package struct Alternatives: Sendable {
  package let model: ObjectiveModel
  package let region: NearOptimalRegion
  /// What is recommended; changes are counted from it.
  package let pick: Mixture
  /// The standard deviation of one run's own noise in the objective.
  package let noise: Double
  package let choices: [(name: String, prediction: ObjectiveModel.MixturePrediction)]

  init?(of findings: StudyFindings, model: MethodInsight?, objective: Objective, seed: UInt64) {
    guard let model, let asked = model.insight.model, asked.domains.count > 1,
      model.insight.noise > 0
    else { return nil }
    let optimum = model.insight.optimum.mixture
    let pick = findings.recommendation?.pick ?? optimum
    let runs = asked.surrogate.data.count
    let lines = min(60 * asked.domains.count, 600)
    let region = NearOptimalRegion(
      asked, around: optimum, within: model.insight.noise,
      lines: runs > 200 ? max(lines * 200 / runs, 60) : lines, seed: seed)
    var named: [(name: String, mixture: Mixture)] = [("recommended", pick)]
    func add(_ name: String, _ mixture: Mixture?) {
      guard let mixture, !named.contains(where: { $0.mixture == mixture }) else { return }
      named.append((name, mixture))
    }
    add("the model’s optimum", optimum)
    if let round = region.roundest(asked) {
      add("in steps of \(Format.number(round.grain * 100, 0))\u{202F}%", round.mixture)
    }
    let reference = findings.reference?.pick
    let base = asked.surrogate.losses(at: [(reference ?? pick).weights])[0].map(\.mean)
    add("least price elsewhere", region.leastPrice(asked, over: base))
    add(findings.referenceWords, reference)
    let predictions = asked.predictions(of: named.map(\.mixture), against: pick)
    self.model = asked
    self.region = region
    self.pick = pick
    noise = model.insight.noise
    choices = zip(named, predictions).map { ($0.name, $1) }
  }

  var words: String {
    "Mixtures that the model predicts to be within \(Format.loss(noise)) nats per token of its best are as "
      + "good as one more run could tell: that is the noise of a run, its standard deviation from seed to "
      + "seed. They make up a region of the simplex, not a box: a weight reaches an end of its range only "
      + "where others move with it."
  }

  var rangeTable: TextTable {
    var table = TextTable([
      .init("Domain", .left), .init("Recommended"), .init("From"), .init("To"),
    ])
    for (index, domain) in model.domains.enumerated() {
      table.append([
        domain, Format.share(pick.weights[index]), Format.share(region.ranges[index].lowerBound),
        Format.share(region.ranges[index].upperBound),
      ])
    }
    return table
  }

  /// Some of them, with what they are predicted to cost against what is recommended.
  var choiceTable: TextTable {
    var table = TextTable(
      [.init("Mixture", .left)]
        + model.domains.enumerated().map { .init("\($1), %", weightPlace: $0) }
        + [.init("Predicted objective"), .init("minus recommended")]
        + model.outputs.map { .init($0) })
    for (name, prediction) in choices {
      let change = prediction.change
      table.append(
        [name] + prediction.mixture.weights.map { Format.fixed($0 * 100, 1) }
          + [
            Self.plusMinus(prediction.objective, Format.loss),
            change.map { Self.plusMinus($0.objective, Format.difference) } ?? "reference",
          ]
          + model.outputs.indices.map { index in
            change.map { Format.difference($0.losses[index].mean) }
              ?? Format.loss(prediction.losses[index].mean)
          })
    }
    return table
  }

  static func plusMinus(_ prediction: Prediction, _ format: (Double) -> String) -> String {
    let half = (prediction.interval.upperBound - prediction.interval.lowerBound) / 2
    return format(prediction.mean) + " ± " + Format.loss(half)
  }
}

/// What a page's scripts need to predict: see `PageScript.surrogate`.
struct PanelData: Encodable {
  struct Preset: Encodable {
    var name: String
    var weights: [Double]
  }

  /// What the program itself predicts, for the page to be held against.
  struct Check: Encodable {
    var weights: [Double]
    /// Mean and standard deviation.
    var objective: [Double]
    var outputs: [[Double]]
    var change: [[Double]]
  }

  var domains: [String]
  var outputs: [String]
  var surrogate: SurrogateExport
  var pick: [Double]
  var presets: [Preset]
  var ranges: [[Double]]
  var noise: Double
  /// The lowest predicted objective.
  var objective: Double
  /// The corners of the triangle that is shown first.
  var ternary: [Int]
  var command: String
  var checks: [Check]

  /// - Returns: nil where the surrogate cannot be written down.
  init?(_ alternatives: Alternatives, ternary: [Int], folder: String) {
    let model = alternatives.model
    guard let surrogate = SurrogateExport(model.surrogate, function: model.function) else {
      return nil
    }
    domains = model.domains
    outputs = model.outputs
    self.surrogate = surrogate
    pick = alternatives.pick.weights
    presets = alternatives.choices.map {
      Preset(name: $0.name, weights: $0.prediction.mixture.weights)
    }
    ranges = alternatives.region.ranges.map { [$0.lowerBound, $0.upperBound] }
    noise = alternatives.noise
    objective = alternatives.region.objectives[0]
    self.ternary = ternary
    command = "mixpipe predict \(shellQuoted(folder)) --mixture"
    let count = model.domains.count
    let mixtures =
      alternatives.choices.map(\.prediction.mixture)
      + SobolSequence.simplexPoints(parts: count, count: 3, seed: 7).map {
        Mixture(domains: model.domains, proportionalTo: $0)
      }
    checks = model.predictions(of: mixtures, against: alternatives.pick).map { prediction in
      Check(
        weights: prediction.mixture.weights,
        objective: [prediction.objective.mean, prediction.objective.deviation],
        outputs: prediction.losses.map { [$0.mean, $0.deviation] },
        change: prediction.change?.losses.map { [$0.mean, $0.deviation] } ?? [])
    }
  }
}
