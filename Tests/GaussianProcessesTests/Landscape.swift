import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// A landscape that the surrogate is not built on: each output decays exponentially with the text that
/// helps it, and two domains get in each other's way.
struct Landscape {
  let help: [[Double]]

  init(parts: Int, outputs: Int, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, stream: "landscape")
    help = (0..<outputs).map { d in
      (0..<parts).map { $0 == d ? 1 : 0.4 * pow(generator.uniform(), 3) }
    }
  }

  func losses(_ w: [Double]) -> [Double] {
    help.map { row in
      let share = dot(row, w)
      return 2.5 + 1.5 * exp(-6 * share) + 0.8 * exp(-30 * share) + 0.3 * w[0] * w[1]
    }
  }

  /// - Parameter form: what will be fitted; one whose law is given gets a rough one.
  func data(
    count: Int, noise: Double, seed: UInt64, diverged: [[Double]] = [], form: SurrogateForm? = nil
  ) -> SurrogateData {
    let parts = help[0].count
    var generator = SeededGenerator(seed: seed, stream: "noise")
    let mixtures = SobolSequence.simplexPoints(parts: parts, count: count, seed: seed)
    var data = SurrogateData(
      mixtures: mixtures,
      losses: Matrix(rows: mixtures.map { losses($0).map { $0 + noise * generator.normal() } }),
      diverged: diverged, ownDomains: help.indices.map { $0 < parts ? $0 : nil })
    if form?.law == .given {
      data.given = GivenLaws(RoughLosses(help: help), outputs: help.count, parts: parts)
    }
    return data
  }
}

/// Right in which domains help, wrong in how much.
private struct RoughLosses: LossPredictor {
  let help: [[Double]]

  func loss(_ output: Int, at weights: [Double]) -> Double {
    2 + 1 / (0.2 + dot(help[output], weights))
  }

  func addGradient(
    _ output: Int, at weights: [Double], times factor: Double, to gradient: inout [Double]
  ) {
    let share = 0.2 + dot(help[output], weights)
    for j in weights.indices { gradient[j] -= factor * help[output][j] / (share * share) }
  }
}

/// Every kind of form once.
let forms: [SurrogateForm] = [
  SurrogateForm(),
  SurrogateForm(exponent: 0.25, link: .identity, hasLinear: true),
  SurrogateForm(exponent: 0.35, law: .own), SurrogateForm(exponent: 1, law: .exponential),
  SurrogateForm(
    exponent: 1, link: .logarithm, hasRelevances: false, hasLinear: true, law: .none),
  .rawWeights, SurrogateForm(exponent: 0.5, law: .given),
  SurrogateForm(exponent: 0.35, ownRelevance: 1.5, law: .shared, lawExponent: 0.7),
]

func simplex(_ parts: Int) -> FeasibleMixtures { .all(over: (0..<parts).map { "d\($0)" }) }

func relativeDifference(_ a: Double, _ b: Double) -> Double { abs(a - b) / max(1, abs(a), abs(b)) }
