import Foundation

/// One held-out domain's loss under a mixture of data experts: `L(w) = -mean log Σⱼ wⱼ pⱼ`, with pⱼ the
/// probability that the model trained on domain j alone gives to a held-out token.
///
/// Belenki et al., [Optimizing Pre-Training Data Mixtures with Mixtures of Data Expert
/// Models](https://arxiv.org/abs/2502.15950), section 3. It is convex in w.
package struct ExpertLaw: Sendable, Hashable {
  private let parts: Int
  /// Each token's probabilities over its largest, (tokens, k): no sum of them underflows.
  private let ratios: [Float]
  /// The mean of the tokens' least losses.
  private let floor: Double
  /// The experts' losses over all held-out tokens less those over the tokens kept: what a sample of the
  /// tokens misses at a mixture is taken to be the same mean of it.
  private let corrections: [Double]

  /// - Parameters:
  ///   - tokenLosses: of each expert over the same tokens, (k, tokens), nats.
  ///   - losses: of each expert over all of the domain's held-out tokens, nats per token.
  /// - Precondition: there is a token, and every expert tells of as many.
  package init(tokenLosses: [[Double]], losses: [Double]) {
    let count = tokenLosses[0].count
    parts = losses.count
    precondition(
      count > 0 && tokenLosses.count == parts && tokenLosses.allSatisfy { $0.count == count },
      "expected the losses of \(count) tokens of each of \(parts) experts")
    var ratios: [Float] = []
    ratios.reserveCapacity(count * parts)
    var sum = 0.0
    for token in 0..<count {
      var least = Double.infinity
      for expert in tokenLosses { least = min(least, expert[token]) }
      sum += least
      for expert in tokenLosses { ratios.append(Float(exp(least - expert[token]))) }
    }
    self.ratios = ratios
    floor = sum / Double(count)
    corrections = zip(losses, tokenLosses).map {
      $0 - $1.reduce(0, +) / Double(count)
    }
  }

  /// Nats per token; infinite where no expert of a positive weight knows a token.
  package func loss(at weights: [Double]) -> Double {
    visit(weights) { _, _ in }
  }

  /// Adds `factor` times the gradient.
  package func addGradient(
    at weights: [Double], times factor: Double, to gradient: inout [Double]
  ) {
    let count = ratios.count / parts
    _ = visit(weights) { token, probability in
      let slope = -factor / (Double(max(probability, 1e-30)) * Double(count))
      for part in 0..<parts { gradient[part] += slope * Double(ratios[token * parts + part]) }
    }
    for part in 0..<parts { gradient[part] += factor * corrections[part] }
  }

  /// `body` is given each token and what the mixture makes of it, over its largest probability.
  private func visit(_ weights: [Double], _ body: (Int, Float) -> Void) -> Double {
    let count = ratios.count / parts
    let weights = weights.map { Float($0) }
    var sum = 0.0
    for token in 0..<count {
      var probability: Float = 0
      for part in 0..<parts { probability += weights[part] * ratios[token * parts + part] }
      sum += Double(log(probability))
      body(token, probability)
    }
    return floor - sum / Double(count)
      + zip(weights, corrections).reduce(0) { $0 + Double($1.0) * $1.1 }
  }
}
