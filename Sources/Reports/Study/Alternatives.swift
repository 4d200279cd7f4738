import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Processes

/// What would also do: the mixtures that the surrogate predicts to be as good as the best to within the
/// noise of one run, and what some of them cost elsewhere.
package struct Alternatives: Sendable {
  package let model: any MixturePredictor
  package let region: NearOptimalRegion
  /// The mixture that the model holds best.
  package let optimum: Mixture
  /// What is recommended; changes are counted from it.
  package let pick: Mixture
  /// The standard deviation of one run's own noise in the objective.
  package let noise: Double
  package let choices: [(name: String, prediction: MixturePrediction)]

  init?(of findings: StudyFindings, model: MethodInsight?, objective: Objective, seed: UInt64) {
    guard let model, let asked = model.insight.model else { return nil }
    let optimum = model.insight.optimum.mixture
    self.init(
      by: asked, optimum: optimum, pick: findings.recommendation?.pick ?? optimum,
      noise: model.insight.noise,
      reference: findings.reference?.pick.map { (findings.referenceWords, $0) }, seed: seed)
  }

  /// - Parameters:
  ///   - optimum: the mixture that the model holds best.
  ///   - reference: what prices are counted from, and what it is called; the pick without.
  /// - Returns: nil where there is nothing to choose, or a run has no noise.
  init?(
    by asked: any MixturePredictor, optimum: Mixture, pick: Mixture, noise: Double,
    reference: (name: String, mixture: Mixture)?, seed: UInt64
  ) {
    guard asked.domains.count > 1, noise > 0 else { return nil }
    let lines = min(60 * asked.domains.count, 600)
    let region = NearOptimalRegion(
      asked, around: optimum, within: noise,
      lines: asked.runs > 200 ? max(lines * 200 / asked.runs, 60) : lines, seed: seed)
    var named: [(name: String, mixture: Mixture)] = [("recommended", pick)]
    func add(_ name: String, _ mixture: Mixture?) {
      guard let mixture, !named.contains(where: { $0.mixture == mixture }) else { return }
      named.append((name, mixture))
    }
    add("the model’s optimum", optimum)
    if let round = region.roundest(asked) {
      add("in steps of \(Format.number(round.grain * 100, 0))\u{202F}%", round.mixture)
    }
    let base = asked.losses(at: [(reference?.mixture ?? pick).weights])[0].map(\.mean)
    add("least price elsewhere", region.leastPrice(asked, over: base))
    if let reference { add(reference.name, reference.mixture) }
    let predictions = asked.predictions(of: named.map(\.mixture), against: pick)
    model = asked
    self.region = region
    self.optimum = optimum
    self.pick = pick
    self.noise = noise
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

  /// More columns than these would have to be scrolled on any screen.
  private static let mostColumns = 18

  /// Some of them, with what they are predicted to cost against what is recommended: a row each, or a column each where
  /// there are many domains.
  var choiceTable: TextTable {
    guard model.domains.count + model.outputs.count + 3 <= Self.mostColumns else {
      return turnedChoiceTable
    }
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

  private var turnedChoiceTable: TextTable {
    var table = TextTable([.init("", .left)] + choices.map { .init($0.name) })
    let predictions = choices.map(\.prediction)
    for (index, domain) in model.domains.enumerated() {
      table.append(
        ["\(domain), %"] + predictions.map { Format.fixed($0.mixture.weights[index] * 100, 1) })
    }
    table.append(
      ["Predicted objective"] + predictions.map { Self.plusMinus($0.objective, Format.loss) })
    table.append(
      ["minus recommended"]
        + predictions.map { prediction in
          prediction.change.map { Self.plusMinus($0.objective, Format.difference) } ?? "reference"
        })
    for (index, output) in model.outputs.enumerated() {
      table.append(
        ["loss of \(output)"]
          + predictions.map { prediction in
            prediction.change.map { Format.difference($0.losses[index].mean) }
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
