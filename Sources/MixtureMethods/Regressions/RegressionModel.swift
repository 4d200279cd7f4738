import Mixtures
import Numerics

/// A regression of the objective on the weights.
package enum RegressionModel: LossModel {
  case linear(LinearRegression)
  case trees(BoostedTrees)
  case histograms(HistogramTrees)

  package enum Kind: Sendable, Hashable {
    case linear
    /// Trees as RegMix's authors have them. A third of the runs is held out to end their growth: of RegMix's own
    /// 768 runs 512 train and 256 are held out.
    case regMix
    /// Trees as CLIMB's authors have them; the last fifth of the runs is held out.
    case climb
    /// Trees for few runs, their number by cross-validation.
    case tuned

    private var heldOutShare: Double {
      switch self {
      case .linear, .tuned: 0
      case .regMix: 1.0 / 3
      case .climb: 0.2
      }
    }

    /// Of the runs in their order, how many are learnt from.
    func trained(of count: Int) -> Int {
      max(count - Int((heldOutShare * Double(count)).rounded(.down)), 1)
    }
  }

  /// - Returns: nil with fewer than four finished trials.
  init?(_ kind: Kind, to data: LawData, seed: UInt64) {
    guard data.count >= 4 else { return nil }
    func grown(_ settings: HistogramTrees.Settings) -> RegressionModel {
      let trained = kind.trained(of: data.count)
      return .histograms(
        HistogramTrees(
          Array(data.mixtures.prefix(trained)), targets: Array(data.objectives.prefix(trained)),
          settings: settings,
          heldOut: trained < data.count
            ? (
              Array(data.mixtures.dropFirst(trained)),
              Array(data.objectives.dropFirst(trained))
            ) : nil))
    }
    switch kind {
    case .linear: self = .linear(LinearRegression(data.mixtures, targets: data.objectives))
    case .regMix: self = grown(.regMix)
    case .climb: self = grown(.climb)
    case .tuned: self = .trees(BoostedTrees(data.mixtures, targets: data.objectives, seed: seed))
    }
  }

  package func objective(at weights: [Double]) -> Double {
    switch self {
    case .linear(let regression): regression(weights)
    case .trees(let trees): trees(weights)
    case .histograms(let trees): trees(weights)
    }
  }

  package func losses(at weights: [Double]) -> [Double]? { nil }
}
