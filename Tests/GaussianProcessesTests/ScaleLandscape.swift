import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// Losses over mixtures, sizes and lengths that the model is not built on.
struct ScaleLandscape {
  let landscape = Landscape(parts: 4, outputs: 3, seed: 5)

  func loss(_ w: [Double], parameters: Double, tokens: Double) -> [Double] {
    landscape.losses(w).enumerated().map { d, loss in
      0.6 * loss + 0.4 * pow(parameters / 4e5, -0.25)
        + (0.15 + 0.1 * Double(d) * w[d]) * pow(tokens / 8e6, -0.4)
        + 0.05 * (log(4e5 / parameters) * w[(d + 1) % 4])
    }
  }

  static let target = ScaleData.Target(parameters: 4e5, tokens: 8e6)

  /// Runs of sizes from the smallest on, with curves of one to six rungs, some mixtures at several sizes.
  func data(
    count: Int, sizes: [Double] = [5e4, 1e5, 2e5, 4e5], rungs: ClosedRange<Int> = 1...6,
    noise: Double = 0.004, seed: UInt64 = 3
  ) -> ScaleData {
    var generator = SeededGenerator(seed: seed, stream: "scale landscape")
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: count, seed: seed)
    let runs = (0..<count).map { i -> ScaleData.Run in
      let weights = mixtures[i % 3 == 2 ? i / 2 : i]
      let parameters = sizes[i % sizes.count]
      let last = rungs.lowerBound + i % rungs.count
      let tokens = (rungs.lowerBound == rungs.upperBound ? last...last : 1...last).map {
        8e6 * Double($0) / 6
      }
      let offset = noise * generator.normal()
      return ScaleData.Run(
        weights: weights, parameters: parameters, tokens: tokens,
        losses: tokens.map { tokens in
          loss(weights, parameters: parameters, tokens: tokens).map {
            $0 + offset + 0.2 * noise * generator.normal()
          }
        })
    }
    return ScaleData(runs: runs, target: Self.target, ownDomains: [0, 1, nil])
  }
}

/// Somewhere in the priors, different for each hyperparameter.
func logs(_ priors: [HyperparameterPrior], seed: UInt64) -> [Double] {
  var generator = SeededGenerator(seed: seed, stream: "logs")
  return priors.map { prior in
    switch prior {
    case .normal(let mean, let deviation): mean + 0.4 * deviation * generator.normal()
    case .gamma: prior.start + 0.2 * generator.normal()
    case .fixed(let value): value
    }
  }
}
