import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Processes

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
  var surrogate: Coefficients
  var pick: [Double]
  var presets: [Preset]
  var ranges: [[Double]]
  var noise: Double
  /// The lowest predicted objective.
  var objective: Double
  /// The corners of the triangle that is shown first.
  var ternary: [Int]
  /// What predicts a mixture in the terminal, but for the mixture; nil where nothing does.
  var command: String?
  var checks: [Check]

  /// Those of a model of one size, or of one of several sizes at the target.
  enum Coefficients: Encodable {
    case oneSize(SurrogateExport)
    case target(TargetExport)

    /// - Returns: nil where the model cannot be written down.
    init?(_ model: any MixturePredictor) {
      switch model {
      case let model as ObjectiveModel:
        guard let export = SurrogateExport(model.surrogate, function: model.function) else {
          return nil
        }
        self = .oneSize(export)
      case let model as TargetModel:
        guard let export = TargetExport(model.surrogate, function: model.function) else {
          return nil
        }
        self = .target(export)
      default: return nil
      }
    }

    func encode(to encoder: any Encoder) throws {
      switch self {
      case .oneSize(let export): try export.encode(to: encoder)
      case .target(let export): try export.encode(to: encoder)
      }
    }
  }

  /// - Returns: nil where the surrogate cannot be written down.
  init?(_ alternatives: Alternatives, ternary: [Int], command: String?) {
    let model = alternatives.model
    guard let surrogate = Coefficients(model) else { return nil }
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
    self.command = command
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
