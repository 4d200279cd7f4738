import Foundation

extension LawModel {
  /// MixMin's descent: `w ← w exp(-η ∇) / Σ w exp(-η ∇)` from equal shares, η = 1, a hundred steps at most, ended by
  /// a gradient without a component above 1e-4.
  ///
  /// The repository `Anvith-Thudi/MixMin`, `LLM_DataMixing/mixmin_gen.py`, version 7212abe. Of an objective that
  /// is no weighted mean the steepest loss counts.
  package func mixMin(
    parts: Int, rate: Double = 1, steps: Int = 100, tolerance: Double = 1e-4
  ) -> [Double] {
    var weights = [Double](repeating: 1 / Double(parts), count: parts)
    for _ in 0..<steps {
      var gradient = [Double](repeating: 0, count: parts)
      let losses = laws.map { $0.loss(at: weights) }
      for (law, slope) in zip(laws, slopes(at: losses)) where slope != 0 {
        law.addGradient(at: weights, times: slope, to: &gradient)
      }
      // The least slope is left out of every exponent: none overflows, and the shares stay the same.
      let least = gradient.min() ?? 0
      let raised = zip(weights, gradient).map { $0 * exp(-rate * ($1 - least)) }
      let sum = raised.reduce(0, +)
      weights = raised.map { $0 / sum }
      if gradient.allSatisfy({ abs($0) < tolerance }) { break }
    }
    return weights
  }

  /// The objective's slope in each loss.
  private func slopes(at losses: [Double]) -> [Double] {
    var slopes = [Double](repeating: 0, count: losses.count)
    switch target.aggregate {
    case .mean:
      for (index, weight) in target.weights.enumerated() { slopes[index] = weight }
    case .worst:
      let excesses = target.targets.indices.map { losses[$0] - (target.references?[$0] ?? 0) }
      let worst = excesses.indices.max { (excesses[$0], -$0) < (excesses[$1], -$1) }
      if let worst { slopes[worst] = 1 }
    }
    return slopes
  }
}
