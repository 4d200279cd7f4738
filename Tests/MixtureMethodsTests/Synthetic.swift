import Foundation
import MixtureMethods
import Mixtures
import Numerics

/// Five training domains that partly help each other, two held-out ones besides, and a run's noise: no
/// formula that the surrogate is built on.
struct SyntheticTrainer {
  static let domains = ["books", "web", "code", "papers", "chat"]
  static let heldOut = domains + ["reviews", "docs"]

  let help: [[Double]]
  let noise: Double

  init(seed: UInt64, noise: Double = 0.005) {
    var generator = SeededGenerator(seed: seed, stream: "synthetic")
    help = (0..<Self.heldOut.count).map { d in
      (0..<Self.domains.count).map { j -> Double in
        if j == d { return 1 }
        return (d < 5 ? 0.35 : 0.6) * pow(generator.uniform(), 2)
      }
    }
    self.noise = noise
  }

  /// Two exponentials of the share of text that helps, and a price on too little variety.
  func losses(_ mixture: Mixture) -> [Double] {
    let w = mixture.weights
    let concentration = w.reduce(0) { $0 + $1 * $1 }
    return help.enumerated().map { d, row in
      let share = dot(row, w)
      return 3.2 + 0.1 * Double(d) + 1.2 * exp(-5 * share) + 0.7 * exp(-25 * share)
        + 0.15 * concentration * concentration
    }
  }

  func objective(_ mixture: Mixture, _ objective: Objective) -> Double {
    objective.value(of: objective.domains.map { losses(mixture)[Self.heldOut.firstIndex(of: $0)!] })
  }

  func observation(_ mixture: Mixture, seed: UInt64) -> Observation {
    var generator = SeededGenerator(seed: seed, stream: "\(mixture.weights)")
    return Observation(
      mixture: mixture,
      outcome: .losses(
        zip(Self.heldOut, losses(mixture)).map { name, loss in
          DomainLoss(
            domain: name, loss: loss + noise * generator.normal(), standardError: 0.01,
            bitsPerByte: 1)
        }))
  }

  static func context(seed: UInt64, initialTrials: Int = 8) -> MethodContext {
    MethodContext(
      domains: domains, availableTokens: [5, 40, 20, 10, 5],
      objective: Objective(
        targets: heldOut, proportionalTo: [1, 1, 1, 1, 1, 0.5, 0.5]), seed: seed,
      initialTrials: initialTrials)
  }

  /// Runs a method with some trials always under way, and returns its observations in order.
  func run(_ method: inout any MixtureMethod, trials: Int, workers: Int = 1) -> [Observation] {
    var pending: [Mixture] = []
    var finished: [Observation] = []
    for ordinal in 0..<trials {
      guard let suggestion = method.suggest(pending: pending, ordinal: ordinal) else { break }
      pending.append(suggestion.mixture)
      if pending.count == workers {
        let observation = observation(pending.removeFirst(), seed: 1)
        method.update(with: [observation])
        finished.append(observation)
      }
    }
    for mixture in pending {
      let observation = observation(mixture, seed: 1)
      method.update(with: [observation])
      finished.append(observation)
    }
    return finished
  }
}
