/// What is minimized: a weighted mean of held-out losses. These weights say what matters, and have
/// nothing to do with the weights that domains are sampled with.
package struct Objective: Sendable, Hashable, Codable {
  /// The held-out domains that count; they need not be training domains.
  package let targets: [String]
  /// How much each target counts; they sum to one.
  package let weights: [Double]

  /// The plain mean, as Lindenau's average log-perplexity.
  package static func mean(of targets: [String]) -> Objective {
    Objective(targets: targets, proportionalTo: targets.map { _ in 1 })
  }

  package init(targets: [String], proportionalTo weights: [Double]) {
    precondition(targets.count == weights.count && !targets.isEmpty)
    let sum = weights.reduce(0, +)
    precondition(sum > 0 && weights.allSatisfy { $0 >= 0 })
    self.targets = targets
    self.weights = weights.map { $0 / sum }
  }

  /// In nats per token; nil where the run diverged or a target was not measured.
  package func value(of observation: Observation) -> Double? {
    var sum = 0.0
    for (target, weight) in zip(targets, weights) {
      guard let loss = observation.loss(of: target) else { return nil }
      sum += weight * loss
    }
    return sum
  }

  /// - Parameter losses: one for each target, in the order of `targets`.
  package func value(of losses: [Double]) -> Double {
    precondition(losses.count == targets.count)
    return zip(weights, losses).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

extension Objective {
  private enum Key: CodingKey { case targets, weights }

  /// The weights are taken as they are, to the last bit.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    targets = try fields.decode([String].self, forKey: .targets)
    weights = try fields.decode([Double].self, forKey: .weights)
    guard targets.count == weights.count, weights.allSatisfy({ $0 >= 0 }),
      abs(weights.reduce(0, +) - 1) < 1e-9
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .weights, in: fields,
        debugDescription: "expected \(targets.count) weights that sum to 1")
    }
  }
}
